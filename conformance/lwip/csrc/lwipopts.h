/* The figures of the ESP8266's Arduino core (lwIP 2.1.3, "lower memory"), and memory from malloc, as there:
 * with pools of its own lwIP would hide a use after free. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#include <stddef.h>

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_RAW 0
#define LWIP_DNS 1
#define LWIP_IPV6 0
#define LWIP_TCP_KEEPALIVE 1
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_STATS 0

#define MEM_ALIGNMENT 4
#ifdef __XTENSA__
/* On the emulated core there is no C library. Pools, as in the NONOS SDK: where all comes from one heap,
 * connections in TIME_WAIT fill it, and lwIP takes none back for anything but another connection. */
#define MEM_SIZE 8000
#define PBUF_POOL_SIZE 4
#define PBUF_POOL_BUFSIZE 600
#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_LIMITS_H 1
#define LWIP_NO_CTYPE_H 1
#define LWIP_NO_UNISTD_H 1
#define INT_MAX 0x7fffffff
#define SSIZE_MAX INT_MAX
#define X8_F "x"
#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "u"
typedef int ssize_t;
#else
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
void *harness_malloc(size_t size);
void *harness_calloc(size_t count, size_t size);
void harness_free(void *memory);
#define mem_clib_malloc harness_malloc
#define mem_clib_calloc harness_calloc
#define mem_clib_free harness_free
#endif

#define TCP_MSS 536
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define MEMP_NUM_TCP_PCB 5
#define MEMP_NUM_TCP_SEG 16
#define TCP_QUEUE_OOSEQ 1
#define TCP_LISTEN_BACKLOG 1
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define ARP_QUEUEING 1

#endif

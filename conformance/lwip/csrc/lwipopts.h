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
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define MEM_SIZE 16000
void *harness_malloc(size_t size);
void *harness_calloc(size_t count, size_t size);
void harness_free(void *memory);
#define mem_clib_malloc harness_malloc
#define mem_clib_calloc harness_calloc
#define mem_clib_free harness_free

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

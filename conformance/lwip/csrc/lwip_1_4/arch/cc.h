/* What lwIP 1.4 wants to know of the compiler, and its names for what has others today. */
#ifndef LWIP_1_4_CC_H
#define LWIP_1_4_CC_H
#include "../../arch/cc.h"

typedef uint8_t u8_t;
typedef int8_t s8_t;
typedef uint16_t u16_t;
typedef int16_t s16_t;
typedef uint32_t u32_t;
typedef int32_t s32_t;
typedef uintptr_t mem_ptr_t;
#define LWIP_ERR_T s8_t
#ifndef BYTE_ORDER
#define BYTE_ORDER LITTLE_ENDIAN
#endif
#define PACK_STRUCT_STRUCT __attribute__((packed))

#define mem_malloc harness_malloc
#define mem_calloc harness_calloc
#define mem_free harness_free

#define ip4_addr_t ip_addr_t
#define IP4_ADDR_ANY4 IP_ADDR_ANY
#define lwip_htonl htonl
#endif

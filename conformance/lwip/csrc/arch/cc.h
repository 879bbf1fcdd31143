/* The compiler, as lwIP wants to know it. */
#ifndef CC_H
#define CC_H
#include <stdint.h>
#include <stdlib.h>
void harness_failed(const char *what);
#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(what) harness_failed(what)
uint32_t harness_random(void);
#define LWIP_RAND() harness_random()
#endif

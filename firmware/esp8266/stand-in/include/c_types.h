/* The SDK's functions and types that sdk/main.c uses, declared as there: the SDK isn't free to be passed on,
 * and a build against this shows that all of the firmware links. */
#ifndef STAND_IN_C_TYPES_H
#define STAND_IN_C_TYPES_H
#include <stddef.h>
#include <stdint.h>
typedef uint32_t uint32;
typedef uint16_t uint16;
typedef uint8_t uint8;
#endif

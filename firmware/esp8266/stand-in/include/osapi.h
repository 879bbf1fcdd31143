/* See c_types.h. */
#ifndef STAND_IN_OSAPI_H
#define STAND_IN_OSAPI_H
#include "c_types.h"
typedef struct {
    void *next, *callback;
    uint32 expires, period;
    void *argument;
} os_timer_t;
void os_timer_setfn(os_timer_t *timer, void (*callback)(void *), void *argument);
void os_timer_arm(os_timer_t *timer, uint32 ms, int again);
int os_printf(const char *format, ...);
#endif

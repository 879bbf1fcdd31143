/* An SDK of no function, so that the firmware links and its image can be looked at. It doesn't run. */
#include "osapi.h"
#include "user_interface.h"

static volatile uint32 ticks;
void os_timer_setfn(os_timer_t *timer, void (*callback)(void *), void *argument) {
    timer->callback = (void *)callback;
    timer->argument = argument;
}
void os_timer_arm(os_timer_t *timer, uint32 ms, int again) { timer->period = ms + (uint32)again; }
int os_printf(const char *format, ...) { return *format; }
int system_partition_table_regist(const partition_item_t *table, uint32 count, uint32 map) {
    return table != NULL && count > 0 && map > 0;
}
int wifi_set_opmode_current(uint8 mode) { return mode; }
int wifi_station_set_config_current(struct station_config *config) { return config->ssid[0]; }
static void (*volatile handler)(System_Event_t *);
static void (*volatile initialised)(void);
void wifi_set_event_handler_cb(void (*it)(System_Event_t *)) { handler = it; }
void system_init_done_cb(void (*it)(void)) { initialised = it; }
uint32 system_get_time(void) { return ticks; }
uint16 system_adc_read(void) { return (uint16)ticks; }
void system_restart(void) { ticks = 0; }
void abort(void) {
    for (;;) ticks++;
}
uint32_t sys_now(void) { return ticks; }
void harness_failed(const char *what) { (void)what; }
uint32_t harness_random(void) { return ticks; }

void lwip_init(void);
void user_pre_init(void);
void user_init(void);
void call_user_start(void) {
    user_pre_init();
    lwip_init();
    user_init();
    for (;;)
        if (initialised) initialised();
}

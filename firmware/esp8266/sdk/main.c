/* What the NONOS SDK wants of a program, and what src/ wants of the SDK. */
#include "c_types.h"
#include "osapi.h"
#include "user_interface.h"

#include "safe_http_lwip.h"

#ifndef WIFI_SSID
#define WIFI_SSID "ssid"
#define WIFI_PASSWORD "password"
#endif

/* Rust's. */
void firmware_start(void);
void firmware_turn(void);
void firmware_got_ip(uint32 address, uint32 netmask, uint32 gateway);
void firmware_disconnected(uint8 reason);

/* The SDK's clock counts microseconds and wraps after 71 minutes: differences alone are added. It is looked
 * at a hundred times a second. */
static uint32 millis, counted;
uint32 firmware_millis(void) {
    uint32 passed = (system_get_time() - counted) / 1000;
    counted += passed * 1000;
    millis += passed;
    return millis;
}

uint16 firmware_analog(void) { return system_adc_read(); }
void firmware_restart(void) {
    system_restart();
    for (;;) {}
}
void firmware_say(const char *word, uint32 length, uint32 number) {
    os_printf("%.*s %u\n", (int)length, word, number);
}

static void on_wifi_event(System_Event_t *event) {
    /* Whatever is asked of lwIP in here is refused. */
    shl_enter_handler();
    switch (event->event) {
    case EVENT_STAMODE_GOT_IP:
        firmware_got_ip(event->event_info.got_ip.ip.addr, event->event_info.got_ip.mask.addr,
                        event->event_info.got_ip.gw.addr);
        break;
    case EVENT_STAMODE_DISCONNECTED: firmware_disconnected(event->event_info.disconnected.reason); break;
    default: break;
    }
    shl_leave_handler();
}

static os_timer_t timer;
static void on_timer(void *nothing) {
    (void)nothing;
    firmware_turn();
}

static void on_initialised(void) {
    firmware_start();
    os_timer_setfn(&timer, on_timer, NULL);
    os_timer_arm(&timer, 10, 1);
}

/* For a flash of 4 MB without updates over the air, as on a NodeMCU. */
static const partition_item_t partitions[] = {
    {SYSTEM_PARTITION_BOOTLOADER, 0x0, 0x1000},
    {SYSTEM_PARTITION_RF_CAL, 0x3FB000, 0x1000},
    {SYSTEM_PARTITION_PHY_DATA, 0x3FC000, 0x1000},
    {SYSTEM_PARTITION_SYSTEM_PARAMETER, 0x3FD000, 0x3000},
};
void user_pre_init(void) {
    system_partition_table_regist(partitions, sizeof partitions / sizeof partitions[0], FLASH_SIZE_32M_MAP_512_512);
}

void user_init(void) {
    static struct station_config station = {.ssid = WIFI_SSID, .password = WIFI_PASSWORD};
    wifi_set_opmode_current(STATION_MODE);
    wifi_station_set_config_current(&station);
    wifi_set_event_handler_cb(on_wifi_event);
    system_init_done_cb(on_initialised);
}

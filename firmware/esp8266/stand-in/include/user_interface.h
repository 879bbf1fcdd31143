/* See c_types.h. */
#ifndef STAND_IN_USER_INTERFACE_H
#define STAND_IN_USER_INTERFACE_H
#include "c_types.h"
struct sdk_address {
    uint32 addr;
};
typedef struct {
    uint8 ssid[32], ssid_len, bssid[6], reason;
} Event_StaMode_Disconnected_t;
typedef struct {
    struct sdk_address ip, mask, gw;
} Event_StaMode_Got_IP_t;
typedef struct {
    uint32 event;
    union {
        Event_StaMode_Disconnected_t disconnected;
        Event_StaMode_Got_IP_t got_ip;
    } event_info;
} System_Event_t;
enum { EVENT_STAMODE_CONNECTED, EVENT_STAMODE_DISCONNECTED, EVENT_STAMODE_AUTHMODE_CHANGE, EVENT_STAMODE_GOT_IP };
struct station_config {
    uint8 ssid[32], password[64], bssid_set, bssid[6];
};
typedef struct {
    int type;
    uint32 addr, size;
} partition_item_t;
enum {
    SYSTEM_PARTITION_BOOTLOADER = 1,
    SYSTEM_PARTITION_RF_CAL = 4,
    SYSTEM_PARTITION_PHY_DATA,
    SYSTEM_PARTITION_SYSTEM_PARAMETER
};
enum { FLASH_SIZE_32M_MAP_512_512 = 4 };
#define STATION_MODE 1
int system_partition_table_regist(const partition_item_t *table, uint32 count, uint32 map);
int wifi_set_opmode_current(uint8 mode);
int wifi_station_set_config_current(struct station_config *config);
void wifi_set_event_handler_cb(void (*handler)(System_Event_t *));
void system_init_done_cb(void (*callback)(void));
uint32 system_get_time(void);
uint16 system_adc_read(void);
void system_restart(void);
#endif

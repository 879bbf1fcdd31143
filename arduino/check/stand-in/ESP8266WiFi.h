/* See Arduino.h. */
#ifndef STAND_IN_WIFI_H
#define STAND_IN_WIFI_H
#include "Arduino.h"
struct WiFiEventStationModeGotIP {
  uint32_t ip, mask, gw;
};
typedef void (*WiFiEventHandler)(const WiFiEventStationModeGotIP &);
class ESP8266WiFiClass {
 public:
  int begin(const char *ssid, const char *password);
  template <typename F>
  WiFiEventHandler onStationModeGotIP(F handler) {
    on_got_ip = handler;
    return on_got_ip;
  }
  WiFiEventHandler on_got_ip;
};
extern ESP8266WiFiClass WiFi;
#endif

/* A core of no function, so that a sketch links: what is measured is what the library adds to it. */
#include "ESP8266WiFi.h"

extern "C" {
volatile uint32_t ticks;
unsigned long millis(void) { return ticks; }
void yield(void) { ticks++; }
void delay(unsigned long) { yield(); }
bool can_yield(void) { return ticks != 0; }
void pinMode(uint8_t, uint8_t) {}
int digitalRead(uint8_t) { return (int)ticks & 1; }
int analogRead(uint8_t) { return (int)ticks; }
int snprintf(char *out, size_t size, const char *, ...) {
  if (size > 0) out[0] = 0;
  return 0;
}
void abort(void) {
  for (;;) ticks++;
}
uint32_t sys_now(void) { return ticks; }
void harness_failed(const char *) { abort(); }
uint32_t harness_random(void) { return ticks; }
int __cxa_atexit(void (*)(void *), void *, void *) { return 0; }
void *__dso_handle;
void __cxa_pure_virtual(void) { abort(); }
void lwip_init(void);
}
HardwareSerial Serial;
ESP8266WiFiClass WiFi;
size_t HardwareSerial::write(uint8_t byte) {
  ticks += byte;
  return 1;
}
int ESP8266WiFiClass::begin(const char *, const char *) { return 0; }
void setup();
void loop();
extern "C" {
/* What the SDK links of lwIP anyhow: its TCP and its resolver are in use by the core's own client. */
void keep_lwip(void);
void core_main(void) {
  lwip_init();
  keep_lwip();
  setup();
  for (;;) loop();
}
}

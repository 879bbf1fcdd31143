/* What the library and its examples use of the ESP8266's Arduino core, declared as there: Debian has the
 * chip's compiler, and neither the core nor a C++ library for it. */
#ifndef STAND_IN_ARDUINO_H
#define STAND_IN_ARDUINO_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

extern "C" {
unsigned long millis(void);
void delay(unsigned long ms);
void yield(void);
void pinMode(uint8_t pin, uint8_t mode);
int digitalRead(uint8_t pin);
int analogRead(uint8_t pin);
int snprintf(char *out, size_t size, const char *format, ...);
}
#define INPUT_PULLUP 2
#define LOW 0
#define A0 17

#define PROGMEM __attribute__((section(".irom.text.progmem")))
#define PSTR(text) (__extension__({ static const char flash[] __attribute__((section(".irom.text.pstr"))) = (text); &flash[0]; }))
/* A word at a time, as the flash takes no other loads. (A PC's tools would see that it reads beyond a text's end.) */
static inline uint8_t pgm_read_byte(const void *at) {
#ifndef __XTENSA__
  return *(const volatile uint8_t *)at;
#endif
  uintptr_t address = (uintptr_t)at;
  uint32_t word = *(const volatile uint32_t *)(address & ~(uintptr_t)3);
  return (uint8_t)(word >> (8 * (address & 3)));
}

class Print {
 public:
  virtual size_t write(uint8_t) = 0;
  size_t println() { return write('\n'); }
  size_t println(const char *text) {
    while (*text) write((uint8_t)*text++);
    return println();
  }
  size_t println(int) { return println(); }
};
class HardwareSerial : public Print {
 public:
  void begin(unsigned long) {}
  size_t write(uint8_t byte) override;
};
extern HardwareSerial Serial;
#endif

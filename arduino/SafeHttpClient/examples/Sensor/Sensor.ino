/* A reading each minute, as JSON. */
#include <ESP8266WiFi.h>
#include <SafeHttpClient.h>

SafeHttpClient http;
static char page[512];
static char reading[48];
uint32_t sent_at = 0;
bool is_first = true;

void setup() {
  Serial.begin(115200);
  WiFi.begin("ssid", "password");
  if (!http.waitOnline(20000)) http.printErrorTo(Serial);
}

void loop() {
  if (is_first || millis() - sent_at >= 60000) {
    is_first = false;
    sent_at = millis();
    snprintf(reading, sizeof reading, "{\"light\": %d}", analogRead(A0));
    http.begin("http://192.168.1.20:8080/readings", page, sizeof page);
    http.addHeader("Content-Type", "application/json");
    int status = http.POST(reading);
    if (status < 0) {
      http.printErrorTo(Serial);
    } else if (status >= 300) {
      Serial.println(status);
    }
    http.end();
  }
}

/* A button opens the gate. Nothing in loop() waits: the button is heard while a request is on its way. */
#include <ESP8266WiFi.h>
#include <SafeHttpClient.h>

const int BUTTON = 0;  // D3, to ground
SafeHttpClient http;
static char page[512];
bool is_under_way = false;
bool was_down = false;

void setup() {
  Serial.begin(115200);
  pinMode(BUTTON, INPUT_PULLUP);
  WiFi.begin("ssid", "password");
  http.setTimeout(2000);
}

void loop() {
  bool is_down = digitalRead(BUTTON) == LOW;
  if (is_down && !was_down && !is_under_way) {
    http.begin("http://192.168.1.20/gate", page, sizeof page);
    http.addHeader("X-Key", "secret");
    is_under_way = http.start("POST", "open", 4) == SAFE_HTTP_PENDING;
    if (!is_under_way) http.printErrorTo(Serial);
  }
  was_down = is_down;

  if (is_under_way) {
    int status = http.poll();
    if (status != SAFE_HTTP_PENDING) {
      is_under_way = false;
      if (status == 200) {
        Serial.println("the gate opens");
      } else if (status > 0) {
        Serial.println(status);
      } else {
        http.printErrorTo(Serial);
      }
      http.end();
    }
  }
}

/* The third cause of "connection refused": a request in an event handler. What it says there, and the right
 * way beside it. */
#include <ESP8266WiFi.h>
#include <SafeHttpClient.h>

SafeHttpClient http;
static char page[1024];  // static: a sketch's stack has 4 KB
static char why[400];
volatile bool got_ip = false;
volatile bool is_told = false;
WiFiEventHandler handler;

const char *URL = "http://192.168.1.20/state";

void setup() {
  Serial.begin(115200);
  handler = WiFi.onStationModeGotIP([](const WiFiEventStationModeGotIP &) {
    // WRONG: the chip is online, and still this can't work. It answers at once, and sends nothing.
    http.begin(URL, page, sizeof page);
    if (http.GET() == SAFE_HTTP_IN_HANDLER) {
      http.errorToString(why, sizeof why);
      is_told = true;
    }
    http.end();
    // RIGHT: a flag, and no more.
    got_ip = true;
  });
  WiFi.begin("ssid", "password");
}

void loop() {
  if (is_told) {
    is_told = false;
    Serial.println(why);
    // cause: the request was made from an event handler or interrupt
    // try:   set a flag in the handler and make the request in loop(): ...
  }
  if (got_ip) {
    got_ip = false;
    http.begin(URL, page, sizeof page);
    int status = http.GET();
    if (status < 0) {
      http.printErrorTo(Serial);
    } else if (status != 200) {
      Serial.println(status);
    } else {
      const char *text = http.getString();
      if (http.cause() == 0) {
        Serial.println(text);
      } else {
        http.printErrorTo(Serial);  // the body was cut, or is too long for page
      }
    }
    http.end();
  }
}

/* HTTP requests for Arduino sketches on the ESP8266 that tell why they failed.
 *
 *   SafeHttpClient http;
 *   static char page[1024];                      // static: a sketch's stack has 4 KB
 *
 *   http.begin("http://192.168.1.20/state", page, sizeof page);
 *   int status = http.GET();
 *   if (status < 0) {
 *     http.printErrorTo(Serial);                 // no answer: the cause, and what to do
 *   } else if (status != 200) {
 *     Serial.println(status);                    // an answer, such as 404: printErrorTo() has nothing to say
 *   } else {
 *     const char *text = http.getString();
 *     if (http.cause() == 0) Serial.println(text);
 *     else http.printErrorTo(Serial);            // the body was cut, or doesn't fit
 *   }
 *   http.end();
 *
 * In loop() and setup(), and not in the handlers of WiFi.on... or of a Ticker: there each request answers
 * SAFE_HTTP_IN_HANDLER and sends nothing, and errorToString() says what to do instead. */
#ifndef SAFE_HTTP_CLIENT_ARDUINO_H
#define SAFE_HTTP_CLIENT_ARDUINO_H

#include <Arduino.h>

#include "safe_http_client.h"

/* What the functions return below 0. */
enum {
  SAFE_HTTP_PENDING = SHC_PENDING,       /* not yet: call poll() again */
  SAFE_HTTP_FAILED = SHC_FAILED,         /* errorToString() tells why */
  SAFE_HTTP_IN_HANDLER = SHC_IN_HANDLER, /* called in an event handler: nothing was sent */
  SAFE_HTTP_MISUSE = SHC_BAD_ARGUMENT,   /* no begin(), a null pointer, too many headers */
  SAFE_HTTP_NO_RESPONSE = SHC_NO_RESPONSE /* there is none: nothing was started, or poll() isn't through */
};

class SafeHttpClient {
 public:
  SafeHttpClient() {}
  ~SafeHttpClient() { end(true); }

  /* The URL, and memory for the request's head and the response. Both have to stay until end(): a string
   * literal and a static array do. False where one is missing. */
  bool begin(const char *url, char *memory, size_t size);

  /* A header line, kept as pointers until end(). False without begin(), and where there are four already: then
   * the request answers SAFE_HTTP_MISUSE. */
  bool addHeader(const char *name, const char *value);
  /* How long the server may take to answer; 3 seconds unless told otherwise. */
  void setTimeout(uint32_t ms) { timeout_ = ms; }

  /* Each waits, and returns the response's status, or less than 0. */
  int GET() { return sendRequest("GET"); }
  int POST(const char *text);
  int POST(const void *bytes, size_t length) { return sendRequest("POST", bytes, length); }
  int PUT(const void *bytes, size_t length) { return sendRequest("PUT", bytes, length); }
  int DELETE() { return sendRequest("DELETE"); }
  int sendRequest(const char *method, const void *bytes = nullptr, size_t length = 0);

  /* The same without waiting: start() once, then poll() in each loop() until it isn't SAFE_HTTP_PENDING. */
  int start(const char *method, const void *bytes = nullptr, size_t length = 0);
  int poll();

  /* Of the response that is there. */
  int status() { return shc_status(&client_); }
  int header(const char *name, char *out, size_t size) { return shc_header(&client_, name, out, size); }

  /* The whole body as text, in the memory given to begin(); "" where it failed, or doesn't fit: cause() is above
   * 0 then. */
  const char *getString();
  /* A piece of the body: how many bytes, 0 at its end. readSome() doesn't wait. */
  int read(void *out, size_t size) { return shc_wait_read(&client_, out, size); }
  int readSome(void *out, size_t size) { return shc_read(&client_, out, size); }

  /* Why the last request failed: the cause, and what to do; empty where it didn't, as with status 404. Returns
   * out. */
  const char *errorToString(char *out, size_t size);
  void printErrorTo(Print &where);
  /* The cause's number, as in the documentation; 0 where there was none. */
  int cause();
  /* In a word, such as "connect_failed". */
  int errorCode(char *out, size_t size) { return shc_error_code(&client_, out, size); }

  /* Whether there is an IP address; and waits for one. */
  bool isOnline() { return open() == SHC_OK && shc_is_online(&client_) == 1; }
  bool waitOnline(uint32_t ms) { return open() == SHC_OK && (last_ = shc_wait_online(&client_, ms)) == SHC_OK; }

  /* Ends the request. The connection is kept for the next one to the same server, unless told otherwise. */
  void end(bool close = false);

 private:
  SafeHttpClient(const SafeHttpClient &);
  SafeHttpClient &operator=(const SafeHttpClient &);
  int open();

  enum { HEADERS = 4 };
  shc_client client_ = {};
  const char *url_ = nullptr;
  char *memory_ = nullptr;
  size_t size_ = 0;
  const char *headers_[2 * HEADERS + 1] = {};
  uint8_t header_count_ = 0;
  uint32_t timeout_ = 0;
  int last_ = SHC_OK;
};

#endif

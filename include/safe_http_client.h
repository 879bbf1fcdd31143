/* safe-http-client for C and C++, over the lwIP that the firmware is linked with.
 *
 * Generated from crates/c-abi by cbindgen; a test holds it against the code.
 *
 * Nothing is allocated, and no function keeps a pointer but where it says so. All functions belong to the
 * context that runs lwIP, and none to interrupts, but for shc_link_...: those are for event handlers, too.
 * A pointer that is null and a client that isn't open are each an error of its own; so is a call from an event
 * handler of what opens, closes, sends, waits or reads. Nothing is touched then, and nothing sent. */

#ifndef SAFE_HTTP_CLIENT_H
#define SAFE_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// It is done.
#define SHC_OK 0

// Not yet: call again.
#define SHC_PENDING -1

// A pointer is null, a length is 0, or a text isn't UTF-8.
#define SHC_BAD_ARGUMENT -2

// The client isn't open: never opened, or closed again.
#define SHC_NOT_OPEN -3

// Called from an event handler, where nothing could ever complete, or from within another of these functions:
// set a flag there, and do it in the main loop. Nothing was sent.
#define SHC_IN_HANDLER -4

// The request failed: shc_cause, shc_error_code and shc_diagnosis tell why.
#define SHC_FAILED -5

// There is no request under way, or its response isn't there yet.
#define SHC_NO_RESPONSE -6

// The client's memory is open already.
#define SHC_ALREADY_OPEN -7

// How many words of 64 bits a client takes.
#define SHC_CLIENT_WORDS 112

// A client, in the caller's memory. To be used through the functions alone, and not moved while it is open.
typedef struct {
  uint64_t words[SHC_CLIENT_WORDS];
} shc_client;

// What the client needs of the platform. Kept, and called until the client is closed.
typedef struct {
  // Milliseconds from a clock that may wrap, as Arduino's millis(). Not null.
  uint32_t (*now_ms)(void);
  // Called while a function waits: yield() or delay(1) on Arduino. Null: nothing is.
  void (*idle)(void);
  // Whether the caller may wait: can_yield() on Arduino. Null: only what lwIP calls back is known.
  bool (*can_wait)(void);
} shc_platform;

// A request. The structure and its texts are read by shc_start alone; the body and the buffer are used until
// the call is finished.
typedef struct {
  // Such as "GET". Null: GET.
  const char *method;
  // Such as "http://192.168.1.20/state".
  const char *url;
  // Names and values in turn, ended by a null pointer; or null.
  const char *const *headers;
  // Sent with a Content-Length. Null: none.
  const void *body;
  // Bytes of the body.
  size_t body_length;
  // For the request's head, and then for the response's head and body.
  void *buffer;
  // Bytes of the buffer: 512 do for most heads.
  size_t buffer_size;
  // For the response's head to come. 0: the client's own.
  uint32_t response_timeout_ms;
} shc_request;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Opens a client in this memory, whatever it holds. lwIP has to be initialised. In an event handler:
// SHC_IN_HANDLER.
int32_t shc_open(shc_client *client, const shc_platform *platform);

// Closes a client and its connection. Its memory is the caller's again, and every function but shc_open
// answers SHC_NOT_OPEN. In an event handler: SHC_IN_HANDLER, and it stays open.
int32_t shc_close(shc_client *client);

// Whether there is an IP address: 1 or 0. Only looks; in event handlers, too.
int32_t shc_is_online(shc_client *client);

// Waits for an IP address, for so many milliseconds at most. Ends a call before it. SHC_FAILED where none
// came. In an event handler: SHC_IN_HANDLER.
int32_t shc_wait_online(shc_client *client, uint32_t patience_ms);

// Starts a request: SHC_OK, and shc_poll or shc_wait brings it on its way. Ends a call before it. SHC_FAILED
// where it can't be made, for want of an address above all. In an event handler: SHC_IN_HANDLER.
int32_t shc_start(shc_client *client, const shc_request *request);

// Goes on with a request as far as it can: SHC_OK once the response's head is there, SHC_PENDING before. In
// an event handler: SHC_IN_HANDLER.
int32_t shc_poll(shc_client *client);

// The same, and waits for it. Every deadline has an end.
int32_t shc_wait(shc_client *client);

// The response's status, such as 200. Only looks.
int32_t shc_status(shc_client *client);

// The value of a header field, the first of this name, copied and cut off where it doesn't fit, with a zero
// byte behind it. Returns its whole length, as snprintf does; SHC_NO_RESPONSE where there is none. Only
// looks.
int32_t shc_header(shc_client *client, const char *name, char *out, size_t out_size);

// Reads body: how many bytes, 0 at its end, SHC_PENDING. In an event handler: SHC_IN_HANDLER.
int32_t shc_read(shc_client *client, void *out, size_t out_size);

// The same, and waits for it.
int32_t shc_wait_read(shc_client *client, void *out, size_t out_size);

// Reads the whole body into the request's buffer: SHC_OK, and shc_body has it; SHC_PENDING. A body that
// doesn't fit is SHC_FAILED. In an event handler: SHC_IN_HANDLER.
int32_t shc_read_to_end(shc_client *client);

// The same, and waits for it.
int32_t shc_wait_to_end(shc_client *client);

// What of the body is in the request's buffer, and how long it is; without a zero byte behind it. It stays
// until the next function that reads, or that ends the call. Null where there is none. Only looks.
const char *shc_body(shc_client *client, size_t *length);

// Ends a call: its buffer and body are the caller's again. A connection that can be kept is. In an event
// handler, too.
int32_t shc_finish(shc_client *client);

// The number of the cause of the last failure, as the documentation's pages have it; 0 where there was none.
// Only looks.
int32_t shc_cause(shc_client *client);

// The last failure in a word, such as "connect_failed", with a zero byte behind it. Returns its whole
// length, as snprintf does. Only looks.
int32_t shc_error_code(shc_client *client, char *out, size_t out_size);

// The last failure in words: the cause, what to do, and what was seen; some lines of at most 80 bytes, with a
// zero byte behind them: 700 bytes as a rule, 1000 at most. Returns the whole length, as snprintf does. Only
// looks.
int32_t shc_diagnosis(shc_client *client, char *out, size_t out_size);

// For event handlers: on an access point, without an address.
void shc_link_associated(void);

// For event handlers: an address, each number of it a byte in order, as lwIP and Arduino have them. 0: not
// known.
void shc_link_got_ip(uint32_t address, uint32_t netmask, uint32_t gateway, bool has_dns);

// For event handlers: the address is gone.
void shc_link_lost_ip(void);

// For event handlers: not on an access point any more, for this reason of the SDK's.
void shc_link_disconnected(uint8_t reason);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SAFE_HTTP_CLIENT_H */

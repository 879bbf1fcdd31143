/* A sketch of one client, whose calls the tests make: the Arduino library as the IDE compiles it, on a PC. */
#include <SafeHttpClient.h>

extern "C" {
uint32_t harness_now(void);
/* The test's: packets move while the sketch waits, and whether it may. */
void sketch_idle(void);
bool sketch_may_wait(void);

unsigned long millis(void) { return harness_now(); }
void delay(unsigned long) { sketch_idle(); }
bool can_yield(void) { return sketch_may_wait(); }
}

namespace {

SafeHttpClient http;
char memory[1024];

/* What a sketch prints. */
struct Paper : public Print {
  char *out;
  size_t size, used;
  Paper(char *out, size_t size) : out(out), size(size), used(0) {}
  size_t write(uint8_t byte) override {
    if (used + 1 < size) out[used++] = (char)byte;
    out[used] = 0;
    return 1;
  }
};

}  // namespace

extern "C" {
bool sketch_begin(const char *url, size_t size) { return http.begin(url, memory, size); }
bool sketch_header(const char *name, const char *value) { return http.addHeader(name, value); }
void sketch_timeout(uint32_t ms) { http.setTimeout(ms); }
int sketch_get(void) { return http.GET(); }
int sketch_post(const char *text) { return http.POST(text); }
int sketch_start(void) { return http.start("GET"); }
int sketch_poll(void) { return http.poll(); }
int sketch_read(void *out, size_t size) { return http.read(out, size); }
const char *sketch_string(void) { return http.getString(); }
int sketch_cause(void) { return http.cause(); }
const char *sketch_error(char *out, size_t size) { return http.errorToString(out, size); }
void sketch_print_error(char *out, size_t size) {
  Paper paper(out, size);
  http.printErrorTo(paper);
}
bool sketch_is_online(void) { return http.isOnline(); }
bool sketch_wait_online(uint32_t ms) { return http.waitOnline(ms); }
void sketch_end(bool close) { http.end(close); }
}

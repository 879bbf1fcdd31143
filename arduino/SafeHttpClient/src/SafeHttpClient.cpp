#include "SafeHttpClient.h"

#include <string.h>

#include "cause_texts.h"

extern "C" bool can_yield();

namespace {

uint32_t now_ms() { return millis(); }
void idle() { delay(1); }
bool can_wait() { return can_yield(); }

const shc_platform PLATFORM = {now_ms, idle, can_wait};

/* Takes text byte by byte: into memory, cut off where it doesn't fit, or to a port. */
struct Sink {
  char *out;
  size_t size;
  Print *where;
  size_t used;

  void put(char byte) {
    if (where != nullptr) {
      where->write((uint8_t)byte);
    } else if (used + 1 < size) {
      out[used++] = byte;
    }
  }
  /* Texts stand in the flash, which is read by pgm_read_byte alone. */
  void add(const char *flash) {
    for (uint8_t byte; (byte = pgm_read_byte(flash)) != 0; flash++) unpack(byte);
  }
  void unpack(uint8_t byte) {
    if (byte < 128) {
      put((char)byte);
      return;
    }
    const unsigned char *pair = CAUSE_PAIRS[byte - 128];
    unpack(pgm_read_byte(pair));
    unpack(pgm_read_byte(pair + 1));
  }
};

void tell(Sink &sink, int cause, int last) {
  const char *text = nullptr;
  if (cause > 0 && cause < CAUSES) {
    text = CAUSE_TEXTS;
    while (cause > 0) {
      if (pgm_read_byte(text++) == 0) cause--;
    }
    if (pgm_read_byte(text) == 0) text = PSTR("one that the documentation has: see cause()");
  } else if (last == SHC_BAD_ARGUMENT) {
    text = PSTR("begin() is missing, a pointer is null, or there are too many headers");
  } else if (last == SHC_NO_RESPONSE || last == SHC_NOT_OPEN) {
    text = PSTR("there is no request under way");
  }
  if (text == nullptr) return;
  sink.add(PSTR("cause: "));
  sink.add(text);
}

}  // namespace

int SafeHttpClient::open() {
  int opened = shc_open(&client_, &PLATFORM);
  return opened == SHC_ALREADY_OPEN ? SHC_OK : opened;
}

bool SafeHttpClient::begin(const char *url, char *memory, size_t size) {
  end();
  if (url == nullptr || memory == nullptr || size < 2) return false;
  url_ = url;
  memory_ = memory;
  size_ = size;
  return true;
}

bool SafeHttpClient::addHeader(const char *name, const char *value) {
  if (name == nullptr || value == nullptr || header_count_ == HEADERS) {
    /* Without one of its headers the request isn't to be sent. */
    url_ = nullptr;
  }
  if (url_ == nullptr) return false;
  headers_[2 * header_count_] = name;
  headers_[2 * header_count_ + 1] = value;
  header_count_++;
  return true;
}

int SafeHttpClient::start(const char *method, const void *bytes, size_t length) {
  if (url_ == nullptr) return last_ = SHC_BAD_ARGUMENT;
  last_ = open();
  if (last_ != SHC_OK) return last_;
  shc_request request = {};
  request.method = method;
  request.url = url_;
  request.headers = headers_;
  request.body = bytes;
  request.body_length = length;
  request.buffer = memory_;
  /* One byte is for the zero behind a text. */
  request.buffer_size = size_ - 1;
  request.response_timeout_ms = timeout_;
  last_ = shc_start(&client_, &request);
  return last_ == SHC_OK ? SHC_PENDING : last_;
}

int SafeHttpClient::poll() {
  last_ = shc_poll(&client_);
  return last_ == SHC_OK ? shc_status(&client_) : last_;
}

int SafeHttpClient::sendRequest(const char *method, const void *bytes, size_t length) {
  int started = start(method, bytes, length);
  if (started != SHC_PENDING) return started;
  last_ = shc_wait(&client_);
  return last_ == SHC_OK ? shc_status(&client_) : last_;
}

int SafeHttpClient::POST(const char *text) {
  return sendRequest("POST", text, text == nullptr ? 0 : strlen(text));
}

const char *SafeHttpClient::getString() {
  last_ = shc_wait_to_end(&client_);
  if (last_ != SHC_OK) return "";
  size_t length = 0;
  const char *body = shc_body(&client_, &length);
  if (body == nullptr) return "";
  /* In the memory of begin(), whose last byte the client doesn't have. */
  char *text = memory_ + (body - memory_);
  text[length] = 0;
  return text;
}

int SafeHttpClient::cause() {
  if (last_ == SHC_IN_HANDLER) return CAUSE_EVENT_HANDLER;
  int cause = shc_cause(&client_);
  return cause < 0 ? 0 : cause;
}

const char *SafeHttpClient::errorToString(char *out, size_t size) {
  if (out == nullptr || size == 0) return "";
  Sink sink = {out, size, nullptr, 0};
  tell(sink, cause(), last_);
  out[sink.used] = 0;
  return out;
}

void SafeHttpClient::printErrorTo(Print &where) {
  Sink sink = {nullptr, 0, &where, 0};
  tell(sink, cause(), last_);
  where.println();
}

void SafeHttpClient::end(bool close) {
  shc_finish(&client_);
  if (close) shc_close(&client_);
  url_ = nullptr;
  header_count_ = 0;
  memset(headers_, 0, sizeof headers_);
  last_ = SHC_OK;
}

/* lwIP's raw API as flat functions that never wait, for safe-http-client.
 *
 * Compile safe_http_lwip.c together with your firmware, against your own lwIP's headers (1.4 or 2.x):
 * they rename functions and read lwIP's structures in macros, so that an object made with another
 * configuration would link and be wrong.
 *
 * All of it belongs to the context that runs lwIP: with NO_SYS that is the only one. Not for interrupts.
 * Every function may be called inside a callback of lwIP's; each says what it does there. */
#ifndef SAFE_HTTP_LWIP_H
#define SAFE_HTTP_LWIP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many sockets there are at once. A client uses one, and another while the last is being closed
 * inside a callback. */
#ifndef SHL_SOCKETS
#define SHL_SOCKETS 2
#endif

/* What the functions return where they don't return a count. */
enum {
    SHL_PENDING = -1,     /* not yet: ask again */
    SHL_END = -2,         /* the peer has ended its direction, and everything was read */
    SHL_REFUSED = -3,     /* a reset in answer to the connect */
    SHL_RESET = -4,       /* a reset of an open connection */
    SHL_TIMED_OUT = -5,   /* no acknowledgement in lwIP's own patience */
    SHL_NO_ROUTE = -6,    /* no netif leads there */
    SHL_NO_ADDRESS = -7,  /* the netif lost or changed its address, or never had one */
    SHL_NO_MEMORY = -8,   /* no pbuf, no segment, or no heap */
    SHL_NO_SOCKET = -9,   /* no pcb, no port, or none of SHL_SOCKETS is left */
    SHL_DISPLACED = -10,  /* lwIP took the pcb away to give it to somebody else */
    SHL_IN_HANDLER = -11, /* called in a callback, where nothing could ever complete */
    SHL_CLOSED = -12,     /* not connected */
    SHL_NO_NAME = -13,    /* no such name, or no answer: lwIP doesn't tell which */
    SHL_NO_RESOLVER = -14,/* no DNS server is set, or lwIP was built without DNS */
    SHL_BAD_NAME = -15,   /* empty, too long, or with a zero byte in it */
    SHL_OTHER = -16       /* an error of lwIP's that has no business here */
};

/* What a netif says. Addresses are in the order of the network, as lwIP has them. */
struct shl_link {
    uint32_t address, netmask, gateway;
    uint8_t is_up;   /* and its link is up */
    uint8_t has_dns; /* 0: no server is set; 1: one is; 2: lwIP was built without DNS */
};

/* A socket's number, or SHL_NO_SOCKET, SHL_NO_MEMORY. In a callback: SHL_IN_HANDLER. */
int shl_open(void);

/* Connects, and says how it goes when asked again: 0 once connected. Address and port are in the
 * host's order. In a callback: SHL_IN_HANDLER, and no packet is sent. */
int shl_connect(int socket, uint32_t address, uint16_t port);

/* How many bytes were taken, copied; SHL_PENDING where there is no room. In a callback:
 * SHL_IN_HANDLER. */
int shl_send(int socket, const void *bytes, size_t length);

/* How many bytes came; SHL_PENDING, SHL_END. What came before a reset is read before the reset is
 * told. In a callback: SHL_IN_HANDLER. */
int shl_receive(int socket, void *bytes, size_t length);

/* Closes, whatever state it is in. In a callback: nothing of the socket is touched, and it is closed
 * by the next call outside. */
void shl_close(int socket);

/* The IPv4 address of a name, in the host's order: 0 once it is known. A query can't be cancelled:
 * asked for another name, the answer to the first is dropped. In a callback: SHL_IN_HANDLER. */
int shl_resolve(const char *name, size_t length, uint32_t *address);

/* The default netif; and another one that is up, such as that of the chip's own access point. They
 * only look, in callbacks too. False where there is none. */
int shl_link(struct shl_link *link);
int shl_other_link(struct shl_link *link);

/* How deep in callbacks the caller is, as far as this knows: inside of lwIP, called from here, or
 * between these two, which belong around the body of every handler of the firmware's. */
unsigned shl_depth(void);
void shl_enter_handler(void);
void shl_leave_handler(void);

#ifdef __cplusplus
}
#endif
#endif

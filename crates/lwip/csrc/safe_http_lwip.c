/* See safe_http_lwip.h. The callbacks fill in a socket and do nothing else: whoever aborts or sends
 * inside one works on a pcb that lwIP is in the middle of. */
#include "safe_http_lwip.h"

#include <string.h>

#include "lwip/opt.h"

#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"
/* That of 1.4 doesn't include what it needs. */
#include "lwip/dns.h"

#if !NO_SYS && !defined(SHL_CORE_IS_LOCKED)
#error "lwIP runs in a thread of its own here: hold its core lock around all calls, and define SHL_CORE_IS_LOCKED"
#endif
#if !LWIP_TCP
#error "lwIP was configured without TCP"
#endif

/* A clock in milliseconds, for a firmware without lwIP's. */
#ifndef SHL_NOW
#ifdef ARDUINO
unsigned long millis(void);
#define SHL_NOW() ((uint32_t)millis())
#else
#define SHL_NOW() sys_now()
#endif
#endif

#if LWIP_VERSION_MAJOR >= 2
typedef const ip_addr_t *found_address;
#define ADDRESS_OF(netif) ip4_addr_get_u32(netif_ip4_addr(netif))
#define NETMASK_OF(netif) ip4_addr_get_u32(netif_ip4_netmask(netif))
#define GATEWAY_OF(netif) ip4_addr_get_u32(netif_ip4_gw(netif))
#else
#include "lwip/tcp_impl.h"
typedef ip_addr_t *found_address;
#define ADDRESS_OF(netif) ip4_addr_get_u32(&(netif)->ip_addr)
#define NETMASK_OF(netif) ip4_addr_get_u32(&(netif)->netmask)
#define GATEWAY_OF(netif) ip4_addr_get_u32(&(netif)->gw)
#define ip_addr_set_ip4_u32(to, word) ip4_addr_set_u32(to, word)
#define ip_2_ip4(address) (address)
/* They have this name in the SDK's, and are functions or macros of another one in others. */
#undef lwip_ntohl
#undef lwip_htonl
#define lwip_ntohl(word) PP_NTOHL(word)
#define lwip_htonl(word) PP_HTONL(word)
#endif

/* lwIP's own retransmissions take far longer; whoever is thrown out sooner wasn't timed out. */
#define SHORTEST_TIMEOUT_MS 3000
/* For so long lwIP may have no memory before that is an error. */
#define STARVED_MS 2000
/* An answer that nobody fetched for so long is asked for again. */
#define ANSWER_KEEPS_MS 1000

enum state { FREE, OPEN, CONNECTING, CONNECTED, FAILED, TO_CLOSE };

struct socket {
    struct tcp_pcb *pcb;   /* NULL once lwIP has freed it */
    struct pbuf *received; /* not read yet */
    uint32_t address;      /* the own one that it connected from */
    uint32_t since;        /* when the last progress was, as long as something is unacknowledged */
    uint32_t starved_since, starved_last; /* without memory for a send, each time that it was tried */
    uint32_t unacknowledged;
    uint16_t read;         /* bytes of the first pbuf */
    int8_t error;          /* one of SHL_…, or 0 */
    uint8_t state;
    uint8_t ended;
};

static struct socket sockets[SHL_SOCKETS];
static unsigned depth;

#if LWIP_DNS
static struct {
    char name[DNS_MAX_NAME_LENGTH];
    uint32_t address;
    uint32_t answered;
    uintptr_t number; /* of the query that is waited for */
    enum { NOT_ASKED, ASKED, FOUND, NOT_FOUND } state;
} query;
#endif

unsigned shl_depth(void) { return depth; }
void shl_enter_handler(void) { depth++; }
void shl_leave_handler(void) {
    if (depth > 0) depth--;
}

static int is_ours(uint32_t address) {
    struct netif *netif;
    for (netif = netif_list; netif != NULL; netif = netif->next)
        if (ADDRESS_OF(netif) == address) return 1;
    return 0;
}

static int is_connecting_or_sending(const struct socket *s) {
    return s->state == CONNECTING || s->unacknowledged > 0;
}

static err_t on_connected(void *argument, struct tcp_pcb *pcb, err_t error) {
    struct socket *s = argument;
    (void)pcb;
    (void)error; /* lwIP has no other than ERR_OK */
    if (s->state == CONNECTING) s->state = CONNECTED;
    return ERR_OK;
}

static err_t on_received(void *argument, struct tcp_pcb *pcb, struct pbuf *packet, err_t error) {
    struct socket *s = argument;
    (void)pcb;
    (void)error;
    if (packet == NULL) {
        s->ended = 1;
    } else if (s->received == NULL) {
        s->received = packet;
    } else if ((uint32_t)s->received->tot_len + packet->tot_len > 0xffff) {
        return ERR_MEM; /* lwIP keeps the packet, and offers it again */
    } else {
        pbuf_cat(s->received, packet);
    }
    return ERR_OK;
}

static err_t on_sent(void *argument, struct tcp_pcb *pcb, u16_t length) {
    struct socket *s = argument;
    (void)pcb;
    s->unacknowledged -= length < s->unacknowledged ? length : s->unacknowledged;
    s->since = SHL_NOW();
    return ERR_OK;
}

/* lwIP has freed the pcb already. ERR_ABRT has three reasons: lwIP has lost patience, has lost the address
 * (see error_of), or has given the pcb to somebody else. */
static void on_error(void *argument, err_t error) {
    struct socket *s = argument;
    s->pcb = NULL;
    if (error == ERR_RST) {
        s->error = s->state == CONNECTING ? SHL_REFUSED : SHL_RESET;
    } else if (error == ERR_CLSD) {
        s->error = SHL_CLOSED;
    } else if (is_connecting_or_sending(s) && SHL_NOW() - s->since >= SHORTEST_TIMEOUT_MS) {
        s->error = SHL_TIMED_OUT;
    } else {
        s->error = SHL_DISPLACED;
    }
    if (s->state != TO_CLOSE) s->state = FAILED;
}

/* The error so far, or 0. That the address is another one shows only after lwIP has thrown out what was
 * connected with it. */
static int error_of(const struct socket *s) {
    if (s->error == SHL_DISPLACED && !is_ours(s->address)) return SHL_NO_ADDRESS;
    return s->error;
}

static int from_lwip(err_t error) {
    switch (error) {
    case ERR_MEM: return SHL_NO_MEMORY;
    case ERR_BUF: return SHL_NO_SOCKET; /* no port, where a connect says it */
    case ERR_USE: return SHL_NO_SOCKET;
    case ERR_RTE: return SHL_NO_ROUTE;
    case ERR_RST: return SHL_RESET;
    case ERR_CONN:
    case ERR_CLSD: return SHL_CLOSED;
    case ERR_ABRT: return SHL_DISPLACED;
    default: return SHL_OTHER;
    }
}

/* Frees pbufs that were read to their end. */
static void drop_read(struct socket *s) {
    while (s->received != NULL && s->read >= s->received->len) {
        struct pbuf *rest = s->received->next;
        s->read = (uint16_t)(s->read - s->received->len);
        if (rest != NULL) pbuf_ref(rest);
        pbuf_free(s->received);
        s->received = rest;
    }
}

static void close_now(struct socket *s) {
    struct tcp_pcb *pcb = s->pcb;
    depth++;
    if (pcb != NULL) {
        tcp_arg(pcb, NULL);
        tcp_err(pcb, NULL);
        tcp_recv(pcb, NULL);
        tcp_sent(pcb, NULL);
        /* With a window that isn't given back lwIP sends a reset in place of a FIN. */
        if (s->received != NULL) tcp_recved(pcb, (u16_t)(s->received->tot_len - s->read));
        if (tcp_close(pcb) != ERR_OK) tcp_abort(pcb);
    }
    if (s->received != NULL) pbuf_free(s->received);
    depth--;
    memset(s, 0, sizeof *s);
}

/* What was closed inside a callback. */
static void close_put_off(void) {
    int i;
    for (i = 0; i < SHL_SOCKETS; i++)
        if (sockets[i].state == TO_CLOSE) close_now(&sockets[i]);
}

static struct socket *socket_of(int number) {
    if (number < 0 || number >= SHL_SOCKETS) return NULL;
    if (sockets[number].state == FREE || sockets[number].state == TO_CLOSE) return NULL;
    return &sockets[number];
}

int shl_open(void) {
    int i;
    if (depth > 0) return SHL_IN_HANDLER;
    close_put_off();
    /* Before lwip_init there is none, and no pool either. */
    if (netif_list == NULL) return SHL_NO_ADDRESS;
    for (i = 0; i < SHL_SOCKETS; i++) {
        struct socket *s = &sockets[i];
        if (s->state != FREE) continue;
        depth++;
#if LWIP_VERSION_MAJOR >= 2
        s->pcb = tcp_new();
#else
        /* Where there is no room, tcp_new of 1.4 takes that of another one of the same worth. */
        s->pcb = tcp_alloc(TCP_PRIO_MIN);
#endif
        depth--;
        if (s->pcb == NULL) return SHL_NO_SOCKET;
        /* The firmware's own connections are worth more, where lwIP runs out of them. */
        tcp_setprio(s->pcb, TCP_PRIO_MIN);
        tcp_arg(s->pcb, s);
        tcp_err(s->pcb, on_error);
        tcp_recv(s->pcb, on_received);
        tcp_sent(s->pcb, on_sent);
        s->state = OPEN;
        return i;
    }
    return SHL_NO_SOCKET;
}

int shl_connect(int number, uint32_t address, uint16_t port) {
    struct socket *s = socket_of(number);
    ip_addr_t target;
    err_t error;
    if (depth > 0) return SHL_IN_HANDLER;
    close_put_off();
    if (s == NULL) return SHL_CLOSED;
    if (s->error != 0) return error_of(s);
    if (s->state != OPEN) return s->state == CONNECTING ? SHL_PENDING : 0;

    memset(&target, 0, sizeof target);
    ip_addr_set_ip4_u32(&target, lwip_htonl(address));
    s->since = SHL_NOW();
    s->state = CONNECTING;
    depth++;
    error = tcp_connect(s->pcb, &target, port, on_connected);
    depth--;
    if (s->pcb != NULL) s->address = ip4_addr_get_u32(ip_2_ip4(&s->pcb->local_ip));
    /* After a failure the pcb is still ours, to be closed. */
    if (error != ERR_OK) {
        s->state = FAILED;
        s->error = (int8_t)from_lwip(error);
        return s->error;
    }
    return s->error != 0 ? s->error : s->state == CONNECTED ? 0 : SHL_PENDING;
}

int shl_send(int number, const void *bytes, size_t length) {
    struct socket *s = socket_of(number);
    size_t count;
    uint32_t now;
    err_t error;
    if (depth > 0) return SHL_IN_HANDLER;
    close_put_off();
    if (s == NULL) return SHL_CLOSED;
    if (s->error != 0) return error_of(s);
    if (s->state != CONNECTED || s->pcb == NULL) return SHL_CLOSED;
    if (length == 0) return 0;

    count = tcp_sndbuf(s->pcb);
    if (count == 0) {
        /* Acknowledgements make room; lwIP's patience is the limit. */
        return SHL_PENDING;
    }
    if (count > length) count = length;
    if (count > 0xffff) count = 0xffff; /* with window scaling there may be room for more than one write */
    depth++;
    /* More than fits the queue or the heap is refused whole: less may fit. */
    do {
        error = tcp_write(s->pcb, bytes, (u16_t)count, TCP_WRITE_FLAG_COPY);
    } while (error == ERR_MEM && (count /= 2) > 0);
    if (error == ERR_OK) {
        if (s->unacknowledged == 0) s->since = SHL_NOW();
        s->unacknowledged += (uint32_t)count;
        s->starved_last = 0;
        /* What it can't send now it sends later: its timers do. */
        tcp_output(s->pcb);
    }
    depth--;
    if (error == ERR_OK) return (int)count;
    if (error != ERR_MEM) return from_lwip(error);
    now = SHL_NOW();
    if (s->starved_last == 0 || now - s->starved_last > STARVED_MS / 4) s->starved_since = now;
    s->starved_last = now | 1;
    if (s->unacknowledged == 0 && now - s->starved_since >= STARVED_MS) return SHL_NO_MEMORY;
    return SHL_PENDING;
}

int shl_receive(int number, void *bytes, size_t length) {
    struct socket *s = socket_of(number);
    u16_t count;
    if (depth > 0) return SHL_IN_HANDLER;
    close_put_off();
    if (s == NULL) return SHL_CLOSED;
    if (length == 0) return 0;
    if (s->received != NULL) {
        u16_t want = length > 0xffff ? 0xffff : (u16_t)length;
        count = pbuf_copy_partial(s->received, bytes, want, s->read);
        /* It can't be more than the window, of 16 bits. */
        s->read = (uint16_t)(s->read + count);
        drop_read(s);
        depth++;
        /* Not sooner: that is what holds back a peer who is faster than the reader. */
        if (s->pcb != NULL) tcp_recved(s->pcb, count);
        depth--;
        return count;
    }
    /* Nothing was to come behind its end: a reset takes nothing away. */
    if (s->ended) return SHL_END;
    if (s->error != 0) return error_of(s);
    return s->state == CONNECTED ? SHL_PENDING : SHL_CLOSED;
}

void shl_close(int number) {
    struct socket *s = socket_of(number);
    if (s == NULL) return;
    s->state = TO_CLOSE;
    if (depth == 0) close_put_off();
}

#if LWIP_DNS
/* A query can't be cancelled: its number says whether anybody still waits for it. */
static void on_found(const char *name, found_address found, void *argument) {
    (void)name;
    if ((uintptr_t)argument != query.number || query.state != ASKED) return;
    query.state = found == NULL ? NOT_FOUND : FOUND;
    query.address = found == NULL ? 0 : ip4_addr_get_u32(ip_2_ip4(found));
    query.answered = SHL_NOW();
}

static int has_dns_server(void) {
#if LWIP_VERSION_MAJOR >= 2
    return !ip_addr_isany(dns_getserver(0));
#else
    ip_addr_t server = dns_getserver(0);
    return !ip_addr_isany(&server);
#endif
}

int shl_resolve(const char *name, size_t length, uint32_t *address) {
    ip_addr_t found;
    err_t error;
    if (depth > 0) return SHL_IN_HANDLER;
    close_put_off();
    if (length == 0 || length >= sizeof query.name || memchr(name, 0, length) != NULL)
        return SHL_BAD_NAME;
    if (netif_list == NULL) return SHL_NO_ADDRESS;
    if (query.state != NOT_ASKED && strlen(query.name) == length &&
        memcmp(query.name, name, length) == 0) {
        if (query.state == ASKED) return SHL_PENDING;
        if (SHL_NOW() - query.answered <= ANSWER_KEEPS_MS) {
            int outcome = query.state == FOUND ? 0 : SHL_NO_NAME;
            *address = lwip_ntohl(query.address);
            query.state = NOT_ASKED;
            return outcome;
        }
    }
    if (!has_dns_server()) return SHL_NO_RESOLVER;
    memcpy(query.name, name, length);
    query.name[length] = 0;
    query.number++;
    query.state = ASKED;
    depth++;
#if LWIP_VERSION_MAJOR >= 2 && LWIP_IPV6
    error = dns_gethostbyname_addrtype(query.name, &found, on_found, (void *)query.number,
                                       LWIP_DNS_ADDRTYPE_IPV4);
#else
    error = dns_gethostbyname(query.name, &found, on_found, (void *)query.number);
#endif
    depth--;
    if (error == ERR_INPROGRESS) return SHL_PENDING;
    query.state = NOT_ASKED;
    if (error == ERR_ARG) return SHL_BAD_NAME;
    if (error != ERR_OK) return from_lwip(error);
    *address = lwip_ntohl(ip4_addr_get_u32(ip_2_ip4(&found)));
    return 0;
}
#else
int shl_resolve(const char *name, size_t length, uint32_t *address) {
    (void)name, (void)length, (void)address;
    return depth > 0 ? SHL_IN_HANDLER : SHL_NO_RESOLVER;
}
#endif

static void look_at(struct netif *netif, struct shl_link *link) {
    link->address = ADDRESS_OF(netif);
    link->netmask = NETMASK_OF(netif);
    link->gateway = GATEWAY_OF(netif);
    link->is_up = netif_is_up(netif) && netif_is_link_up(netif);
#if LWIP_DNS
    link->has_dns = (uint8_t)has_dns_server();
#else
    link->has_dns = 2;
#endif
}

int shl_link(struct shl_link *link) {
    memset(link, 0, sizeof *link);
    if (netif_default == NULL) return 0;
    look_at(netif_default, link);
    return 1;
}

int shl_other_link(struct shl_link *link) {
    struct netif *netif;
    memset(link, 0, sizeof *link);
    for (netif = netif_list; netif != NULL; netif = netif->next) {
        if (netif == netif_default || !netif_is_up(netif) || ADDRESS_OF(netif) == 0) continue;
        if ((lwip_ntohl(ADDRESS_OF(netif)) >> 24) == 127) continue; /* lwIP's own loopback */
        look_at(netif, link);
        return 1;
    }
    return 0;
}

/* lwIP on a PC: a clock that Rust moves, memory that runs out when it is told to, the netif between two tests,
 * and a sketch's mistakes. */
#include <stdlib.h>
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"

#include "safe_http_lwip.h"

/* Rust's. */
void harness_tick(void);

/* netif.c's. */
extern struct netif harness_netif;
void harness_begin(void);
void harness_set_address(uint32_t address);
void harness_set_dns(uint32_t address);

/* ---- Clock */

static uint32_t now;
u32_t sys_now(void) { return now; }
void harness_advance(uint32_t ms) { now += ms; }
uint32_t harness_now(void) { return now; }

static const char *failed;
void harness_failed(const char *what) { failed = what; }
const char *harness_failure(void) { return failed; }

/* ---- Memory: each piece knows its size, so that the balance can be told. */

static size_t allocations, live, fail_at, fail_from, limit_of_size, limit;
struct piece { size_t size, padding; };

void *harness_malloc(size_t size) {
    struct piece *piece;
    /* A timer that can't set itself again never comes back: of that lwIP doesn't recover, whoever uses it. */
    if (size != LWIP_MEM_ALIGN_SIZE(sizeof(struct sys_timeo))) {
        allocations++;
        if (allocations == fail_at || (fail_from != 0 && allocations >= fail_from)) return NULL;
    }
    if (size == limit_of_size && limit-- == 0) {
        limit = 0;
        return NULL;
    }
    piece = malloc(sizeof *piece + size);
    if (piece == NULL) return NULL;
    piece->size = size;
    live++;
    return piece + 1;
}

void *harness_calloc(size_t count, size_t size) {
    void *memory = harness_malloc(count * size);
    if (memory != NULL) memset(memory, 0, count * size);
    return memory;
}

void harness_free(void *memory) {
    struct piece *piece = (struct piece *)memory - 1;
    if (memory == NULL) return;
    live--;
    if (piece->size == limit_of_size) limit++;
    free(piece);
}

/* The n-th allocation from now on fails; or all from the n-th on. 0: none. */
void harness_fail(size_t at, size_t from) {
    allocations = 0;
    fail_at = at;
    fail_from = from;
}
size_t harness_allocations(void) { return allocations; }
size_t harness_live(void) { return live; }
/* So many connections more, and no others. */
void harness_limit_pcbs(size_t count) {
    limit_of_size = LWIP_MEM_ALIGN_SIZE(sizeof(struct tcp_pcb));
    limit = count;
}
void harness_unlimited(void) { limit_of_size = 0; }

/* ---- Netif */

static int started;

void harness_set_up(int up) {
    if (up) netif_set_up(&harness_netif);
    else netif_set_down(&harness_netif);
}

void harness_set_link_up(int up) {
    if (up) netif_set_link_up(&harness_netif);
    else netif_set_link_down(&harness_netif);
}

void harness_abort_all(void) {
    while (tcp_active_pcbs != NULL) tcp_abort(tcp_active_pcbs);
    while (tcp_tw_pcbs != NULL) tcp_abort(tcp_tw_pcbs);
    while (tcp_bound_pcbs != NULL) tcp_abort(tcp_bound_pcbs);
}

/* The netif as at the start, whatever a test did. lwIP itself is started once. */
void harness_start(void) {
    int i;
    harness_fail(0, 0);
    harness_unlimited();
    failed = NULL;
    if (!started) {
        harness_begin();
        started = 1;
    }
    netif_set_default(&harness_netif);
    netif_set_up(&harness_netif);
    netif_set_link_up(&harness_netif);
    etharp_cleanup_netif(&harness_netif);
    while (shl_depth() > 0) shl_leave_handler();
    for (i = 0; i < SHL_SOCKETS; i++) shl_close(i);
    harness_abort_all();
    harness_set_address(0x0a000002);
    harness_set_dns(0x0a000001);
}

void harness_no_default(int none) { netif_set_default(none ? NULL : &harness_netif); }

/* ---- Connections of the firmware's own */

static void own_error(void *argument, err_t error) {
    (void)error;
    *(struct tcp_pcb **)argument = NULL;
}
static struct tcp_pcb *own[8];

int harness_own_connection(int at, uint32_t address, uint16_t port, uint8_t priority) {
    ip_addr_t target;
    struct tcp_pcb *pcb = tcp_new();
    if (pcb == NULL) return 0;
    tcp_setprio(pcb, priority);
    own[at] = pcb;
    tcp_arg(pcb, &own[at]);
    tcp_err(pcb, own_error);
    ip4_addr_set_u32(&target, lwip_htonl(address));
    return tcp_connect(pcb, &target, port, NULL) == ERR_OK;
}
int harness_own_is_there(int at) { return own[at] != NULL; }

/* ---- A sketch's mistake: a connect that waits, in a callback. The clock goes on and the server works
 * meanwhile, as on the air; lwIP can't take a packet in, since it is in the middle of calling us. */

static uint32_t naive_connected_at;
static struct tcp_pcb *naive;
static err_t naive_connected(void *argument, struct tcp_pcb *pcb, err_t error) {
    (void)argument, (void)pcb, (void)error;
    naive_connected_at = now;
    return ERR_OK;
}

/* Returns the state that the connection was in when the wait was given up. */
int harness_naive_connect(uint32_t address, uint16_t port, uint32_t patience) {
    ip_addr_t target;
    uint32_t since = now;
    naive_connected_at = 0;
    naive = tcp_new();
    if (naive == NULL) return -1;
    ip4_addr_set_u32(&target, lwip_htonl(address));
    if (tcp_connect(naive, &target, port, naive_connected) != ERR_OK) return -1;
    while (naive_connected_at == 0 && now - since < patience) harness_tick();
    return naive->state;
}
uint32_t harness_naive_connected_at(void) { return naive_connected_at; }
void harness_naive_end(void) {
    if (naive != NULL) tcp_abort(naive);
    naive = NULL;
}
int harness_syn_sent(void) { return SYN_SENT; }
/* What the connection to this port still lets the peer send. */
int harness_window(uint16_t port) {
    struct tcp_pcb *pcb;
    for (pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
        if (pcb->remote_port == port) return pcb->rcv_wnd;
    return -1;
}

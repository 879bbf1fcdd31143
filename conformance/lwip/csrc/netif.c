/* lwIP's one netif, whose frames go to Rust: on a PC, and on the emulated core. */
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"
/* That of 1.4 doesn't include what it needs. */
#include "lwip/dns.h"

/* Rust's. */
void harness_output(const void *frame, size_t length);
void harness_status_changed(void);

struct netif harness_netif;

uint32_t harness_random(void) {
    static uint32_t state = 7;
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

static err_t output(struct netif *out, struct pbuf *packet) {
    static unsigned char frame[1600];
    u16_t length = pbuf_copy_partial(packet, frame, sizeof frame, 0);
    (void)out;
    harness_output(frame, length);
    return ERR_OK;
}

static err_t begin(struct netif *it) {
    it->name[0] = 'e', it->name[1] = 'n';
    it->output = etharp_output;
    it->linkoutput = output;
    it->mtu = 1500;
    it->hwaddr_len = 6;
    memcpy(it->hwaddr, "\x02\0\0\0\0\x02", 6);
    it->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static void status_changed(struct netif *it) {
    (void)it;
    harness_status_changed();
}

void harness_set_address(uint32_t address) {
    ip4_addr_t own, mask, gateway;
    ip4_addr_set_u32(&own, lwip_htonl(address));
    ip4_addr_set_u32(&mask, address == 0 ? 0 : lwip_htonl(0xffffff00));
    ip4_addr_set_u32(&gateway, address == 0 ? 0 : lwip_htonl((address & 0xffffff00) | 1));
    netif_set_addr(&harness_netif, &own, &mask, &gateway);
#if LWIP_VERSION_MAJOR < 2
    /* Today's calls that by itself. */
    status_changed(&harness_netif);
#endif
}

unsigned harness_version(void) {
    return LWIP_VERSION_MAJOR * 100 + LWIP_VERSION_MINOR * 10 + LWIP_VERSION_REVISION;
}

void harness_set_dns(uint32_t address) {
    ip_addr_t server;
    ip4_addr_set_u32(&server, lwip_htonl(address));
    dns_setserver(0, &server);
}

/* Once. */
void harness_begin(void) {
    lwip_init();
    netif_add(&harness_netif, IP4_ADDR_ANY4, IP4_ADDR_ANY4, IP4_ADDR_ANY4, NULL, begin, ethernet_input);
    netif_set_status_callback(&harness_netif, status_changed);
    netif_set_default(&harness_netif);
    netif_set_up(&harness_netif);
    harness_set_address(0x0a000002);
    harness_set_dns(0x0a000001);
}

void harness_input(const void *frame, size_t length) {
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_RAM);
    if (packet == NULL) return;
    pbuf_take(packet, frame, (u16_t)length);
    if (harness_netif.input(packet, &harness_netif) != ERR_OK) pbuf_free(packet);
}
void harness_timers(void) { sys_check_timeouts(); }

/* After `ms` something of the firmware's own: the netif gets an address, as DHCP would set it. */
static void on_timer(void *argument) { harness_set_address((uint32_t)(uintptr_t)argument); }
void harness_address_in(uint32_t ms, uint32_t address) {
    sys_timeout(ms, on_timer, (void *)(uintptr_t)address);
}

/* The functions of lwIP that a sketch with ESP8266WiFi has linked already. */
#include "lwip/dns.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"
void *volatile kept;
void keep_lwip(void) {
    kept = tcp_new; kept = tcp_connect; kept = tcp_write; kept = tcp_output; kept = tcp_close; kept = tcp_abort;
    kept = tcp_recved; kept = tcp_arg; kept = tcp_err; kept = tcp_recv; kept = tcp_sent; kept = tcp_setprio;
    kept = pbuf_cat; kept = pbuf_copy_partial; kept = pbuf_free; kept = pbuf_ref;
    kept = dns_gethostbyname; kept = (void *)dns_getserver; kept = netif_add; kept = ethernet_input;
    kept = sys_check_timeouts;
}

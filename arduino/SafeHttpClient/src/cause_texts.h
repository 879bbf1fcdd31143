/* The causes by their numbers: what it was, and what to do. In the flash; those that no sketch can meet are left out.
 *
 * Made by crates/c-abi/tests/generated.rs, of the client's own texts where a sketch has the same words. */
#ifndef CAUSE_TEXTS_H
#define CAUSE_TEXTS_H

#define CAUSES 50
#define CAUSE_EVENT_HANDLER 1

static const char CAUSE_1[] PROGMEM = "the request was made from an event handler or interrupt\ntry:   set a flag in the handler and make the request in loop(): a connect waits by suspending the loop, which a handler can't";
static const char CAUSE_2[] PROGMEM = "there is no access point, or no IP address yet\ntry:   wait for the address (waitOnline) before the request: being on the access point isn't enough. If none comes, check DHCP and the signal";
static const char CAUSE_3[] PROGMEM = "the target is no other host (localhost, 0.0.0.0, a broadcast)\ntry:   give the address that the server has in the network, such as 192.168.1.20: localhost is the chip itself, and 0.0.0.0 no address";
static const char CAUSE_4[] PROGMEM = "the host took longer than the deadline to answer\ntry:   let the server answer first and work afterwards, or give it more time (setTimeout)";
static const char CAUSE_5[] PROGMEM = "the host is down, or not in this network\ntry:   check that the host is on, in the same network, and still has that address: ping it from a phone or PC in the same Wi-Fi";
static const char CAUSE_6[] PROGMEM = "nothing listens on the port of the host\ntry:   check the port, and that the server runs and isn't bound to 127.0.0.1 only";
static const char CAUSE_8[] PROGMEM = "a firewall blocks the port of the host\ntry:   allow incoming TCP connections to that port in the host's firewall; on Windows the Wi-Fi has to be a private network, too";
static const char CAUSE_10[] PROGMEM = "address, netmask and gateway don't fit together\ntry:   address and gateway must be in one subnet: correct address, netmask and gateway, or use DHCP";
static const char CAUSE_11[] PROGMEM = "the host is a name, and no DNS server is set\ntry:   set a DNS server along with the static address (the router, as a rule), use DHCP, or give the server's address in place of its name";
static const char CAUSE_12[] PROGMEM = "the target is this chip itself, or may be in its own network\ntry:   give the server's address, not the chip's; if the chip is an access point, too, switch that off, or give it another subnet";
static const char CAUSE_13[] PROGMEM = "the name doesn't resolve to a host\ntry:   check the spelling, and try the IP address. A name that ends in .local is mDNS, which DNS servers don't know";
static const char CAUSE_14[] PROGMEM = "the URL's scheme doesn't fit\ntry:   write http:// in front, once, and the server's http port: https isn't spoken here";
static const char CAUSE_15[] PROGMEM = "https on one side and http on the other, on the port\ntry:   use the server's http port (often 80 or 8080): https isn't spoken here";
static const char CAUSE_16[] PROGMEM = "what listens on the port of the host isn't an HTTP server\ntry:   check the port: another service is there. curl -v on a PC shows what answers";
static const char CAUSE_17[] PROGMEM = "a captive portal answers in the server's place\ntry:   use a network without a sign-in page, or have the chip's hardware address let in: it can't click through a portal";
static const char CAUSE_18[] PROGMEM = "the chip has too little memory left\ntry:   close other connections; ESP.getFreeHeap() tells how much is left";
static const char CAUSE_19[] PROGMEM = "no socket is left\ntry:   read responses to their end, and keep one connection rather than opening many; after many, wait some minutes";
static const char CAUSE_20[] PROGMEM = "the server had closed the kept connection\ntry:   send it again if twice does no harm; end(true) keeps no connection";
static const char CAUSE_21[] PROGMEM = "the access point wasn't joined\ntry:   check the network's name and password (upper and lower case count), that it is on 2.4 GHz and takes WPA2, and the distance to it";
static const char CAUSE_25[] PROGMEM = "the response was cut short, or isn't valid\ntry:   compare with curl -v on a PC: where that has it right, the Wi-Fi is to blame. Else correct the server, or the proxy between";
static const char CAUSE_26[] PROGMEM = "the request can't be sent as it is\ntry:   errorCode() says what is wrong with it: correct the call";
static const char CAUSE_28[] PROGMEM = "the gateway doesn't answer\ntry:   check the signal's strength, the router, and the gateway's address; some gateways never answer pings";
static const char CAUSE_29[] PROGMEM = "the connection broke in the middle of the exchange\ntry:   look at the server's log: did it crash, restart, or refuse the request? If it saw nothing, check the signal";
static const char CAUSE_30[] PROGMEM = "nothing that is known explains it\ntry:   compare with a PC in the same Wi-Fi; if it stays a riddle, report it with this text";
static const char CAUSE_32[] PROGMEM = "the answer leads elsewhere: it is a redirect\ntry:   ask for the URL that it leads to: it is the header Location";
static const char CAUSE_33[] PROGMEM = "the server is there, and refuses by its status\ntry:   the status says why: 401 and 403 want other credentials, 404 another path, 500 and up are the server's own troubles, in its log";
static const char CAUSE_35[] PROGMEM = "the body has no length, no chunks, and no end\ntry:   let the server send Content-Length or chunks, or close the connection at the end";
static const char CAUSE_36[] PROGMEM = "the host announced more than it sent\ntry:   correct the server's Content-Length: it has to count bytes, not characters, and what is really sent";
static const char CAUSE_37[] PROGMEM = "the body is compressed, and nobody asked for that\ntry:   ask with Accept-Encoding: identity, or switch compression off in the server: it isn't undone here";
static const char CAUSE_38[] PROGMEM = "left-overs of the previous answer came on the kept connection\ntry:   the answer before was longer than its head said, or had a body where none may be: correct the server, or end(true) after each";
static const char CAUSE_39[] PROGMEM = "the answer is nearly HTTP, and isn't quite\ntry:   check the port: SHOUTcast (ICY) and HTTP/0.9 aren't spoken here. For bytes in front of the status line correct the server";
static const char CAUSE_41[] PROGMEM = "the response doesn't fit the memory that it was given\ntry:   give begin() more memory, at least for the head; read() the body in pieces, for which little is enough";

static const char *const CAUSE_TEXTS[CAUSES] PROGMEM = {
    nullptr,
    CAUSE_1,
    CAUSE_2,
    CAUSE_3,
    CAUSE_4,
    CAUSE_5,
    CAUSE_6,
    nullptr,
    CAUSE_8,
    nullptr,
    CAUSE_10,
    CAUSE_11,
    CAUSE_12,
    CAUSE_13,
    CAUSE_14,
    CAUSE_15,
    CAUSE_16,
    CAUSE_17,
    CAUSE_18,
    CAUSE_19,
    CAUSE_20,
    CAUSE_21,
    nullptr,
    nullptr,
    nullptr,
    CAUSE_25,
    CAUSE_26,
    nullptr,
    CAUSE_28,
    CAUSE_29,
    CAUSE_30,
    nullptr,
    CAUSE_32,
    CAUSE_33,
    nullptr,
    CAUSE_35,
    CAUSE_36,
    CAUSE_37,
    CAUSE_38,
    CAUSE_39,
    nullptr,
    CAUSE_41,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
};

#endif

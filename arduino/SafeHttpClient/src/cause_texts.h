/* The causes by their numbers: what it was, and what to do. In the flash.
 *
 * Made from the client's own texts by crates/c-abi/tests/texts.rs, which holds it against them. */
#ifndef CAUSE_TEXTS_H
#define CAUSE_TEXTS_H

#define CAUSES 50
#define CAUSE_EVENT_HANDLER 1

static const char WHAT_1[] PROGMEM = "the request was made from an event handler or interrupt";
static const char TRY_1[] PROGMEM = "set a flag in the handler and make the request in the main loop: a connect waits by suspending the loop, which a handler can't";
static const char WHAT_2[] PROGMEM = "there is no access point, or no IP address yet";
static const char TRY_2[] PROGMEM = "wait for the address (wait_online) before the request: being on the access point (WIFI CONNECTED) isn't enough. If none comes, check DHCP and the signal";
static const char WHAT_3[] PROGMEM = "the target is no other host (localhost, 0.0.0.0, a broadcast)";
static const char TRY_3[] PROGMEM = "give the address that the server has in the network, such as 192.168.1.20: localhost is the chip itself, and 0.0.0.0 no address";
static const char WHAT_4[] PROGMEM = "the host took longer than the deadline to answer";
static const char TRY_4[] PROGMEM = "raise the deadline that ran out (as a rule response_timeout), or let the server answer first and work afterwards";
static const char WHAT_5[] PROGMEM = "the host is down, or not in this network";
static const char TRY_5[] PROGMEM = "check that the host is on, in the same network, and still has that address: ping it from a phone or PC in the same Wi-Fi";
static const char WHAT_6[] PROGMEM = "nothing listens on the port of the host";
static const char TRY_6[] PROGMEM = "check the port, and that the server runs and isn't bound to 127.0.0.1 only";
static const char WHAT_7[] PROGMEM = "the server on the host listens on its own 127.0.0.1 only";
static const char TRY_7[] PROGMEM = "let the server listen on 0.0.0.0 (all interfaces), not on localhost; many development servers need --host 0.0.0.0 for it";
static const char WHAT_8[] PROGMEM = "a firewall blocks the port of the host";
static const char TRY_8[] PROGMEM = "allow incoming TCP connections to that port in the host's firewall; on Windows the Wi-Fi has to be a private network, too";
static const char WHAT_9[] PROGMEM = "the access point keeps its clients from each other";
static const char TRY_9[] PROGMEM = "try the URL on a phone in the same Wi-Fi. If it fails there, too: leave the guest network, or switch off AP isolation in the access point";
static const char WHAT_10[] PROGMEM = "address, netmask and gateway don't fit together";
static const char TRY_10[] PROGMEM = "address and gateway must be in one subnet: correct address, netmask and gateway, or use DHCP";
static const char WHAT_11[] PROGMEM = "the host is a name, and no DNS server is set";
static const char TRY_11[] PROGMEM = "set a DNS server along with the static address (the router, as a rule), use DHCP, or give the server's address in place of its name";
static const char WHAT_12[] PROGMEM = "the target is this chip itself, or may be in its own network";
static const char TRY_12[] PROGMEM = "give the server's address, not the chip's; if the chip is an access point, too, switch that off, or give it another subnet";
static const char WHAT_13[] PROGMEM = "the name doesn't resolve to a host";
static const char TRY_13[] PROGMEM = "check the spelling, and try the IP address. A name that ends in .local is mDNS, which DNS servers don't know";
static const char WHAT_14[] PROGMEM = "the URL's scheme doesn't fit";
static const char TRY_14[] PROGMEM = "write one scheme, in front; port 443 is https, and https needs a stack with TLS";
static const char WHAT_15[] PROGMEM = "https on one side and http on the other, on the port";
static const char TRY_15[] PROGMEM = "use http:// with the server's http port (often 80 or 8080), and https:// with its https port (often 443 or 8443)";
static const char WHAT_16[] PROGMEM = "what listens on the port of the host isn't an HTTP server";
static const char TRY_16[] PROGMEM = "check the port: another service is there. curl -v on a PC shows what answers";
static const char WHAT_17[] PROGMEM = "a captive portal answers in the server's place";
static const char TRY_17[] PROGMEM = "use a network without a sign-in page, or have the chip's hardware address let in: it can't click through a portal";
static const char WHAT_18[] PROGMEM = "the modem has too little memory left";
static const char TRY_18[] PROGMEM = "close other connections, or restart the modem. TLS takes most: a shorter chain of certificates helps, or http in a network that you trust";
static const char WHAT_19[] PROGMEM = "no socket is left";
static const char TRY_19[] PROGMEM = "read responses to their end, and keep one connection rather than opening many; after many, wait some minutes";
static const char WHAT_20[] PROGMEM = "the server had closed the kept connection";
static const char TRY_20[] PROGMEM = "send it again if twice does no harm; keep connections for less time than the server does (keep_alive)";
static const char WHAT_21[] PROGMEM = "the access point wasn't joined";
static const char TRY_21[] PROGMEM = "check the network's name and password (upper and lower case count), that it is on 2.4 GHz and takes WPA2, and the distance to it";
static const char WHAT_22[] PROGMEM = "the modem has reset itself";
static const char TRY_22[] PROGMEM = "as a rule the supply droops: it must give 500 mA at 3.3 V, with 100 uF or more right at the modem, and short wires";
static const char WHAT_23[] PROGMEM = "the modem is busy or silent";
static const char TRY_23[] PROGMEM = "silent: check TX and RX (crossed), ground, supply, EN (high) and baud rate. Busy: a connect that was given up takes it up to 15 s more";
static const char WHAT_24[] PROGMEM = "the radio slept, and a packet was lost or late";
static const char TRY_24[] PROGMEM = "switch the radio's sleep off while requests are made, or try again";
static const char WHAT_25[] PROGMEM = "the response was cut short, or isn't valid";
static const char TRY_25[] PROGMEM = "compare with curl -v on a PC: where that has it right, the line to the modem or the Wi-Fi is to blame. Else correct the server, or the proxy between";
static const char WHAT_26[] PROGMEM = "the request can't be sent as it is";
static const char TRY_26[] PROGMEM = "the error says what is wrong with it: correct the call";
static const char WHAT_27[] PROGMEM = "bytes are lost or changed between chip and modem";
static const char TRY_27[] PROGMEM = "receive by interrupt into a ring (SerialRx), join the grounds, shorten the wires, or lower the baud rate";
static const char WHAT_28[] PROGMEM = "the gateway doesn't answer";
static const char TRY_28[] PROGMEM = "check the signal's strength, the router, and the gateway's address; some gateways never answer pings";
static const char WHAT_29[] PROGMEM = "the connection broke in the middle of the exchange";
static const char TRY_29[] PROGMEM = "look at the server's log: did it crash, restart, or refuse the request? If it saw nothing, check the signal";
static const char WHAT_30[] PROGMEM = "nothing that is known explains it";
static const char TRY_30[] PROGMEM = "compare with a PC in the same Wi-Fi; if it stays a riddle, report it with this text";
static const char WHAT_31[] PROGMEM = "a certificate isn't trusted, or the clock isn't set, for TLS";
static const char TRY_31[] PROGMEM = "set the modem's clock (SNTP), load the CA that signed the certificate, and ask by the name that stands in it";
static const char WHAT_32[] PROGMEM = "the answer leads elsewhere: it is a redirect";
static const char TRY_32[] PROGMEM = "ask for the URL that it leads to, or have redirects followed: `follow(n)`";
static const char WHAT_33[] PROGMEM = "the server is there, and refuses by its status";
static const char TRY_33[] PROGMEM = "the status says why: 401 and 403 want other credentials, 404 another path, 500 and up are the server's own troubles, in its log";
static const char WHAT_34[] PROGMEM = "the modem's firmware is too old, or of another kind";
static const char TRY_34[] PROGMEM = "flash a firmware that is known: NonOS AT 1.7 or ESP-AT 2.2 and up. AT+GMR says which one it has";
static const char WHAT_35[] PROGMEM = "the body has no length, no chunks, and no end";
static const char TRY_35[] PROGMEM = "let the server send Content-Length or chunks, or close the connection at the end";
static const char WHAT_36[] PROGMEM = "the host announced more than it sent";
static const char TRY_36[] PROGMEM = "correct the server's Content-Length: it has to count bytes, not characters, and what is really sent";
static const char WHAT_37[] PROGMEM = "the body is compressed, and nobody asked for that";
static const char TRY_37[] PROGMEM = "ask with Accept-Encoding: identity, or switch compression off in the server: it isn't undone here";
static const char WHAT_38[] PROGMEM = "left-overs of the answer before came on the kept connection";
static const char TRY_38[] PROGMEM = "the answer before was longer than its head said, or had a body where none may be: correct the server, or close the connection after each";
static const char WHAT_39[] PROGMEM = "the answer is nearly HTTP, and isn't quite";
static const char TRY_39[] PROGMEM = "check the port: SHOUTcast (ICY) and HTTP/0.9 aren't spoken here. For bytes in front of the status line correct the server";
static const char WHAT_40[] PROGMEM = "what was declared of the stack (StackQuirks) doesn't fit it";
static const char TRY_40[] PROGMEM = "declare what Ok(0) from receive means on this stack: with_zero_read(ZeroRead::EndOfStream) where it is the end, NoData where it is nothing yet";
static const char WHAT_41[] PROGMEM = "the response doesn't fit the buffer that it was given";
static const char TRY_41[] PROGMEM = "give a larger buffer, at least for the head; read the body in pieces, for which a small one is enough";
static const char WHAT_42[] PROGMEM = "no time is known, so that no certificate can be checked";
static const char TRY_42[] PROGMEM = "ask an SNTP server for the time before the first https request, or declare that it is later than the build";
static const char WHAT_43[] PROGMEM = "no trusted authority has signed the certificate of the host";
static const char TRY_43[] PROGMEM = "trust the root of the issuer that is shown below, and let the server send its intermediate certificates along";
static const char WHAT_44[] PROGMEM = "the certificate of the host is for other hosts";
static const char TRY_44[] PROGMEM = "use a name that the certificate has (shown below), or let the server get one with this name";
static const char WHAT_45[] PROGMEM = "a certificate of the host has expired, or isn't valid yet";
static const char TRY_45[] PROGMEM = "renew the server's certificate; if a browser finds it valid, the chip's clock is wrong: set it by SNTP";
static const char WHAT_46[] PROGMEM = "the certificate of the host isn't one that is accepted";
static const char TRY_46[] PROGMEM = "the error says why: get the server a certificate with serverAuth and a right chain, or pin its new key";
static const char WHAT_47[] PROGMEM = "the host speaks TLS 1.2 or older only";
static const char TRY_47[] PROGMEM = "let the server speak TLS 1.3 as well";
static const char WHAT_48[] PROGMEM = "the host has no cipher or kind of certificate in common";
static const char TRY_48[] PROGMEM = "the server needs P-256, AES-128-GCM and a P-256 certificate; for RSA's, P-384's or Ed25519's switch that feature on";
static const char WHAT_49[] PROGMEM = "a TLS record of the host is too large for the buffer";
static const char TRY_49[] PROGMEM = "give the session a read buffer of 16,640 bytes, or let the server send smaller records (ssl_buffer_size in nginx)";
static const char NONE[] PROGMEM = "";

static const char *const CAUSE_TEXTS[CAUSES][2] PROGMEM = {
    {NONE, NONE},
    {WHAT_1, TRY_1},
    {WHAT_2, TRY_2},
    {WHAT_3, TRY_3},
    {WHAT_4, TRY_4},
    {WHAT_5, TRY_5},
    {WHAT_6, TRY_6},
    {WHAT_7, TRY_7},
    {WHAT_8, TRY_8},
    {WHAT_9, TRY_9},
    {WHAT_10, TRY_10},
    {WHAT_11, TRY_11},
    {WHAT_12, TRY_12},
    {WHAT_13, TRY_13},
    {WHAT_14, TRY_14},
    {WHAT_15, TRY_15},
    {WHAT_16, TRY_16},
    {WHAT_17, TRY_17},
    {WHAT_18, TRY_18},
    {WHAT_19, TRY_19},
    {WHAT_20, TRY_20},
    {WHAT_21, TRY_21},
    {WHAT_22, TRY_22},
    {WHAT_23, TRY_23},
    {WHAT_24, TRY_24},
    {WHAT_25, TRY_25},
    {WHAT_26, TRY_26},
    {WHAT_27, TRY_27},
    {WHAT_28, TRY_28},
    {WHAT_29, TRY_29},
    {WHAT_30, TRY_30},
    {WHAT_31, TRY_31},
    {WHAT_32, TRY_32},
    {WHAT_33, TRY_33},
    {WHAT_34, TRY_34},
    {WHAT_35, TRY_35},
    {WHAT_36, TRY_36},
    {WHAT_37, TRY_37},
    {WHAT_38, TRY_38},
    {WHAT_39, TRY_39},
    {WHAT_40, TRY_40},
    {WHAT_41, TRY_41},
    {WHAT_42, TRY_42},
    {WHAT_43, TRY_43},
    {WHAT_44, TRY_44},
    {WHAT_45, TRY_45},
    {WHAT_46, TRY_46},
    {WHAT_47, TRY_47},
    {WHAT_48, TRY_48},
    {WHAT_49, TRY_49},
};

#endif

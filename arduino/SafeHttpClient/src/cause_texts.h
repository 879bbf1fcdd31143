/* The causes by their numbers: what it was, and what to do. In the flash; those that no sketch can meet are left out.
 * A byte from 128 on stands for the two of CAUSE_PAIRS, which halves them.
 *
 * Made by crates/c-abi/tests/generated.rs, of the client's own texts where a sketch has the same words. */
#ifndef CAUSE_TEXTS_H
#define CAUSE_TEXTS_H

#define CAUSES 50
#define CAUSE_EVENT_HANDLER 1

static const unsigned char CAUSE_PAIRS[][2] PROGMEM = {
    {101, 32}, {116, 104}, {116, 32}, {115, 32}, {129, 128}, {101, 114}, {32, 32}, {111, 114}, {32, 97}, {111, 110}, {32, 132}, {105, 110},
    {114, 101}, {110, 100}, {44, 32}, {116, 114}, {32, 105}, {121, 58}, {10, 143}, {145, 134}, {146, 147}, {32, 99}, {110, 111}, {118, 133},
    {141, 32}, {115, 133}, {110, 101}, {153, 151}, {97, 100}, {97, 110}, {130, 105}, {140, 115}, {101, 110}, {99, 104}, {119, 97}, {39, 130},
    {101, 115}, {135, 32}, {136, 152}, {104, 97}, {111, 115}, {116, 105}, {116, 111}, {132, 155}, {133, 32}, {148, 32}, {39, 131}, {100, 159},
    {110, 163}, {121, 32}, {104, 168}, {112, 135}, {115, 119}, {129, 97}, {158, 131}, {97, 108}, {99, 107}, {108, 101}, {115, 101}, {142, 165},
    {108, 111}, {109, 128}, {139, 103}, {148, 149}, {154, 116}, {44, 166}, {97, 32}, {97, 116}, {104, 101}, {105, 116}, {111, 102}, {111, 117},
    {115, 116}, {32, 137}, {48, 46}, {115, 128}, {115, 176}, {118, 128}, {130, 171}, {136, 32}, {137, 154}, {139, 138}, {144, 116}, {156, 175},
    {169, 137}, {208, 99}, {58, 32}, {104, 116}, {111, 109}, {119, 105}, {119, 135}, {139, 32}, {144, 130}, {144, 131}, {213, 212}, {218, 107},
    {97, 114}, {97, 189}, {100, 111}, {101, 141}, {102, 116}, {103, 105}, {104, 133}, {105, 130}, {109, 101}, {111, 100}, {112, 111}, {116, 112},
    {129, 133}, {140, 99}, {150, 32}, {167, 131}, {179, 116}, {184, 138}, {191, 196}, {192, 223}, {215, 235}, {217, 129}, {44, 136}, {97, 115},
    {98, 101}, {101, 162}, {103, 101}, {103, 195}, {105, 100}, {105, 112}, {105, 131}, {107, 101},
};

/* One behind another, each with a zero byte behind it. */
static const char CAUSE_TEXTS[] PROGMEM =
    /* 0  */
    "\0"
    /* 1 the request was made from an event handler or interrupt / try:   set a flag in the handler and make the request in loop(): a connect waits by suspending the loop, which a handler can't */
    "\204\214qu\244\202\242\203m\234\200fr\330\210n ev\240\202\247\215l\254\245\213t\205rupt\255\272\202\302flag \321\247\215l\205\246mak\200\204\214qu\244\202\333\274op():\210\225\325\202\242\305\203b\261susp\343\276\212\274op\216whi\241\317\247\215l\205\225\235't\0"
    /* 2 there is no access point, or no IP address yet / try:   wait for the address (waitOnline) before the request: being on the access point isn't enough. If none comes, check DHCP and the signal */
    "\354\200\376\226\210cc\244\203\352\213t\273\356IP\210d\257\203yet\255\242\347f\207\212\323\203(\242\305Onl\213e) \370f\207\200\204\214qu\244t\326\370\276\311\212acc\244\203\352\213\236\314e\226ugh. If n\211\200c\330\244\216\241e\270 DHCP\210\215\212sign\267\0"
    /* 3 the target is no other host (localhost, 0.0.0.0, a broadcast) / try:   give the address that the server has in the network, such as 192.168.1.20: localhost is the chip itself, and 0.0.0.0 no address */
    "\204t\340\372\266\356o\201\254\262\202(\274c\267\262t\216\312\312\3120,\317bro\234ca\310)\255\345\315\204\323\203\265\316 \357\321\363\216su\241\210\203192.168.1.20\326\274c\267\262\266\204\241\375\322\272lf\301\312\312\3120 \226\210d\257s\0"
    /* 4 the host took longer than the deadline to answer / try:   let the server answer first and work afterwards, or give it more time (setTimeout) */
    "\204\262\202\252ok l\211g\254\201\235\212de\234l\213\200\252\210n\264\205\255\271\316\210n\264\254firs\202a\230\337\210\344\205\242rds\273\345\315\347m\207\200\251\275(\272tTi\350\307t)\0"
    /* 5 the host is down, or not in this network / try:   check that the host is on, in the same network, and still has that address: ping it from a phone or PC in the same Wi-Fi */
    "\204\262\266\342wn\273\226\202\333\201\376\363\362\270 \265\202\204\262\266\211\216\321s\341\363\301s\251ll \357\265\202\323s\326p\276\334fr\330\317ph\211\200\245PC \321s\341Wi-Fi\0"
    /* 6 nothing listens on the port of the host / try:   check the port, and that the server runs and isn't bound to 127.0.0.1 only */
    "\226\201\276 li\310\240\203\211\212\263\202\306\212\262t\362\361\360\301\265\316 run\203a\215\220\314b\307\230\252 127.\312\3121\311ly\0"
    /* 7  */
    "\0"
    /* 8 a firewall blocks the port of the host / try:   allow incoming TCP connections to that port in the host's firewall; on Windows the Wi-Fi has to be a private network, too */
    "\302fi\214\242ll b\274\270\203\204\263\202\306\212\262t\224\210l\274w \213c\330\276 TCP\225\336\203\252 \265\202\263\202\321\262t\256fi\214\242ll;\311 W\213\342w\203\204Wi-Fi \357\252 b\200\302priv\303\200\363\216\252o\0"
    /* 9  */
    "\0"
    /* 10 address, netmask and gateway don't fit together / try:   address and gateway must be in one subnet: correct address, netmask and gateway, or use DHCP */
    "\323s\216\300m\367k\246\373\371\261d\211\243f\347\252\372\354\224\210d\257\203a\230\373\371\261mus\202b\200\213\311\200sub\300:\225\207\355\202\323s\216\300m\367k\246\373\371y\273u\313DHCP\0"
    /* 11 the host is a name, and no DNS server is set / try:   set a DNS server along with the static address (the router, as a rule), use DHCP, or give the server's address in place of its name */
    "\204\262\266\302na\350\301\356DNS \233\335\272t\255\272\202\302DNS \233\210l\211g \365\212\310a\251c\210d\257\203(\204r\307t\205\366\203\302ru\271)\216u\313DHCP\273\345\315\253\256\323\203\333plac\200\306\322\203na\350\0"
    /* 12 the target is this chip itself, or may be in its own network / try:   give the server's address, not the chip's; if the chip is an access point, too, switch that off, or give it another subnet */
    "\204t\340\372\266\201\376\241\375\322\272lf\273ma\261b\200\213\322\203own \363\255\345\315\253\256\323s\216\226\202\204\241\375's;\220f\212\241\375\335\235\210cc\244\203\352\213t\216\252o\216\264\305\241 \265\202\306f\273\345\315\347a\226\201\254sub\300\0"
    /* 13 the name doesn't resolve to a host / try:   check the spelling, and try the IP address. A name that ends in .local is mDNS, which DNS servers don't know */
    "\204n\341\342\244\260\237ol\315\252\317\262t\362\361spell\276\301\217y\212IP\210d\257s. A n\341\265\202\343\203\333.\274c\267\335mDNS\216whi\241 DNS \233\203d\211\243k\226w\0"
    /* 14 the URL's scheme doesn't fit / try:   write http:// in front, once, and the server's http port: https isn't spoken here */
    "\204URL\256s\241e\275\342\244\260f\305\255wr\305\200\364:// \333fr\211t\216\211ce\366\215\212\233\256\364 \360\326\364\203i\314s\352k\240 \346e\0"
    /* 15 https on one side and http on the other, on the port / try:   use the server's http port (often 80 or 8080): https isn't spoken here */
    "\364\203\211\311\200s\374\200a\230\364\311\212o\354\216\211\212\360\255u\313\253\256\364 \263\202(\306t\240 80 \2458080)\326\364\203i\314s\352k\240 \346e\0"
    /* 16 what listens on the port of the host isn't an HTTP server / try:   check the port: another service is there. curl -v on a PC shows what answers */
    "w\247\202li\310\240\203\211\212\263\202\306\212\262\236\314\235 HTTP \233\362\361\360:\210\226\201\254\231vic\200\376\354e.\225url -v\311\317PC show\203w\247\202\235\264\205s\0"
    /* 17 a captive portal answers in the server's place / try:   use a network without a sign-in page, or have the chip's hardware address let in: it can't click through a portal */
    "a\225ap\251\315\360\267\210n\264\205\203\321\233\256place\255u\313\302\363 \365\307\202\302sign-\333pa\372\273\247\315\204\241\375\256\247rd\242r\200\323\203\271\202\213:\334c\235\243cli\270 \201r\307gh\317\360\267\0"
    /* 18 the chip has too little memory left / try:   close other connections; ESP.getFreeHeap() tells how much is left */
    "\204\241\375 \357\252o l\305tl\200\350m\207\261\271\344\277l\250\200o\354\225\336s; ESP.\372tF\214eHeap() tell\203how mu\241\335\271\344\0"
    /* 19 no socket is left / try:   read responses to their end, and keep one connection rather than opening many; after many, wait some minutes */
    "\356so\270e\266\271\344\255\214\234 \237p\211\272\203\252 \201eir \343\301\377ep\311\200c\336 ra\201\254\201\235 op\240\276 m\235y;\210\344\254m\235y\216\242\347so\275m\213ut\244\0"
    /* 20 the server had closed the kept connection / try:   send it again if twice does no harm; end(true) keeps no connection */
    "\253 h\234\225l\250ed\212\377p\202c\336\255\272\215\334aga\213\220f t\331c\200\342e\203\356\247rm; \343(\217ue) \377ep\203\226\225\336\0"
    /* 21 the access point wasn't joined / try:   check the network's name and password (upper and lower case count), that it is on 2.4 GHz and takes WPA2, and the distance to it */
    "\204acc\244\203\352\213\202\242\314jo\213ed\362\361\363\256n\341a\230p\367\264\207d (upp\205\246\274w\205\225a\313c\307nt)\216\265\236\266\211 2.4 GHz\246ta\377\203WPA2\366\215\212di\310\235c\200\252\322\0"
    /* 22  */
    "\0"
    /* 23  */
    "\0"
    /* 24  */
    "\0"
    /* 25 the response was cut short, or isn't valid / try:   compare with curl -v on a PC: where that has it right, the Wi-Fi is to blame. Else correct the server, or the proxy between */
    "\204\237p\211\313\242\203cu\202sh\207t\216\207\220\314v\267\374\277\330p\340\200\365\225url -v\311\317PC\326w\346\200\265\202\357\347rig\327,\212Wi-Fi\335\252 bla\350. El\313c\207\355\316\216\207\212prox\261\370twe\240\0"
    /* 26 the request can't be sent as it is / try:   errorCode() says what is wrong with it: correct the call */
    "\204\214qu\244\202c\235\243b\200s\240\202a\203i\236s\255\205r\207C\351e() say\203w\247\266wr\211g \365\322:\225\207\355\202\204c\267l\0"
    /* 27  */
    "\0"
    /* 28 the gateway doesn't answer / try:   check the signal's strength, the router, and the gateway's address; some gateways never answer pings */
    "\204\373\371\261\342\244\260\235\264\205\362\361sign\267\256\310\214ng\201,\212r\307t\205\366\215\212\373\371y\256\323s; so\275\373\371y\203\232\227\210n\264\254p\276s\0"
    /* 29 the connection broke in the middle of the exchange / try:   look at the server's log: did it crash, restart, or refuse the request? If it saw nothing, check the signal */
    "\204c\336 brok\200\321m\374dl\200\306\212ex\241\235\372\255\274ok\210\316\256\274g\326d\374\334cr\367h\216\237t\340t\273\214fu\313\204\214qu\244t\077 If\334saw \226\201\276\216\241e\361sign\267\0"
    /* 30 nothing that is known explains it / try:   compare with a PC in the same Wi-Fi; if it stays a riddle, report it with this text */
    "\226\201\276 \265\266k\226wn expla\213\203\305\277\330p\340\200\365\317PC \321s\341Wi-Fi;\220f\334\310ay\203\302r\374d\271\216\214\263\236\202\365 \201\376text\0"
    /* 31  */
    "\0"
    /* 32 the answer leads elsewhere: it is a redirect / try:   ask for the URL that it leads to: it is the header Location */
    "\204\235\264\254\271\234\203el\272w\346e:\220\266\302\214di\355t\224\210sk f\207\212URL \265\236\202\271\234\203\252:\220\266\204\304\234\254Loca\324\0"
    /* 33 the server is there, and refuses by its status / try:   the status says why: 401 and 403 want other credentials, 404 another path, 500 and up are the server's own troubles, in its log */
    "\253\335\354e\301\214fu\272\203by\322\203\310\303us\224\212\310\303u\203say\203wh\221 401\246403 w\235\202o\354\225\214d\240\251\267s\216404\210\226\201\254pa\201\216500\246up\210r\200\253\256own \217\307bl\244\216\213\322\203\274g\0"
    /* 34  */
    "\0"
    /* 35 the body has no length, no chunks, and no end / try:   let the server send Content-Length or chunks, or close the connection at the end */
    "\204b\351\261\357\356l\240g\201\216\226\225hunks\301\356\343\255\271\316 \272\230C\211t\240t-L\240g\201 \207\225hunks\216\207\225l\250\200\204c\336\210\202\204\343\0"
    /* 36 the host announced more than it sent / try:   correct the server's Content-Length: it has to count bytes, not characters, and what is really sent */
    "\204\262\202\235\226unced m\207\200\201\235\334s\240t\277\207\355\316\256C\211t\240t-L\240g\201:\334\357\252\225\307n\202byt\244\216\226\202\241\340act\205s\301w\247\266\214\267l\261s\240t\0"
    /* 37 the body is compressed, and nobody asked for that / try:   ask with Accept-Encoding: identity, or switch compression off in the server: it isn't undone here */
    "\204b\351y\335c\330p\237\272d\301\226b\351y\210s\377d f\245\265t\224\210sk \365 Accept-Enc\351\276:\220d\240\251ty\273\264\305\241\225\330p\237si\211 \306f \321\233:\220\236\314u\215\211\200\346e\0"
    /* 38 left-overs of the previous answer came on the kept connection / try:   the answer before was longer than its head said, or had a body where none may be: correct the server, or end(true) after each */
    "\271\344-o\227\203\306\212p\214vi\307\203\235\264\205\225\341\211\212\377p\202c\336\224\212\235\264\254\370f\207\200\242\203l\211g\254\201\235\322\203\304\234 sa\374\273h\234\317b\351\261w\346\200n\211\200ma\261\370:\225\207\355\316\273\343(\217ue)\210\344\254ea\241\0"
    /* 39 the answer is nearly HTTP, and isn't quite / try:   check the port: SHOUTcast (ICY) and HTTP/0.9 aren't spoken here. For bytes in front of the status line correct the server */
    "\204\235\264\205\335\232\340l\261HTTP\366\215\220\314qu\305e\362\361\360\326SHOUTc\367\202(ICY)\246HTTP/\3129\210\214\260s\352k\240 \346e. F\245byte\203\333fr\211\202\306\212\310\303u\203l\213\200c\207\355\316\0"
    /* 40  */
    "\0"
    /* 41 the response doesn't fit the memory that it was given / try:   give begin() more memory, at least for the head; read() the body in pieces, for which little is enough */
    "\204\237p\211\313\342\244\260f\347\204\350m\207\261\265\236\202\242\203\345v\240\255\345\315\370g\213() m\207\200\350m\207y\366\202\271\367\202f\207\212\304\234; \214\234()\212b\351\261\333piec\244\216f\245whi\241 l\305tl\200\376e\226ugh\0"
    /* 42  */
    "\0"
    /* 43  */
    "\0"
    /* 44  */
    "\0"
    /* 45  */
    "\0"
    /* 46  */
    "\0"
    /* 47  */
    "\0"
    /* 48  */
    "\0"
    /* 49  */
    "\0";

#endif

#include "netif/etharp.h"
/* 1.4 keeps what it knows. */
#define etharp_cleanup_netif(netif) ((void)(netif))

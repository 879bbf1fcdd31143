#include "netif/etharp.h"

#include "lwip/tcp_impl.h"

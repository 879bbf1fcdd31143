#include "lwip/timers.h"

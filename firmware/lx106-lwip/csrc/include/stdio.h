#ifndef STDIO_H
#define STDIO_H
#include <stddef.h>
#endif

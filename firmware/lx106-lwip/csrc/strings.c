/* What lwIP asks of a C library, beside ../lx106/machine/runtime.c. */
#include <string.h>

void *memchr(const void *bytes, int value, size_t count) {
    const unsigned char *at = bytes;
    for (; count > 0; count--, at++)
        if (*at == (unsigned char)value) return (void *)at;
    return NULL;
}

size_t strlen(const char *text) {
    size_t length = 0;
    while (text[length] != 0) length++;
    return length;
}

int strncmp(const char *left, const char *right, size_t count) {
    for (; count > 0; count--, left++, right++)
        if (*left != *right || *left == 0) return (unsigned char)*left - (unsigned char)*right;
    return 0;
}

int strcmp(const char *left, const char *right) { return strncmp(left, right, (size_t)-1); }

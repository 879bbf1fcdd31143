/* What compiled Rust calls and Debian's libgcc for this core lacks: the memory functions, division,
   64-bit multiplication, atomic loads and stores. Small and plain rather than fast. Bytes are moved one at a time, so no
   pointer has to be aligned. */
typedef __SIZE_TYPE__ size_t;
typedef unsigned int u32;
typedef unsigned long long u64;

void *memcpy(void *to, const void *from, size_t count) {
    unsigned char *t = to;
    const unsigned char *f = from;
    while (count--) *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t count) {
    unsigned char *t = to;
    const unsigned char *f = from;
    if (t <= f) return memcpy(to, from, count);
    while (count--) t[count] = f[count];
    return to;
}

void *memset(void *to, int value, size_t count) {
    unsigned char *t = to;
    while (count--) *t++ = (unsigned char)value;
    return to;
}

int memcmp(const void *left, const void *right, size_t count) {
    const unsigned char *l = left, *r = right;
    for (; count--; l++, r++)
        if (*l != *r) return *l - *r;
    return 0;
}

/* rustc calls it by this name too. */
int bcmp(const void *left, const void *right, size_t count) {
    return memcmp(left, right, count);
}

/* Schoolbook division, a bit at a time. By zero it is 0: Rust checks before it divides. */
static u64 divide(u64 dividend, u64 divisor, u64 *remainder) {
    u64 quotient = 0, rest = 0;
    for (int bit = 63; divisor && bit >= 0; bit--) {
        int carry = (int)(rest >> 63);
        rest = rest << 1 | (dividend >> bit & 1);
        if (carry || rest >= divisor) {
            rest -= divisor;
            quotient |= 1ull << bit;
        }
    }
    *remainder = rest;
    return quotient;
}

u64 __udivdi3(u64 dividend, u64 divisor) {
    u64 rest;
    return divide(dividend, divisor, &rest);
}

u64 __umoddi3(u64 dividend, u64 divisor) {
    u64 rest;
    divide(dividend, divisor, &rest);
    return rest;
}

u32 __udivsi3(u32 dividend, u32 divisor) { return (u32)__udivdi3(dividend, divisor); }
u32 __umodsi3(u32 dividend, u32 divisor) { return (u32)__umoddi3(dividend, divisor); }

/* In 16-bit halves, as the core multiplies 32 bits by 32 into 32. */
u64 __muldi3(u64 left, u64 right) {
    u32 a = (u32)left, b = (u32)right;
    u32 low = (a & 0xffff) * (b & 0xffff);
    u32 one = (a >> 16) * (b & 0xffff), other = (a & 0xffff) * (b >> 16);
    u64 product = low + ((u64)one << 16) + ((u64)other << 16);
    u32 high = (a >> 16) * (b >> 16) + a * (u32)(right >> 32) + (u32)(left >> 32) * b;
    return product + ((u64)high << 32);
}

/* LLVM has no atomics for this core and calls these. One core, each access one instruction: a load or
   store is atomic as it is. Nothing here swaps or compares; the crate does without on this target. */
unsigned char __atomic_load_1(const volatile void *from, int order) {
    (void)order;
    return *(const volatile unsigned char *)from;
}

void __atomic_store_1(volatile void *to, unsigned char value, int order) {
    (void)order;
    *(volatile unsigned char *)to = value;
}

u32 __atomic_load_4(const volatile void *from, int order) {
    (void)order;
    return *(const volatile u32 *)from;
}

void __atomic_store_4(volatile void *to, u32 value, int order) {
    (void)order;
    *(volatile u32 *)to = value;
}

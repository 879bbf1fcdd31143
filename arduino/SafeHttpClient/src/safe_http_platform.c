/* What the archive asks of the chip, and neither the ROM nor a C library has. */
#include <stddef.h>
#include <stdint.h>

#ifdef __XTENSA__

uint32_t shc_interrupts_off(void) {
    uint32_t state;
    __asm__ __volatile__("rsil %0, 15" : "=a"(state) : : "memory");
    return state;
}

void shc_interrupts_restore(uint32_t state) {
    __asm__ __volatile__("wsr %0, ps\n rsync" : : "a"(state) : "memory");
}

/* LLVM has no atomics for this core and calls these. One core, each access one instruction: a load or store
 * is atomic as it is. Weak: a core that has its own keeps them. */
#define WEAK __attribute__((weak))

WEAK unsigned char __atomic_load_1(const volatile void *from, int order) {
    (void)order;
    return *(const volatile unsigned char *)from;
}

WEAK void __atomic_store_1(volatile void *to, unsigned char value, int order) {
    (void)order;
    *(volatile unsigned char *)to = value;
}

WEAK unsigned int __atomic_load_4(const volatile void *from, int order) {
    (void)order;
    return *(const volatile unsigned int *)from;
}

WEAK void __atomic_store_4(volatile void *to, unsigned int value, int order) {
    (void)order;
    *(volatile unsigned int *)to = value;
}

#endif

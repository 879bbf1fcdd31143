# What the core needs before Rust can run, and the three instructions that Rust can't say: the
# emulator's calls, the cycle counter, the interrupt mask. The functions are of the call0 convention,
# as all code for this core: arguments and result in a2…, return address in a0, stack in a1.

# The sim machine resets to here, whatever the ELF file's entry is.
        .section .reset, "ax"
        .global _reset
_reset:
        j       1f
        .align  4
        .literal_position
1:      movi    a0, _start
        jx      a0

# The core's vectors, at the offsets that the ESP8266 has. Each exception ends in a report: nothing
# here recovers from one, so that none can go unnoticed.
        .section .vectors, "ax"
        .org    0x10                    # debug
        j       trap
        .org    0x20                    # NMI
        j       trap
        .org    0x30                    # kernel exception
        j       trap
        .org    0x50                    # user exception: where code with PS.UM set faults
        j       trap
        .org    0x70                    # an exception in an exception
        j       trap_in_trap
        .org    0x80
        .literal_position
trap:   # On a fresh stack, as it may be the stack that is broken.
        movi    a1, _stack_top
        rsr     a2, exccause
        rsr     a3, epc1
        rsr     a4, excvaddr
        movi    a0, exception
        jx      a0
trap_in_trap:
        movi    a2, 1                   # exit …
        movi    a3, 97                  # … with this code: the report itself failed
        simcall
        j       trap_in_trap

        .section .text.start, "ax"
        .literal_position
        .global _start
        .align  4
_start:
        # Exceptions to the user vector (UM), interrupts off (INTLEVEL 15), out of reset's EXCM.
        movi    a2, 0x2f
        wsr     a2, ps
        rsync
        movi    a1, _stack_top
        movi    a0, 0
        call0   firmware_main
1:      j       1b

# int sim_call(int number, a, b, c): the registers are those of the convention already.
        .section .text.sim_call, "ax"
        .global sim_call
        .align  4
sim_call:
        simcall
        ret

# uint32_t cycles(void)
        .section .text.cycles, "ax"
        .global cycles
        .align  4
cycles: rsr     a2, ccount
        ret

# uint32_t interrupts_off(void): the state before, for interrupts_restore.
        .section .text.interrupts, "ax"
        .global interrupts_off
        .align  4
interrupts_off:
        rsil    a2, 15
        ret
        .global interrupts_restore
        .align  4
interrupts_restore:
        wsr     a2, ps
        rsync
        ret

# One access each, for the self-test that gives them an odd address: uint32_t f(address).
        .section .text.access, "ax"
        .global load_word, load_half, store_word, store_half
        .align  4
load_word:
        l32i    a2, a2, 0
        ret
        .align  4
load_half:
        l16ui   a2, a2, 0
        ret
        .align  4
store_word:
        s32i    a2, a2, 0
        ret
        .align  4
store_half:
        s16i    a2, a2, 0
        ret

# uint32_t stack_pointer(void): the caller's, as there are no windows and this has no frame.
        .section .text.stack_pointer, "ax"
        .global stack_pointer
        .align  4
stack_pointer:
        mov     a2, a1
        ret

# What must not be reached ends in an exception with its address.
        .section .text.abort, "ax"
        .global abort
        .align  4
abort:  ill

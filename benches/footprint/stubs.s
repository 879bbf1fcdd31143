/* What the program calls and doesn't contain. Nothing of it is ever run, and its section isn't
   counted. */
    .section .stubs, "ax", %progbits
    /* Where a call may lead to on the LX106. */
    .balign 4
    .macro stub name
    .global \name
    .type \name, %function
\name:
    .endm
    /* The stacks, the serial port, the clock and the way out: see src/. */
    .irp name, nal_socket, nal_connect, nal_send, nal_receive, nal_close, nal_resolve, nal_address
    stub \name
    .endr
    .irp name, open, dial, put, take, shut, look_up, address
    stub second_\name
    .endr
    .irp name, serial_ready, serial_read, serial_write, millis, print, stop
    stub \name
    .endr
    /* What a chip's firmware gives to the crates critical-section and defmt. */
    .irp name, acquire, release
    stub _critical_section_1_0_\name
    .endr
    .irp name, acquire, release, write, flush, timestamp, panic
    stub _defmt_\name
    .endr
    /* What the compiler calls on the LX106 for a trap. */
    stub abort
    .long 0

// The launcher for aarch64: hides the image's environment from the loader and starts it.
// What it does and what `parameters` holds: see launcher/__init__.py.

        .text
        .globl  _start
_start:
        ldr     x0, [sp]                        // argc
        mov     x1, sp
        add     x20, x1, x0, lsl #3
        add     x20, x20, #16                   // envp
        adr     x19, parameters
        ldp     x8, x9, [x19]                   // the mark
        mov     x21, x20                        // the entry at hand
        mov     x22, sp                         // the lowest copy so far
each:
        ldr     x1, [x21]
        cbz     x1, start
        mov     x2, #0
compare:                                        // with the first 12 letters of the mark
        ldrb    w3, [x1, x2]
        ldrb    w4, [x19, x2]
        cmp     w3, w4
        b.ne    hide
        add     x2, x2, #1
        cmp     x2, #12
        b.ne    compare
        b       next
hide:                                           // a copy on the stack, the mark before it
        mov     x2, #0
measure:
        ldrb    w3, [x1, x2]
        add     x2, x2, #1
        cbnz    w3, measure
        sub     x22, x22, x2
        sub     x22, x22, #16
        and     x4, x22, #-16                   // a stack pointer must be aligned
        mov     sp, x4
        str     x22, [x21]
        stp     x8, x9, [x22]
        add     x5, x22, #16
copy:
        ldrb    w3, [x1], #1
        strb    w3, [x5], #1
        cbnz    w3, copy
next:
        add     x21, x21, #8
        b       each
start:
        ldr     x0, [x19, #16]
        add     x1, x19, #16
        mov     x2, x20
        mov     x8, #221                        // execve
        svc     #0
        mov     x0, #2
        adr     x1, complaint
        mov     x2, #(parameters - complaint)
        mov     x8, #64                         // write
        svc     #0
        mov     x0, #127
        mov     x8, #93                         // exit
        svc     #0

        .org    0xdc, 0
complaint:
        .ascii  "hodei-agent: its loader cannot start"
        .org    0x100, 10
parameters:

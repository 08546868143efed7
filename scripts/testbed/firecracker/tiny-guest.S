# A guest of a few instructions: prints UP on the first serial port, then waits for ever.
        .code64
        .globl  _start
_start: cli
        leaq    words(%rip), %rsi
        movw    $0x3f8, %dx
1:      lodsb
        testb   %al, %al
        jz      2f
        outb    %al, %dx
        jmp     1b
2:      hlt
        jmp     2b
words:  .asciz  "UP\n"

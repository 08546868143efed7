# The launcher for x86_64: hides the image's environment from the loader and starts it.
# What it does and what `parameters` holds: see launcher/__init__.py.

        .text
        .globl  _start
_start:
        mov     (%rsp), %rax                    # argc
        lea     16(%rsp,%rax,8), %r12           # envp
        lea     parameters(%rip), %rbx
        mov     %r12, %r13                      # the entry at hand
each:
        mov     (%r13), %rsi
        test    %rsi, %rsi
        jz      start
        xor     %ecx, %ecx
compare:                                        # with the first 12 letters of the mark
        mov     (%rbx,%rcx), %al
        cmp     (%rsi,%rcx), %al
        jne     hide
        inc     %ecx
        cmp     $12, %ecx
        jne     compare
        jmp     next
hide:                                           # a copy on the stack, the mark before it
        xor     %ecx, %ecx
measure:
        cmpb    $0, (%rsi,%rcx)
        lea     1(%rcx), %rcx
        jne     measure
        sub     %rcx, %rsp
        sub     $16, %rsp
        mov     %rsp, (%r13)
        movups  (%rbx), %xmm0
        movups  %xmm0, (%rsp)
        lea     16(%rsp), %rdi
        rep movsb
next:
        add     $8, %r13
        jmp     each
start:
        mov     16(%rbx), %rdi
        lea     16(%rbx), %rsi
        mov     %r12, %rdx
        mov     $59, %eax                       # execve
        syscall
        mov     $2, %edi
        lea     complaint(%rip), %rsi
        mov     $(parameters - complaint), %edx
        mov     $1, %eax                        # write
        syscall
        mov     $127, %edi
        mov     $60, %eax                       # exit
        syscall

        .org    0xdc, 0
complaint:
        .ascii  "hodei-agent: its loader cannot start"
        .org    0x100, 10
parameters:

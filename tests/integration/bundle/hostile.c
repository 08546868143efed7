/* A library for any C library: whatever loads it ends at once with 66. */
static void leave(void) __attribute__((constructor));

static void leave(void)
{
#if defined(__x86_64__)
    __asm__ volatile("mov $66, %edi\n\tmov $231, %eax\n\tsyscall");
#else
    __asm__ volatile("mov x0, #66\n\tmov x8, #94\n\tsvc #0");
#endif
}

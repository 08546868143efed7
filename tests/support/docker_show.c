/* Says what it was started with, one fact a line: its arguments, directory, user and a variable. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int count, char **argv)
{
    char here[4096];
    const char *variable = getenv("SHOWN");
    for (int index = 0; index < count; index++)
        printf("argv[%d]=%s\n", index, argv[index]);
    printf("cwd=%s\n", getcwd(here, sizeof here) ? here : "?");
    printf("uid=%d\n", (int)getuid());
    printf("SHOWN=%s\n", variable ? variable : "");
    return count > 1 ? atoi(argv[1]) : 0;
}

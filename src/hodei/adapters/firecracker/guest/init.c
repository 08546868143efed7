/* The first program of a guest: puts its file systems together, asks the host over vsock for its
   orders, becomes the place where the agent runs, and ends the machine when the agent has ended.

   The root that the kernel mounts (/dev/vda, read-only) holds this program and the agent's bundle.
   The job's image is /dev/vdb, read-only; what is written over it goes to /dev/vdc.

   Orders come as records, "NAME LENGTH\n", LENGTH bytes and "\n", the last one being "end". */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* As the kernel has them; a C library without the kernel's headers compiles this too. */
#define ADD_ENTROPY 0x40085203
#define RESEED 0x5207
struct vsock_address {
    unsigned short family, reserved;
    unsigned port, cid;
    unsigned char zero[4];
};

#define HOST_PORT 1025
#define TRIES 2400
#define PAUSE_MS 50
#define MOST_BYTES (4 << 20)
#define MOST_WORDS 4096
#define NEW "/root"
#define GROUPS "/sys/fs/cgroup"
#define OWN GROUPS "/hodei"
#define AGENT_BYTES (20UL << 20)
#define LEAST_BYTES (8UL << 20)

static char buffer[MOST_BYTES];
static char *args[MOST_WORDS + 1], *envs[MOST_WORDS + 1], *files[64];
static size_t file_sizes[64];
static int arg_count, env_count, file_count;
static char *address, *mask, *gateway, *cwd = "/";
static char mac[6];
static int has_mac;
static uid_t uid;
static gid_t gid, groups[64];
static int group_count;

static void say(const char *what, const char *why) {
    char line[512];
    size_t n = 0;
    const char *parts[] = {"hodei-init: ", what, why ? ": " : "", why ? why : "", "\n"};
    for (int i = 0; i < 5; i++)
        for (const char *p = parts[i]; *p && n < sizeof line; p++) line[n++] = *p;
    if (write(1, line, n) < 0) return;
}

static void over(const char *what, const char *why) {
    say(what, why);
    sync();
    reboot(RB_AUTOBOOT);
    for (;;) pause();
}

static void must_mount(const char *from, const char *to, const char *type, unsigned long flags,
                       const char *options) {
    if (mount(from, to, type, flags, options)) {
        char line[256] = "cannot mount ";
        strncat(line, to, sizeof line - strlen(line) - 1);
        over(line, strerror(errno));
    }
}

static void pause_ms(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&t, 0);
}

static void assemble(void) {
    must_mount("/dev/vdb", "/image", "ext4", MS_RDONLY, "");
    must_mount("/dev/vdc", "/scratch", "ext4", MS_NOATIME, "");
    mkdir("/scratch/upper", 0755);
    mkdir("/scratch/work", 0755);
    must_mount("overlay", NEW, "overlay", 0,
               "lowerdir=/image,upperdir=/scratch/upper,workdir=/scratch/work");
    const char *folders[] = {"/dev", "/proc", "/sys", "/tmp", "/.hodei", "/.hodei-run", "/etc"};
    for (unsigned i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[64] = NEW;
        strcat(path, folders[i]);
        mkdir(path, i == 3 ? 01777 : 0755);
    }
    must_mount("/.hodei", NEW "/.hodei", 0, MS_BIND, 0);
    must_mount("run", NEW "/.hodei-run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m");
    must_mount("/dev", NEW "/dev", 0, MS_MOVE, 0);
    mkdir(NEW "/dev/pts", 0755);
    mkdir(NEW "/dev/shm", 01777);
    mount("devpts", NEW "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=620,ptmxmode=666");
    mount("shm", NEW "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
    symlink("/proc/self/fd", NEW "/dev/fd");
    symlink("/proc/self/fd/0", NEW "/dev/stdin");
    symlink("/proc/self/fd/1", NEW "/dev/stdout");
    symlink("/proc/self/fd/2", NEW "/dev/stderr");
    if (mount("sysfs", NEW "/sys", "sysfs", MS_RDONLY | MS_NOSUID | MS_NOEXEC, 0)) {
        mount("sys", NEW "/sys", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=1m");
        mkdir(NEW "/sys/fs", 0755);
        mkdir(NEW "/sys/fs/cgroup", 0755);
    }
    mount("cgroup2", NEW "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NOEXEC | MS_NODEV, 0);
}

static int dial(void) {
    struct vsock_address host = {.family = AF_VSOCK, .cid = 2, .port = HOST_PORT};
    int s = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0) over("the kernel has no vsock", strerror(errno));
    if (connect(s, (struct sockaddr *)&host, sizeof host)) {
        close(s);
        return -1;
    }
    if (write(s, "hodei 1\n", 8) == 8) return s;
    close(s);
    return -1;
}

/* Everything that the host says, up to its end of the connection. */
static ssize_t hear(void) {
    int s = dial();
    if (s < 0) return -1;
    size_t n = 0;
    ssize_t got;
    while ((got = read(s, buffer + n, sizeof buffer - 1 - n)) > 0) n += got;
    close(s);
    if (got < 0 || n < 8 || memcmp(buffer + n - 7, "end 0\n\n", 7)) return -1;
    buffer[n] = 0;
    return n;
}

static void add_entropy(char *bytes, size_t n) {
    struct {
        int bits, size;
        char data[256];
    } pool;
    int d = open(NEW "/dev/urandom", O_RDWR | O_CLOEXEC);
    if (d < 0) over("there is no /dev/urandom", strerror(errno));
    if (n > sizeof pool.data) n = sizeof pool.data;
    pool.bits = n * 8;
    pool.size = n;
    memcpy(pool.data, bytes, n);
    /* A restored guest would give out the same random bytes as its twins. */
    if (ioctl(d, ADD_ENTROPY, &pool) || ioctl(d, RESEED))
        over("the random numbers are not seeded anew", strerror(errno));
    memset(&pool, 0, sizeof pool);
    close(d);
}

static void take(const char *name, char *value, size_t n) {
    if (!strcmp(name, "arg") && arg_count < MOST_WORDS) args[arg_count++] = value;
    else if (!strcmp(name, "env") && env_count < MOST_WORDS) envs[env_count++] = value;
    else if (!strcmp(name, "file") && file_count < 64) {
        file_sizes[file_count] = n;
        files[file_count++] = value;
    } else if (!strcmp(name, "clock")) {
        char *rest;
        struct timespec t = {strtoll(value, &rest, 10), 0};
        if (*rest == '.') t.tv_nsec = strtol(rest + 1, 0, 10);
        clock_settime(CLOCK_REALTIME, &t);
    } else if (!strcmp(name, "entropy")) add_entropy(value, n);
    else if (!strcmp(name, "hostname")) sethostname(value, n);
    else if (!strcmp(name, "mac") && n == sizeof mac) memcpy(mac, value, n), has_mac = 1;
    else if (!strcmp(name, "address")) address = value;
    else if (!strcmp(name, "mask")) mask = value;
    else if (!strcmp(name, "gateway")) gateway = value;
    else if (!strcmp(name, "cwd")) cwd = value;
    else if (!strcmp(name, "uid")) uid = strtoul(value, 0, 10);
    else if (!strcmp(name, "gid")) gid = strtoul(value, 0, 10);
    else if (!strcmp(name, "group") && group_count < 64) groups[group_count++] = strtoul(value, 0, 10);
}

static void obey(size_t n) {
    char *at = buffer, *end = buffer + n;
    while (at < end) {
        char *space = memchr(at, ' ', end - at), *line = space ? memchr(space, '\n', end - space) : 0;
        if (!line) over("the host's orders cannot be read", 0);
        *space = 0;
        size_t size = strtoul(space + 1, 0, 10);
        if (size > (size_t)(end - line - 2)) over("the host's orders are cut off", 0);
        line[1 + size] = 0;
        take(at, line + 1, size);
        at = line + 2 + size;
    }
}

static void up(int s, const char *name) {
    struct ifreq r = {0};
    strcpy(r.ifr_name, name);
    if (!ioctl(s, SIOCGIFFLAGS, &r)) {
        r.ifr_flags |= IFF_UP | IFF_RUNNING;
        ioctl(s, SIOCSIFFLAGS, &r);
    }
}

static void network(void) {
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s < 0) return;
    up(s, "lo");
    if (address) {
        struct ifreq r = {0};
        struct sockaddr_in *a = (struct sockaddr_in *)&r.ifr_addr;
        strcpy(r.ifr_name, "eth0");
        if (has_mac) {
            r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
            memcpy(r.ifr_hwaddr.sa_data, mac, sizeof mac);
            if (ioctl(s, SIOCSIFHWADDR, &r)) say("eth0 keeps its MAC address", strerror(errno));
            memset(&r.ifr_ifru, 0, sizeof r.ifr_ifru);
        }
        a->sin_family = AF_INET;
        a->sin_addr.s_addr = inet_addr(address);
        if (ioctl(s, SIOCSIFADDR, &r)) say("eth0 gets no address", strerror(errno));
        a->sin_addr.s_addr = inet_addr(mask ? mask : "255.255.255.252");
        ioctl(s, SIOCSIFNETMASK, &r);
        up(s, "eth0");
        struct rtentry route = {0};
        a = (struct sockaddr_in *)&route.rt_gateway;
        a->sin_family = AF_INET;
        a->sin_addr.s_addr = inet_addr(gateway ? gateway : "0.0.0.0");
        ((struct sockaddr_in *)&route.rt_dst)->sin_family = AF_INET;
        ((struct sockaddr_in *)&route.rt_genmask)->sin_family = AF_INET;
        route.rt_flags = RTF_UP | RTF_GATEWAY;
        if (ioctl(s, SIOCADDRT, &route)) say("there is no way out", strerror(errno));
    }
    close(s);
}

/* "MODE PATH\n" and what it is to hold; it belongs to whom the agent runs as. */
static void write_file(char *value, size_t n) {
    char *line = memchr(value, '\n', n), *space = strchr(value, ' ');
    if (!line || !space) return;
    *line = 0;
    mode_t mode = strtoul(value, 0, 8);
    unlink(space + 1);
    int d = open(space + 1, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (d < 0) {
        say(space + 1, strerror(errno));
        return;
    }
    size_t left = n - (line + 1 - value);
    if (write(d, line + 1, left) != (ssize_t)left) say(space + 1, "cannot be written");
    fchmod(d, mode);
    if (!(mode & 0077) && fchown(d, uid, gid)) say(space + 1, strerror(errno));
    close(d);
    memset(line + 1, 0, left);
}

static void put(const char *path, const char *text) {
    int d = open(path, O_WRONLY | O_CLOEXEC);
    if (d < 0) return;
    if (write(d, text, strlen(text)) < 0) errno = 0;
    close(d);
}

static void put_bytes(const char *path, unsigned long n) {
    char digits[24], *at = digits + sizeof digits - 1;
    *at = 0;
    do *--at = '0' + n % 10;
    while (n /= 10);
    put(path, at);
}

static void controllers(const char *path) {
    put(path, "+memory");
    put(path, "+pids");
    put(path, "+cpu");
    put(path, "+io");
}

/* The job has a group of its own, which its agent puts it in: what it uses is told apart from the
   rest of the machine, and when it has used up what the rest does not need, the kernel ends it at
   once. Without that limit it would first take the agent's program out of memory, over and over. */
static void divide(void) {
    controllers(GROUPS "/cgroup.subtree_control");
    mkdir(OWN, 0755);
    controllers(OWN "/cgroup.subtree_control");
    mkdir(OWN "/agent", 0755);
    mkdir(OWN "/job", 0755);
    struct sysinfo now;
    if (!sysinfo(&now)) {
        unsigned long unit = now.mem_unit ? now.mem_unit : 1;
        unsigned long room = (now.freeram + now.bufferram) * unit;
        unsigned long kept = AGENT_BYTES + now.totalram * unit / 32;
        if (room >= kept + LEAST_BYTES) {
            put_bytes(OWN "/agent/memory.min", AGENT_BYTES);
            put_bytes(OWN "/job/memory.max", room - kept);
        }
    }
    /* Whoever moves a process must be able to write where it comes from and goes to. */
    const char *files[] = {"/cgroup.procs", "/agent/cgroup.procs", "/job/cgroup.procs",
                           "/job/cgroup.kill"};
    for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
        char path[64] = OWN;
        strcat(path, files[i]);
        if (chown(path, uid, gid)) errno = 0;
    }
}

static void become_agent(void) {
    put(OWN "/agent/cgroup.procs", "0");
    must_mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0);
    /* The agent has to live on to tell what became of the job. */
    put("/proc/self/oom_score_adj", "-900");
    setsid();
    mkdir(cwd, 0755);
    if (chdir(cwd)) over("the working directory cannot be entered", strerror(errno));
    if (setgroups(group_count, groups) || setgid(gid) || setuid(uid))
        over("the image's user cannot be taken", strerror(errno));
    execve(args[0], args, envs);
    say(args[0], strerror(errno));
    _exit(127);
}

int main(void) {
    mount("dev", "/dev", "devtmpfs", MS_NOSUID, 0);
    int c = open("/dev/console", O_RDWR);
    if (c >= 0)
        for (int i = 0; i < 3; i++) dup2(c, i);
    if (c > 2) close(c);
    say("up", 0);
    assemble();
    ssize_t n = -1;
    for (int i = 0; i < TRIES && (n = hear()) < 0; i++) pause_ms(PAUSE_MS);
    if (n < 0) over("the host gave no orders", 0);
    obey(n);
    if (!arg_count) over("the host named no program", 0);
    network();
    if (chdir(NEW)) over("the root cannot be entered", strerror(errno));
    must_mount(".", "/", 0, MS_MOVE, 0);
    if (chroot(".") || chdir("/")) over("the root cannot be changed", strerror(errno));
    for (int i = 0; i < file_count; i++) write_file(files[i], file_sizes[i]);
    divide();
    if (unshare(CLONE_NEWPID)) say("no process namespace", strerror(errno));
    pid_t agent = fork();
    if (agent == 0) become_agent();
    int status = 0;
    for (pid_t ended; (ended = wait(&status)) != agent;)
        if (ended < 0 && errno != EINTR) break;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    char digits[4] = {'0' + code / 100, '0' + code / 10 % 10, '0' + code % 10, 0};
    over("agent ended", digits);
}

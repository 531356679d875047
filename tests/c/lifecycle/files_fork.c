// fork with blocks in files: parent and child each have their own, with the content that they had at the fork, from
// generation to generation and while other threads allocate, free, resize and fork.
// shows: extensions: ARENITE_OPTIONS file_dir, fork
// cases: own nested threads concurrent signal exec
// env: ARENITE_OPTIONS=file_dir=/tmp
// glibc: no
// seconds: 120
#include "../files.h"
#include <spawn.h>
#include <sys/time.h>

enum { BLOCKS = 8 };
static unsigned char *blocks[BLOCKS];
static size_t size_of_block(unsigned i) { return 100000 + i * 333333; }

static void allocate_all(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = i % 2 ? malloc(size_of_block(i)) : aligned_alloc(64 << i, size_of_block(i));
        CHECK(blocks[i] != NULL && (i == 0 || lies_in_file(blocks[i])));
        fill(blocks[i], size_of_block(i), i);
    }
}

static void check_all(unsigned seed)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        CHECK_AT(holds(blocks[i], size_of_block(i), i + seed), i);
}

static void fill_all(unsigned seed)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        fill(blocks[i], size_of_block(i), i + seed);
}

// Signals that are blocked, and the state of cancellation: neither shows in parent or child that they were changed.
static sigset_t mask;

static void check_undisturbed(void)
{
    sigset_t now;
    int state;
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &now) == 0);
    for (int number = 1; number < 65; number++)
        CHECK_AT(sigismember(&now, number) == sigismember(&mask, number), (size_t)number);
    CHECK(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state) == 0 && state == PTHREAD_CANCEL_ENABLE);
}

static void own(void)
{
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    CHECK(pthread_sigmask(SIG_SETMASK, &mask, NULL) == 0);
    allocate_all();
    check_undisturbed();
    struct mallinfo2 before = mallinfo2();
    int to_child[2], to_parent[2];
    CHECK(pipe(to_child) == 0 && pipe(to_parent) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    char byte = 0;
    check_undisturbed();
    if (pid == 0) {
        struct mallinfo2 here = mallinfo2();
        CHECK(memcmp(&here, &before, sizeof here) == 0);
        for (unsigned i = 1; i < BLOCKS; i++)
            CHECK(lies_in_file(blocks[i]));
        check_all(0);
        fill_all(50);
        CHECK(write(to_parent[1], &byte, 1) == 1 && read(to_child[0], &byte, 1) == 1);
        // The parent has written meanwhile.
        check_all(50);
        for (unsigned i = 0; i < BLOCKS; i++) {
            blocks[i] = realloc(blocks[i], size_of_block(i) * (i % 3 + 1) / 2);
            CHECK(blocks[i] != NULL && holds(blocks[i], size_of_block(i) / 2, i + 50));
            free(blocks[i]);
        }
        CHECK(mallinfo2().hblks == 0);
        use_allocator(1);
        _exit(0);
    }
    CHECK(read(to_parent[0], &byte, 1) == 1);
    check_all(0);
    fill_all(90);
    CHECK(write(to_child[1], &byte, 1) == 1);
    wait_for(pid);
    check_all(90);
}

static void nested(void)
{
    allocate_all();
    for (unsigned generation = 0; generation < 6; generation++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid > 0) {
            fill_all(77);
            wait_for(pid);
            check_all(77);
            if (generation > 0)
                _exit(0);
            return;
        }
        check_all(generation);
        fill_all(generation + 1);
        char *more = malloc(700000);
        CHECK(more != NULL && lies_in_file(more) && is_zero(more, 700000));
        memset(more, 1, 700000);
    }
    _exit(0);
}

static _Atomic bool is_done;

static void *churn(void *seed)
{
    uint64_t state = (uintptr_t)seed;
    enum { LIVE = 10 };
    unsigned char *live[LIVE] = { NULL };
    size_t sizes[LIVE] = { 0 };
    while (!is_done) {
        unsigned at = next_random(&state) % LIVE;
        size_t size = 70000 + next_random(&state) % 2000000;
        if (next_random(&state) % 2) {
            unsigned char *now = realloc(live[at], size);
            CHECK(now != NULL);
            CHECK(sizes[at] == 0 || now[0] == (unsigned char)sizes[at]);
            live[at] = now;
        } else {
            CHECK(sizes[at] == 0 || live[at][sizes[at] - 1] == (unsigned char)sizes[at]);
            free(live[at]);
            live[at] = calloc(1, size);
            CHECK(live[at] != NULL && live[at][0] == 0 && live[at][size - 1] == 0);
        }
        sizes[at] = size;
        live[at][0] = live[at][size - 1] = (unsigned char)size;
    }
    for (int i = 0; i < LIVE; i++)
        free(live[i]);
    return NULL;
}

static void threads(void)
{
    allocate_all();
    pthread_t others[3];
    for (uintptr_t i = 0; i < 3; i++)
        CHECK(pthread_create(&others[i], NULL, churn, (void *)(i + 1)) == 0);
    for (unsigned i = 0; i < 40; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            set_watchdog(30);
            check_all(0);
            fill_all(1);
            use_allocator(i);
            check_all(1);
            for (unsigned j = 0; j < BLOCKS; j++)
                free(blocks[j]);
            _exit(0);
        }
        wait_for(pid);
        check_all(0);
    }
    is_done = true;
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(others[i], NULL) == 0);
}

static void *fork_often(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    unsigned char *block = malloc(400000);
    CHECK(block != NULL);
    for (unsigned i = 0; i < 25; i++) {
        fill_sparsely(block, 400000, number + i);
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            set_watchdog(60);
            CHECK(holds_sparsely(block, 400000, number + i));
            memset(block, 1, 400000);
            check_all(0);
            free(block);
            use_allocator(i);
            _exit(0);
        }
        wait_for(pid);
        CHECK(holds_sparsely(block, 400000, number + i));
        block = realloc(block, 400000 + i * 1000);
        CHECK(block != NULL);
    }
    free(block);
    return NULL;
}

static void concurrent(void)
{
    allocate_all();
    pthread_t forking[6];
    for (uintptr_t i = 0; i < 6; i++)
        CHECK(pthread_create(&forking[i], NULL, fork_often, (void *)(i * 100)) == 0);
    for (int i = 0; i < 6; i++)
        CHECK(pthread_join(forking[i], NULL) == 0);
    check_all(0);
    // No copies are left behind.
    for (unsigned i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    CHECK(mallinfo2().hblks == 0);
    static char text[256 * 1024];
    int fd = open("/proc/self/maps", O_RDONLY);
    size_t used = 0;
    ssize_t got;
    while ((got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    CHECK(strstr(text, "rw-s") == NULL);
}

static volatile sig_atomic_t forks, is_child;

static void fork_here(int number)
{
    (void)number;
    if (is_child || forks >= 100)
        return;
    int saved = errno;
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        is_child = 1;
        set_watchdog(30);
        return;
    }
    wait_for(pid);
    forks++;
    errno = saved;
}

static void in_signal(void)
{
    allocate_all();
    struct sigaction action = { .sa_handler = fork_here, .sa_flags = SA_RESTART };
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    struct itimerval interval = { { 0, 2000 }, { 0, 2000 } };
    CHECK(setitimer(ITIMER_REAL, &interval, NULL) == 0);
    enum { LIVE = 6 };
    unsigned char *live[LIVE] = { NULL };
    uint64_t state = 5;
    unsigned left = 100;
    while (forks < 100) {
        // The child goes on for a while from wherever it was interrupted.
        if (is_child && --left == 0)
            _exit(0);
        unsigned at = next_random(&state) % LIVE;
        size_t size = 70000 + next_random(&state) % 300000;
        if (next_random(&state) % 3 == 0) {
            free(live[at]);
            live[at] = NULL;
        }
        live[at] = realloc(live[at], size);
        CHECK(live[at] != NULL);
        live[at][0] = live[at][size - 1] = 1;
    }
    struct itimerval none = { { 0, 0 }, { 0, 0 } };
    CHECK(setitimer(ITIMER_REAL, &none, NULL) == 0);
    check_all(0);
}

static void exec(void)
{
    allocate_all();
    static char *const arguments[] = { (char *)"sh", (char *)"-c", (char *)"exit 7", NULL };
    for (int i = 0; i < 20; i++) {
        pid_t pid = i % 2 ? fork() : vfork();
        CHECK(pid >= 0);
        if (pid == 0) {
            execv("/bin/sh", arguments);
            _exit(1);
        }
        int status;
        CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
        CHECK(posix_spawn(&pid, "/bin/sh", NULL, NULL, arguments, environ) == 0);
        CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
    }
    CHECK(WEXITSTATUS(system("exit 5")) == 5);
    check_all(0);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = { { "own", own },   { "nested", nested }, { "threads", threads }, { "concurrent", concurrent },
                  { "signal", in_signal }, { "exec", exec } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(role_of(argc, argv), cases[i].name) == 0) {
            cases[i].run();
            return 0;
        }
    CHECK(!"no such case");
}

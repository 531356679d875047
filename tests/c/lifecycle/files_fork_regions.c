// fork where the whole heap lies in files: the child has all blocks as they were, and can use and free them, also if
// other threads allocate meanwhile.
// shows: extensions: ARENITE_OPTIONS file_regions, fork
// cases: alone threads
// env: ARENITE_OPTIONS=file_dir=/tmp:file_regions=1:file_fork=copy
// glibc: no
// seconds: 120
#include "../files.h"

enum { BLOCKS = 3000 };
static unsigned char *blocks[BLOCKS];
static size_t size_of_block(unsigned i) { return 16 + i % 1400 + (i % 100 == 0) * 30000 + (i % 1000 == 1) * 200000; }

static void check_all(unsigned seed)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        CHECK_AT(holds(blocks[i], size_of_block(i), i + seed), i);
}

static _Atomic bool is_done;

static void *churn(void *seed)
{
    for (unsigned i = 0; !is_done; i++)
        use_allocator((unsigned)(uintptr_t)seed + i);
    return NULL;
}

static void use_child(unsigned generation)
{
    set_watchdog(30);
    check_all(0);
    for (unsigned i = 0; i < BLOCKS; i++)
        fill(blocks[i], size_of_block(i), i + 1);
    use_allocator(generation);
    check_all(1);
    for (unsigned i = 0; i < BLOCKS; i += 3) {
        blocks[i] = realloc(blocks[i], size_of_block(i) * 2);
        CHECK(blocks[i] != NULL && holds(blocks[i], size_of_block(i), i + 1));
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    use_allocator(generation);
    // And its own child.
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        use_allocator(generation);
        _exit(0);
    }
    wait_for(pid);
    _exit(0);
}

int main(int argc, char **argv)
{
    bool has_threads = strcmp(role_of(argc, argv), "threads") == 0;
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(size_of_block(i));
        CHECK(blocks[i] != NULL);
        fill(blocks[i], size_of_block(i), i);
    }
    CHECK(lies_in_file(blocks[BLOCKS - 1]));
    pthread_t others[3];
    for (uintptr_t i = 0; i < 3 && has_threads; i++)
        CHECK(pthread_create(&others[i], NULL, churn, (void *)(i * 1000)) == 0);
    for (unsigned i = 0; i < 25; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0)
            use_child(i);
        wait_for(pid);
        check_all(0);
    }
    is_done = true;
    for (int i = 0; i < 3 && has_threads; i++)
        CHECK(pthread_join(others[i], NULL) == 0);
    return 0;
}

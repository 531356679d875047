// A program that uses threads, fork, stdio and every function of the malloc family, linked with the
// archive ahead of the C library: no duplicate symbols, and all of it runs on Arenite.
// shows: static: -static
// shows: static: -static-pie
// shows: static: -no-pie
// shows: static: -pie
// shows: static: -Wl,-u,malloc
// shows: static: no duplicate symbols
// shows: static: every function of the malloc family
// shows: static: threads
// shows: static: fork
// link: -static
// link: -static-pie
// link: -no-pie
// link: -pie
// link: -static -Wl,-u,malloc
#include "../fork.h"

static void *work(void *argument)
{
    use_allocator((unsigned)(uintptr_t)argument);
    return malloc(100);
}

static void check_block(void *block, size_t size, size_t alignment)
{
    CHECK(block != NULL && is_aligned(block, alignment) && malloc_usable_size(block) >= size);
    fill(block, size, 1);
    free(block);
}

int main(void)
{
    if (on_arenite())
        CHECK(arenite_version()[0] >= '0' && arenite_version()[0] <= '9');

    check_block(malloc(100), 100, 16);
    check_block(calloc(10, 10), 100, 16);
    check_block(realloc(malloc(10), 1000), 1000, 16);
    check_block(reallocarray(NULL, 10, 100), 1000, 16);
    check_block(memalign(256, 1000), 1000, 256);
    check_block(aligned_alloc(64, 640), 640, 64);
    void *block = NULL;
    CHECK(posix_memalign(&block, 4096, 5000) == 0);
    check_block(block, 5000, 4096);
    check_block(valloc(100), 100, (size_t)getpagesize());
    check_block(pvalloc(100), (size_t)getpagesize(), (size_t)getpagesize());
    check_block(malloc(40 * MIB), 40 * MIB, 16);

    int trimmed = malloc_trim(0);
    CHECK(trimmed == 0 || trimmed == 1);
    CHECK(mallopt(M_ARENA_MAX, 4) == 1);
    struct mallinfo2 info2 = mallinfo2();
    (void)info2;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    struct mallinfo info = mallinfo();
    (void)info;
#pragma GCC diagnostic pop
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    CHECK(stream != NULL);
    CHECK(malloc_info(0, stream) == 0);
    CHECK(malloc_info(1, stream) == EINVAL);
    CHECK(fclose(stream) == 0);
    CHECK(strncmp(text, "<malloc version=\"1\">", 20) == 0);
    free(text);
    // malloc_stats writes to stderr, which must stay empty here.
    int saved = dup(2), nowhere = open("/dev/null", O_WRONLY);
    CHECK(saved >= 0 && nowhere >= 0 && dup2(nowhere, 2) == 2);
    malloc_stats();
    CHECK(dup2(saved, 2) == 2);

    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    set_watchdog(20);
    for (int i = 0; i < 10; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            set_watchdog(20);
            use_allocator((unsigned)i);
            _exit(0);
        }
        wait_for(pid);
    }
    for (int i = 0; i < 4; i++) {
        void *result;
        CHECK(pthread_join(threads[i], &result) == 0);
        free(result);
    }
    char *formatted = NULL;
    CHECK(asprintf(&formatted, "%d %s %f", 1, "two", 3.0) > 0);
    CHECK(strcmp(formatted, "1 two 3.000000") == 0);
    free(formatted);
    printf("static program done\n");
    return 0;
}

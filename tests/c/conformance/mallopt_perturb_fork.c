// shows: fork: settings made by mallopt hold in the child
// A child of fork fills as its parent did, also when the parent had threads; what the child sets does not
// reach the parent.
#include "../perturb.h"

// More than what glibc's thread cache holds.
static void check_filling(int value)
{
    for (size_t size = 1100; size < 60000; size *= 3) {
        unsigned char *block = malloc(size), *end = malloc(24);
        CHECK(block != NULL && end != NULL);
        CHECK_AT(is_all(block, 0, size, value ^ 0xff), size);
        memset(block, 0x33, size);
        free(block);
        CHECK_AT(is_all(block, FREE_LINKS, size - FREE_END, value), size);
    }
}

static void *wait_for_end(void *argument)
{
    free(opaque(malloc(100)));
    pthread_barrier_t *barrier = argument;
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier);
    return NULL;
}

static void fork_and_check(void)
{
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        set_watchdog(20);
        check_filling(PERTURB);
        CHECK(mallopt(M_PERTURB, 0x11) == 1);
        check_filling(0x11);
        _exit(0);
    }
    wait_for(pid);
    check_filling(PERTURB);
}

int main(void)
{
    set_perturb(PERTURB);
    check_filling(PERTURB);
    fork_and_check();
    pthread_barrier_t barrier;
    CHECK(pthread_barrier_init(&barrier, NULL, 2) == 0);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, wait_for_end, &barrier) == 0);
    pthread_barrier_wait(&barrier);
    fork_and_check();
    pthread_barrier_wait(&barrier);
    CHECK(pthread_join(thread, NULL) == 0);
    return 0;
}

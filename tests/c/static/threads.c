// Threads with keys whose destructors free, blocks that one thread allocates and another frees, and forks
// while they run.
// shows: static: threads, keys and fork
// link: all
#include "../fork.h"

enum { THREADS = 4, ROUNDS = 200 };

static pthread_key_t key;
static void *mail[THREADS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *work(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    CHECK(pthread_setspecific(key, malloc(100 + number)) == 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        void *block = malloc(16 + i * 50 % 40000);
        CHECK(block != NULL);
        pthread_mutex_lock(&lock);
        void *other = mail[i % THREADS];
        mail[i % THREADS] = block;
        pthread_mutex_unlock(&lock);
        free(other);
    }
    return malloc(10);
}

int main(void)
{
    CHECK(pthread_key_create(&key, free) == 0);
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    for (int i = 0; i < 5; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            use_allocator((unsigned)i);
            _exit(0);
        }
        wait_for(pid);
    }
    for (int i = 0; i < THREADS; i++) {
        void *result;
        CHECK(pthread_join(threads[i], &result) == 0);
        free(result);
        free(mail[i]);
    }
    return 0;
}

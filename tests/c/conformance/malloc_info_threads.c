// malloc_info by several threads at once, into streams of their own and into one that they share, while
// others allocate, start and end: every document is whole.
// shows: malloc_info: from several threads while others allocate
#include "check.h"
#include <pthread.h>
#include <stdatomic.h>

enum { WORKERS = 3, WRITERS = 3, DOCUMENTS = 60, LIVE = 200 };

static atomic_bool is_over;
static FILE *shared;

static void *allocate(void *argument)
{
    uint64_t state = (uintptr_t)argument + 1;
    char *blocks[LIVE] = { NULL };
    for (int step = 0; step < 2000; step++) {
        size_t i = (size_t)(next_random(&state) % LIVE);
        free(blocks[i]);
        blocks[i] = malloc(random_size(&state));
        CHECK(blocks[i] != NULL);
    }
    for (int i = 0; i < LIVE; i++)
        free(blocks[i]);
    return NULL;
}

static void *start_threads(void *argument)
{
    while (!atomic_load(&is_over)) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, allocate, argument) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    return NULL;
}

static size_t count(const char *text, const char *what)
{
    size_t found = 0;
    while ((text = strstr(text, what)) != NULL) {
        text += strlen(what);
        found++;
    }
    return found;
}

static void *write_documents(void *unused)
{
    for (int i = 0; i < DOCUMENTS; i++) {
        char *text = NULL;
        size_t length = 0;
        FILE *stream = open_memstream(&text, &length);
        CHECK(stream != NULL && malloc_info(0, stream) == 0 && fclose(stream) == 0);
        CHECK(strncmp(text, "<malloc version=\"1\">\n", 21) == 0);
        CHECK(strcmp(text + length - 10, "</malloc>\n") == 0);
        size_t heaps = count(text, "<heap nr=\"");
        CHECK_AT(heaps >= 1 && heaps == count(text, "</heap>"), heaps);
        CHECK(count(text, "<sizes>") == heaps && count(text, "</sizes>") == heaps);
        CHECK_AT(count(text, "<total type=\"rest\"") == heaps + 1, heaps);
        CHECK(count(text, "<total type=\"mmap\"") == 1);
        CHECK(count(text, "<system type=\"current\"") == heaps + 1);
        CHECK(count(text, "<") == count(text, ">") && count(text, "\"") % 2 == 0);
        free(text);
        if (i % 8 == 0)
            CHECK(malloc_info(0, shared) == 0);
    }
    return unused;
}

int main(void)
{
    shared = tmpfile();
    CHECK(shared != NULL);
    pthread_t workers[WORKERS], writers[WRITERS];
    for (uintptr_t i = 0; i < WORKERS; i++)
        CHECK(pthread_create(&workers[i], NULL, start_threads, (void *)i) == 0);
    for (uintptr_t i = 0; i < WRITERS; i++)
        CHECK(pthread_create(&writers[i], NULL, write_documents, NULL) == 0);
    for (int i = 0; i < WRITERS; i++)
        CHECK(pthread_join(writers[i], NULL) == 0);
    atomic_store(&is_over, true);
    for (int i = 0; i < WORKERS; i++)
        CHECK(pthread_join(workers[i], NULL) == 0);
    CHECK(!ferror(shared) && ftell(shared) > 0 && fclose(shared) == 0);
    return 0;
}

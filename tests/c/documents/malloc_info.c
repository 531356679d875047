// Prints documents of malloc_info in different states of the heap, each followed by a line "--", for the
// test that gives them to an XML parser.
// trial: malloc_info_xml.rs::documents_of_arenite_add_up
// shows: malloc_info: well-formed XML
// shows: malloc_info: the elements and sums that parsers look for
#include "check.h"
#include <pthread.h>

enum { COUNT = 600 };

static char *blocks[4][COUNT];
static pthread_barrier_t ready, over;

static void document(void)
{
    CHECK(malloc_info(0, stdout) == 0);
    CHECK(puts("--") >= 0);
}

static void fragment(unsigned which)
{
    uint64_t state = which + 11;
    for (int i = 0; i < COUNT; i++)
        CHECK((blocks[which][i] = malloc(random_size(&state))) != NULL);
    for (int i = 0; i < COUNT; i++)
        if (i % 3 != 0)
            free(blocks[which][i]);
}

static void *work(void *argument)
{
    unsigned which = (unsigned)(uintptr_t)argument;
    fragment(which);
    pthread_barrier_wait(&ready);
    pthread_barrier_wait(&over);
    for (int i = 0; i < COUNT; i += 3)
        free(blocks[which][i]);
    return NULL;
}

int main(void)
{
    document();
    fragment(0);
    document();
    pthread_barrier_init(&ready, NULL, 4);
    pthread_barrier_init(&over, NULL, 4);
    pthread_t threads[3];
    for (uintptr_t i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, work, (void *)(i + 1)) == 0);
    pthread_barrier_wait(&ready);
    char *mapped = malloc(40 * MIB);
    CHECK(mapped != NULL);
    document();
    pthread_barrier_wait(&over);
    for (int i = 0; i < 3; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    document();
    free(mapped);
    for (int i = 0; i < COUNT; i += 3)
        free(blocks[0][i]);
    malloc_trim(0);
    document();
    return fflush(stdout);
}

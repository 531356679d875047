// hard_limit: threads that allocate all at once never have more than the limit together, whenever one looks; each call
// that fails says ENOMEM, nothing gets mixed up, and in the end all of it can be had again.
// shows: extensions: ARENITE_OPTIONS hard_limit: several threads
// env: ARENITE_OPTIONS=hard_limit=96m
// long: 20
// glibc: no
// seconds: 60
#include "extensions.h"

#include <pthread.h>

#define LIMIT (96 * MIB)
enum { THREADS = 6, MOST = 4000 };
static int rounds = 1;
static size_t refused[THREADS];

static void check_total(void)
{
    // What thread caches keep is read while they change; the sums of what the system gave are not.
    struct arenite_stats stats;
    CHECK(arenite_stats(&stats, sizeof stats) == sizeof stats);
    size_t total = stats.system_bytes + stats.mapped_bytes + stats.metadata_bytes;
    // Each part is read at a moment of its own, and memory may pass from one to another meanwhile.
    CHECK_AT(total <= LIMIT + 16 * MIB, total);
}

static void *churn(void *number)
{
    size_t self = (size_t)number;
    uint64_t random = self * 7919 + 1;
    char *blocks[MOST] = { 0 };
    size_t sizes[MOST];
    for (int step = 0; step < 60000 * rounds; step++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        unsigned slot = (unsigned)(random >> 33) % MOST;
        if (blocks[slot] != NULL) {
            CHECK(holds_sparsely(blocks[slot], sizes[slot], slot));
            free(blocks[slot]);
            blocks[slot] = NULL;
            continue;
        }
        // Mostly small, at times some MiB.
        size_t size = (random >> 20) % 16 == 0 ? (random >> 40) % (3 * MIB) : (random >> 40) % (20 * KIB);
        errno = 0;
        blocks[slot] = step % 3 == 0 ? calloc(1, size + 1) : malloc(size + 1);
        sizes[slot] = size + 1;
        if (blocks[slot] == NULL) {
            CHECK(errno == ENOMEM);
            refused[self]++;
        } else {
            fill_sparsely(blocks[slot], sizes[slot], slot);
        }
        if (step % 2000 == 0)
            check_total();
    }
    for (unsigned slot = 0; slot < MOST; slot++) {
        CHECK(blocks[slot] == NULL || holds_sparsely(blocks[slot], sizes[slot], slot));
        free(blocks[slot]);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        rounds = atoi(argv[1]);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, churn, (void *)i) == 0);
    size_t sum = 0;
    for (size_t i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        sum += refused[i];
    }
    CHECK_AT(sum > 100, sum);
    struct arenite_stats stats = read_stats();
    CHECK(stats.system_bytes + stats.mapped_bytes + stats.metadata_bytes <= LIMIT);
    char *all = malloc(70 * MIB);
    CHECK(all != NULL);
    free(all);
    CHECK(arenite_verify() == 0);
    return 0;
}

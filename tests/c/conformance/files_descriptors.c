// No descriptor is kept: a program that closes all it knows nothing of closes none of the heap's, and one whose
// standard streams are closed does not write into the heap.
// shows: extensions: ARENITE_OPTIONS file_dir
// env: ARENITE_OPTIONS=file_dir=/tmp
// glibc: no
#include "../files.h"

static _Atomic bool is_done;

static void *print_to_nowhere(void *unused)
{
    while (!is_done)
        for (int fd = 0; fd < 2; fd++) {
            ssize_t ignored = write(fd, "not for the heap", 16);
            (void)ignored;
        }
    return unused;
}

int main(void)
{
    char *block = malloc(MIB);
    CHECK(block != NULL && lies_in_file(block));
    fill(block, MIB, 1);
    int next = open("/dev/null", O_RDONLY);
    CHECK(next == 3);
    for (int fd = 3; fd < 1000; fd++)
        close(fd);
    close(0);
    close(1);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, print_to_nowhere, NULL) == 0);
    for (int i = 0; i < 100; i++) {
        char *other = malloc(MIB);
        CHECK(other != NULL && is_zero(other, MIB));
        free(other);
    }
    is_done = true;
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(holds(block, MIB, 1));
    CHECK(open("/dev/null", O_RDONLY) == 0 && open("/dev/null", O_RDONLY) == 1);
    CHECK(open("/dev/null", O_RDONLY) == 3);
    return 0;
}

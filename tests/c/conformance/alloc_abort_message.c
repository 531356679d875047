// The text for a corrupted heap is where debuggers and crash reporters look for it: in __abort_msg of the C
// library, which a handler of SIGABRT finds set. The handler runs, with the heap as it was, and after its
// return the process ends by SIGABRT.
// shows: corruption: __abort_msg holds the text
// shows: corruption: a handler of SIGABRT runs
#include "check.h"
#include <dlfcn.h>
#include <signal.h>
#include <sys/wait.h>

struct message {
    unsigned int size;
    char text[];
};

static struct message *const *place;
static int report;

static void handler(int signal)
{
    (void)!write(report, "handled:", 8);
    const struct message *message = *place;
    if (signal == SIGABRT && message != NULL)
        (void)!write(report, message->text, strnlen(message->text, message->size));
}

static void misuse(int which)
{
    char *block = malloc(200), *large = malloc(100 * KIB), *behind = malloc(100 * KIB);
    CHECK(block != NULL && large != NULL && behind != NULL);
    memset(block, 0, 200);
    switch (which) {
    case 0: free(opaque(block + 8)); break;
    case 1: free(block); free(opaque(block)); break;
    case 2: free(large); free(opaque(large)); break;
    case 3: *(size_t *)opaque(large + malloc_usable_size(large)) = 1; free(large); break;
    default: block = realloc(opaque(block + 8), 300);
    }
}

int main(void)
{
    static const char *const texts[] = {
        "free(): invalid pointer", "free(): double free detected in tcache 2", "double free or corruption (!prev)",
        "free(): invalid next size (normal)", "realloc(): invalid pointer",
    };
    place = dlsym(RTLD_DEFAULT, "__abort_msg");
    CHECK(place != NULL && *place == NULL);
    for (int which = 0; which < 5; which++) {
        int ends[2], errors[2];
        CHECK(pipe(ends) == 0 && pipe(errors) == 0);
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            report = ends[1];
            signal(SIGABRT, handler);
            CHECK(dup2(errors[1], 2) == 2);
            misuse(which);
            _exit(1);
        }
        close(ends[1]);
        close(errors[1]);
        int status;
        CHECK(waitpid(child, &status, 0) == child);
        CHECK_AT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, status);
        char said[512] = "", line[512] = "";
        CHECK(read(ends[0], said, 8) == 8 && strcmp(said, "handled:") == 0);
        ssize_t length = read(ends[0], said, sizeof said - 1);
        CHECK_AT(length > 0, which);
        said[length] = '\0';
        CHECK(read(errors[0], line, sizeof line - 1) > 0);
        // One line each, the same; on Arenite the block's address follows.
        CHECK_AT(strcmp(said, line) == 0, which);
        size_t size = strlen(texts[which]);
        CHECK_AT(strncmp(said, texts[which], size) == 0, which);
        CHECK_AT(strchr(said, '\n') == said + strlen(said) - 1, which);
        CHECK_AT(on_arenite() ? strncmp(said + size, ": 0x", 4) == 0 : said[size] == '\n', which);
        close(ends[0]);
        close(errors[0]);
    }
    return 0;
}

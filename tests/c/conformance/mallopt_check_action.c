// shows: mallopt: M_CHECK_ACTION is accepted and has no effect
// M_CHECK_ACTION is accepted and does nothing, as since glibc 2.26: a block freed twice still ends the
// process with a message, whatever the value.
#include "../settings.h"

int main(int argc, char **argv)
{
    const char *role = role_of(argc, argv);
    if (*role != '\0') {
        CHECK(mallopt(M_CHECK_ACTION, atoi(role)) == 1);
        struct rlimit no_core = { 0, 0 };
        CHECK(setrlimit(RLIMIT_CORE, &no_core) == 0);
        char *block = malloc(40);
        free(block);
        free(opaque(block));
        return 0;
    }
    static const char *const values[] = { "0", "1", "2", "3", "5", "7", "-1" };
    static const char *const variables[] = { NULL };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct child child = run_self(values[i], variables);
        CHECK_AT(WIFSIGNALED(child.status) && WTERMSIG(child.status) == SIGABRT, i);
        CHECK_AT(strstr(child.errors, "double free") != NULL, i);
        CHECK(strchr(child.errors, '\n') == child.errors + strlen(child.errors) - 1);
    }
    return 0;
}

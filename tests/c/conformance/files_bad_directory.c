// A directory in which no files can be made is said once at start, and not used; what is no absolute path is a bad
// value. One that goes away later means ENOMEM, and blocks that lie there stay.
// shows: extensions: ARENITE_OPTIONS file_dir, bad directory
// glibc: no
#include "../files.h"

static void check_as(const char *role, const char *options, const char *message)
{
    char variable[200];
    snprintf(variable, sizeof variable, "ARENITE_OPTIONS=%s", options);
    struct child child = run_self(role, (const char *[]) { variable, NULL });
    CHECK_AT(child.status == 0, child.status);
    if (strcmp(child.errors, message) != 0)
        check_failed(__FILE__, __LINE__, "%s: \"%s\"", options, child.errors);
}

static void check(const char *options, const char *message) { check_as("allocate", options, message); }

static int allocate(void)
{
    char *block = malloc(MIB);
    CHECK(block != NULL && !lies_in_file(block));
    memset(block, 1, MIB);
    return 0;
}

static int lose_directory(void)
{
    char *block = malloc(MIB);
    CHECK(block != NULL && lies_in_file(block));
    CHECK(rmdir(getenv("FOLDER")) == 0);
    fill(block, MIB, 1);
    CHECK_FAILS_WITH(malloc(MIB), ENOMEM);
    CHECK_FAILS_WITH(realloc(block, 2 * MIB), ENOMEM);
    CHECK(holds(block, MIB, 1) && realloc(block, 2 * KIB) == block);
    free(block);
    return 0;
}

int main(int argc, char **argv)
{
    if (strcmp(role_of(argc, argv), "allocate") == 0)
        return allocate();
    if (strcmp(role_of(argc, argv), "start") == 0)
        return 0;
    if (strcmp(role_of(argc, argv), "lose") == 0)
        return lose_directory();
    const char *start = "arenite: ARENITE_OPTIONS: ";
    char message[300];
    static const char *const bad[][2] = {
        { "/nonexistent", "no such directory" },
        { "/dev/null", "not a directory" },
        { "/proc", "files there cannot be mapped" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char options[100];
        snprintf(options, sizeof options, "file_dir=%s:file_regions=1", bad[i][0]);
        snprintf(message, sizeof message, "%sfile_dir \"%s\" is not used: %s\n", start, bad[i][0], bad[i][1]);
        check(options, message);
    }
    snprintf(message, sizeof message, "%sbad value of \"file_dir\"\n", start);
    check("file_dir=tmp", message);
    check("file_dir=", message);
    check("file_dir", message);
    snprintf(message, sizeof message, "%sbad value of \"file_fork\"\n", start);
    check("file_fork=1", message);
    // What threads and forks cannot do together there, unless the user knows.
    check_as("start", "file_dir=/tmp:file_regions=1",
             "arenite: file_regions: children of a program with threads must only exec (file_fork says that you know)\n");
    check_as("start", "file_dir=/tmp:file_regions=1:file_fork=copy", "");
    // Without a directory the others are nothing.
    check("file_regions=1:file_fork=none", "");
    char folder[] = "/tmp/arenite-gone-XXXXXX", options[100], variable[100];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(options, sizeof options, "ARENITE_OPTIONS=file_dir=%s", folder);
    snprintf(variable, sizeof variable, "FOLDER=%s", folder);
    struct child child = run_self("lose", (const char *[]) { options, variable, NULL });
    printf("%s%s", child.output, child.errors);
    CHECK_AT(child.status == 0 && child.errors[0] == '\0', child.status);
    return 0;
}

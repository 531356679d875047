// shows: environment: settings reach a program through fork and exec
// A child of fork has its parent's settings, also those made by mallopt; a program started by exec only
// those of the environment. What a child sets does not reach its parent.
// env: MALLOC_ARENA_MAX=2
// seconds: 60
#include "../settings.h"

static const struct observed set = { DEFAULTS, .arenas = 2, .mapped_of_5 = 3, .is_dynamic = false };

static void child_of_fork(void *unused)
{
    (void)unused;
    struct observed here = observe();
    check_observed("child", &here, &set);
    CHECK(mallopt(M_MMAP_MAX, 1) == 1);
    CHECK(mallopt(M_TOP_PAD, 0) == 1);
    struct observed changed = { DEFAULTS, .arenas = 2, .mapped_of_5 = 1, .top_pad = 0, .is_dynamic = false };
    here = observe();
    check_observed("child after mallopt", &here, &changed);
}

int main(int argc, char **argv)
{
    if (strcmp(role_of(argc, argv), "observe") == 0) {
        struct observed seen = observe();
        return write(1, &seen, sizeof seen) == sizeof seen ? 0 : 1;
    }
    CHECK(mallopt(M_MMAP_MAX, 3) == 1);
    in_child(child_of_fork, NULL);
    struct observed here = observe();
    check_observed("parent", &here, &set);
    static const struct setting_case started = { { NULL }, { DEFAULTS, .arenas = 2 } };
    check_case(&started, NULL);
    return 0;
}

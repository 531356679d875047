// shows: environment: set-user-ID programs ignore every setting
// Linked statically, and run with settings in every variable there is. As a set-user-ID program (argument
// "secure") it has only defaults; otherwise (argument "plain") it has those settings.
#include "settings.h"
#include <sys/auxv.h>

int main(int argc, char **argv)
{
    const char *role = role_of(argc, argv);
    bool is_secure = strcmp(role, "secure") == 0;
    CHECK((getauxval(AT_SECURE) != 0) == is_secure);
    struct observed seen = observe();
    if (is_secure) {
        struct observed unset = { DEFAULTS };
        check_observed("set-user-ID program", &seen, &unset);
        return 0;
    }
    CHECK(strcmp(role, "plain") == 0);
    struct observed set = { DEFAULTS, .top_pad = MIB, .arenas = 2, .mapped_of_5 = 3, .perturb = 7, .is_dynamic = false };
    if (on_arenite())
        set.perturb = 9;
    check_observed("other program", &seen, &set);
    return 0;
}

// Constructors that allocate before main, functions for atexit and destructors that free after it.
// shows: static: constructors, atexit and destructors
// link: all
#include "../check.h"

static char *early, *registered;

__attribute__((constructor(101))) static void before_main(void)
{
    early = malloc(1000);
    CHECK(early != NULL);
    fill(early, 1000, 1);
}

__attribute__((destructor(101))) static void after_main(void)
{
    CHECK(holds(early, 1000, 1) && registered == NULL);
    free(early);
}

static void at_exit(void)
{
    CHECK(holds(registered, 200000, 2));
    free(registered);
    registered = NULL;
    free(malloc(10));
}

static void nothing(void) { free(malloc(100)); }

int main(void)
{
    CHECK(holds(early, 1000, 1));
    registered = malloc(200000);
    CHECK(registered != NULL);
    fill(registered, 200000, 2);
    for (int i = 0; i < 100; i++)
        CHECK(atexit(i == 0 ? at_exit : nothing) == 0);
    return 0;
}

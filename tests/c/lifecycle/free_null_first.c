// free of a null pointer is the first call of all, before any library is initialised: it does nothing.
// shows: functions: free of a null pointer before anything else
#include "check.h"

static int calls;

static void before_everything(void)
{
    free(NULL);
    free(opaque(NULL));
    calls++;
}

__attribute__((section(".preinit_array"), used)) static void (*first)(void) = before_everything;
__attribute__((constructor(101))) static void early(void) { before_everything(); }

int main(void)
{
    CHECK(calls == 2);
    free(opaque(malloc(10)));
    return 0;
}

// 1 other block of the same size freed between the two frees.
// shows: misuse: block freed twice
// shows: corruption: free(): double free detected in tcache 2
// expect: free(): double free detected in tcache 2
#include "double_free.h"

int main(void)
{
    free_twice(0, 1);
    return 0;
}

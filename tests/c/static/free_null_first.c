// The same in a program that has the archive in it, whose own constructors may come later.
// shows: functions: free of a null pointer before anything else
// link: all
#include "../lifecycle/free_null_first.c"

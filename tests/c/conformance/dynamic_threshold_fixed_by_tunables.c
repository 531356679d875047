// The same as dynamic_threshold_fixed_by_environment, by GLIBC_TUNABLES, which wins over the variable.
// shows: tunables: glibc.malloc.mmap_threshold
// shows: tunables: GLIBC_TUNABLES wins over the variable of its own
// env: GLIBC_TUNABLES=glibc.malloc.mmap_threshold=65536 MALLOC_MMAP_THRESHOLD_=4096
#include "dynamic_threshold_fixed_by_environment.c"

// Programs that name a single function of the malloc family: the linker must find all that it needs, and
// never the C library's malloc as well.
// shows: static: programs that use one function only
// link: -static -DCALL=malloc(100)
// link: -static -DCALL=free(NULL)
// link: -static -DCALL=calloc(10,10)
// link: -static -DCALL=realloc(NULL,10)
// link: -static -DCALL=reallocarray(NULL,10,10)
// link: -static -DCALL=memalign(64,10)
// link: -static -DCALL=aligned_alloc(64,64)
// link: -static -DCALL=posix_memalign(&block,64,64)
// link: -static -DCALL=valloc(10)
// link: -static -DCALL=pvalloc(10)
// link: -static -DCALL=malloc_usable_size(NULL)
// link: -static -DCALL=malloc_trim(0)
// link: -static -DCALL=malloc_info(1,stdout)
// link: -static -DCALL=mallopt(M_TOP_PAD,65536)
// link: -static -DCALL=mallinfo2()
// link: -static -DCALL=strdup("text")
// link: -static -DCALL=fork()
// link: -static-pie -DCALL=mallopt(M_TOP_PAD,65536)
// link: -static-pie -DCALL=mallinfo2()
// link: -static-pie -DCALL=strdup("text")
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *arenite_version(void);

void *block;

int main(void)
{
    (void)CALL;
    return arenite_version() == NULL;
}

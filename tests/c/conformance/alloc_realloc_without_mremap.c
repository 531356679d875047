// When the system refuses to move a mapped block, realloc to a size that fits keeps the place, and to a
// larger one copies.
// shows: functions: realloc of a mapped block when mremap fails
#include "check.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

int main(void)
{
    char *block = malloc(40 * MIB);
    CHECK(block != NULL && !is_below_break(block));
    size_t usable = malloc_usable_size(block);
    fill_sparsely(block, usable, 1);
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mremap, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof rules / sizeof *rules, rules };
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
    CHECK(mremap(block, 4096, 8192, 0) == MAP_FAILED && errno == ENOMEM);
    CHECK(realloc(opaque(block), 35 * MIB) == block);
    CHECK(realloc(opaque(block), 40 * MIB) == block);
    CHECK(malloc_usable_size(block) == usable);
    CHECK(holds_sparsely(block, usable, 1));
    struct mallinfo2 before = mallinfo2();
    char *grown = realloc(opaque(block), 50 * MIB);
    CHECK(grown != NULL && grown != block);
    CHECK(grown[0] == (char)pattern_byte(0, 1) && holds(grown, 64, 1));
    CHECK(holds_sparsely(grown, usable, 1));
    CHECK(!is_mapped(block));
    // One mapped block, as before; its mapping is 10 MiB longer, to the page.
    struct mallinfo2 after = mallinfo2();
    CHECK(after.hblks == before.hblks);
    CHECK_AT(after.hblkhd - before.hblkhd == 10 * MIB, after.hblkhd - before.hblkhd);
    free(grown);
    CHECK(mallinfo2().hblks == before.hblks - 1);
    return 0;
}

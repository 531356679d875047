// shows: thresholds: where mmap is refused, the heap is tried
// A block above the threshold comes from the heap when the system refuses to map it. (The refusal is a
// seccomp filter.)
#include "../settings.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static void refuse(long call)
{
    struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { sizeof instructions / sizeof *instructions, instructions };
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

static void without_mmap(void *unused)
{
    (void)unused;
    free(opaque(malloc(100)));
    refuse(SYS_mmap);
    for (size_t size = 130 * KIB; size <= 4 * MIB; size += 333 * KIB) {
        char *block = malloc(size);
        CHECK_AT(block != NULL, size);
        CHECK(is_below_break(block));
        fill_sparsely(block, size, 1);
        CHECK(holds_sparsely(block, size, 1));
    }
    CHECK(mapped_chunks() == 0);
}

// A resize that mremap refuses: copied, or kept in place where it shrinks.
static void without_mremap(void *unused)
{
    (void)unused;
    char *block = malloc(MIB);
    CHECK(block != NULL && mapped_chunks() == 1);
    fill(block, MIB, 1);
    refuse(SYS_mremap);
    block = realloc(block, 2 * MIB);
    CHECK(block != NULL && holds(block, MIB, 1));
    fill(block, 2 * MIB, 2);
    block = realloc(block, 700 * KIB);
    CHECK(block != NULL && holds(block, 700 * KIB, 2));
    free(block);
}

int main(void)
{
    in_child(without_mmap, NULL);
    in_child(without_mremap, NULL);
    return 0;
}

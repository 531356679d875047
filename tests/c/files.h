// Shared by the tests of ARENITE_OPTIONS=file_dir: where a block lies, and a disk that is soon full.
#ifndef ARENITE_TESTS_FILES_H
#define ARENITE_TESTS_FILES_H

#include "settings.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/vfs.h>

// Whether the mapping that holds a block is shared, and of a file that has no name any more.
__attribute__((unused)) static bool lies_in_file(const void *block)
{
    static char text[512 * 1024];
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    size_t used = 0;
    ssize_t got;
    while (used < sizeof text - 1 && (got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += (size_t)got;
    close(fd);
    text[used] = '\0';
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        uintptr_t start, stop;
        char mode[8] = "";
        CHECK(sscanf(line, "%lx-%lx %7s", &start, &stop, mode) == 3);
        if ((uintptr_t)block >= start && (uintptr_t)block < stop)
            return strcmp(mode, "rw-s") == 0 && strstr(line, "(deleted)") != NULL;
    }
    return false;
}

// Kilobytes of anonymous memory.
__attribute__((unused)) static long anonymous_kb(void)
{
    return proc_number("/proc/self/status", "RssAnon:");
}

__attribute__((unused)) static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t ignored = write(fd, text, strlen(text));
        (void)ignored;
        close(fd);
    }
}

// Mounts a small disk that only this process and its children see, and runs the program again with its
// files there, as `role`. False if nobody may mount here: then the test says so, and shows nothing.
__attribute__((unused)) static bool run_on_small_disk(const char *role, const char *size,
                                                      const char *more_options, struct child *child)
{
    static char folder[] = "/tmp/arenite-disk-XXXXXX", options[200], map[60];
    uid_t user = getuid();
    gid_t group = getgid();
    CHECK(mkdtemp(folder) != NULL);
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWNS | CLONE_NEWUSER) == 0) {
        write_file("/proc/self/setgroups", "deny");
        snprintf(map, sizeof map, "0 %u 1", user);
        write_file("/proc/self/uid_map", map);
        snprintf(map, sizeof map, "0 %u 1", group);
        write_file("/proc/self/gid_map", map);
    }
    snprintf(options, sizeof options, "size=%s", size);
    bool is_mounted = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
                      && mount("none", folder, "tmpfs", 0, options) == 0;
    if (is_mounted) {
        snprintf(options, sizeof options, "ARENITE_OPTIONS=file_dir=%s%s", folder, more_options);
        *child = run_self(role, (const char *[]) { options, NULL });
        umount2(folder, MNT_DETACH);
    } else {
        printf("nothing shown: no disk can be mounted here (errno %d)\n", errno);
    }
    rmdir(folder);
    return is_mounted;
}

// Bytes that are free on the disk of the files.
__attribute__((unused)) static size_t free_on_disk(void)
{
    static char folder[200];
    const char *options = getenv("ARENITE_OPTIONS");
    CHECK(options != NULL && sscanf(options, "file_dir=%199[^:]", folder) == 1);
    struct statfs disk;
    CHECK(statfs(folder, &disk) == 0);
    return (size_t)disk.f_bfree * (size_t)disk.f_bsize;
}

#endif

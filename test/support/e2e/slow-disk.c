/*
 * Loaded into a program by LD_PRELOAD: files below SLOW_DISK_FOLDER lie on a slow disk. Each read and write of theirs takes SLOW_DISK_MS longer, each
 * time they are brought to the disk SLOW_DISK_SYNC_MS. At the end of the process the number of such waits is written into SLOW_DISK_COUNT.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long waits;

static void wait_for(int file, const char *how_long) {
  const char *folder = getenv("SLOW_DISK_FOLDER");
  const char *ms = getenv(how_long);
  char name[64], path[4096];
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  ssize_t length = readlink(name, path, sizeof path - 1);
  if (folder == NULL || ms == NULL || length < 0) return;
  path[length] = 0;
  if (strncmp(path, folder, strlen(folder)) != 0) return;
  atomic_fetch_add(&waits, 1);
  usleep(1000 * (useconds_t)atoi(ms));
}

__attribute__((destructor)) static void tell(void) {
  const char *name = getenv("SLOW_DISK_COUNT");
  FILE *file = name == NULL ? NULL : fopen(name, "w");
  if (file == NULL) return;
  fprintf(file, "%ld", atomic_load(&waits));
  fclose(file);
}

#define SLOW(how_long, result, name, types, values)                                       \
  result name types {                                                                     \
    static result(*next) types;                                                           \
    if (next == NULL) next = (result(*) types)dlsym(RTLD_NEXT, #name);                    \
    wait_for(file, how_long);                                                             \
    return next values;                                                                   \
  }

SLOW("SLOW_DISK_MS", ssize_t, read, (int file, void *to, size_t count), (file, to, count))
SLOW("SLOW_DISK_MS", ssize_t, write, (int file, const void *from, size_t count), (file, from, count))
SLOW("SLOW_DISK_MS", ssize_t, pread64, (int file, void *to, size_t count, off64_t at), (file, to, count, at))
SLOW("SLOW_DISK_MS", ssize_t, pwrite64, (int file, const void *from, size_t count, off64_t at), (file, from, count, at))
SLOW("SLOW_DISK_SYNC_MS", int, fsync, (int file), (file))
SLOW("SLOW_DISK_SYNC_MS", int, fdatasync, (int file), (file))

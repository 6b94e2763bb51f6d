// Tries to reach files outside its directory "/", in every way that a path allows. The test prepares a tree with links
// that lead out (tests/cli/sandbox.txt); each attempt prints its result. Nothing outside may succeed.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

static const char* name_of(int e) {
  switch (e) {
    case 0: return "ok";
    case ENOTCAPABLE: return "not capable";
    case ENOENT: return "no such file";
    case ELOOP: return "loop";
    case EINVAL: return "invalid";
    case EILSEQ: return "illegal bytes";
    case ENAMETOOLONG: return "too long";
    case EACCES: return "no access";
    case EPERM: return "not permitted";
    case ENOTDIR: return "no directory";
    case EISDIR: return "a directory";
    case EXDEV: return "other device";
    case ENOTEMPTY: return "not empty";
    case EBUSY: return "busy";
    case EEXIST: return "exists";
    case ENXIO: return "no device";
    default: return strerror(e);
  }
}

// The raw calls: the C library would resolve paths itself first.
static int open_raw(const char* path, size_t size, int oflags, __wasi_rights_t rights) {
  __wasi_fd_t fd = -1;
  // The header takes NUL-terminated strings, so lengths go through the import itself.
  extern int32_t __imported_wasi_snapshot_preview1_path_open(int32_t, int32_t, int32_t, int32_t, int32_t, int64_t,
                                                             int64_t, int32_t, int32_t)
      __attribute__((__import_module__("wasi_snapshot_preview1"), __import_name__("path_open")));
  int e = __imported_wasi_snapshot_preview1_path_open(3, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, (int32_t)path,
                                                      (int32_t)size, oflags, (int64_t)rights, 0, 0, (int32_t)&fd);
  if (e == 0) (void)!__wasi_fd_close(fd);
  return e;
}

static void try_open(const char* path) {
  int e = open_raw(path, strlen(path), 0, __WASI_RIGHTS_FD_READ);
  printf("open %.60s: %s\n", path, name_of(e));
}

static void try_create(const char* path) {
  int e = open_raw(path, strlen(path), __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE);
  printf("create %s: %s\n", path, name_of(e));
}

int main(void) {
  static const char* const paths[] = {
      "inside",
      "link_in",
      "dir/../inside",
      "..",
      "../",
      "../outside",
      "dir/../../outside",
      "/inside",
      "/etc/passwd",
      "absolute",
      "absolute/outside",
      "up",
      "up/outside",
      "dir/up/outside",
      "dir/upup/outside",
      "dir/up/inside",
      "proc",
      "proc/self/cwd/outside",
      "chain",
      "loop",
      "hardlink",
      "dir/./.././dir/upup",
      "dotdot/outside",
      "socket",
  };
  for (size_t i = 0; i < sizeof paths / sizeof *paths; ++i) try_open(paths[i]);
  try_create("absolute/new");
  try_create("up/new");
  try_create("dangling_out");
  try_create("../new");

  printf("NUL in the name: %s\n", name_of(open_raw("inside\0x", 8, 0, 0)));
  printf("NUL behind the name: %s\n", name_of(open_raw("inside", 7, 0, 0)));
  printf("bytes that are no text: %s\n", name_of(open_raw("\xff\xfe", 2, 0, 0)));
  printf("empty: %s\n", name_of(open_raw("", 0, 0, 0)));
  static char deep[4097];
  memset(deep, 'a', sizeof deep - 1);
  printf("long name: %s\n", name_of(open_raw(deep, 4096, 0, 0)));
  for (size_t i = 1; i < 4095; i += 2) deep[i] = '/';
  for (size_t i = 0; i < 4095; i += 2) deep[i] = '.';
  printf("deep path: %s\n", name_of(open_raw(deep, 4094, 0, 0)));

#define TRY(what, call) printf("%s: %s\n", what, name_of(call))
  TRY("mkdir up/d", __wasi_path_create_directory(3, "up/d"));
  TRY("mkdir ../d", __wasi_path_create_directory(3, "../d"));
  TRY("rmdir ../victim", __wasi_path_remove_directory(3, "../victim"));
  TRY("rmdir ..", __wasi_path_remove_directory(3, ".."));
  TRY("unlink up/outside", __wasi_path_unlink_file(3, "up/outside"));
  TRY("unlink absolute/outside", __wasi_path_unlink_file(3, "absolute/outside"));
  TRY("rename inside to up/stolen", __wasi_path_rename(3, "inside", 3, "up/stolen"));
  TRY("rename up/outside to stolen", __wasi_path_rename(3, "up/outside", 3, "stolen"));
  TRY("rename to ..", __wasi_path_rename(3, "dir", 3, ".."));
  TRY("rename . to x", __wasi_path_rename(3, ".", 3, "x"));
  TRY("link up/outside", __wasi_path_link(3, 0, "up/outside", 3, "stolen"));
  TRY("link following", __wasi_path_link(3, 1, "absolute", 3, "stolen"));
  TRY("link dir", __wasi_path_link(3, 0, "dir", 3, "stolen"));
  TRY("link absolute/", __wasi_path_link(3, 0, "absolute/", 3, "stolen"));
  TRY("symlink to /etc", __wasi_path_symlink("/etc", 3, "etc"));
  TRY("symlink in up", __wasi_path_symlink("x", 3, "up/s"));
  TRY("symlink to ..", __wasi_path_symlink("../outside", 3, "new_link"));
  try_open("new_link");
  TRY("unlink new_link", __wasi_path_unlink_file(3, "new_link"));
  __wasi_filestat_t st;
  TRY("stat up/outside", __wasi_path_filestat_get(3, 1, "up/outside", &st));
  TRY("stat ..", __wasi_path_filestat_get(3, 0, "..", &st));
  TRY("stat absolute", __wasi_path_filestat_get(3, 1, "absolute", &st));
  TRY("touch up/outside", __wasi_path_filestat_set_times(3, 1, "up/outside", 0, 0, __WASI_FSTFLAGS_MTIM_NOW));
  TRY("touch ..", __wasi_path_filestat_set_times(3, 0, "..", 0, 0, __WASI_FSTFLAGS_MTIM_NOW));
  char buffer[64];
  __wasi_size_t used;
  TRY("readlink up/to_elsewhere", __wasi_path_readlink(3, "up/to_elsewhere", (uint8_t*)buffer, sizeof buffer, &used));

  // From a directory deeper inside, the way up ends at that directory.
  __wasi_fd_t dir;
  TRY("open dir", __wasi_path_open(3, 0, "dir", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_PATH_OPEN, 0, 0, &dir));
  __wasi_fd_t out;
  TRY("inside from dir", __wasi_path_open(dir, 1, "../inside", 0, 0, 0, 0, &out));

  // Rename between two granted directories: each is checked separately.
  TRY("rename across", __wasi_path_rename(3, "inside", 4, "moved"));
  TRY("and back", __wasi_path_rename(4, "moved", 3, "inside"));
  TRY("rename into a read-only one", __wasi_path_rename(3, "inside", 5, "moved"));
  TRY("rename out of a read-only one", __wasi_path_rename(5, "kept", 3, "moved"));
  TRY("create in a read-only one",
      __wasi_path_open(5, 0, "new", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE, 0, 0, &out));
  TRY("truncate in a read-only one", __wasi_path_open(5, 0, "kept", __WASI_OFLAGS_TRUNC, 0, 0, 0, &out));
  TRY("write in a read-only one", __wasi_path_open(5, 0, "kept", 0, __WASI_RIGHTS_FD_WRITE, 0, 0, &out));
  TRY("touch in a read-only one", __wasi_path_filestat_set_times(5, 0, "kept", 0, 0, __WASI_FSTFLAGS_MTIM_NOW));
  TRY("read in a read-only one", __wasi_path_open(5, 0, "kept", 0, __WASI_RIGHTS_FD_READ, 0, 0, &out));
  return 0;
}

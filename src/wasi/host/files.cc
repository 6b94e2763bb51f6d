#include "wasi/host/files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "wasi/host/io.h"
#include "wasi/host/path_arguments.h"
#include "wasi/host/system_call.h"

namespace ermine::wasi {
namespace {

Errno result(int rc) { return rc == 0 ? Errno::kSuccess : errno_from_host(errno); }

uint64_t nanoseconds(const timespec& t) {
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

Filestat convert(const struct stat& st) {
  Filestat f;
  f.dev = st.st_dev;
  f.ino = st.st_ino;
  f.nlink = st.st_nlink;
  f.size = static_cast<uint64_t>(st.st_size);
  f.atim = nanoseconds(st.st_atim);
  f.mtim = nanoseconds(st.st_mtim);
  f.ctim = nanoseconds(st.st_ctim);
  switch (st.st_mode & S_IFMT) {
    case S_IFREG: f.type = Filetype::kRegularFile; break;
    case S_IFDIR: f.type = Filetype::kDirectory; break;
    case S_IFLNK: f.type = Filetype::kSymbolicLink; break;
    case S_IFCHR: f.type = Filetype::kCharacterDevice; break;
    case S_IFBLK: f.type = Filetype::kBlockDevice; break;
    case S_IFSOCK: f.type = Filetype::kSocketStream; break;
    default: f.type = Filetype::kUnknown; break;
  }
  return f;
}

Errno make_times(uint64_t atim, uint64_t mtim, uint16_t flags, timespec (&out)[2]) {
  using namespace fstflags;
  if ((flags & ~kAll) != 0) return Errno::kInval;
  if ((flags & kAtim) != 0 && (flags & kAtimNow) != 0) return Errno::kInval;
  if ((flags & kMtim) != 0 && (flags & kMtimNow) != 0) return Errno::kInval;
  auto one = [](bool set, bool now, uint64_t ns) {
    timespec t{};
    if (set) t = {static_cast<time_t>(ns / 1'000'000'000u), static_cast<long>(ns % 1'000'000'000u)};
    else t.tv_nsec = now ? UTIME_NOW : UTIME_OMIT;
    return t;
  };
  out[0] = one((flags & kAtim) != 0, (flags & kAtimNow) != 0, atim);
  out[1] = one((flags & kMtim) != 0, (flags & kMtimNow) != 0, mtim);
  return Errno::kSuccess;
}

int posix_flags(const OpenRequest& r) {
  int flags = r.read && r.write ? O_RDWR : r.write ? O_WRONLY : O_RDONLY;
  if ((r.oflags & oflags::kCreat) != 0) flags |= O_CREAT;
  if ((r.oflags & oflags::kDirectory) != 0) flags |= O_DIRECTORY;
  if ((r.oflags & oflags::kExcl) != 0) flags |= O_EXCL;
  if ((r.oflags & oflags::kTrunc) != 0) flags |= O_TRUNC;
  if ((r.fdflags & fdflags::kAppend) != 0) flags |= O_APPEND;
  if ((r.fdflags & fdflags::kDsync) != 0) flags |= O_DSYNC;
  if ((r.fdflags & (fdflags::kSync | fdflags::kRsync)) != 0) flags |= O_SYNC;
  if (!r.follow) flags |= O_NOFOLLOW;
  return flags;
}

}  // namespace

Errno open_file(int dir, const GuestPath& path, const OpenRequest& request, const Interrupts& interrupts,
                Descriptor& out) {
  if ((request.oflags & ~oflags::kAll) != 0 || (request.fdflags & ~fdflags::kAll) != 0) return Errno::kInval;
  constexpr uint16_t kCreatDirectory = oflags::kCreat | oflags::kDirectory;
  // Linux 6.4 and newer say so themselves; older ones create a regular file.
  if ((request.oflags & kCreatDirectory) == kCreatDirectory) return Errno::kInval;
  bool waits = (request.fdflags & fdflags::kNonblock) == 0;
  // Everything is opened with O_NONBLOCK: a wait inside open() could not be interrupted. The flag means
  // something only to fifos and devices, and io.h keeps it from showing.
  int flags = posix_flags(request) | O_NONBLOCK;
  Outcome<int> fd = open_beneath(dir, path.c_str(), flags, 0666);
  while (!fd && (fd.error == Errno::kIntr || (fd.error == Errno::kNxio && waits))) {
    // kNxio: a fifo to write to that has no reader yet (or a device that is not there, which keeps saying so).
    if (fd.error == Errno::kNxio) {
      Outcome<Filestat> st = stat_path(dir, path, request.follow);
      if (!st || st->type != Filetype::kUnknown) return Errno::kNxio;
      pollfd p{interrupts.fd(), POLLIN, 0};
      if (poll(&p, 1, 10) > 0) return Errno::kIntr;
    }
    fd = open_beneath(dir, path.c_str(), flags, 0666);
  }
  if (!fd) return fd.error;
  return adopt_opened(*fd, request, interrupts, out);
}

Errno adopt_opened(int fd, const OpenRequest& request, const Interrupts& interrupts, Descriptor& out) {
  out.host_fd = fd;
  out.readable = request.read || !request.write;
  out.writable = request.write;
  out.flags = request.fdflags;
  if (Errno e = classify_later(out, request.base, request.inheriting); e != Errno::kSuccess) return e;
  const bool waits = (request.fdflags & fdflags::kNonblock) == 0;
  if (out.waiting == Waiting::kPipe && !out.writable && waits) return wait_for(out.host_fd, POLLIN, interrupts);
  return Errno::kSuccess;
}

Outcome<Filestat> stat_file(int fd) {
  struct stat st;
  if (file_status(fd, st) != 0) return errno_from_host(errno);
  return convert(st);
}

Outcome<Filestat> stat_path(int dir, const GuestPath& path, bool follow) {
  // A confined process cannot ask for a path's status, but for a descriptor's.
  if (path.is_plain_name() && !path_arguments_are_fixed()) {
    struct stat st;
    if (fstatat(dir, path.c_str(), &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) return errno_from_host(errno);
    if (!follow || !S_ISLNK(st.st_mode)) return convert(st);
  }
  Outcome<int> fd = open_beneath(dir, path.c_str(), O_PATH | (follow ? 0 : O_NOFOLLOW));
  if (!fd) return fd.error;
  UniqueFd owned(*fd);
  return stat_file(owned.get());
}

Errno set_times_file(int fd, uint64_t atim, uint64_t mtim, uint16_t flags) {
  timespec times[2];
  if (Errno e = make_times(atim, mtim, flags, times); e != Errno::kSuccess) return e;
  return result(futimens(fd, times));
}

Errno set_times_path(int dir, const GuestPath& path, bool follow, uint64_t atim, uint64_t mtim, uint16_t flags) {
  timespec times[2];
  if (Errno e = make_times(atim, mtim, flags, times); e != Errno::kSuccess) return e;
  if (!follow && path.is_plain_name() && !path_arguments_are_fixed())
    return result(utimensat(dir, path.c_str(), times, AT_SYMLINK_NOFOLLOW));
  Outcome<int> fd = open_beneath(dir, path.c_str(), O_PATH | (follow ? 0 : O_NOFOLLOW));
  if (!fd) return fd.error;
  UniqueFd owned(*fd);
  if (utimensat(owned.get(), empty_path(), times, AT_EMPTY_PATH) == 0) return Errno::kSuccess;
  if (errno != EINVAL && errno != ENOENT) return errno_from_host(errno);
  // Before Linux 5.8.
  char self[32];
  std::snprintf(self, sizeof self, "/proc/self/fd/%d", owned.get());
  return result(utimensat(AT_FDCWD, self, times, 0));
}

Errno create_directory(int dir, const GuestPath& path) {
  Parent parent;
  if (Errno e = parent.resolve(dir, path, Errno::kExist, Errno::kExist); e != Errno::kSuccess) return e;
  return result(mkdirat(parent.fd(), parent.name(), 0777));
}

Errno remove_directory(int dir, const GuestPath& path) {
  Parent parent;
  if (Errno e = parent.resolve(dir, path, Errno::kInval, Errno::kNotempty); e != Errno::kSuccess) return e;
  return result(unlinkat(parent.fd(), parent.name(), AT_REMOVEDIR));
}

Errno unlink_file(int dir, const GuestPath& path) {
  Parent parent;
  if (Errno e = parent.resolve(dir, path, Errno::kIsdir, Errno::kIsdir); e != Errno::kSuccess) return e;
  return result(unlinkat(parent.fd(), parent.name(), 0));
}

Errno rename_path(int old_dir, const GuestPath& old_path, int new_dir, const GuestPath& new_path) {
  Parent from, to;
  if (Errno e = from.resolve(old_dir, old_path, Errno::kBusy, Errno::kBusy); e != Errno::kSuccess) return e;
  if (Errno e = to.resolve(new_dir, new_path, Errno::kBusy, Errno::kBusy); e != Errno::kSuccess) return e;
  // By the one call that all machines have.
  return result(static_cast<int>(syscall(SYS_renameat2, from.fd(), from.name(), to.fd(), to.name(), 0)));
}

Errno link_path(int old_dir, const GuestPath& old_path, int new_dir, const GuestPath& new_path) {
  Parent from, to;
  if (Errno e = from.resolve(old_dir, old_path, Errno::kPerm, Errno::kPerm); e != Errno::kSuccess) return e;
  if (Errno e = to.resolve(new_dir, new_path, Errno::kExist, Errno::kExist); e != Errno::kSuccess) return e;
  // A trailing slash would make the kernel follow a link; with one, only a directory is meant, and those
  // cannot be linked to.
  if (std::strchr(from.name(), '/') != nullptr) {
    Outcome<int> there = open_beneath(old_dir, old_path.c_str(), O_PATH | O_DIRECTORY);
    if (!there) return there.error;
    close(*there);
    return Errno::kPerm;
  }
  return result(linkat(from.fd(), from.name(), to.fd(), to.name(), 0));
}

Errno symlink_path(const GuestPath& target, int dir, const GuestPath& path) {
  if (target.view().empty()) return Errno::kNoent;
  if (target.view()[0] == '/') return Errno::kNotcapable;
  Parent parent;
  if (Errno e = parent.resolve(dir, path, Errno::kExist, Errno::kExist); e != Errno::kSuccess) return e;
  return result(symlinkat(target.c_str(), parent.fd(), parent.name()));
}

Outcome<size_t> readlink_path(int dir, const GuestPath& path, char* buffer, size_t size) {
  UniqueFd opened;
  const char* name = path.c_str();
  if (!path.is_plain_name()) {
    Outcome<int> fd = open_beneath(dir, name, O_PATH | O_NOFOLLOW);
    if (!fd) return fd.error;
    opened.reset(*fd);
    dir = *fd;
    name = "";
  }
  // Read whole first: the kernel refuses a size of 0, and a guest may ask for just that.
  char whole[PATH_MAX];
  ssize_t n = read_link(dir, name, whole, sizeof whole);
  if (n < 0) return errno_from_host(errno);
  size_t copied = static_cast<size_t>(n) < size ? static_cast<size_t>(n) : size;
  std::memcpy(buffer, whole, copied);
  return copied;
}

Errno advise(int fd, uint64_t offset, uint64_t length, uint8_t advice) {
  // In the order of WASI's enumeration.
  constexpr int kAdvice[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                             POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  if (advice >= sizeof kAdvice / sizeof kAdvice[0]) return Errno::kInval;
  if (offset > static_cast<uint64_t>(INT64_MAX) || length > static_cast<uint64_t>(INT64_MAX)) return Errno::kInval;
  return errno_from_host(posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(length), kAdvice[advice]));
}

Errno allocate(int fd, uint64_t offset, uint64_t length) {
  if (offset > static_cast<uint64_t>(INT64_MAX) || length > static_cast<uint64_t>(INT64_MAX)) return Errno::kInval;
  // Not posix_fallocate(), which writes zeros where the file system cannot reserve.
  int rc;
  do rc = fallocate(fd, 0, static_cast<off_t>(offset), static_cast<off_t>(length));
  while (rc != 0 && errno == EINTR);
  return result(rc);
}

Errno set_size(int fd, uint64_t size) {
  if (size > static_cast<uint64_t>(INT64_MAX)) return Errno::kInval;
  return result(ftruncate(fd, static_cast<off_t>(size)));
}

Outcome<uint64_t> seek(int fd, int64_t offset, Whence whence) {
  constexpr int kWhence[] = {SEEK_SET, SEEK_CUR, SEEK_END};
  off_t at = lseek(fd, offset, kWhence[static_cast<int>(whence)]);
  if (at < 0) return errno_from_host(errno);
  return static_cast<uint64_t>(at);
}

Errno sync(int fd, bool data_only) { return result(data_only ? fdatasync(fd) : fsync(fd)); }

}  // namespace ermine::wasi

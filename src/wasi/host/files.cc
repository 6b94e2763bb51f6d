#include "wasi/host/files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "wasi/host/io.h"
#include "wasi/host/path_arguments.h"
#include "wasi/host/system_call.h"
#include "wasi/host/virtual_file.h"

namespace ermine::wasi::host {
namespace {

// Nanoseconds since 1970. Guests have no earlier times, so those are 0.
uint64_t since_1970(const timespec& t) {
  if (t.tv_sec < 0) return 0;
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

FileStat convert(const struct stat& st) {
  FileStat f;
  f.device = st.st_dev;
  f.inode = st.st_ino;
  f.type = file_type(st.st_mode);
  f.links = st.st_nlink;
  f.size = static_cast<uint64_t>(st.st_size);
  f.accessed = since_1970(st.st_atim);
  f.modified = since_1970(st.st_mtim);
  f.changed = since_1970(st.st_ctim);
  return f;
}

timespec convert(TimeChange change) {
  switch (change.to) {
    case TimeChange::To::kUnchanged: return {0, UTIME_OMIT};
    case TimeChange::To::kNow: return {0, UTIME_NOW};
    case TimeChange::To::kTime: break;
  }
  return {static_cast<time_t>(change.time / 1'000'000'000u), static_cast<long>(change.time % 1'000'000'000u)};
}

int posix_flags(const OpenRequest& r) {
  int flags = r.read && r.write ? O_RDWR : r.write ? O_WRONLY : O_RDONLY;
  if (r.create) flags |= O_CREAT;
  if (r.directory) flags |= O_DIRECTORY;
  if (r.exclusive) flags |= O_EXCL;
  if (r.truncate) flags |= O_TRUNC;
  if ((r.status & status::kAppend) != 0) flags |= O_APPEND;
  if ((r.status & status::kDataSync) != 0) flags |= O_DSYNC;
  if ((r.status & (status::kSync | status::kReadSync)) != 0) flags |= O_SYNC;
  if (!r.follow) flags |= O_NOFOLLOW;
  return flags;
}

bool in_one_tree(const FileRef& a, const FileRef& b) {
  return a.virtual_file != nullptr && b.virtual_file != nullptr && a.virtual_file->tree() == b.virtual_file->tree();
}

}  // namespace

HostError open_file(FileRef dir, const GuestPath& path, const OpenRequest& request, const Interrupts& interrupts,
                    Descriptor& out) {
  // Linux 6.4 and newer fail themselves; older ones create a regular file.
  if (request.create && request.directory) return HostError::kInvalid;
  if (dir.virtual_file != nullptr) [[unlikely]]
    return dir.virtual_file->open(path, request, out);
  const bool waits = (request.status & status::kNonblocking) == 0;
  // Everything is opened with O_NONBLOCK: a wait inside open() could not be interrupted. The flag has an effect only on
  // fifos and devices, and io.h hides it.
  int flags = posix_flags(request) | O_NONBLOCK;
  Outcome<int> fd = open_beneath(dir.fd, path.c_str(), flags, 0666);
  while (!fd && (fd.error == HostError::kInterrupted || (fd.error == HostError::kNoDeviceOrReader && waits))) {
    // kNoDeviceOrReader: a fifo for writing that has no reader yet (or a missing device, for which the error stays).
    if (fd.error == HostError::kNoDeviceOrReader) {
      Outcome<FileStat> st = stat_path(dir, path, request.follow);
      if (!st || st->type != FileType::kFifo) return HostError::kNoDeviceOrReader;
      pollfd p{interrupts.fd(), POLLIN, 0};
      if (poll(&p, 1, 10) > 0) return HostError::kInterrupted;
    }
    fd = open_beneath(dir.fd, path.c_str(), flags, 0666);
  }
  if (!fd) return fd.error;
  return adopt_opened(*fd, request, interrupts, out);
}

HostError adopt_opened(int fd, const OpenRequest& request, const Interrupts& interrupts, Descriptor& out) {
  out.host_fd = fd;
  out.readable = request.read || !request.write;
  out.writable = request.write;
  out.status = request.status;
  if (HostError e = request.inspects ? inspect(out) : inspect_later(out); e != HostError::kNone) return e;
  const bool waits = (request.status & status::kNonblocking) == 0;
  if (out.waiting == Waiting::kPipe && !out.writable && waits) return wait_for(out.host_fd, POLLIN, interrupts);
  return HostError::kNone;
}

Outcome<FileStat> stat_file(FileRef file) {
  if (file.virtual_file != nullptr) [[unlikely]]
    return file.virtual_file->stat();
  struct stat st;
  if (file_status(file.fd, st) != 0) return last_error();
  return convert(st);
}

Outcome<FileStat> stat_path(FileRef dir, const GuestPath& path, bool follow) {
  if (dir.virtual_file != nullptr) [[unlikely]]
    return dir.virtual_file->stat_path(path, follow);
  // A confined process cannot ask for the status of a path, only of a descriptor.
  if (path.is_plain_name() && !path_arguments_are_fixed()) {
    struct stat st;
    if (fstatat(dir.fd, path.c_str(), &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) return last_error();
    if (!follow || !S_ISLNK(st.st_mode)) return convert(st);
  }
  Outcome<int> fd = open_beneath(dir.fd, path.c_str(), O_PATH | (follow ? 0 : O_NOFOLLOW));
  if (!fd) return fd.error;
  UniqueFd owned(*fd);
  return stat_file(owned.get());
}

HostError set_times_file(FileRef file, TimeChange accessed, TimeChange modified) {
  if (file.virtual_file != nullptr) [[unlikely]]
    return file.virtual_file->set_times(accessed, modified);
  const timespec times[2] = {convert(accessed), convert(modified)};
  return result_of(futimens(file.fd, times));
}

HostError set_times_path(FileRef dir, const GuestPath& path, bool follow, TimeChange accessed, TimeChange modified) {
  if (dir.virtual_file != nullptr) [[unlikely]]
    return dir.virtual_file->set_times_path(path, follow, accessed, modified);
  const timespec times[2] = {convert(accessed), convert(modified)};
  if (!follow && path.is_plain_name() && !path_arguments_are_fixed())
    return result_of(utimensat(dir.fd, path.c_str(), times, AT_SYMLINK_NOFOLLOW));
  Outcome<int> fd = open_beneath(dir.fd, path.c_str(), O_PATH | (follow ? 0 : O_NOFOLLOW));
  if (!fd) return fd.error;
  UniqueFd owned(*fd);
  if (utimensat(owned.get(), empty_path(), times, AT_EMPTY_PATH) == 0) return HostError::kNone;
  if (errno != EINVAL && errno != ENOENT) return last_error();
  // Before Linux 5.8.
  char self[32];
  std::snprintf(self, sizeof self, "/proc/self/fd/%d", owned.get());
  return result_of(utimensat(AT_FDCWD, self, times, 0));
}

HostError reopen_directory(FileRef dir, Descriptor& out) {
  GuestPath here;
  (void)here.assign(".");
  if (dir.virtual_file != nullptr) [[unlikely]]
    return dir.virtual_file->open(here, {.read = true, .directory = true}, out);
  const Outcome<int> fd = open_beneath(dir.fd, here.c_str(), O_RDONLY | O_DIRECTORY);
  if (fd) out.host_fd = *fd;
  return fd.error;
}

HostError create_directory(FileRef dir, const GuestPath& path) {
  if (dir.virtual_file != nullptr) [[unlikely]]
    return dir.virtual_file->create_directory(path);
  Parent parent;
  if (HostError e = parent.resolve(dir.fd, path, HostError::kExists, HostError::kExists); e != HostError::kNone)
    return e;
  return result_of(mkdirat(parent.fd(), parent.name(), 0777));
}

HostError remove_directory(FileRef dir, const GuestPath& path) {
  if (dir.virtual_file != nullptr) [[unlikely]]
    return dir.virtual_file->remove_directory(path);
  Parent parent;
  if (HostError e = parent.resolve(dir.fd, path, HostError::kInvalid, HostError::kNotEmpty); e != HostError::kNone)
    return e;
  return result_of(unlinkat(parent.fd(), parent.name(), AT_REMOVEDIR));
}

HostError unlink_file(FileRef dir, const GuestPath& path) {
  if (dir.virtual_file != nullptr) [[unlikely]]
    return dir.virtual_file->unlink(path);
  Parent parent;
  if (HostError e = parent.resolve(dir.fd, path, HostError::kIsDirectory, HostError::kIsDirectory);
      e != HostError::kNone)
    return e;
  return result_of(unlinkat(parent.fd(), parent.name(), 0));
}

HostError rename_path(FileRef old_dir, const GuestPath& old_path, FileRef new_dir, const GuestPath& new_path) {
  if (old_dir.virtual_file != nullptr || new_dir.virtual_file != nullptr) [[unlikely]] {
    if (!in_one_tree(old_dir, new_dir)) return static_cast<HostError>(EXDEV);
    return old_dir.virtual_file->rename(old_path, *new_dir.virtual_file, new_path);
  }
  Parent from, to;
  if (HostError e = from.resolve(old_dir.fd, old_path, HostError::kBusy, HostError::kBusy); e != HostError::kNone)
    return e;
  if (HostError e = to.resolve(new_dir.fd, new_path, HostError::kBusy, HostError::kBusy); e != HostError::kNone)
    return e;
  // By the one call that exists on all architectures.
  return result_of(static_cast<int>(syscall(SYS_renameat2, from.fd(), from.name(), to.fd(), to.name(), 0)));
}

HostError link_path(FileRef old_dir, const GuestPath& old_path, FileRef new_dir, const GuestPath& new_path) {
  if (old_dir.virtual_file != nullptr || new_dir.virtual_file != nullptr) [[unlikely]] {
    if (!in_one_tree(old_dir, new_dir)) return static_cast<HostError>(EXDEV);
    return old_dir.virtual_file->link(old_path, *new_dir.virtual_file, new_path);
  }
  Parent from, to;
  if (HostError e = from.resolve(old_dir.fd, old_path, HostError::kNotPermitted, HostError::kNotPermitted);
      e != HostError::kNone)
    return e;
  if (HostError e = to.resolve(new_dir.fd, new_path, HostError::kExists, HostError::kExists); e != HostError::kNone)
    return e;
  // A trailing slash would make the kernel follow a link; a path with one means a directory, and directories cannot be
  // linked to.
  if (std::strchr(from.name(), '/') != nullptr) {
    Outcome<int> there = open_beneath(old_dir.fd, old_path.c_str(), O_PATH | O_DIRECTORY);
    if (!there) return there.error;
    close(*there);
    return HostError::kNotPermitted;
  }
  return result_of(linkat(from.fd(), from.name(), to.fd(), to.name(), 0));
}

HostError symlink_path(const GuestPath& target, FileRef dir, const GuestPath& path) {
  if (target.view().empty()) return HostError::kNoEntry;
  if (target.view()[0] == '/') return HostError::kOutside;
  if (dir.virtual_file != nullptr) [[unlikely]]
    return dir.virtual_file->symlink(target, path);
  Parent parent;
  if (HostError e = parent.resolve(dir.fd, path, HostError::kExists, HostError::kExists); e != HostError::kNone)
    return e;
  return result_of(symlinkat(target.c_str(), parent.fd(), parent.name()));
}

Outcome<size_t> readlink_path(FileRef dir, const GuestPath& path, char* buffer, size_t size) {
  if (dir.virtual_file != nullptr) [[unlikely]]
    return dir.virtual_file->readlink(path, buffer, size);
  UniqueFd opened;
  int fd = dir.fd;
  const char* name = path.c_str();
  if (!path.is_plain_name()) {
    Outcome<int> link = open_beneath(fd, name, O_PATH | O_NOFOLLOW);
    if (!link) return link.error;
    opened.reset(*link);
    fd = *link;
    name = "";
  }
  // Read all of it first: the kernel refuses a size of 0, but a guest may request that.
  char whole[PATH_MAX];
  ssize_t n = read_link(fd, name, whole, sizeof whole);
  if (n < 0) return last_error();
  size_t copied = static_cast<size_t>(n) < size ? static_cast<size_t>(n) : size;
  std::memcpy(buffer, whole, copied);
  return copied;
}

HostError advise(FileRef file, uint64_t offset, uint64_t length, Advice advice) {
  constexpr int kAdvice[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                             POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  if (offset > static_cast<uint64_t>(INT64_MAX) || length > static_cast<uint64_t>(INT64_MAX))
    return HostError::kInvalid;
  if (file.virtual_file != nullptr) return HostError::kNone;
  return static_cast<HostError>(posix_fadvise(file.fd, static_cast<off_t>(offset), static_cast<off_t>(length),
                                              kAdvice[static_cast<unsigned>(advice)]));
}

HostError allocate(FileRef file, uint64_t offset, uint64_t length) {
  if (offset > static_cast<uint64_t>(INT64_MAX) || length > static_cast<uint64_t>(INT64_MAX))
    return HostError::kInvalid;
  if (file.virtual_file != nullptr) return file.virtual_file->allocate(offset, length);
  // Not posix_fallocate(), which writes zeros where the file system cannot reserve.
  int rc;
  do rc = fallocate(file.fd, 0, static_cast<off_t>(offset), static_cast<off_t>(length));
  while (rc != 0 && errno == EINTR);
  return result_of(rc);
}

HostError set_size(FileRef file, uint64_t size) {
  if (size > static_cast<uint64_t>(INT64_MAX)) return HostError::kInvalid;
  if (file.virtual_file != nullptr) return file.virtual_file->set_size(size);
  return result_of(ftruncate(file.fd, static_cast<off_t>(size)));
}

Outcome<uint64_t> seek(FileRef file, int64_t offset, Whence whence) {
  if (file.virtual_file != nullptr) [[unlikely]]
    return file.virtual_file->seek(offset, whence);
  constexpr int kWhence[] = {SEEK_SET, SEEK_CUR, SEEK_END};
  off_t at = lseek(file.fd, offset, kWhence[static_cast<unsigned>(whence)]);
  if (at < 0) return last_error();
  return static_cast<uint64_t>(at);
}

HostError sync(FileRef file, bool data_only) {
  if (file.virtual_file != nullptr) return file.virtual_file->sync();
  return result_of(data_only ? fdatasync(file.fd) : fsync(file.fd));
}

}  // namespace ermine::wasi::host

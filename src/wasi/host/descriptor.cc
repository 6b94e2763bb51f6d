#include "wasi/host/descriptor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "wasi/host/directory.h"
#include "wasi/host/system_call.h"

namespace ermine::wasi {
namespace {

Filetype filetype_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG: return Filetype::kRegularFile;
    case S_IFDIR: return Filetype::kDirectory;
    case S_IFCHR: return Filetype::kCharacterDevice;
    case S_IFBLK: return Filetype::kBlockDevice;
    case S_IFLNK: return Filetype::kSymbolicLink;
    case S_IFSOCK: return Filetype::kSocketStream;
    default: return Filetype::kUnknown;  // a fifo has no name in WASI
  }
}

}  // namespace

Descriptor::Descriptor() = default;
Descriptor::~Descriptor() {
  if (host_fd >= 0 && !borrowed) ::close(host_fd);
}

Errno Descriptor::missing(Rights needed) const {
  Rights lacking = needed & ~base;
  constexpr Rights kFileOnly = rights::kFdRead | rights::kFdWrite | rights::kFdSeek | rights::kFdTell |
                               rights::kFdAllocate | rights::kFdFilestatSetSize | rights::kFdDatasync;
  if (type == Filetype::kDirectory && (lacking & kFileOnly) != 0) return Errno::kIsdir;
  if ((lacking & rights::kFdReaddir) != 0 && type != Filetype::kDirectory) return Errno::kNotdir;
  constexpr Rights kSockets = rights::kSockAccept | rights::kSockShutdown;
  bool socket = type == Filetype::kSocketStream || type == Filetype::kSocketDgram;
  if ((lacking & kSockets) != 0) return socket ? Errno::kInval : Errno::kNotsock;
  if (type != Filetype::kRegularFile && (lacking & (rights::kFdSeek | rights::kFdTell)) != 0) return Errno::kSpipe;
  // What POSIX says of a descriptor opened for the other direction. Rights that were given up say kNotcapable.
  if ((lacking & rights::kFdRead) != 0 && !readable) return Errno::kBadf;
  constexpr Rights kWriting = rights::kFdWrite | rights::kFdAllocate;
  if ((lacking & kWriting) != 0 && !writable) return Errno::kBadf;
  if ((lacking & rights::kFdFilestatSetSize) != 0 && !writable) return Errno::kInval;
  return Errno::kNotcapable;
}

Errno Descriptor::check_directory(Rights needed, bool writes) const {
  if (type != Filetype::kDirectory) return Errno::kNotdir;
  if ((base & needed) != needed) return Errno::kNotcapable;
  return writes && read_only ? Errno::kRofs : Errno::kSuccess;
}

Errno classify(Descriptor& d, Rights requested_base, Rights requested_inheriting) {
  struct stat st;
  if (file_status(d.host_fd, st) != 0) return errno_from_host(errno);
  d.type = filetype_of(st.st_mode);
  Rights usable = 0;
  // Major 1 is /dev/null, zero, full, random and their kin: always ready.
  bool memory_device = S_ISCHR(st.st_mode) && major(st.st_rdev) == 1;
  d.waiting = S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode) || memory_device ? Waiting::kNever
              : S_ISFIFO(st.st_mode)                                                             ? Waiting::kPipe
              : S_ISSOCK(st.st_mode)                                                             ? Waiting::kSocket
                                                                                                 : Waiting::kUnknown;
  switch (d.type) {
    case Filetype::kRegularFile: usable = rights::kRegularFile; break;
    case Filetype::kDirectory: usable = rights::kDirectory; break;
    case Filetype::kBlockDevice: usable = rights::kDevice; break;
    case Filetype::kCharacterDevice: usable = isatty(d.host_fd) ? rights::kStream : rights::kDevice; break;
    case Filetype::kSocketStream:
    case Filetype::kSocketDgram: {
      int value = 0;
      socklen_t size = sizeof value;
      if (getsockopt(d.host_fd, SOL_SOCKET, SO_TYPE, &value, &size) == 0 && value == SOCK_DGRAM)
        d.type = Filetype::kSocketDgram;
      value = 0;
      getsockopt(d.host_fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size);
      d.listener = value != 0;
      usable = d.listener ? rights::kListener : rights::kSocket;
      break;
    }
    default: usable = rights::kStream; break;
  }
  if (!d.readable) usable &= ~rights::kFdRead;
  if (!d.writable) usable &= ~(rights::kFdWrite | rights::kFdAllocate | rights::kFdFilestatSetSize);
  d.base = requested_base & usable;
  d.inheriting = d.type == Filetype::kDirectory ? requested_inheriting & rights::kAll : 0;
  return Errno::kSuccess;
}

Errno classify_later(Descriptor& d, Rights requested_base, Rights requested_inheriting) {
  // What has a position is none of those that wait: fifos, sockets, terminals.
  if (lseek(d.host_fd, 0, SEEK_CUR) < 0) return classify(d, requested_base, requested_inheriting);
  d.waiting = Waiting::kNever;
  d.base = requested_base;
  d.inheriting = requested_inheriting;
  d.classified = false;
  return Errno::kSuccess;
}

void classify_now(Descriptor& d) {
  d.classified = true;
  if (classify(d, d.base, d.inheriting) != Errno::kSuccess) d.base = d.inheriting = 0;
}

void DescriptorRef::drop(Descriptor* d) {
  if (d->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete d;
}

FdTable::~FdTable() {
  for (Descriptor* d : slots_)
    if (d != nullptr) DescriptorRef::drop(d);
}

DescriptorRef FdTable::get_counted(uint32_t fd) {
  std::lock_guard lock(mutex_);
  Descriptor* d = fd < slots_.size() ? slots_[fd] : nullptr;
  if (d != nullptr) {
    if (!d->classified) classify_now(*d);
    d->references.fetch_add(1, std::memory_order_relaxed);
  }
  return {d, true};
}

bool FdTable::full() {
  Lock lock(*this);
  return open_ >= limit_;
}

Outcome<uint32_t> FdTable::insert_from(uint32_t least, std::unique_ptr<Descriptor> d) {
  Lock lock(*this);
  if (open_ >= limit_) return Errno::kMfile;
  while (lowest_free_ < slots_.size() && slots_[lowest_free_] != nullptr) ++lowest_free_;
  uint32_t fd = std::max(least, lowest_free_);
  while (fd < slots_.size() && slots_[fd] != nullptr) ++fd;
  if (fd >= slots_.size()) slots_.resize(fd + 1, nullptr);
  slots_[fd] = d.release();
  ++open_;
  return fd;
}

Errno FdTable::close(uint32_t fd) {
  Descriptor* d;
  {
    Lock lock(*this);
    if (fd >= slots_.size() || slots_[fd] == nullptr) return Errno::kBadf;
    d = slots_[fd];
    slots_[fd] = nullptr;
    --open_;
    if (fd < lowest_free_) lowest_free_ = fd;
  }
  DescriptorRef::drop(d);
  return Errno::kSuccess;
}

Errno FdTable::renumber(uint32_t from, uint32_t to) {
  Descriptor* overwritten;
  {
    Lock lock(*this);
    auto open = [&](uint32_t fd) { return fd < slots_.size() && slots_[fd] != nullptr; };
    if (!open(from) || !open(to)) return Errno::kBadf;
    if (from == to) return Errno::kSuccess;
    overwritten = slots_[to];
    slots_[to] = slots_[from];
    slots_[from] = nullptr;
    // A preopen is one by its number: what is moved elsewhere is an ordinary descriptor.
    slots_[to]->preopen = false;
    --open_;
    if (from < lowest_free_) lowest_free_ = from;
  }
  DescriptorRef::drop(overwritten);
  return Errno::kSuccess;
}

}  // namespace ermine::wasi

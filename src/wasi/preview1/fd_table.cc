#include "wasi/preview1/fd_table.h"

#include <unistd.h>

#include <algorithm>

namespace ermine::wasi::preview1 {
namespace {

Rights usable_rights(const host::Descriptor& d) {
  Rights usable = 0;
  switch (d.type) {
    case FileType::kRegularFile: usable = rights::kRegularFile; break;
    case FileType::kDirectory: usable = rights::kDirectory; break;
    case FileType::kBlockDevice: usable = rights::kDevice; break;
    case FileType::kCharacterDevice: usable = d.terminal ? rights::kStream : rights::kDevice; break;
    case FileType::kStreamSocket:
    case FileType::kDatagramSocket: usable = d.listener ? rights::kListener : rights::kSocket; break;
    case FileType::kSymbolicLink:
    case FileType::kFifo:
    case FileType::kUnknown: usable = rights::kStream; break;
  }
  if (!d.readable) usable &= ~rights::kFdRead;
  if (!d.writable) usable &= ~(rights::kFdWrite | rights::kFdAllocate | rights::kFdFilestatSetSize);
  return usable;
}

}  // namespace

Descriptor::Descriptor() = default;
Descriptor::~Descriptor() {
  if (host_fd >= 0 && !borrowed) ::close(host_fd);
  if (virtual_file != nullptr) [[unlikely]]
    host::close_virtual(*this);
}

void Descriptor::grant(Rights requested_base, Rights requested_inheriting) {
  base = requested_base;
  inheriting = requested_inheriting;
  if (!inspected) return;
  base &= usable_rights(*this);
  inheriting &= type == FileType::kDirectory ? rights::kAll : 0;
}

void Descriptor::inspect_now() {
  const host::HostError error = host::inspect(*this);
  inspected = true;
  if (error == host::HostError::kNone) grant(base, inheriting);
  else base = inheriting = 0;
}

Errno Descriptor::missing(Rights needed) const {
  Rights lacking = needed & ~base;
  constexpr Rights kFileOnly = rights::kFdRead | rights::kFdWrite | rights::kFdSeek | rights::kFdTell |
                               rights::kFdAllocate | rights::kFdFilestatSetSize | rights::kFdDatasync;
  if (type == FileType::kDirectory && (lacking & kFileOnly) != 0) return Errno::kIsdir;
  if ((lacking & rights::kFdReaddir) != 0 && type != FileType::kDirectory) return Errno::kNotdir;
  constexpr Rights kSockets = rights::kSockAccept | rights::kSockShutdown;
  bool socket = type == FileType::kStreamSocket || type == FileType::kDatagramSocket;
  if ((lacking & kSockets) != 0) return socket ? Errno::kInval : Errno::kNotsock;
  if (type != FileType::kRegularFile && (lacking & (rights::kFdSeek | rights::kFdTell)) != 0) return Errno::kSpipe;
  // POSIX's error for a descriptor that was opened for the other direction. Rights that were given up give kNotcapable.
  if ((lacking & rights::kFdRead) != 0 && !readable) return Errno::kBadf;
  constexpr Rights kWriting = rights::kFdWrite | rights::kFdAllocate;
  if ((lacking & kWriting) != 0 && !writable) return Errno::kBadf;
  if ((lacking & rights::kFdFilestatSetSize) != 0 && !writable) return Errno::kInval;
  return Errno::kNotcapable;
}

Errno Descriptor::check_directory(Rights needed, bool writes) const {
  if (type != FileType::kDirectory) return Errno::kNotdir;
  if ((base & needed) != needed) return Errno::kNotcapable;
  return writes && read_only ? Errno::kRofs : Errno::kSuccess;
}

FdTable::~FdTable() {
  for (Descriptor* d : slots_) delete d;
}

Outcome<uint32_t> FdTable::insert_from(uint32_t least, std::unique_ptr<Descriptor> d) {
  if (at_limit()) return Errno::kMfile;
  while (is_open(lowest_free_)) ++lowest_free_;
  uint32_t fd = std::max(least, lowest_free_);
  while (is_open(fd)) ++fd;
  if (fd >= slots_.size()) slots_.resize(fd + 1, nullptr);
  slots_[fd] = d.release();
  ++open_;
  return fd;
}

Errno FdTable::close(uint32_t fd) {
  if (!is_open(fd)) return Errno::kBadf;
  delete slots_[fd];
  slots_[fd] = nullptr;
  --open_;
  if (fd < lowest_free_) lowest_free_ = fd;
  return Errno::kSuccess;
}

Errno FdTable::renumber(uint32_t from, uint32_t to) {
  if (!is_open(from) || !is_open(to)) return Errno::kBadf;
  if (from == to) return Errno::kSuccess;
  delete slots_[to];
  slots_[to] = slots_[from];
  slots_[from] = nullptr;
  // A preopen is identified by its number: after moving it is an ordinary descriptor.
  slots_[to]->preopen = false;
  --open_;
  if (from < lowest_free_) lowest_free_ = from;
  return Errno::kSuccess;
}

}  // namespace ermine::wasi::preview1

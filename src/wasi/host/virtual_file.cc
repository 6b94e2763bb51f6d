#include "wasi/host/virtual_file.h"

namespace ermine::wasi::host {

Outcome<size_t> VirtualFile::read(const iovec*, int) { return HostError::kBadFd; }
Outcome<size_t> VirtualFile::write(const iovec*, int, bool) { return HostError::kBadFd; }
Outcome<size_t> VirtualFile::read_at(const iovec*, int, uint64_t) { return static_cast<HostError>(ESPIPE); }
Outcome<size_t> VirtualFile::write_at(const iovec*, int, uint64_t) { return static_cast<HostError>(ESPIPE); }
HostError VirtualFile::set_times(TimeChange, TimeChange) { return HostError::kNone; }
HostError VirtualFile::allocate(uint64_t, uint64_t) { return static_cast<HostError>(ESPIPE); }
HostError VirtualFile::set_size(uint64_t) { return HostError::kInvalid; }
Outcome<uint64_t> VirtualFile::seek(int64_t, Whence) { return static_cast<HostError>(ESPIPE); }
HostError VirtualFile::sync() { return HostError::kInvalid; }

HostError VirtualFile::open(const GuestPath&, const OpenRequest&, Descriptor&) { return HostError::kNotDirectory; }
Outcome<FileStat> VirtualFile::stat_path(const GuestPath&, bool) { return HostError::kNotDirectory; }
HostError VirtualFile::set_times_path(const GuestPath&, bool, TimeChange, TimeChange) {
  return HostError::kNotDirectory;
}
HostError VirtualFile::create_directory(const GuestPath&) { return HostError::kNotDirectory; }
HostError VirtualFile::remove_directory(const GuestPath&) { return HostError::kNotDirectory; }
HostError VirtualFile::unlink(const GuestPath&) { return HostError::kNotDirectory; }
HostError VirtualFile::rename(const GuestPath&, VirtualFile&, const GuestPath&) { return HostError::kNotDirectory; }
HostError VirtualFile::link(const GuestPath&, VirtualFile&, const GuestPath&) { return HostError::kNotDirectory; }
HostError VirtualFile::symlink(const GuestPath&, const GuestPath&) { return HostError::kNotDirectory; }
Outcome<size_t> VirtualFile::readlink(const GuestPath&, char*, size_t) { return HostError::kNotDirectory; }
HostError VirtualFile::seek_entry(uint64_t) { return HostError::kNotDirectory; }
Outcome<bool> VirtualFile::next_entry(DirEntry&) { return HostError::kNotDirectory; }

}  // namespace ermine::wasi::host

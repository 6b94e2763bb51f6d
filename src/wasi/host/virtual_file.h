// VirtualFile: a file, directory or stream that the system does not know, because it is the embedder's (virtual/). A
// Descriptor has one instead of a number of the system, and the operations of this folder pass it on. So every version
// of WASI has them, and nothing of them is in a program that gives no guest any.
//
// One object is what one open() returns: it has its own position. Operations never wait. The objects of one Wasi are
// used by one thread at a time; what they share with those of others, they lock.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "wasi/host/descriptor.h"
#include "wasi/host/directory.h"
#include "wasi/host/error.h"
#include "wasi/host/files.h"
#include "wasi/host/path.h"
#include "wasi/host/types.h"

namespace ermine::wasi::host {

// Without an override: the error that the system has for files of another kind. Paths are relative to the directory,
// and were checked by GuestPath.
class VirtualFile {
 public:
  VirtualFile() = default;
  VirtualFile(const VirtualFile&) = delete;
  VirtualFile& operator=(const VirtualFile&) = delete;
  virtual ~VirtualFile() = default;

  // At the file's position. Reading: 0 is the end. Writing takes a part at least, or is an error; `at_end` as O_APPEND.
  virtual Outcome<size_t> read(const iovec* buffers, int count);
  virtual Outcome<size_t> write(const iovec* buffers, int count, bool at_end);
  virtual Outcome<size_t> read_at(const iovec* buffers, int count, uint64_t offset);
  virtual Outcome<size_t> write_at(const iovec* buffers, int count, uint64_t offset);

  virtual Outcome<FileStat> stat() = 0;
  virtual HostError set_times(TimeChange accessed, TimeChange modified);
  virtual HostError allocate(uint64_t offset, uint64_t length);
  virtual HostError set_size(uint64_t size);
  virtual Outcome<uint64_t> seek(int64_t offset, Whence whence);
  virtual HostError sync();

  // The other directory of rename() and link() is any that is virtual.
  virtual HostError open(const GuestPath& path, const OpenRequest& request, Descriptor& out);
  virtual Outcome<FileStat> stat_path(const GuestPath& path, bool follow);
  virtual HostError set_times_path(const GuestPath& path, bool follow, TimeChange accessed, TimeChange modified);
  virtual HostError create_directory(const GuestPath& path);
  virtual HostError remove_directory(const GuestPath& path);
  virtual HostError unlink(const GuestPath& path);
  virtual HostError rename(const GuestPath& path, VirtualFile& new_directory, const GuestPath& new_path);
  virtual HostError link(const GuestPath& path, VirtualFile& new_directory, const GuestPath& new_path);
  virtual HostError symlink(const GuestPath& target, const GuestPath& path);
  virtual Outcome<size_t> readlink(const GuestPath& path, char* buffer, size_t size);
  // As of DirStream.
  virtual HostError seek_entry(uint64_t cookie);
  virtual Outcome<bool> next_entry(DirEntry& entry);
  // Which tree a directory is in; null: it is none.
  virtual const void* tree() const { return nullptr; }
};

// What an embedder grants that is opened for each program.
class VirtualFileSource {
 public:
  virtual ~VirtualFileSource() = default;
  // Fills in the descriptor, which owns its file. For any thread.
  virtual void open(Descriptor& out) const = 0;
};

}  // namespace ermine::wasi::host

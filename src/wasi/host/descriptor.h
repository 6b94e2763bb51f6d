// Descriptors of the host: the number, and what operations need to know about it.
//
// Or, if the file is the embedder's, a VirtualFile in place of the number.
//
// Those of the standard streams are borrowed from the process: closing 0, 1 or 2 for a guest closes nothing outside.
// O_NONBLOCK and O_APPEND, if the guest sets them, are kept here and applied to each call instead of being set on a
// file description that other processes share.
#pragma once

#include <cstdint>

#include "wasi/host/error.h"
#include "wasi/host/types.h"

namespace ermine::wasi::host {

class VirtualFile;

// Owns a host descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& o) noexcept : fd_(o.release()) {}
  UniqueFd& operator=(UniqueFd&& o) noexcept {
    if (this != &o) reset(o.release());
    return *this;
  }
  ~UniqueFd() { reset(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() {
    int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// Whether reading or writing can wait, and how to find out without waiting.
enum class Waiting : uint8_t {
  kNever,  // files, directories, memory devices
  kPipe,  // RWF_NOWAIT, if the kernel supports it for pipes
  kSocket,  // MSG_DONTWAIT
  kUnknown,  // terminals and other devices: poll first
  kVirtual,  // never: a VirtualFile
};

// The known properties of an open descriptor. Does not own it.
struct Descriptor {
  int host_fd = -1;  // -1 for a virtual file
  bool borrowed = false;
  bool readable = true, writable = true;  // the access mode
  bool listener = false;
  bool terminal = false;
  bool inspected = true;  // otherwise the type and its consequences are not known yet, except that it never waits
  Waiting waiting = Waiting::kUnknown;
  FileType type = FileType::kUnknown;
  Status status = 0;
  VirtualFile* virtual_file = nullptr;

  bool is_open() const { return host_fd >= 0 || virtual_file != nullptr; }
  // Whether there are positions in it: what may wait has none.
  bool has_position() const {
    return waiting == Waiting::kNever || (virtual_file != nullptr && type == FileType::kRegularFile);
  }
};

// What an operation is for: a file of the system by its number, or a virtual one.
struct FileRef {
  int fd = -1;
  VirtualFile* virtual_file = nullptr;

  FileRef(int fd) : fd(fd) {}
  FileRef(const Descriptor& d) : fd(d.host_fd), virtual_file(d.virtual_file) {}
};

// For the owner of a descriptor: deletes its virtual file.
void close_virtual(Descriptor& d);

// Finds out the kind of the file.
HostError inspect(Descriptor& d);
// For a descriptor that was just opened: asks the system only whether it may wait. The rest is found out at first use;
// for many files that is when their attributes are read, or never.
HostError inspect_later(Descriptor& d);

}  // namespace ermine::wasi::host

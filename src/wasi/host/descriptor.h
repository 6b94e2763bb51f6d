// Descriptors of the host: what an operation has to know of one beside its number.
//
// Those of the standard streams are borrowed from the process: who closes 0, 1 or 2 for a guest closes nothing outside,
// and the guest's wishes for O_NONBLOCK and O_APPEND are kept here and carried out per call instead of being set on a
// description that other processes share.
#pragma once

#include <cstdint>

#include "wasi/host/error.h"
#include "wasi/host/types.h"

namespace ermine::wasi::host {

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
  kPipe,  // RWF_NOWAIT says, where the kernel knows it for pipes
  kSocket,  // MSG_DONTWAIT says
  kUnknown,  // terminals and other devices: poll first
};

// What is known of an open descriptor. Does not own it.
struct Descriptor {
  int host_fd = -1;
  bool borrowed = false;
  bool readable = true, writable = true;  // the access mode
  bool listener = false;
  bool terminal = false;
  bool inspected = true;  // else the type and what follows from it are not known yet, save that it never waits
  Waiting waiting = Waiting::kUnknown;
  FileType type = FileType::kUnknown;
  Status status = 0;
};

// Finds out what kind of file it is.
HostError inspect(Descriptor& d);
// For one just opened: asks the system no more than whether it is something that may wait. For the rest it is to be
// inspected when it is first used, which for many a file is when its attributes are asked for, or never.
HostError inspect_later(Descriptor& d);

}  // namespace ermine::wasi::host

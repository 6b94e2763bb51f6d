// Why an operation of the operating system failed. An interface for guests has error codes of its own and maps these to
// them (preview1/errno.h).
#pragma once

#include <cerrno>

namespace ermine::wasi::host {

// The system's own code, any of errno(3), or one below zero for what the system has no code for. Named here is what
// this layer makes or looks at.
enum class HostError : int {
  kNone = 0,
  kAgain = EAGAIN,
  kBadFd = EBADF,
  kBusy = EBUSY,
  kExists = EEXIST,
  kInterrupted = EINTR,  // usually because the guest is to stop: interrupt.h
  kInvalid = EINVAL,
  kIsDirectory = EISDIR,
  kLoop = ELOOP,
  kNameTooLong = ENAMETOOLONG,
  kNoEntry = ENOENT,
  kNoDeviceOrReader = ENXIO,
  kNotDirectory = ENOTDIR,
  kNotEmpty = ENOTEMPTY,
  kNotPermitted = EPERM,
  kNotSupported = EOPNOTSUPP,
  kNotUtf8 = EILSEQ,
  kTooManyFiles = EMFILE,
  kOutside = -1,  // a path leads out of the directory that it is relative to
};

// Of the system call that has just failed.
inline HostError last_error() { return static_cast<HostError>(errno); }
// Of one that returns 0 or -1.
inline HostError result_of(int rc) { return rc == 0 ? HostError::kNone : last_error(); }

// A value, or the error that prevented it. Deliberately smaller and cheaper than Result<T>: these travel through every
// guest call, and are never shown to a person. Of E, zero is success.
template <class T, class E>
struct [[nodiscard]] OutcomeOr {
  E error{};
  T value{};
  OutcomeOr(T v) : value(v) {}
  OutcomeOr(E e) : error(e) {}
  explicit operator bool() const { return error == E{}; }
  const T& operator*() const { return value; }
  const T* operator->() const { return &value; }
};
template <class T>
using Outcome = OutcomeOr<T, HostError>;

}  // namespace ermine::wasi::host

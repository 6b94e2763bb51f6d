// Errors of operations of the operating system. An interface for guests has error codes of its own and maps these to
// them (preview1/errno.h).
#pragma once

#include <cerrno>

namespace ermine::wasi::host {

// The system's own code, any of errno(3), or a number below zero for an error that the system has no code for. The
// enumerators are those that this layer makes or checks.
enum class HostError : int {
  kNone = 0,
  kAgain = EAGAIN,
  kBadFd = EBADF,
  kBusy = EBUSY,
  kExists = EEXIST,
  kInterrupted = EINTR,  // usually because the guest is to be stopped: interrupt.h
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
  kReadOnly = EROFS,
  kTooManyFiles = EMFILE,
  kOutside = -1,  // a path leads out of the directory that it is relative to
  kClosed = -2,   // a channel (channel.h) is closed, without a reason
  kHttp = -3,     // an http::Failure has the reason
  kTls = -4,      // a text says the reason: tls::Session::problem()
};

// The error of the system call that has just failed.
inline HostError last_error() { return static_cast<HostError>(errno); }
// The result of a system call that returns 0 or -1.
inline HostError result_of(int rc) { return rc == 0 ? HostError::kNone : last_error(); }

// A value, or the error that prevented it. Deliberately smaller and cheaper than Result<T>: these pass through every
// guest call and are never shown to a user. A value of zero of E is success.
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

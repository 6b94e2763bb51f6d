#include "wasi/net/error.h"

namespace ermine::wasi::net {

NetError net_error_of(host::HostError error) {
  switch (static_cast<int>(error)) {
    case 0: return NetError::kNone;
    case EACCES:
    case EPERM:
    case EBADF:  // a socket for which nothing is granted (socket.h)
    case EDQUOT: return NetError::kAccessDenied;  // EDQUOT: a quota of ours (quota.h)
    case EOPNOTSUPP:
    case EPROTONOSUPPORT:
    case ENOPROTOOPT:
    case ESOCKTNOSUPPORT: return NetError::kNotSupported;
    case EAFNOSUPPORT:
    case EINVAL:
    case EFAULT:
    case EDESTADDRREQ: return NetError::kInvalidArgument;
    case ENOMEM:
    case ENOBUFS: return NetError::kOutOfMemory;
    case ETIMEDOUT:
    case ETIME: return NetError::kTimeout;
    case EALREADY: return NetError::kConcurrencyConflict;
    case EAGAIN:
    case EINPROGRESS: return NetError::kWouldBlock;
    case EISCONN:
    case ENOTCONN:
    case EPIPE:
    case ESHUTDOWN: return NetError::kInvalidState;
    case EMFILE:
    case ENFILE: return NetError::kNewSocketLimit;
    case EADDRNOTAVAIL: return NetError::kAddressNotBindable;
    case EADDRINUSE: return NetError::kAddressInUse;
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case ENONET: return NetError::kRemoteUnreachable;
    case ECONNREFUSED: return NetError::kConnectionRefused;
    case ECONNRESET:
    case ENETRESET: return NetError::kConnectionReset;
    case ECONNABORTED: return NetError::kConnectionAborted;
    case EMSGSIZE: return NetError::kDatagramTooLarge;
    default: return NetError::kUnknown;
  }
}

}  // namespace ermine::wasi::net

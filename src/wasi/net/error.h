// Errors of the network, which all versions of WASI distinguish.
#pragma once

#include <cstdint>

#include "wasi/host/error.h"

namespace ermine::wasi::net {

enum class NetError : uint8_t {
  kNone,
#define NET_ERROR(id, name) id,
#include "wasi/net/errors.def"
};

// The system's error of an operation on a socket.
NetError net_error_of(host::HostError error);
inline NetError last_net_error() { return net_error_of(host::last_error()); }

// A value, or the error that prevented it.
template <class T>
using NetOutcome = host::OutcomeOr<T, NetError>;

}  // namespace ermine::wasi::net

// WASI's error codes, and the conversion from the host layer's. The numbers are part of the guest's ABI.
#pragma once

#include <cstdint>
#include <string_view>

#include "wasi/host/error.h"

namespace ermine::wasi::preview1 {

enum class Errno : uint16_t {
#define ERRNO(id, value, name, host) id = value,
#include "wasi/preview1/errno.def"
};

template <class T>
using Outcome = host::OutcomeOr<T, Errno>;

// The code for the guest; kIo for errors that WASI has no name for.
Errno errno_of(host::HostError error);
template <class T>
Outcome<T> outcome_of(host::Outcome<T>&& outcome) {
  if (outcome) [[likely]]
    return std::move(outcome.value);
  return errno_of(outcome.error);
}
// The specification's name, for instance "badf". Static storage.
std::string_view errno_name(Errno error);

}  // namespace ermine::wasi::preview1

// WASI's error codes, and their mapping from the host's. The numbers are part of the guest's ABI.
#pragma once

#include <cstdint>
#include <string_view>

namespace ermine::wasi {

enum class Errno : uint16_t {
#define ERRNO(id, value, name, host) id = value,
#include "wasi/host/errno.def"
};

// The host's errno as the guest is to see it; kIo for what WASI has no name for.
Errno errno_from_host(int host_errno);
// The specification's name, for instance "badf". Static storage.
std::string_view errno_name(Errno error);

// A value, or the error that prevented it. Deliberately smaller and cheaper than Result<T>: these travel
// through every guest call, and are never shown to a person.
template <class T>
struct [[nodiscard]] Outcome {
  Errno error = Errno::kSuccess;
  T value{};
  Outcome(T v) : value(v) {}
  Outcome(Errno e) : error(e) {}
  explicit operator bool() const { return error == Errno::kSuccess; }
  const T& operator*() const { return value; }
  const T* operator->() const { return &value; }
};

}  // namespace ermine::wasi

// Caller: gives a host function access to the call that it serves. Valid only during that call.
#pragma once

#include <optional>
#include <string_view>

#include "ermine/instance.h"

namespace ermine {

namespace runtime {
struct HostCall;
}
// The call of a raw callback (Linker::func_raw); a Caller is made from it.
using RawCall = runtime::HostCall;

class Caller {
 public:
  StoreRef store() const;
  // The store's user data; see StoreRef::data.
  void* data() const { return store().data(); }
  template <class T>
  T& data_as() const {
    return *static_cast<T*>(data());
  }

  // See StoreRef::consume_fuel and check_interrupt.
  Result<void> consume_fuel(uint64_t units) const { return store().consume_fuel(units); }
  Result<void> check_interrupt() const { return store().check_interrupt(); }

  // The calling instance; nothing if the host called the function directly.
  std::optional<Instance> instance() const;
  // An export of the calling instance.
  std::optional<Extern> get_export(std::string_view name) const;
  // The caller's export "memory"; looked up once per instance, so cheap on every call.
  std::optional<Memory> memory() const;
  // The current bytes of that memory, empty if there is none. Valid until the memory can grow.
  std::span<uint8_t> memory_span() const;

  explicit Caller(RawCall& call) : call_(&call) {}
  // In a raw callback: makes the call fail with this error. Returns false, which the callback then returns.
  bool fail(Error error) const;

  // For the library's own code.
  RawCall& impl() const { return *call_; }

 private:
  RawCall* call_;
};

}  // namespace ermine

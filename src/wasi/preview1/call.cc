#include "wasi/preview1/call.h"

namespace ermine::wasi::preview1 {

Result<void> Call::pay() {
  const uint64_t units = moved / kBytesPerFuel;
  moved %= kBytesPerFuel;
  return caller.consume_fuel(units);
}

Errno Call::pause() {
  Result<void> r = pay();
  if (r) r = caller.check_interrupt();
  if (!r) {
    stop = std::move(r).error();
    return Errno::kIntr;
  }
  const std::span<uint8_t> bytes = caller.memory_span();
  memory = {bytes.data(), bytes.size()};
  return Errno::kSuccess;
}

}  // namespace ermine::wasi::preview1

#include "wasi/preview2/call.h"

namespace ermine::wasi::preview2 {

void Call::trap(std::string message) { stop = Error::trap(TrapCode::kHost, std::move(message)); }

Result<void> Call::pay() {
  const uint64_t units = moved / kBytesPerFuel;
  moved %= kBytesPerFuel;
  return units == 0 ? Result<void>() : store.consume_fuel(units);
}

bool Call::pause() {
  Result<void> r = pay();
  if (r) r = store.check_interrupt();
  if (r) return true;
  stop = std::move(r).error();
  return false;
}

void Call::too_many_resources() {
  stop = Error(ErrorKind::kLimit, "the program has " + std::to_string(Context::kMostResources) +
                                      " resources of WASI, and no more are allowed");
}

}  // namespace ermine::wasi::preview2

// Clocks and randomness.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wasi/host/error.h"
#include "wasi/host/types.h"

namespace ermine::wasi::host {

// Nanoseconds.
Outcome<uint64_t> clock_resolution(Clock clock);
Outcome<uint64_t> clock_now(Clock clock);

// Fills the buffer from the kernel's generator, which makes some hundred bytes per microsecond.
HostError fill_random(void* buffer, size_t size);

}  // namespace ermine::wasi::host

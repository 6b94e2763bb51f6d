// Clocks, sleeping and randomness.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wasi/host/errno.h"
#include "wasi/host/types.h"

namespace ermine::wasi {

// Nanoseconds. kInval for a clock WASI does not define.
Outcome<uint64_t> clock_resolution(uint32_t clock);
Outcome<uint64_t> clock_now(uint32_t clock);

// Fills the buffer from the kernel's generator, which makes some hundred bytes in a microsecond.
Errno fill_random(void* buffer, size_t size);

}  // namespace ermine::wasi

// Address space for guarded memories, in groups of slots. Each slot holds one memory:
//
//   | 8 GiB | 4 GiB for a memory | 4 GiB + 2 MiB | 4 GiB for a memory | 4 GiB + 2 MiB | ... | 4 GiB |
//
// There are guards between the memories: the one above a memory covers the reach of an index plus offset, and is the
// guard below the next one. So an address computed by wrong machine code - an index whose upper half is all ones (4 GiB
// below), an offset taken for negative (2 GiB below), both, a 33rd bit - is in a guard or in another memory, never in a
// part of the host. The guards are sealed if the system supports it.
//
// Groups lie at random places and grow from 1 slot to 64; memories take free slots at random. A group is never given
// back: it costs only addresses. After one was refused, only smaller ones are asked for. 47 bits of addresses hold some
// 15,000 memories; further memories of the process are checked in code (see Memory).
#pragma once

#include <cstdint>
#include <optional>

#include "platform/mapping.h"

namespace ermine::runtime {

// The reach of a 32-bit index plus a 32-bit offset plus the widest access.
inline constexpr uint64_t kGuardedReach = (uint64_t{8} << 30) + 16;
// The minimal distance below a guarded memory that contains only guards and other memories.
inline constexpr uint64_t kGuardBelow = uint64_t{8} << 30;
// The guard after a slot's memory has 2 MiB more than the reach, so that all memories begin at multiples of large
// pages.
inline constexpr uint64_t kSlotMemory = uint64_t{4} << 30;
inline constexpr uint64_t kSlotGuard = (uint64_t{4} << 30) + (2 << 20);
static_assert(kSlotMemory + kSlotGuard >= kGuardedReach);

// The 4 GiB of a free slot, inaccessible; the slot becomes free again when the mapping is destroyed. Nothing if the
// system has no more addresses. Thread-safe.
std::optional<platform::Mapping> take_memory_slot();

}  // namespace ermine::runtime

// Address space for guarded memories, in groups of slots of which each holds one memory:
//
//   | 8 GiB | 4 GiB for a memory | 4 GiB + 2 MiB | 4 GiB for a memory | 4 GiB + 2 MiB | ... | 4 GiB |
//
// Between the places for memories lie guards: the one above a memory takes what an index plus offset can reach, and is
// the guard below the next one. So whatever a wrong program for the machine might add up - an index of which the upper
// half is all ones (4 GiB below), an offset taken for negative (2 GiB below), both, a 33rd bit - it finds a guard or
// another memory, and nothing that belongs to the host. The guards are sealed where the system can, so that they stay.
//
// Groups lie at random places and grow from 1 slot to 64; memories take free slots at random. A group is never given
// back: it costs nothing but addresses. 47 bits of them hold some 15,000 memories; the process's further ones are
// checked in code (see Memory).
#pragma once

#include <cstdint>
#include <optional>

#include "platform/mapping.h"

namespace ermine::runtime {

// What a 32-bit index plus a 32-bit offset plus the widest access can reach.
inline constexpr uint64_t kGuardedReach = (uint64_t{8} << 30) + 16;
// What lies below a guarded memory, at least, that nobody but memories may have.
inline constexpr uint64_t kGuardBelow = uint64_t{8} << 30;
// Behind a slot's memory, 2 MiB more than is reached, so that all begin where large pages do.
inline constexpr uint64_t kSlotMemory = uint64_t{4} << 30;
inline constexpr uint64_t kSlotGuard = (uint64_t{4} << 30) + (2 << 20);
static_assert(kSlotMemory + kSlotGuard >= kGuardedReach);

// A free slot's 4 GiB, inaccessible, which is free again when the mapping goes. Nothing if the system has no more
// addresses. Thread-safe.
std::optional<platform::Mapping> take_memory_slot();

}  // namespace ermine::runtime

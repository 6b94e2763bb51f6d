// StoreLimits: what one store may use, a plain value; and the price of bytes in fuel.
#pragma once

#include <cstdint>

#include "ermine/detail/language.h"

namespace ermine {

// Fuel also pays for bytes that bulk instructions and host calls move: one unit for this many.
inline constexpr uint64_t kBytesPerFuel = 16;

// What a store may use. A grow beyond a limit fails as in the specification (memory.grow gives -1); instantiating
// beyond a limit is an error of kind kLimit, whose message says which limit it was and how to raise it.
struct StoreLimits {
  // No limit of this kind.
  static constexpr uint64_t kUnlimited = ~uint64_t{0};
  uint64_t memory_bytes = kUnlimited;           // of each memory
  uint64_t instance_memory_bytes = kUnlimited;  // of all unshared memories that one instance defines
  uint64_t total_memory_bytes = kUnlimited;     // of all memories used in the store, shared ones included
  uint64_t table_elements = 10'000'000;      // of each table
  uint64_t total_table_elements = kUnlimited;  // of all tables of the store
  uint64_t memories = 10'000;   // that are made in the store
  uint64_t tables = 10'000;     // the same
  uint64_t instances = 10'000;  // the same
  uint64_t gc_heap_bytes = kUnlimited;  // in addition to Config::max_gc_heap
  // If one of these limits refuses a grow, the program is stopped with an error of kind kLimit.
  bool fail_on_grow = false;
};

}  // namespace ermine

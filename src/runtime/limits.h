// StoreLimits: what one store may use; the runtime's form of the public StoreLimits, with the same meaning.
#pragma once

#include <cstdint>

namespace ermine::runtime {

struct StoreLimits {
  static constexpr uint64_t kUnlimited = ~uint64_t{0};
  uint64_t memory_bytes = kUnlimited;
  uint64_t total_memory_bytes = kUnlimited;
  uint64_t table_elements = 10'000'000;
  uint64_t total_table_elements = kUnlimited;
  uint64_t memories = 10'000;
  uint64_t tables = 10'000;
  uint64_t instances = 10'000;
  uint64_t gc_heap_bytes = kUnlimited;
  bool fail_on_grow = false;
};

}  // namespace ermine::runtime

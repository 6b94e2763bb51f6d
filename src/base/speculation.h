// Keeps indices in bounds during speculative execution, too. A bounds check that is a branch may be mispredicted; the
// loads that then use the index, and the loads that use their results, leave traces in the caches (Spectre, variant 1).
// These functions select by data operations, which processors do not predict. The compiler can neither turn them into
// branches nor remove them where an earlier branch seems to make them superfluous.
#pragma once

#include <cstdint>

namespace ermine::base {

// `index` if it is less than `end`, else `end`.
[[gnu::always_inline]] inline uint64_t clamp_index(uint64_t index, uint64_t end) {
#if defined(__x86_64__)
  asm("cmp %1, %0\n\tcmovae %1, %0" : "+r"(index) : "r"(end) : "cc");
  return index;
#elif defined(__aarch64__)
  // The hint (csdb): later loads do not use a predicted result of csel either.
  asm("cmp %0, %1\n\tcsel %0, %0, %1, lo\n\thint #20" : "+r"(index) : "r"(end) : "cc");
  return index;
#else
  return index < end ? index : end;
#endif
}

// `value` if `index` is less than `end`, else 0.
[[gnu::always_inline]] inline uint64_t value_or_zero(uint64_t value, uint64_t index, uint64_t end) {
#if defined(__x86_64__)
  uint64_t mask;
  asm("cmp %2, %1\n\tsbb %0, %0" : "=r"(mask) : "r"(index), "r"(end) : "cc");
  return value & mask;
#elif defined(__aarch64__)
  asm("cmp %1, %2\n\tcsel %0, %0, xzr, lo\n\thint #20" : "+r"(value) : "r"(index), "r"(end) : "cc");
  return value;
#else
  return index < end ? value : 0;
#endif
}
[[gnu::always_inline]] inline uint64_t index_or_zero(uint64_t index, uint64_t end) {
  return value_or_zero(index, index, end);
}

}  // namespace ermine::base

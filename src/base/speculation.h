// Indices that stay in bounds also where the processor guesses: a bounds check that is a branch may be predicted
// wrongly, and what is then loaded with the index, and with what that load gave, leaves traces in the caches (Spectre,
// variant 1). These choose by data, which no processor predicts; the compiler cannot turn them into branches, nor leave
// them out where a branch before seems to make them superfluous.
#pragma once

#include <cstdint>

namespace ermine::base {

// `index` if it is less than `end`, else `end`.
[[gnu::always_inline]] inline uint64_t clamp_index(uint64_t index, uint64_t end) {
#if defined(__x86_64__)
  asm("cmp %1, %0\n\tcmovae %1, %0" : "+r"(index) : "r"(end) : "cc");
  return index;
#elif defined(__aarch64__)
  // The hint: what csel chose is no guess either, in later loads.
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

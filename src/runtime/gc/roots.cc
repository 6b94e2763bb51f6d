#include "runtime/gc/roots.h"

#include <cstring>

namespace ermine::runtime::gc {

// A sanitizer would report reads of other functions' frames.
[[clang::no_sanitize("address", "undefined", "thread")]] void AmbiguousRoots::native_words(const uintptr_t* from,
                                                                                           const uintptr_t* to) {
  for (; from < to; ++from) {
    const uintptr_t word = *from;
    if (word - base_ < size_) interior_.push_back(static_cast<Ref>(word - base_));
    const auto low = static_cast<uint32_t>(word), high = static_cast<uint32_t>(uint64_t{word} >> 32);
    slot(low);
    slot(high);
  }
}

[[gnu::noinline]] void AmbiguousRoots::native_stack(uintptr_t high) {
  // Stores the registers that calls preserve in this frame.
  __builtin_unwind_init();
  uintptr_t here = 0;
  native_words(&here, reinterpret_cast<const uintptr_t*>(high & ~(sizeof(uintptr_t) - 1)));
  asm volatile("" : "+m"(here));
}

}  // namespace ermine::runtime::gc

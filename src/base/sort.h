// Sorting where code size matters more than time: one function of the C library for all types, where std::sort takes
// more than a kilobyte for each. At most n log n comparisons, whatever the order.
#pragma once

#include <cstdlib>
#include <memory>
#include <span>
#include <type_traits>

namespace ermine::base {

// `less(a, b)` as for std::sort.
template <class T, class Less>
void sort(std::span<T> list, Less less) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (list.size() < 2) return;  // also because qsort_r needs an address, and would be looked up by name
  qsort_r(
      list.data(), list.size(), sizeof(T),
      [](const void* a, const void* b, void* is_less) -> int {
        const auto& x = *static_cast<const T*>(a);
        const auto& y = *static_cast<const T*>(b);
        auto& l = *static_cast<Less*>(is_less);
        return l(x, y) ? -1 : l(y, x) ? 1 : 0;
      },
      std::addressof(less));
}

}  // namespace ermine::base

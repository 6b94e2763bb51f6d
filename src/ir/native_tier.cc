#include "ir/native_tier.h"

#include <algorithm>

namespace ermine::ir {

const runtime::Code* NativeFunction::entry_at(uint32_t index) const {
  auto it =
      std::lower_bound(entries.begin(), entries.end(), index, [](const Entry& e, uint32_t i) { return e.index < i; });
  return it != entries.end() && it->index == index ? it->unit : nullptr;
}

}  // namespace ermine::ir

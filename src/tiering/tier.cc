#include "tiering/tier.h"

#include <algorithm>

namespace ermine::tiering {

const runtime::Code* MachineCode::entry_at(uint32_t index) const {
  auto it =
      std::lower_bound(entries.begin(), entries.end(), index, [](const Entry& e, uint32_t i) { return e.index < i; });
  return it != entries.end() && it->index == index ? it->unit : nullptr;
}

}  // namespace ermine::tiering

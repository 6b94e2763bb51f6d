#include "tiering/tier.h"

#include <algorithm>
#include <cstring>

namespace ermine::tiering {

const runtime::Code* MachineCode::entry_at(uint32_t index) const {
  auto it =
      std::lower_bound(entries.begin(), entries.end(), index, [](const Entry& e, uint32_t i) { return e.index < i; });
  return it != entries.end() && it->index == index ? it->unit : nullptr;
}

uint32_t MachineCode::position_of(const uint8_t* address) const {
  auto it = std::upper_bound(positions.begin(), positions.end(), static_cast<uint32_t>(address - code),
                             [](uint32_t offset, const Position& at) { return offset < at.offset; });
  return it == positions.begin() ? 0 : std::prev(it)->index;
}

uint32_t MachineCode::position_of_record(const void* address) const {
  const auto* const p = static_cast<const uint8_t*>(address);
  if (p < code + code_size) return position_of(p);
  uint64_t index;
  std::memcpy(&index, p - sizeof index, sizeof index);
  return static_cast<uint32_t>(index);
}

bool MachineCode::has_others() const {
  return std::ranges::any_of(inlined, [](const Inlined& i) { return i.func != nullptr; });
}

const MachineCode::Inlined* MachineCode::inlined_at(uint32_t position) const {
  auto it = std::upper_bound(inlined.begin(), inlined.end(), position,
                             [](uint32_t p, const Inlined& i) { return p < i.first; });
  return it != inlined.begin() ? &*std::prev(it) : nullptr;
}

}  // namespace ermine::tiering

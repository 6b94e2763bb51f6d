// The layouts of the kinds of immediates. See immediates.def.
#pragma once

#include <string_view>

#include "wasm/opcodes.h"

namespace ermine::wasm {

constexpr std::string_view layout_of(Imm imm) {
  switch (imm) {
#define IMM(id, layout) \
  case Imm::id: return layout;
#include "wasm/immediates.def"
  }
  return {};
}

namespace detail {
// The kinds whose layout satisfies `wanted`, one bit for each.
template <class F>
consteval uint64_t kinds_where(F wanted) {
  uint64_t kinds = 0;
#define IMM(id, layout) \
  if (wanted(std::string_view(layout))) kinds |= uint64_t{1} << static_cast<unsigned>(Imm::id);
#include "wasm/immediates.def"
  return kinds;
}
inline constexpr uint64_t kWithDataSegment = kinds_where([](std::string_view l) { return l.contains('d'); });
inline constexpr uint64_t kWithTypeFirst = kinds_where([](std::string_view l) { return l.starts_with('y'); });
}  // namespace detail

// The immediates name a data segment, so the module needs a data count section.
constexpr bool names_data_segment(Imm imm) { return detail::kWithDataSegment >> static_cast<unsigned>(imm) & 1; }
// The first immediate is the index of a type.
constexpr bool begins_with_type(Imm imm) { return detail::kWithTypeFirst >> static_cast<unsigned>(imm) & 1; }

}  // namespace ermine::wasm

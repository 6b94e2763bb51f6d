// The contents of the section component-name (Binary.md, "Name Section"): the parser writes it from identifiers, the
// printer makes identifiers of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "component/model/names.h"
#include "text/names.h"

namespace ermine::component {

inline constexpr std::string_view kNameSection = "component-name";

struct Names {
  std::string_view component;  // null if it has no name
  std::array<std::vector<text::NameEntry>, kSorts> sorts;

  std::vector<text::NameEntry>& of(Sort sort) { return sorts[static_cast<unsigned>(sort)]; }
  // Without the section's name; empty if there are no names.
  std::vector<uint8_t> encode() const;
  // Nothing unless encode() gives these bytes again and the indices are in ascending order.
  static std::optional<Names> decode(std::span<const uint8_t> contents);
};

}  // namespace ermine::component

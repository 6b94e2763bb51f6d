// The contents of a name section. The parser collects them from identifiers and writes them at the end; the printer
// uses them to find out whether the parser would write a module's name section again. (Specification 3.0, appendix
// "Custom Sections", with the extended-name-section proposal's maps.)
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "binary/encoder.h"

namespace ermine::text {

// Subsections that map one index to a name, in the order of their ids.
enum class NameSpace : uint8_t { kFunc, kType, kTable, kMemory, kGlobal, kElem, kData, kTag };
inline constexpr unsigned kNameSpaceCount = 8;

struct NameEntry {
  uint32_t index;
  std::string_view name;
};
struct IndirectNameEntry {
  uint32_t outer;
  uint32_t inner;
  std::string_view name;
};

struct ModuleNames {
  bool has_module = false;
  std::string_view module;
  std::array<std::vector<NameEntry>, kNameSpaceCount> spaces;
  std::vector<IndirectNameEntry> locals, labels, fields;  // sorted by outer, then inner

  bool empty() const;
  // The contents of the section, its name not included.
  std::vector<uint8_t> encode() const;
};

}  // namespace ermine::text

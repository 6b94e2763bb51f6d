// SourceMap: where in a text the parts of the module come from that it assembles to. Filled by a parser that is asked
// to (ParseOptions::source_map), which is done only when an error of the module is to be shown in its text.
//
// Offsets count within the contents of a section, behind the number of its entries: so they are known while the
// sections before it are still growing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "binary/encoder.h"

namespace ermine::text {

class SourceMap {
 public:
  // What begins there, an entry or an instruction, comes from `at` in the text.
  void add(binary::Section section, size_t offset, const char* at) {
    marks_[static_cast<unsigned>(section)].emplace_back(offset, at);
  }
  // Where the byte at `offset` of the module comes from. Null if that is not known.
  const char* find(std::span<const uint8_t> module, uint64_t offset) const;

 private:
  std::array<std::vector<std::pair<size_t, const char*>>, binary::kSectionCount> marks_;
};

}  // namespace ermine::text

// SourceMap maps the bytes of a module to the places in the text that they were assembled from. A parser fills it on
// request (ParseOptions::source_map), which happens only if an error of the module is to be shown in its text.
//
// Offsets count within the contents of a section, after the number of its entries. They are therefore known while
// earlier sections still grow.
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
  // The entry or instruction that begins there comes from `at` in the text.
  void add(binary::Section section, size_t offset, const char* at) {
    marks_[static_cast<unsigned>(section)].emplace_back(offset, at);
  }
  // The place in the text that the byte at `offset` of the module comes from. Null if it is not known.
  const char* find(std::span<const uint8_t> module, uint64_t offset) const;

 private:
  std::array<std::vector<std::pair<size_t, const char*>>, binary::kSectionCount> marks_;
};

}  // namespace ermine::text

#include "text/source_map.h"

#include <algorithm>

namespace ermine::text {

namespace {

constexpr size_t kHeader = 8;  // magic and version

// A LEB128 number as the encoder writes it, which uses the shortest form.
uint64_t read_leb(std::span<const uint8_t> bytes, size_t& at) {
  uint64_t value = 0;
  for (unsigned shift = 0; at < bytes.size() && shift < 64; shift += 7) {
    const uint8_t byte = bytes[at++];
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) break;
  }
  return value;
}

}  // namespace

const char* SourceMap::find(std::span<const uint8_t> module, uint64_t offset) const {
  using binary::Section;
  for (size_t at = kHeader; at < module.size();) {
    const uint8_t id = module[at++];
    const uint64_t size = read_leb(module, at);
    const uint64_t end = at + size;
    if (offset >= end) {
      at = end;
      continue;
    }
    const auto found = std::ranges::find(binary::kSectionIds, id);
    if (found == binary::kSectionIds.end()) return nullptr;
    const auto section = static_cast<unsigned>(found - binary::kSectionIds.begin());
    if (section != static_cast<unsigned>(Section::kStart) && section != static_cast<unsigned>(Section::kDataCount))
      (void)read_leb(module, at);
    const size_t within = offset > at ? offset - at : 0;
    // The last mark at or before the offset; of several with the same offset the first, which is the most specific one.
    const std::pair<size_t, const char*>* best = nullptr;
    for (const auto& mark : marks_[section])
      if (mark.first <= within && (best == nullptr || mark.first > best->first)) best = &mark;
    return best != nullptr ? best->second : nullptr;
  }
  return nullptr;
}

}  // namespace ermine::text

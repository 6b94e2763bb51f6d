// ModuleEncoder: assembles the sections. See encoder.h.
#include "binary/encoder.h"

#include <algorithm>

namespace ermine::binary {

size_t ModuleEncoder::custom(std::string_view name, std::span<const uint8_t> contents, CustomPlace place) {
  unsigned position = 0;
  unsigned s = static_cast<unsigned>(place.section);
  switch (place.where) {
    case CustomPlace::kFirst: position = 0; break;
    case CustomPlace::kBefore: position = 1 + 2 * s; break;
    case CustomPlace::kAfter: position = 2 + 2 * s; break;
    case CustomPlace::kLast: position = 1 + 2 * kSectionCount; break;
  }
  customs_.push_back({std::string(name), {contents.begin(), contents.end()}, position, customs_.size()});
  return customs_.size() - 1;
}

std::vector<uint8_t> ModuleEncoder::finish() {
  std::sort(customs_.begin(), customs_.end(), [](const Custom& a, const Custom& b) {
    return a.position != b.position ? a.position < b.position : a.order < b.order;
  });
  size_t total = 8;
  for (const Part& part : parts_) total += part.body.size() + 11;
  for (const Custom& custom : customs_) total += custom.name.size() + custom.contents.size() + 11;

  ByteBuffer out;
  out.reserve(total);
  out.bytes(std::string_view("\0asm\1\0\0\0", 8));
  auto next_custom = customs_.begin();
  auto write_customs = [&](unsigned up_to) {
    for (; next_custom != customs_.end() && next_custom->position <= up_to; ++next_custom) {
      ByteBuffer name;
      name.name(next_custom->name);
      out.u8(0);
      out.leb(name.size() + next_custom->contents.size());
      out.bytes(name.view());
      out.bytes(next_custom->contents);
    }
  };
  for (unsigned s = 0; s < kSectionCount; ++s) {
    write_customs(1 + 2 * s);
    const Part& part = parts_[s];
    if (part.count == 0 && part.body.empty()) continue;
    bool is_vector = part.count != 0;
    ByteBuffer count;
    if (is_vector) count.leb(part.count);
    out.u8(kSectionIds[s]);
    out.leb(count.size() + part.body.size());
    out.bytes(count.view());
    out.bytes(part.body.view());
  }
  write_customs(~0u);
  parts_ = {};
  customs_.clear();
  return out.take();
}

}  // namespace ermine::binary

// See names.h.
#include "component/text/names.h"

#include <algorithm>

#include "base/leb128.h"
#include "base/utf8.h"

namespace ermine::component {

namespace {

void subsection(binary::ByteBuffer& out, uint8_t id, const binary::ByteBuffer& contents) {
  out.u8(id);
  out.leb(contents.size());
  out.bytes(contents.view());
}

// Reads what encode() writes. After an error it is at its end and returns zeros.
class Cursor {
 public:
  explicit Cursor(std::span<const uint8_t> bytes) : p_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  bool at_end() const { return p_ == end_; }
  bool ok() const { return ok_; }
  uint8_t byte() {
    if (p_ == end_) return fail(), uint8_t{0};
    return *p_++;
  }
  uint32_t u32() {
    uint64_t value = 0;
    base::ReadStatus status{};
    const uint8_t* next = base::read_leb(p_, end_, 32, false, value, status);
    if (next == nullptr) return fail(), 0;
    p_ = next;
    return static_cast<uint32_t>(value);
  }
  std::string_view name() {
    const uint32_t size = u32();
    if (size > static_cast<size_t>(end_ - p_)) return fail(), std::string_view();
    const std::string_view out(reinterpret_cast<const char*>(p_), size);
    p_ += size;
    if (!base::is_utf8(out)) fail();
    return out;
  }

 private:
  void fail() {
    ok_ = false;
    p_ = end_;
  }
  const uint8_t* p_;
  const uint8_t* end_;
  bool ok_ = true;
};

}  // namespace

std::vector<uint8_t> Names::encode() const {
  binary::ByteBuffer out;
  if (component.data() != nullptr) {
    binary::ByteBuffer contents;
    contents.name(component);
    subsection(out, 0, contents);
  }
  for (unsigned i = 0; i < kSorts; ++i) {
    if (sorts[i].empty()) continue;
    binary::ByteBuffer contents;
    if (is_core(static_cast<Sort>(i))) contents.u8(0);
    contents.u8(sort_code(static_cast<Sort>(i)));
    contents.leb(sorts[i].size());
    for (const text::NameEntry& entry : sorts[i]) {
      contents.leb(entry.index);
      contents.name(entry.name);
    }
    subsection(out, 1, contents);
  }
  return out.take();
}

std::optional<Names> Names::decode(std::span<const uint8_t> contents) {
  Names out;
  Cursor in(contents);
  while (!in.at_end()) {
    const uint8_t id = in.byte();
    in.u32();
    if (id == 0) {
      out.component = in.name();
      continue;
    }
    uint8_t code = in.byte();
    const bool core = code == 0;
    if (core) code = in.byte();
    const std::optional<Sort> sort = sort_from_code(code, core);
    if (id != 1 || !sort) return std::nullopt;
    for (uint32_t n = in.u32(); n > 0 && in.ok(); --n) {
      const uint32_t index = in.u32();
      if (!out.of(*sort).empty() && out.of(*sort).back().index >= index) return std::nullopt;
      out.of(*sort).push_back({index, in.name()});
    }
  }
  if (!in.ok() || !std::ranges::equal(out.encode(), contents)) return std::nullopt;
  return out;
}

}  // namespace ermine::component

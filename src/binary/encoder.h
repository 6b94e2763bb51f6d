// Writes binary modules: integers and names into a ByteBuffer, sections into a ModuleEncoder.
//
// The encoder writes its input in the canonical form (shortest LEB128s, sections in the specification's order, each
// section at most once) and does not validate it. Used by the text front-end and by tests. (Specification 3.0, section
// 5.5.)
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wasm/opcodes.h"

namespace ermine::binary {

class ByteBuffer {
 public:
  void u8(uint8_t b) { bytes_.push_back(b); }
  void bytes(std::span<const uint8_t> data) { bytes_.insert(bytes_.end(), data.begin(), data.end()); }
  void bytes(std::string_view data) { bytes({reinterpret_cast<const uint8_t*>(data.data()), data.size()}); }

  // Unsigned LEB128 of any width.
  void leb(uint64_t v) {
    while (v >= 0x80) {
      bytes_.push_back(static_cast<uint8_t>(v) | 0x80);
      v >>= 7;
    }
    bytes_.push_back(static_cast<uint8_t>(v));
  }
  // Signed LEB128 of any width.
  void sleb(int64_t v) {
    while (v < -0x40 || v > 0x3F) {
      bytes_.push_back((static_cast<uint8_t>(v) & 0x7F) | 0x80);
      v >>= 7;
    }
    bytes_.push_back(static_cast<uint8_t>(v) & 0x7F);
  }
  void name(std::string_view s) {
    leb(s.size());
    bytes(s);
  }
  template <class T>  // little-endian, as in the whole format
  void fixed(T v) {
    static_assert(std::endian::native == std::endian::little);
    auto raw = std::bit_cast<std::array<uint8_t, sizeof(T)>>(v);
    bytes_.insert(bytes_.end(), raw.begin(), raw.end());
  }
  void opcode(wasm::Op op) { opcode(wasm::op_info(op).code); }
  void opcode(uint32_t code) {
    if (code < 0x100) return u8(static_cast<uint8_t>(code));
    u8(static_cast<uint8_t>(code >> 16));
    leb(code & 0xFFFF);
  }

  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  void clear() { bytes_.clear(); }
  void truncate(size_t n) { bytes_.resize(n); }
  void reserve(size_t n) { bytes_.reserve(n); }
  std::span<const uint8_t> view() const { return bytes_; }
  std::span<const uint8_t> from(size_t start) const { return std::span(bytes_).subspan(start); }
  std::vector<uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

// The non-custom sections in the order a module has them, with their ids in the binary format.
enum class Section : uint8_t {
  kType,
  kImport,
  kFunction,
  kTable,
  kMemory,
  kTag,
  kGlobal,
  kExport,
  kStart,
  kElem,
  kDataCount,
  kCode,
  kData,
};
inline constexpr unsigned kSectionCount = 13;
inline constexpr std::array<uint8_t, kSectionCount> kSectionIds = {1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11};

// The position of a custom section. The default is the end of the module.
struct CustomPlace {
  enum Where : uint8_t { kFirst, kBefore, kAfter, kLast } where = kLast;
  Section section = Section::kType;  // for kBefore and kAfter
};

class ModuleEncoder {
 public:
  // The contents of a section that is a vector: append one element to `entry(s)` and it is counted.
  ByteBuffer& entry(Section s) {
    ++part(s).count;
    return part(s).body;
  }
  // The contents themselves, for appending to the last entry, or for kStart and kDataCount, which are not vectors.
  ByteBuffer& body(Section s) { return part(s).body; }
  uint32_t count(Section s) const { return parts_[static_cast<unsigned>(s)].count; }
  // Custom sections at the same position keep the order in which they were added. The returned number is for
  // set_custom(), which fills a section whose position was reserved.
  size_t custom(std::string_view name, std::span<const uint8_t> contents, CustomPlace place = {});
  void set_custom(size_t number, std::vector<uint8_t> contents) { customs_[number].contents = std::move(contents); }

  // The whole module. The encoder is empty afterwards.
  std::vector<uint8_t> finish();

 private:
  struct Part {
    ByteBuffer body;
    uint32_t count = 0;
  };
  struct Custom {
    std::string name;
    std::vector<uint8_t> contents;
    unsigned position;  // 2 * section before it, 2 * section + 1 after it; counted from 1 so that 0 is the front
    size_t order;
  };
  Part& part(Section s) { return parts_[static_cast<unsigned>(s)]; }
  std::array<Part, kSectionCount> parts_;
  std::vector<Custom> customs_;
};

}  // namespace ermine::binary

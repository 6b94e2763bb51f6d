#include "base/leb128.h"

namespace ermine::base {

std::string_view read_status_message(ReadStatus status) {
  switch (status) {
    case ReadStatus::kOk: return "no error";
    case ReadStatus::kUnexpectedEnd: return "unexpected end of section or function";
    case ReadStatus::kTooLong: return "integer representation too long";
    case ReadStatus::kTooLarge: return "integer too large";
    case ReadStatus::kLengthOutOfBounds: return "length out of bounds";
    case ReadStatus::kBadUtf8: return "malformed UTF-8 encoding";
  }
  return "malformed";
}

const uint8_t* read_leb(const uint8_t* p, const uint8_t* end, unsigned bits, bool is_signed, uint64_t& out,
                        ReadStatus& status) {
  uint64_t value = 0;
  unsigned shift = 0;
  while (true) {
    if (shift >= bits) {
      status = ReadStatus::kTooLong;
      return nullptr;
    }
    if (p >= end) {
      status = ReadStatus::kUnexpectedEnd;
      return nullptr;
    }
    const uint8_t byte = *p++;
    const unsigned left = bits - shift;  // value bits not read yet
    if (left < 7) {
      const unsigned unused = is_signed ? (0x7Fu << (left - 1)) & 0x7F : (0x7Fu << left) & 0x7F;
      const unsigned got = byte & unused;
      if (got != 0 && !(is_signed && got == unused)) {
        status = ReadStatus::kTooLarge;
        return nullptr;
      }
    }
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    shift += 7;
    if (byte & 0x80) continue;
    if (is_signed && (byte & 0x40) && shift < 64) value |= ~uint64_t{0} << shift;
    out = value;
    return p;
  }
}

}  // namespace ermine::base

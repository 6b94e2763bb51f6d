// LEB128 integers of WebAssembly (specification, section 5.2.2): at most ceil(N/7) bytes, and the bits of the last byte
// beyond N must be zero, or copies of the sign. The readers never look at or past `end`. They return the position after
// the integer, or null with a status if the integer is malformed.
#pragma once

#include <cstdint>
#include <string_view>

namespace ermine::base {

enum class ReadStatus : uint8_t { kOk, kUnexpectedEnd, kTooLong, kTooLarge, kLengthOutOfBounds, kBadUtf8 };

// The wording of the official test scripts.
std::string_view read_status_message(ReadStatus status);

// `bits` is 7, 8, 32, 33 or 64. Signed results are sign-extended to 64 bits.
const uint8_t* read_leb(const uint8_t* p, const uint8_t* end, unsigned bits, bool is_signed, uint64_t& out,
                        ReadStatus& status);

}  // namespace ermine::base

// LEB128 integers as WebAssembly has them (specification, section 5.2.2): at most ceil(N/7) bytes, and
// the bits of the last byte beyond N must be zero, or copies of the sign. The readers here never look at
// or past `end`; they give back the position after the integer, and null with a status when it is broken.
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

// Converts numbers of the text format (specification 3.0, sections 6.3.1 and 6.3.2) from the characters of a token to
// bits: underscores, hexadecimal integers and floats, infinities and NaN payloads. Floats are correctly rounded (to
// nearest, ties to even) directly to their own format.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ermine::text {

enum class NumberStatus : uint8_t {
  kOk,
  kMalformed,   // not a number of this kind
  kOutOfRange,
};

// An unsigned number without sign, of `bits` bits (8 to 64).
NumberStatus parse_unsigned(std::string_view text, unsigned bits, uint64_t& out);
// An integer constant: either signedness, as iN.const takes. The result has `bits` significant bits.
NumberStatus parse_integer(std::string_view text, unsigned bits, uint64_t& out);

NumberStatus parse_f32(std::string_view text, uint32_t& out);
NumberStatus parse_f64(std::string_view text, uint64_t& out);

// The shortest text that parses back to the same bits; NaNs with their payload.
void print_f32(std::string& out, uint32_t bits);
void print_f64(std::string& out, uint64_t bits);

}  // namespace ermine::text

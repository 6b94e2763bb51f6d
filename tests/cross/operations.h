// Operations that leave a number of 32 bits (or less) in a register: instructions and ways of passing values on, with
// their results in plain C++. They are deliberately written a second time: nothing is shared with the engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ermine::cross {

// A value's bits; those of fewer than 64 bits are zero-extended.
using Bits = uint64_t;

struct Operation {
  std::string group;     // i32, i64, float, vector, passing
  std::string text;      // an expression with the operands %a and %b
  std::string operands;  // their types: i l f d
  char result;
  // Nothing: it traps, or the result is a NaN with unspecified bits.
  std::optional<Bits> (*value)(Bits a, Bits b);
};

const std::vector<Operation>& operations();

// The constants at the ends of widths and signs: 0, ±1, ±2^7, ±2^15, ±2^30, ±2^31, ±2^32 and their neighbours, as far
// as they fit the type.
const std::vector<Bits>& edges(char type);
std::string constant(char type, Bits bits);
std::string_view type_name(char type);

// `text` with every `what` replaced.
std::string replaced(std::string text, std::string_view what, std::string_view by);

}  // namespace ermine::cross

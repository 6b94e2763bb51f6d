#include "cli/values.h"

#include <fmt/format.h>

#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <type_traits>

#include "base/format.h"

namespace ermine::cli {
namespace {

Error bad(const std::string& text, const ValType& type) {
  std::string_view form;
  if (type.kind() == ValKind::kV128) form = ", which is written 0x and up to 32 hexadecimal digits";
  if (type.kind() == ValKind::kRef)
    form = type.nullable() ? ", of which only null can be written here" : ", which cannot be written here";
  return Error(ErrorKind::kUsage, base::format("'{}' is not a value of type {}{:t}", text, type.to_string(), form));
}

// Any number whose value fits as signed or as unsigned, as two's complement.
template <class U>
bool parse_integer(const std::string& text, U& value) {
  if (text.empty()) return false;
  bool negative = text[0] == '-';
  std::string digits = text.substr(negative || text[0] == '+' ? 1 : 0);
  std::erase(digits, '_');
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return false;
  int base = digits.starts_with("0x") || digits.starts_with("0X") ? 16 : 10;
  errno = 0;
  char* end = nullptr;
  uint64_t magnitude = std::strtoull(digits.c_str(), &end, base);
  if (errno != 0 || *end != '\0') return false;
  if (negative ? magnitude > uint64_t{1} << (sizeof(U) * 8 - 1) : magnitude > std::numeric_limits<U>::max())
    return false;
  value = static_cast<U>(negative ? 0 - magnitude : magnitude);
  return true;
}

// The layout of a float.
template <class F>
struct Layout {
  using Bits = std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t>;
  static constexpr unsigned kFraction = std::numeric_limits<F>::digits - 1;
  static constexpr Bits kPayload = (Bits{1} << kFraction) - 1, kQuiet = Bits{1} << (kFraction - 1);
  static constexpr Bits kSign = Bits{1} << (sizeof(F) * 8 - 1), kInfinity = ~kPayload & ~kSign;
};

// The text format's floats: decimal or hexadecimal, with underscores between digits, inf, nan, nan:0x…
template <class F>
bool parse_float(const std::string& text, F& value) {
  using L = Layout<F>;
  using Bits = typename L::Bits;
  const bool negative = text.starts_with('-');
  std::string number = text.substr(negative || text.starts_with('+') ? 1 : 0);
  const Bits sign = negative ? L::kSign : 0;
  if (number == "inf" || number == "nan") {
    value = std::bit_cast<F>(sign | L::kInfinity | (number == "nan" ? L::kQuiet : Bits{0}));
    return true;
  }
  if (number.starts_with("nan:0x")) {
    Bits payload;
    if (!parse_integer(number.substr(4), payload) || payload == 0 || payload > L::kPayload) return false;
    value = std::bit_cast<F>(sign | L::kInfinity | payload);
    return true;
  }
  // Other forms that the C library accepts as numbers are errors.
  if (number.empty() || number[0] < '0' || number[0] > '9') return false;
  std::erase(number, '_');
  char* end = nullptr;
  if constexpr (sizeof(F) == 4) value = std::strtof(number.c_str(), &end);
  else value = std::strtod(number.c_str(), &end);
  if (*end != '\0' || std::isinf(value)) return false;  // greater than the largest finite number
  value = negative ? -value : value;
  return true;
}

// In the text format: the shortest decimal for this number, or the NaN with its payload.
template <class F>
std::string print_float(F value) {
  using L = Layout<F>;
  const auto bits = std::bit_cast<typename L::Bits>(value);
  if (!std::isnan(value)) return fmt::format("{}", value);
  const auto payload = bits & L::kPayload;
  return std::string((bits & L::kSign) != 0 ? "-nan" : "nan") +
         (payload == L::kQuiet ? std::string() : fmt::format(":{:#x}", payload));
}

bool parse_vector(const std::string& text, V128& value) {
  if (!text.starts_with("0x") || text.size() < 3 || text.size() > 34) return false;
  int nibble = 0;
  for (size_t i = text.size(); i > 2; --i, ++nibble) {
    char c = text[i - 1];
    int digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
    if (digit < 0) return false;
    value.bytes[static_cast<size_t>(nibble / 2)] |= static_cast<uint8_t>(digit << (nibble % 2 * 4));
  }
  return true;
}

}  // namespace

Result<Val> parse_value(StoreRef, const ValType& type, const std::string& text) {
  switch (type.kind()) {
    case ValKind::kI32: {
      uint32_t v;
      if (parse_integer(text, v)) return Val(v);
      break;
    }
    case ValKind::kI64: {
      uint64_t v;
      if (parse_integer(text, v)) return Val(v);
      break;
    }
    case ValKind::kF32: {
      float v;
      if (parse_float(text, v)) return Val(v);
      break;
    }
    case ValKind::kF64: {
      double v;
      if (parse_float(text, v)) return Val(v);
      break;
    }
    case ValKind::kV128: {
      V128 v;
      if (parse_vector(text, v)) return Val(v);
      break;
    }
    case ValKind::kRef:
      if (text == "null" && type.nullable()) return Val::default_of(type);
      break;
  }
  return bad(text, type);
}

std::string print_value(const Val& value) {
  switch (value.kind()) {
    case ValKind::kI32: return fmt::format("{}", value.i32());
    case ValKind::kI64: return fmt::format("{}", value.i64());
    case ValKind::kF32: return print_float(value.f32());
    case ValKind::kF64: return print_float(value.f64());
    case ValKind::kV128: {
      std::string text = "0x";
      V128 v = value.v128();
      for (size_t i = 16; i > 0; --i) text += fmt::format("{:02x}", v.bytes[i - 1]);
      return text;
    }
    case ValKind::kRef: return value.is_null() ? "null" : "<" + value.type().to_string() + ">";
  }
  return "?";
}

}  // namespace ermine::cli

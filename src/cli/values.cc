#include "cli/values.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <limits>

#include "base/format.h"

namespace ermine::cli {
namespace {

Error bad(const std::string& text, const ValType& type) {
  return Error(ErrorKind::kUsage, base::format("'{}' is not a value of type {}", text, type.to_string()));
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

template <class F>
bool parse_float(const std::string& text, F& value) {
  if (text.empty()) return false;
  char* end = nullptr;
  if constexpr (sizeof(F) == 4) value = std::strtof(text.c_str(), &end);
  else value = std::strtod(text.c_str(), &end);
  return *end == '\0';
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
    case ValKind::kF32: return fmt::format("{}", value.f32());
    case ValKind::kF64: return fmt::format("{}", value.f64());
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

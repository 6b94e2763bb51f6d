// Number conversions. See number.h.
#include "text/number.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace ermine::text {

namespace {

int digit_of(char c, unsigned base) {
  int value = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : 99;
  return value < static_cast<int>(base) ? value : -1;
}

// Reads digits with single underscores between them. `overflow` if they exceed 64 bits.
NumberStatus parse_magnitude(std::string_view s, uint64_t& out) {
  unsigned base = 10;
  if (s.size() > 1 && s[0] == '0' && s[1] == 'x') {
    base = 16;
    s.remove_prefix(2);
  }
  if (s.empty()) return NumberStatus::kMalformed;
  uint64_t value = 0;
  bool digit_before = false, overflow = false;
  for (char c : s) {
    if (c == '_') {
      if (!digit_before) return NumberStatus::kMalformed;
      digit_before = false;
      continue;
    }
    int digit = digit_of(c, base);
    if (digit < 0) return NumberStatus::kMalformed;
    digit_before = true;
    overflow |= __builtin_mul_overflow(value, base, &value);
    overflow |= __builtin_add_overflow(value, static_cast<uint64_t>(digit), &value);
  }
  if (!digit_before) return NumberStatus::kMalformed;
  out = value;
  return overflow ? NumberStatus::kOutOfRange : NumberStatus::kOk;
}

template <class Bits>
struct Format;
template <>
struct Format<uint32_t> {
  using Float = float;
  static constexpr int kMantissaBits = 23, kMaxExponent = 127;
};
template <>
struct Format<uint64_t> {
  using Float = double;
  static constexpr int kMantissaBits = 52, kMaxExponent = 1023;
};

// The decimal exponent after an e or p: optional sign, digits, underscores between. Saturates.
bool parse_exponent(std::string_view s, int64_t& out) {
  bool negative = false;
  if (!s.empty() && (s[0] == '+' || s[0] == '-')) {
    negative = s[0] == '-';
    s.remove_prefix(1);
  }
  int64_t value = 0;
  bool digit_before = false;
  for (char c : s) {
    if (c == '_') {
      if (!digit_before) return false;
      digit_before = false;
      continue;
    }
    if (c < '0' || c > '9') return false;
    digit_before = true;
    if (value < 1'000'000'000'000) value = value * 10 + (c - '0');
  }
  out = negative ? -value : value;
  return digit_before;
}

// Splits "digits[.digits][(e|p)exponent]" and checks digits and underscores.
struct FloatParts {
  std::string_view whole, fraction;
  int64_t exponent = 0;
};

bool check_digits(std::string_view s, unsigned base) {
  bool digit_before = false;
  for (char c : s) {
    if (c == '_') {
      if (!digit_before) return false;
      digit_before = false;
    } else {
      if (digit_of(c, base) < 0) return false;
      digit_before = true;
    }
  }
  return digit_before;
}

bool split_float(std::string_view s, unsigned base, FloatParts& parts) {
  size_t e = s.find_first_of(base == 16 ? "pP" : "eE");
  if (e != s.npos) {
    if (!parse_exponent(s.substr(e + 1), parts.exponent)) return false;
    s = s.substr(0, e);
  }
  size_t dot = s.find('.');
  parts.whole = s.substr(0, dot);
  if (dot != s.npos) parts.fraction = s.substr(dot + 1);
  return check_digits(parts.whole, base) && (parts.fraction.empty() || check_digits(parts.fraction, base));
}

// Hexadecimal floats: collect 64 significant bits, remember whether any were lost, round once.
template <class Bits>
NumberStatus parse_hex_float(std::string_view s, Bits& out) {
  using F = Format<Bits>;
  FloatParts parts;
  if (!split_float(s, 16, parts)) return NumberStatus::kMalformed;
  uint64_t mantissa = 0;
  bool sticky = false;
  int64_t exponent = parts.exponent;  // of the mantissa's lowest bit
  auto add = [&](std::string_view digits, bool fraction) {
    for (char c : digits) {
      if (c == '_') continue;
      auto digit = static_cast<uint64_t>(digit_of(c, 16));
      if (mantissa >> 60 == 0) {
        mantissa = mantissa << 4 | digit;
        if (fraction) exponent -= 4;
      } else {
        sticky |= digit != 0;
        if (!fraction) exponent += 4;
      }
    }
  };
  add(parts.whole, false);
  add(parts.fraction, true);
  if (mantissa == 0) {
    out = 0;
    return NumberStatus::kOk;
  }
  int shift = std::countl_zero(mantissa);
  mantissa <<= shift;
  exponent -= shift;
  // The value is mantissa * 2^exponent with the top bit set: its exponent in scientific form is exponent + 63.
  int64_t scientific = exponent + 63;
  if (scientific > F::kMaxExponent) return NumberStatus::kOutOfRange;
  int64_t min_exponent = 1 - F::kMaxExponent;
  int drop = 63 - F::kMantissaBits;  // bits below the last one kept
  if (scientific < min_exponent) drop = static_cast<int>(std::min<int64_t>(drop + (min_exponent - scientific), 65));
  uint64_t kept = drop > 63 ? 0 : mantissa >> drop;
  bool half = drop <= 64 && (mantissa >> (drop - 1) & 1);
  bool rest = sticky || (drop > 64 ? mantissa != 0 : drop > 1 && (mantissa << (65 - drop)) != 0);
  if (half && (rest || (kept & 1))) ++kept;
  // Adding instead of or-ing lets a carry of the rounding propagate into the exponent.
  Bits bits = static_cast<Bits>(kept);
  if (scientific >= min_exponent) bits += static_cast<Bits>(scientific - min_exponent) << F::kMantissaBits;
  if (bits >> F::kMantissaBits >= static_cast<Bits>(2 * F::kMaxExponent + 1)) return NumberStatus::kOutOfRange;
  out = bits;
  return NumberStatus::kOk;
}

template <class Bits>
NumberStatus parse_decimal_float(std::string_view s, Bits& out) {
  using Float = typename Format<Bits>::Float;
  FloatParts parts;
  if (!split_float(s, 10, parts)) return NumberStatus::kMalformed;
  char small[64];
  std::string large;
  const char* begin = s.data();
  const char* end = s.data() + s.size();
  if (s.find('_') != s.npos) {
    char* p = small;
    if (s.size() > sizeof small) {
      large.resize(s.size());
      p = large.data();
    }
    begin = p;
    for (char c : s)
      if (c != '_') *p++ = c;
    end = p;
  }
  // from_chars accepts no sign in front; it accepts a '+' in the exponent, and "1." and "1.e3".
  Float value = 0;
  auto [rest, error] = std::from_chars(begin, end, value);
  if (error == std::errc::result_out_of_range) {
    // Too large or too small? The decimal exponent of the first significant digit decides.
    int64_t magnitude = parts.exponent;
    size_t first = parts.whole.find_first_not_of("0_");
    if (first != parts.whole.npos) {
      for (char c : parts.whole.substr(first)) magnitude += c != '_';
    } else {
      for (char c : parts.fraction) {
        if (c == '_') continue;
        if (c != '0') break;
        --magnitude;
      }
    }
    if (magnitude > 0) return NumberStatus::kOutOfRange;
    value = 0;
  } else if (error != std::errc() || rest != end) {
    return NumberStatus::kMalformed;
  }
  if (std::isinf(value)) return NumberStatus::kOutOfRange;
  out = std::bit_cast<Bits>(value);
  return NumberStatus::kOk;
}

template <class Bits>
NumberStatus parse_float(std::string_view s, Bits& out) {
  using F = Format<Bits>;
  constexpr Bits kInfinity = static_cast<Bits>(2 * F::kMaxExponent + 1) << F::kMantissaBits;
  Bits sign = 0;
  if (!s.empty() && (s[0] == '+' || s[0] == '-')) {
    if (s[0] == '-') sign = Bits{1} << (sizeof(Bits) * 8 - 1);
    s.remove_prefix(1);
  }
  NumberStatus status = NumberStatus::kOk;
  if (s == "inf") {
    out = kInfinity;
  } else if (s == "nan") {
    out = kInfinity | Bits{1} << (F::kMantissaBits - 1);
  } else if (s.starts_with("nan:")) {
    uint64_t payload;
    if (!s.starts_with("nan:0x")) return NumberStatus::kMalformed;
    status = parse_magnitude(s.substr(4), payload);
    if (status == NumberStatus::kOk && (payload == 0 || payload >> F::kMantissaBits != 0))
      status = NumberStatus::kOutOfRange;
    out = kInfinity | static_cast<Bits>(payload);
  } else if (s.starts_with("0x")) {
    status = parse_hex_float<Bits>(s.substr(2), out);
  } else if (!s.empty() && s[0] >= '0' && s[0] <= '9') {
    status = parse_decimal_float<Bits>(s, out);
  } else {
    return NumberStatus::kMalformed;
  }
  out |= sign;
  return status;
}

}  // namespace

NumberStatus parse_unsigned(std::string_view text, unsigned bits, uint64_t& out) {
  NumberStatus status = parse_magnitude(text, out);
  if (status == NumberStatus::kOk && bits < 64 && out >> bits != 0) return NumberStatus::kOutOfRange;
  return status;
}

NumberStatus parse_integer(std::string_view text, unsigned bits, uint64_t& out) {
  bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  NumberStatus status = parse_magnitude(text, out);
  if (status != NumberStatus::kOk) return status;
  if (!negative) return bits < 64 && out >> bits != 0 ? NumberStatus::kOutOfRange : NumberStatus::kOk;
  if (out > uint64_t{1} << (bits - 1)) return NumberStatus::kOutOfRange;
  out = (0 - out) & (bits < 64 ? (uint64_t{1} << bits) - 1 : ~uint64_t{0});
  return NumberStatus::kOk;
}

NumberStatus parse_f32(std::string_view text, uint32_t& out) { return parse_float<uint32_t>(text, out); }
NumberStatus parse_f64(std::string_view text, uint64_t& out) { return parse_float<uint64_t>(text, out); }

}  // namespace ermine::text

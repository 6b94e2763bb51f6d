#include "base/format.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/utf8.h"

namespace ermine::base {

void FormatArg::append_to(std::string& out, std::string_view spec) const {
  bool zeros = false, prefix = false, hex = false, whole = false;
  unsigned width = 0;
  for (char c : spec) {
    if (c == '#') prefix = true;
    else if (c == 'x') hex = true;
    else if (c == 't') whole = true;
    else if (c == '0' && width == 0) zeros = true;
    else if (c >= '0' && c <= '9') width = width * 10 + static_cast<unsigned>(c - '0');
  }
  char digits[20];
  std::string_view text;
  if (size_ < kSigned) {
    text = {reinterpret_cast<const char*>(bits_), size_};
  } else {
    uint64_t v = bits_;
    const bool negative = size_ == kSigned && static_cast<int64_t>(v) < 0;
    if (negative) v = -v;
    char* p = digits + sizeof digits;
    const unsigned base = hex ? 16 : 10;
    do *--p = "0123456789abcdef"[v % base];
    while (v /= base);
    text = {p, static_cast<size_t>(digits + sizeof digits - p)};
    if (negative) out += '-';
    if (prefix) out += "0x";
  }
  if (text.size() < width) out.append(width - text.size(), zeros ? '0' : ' ');
  if (size_ < kSigned && !whole) append_printable(out, text);
  else out += text;
}

std::string format_args(const char* pattern, const FormatArg* args) {
  std::string out;
  for (const char* p = pattern; *p; ++p) {
    if (*p != '{') {
      out += *p;
      continue;
    }
    const char* spec = p + 1;
    while (*p != '}') ++p;
    args++->append_to(out, {spec, static_cast<size_t>(p - spec)});
  }
  return out;
}

namespace {

// The fewest digits that read as the number, in double or single precision.
std::string shortest_of(double v, bool single) {
  if (std::isinf(v)) return v < 0 ? "-inf" : "inf";
  if (std::isnan(v)) return "nan";
  char text[32];  // "-d.ddde-308"
  for (int precision = 0; precision < 17; ++precision) {
    std::snprintf(text, sizeof text, "%.*e", precision, v);
    if ((single ? std::strtof(text, nullptr) : std::strtod(text, nullptr)) == v) break;
  }
  std::string out, digits;
  const char* p = text;
  if (*p == '-') out += *p++;
  for (; *p != 'e'; ++p)
    if (*p >= '0' && *p <= '9') digits += *p;
  const int exponent = std::atoi(p + 1);
  const int last = static_cast<int>(digits.size()) - 1;
  if (exponent < -4 || exponent >= 16) {
    if (last > 0) digits.insert(1, 1, '.');
    return out + digits + p;
  }
  if (exponent < 0) return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  if (exponent >= last) return out + digits + std::string(static_cast<size_t>(exponent - last), '0');
  return out + digits.insert(static_cast<size_t>(exponent) + 1, 1, '.');
}

}  // namespace

std::string shortest(float v) { return shortest_of(v, true); }
std::string shortest(double v) { return shortest_of(v, false); }

}  // namespace ermine::base

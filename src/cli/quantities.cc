#include "cli/quantities.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace ermine::cli {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if ((a[i] | 0x20) != (b[i] | 0x20)) return false;
  return true;
}

}  // namespace

std::optional<uint64_t> parse_count(std::string_view text) {
  std::string digits;
  for (char c : text)
    if (c != '_') digits += c;
  int base = 10;
  std::string_view rest = digits;
  if (rest.starts_with("0x") || rest.starts_with("0X")) {
    base = 16;
    rest.remove_prefix(2);
  }
  uint64_t value = 0;
  auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value, base);
  if (end != rest.data() + rest.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return UINT64_MAX;
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::optional<uint64_t> parse_size(std::string_view text) {
  size_t unit = text.find_first_not_of("0123456789_xXabcdefABCDEF");
  if (!text.starts_with("0x") && !text.starts_with("0X")) unit = text.find_first_not_of("0123456789_");
  std::string_view suffix = unit == text.npos ? std::string_view() : text.substr(unit);
  std::optional<uint64_t> value = parse_count(text.substr(0, unit));
  if (!value) return std::nullopt;
  int shift = 0;
  if (!suffix.empty() && !equal_ignoring_case(suffix, "b")) {
    constexpr std::string_view kUnits = "kmgt";
    size_t at = kUnits.find(static_cast<char>(suffix[0] | 0x20));
    std::string_view tail = suffix.substr(1);
    if (at == kUnits.npos || !(tail.empty() || equal_ignoring_case(tail, "b") || equal_ignoring_case(tail, "ib")))
      return std::nullopt;
    shift = static_cast<int>(at + 1) * 10;
  }
  if (*value > UINT64_MAX >> shift) return UINT64_MAX;
  return *value << shift;
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !(number >= 0)) return std::nullopt;
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  double scale;
  if (unit.empty() || unit == "s") scale = 1e9;
  else if (unit == "ms") scale = 1e6;
  else if (unit == "us" || unit == "µs") scale = 1e3;
  else if (unit == "ns") scale = 1;
  else if (unit == "m" || unit == "min") scale = 60e9;
  else if (unit == "h") scale = 3600e9;
  else return std::nullopt;
  return std::chrono::nanoseconds(static_cast<int64_t>(std::min(number * scale, 9e18)));
}

}  // namespace ermine::cli

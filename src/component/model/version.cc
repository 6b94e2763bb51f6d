// See version.h.
#include "component/model/version.h"

#include <algorithm>

#include "base/format.h"

namespace ermine::component {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_number(std::string_view s) { return !s.empty() && std::all_of(s.begin(), s.end(), is_digit); }

// Removes the part up to the next dot from the front of `rest`.
std::string_view next_part(std::string_view& rest) {
  const size_t dot = rest.find('.');
  const std::string_view part = rest.substr(0, dot);
  rest = dot == rest.npos ? std::string_view() : rest.substr(dot + 1);
  return part;
}

// Nothing wrong: empty.
std::string_view number_problem(std::string_view part, uint64_t& value) {
  if (!is_number(part)) return "it has three numbers that are separated by dots";
  if (part.size() > 1 && part[0] == '0') return "its numbers have no leading zeros";
  value = 0;
  for (const char c : part) {
    const auto digit = static_cast<uint64_t>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return "its numbers have 64 bits";
    value = value * 10 + digit;
  }
  return {};
}

std::string_view identifiers_problem(std::string_view text, bool numbers_are_normal) {
  size_t begin = 0;
  while (true) {
    const size_t end = std::min(text.find('.', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    if (part.empty()) return "an identifier after - or + is empty";
    if (!std::all_of(part.begin(), part.end(), [](char c) { return is_alphanumeric(c) || c == '-'; }))
      return "identifiers after - and + have letters, digits and hyphens";
    if (numbers_are_normal && is_number(part) && part.size() > 1 && part[0] == '0')
      return "numbers after - have no leading zeros";
    if (end == text.size()) return {};
    begin = end + 1;
  }
}

// Section 11.4: numbers in numerical order, before other identifiers; a longer list after its prefix.
std::strong_ordering compare_identifiers(std::string_view a, std::string_view b) {
  while (true) {
    if (a.empty() || b.empty()) return a.size() <=> b.size();
    const std::string_view x = next_part(a), y = next_part(b);
    const bool x_number = is_number(x), y_number = is_number(y);
    if (x_number != y_number) return x_number ? std::strong_ordering::less : std::strong_ordering::greater;
    if (x_number && x.size() != y.size()) return x.size() <=> y.size();
    if (const auto order = x <=> y; order != 0) return order;
  }
}

}  // namespace

Result<Version> Version::parse(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return Error(ErrorKind::kMalformed, base::format("'{}' is not a semantic version: {}", text, why));
  };
  Version v;
  std::string_view rest = text;
  if (const size_t plus = rest.find('+'); plus != rest.npos) {
    v.build = rest.substr(plus + 1);
    rest = rest.substr(0, plus);
    if (const auto why = identifiers_problem(v.build, false); !why.empty()) return bad(why);
  }
  if (const size_t minus = rest.find('-'); minus != rest.npos) {
    v.pre = rest.substr(minus + 1);
    rest = rest.substr(0, minus);
    if (const auto why = identifiers_problem(v.pre, true); !why.empty()) return bad(why);
  }
  if (std::count(rest.begin(), rest.end(), '.') != 2) return bad("it has three numbers that are separated by dots");
  for (uint64_t* number : {&v.major, &v.minor, &v.patch})
    if (const auto why = number_problem(next_part(rest), *number); !why.empty()) return bad(why);
  return v;
}

std::string Version::to_string() const {
  std::string out = std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
  if (!pre.empty()) out += "-" + pre;
  if (!build.empty()) out += "+" + build;
  return out;
}

std::string Version::track() const {
  if (!pre.empty()) return to_string();
  if (major != 0) return std::to_string(major);
  if (minor != 0) return "0." + std::to_string(minor);
  return "0.0." + std::to_string(patch);
}

std::strong_ordering Version::operator<=>(const Version& o) const {
  if (const auto order = major <=> o.major; order != 0) return order;
  if (const auto order = minor <=> o.minor; order != 0) return order;
  if (const auto order = patch <=> o.patch; order != 0) return order;
  if (pre.empty() != o.pre.empty()) return pre.empty() ? std::strong_ordering::greater : std::strong_ordering::less;
  if (const auto order = compare_identifiers(pre, o.pre); order != 0) return order;
  return build <=> o.build;
}

}  // namespace ermine::component

#include "component/validation/extern_names.h"

#include "base/format.h"

namespace ermine::component {

namespace {

constexpr std::string_view kConstructor = "[constructor]", kMethod = "[method]", kStatic = "[static]";

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A label of which every letter has lower case: the words of namespaces and packages.
bool is_words(std::string_view text) {
  for (char c : text)
    if (is_upper(c)) return false;
  return is_kebab_case(text);
}

std::string not_kebab(std::string_view text) { return base::format("`{}` is not in kebab case", text); }

// Semantic Versioning 2.0.0.
class Semver {
 public:
  explicit Semver(std::string_view text) : text_(text) {}

  std::string check() {
    if (text_.empty()) return "empty string, expected a semver version";
    for (const char* part : {"major", "minor", "patch"}) {
      if (at_ > 0) {
        if (at_ == text_.size()) return base::format("unexpected end of input while parsing {} version number", part);
        if (text_[at_] != '.')
          return base::format("unexpected character '{}' in front of the {} version number", text_.substr(at_, 1),
                              part);
        ++at_;
      }
      if (std::string error = number(part); !error.empty()) return error;
    }
    if (at_ < text_.size() && text_[at_] == '-')
      if (std::string error = identifiers("pre-release", true); !error.empty()) return error;
    if (at_ < text_.size() && text_[at_] == '+')
      if (std::string error = identifiers("build metadata", false); !error.empty()) return error;
    if (at_ < text_.size()) return base::format("unexpected character '{}' after the version", text_.substr(at_, 1));
    return {};
  }

 private:
  std::string number(std::string_view part) {
    const size_t from = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    if (at_ == from) {
      if (at_ == text_.size()) return base::format("unexpected end of input while parsing {} version number", part);
      return base::format("unexpected character '{}' while parsing {} version number", text_.substr(at_, 1), part);
    }
    if (text_[from] == '0' && at_ - from > 1) return base::format("invalid leading zero in {} version number", part);
    constexpr std::string_view kLargest = "18446744073709551615";
    if (at_ - from > kLargest.size() || (at_ - from == kLargest.size() && text_.substr(from, at_ - from) > kLargest))
      return base::format("value of {} version number exceeds {}", part, kLargest);
    return {};
  }
  // Identifiers separated by dots, after a sign.
  std::string identifiers(std::string_view what, bool no_leading_zero) {
    do {
      ++at_;
      const size_t from = at_;
      bool digits = true;
      while (at_ < text_.size() &&
             (is_lower(text_[at_]) || is_upper(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '-'))
        digits &= is_digit(text_[at_++]);
      if (at_ == from) return base::format("empty identifier segment in {} identifier", what);
      if (no_leading_zero && digits && text_[from] == '0' && at_ - from > 1)
        return base::format("invalid leading zero in {} identifier", what);
    } while (at_ < text_.size() && text_[at_] == '.');
    return {};
  }

  std::string_view text_;
  size_t at_ = 0;
};

// canonversion: the part of a version that decides about compatibility.
bool is_canonical_version(std::string_view text) {
  const auto positive = [](std::string_view s) {
    if (s.empty() || s[0] == '0') return false;
    for (char c : s)
      if (!is_digit(c)) return false;
    return true;
  };
  if (text == "0.0.0") return true;
  if (text.starts_with("0.0.")) return positive(text.substr(4));
  if (text.starts_with("0.")) return positive(text.substr(2));
  return positive(text);
}

class InterfaceParser {
 public:
  InterfaceParser(std::string_view name, FeatureSet features, std::string& error)
      : rest_(name), nested_(features.has(Feature::NestedNames)), error_(error) {}

  std::optional<ParsedName> parse() {
    if (!label(true) || !expect(':') || !label(true)) return {};
    while (nested_ && rest_.starts_with(':'))
      if (!expect(':') || !label(true)) return {};
    if (!rest_.starts_with('/')) {
      error_ = "expected `/` after package name";
      if (rest_.starts_with(':')) error_ += nested_needed();
      return {};
    }
    do {
      rest_.remove_prefix(1);
      if (!label(false)) return {};
    } while (nested_ && rest_.starts_with('/'));
    ParsedName name;
    name.kind = ParsedName::kInterface;
    if (rest_.starts_with('@')) {
      name.has_version = true;
      name.version = rest_.substr(1);
    } else if (!rest_.empty()) {
      error_ = base::format("trailing characters found: `{}`", rest_);
      if (rest_.starts_with('/')) error_ += nested_needed();
      return {};
    }
    return name;
  }

 private:
  static std::string nested_needed() {
    return base::format("; nested names require the feature {:t}", feature_name(Feature::NestedNames));
  }
  bool expect(char c) {
    if (rest_.starts_with(c)) return rest_.remove_prefix(1), true;
    error_ = base::format("expected `{}` at `{}`", std::string_view(&c, 1), rest_);
    return false;
  }
  bool label(bool lower) {
    size_t size = 0;
    while (size < rest_.size() &&
           (is_lower(rest_[size]) || is_upper(rest_[size]) || is_digit(rest_[size]) || rest_[size] == '-'))
      ++size;
    const std::string_view label = rest_.substr(0, size);
    if (!is_kebab_case(label)) return error_ = not_kebab(label), false;
    if (lower && !is_words(label)) {
      error_ = base::format("character is not lowercase in package name/namespace `{}`", label);
      return false;
    }
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view rest_;
  bool nested_;
  std::string& error_;
};

}  // namespace

bool is_kebab_case(std::string_view text) {
  bool lower = false, upper = false, digits = false, first = true;
  for (char c : text) {
    if (is_lower(c)) {
      if (upper) return false;
      lower = true;
    } else if (is_upper(c)) {
      if (lower) return false;
      upper = true;
    } else if (is_digit(c)) {
      if (first && !lower && !upper) return false;
      digits = true;
    } else if (c == '-' && (lower || upper || digits)) {
      lower = upper = digits = first = false;
    } else {
      return false;
    }
  }
  return lower || upper || digits;
}

std::optional<ParsedName> parse_extern_name(std::string_view name, FeatureSet features, std::string& error) {
  ParsedName parsed;
  std::string_view rest = name;
  if (rest.starts_with(kConstructor)) {
    parsed.kind = ParsedName::kConstructor;
    parsed.resource = rest.substr(kConstructor.size());
    if (is_kebab_case(parsed.resource)) return parsed;
    error = not_kebab(parsed.resource);
    return {};
  }
  for (const auto& [prefix, kind] :
       {std::pair(kMethod, ParsedName::kMethod), std::pair(kStatic, ParsedName::kStatic)}) {
    if (!rest.starts_with(prefix)) continue;
    rest.remove_prefix(prefix.size());
    const size_t dot = rest.find('.');
    if (dot == std::string_view::npos) return error = "failed to find `.` character", std::nullopt;
    parsed.kind = kind;
    parsed.resource = rest.substr(0, dot);
    for (std::string_view label : {parsed.resource, rest.substr(dot + 1)})
      if (!is_kebab_case(label)) return error = not_kebab(label), std::nullopt;
    return parsed;
  }
  if (rest.find(':') != std::string_view::npos) return InterfaceParser(name, features, error).parse();
  if (is_kebab_case(rest)) return parsed;
  error = not_kebab(rest);
  return {};
}

std::string check_version(const ParsedName& name, std::optional<std::string_view> suffix, FeatureSet features) {
  if (!suffix) {
    if (!name.has_version) return {};
    if (features.has(Feature::CanonNames) && is_canonical_version(name.version)) return {};
    return Semver(name.version).check();
  }
  if (!name.has_version || !is_canonical_version(name.version))
    return "a version suffix requires a canonical version in front of it";
  std::string version(name.version);
  version += *suffix;
  return Semver(version).check();
}

std::string canonical_label(std::string_view label) {
  std::string out(label);
  for (char& c : out)
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view canonical_name(std::string_view name, Arena& arena) {
  bool upper = false;
  for (char c : name) upper |= is_upper(c);
  if (upper) {
    const std::string lower = canonical_label(name);
    const auto copy = arena.copy(std::span<const char>(lower.data(), lower.size()));
    name = {copy.data(), copy.size()};
  }
  for (std::string_view prefix : {kMethod, kStatic}) {
    if (!name.starts_with(prefix)) continue;
    name.remove_prefix(prefix.size());
    const size_t dot = name.find('.');
    if (dot != std::string_view::npos && name.substr(0, dot) == name.substr(dot + 1)) return name.substr(0, dot);
    return name;
  }
  return name;
}

}  // namespace ermine::component

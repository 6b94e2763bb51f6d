// Versions of packages (Semantic Versioning 2.0.0, https://semver.org).
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "ermine/result.h"

namespace ermine::component {

struct Version {
  uint64_t major = 0, minor = 0, patch = 0;
  std::string pre;    // "rc.1" of 1.0.0-rc.1; empty: a release
  std::string build;  // "abc" of 1.0.0+abc

  // kMalformed with what is wrong.
  static Result<Version> parse(std::string_view text);
  std::string to_string() const;
  // Versions that are compatible by Semantic Versioning have the same track: "1", "0.2", "0.0.3". A version with `pre`
  // is compatible only with itself: its track is the version.
  std::string track() const;

  bool operator==(const Version&) const = default;
  // The order of section 11; versions that differ only in `build` are ordered by it.
  std::strong_ordering operator<=>(const Version& o) const;
};

}  // namespace ermine::component

#include "base/suggestion.h"

#include <algorithm>
#include <cstdint>

namespace ermine::base {
namespace {

constexpr size_t kLongestName = 64;  // longer words are no mistyped names

// The number of letters to insert, remove, replace or exchange with their neighbour (optimal string alignment).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before = std::move(last);
    last = row;
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::string_view without_dashes(std::string_view name) {
  return name.substr(std::min(name.find_first_not_of('-'), name.size()));
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view typed = without_dashes(word);
  if (typed.size() < 2 || typed.size() > kLongestName) return {};
  std::string_view best;
  size_t least = SIZE_MAX;
  for (const std::string_view candidate : candidates) {
    const std::string_view name = without_dashes(candidate);
    size_t far = distance(typed, name);
    // An abbreviation is nearer than its letters say.
    if (typed.size() >= 3 && name.starts_with(typed)) far = 1;
    else if (typed.size() >= 4 && name.contains(typed)) far = 2;
    if (far <= std::max<size_t>(1, typed.size() / 3) && far < least) {
      least = far;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view near = nearest(word, candidates);
  return near.empty() ? std::string() : "; did you mean '" + std::string(near) + "'?";
}

}  // namespace ermine::base

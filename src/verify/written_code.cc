#include "verify/written_code.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace ermine::verify {

namespace {

struct Places {
  std::mutex mutex;
  std::map<const uint8_t*, const uint8_t*> ends;  // by beginning
};

// Never destroyed: modules may be freed while the process ends.
Places& places() {
  static auto* const all = new Places;
  return *all;
}

}  // namespace

WrittenCode::~WrittenCode() {
  Places& all = places();
  std::lock_guard lock(all.mutex);
  for (const uint8_t* begin : begins_) all.ends.erase(begin);
}

bool WrittenCode::add(std::span<const uint8_t> place) {
  const uint8_t* const begin = place.data();
  const uint8_t* const end = begin + place.size();
  Places& all = places();
  std::lock_guard lock(all.mutex);
  const auto next = all.ends.lower_bound(begin);
  if (next != all.ends.end() && next->first < end) return false;
  if (next != all.ends.begin() && std::prev(next)->second > begin) return false;
  all.ends.emplace_hint(next, begin, end);
  begins_.push_back(begin);
  return true;
}

void WrittenCode::remove(const uint8_t* begin) {
  Places& all = places();
  std::lock_guard lock(all.mutex);
  all.ends.erase(begin);
  std::erase(begins_, begin);
}

}  // namespace ermine::verify

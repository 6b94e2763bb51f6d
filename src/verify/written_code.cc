#include "verify/written_code.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>

#include "tiering/tier.h"

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

std::string compare_written(const Code& code, const Subject& subject, const tiering::MachineCode& made) {
  if (made.code != code.execute || made.code_size != code.code_size || made.total_size != code.bytes.size())
    return "it lies elsewhere";
  if (std::memcmp(made.code, code.bytes.data(), code.bytes.size()) != 0) return "other bytes were written";
  if (made.entries.size() != code.entries.size()) return "it has other entries";
  for (size_t i = 0; i < code.entries.size(); ++i) {
    const auto* unit = reinterpret_cast<const runtime::Code*>(code.execute + code.entries[i].unit);
    if (made.entries[i].index != code.entries[i].index || made.entries[i].unit != unit) return "it has other entries";
    if (code.entries[i].index == 0 && made.entry != unit) return "it begins at another entry";
  }
  if (made.entry != made.entry_at(0)) return "it begins at another entry";
  if (made.table_entry != subject.call_table.data() + subject.index * sizeof(void*))
    return "another function would be replaced";
  return {};
}

}  // namespace ermine::verify

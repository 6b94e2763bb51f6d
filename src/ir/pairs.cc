#include <algorithm>

#include "ir/op_forms.h"

namespace ermine::ir {

namespace {

struct Key {
  uint32_t codes;
  OpCode pair;
};

constexpr auto make_index() {
  std::array<Key, kPairCount * 4> keys{};
  unsigned n = 0;
  for (unsigned i = 0; i < kPairCount; ++i)
    for (unsigned form = 0; form < pair_forms(i); ++form)
      keys[n++] = {uint32_t{kPairs[i].first} << 16 | canonical(pair_second(i, form)),
                   static_cast<OpCode>(kPairBase + 4 * i + form)};
  for (; n < keys.size(); ++n) keys[n] = {UINT32_MAX, 0};
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) { return a.codes < b.codes; });
  return keys;
}
constexpr auto kIndex = make_index();

// The position of an operation's pairs in the index, for each operation that starts some: most start none.
constexpr uint16_t kNoPair = 0xffff;
constexpr auto make_starters() {
  std::array<uint16_t, kPairBase> starts{};
  for (auto& s : starts) s = kNoPair;
  for (unsigned i = kIndex.size(); i-- > 0;)
    if (kIndex[i].codes != UINT32_MAX) starts[kIndex[i].codes >> 16] = static_cast<uint16_t>(i);
  return starts;
}
constexpr auto kStarters = make_starters();

constexpr auto make_units() {
  std::array<uint8_t, kCodeCount> units{};
  for (unsigned code = 0; code < kCodeCount; ++code)
    if (code < kPairBase || code_exists(static_cast<OpCode>(code)))
      units[code] = static_cast<uint8_t>(unit_count(static_cast<OpCode>(code)));
  return units;
}
constexpr auto kUnits = make_units();

}  // namespace

unsigned units_of(OpCode code) { return kUnits[code]; }

OpCode find_pair(OpCode first, OpCode second) {
  if constexpr (kPairCount == 0) return 0;
  if (first >= kPairBase || kStarters[first] == kNoPair) return 0;
  const uint32_t codes = uint32_t{first} << 16 | second;
  for (const Key* k = &kIndex[kStarters[first]]; k != kIndex.data() + kIndex.size() && k->codes <= codes; ++k)
    if (k->codes == codes) return k->pair;
  return 0;
}

}  // namespace ermine::ir

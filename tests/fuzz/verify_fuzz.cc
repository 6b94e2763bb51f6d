// Fuzz target: the verifier does not crash on any code with any description. The bytes are edits of a compiled function
// and of its description, or all of both. Nothing is run; accepted code is not examined here.
//
// Seeds: seeds/verify. The first byte selects a function, the second whether the rest is edits or everything.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "specimen.h"

using namespace ermine;
using verify::Specimen;
using verify::Specimens;

namespace {

constexpr std::string_view kModule = R"((module
  (type $t (func (param i32) (result i32)))
  (import "h" "f" (func $h (param i32) (result i32)))
  (memory 1) (table 10 funcref) (global $g (mut i32) (i32.const 1))
  (func $a (type $t) (i32.xor (local.get 0) (i32.const -5)))
  (func $loop (param $p i32) (param $n i32) (result i64) (local $sum i64)
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (i64.load offset=0x1234 (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 8)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func $calls (type $t) (global.set $g (call $a (local.get 0))) (call $h (call_indirect (type $t) (i32.const 1) (local.get 0))))
  (func $switch (type $t)
    (block $c (block $b (block $a (br_table $a $b $c $a (local.get 0))) (return (i32.const 1))) (return (i32.const 2)))
    (memory.fill (local.get 0) (i32.const 1) (i32.const 100)) (i32.const 3))
))";

struct Reader {
  std::span<const uint8_t> data;
  uint32_t number(unsigned bytes) {
    uint32_t v = 0;
    for (unsigned i = 0; i < bytes && !data.empty(); ++i) {
      v |= uint32_t{data[0]} << 8 * i;
      data = data.subspan(1);
    }
    return v;
  }
};

template <class T>
T* pick(std::vector<T>& list, uint32_t i) {
  return list.empty() ? nullptr : &list[i % list.size()];
}

void edit(Specimen& s, Reader& in) {
  const uint32_t what = in.number(1) % 16, which = in.number(2), value = in.number(2);
  auto* const piece = pick(s.pieces, which);
  auto* const label = pick(s.labels, which);
  auto* const entry = pick(s.entries, which);
  switch (what) {
    case 0:
    case 1:
      if (s.size != 0) s.bytes[which % s.size] = static_cast<uint8_t>(value);
      break;
    case 2:
      if (piece) piece->offset = value;
      break;
    case 3:
      if (piece) piece->key = value == 0xffff ? verify::Piece::kNoKey : value;
      break;
    case 4:
      if (piece) piece->at = value % 64;
      break;
    case 5:
      if (label) label->offset = value;
      break;
    case 6:
      if (label) label->narrow = value;
      break;
    case 7:
      if (label) label->checked = value & 1;
      break;
    case 8:
      if (entry) entry->unit = value;
      break;
    case 9:
      if (entry) entry->index = value % 64;
      break;
    case 10: s.code_size = value; break;
    case 11: s.data_start = value; break;
    case 12: s.size = std::min<uint32_t>(value, static_cast<uint32_t>(s.bytes.size()) - 16); break;
    case 13:
      if (piece) s.pieces.erase(s.pieces.begin() + (piece - s.pieces.data()));
      break;
    case 14:
      if (label) s.labels.erase(s.labels.begin() + (label - s.labels.data()));
      break;
    default:
      if (label) s.labels.insert(s.labels.begin() + (label - s.labels.data()), {value, which, true});
      break;
  }
}

void replace(Specimen& s, Reader& in) {
  s.pieces.clear(), s.labels.clear(), s.entries.clear();
  for (uint32_t n = in.number(1) % 16; n-- > 0;) {
    const uint32_t offset = in.number(1);
    s.pieces.push_back({offset, verify::Piece::kNoKey, in.number(1) % 32});
  }
  for (uint32_t n = in.number(1) % 16; n-- > 0;) {
    const uint32_t offset = in.number(1);
    s.labels.push_back({offset, in.number(1), offset != 0});
  }
  s.code_size = in.number(1);
  s.data_start = in.number(1);
  s.size = static_cast<uint32_t>(in.data.size());
  s.bytes.assign(in.data.begin(), in.data.end());
  s.bytes.resize(in.data.size() + 16);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Specimens all(kModule);
  Reader in{{data, size}};
  const uint32_t of = in.number(1);
  Specimen s(all, all.first() + of % (all.end() - all.first()));
  if (in.number(1) & 1) replace(s, in);
  else
    while (!in.data.empty()) edit(s, in);
  (void)s.verify();
  return 0;
}

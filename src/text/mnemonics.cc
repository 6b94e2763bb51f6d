// Instruction names. See mnemonics.h.
#include "text/mnemonics.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/fixed_text.h"

namespace ermine::text {

namespace {

using wasm::kOpCount;
using wasm::kOpInfos;
using wasm::Op;

constexpr uint32_t hash(std::string_view s) {
  uint32_t h = 0x811C'9DC5;
  for (char c : s) h = (h ^ static_cast<unsigned char>(c)) * 0x0100'0193;
  return h ^ h >> 15;
}

constexpr size_t kTableSize = 2048;
static_assert(kTableSize >= 2 * kOpCount, "make the table larger");
constexpr uint16_t kEmpty = 0xFFFF;

constexpr auto make_table() {
  std::array<uint16_t, kTableSize> table{};
  table.fill(kEmpty);
  for (unsigned op = 0; op < kOpCount; ++op) {
    size_t i = hash(kOpInfos[op].text()) % kTableSize;
    while (table[i] != kEmpty && kOpInfos[table[i]].text() != kOpInfos[op].text()) i = (i + 1) % kTableSize;
    if (table[i] == kEmpty) table[i] = static_cast<uint16_t>(op);
  }
  return table;
}
constexpr auto kTable = make_table();

// Names of earlier drafts for which a search by distance would find the wrong name.
struct Renamed {
  base::FixedText<21> from, to;
};
constexpr Renamed kRenamed[] = {
    {"get_local", "local.get"},
    {"set_local", "local.set"},
    {"tee_local", "local.tee"},
    {"get_global", "global.get"},
    {"set_global", "global.set"},
    {"current_memory", "memory.size"},
    {"grow_memory", "memory.grow"},
    {"br_on_exn", "try_table"},
    {"ref.as_func", "ref.cast (ref func)"},
    {"i32.trunc_s/f32", "i32.trunc_f32_s"},
    {"i32.trunc_u/f32", "i32.trunc_f32_u"},
    {"i32.trunc_s/f64", "i32.trunc_f64_s"},
    {"i32.trunc_u/f64", "i32.trunc_f64_u"},
    {"i64.trunc_s/f32", "i64.trunc_f32_s"},
    {"i64.trunc_u/f32", "i64.trunc_f32_u"},
    {"i64.trunc_s/f64", "i64.trunc_f64_s"},
    {"i64.trunc_u/f64", "i64.trunc_f64_u"},
    {"i64.extend_s/i32", "i64.extend_i32_s"},
    {"i64.extend_u/i32", "i64.extend_i32_u"},
    {"f32.convert_s/i32", "f32.convert_i32_s"},
    {"f32.convert_u/i32", "f32.convert_i32_u"},
    {"f32.convert_s/i64", "f32.convert_i64_s"},
    {"f32.convert_u/i64", "f32.convert_i64_u"},
    {"f64.convert_s/i32", "f64.convert_i32_s"},
    {"f64.convert_u/i32", "f64.convert_i32_u"},
    {"f64.convert_s/i64", "f64.convert_i64_s"},
    {"f64.convert_u/i64", "f64.convert_i64_u"},
    {"extern.internalize", "any.convert_extern"},
    {"extern.externalize", "extern.convert_any"},
    {"i31.new", "ref.i31"},
    {"atomic.notify", "memory.atomic.notify"},
    {"i32.atomic.wait", "memory.atomic.wait32"},
    {"i64.atomic.wait", "memory.atomic.wait64"},
};

unsigned edit_distance(std::string_view a, std::string_view b, unsigned give_up) {
  if (a.size() > b.size() + give_up || b.size() > a.size() + give_up) return give_up + 1;
  std::vector<unsigned> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<unsigned>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    unsigned diagonal = row[0];
    row[0] = static_cast<unsigned>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      unsigned next = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = row[j];
      row[j] = next;
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<Op> find_instruction(std::string_view name) {
  for (size_t i = hash(name) % kTableSize; kTable[i] != kEmpty; i = (i + 1) % kTableSize)
    if (kOpInfos[kTable[i]].text() == name) return static_cast<Op>(kTable[i]);
  return std::nullopt;
}

std::string suggest_instruction(std::string_view name) {
  if (name.size() > 64) return {};
  for (const Renamed& renamed : kRenamed)
    if (renamed.from == name) return std::string(renamed.to);
  unsigned best = name.size() < 5 ? 1 : name.size() < 12 ? 2 : 3;
  std::string_view found;
  for (const wasm::OpInfo& info : kOpInfos) {
    unsigned distance = edit_distance(name, info.text(), best);
    if (distance <= best && (found.empty() || distance < best)) {
      best = distance;
      found = info.text();
    }
  }
  return std::string(found);
}

}  // namespace ermine::text

#include "verify/known_piece.h"

#include <algorithm>

#include "runtime/context.h"
#include "verify/analysis.h"
#include "verify/capstone.h"

namespace ermine::verify {

void KnownPiece::learn(const Machine& machine, Decoder* decoder, std::span<const uint8_t> code,
                       std::span<uint8_t> mask) {
  std::vector<uint8_t> bytes(code.begin(), code.end());
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] &= static_cast<uint8_t>(~mask[i]);
  bytes.resize(code.size() + kRoom);
  facts = {};
#ifdef ERMINE_CAPSTONE
  machine.decode(*decoder, {bytes.data(), code.size()}, mask.data(), facts, nullptr);
#else
  static_cast<void>(machine), static_cast<void>(decoder);
  facts.refusal = capstone_problem();
#endif
  sort_checks();
  sum_up_exits();

  std::fill(mask.begin() + static_cast<ptrdiff_t>(code.size()), mask.end(), 0xff);
  size = static_cast<uint32_t>(code.size());
  word_count = static_cast<uint16_t>((code.size() + 7) / 8);
  words.resize(word_count > first_words.size() ? word_count : 0);
  Word* const to = words.empty() ? first_words.data() : words.data();
  for (size_t i = 0; i < word_count; ++i) {
    std::memcpy(&to[i].value, &bytes[8 * i], 8);
    std::memcpy(&to[i].mask, &mask[8 * i], 8);
  }
}

void KnownPiece::sort_checks() {
  using runtime::Slot;
  small_checks = 0;
  checks.clear();
  for (const Check& c : facts.checks) {
    const Field& field = c.term.fields[0];
    const bool is_small = (c.kind == Check::kFrameRead || c.kind == Check::kFrameWrite || c.kind == Check::kMemory) &&
                          c.size <= sizeof(Slot) && c.term.count == 1 && !c.term.is_address && field.bits == 32 &&
                          field.low == 0 && field.shift == 0 && field.is_signed &&
                          c.term.constant == static_cast<int32_t>(c.term.constant);
    if (is_small && small_checks < small.size())
      small[small_checks++] = {field.at, c.kind, static_cast<int32_t>(c.term.constant)};
    else checks.push_back(c);
  }
  needs_narrow = facts.needs_narrow;
  needs_own = facts.needs_own;
}

void KnownPiece::sum_up_exits() {
  ways.clear();
  for (const Exit& e : facts.exits) {
    Way way{.narrow = e.narrow, .own = e.own, .keeps_own = e.keeps_own};
    for (unsigned r = 0; r < kRegisters; ++r) {
      if (e.from[r] == r + 1) way.keeps |= 1u << r;
      else if (e.from[r] != 0) way.moves.emplace_back(r, e.from[r] - 1);
    }
    ways.push_back(std::move(way));
  }
  const Exit* const only = facts.exits.size() == 1 ? &facts.exits[0] : nullptr;
  is_straight = facts.refusal.empty() && only != nullptr && only->kind == Exit::kNext && only->ref_facts == 0 &&
                !only->frame_checked && !only->native_checked && !only->sets_memory && facts.needs_ref == 0 &&
                !facts.calls && !facts.fuels;
  straight = is_straight ? ways[0] : Way{};
}

}  // namespace ermine::verify

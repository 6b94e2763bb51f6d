// A piece of code that has been analysed: its bytes, with a mask for those that may differ, and the facts that follow
// from them. One is kept for each key and read for every piece, so the members that most pieces need come first.
#pragma once

#include <array>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "verify/facts.h"

namespace ermine::verify {

struct Machine;
class Decoder;

struct KnownPiece {
  // An exit of the piece, with registers as bits.
  struct Way {
    uint32_t narrow = 0, keeps = 0;
    RegisterSet own = 0, keeps_own = 0;
    std::vector<std::pair<uint8_t, uint8_t>> moves;  // to, from
  };
  // The piece's bytes: words in which all bits that may differ are cleared, and masks in which they are set. The bytes
  // after the piece's end in the last word may differ as well.
  struct Word {
    uint64_t value, mask;
  };
  // A check of a slot or of an offset from memory whose value is a 32-bit number plus a constant, as in most checks.
  struct SmallCheck {
    uint16_t at;  // offset of the number in the code
    Check::Kind kind;
    int32_t plus;
  };
  // The members that most pieces need.
  uint32_t size = 0;
  bool is_straight = false;  // its only exit is its end, and it changes nothing but registers
  uint8_t small_checks = 0;  // number
  uint16_t word_count = 0;
  uint32_t needs_narrow = 0;
  RegisterSet needs_own = 0;
  Way straight{};  // if is_straight: its only exit
  std::array<SmallCheck, 4> small{};
  std::array<Word, 4> first_words{};  // all of the words if they fit; otherwise unused
  std::vector<Word> words;
  Facts facts;
  std::vector<Check> checks;  // all checks of the facts except those in `small`
  std::vector<Way> ways;

  // A mask is longer than the code by this number of bytes.
  static constexpr size_t kRoom = 16;
  // `mask` has a bit for each bit of the code that may differ. Without a decoder, every piece is refused.
  void learn(const Machine& machine, Decoder* decoder, std::span<const uint8_t> code, std::span<uint8_t> mask);
  // Whether `code`, which has 8 more readable bytes, is the code that was learned.
  bool matches(const uint8_t* code, uint32_t code_size) const {
    if (size != code_size) return false;
    uint64_t differs = 0;
    for (const Word& w : words.empty() ? std::span(first_words).first(word_count) : std::span(words)) {
      uint64_t word;
      std::memcpy(&word, code, sizeof word);
      differs |= (word & ~w.mask) ^ w.value;
      code += sizeof word;
    }
    return differs == 0;
  }

 private:
  void sort_checks();
  void sum_up_exits();
};

}  // namespace ermine::verify

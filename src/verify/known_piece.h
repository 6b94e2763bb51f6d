// A piece of code that has been analysed: what its bytes are, as far as they may not differ, and what follows from
// them. Kept for each key, and read for every piece, so what most pieces need lies together in front.
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
  // What leads out of the piece, by register as bits.
  struct Way {
    uint32_t narrow = 0, keeps = 0;
    std::vector<std::pair<uint8_t, uint8_t>> moves;  // to, from
  };
  // What its bytes are: words with all that may differ cleared, and masks with that set. What lies behind its end in
  // the last word may differ, too.
  struct Word {
    uint64_t value, mask;
  };
  // A check of a slot or of an offset from memory that is a number of 32 bits plus a constant, as most are.
  struct SmallCheck {
    uint16_t at;  // of the number
    Check::Kind kind;
    int32_t plus;
  };
  // First what most pieces need.
  uint32_t size = 0;
  bool is_straight = false;  // it goes on behind its end only, and changes nothing but what registers hold
  uint8_t small_checks = 0;  // number
  uint16_t word_count = 0;
  uint32_t needs_narrow = 0;
  Way straight{};  // if it is: its only way
  std::array<SmallCheck, 4> small{};
  std::array<Word, 4> first_words{};  // all of them, if these suffice
  std::vector<Word> words;
  Facts facts;
  std::vector<Check> checks;  // of the facts, but those in `small`
  std::vector<Way> ways;

  // How much longer than the code a mask is.
  static constexpr size_t kRoom = 16;
  // `mask` has a bit for each bit of the code that may differ. Without a decoder, everything is refused.
  void learn(const Machine& machine, Decoder* decoder, std::span<const uint8_t> code, std::span<uint8_t> mask);
  // Whether `code`, with 8 bytes more that may be read, is what was learned.
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

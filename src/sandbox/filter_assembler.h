// Writes a seccomp filter, at compile time; for the network, which few programs use, at run time.
//
// The filter should be short, because the kernel checks, translates and compiles it in every process, and runs it once
// for every system call number to cache the answers. So the listed numbers are a set of bits, and a binary search finds
// the word of a number: half the time of a search among the numbers. Jumps go forward only.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ermine::sandbox {

// Values of a filter that are known only when it is set up: instructions get them by their position.
enum class Late : uint8_t {
  kOwnPid,
  kNotExecutable,
  kNotOpened,
  kRequestsLow,
  kRequestsHigh,
  kEmptyLow,
  kEmptyHigh,
  kNotSocketTypes,
  kCount
};

struct Filter {
  std::array<sock_filter, 255> code{};  // so that every jump fits in its 8 bits
  unsigned size = 0;
  std::array<uint8_t, static_cast<size_t>(Late::kCount)> late{};  // 0: not used in this one

  constexpr void set(Late what, uint32_t value) {
    if (const unsigned at = late[static_cast<size_t>(what)]; at != 0) code[at].k = value;
  }
};

class FilterAssembler {
 public:
  using Label = uint8_t;
  static constexpr Label kNext = 0, kFirstFree = 4;
  static constexpr Label kTwoFurther = 3;  // one instruction is skipped
  static constexpr unsigned kMostNumbers = 512;  // of system calls: those from 0 to this

  constexpr void load(uint32_t offset) { add(BPF_LD | BPF_W | BPF_ABS, offset); }
  constexpr void load_number() { load(offsetof(seccomp_data, nr)); }
  constexpr void load_low(unsigned argument) { load(uint32_t{offsetof(seccomp_data, args)} + argument * 8); }
  constexpr void load_high(unsigned argument) { load(uint32_t{offsetof(seccomp_data, args)} + argument * 8 + 4); }
  constexpr void clear_bits(uint32_t bits) { add(BPF_ALU | BPF_AND | BPF_K, ~bits); }
  constexpr void shift_into_upper_half() {
    add(BPF_ALU | BPF_LSH | BPF_K, 16);
    add(BPF_MISC | BPF_TAX, 0);
  }
  // Together with an argument that has no bits there.
  constexpr void or_low(unsigned argument) {
    load_low(argument);
    add(BPF_ALU | BPF_OR | BPF_X, 0);
  }
  constexpr void subtract(Late what) { late(what), add(BPF_ALU | BPF_SUB | BPF_K, 0); }
  constexpr void answer(uint32_t action) { add(BPF_RET | BPF_K, action); }
  constexpr void if_equal(uint32_t value, Label yes, Label no) { jump(BPF_JEQ, value, yes, no); }
  constexpr void if_equal(Late what, Label yes, Label no) { late(what), jump(BPF_JEQ, 0, yes, no); }
  constexpr void if_at_least(uint32_t value, Label yes, Label no) { jump(BPF_JGE, value, yes, no); }
  constexpr void if_any_bit(uint32_t bits, Label yes, Label no) { jump(BPF_JSET, bits, yes, no); }
  constexpr void if_any_bit(Late what, Label yes, Label no) { late(what), jump(BPF_JSET, 0, yes, no); }
  constexpr void bind(Label label) { positions_[label] = filter_.size; }

  // Continues at the next instruction if the loaded value is one of these numbers, otherwise at `other`.
  constexpr void expect_one_of(std::span<const int> numbers, Label other) {
    std::array<uint32_t, kWords + 1> words{};  // the last one is for all greater values
    for (int n : numbers) words[static_cast<unsigned>(n) / 32] |= 1u << (n % 32);
    other_ = other;
    // Before the search: here the kernel ends its own run of the filter, which is for each number and finds those that
    // are always allowed. It would find none, because it does not follow the test of a bit.
    add(BPF_ST, 0);
    pick(words.data(), 0, kWords);
    bind(kBit);
    clear_bits(~uint32_t{31});
    add(BPF_ST, 1);
    add(BPF_MISC | BPF_TXA, 0);
    add(BPF_LDX | BPF_MEM, 1);
    add(BPF_ALU | BPF_RSH | BPF_X, 0);
    if_any_bit(1, kNext, other);
    add(BPF_LD | BPF_MEM, 0);
  }

  constexpr Filter finish() {
    for (unsigned at = 0; at < filter_.size; ++at) {
      sock_filter& code = filter_.code[at];
      if (code.code == (BPF_JMP | BPF_JA)) code.k = positions_[yes_[at]] - at - 1;
      else if (BPF_CLASS(code.code) == BPF_JMP) {
        resolve(code.jt, yes_[at], at);
        resolve(code.jf, no_[at], at);
      }
    }
    return filter_;
  }

 private:
  static constexpr unsigned kWords = kMostNumbers / 32;
  static constexpr Label kHere = 1, kBit = 2;  // the jump is already filled in; where a bit is tested

  // Goes to kBit with the value's word in the index register. The word is known to be one from `low` to `high`. If all
  // of these are empty, nothing needs to be loaded: the answer is the other label.
  constexpr Label pick(const uint32_t* words, unsigned low, unsigned high) {
    if (std::all_of(words + low, words + high + 1, [](uint32_t w) { return w == 0; })) return other_;
    if (low == high) {
      add(BPF_LDX | BPF_IMM, words[low]);
      jump(BPF_JA, 0, kBit, kBit);
      return kHere;
    }
    const unsigned middle = (low + high + 1) / 2;
    const unsigned at = jump(BPF_JGE, middle * 32, kHere, kHere);
    no_[at] = pick(words, low, middle - 1);
    if (no_[at] == kHere) filter_.code[at].jf = 0;
    const unsigned upper = filter_.size;
    yes_[at] = pick(words, middle, high);
    if (yes_[at] == kHere) filter_.code[at].jt = static_cast<uint8_t>(upper - at - 1);
    return kHere;
  }
  constexpr void resolve(uint8_t& offset, Label label, unsigned at) const {
    if (label == kNext) offset = 0;
    else if (label == kTwoFurther) offset = 1;
    else if (label != kHere) offset = static_cast<uint8_t>(positions_[label] - at - 1);
  }
  constexpr unsigned jump(int test, uint32_t k, Label yes, Label no) {
    yes_[filter_.size] = yes;
    no_[filter_.size] = no;
    add(BPF_JMP | test | BPF_K, k);
    return filter_.size - 1;
  }
  constexpr void add(int code, uint32_t k) { filter_.code[filter_.size++] = {static_cast<uint16_t>(code), 0, 0, k}; }
  constexpr void late(Late what) { filter_.late[static_cast<size_t>(what)] = static_cast<uint8_t>(filter_.size); }

  Filter filter_;
  std::array<Label, 255> yes_{}, no_{};
  std::array<unsigned, 64> positions_{};
  Label other_ = kNext;
};

}  // namespace ermine::sandbox

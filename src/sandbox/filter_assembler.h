// Writes a seccomp filter, at compile time; for the network, which few programs use, at run time.
//
// The filter should be short, because the kernel checks, translates and compiles it in every process. Jumps go forward
// only.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "sandbox/cover.h"

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

  // The first instruction of a filter that finds numbers. The kernel runs a filter once for each number, to find those
  // that are always allowed. It would find none, because it does not follow the test of a bit; and it stops at an
  // instruction that is not about the accumulator. As the first one, this saves 3 µs.
  constexpr void begin(const Cover& cover) { load_bits(cover.windows().front()); }

  // Goes to `yes` if the loaded number is in the set that the filter begins with, otherwise to `no`. Before it, nothing
  // writes the index register.
  constexpr void find(const Cover& cover, Label yes, Label no) {
    for (uint16_t number : cover.single()) if_equal(number, yes, kNext);
    add(BPF_ST, kNumber);
    for (const Cover::Window& w : cover.windows()) {
      if (w.after_gap) if_at_least(w.begin, kNext, no);
      if (&w != &cover.windows().front()) load_bits(w);
      if_at_least(w.begin + Cover::kWidth, &w == &cover.windows().back() ? no : kNext, kBit);
    }
    bind(kBit);
    add(BPF_MISC | BPF_TXA, 0);
    add(BPF_LDX | BPF_MEM, kNumber);
    add(BPF_ALU | BPF_RSH | BPF_X, 0);  // by the lower five bits of the number
    if_any_bit(1, yes, no);
  }

  constexpr Filter finish() {
    for (unsigned at = 0; at < filter_.size; ++at) {
      sock_filter& code = filter_.code[at];
      if (BPF_CLASS(code.code) != BPF_JMP) continue;
      code.jt = distance(yes_[at], at);
      code.jf = distance(no_[at], at);
    }
    return filter_;
  }

 private:
  static constexpr Label kBit = 1;  // where a bit of the index register is tested
  static constexpr uint32_t kNumber = 0;  // a word of the filter's memory

  constexpr void load_bits(const Cover::Window& w) { add(BPF_LDX | BPF_IMM, w.bits); }
  constexpr uint8_t distance(Label label, unsigned at) const {
    if (label == kNext) return 0;
    if (label == kTwoFurther) return 1;
    return static_cast<uint8_t>(positions_[label] - at - 1);
  }
  constexpr void jump(int test, uint32_t k, Label yes, Label no) {
    yes_[filter_.size] = yes;
    no_[filter_.size] = no;
    add(BPF_JMP | test | BPF_K, k);
  }
  constexpr void add(int code, uint32_t k) { filter_.code[filter_.size++] = {static_cast<uint16_t>(code), 0, 0, k}; }
  constexpr void late(Late what) { filter_.late[static_cast<size_t>(what)] = static_cast<uint8_t>(filter_.size); }

  Filter filter_;
  std::array<Label, 255> yes_{}, no_{};
  std::array<unsigned, 64> positions_{};
};

}  // namespace ermine::sandbox

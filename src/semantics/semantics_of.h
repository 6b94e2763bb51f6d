// SemanticsOf<op>: the semantics' function of an instruction as a type: parameter and result types, whether
// it traps, and the call. Derived from the table of instructions.
#pragma once

#include <tuple>
#include <utility>

#include "semantics/semantics.h"
#include "wasm/opcodes.h"

namespace ermine::semantics {

namespace names {

// The call is looked up only when it is instantiated: not every instruction has semantics of its own.
template <wasm::Op op>
struct SemanticsCall;
#define OP(id, ...)                                     \
  template <>                                           \
  struct SemanticsCall<wasm::Op::id> {                  \
    template <class... A>                               \
    [[gnu::always_inline]] static auto call(A&&... a) { \
      return id(std::forward<A>(a)...);                 \
    }                                                   \
  };
#include "wasm/opcodes.def"
}  // namespace names

template <char letter>
auto letter_value() {
  if constexpr (letter == 'i') return uint32_t{};
  else if constexpr (letter == 'l') return uint64_t{};
  else if constexpr (letter == 'f') return float{};
  else if constexpr (letter == 'd') return double{};
  else if constexpr (letter == 'v') return V128{};
  else if constexpr (letter == 'a') return static_cast<uint8_t*>(nullptr);
}

template <wasm::Op op>
struct SemanticsOf : names::SemanticsCall<op> {
  static constexpr std::string_view kSig = wasm::op_info(op).sig();
  static constexpr unsigned kParams = static_cast<unsigned>(kSig.find(':'));
  static constexpr unsigned kResults = static_cast<unsigned>(kSig.size()) - kParams - 1;
  static constexpr bool kTraps = (wasm::op_info(op).flags & wasm::kMayTrap) && wasm::op_info(op).imm == wasm::Imm::None;
  template <unsigned i>
  using Param = decltype(letter_value<kSig[i]>());
  static constexpr char kResultLetter = kResults ? kSig[kParams + 1] : '0';
  using Result = decltype(letter_value<kResultLetter>());
};

// Calls f.template operator()<op>() for every instruction.
template <class F>
constexpr void for_each_op(F&& f) {
#define OP(id, ...) f.template operator()<wasm::Op::id>();
#include "wasm/opcodes.def"
}

}  // namespace ermine::semantics

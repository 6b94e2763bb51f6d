// The C++ signature of an instruction's function, computed from the table of instructions.
//
//   i32.add          "ii:i"             uint32_t i32_add(uint32_t, uint32_t)
//   i32.div_s        "ii:i", kMayTrap   uint32_t i32_div_s(uint32_t, uint32_t, TrapCode&)
//   i32.load8_s      "a:i",  kLoad      uint32_t i32_load8_s(const uint8_t*)
//   i64.store32      "al:",  kStore     void i64_store32(uint8_t*, uint64_t)
//   ….atomic.rmw.…   kLoad|kStore       uint32_t i32_atomic_rmw_add(uint8_t*, uint32_t)
//   ….replace_lane   Imm::Lane          V128 i8x16_replace_lane(V128, uint32_t, unsigned lane)
//   i8x16.shuffle    Imm::Shuffle       V128 i8x16_shuffle(V128, V128, V128 lanes)
//   two results                         Wide i64_mul_wide_u(uint64_t, uint64_t)
//
// A letter `a` becomes a host pointer: the caller computes and checks the address. Bounds traps are the caller's as
// well, so a memory access takes no TrapCode.
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>

#include "semantics/value.h"
#include "wasm/opcodes.h"

namespace ermine::semantics {

// Whether src/semantics has a function for the instruction. It has none for instructions with a typing rule of their
// own, for constants (their value is the immediate), nop, and wait and notify, which need the runtime.
constexpr bool has_semantics(wasm::Op op) {
  const wasm::OpInfo& info = wasm::op_info(op);
  if (info.sig() == "*" || op == wasm::Op::nop) return false;
  switch (op) {
    case wasm::Op::memory_atomic_notify:
    case wasm::Op::memory_atomic_wait32:
    case wasm::Op::memory_atomic_wait64: return false;
    default: break;
  }
  // No operand and a result: a constant.
  return info.sig().empty() || info.sig().front() != ':';
}

// Whether the function takes a TrapCode& as its last parameter.
constexpr bool has_trap_parameter(wasm::Op op) {
  const unsigned flags = wasm::op_info(op).flags;
  return (flags & wasm::kMayTrap) != 0 && (flags & (wasm::kLoad | wasm::kStore)) == 0;
}

template <class... Ts>
struct TypeList {
  static constexpr size_t size = sizeof...(Ts);
};

namespace detail {

template <char letter, bool stores>
struct LetterType;
template <bool stores>
struct LetterType<'i', stores> {
  using type = uint32_t;
};
template <bool stores>
struct LetterType<'l', stores> {
  using type = uint64_t;
};
template <bool stores>
struct LetterType<'f', stores> {
  using type = float;
};
template <bool stores>
struct LetterType<'d', stores> {
  using type = double;
};
template <bool stores>
struct LetterType<'v', stores> {
  using type = V128;
};
template <>
struct LetterType<'a', false> {
  using type = const uint8_t*;
};
template <>
struct LetterType<'a', true> {
  using type = uint8_t*;
};

template <class List, class T>
struct Append;
template <class... Ts, class T>
struct Append<TypeList<Ts...>, T> {
  using type = TypeList<Ts..., T>;
};
template <class List, class T>
struct Prepend;
template <class... Ts, class T>
struct Prepend<TypeList<Ts...>, T> {
  using type = TypeList<T, Ts...>;
};

template <wasm::Op op, size_t i = 0>
constexpr auto param_list() {
  constexpr const wasm::OpInfo& info = wasm::op_info(op);
  constexpr std::string_view sig = info.sig();
  if constexpr (i >= sig.size() || sig[i] == ':') {
    return TypeList<>{};
  } else {
    using Rest = decltype(param_list<op, i + 1>());
    using First = typename LetterType<sig[i], (info.flags & wasm::kStore) != 0>::type;
    return typename Prepend<Rest, First>::type{};
  }
}

template <wasm::Op op>
constexpr auto with_immediates() {
  using List = decltype(param_list<op>());
  constexpr wasm::Imm imm = wasm::op_info(op).imm;
  if constexpr (imm == wasm::Imm::Lane || imm == wasm::Imm::MemArgLane) {
    return typename Append<List, unsigned>::type{};
  } else if constexpr (imm == wasm::Imm::Shuffle) {
    return typename Append<List, V128>::type{};
  } else {
    return List{};
  }
}

template <wasm::Op op>
constexpr auto result_of() {
  constexpr std::string_view sig = wasm::op_info(op).sig();
  constexpr size_t colon = sig.find(':');
  if constexpr (colon == std::string_view::npos || colon + 1 == sig.size()) {
    return std::type_identity<void>{};
  } else if constexpr (sig.size() - colon - 1 == 2) {
    static_assert(sig.substr(colon + 1) == "ll");
    return std::type_identity<Wide>{};
  } else {
    return std::type_identity<typename LetterType<sig[colon + 1], false>::type>{};
  }
}

}  // namespace detail

// Defined for instructions with has_semantics(op).
template <wasm::Op op>
struct Signature {
  static_assert(has_semantics(op));
  using Params = decltype(detail::with_immediates<op>());  // without TrapCode&
  using Result = typename decltype(detail::result_of<op>())::type;
  static constexpr bool kTraps = has_trap_parameter(op);
};

}  // namespace ermine::semantics

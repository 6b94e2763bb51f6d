// Stencils of unary and binary instructions and of compare-and-branch.
#pragma once

#include "baseline/stencils/stencil.h"

namespace ermine::baseline {

template <class Sem>
using RunResult = std::conditional_t<Sem::kTraps, TrapCode, void>;

template <Op op, Location a, Location b, Location to, int marker>
struct Binary {
  using Sem = SemanticsOf<op>;
  using T = typename Sem::template Param<0>;
  static constexpr uint32_t kResult = result_in<typename Sem::Result>(to);
  [[gnu::always_inline]] static RunResult<Sem> run(State& s) {
    T x = read<T, a, HoleKind::kSlotA>(s);
    T y = read<T, b, HoleKind::kSlotB, marker, is_shift(op)>(s);
    if constexpr (Sem::kTraps) {
      TrapCode trap = TrapCode::kNone;
      auto v = Sem::call(x, y, trap);
      if (trap != TrapCode::kNone) [[unlikely]]
        return trap;
      write<to>(s, v);
      return TrapCode::kNone;
    } else {
      write<to>(s, typename Sem::Result(Sem::call(x, y)));
    }
  }
};

// Division by a constant d >= 2. With 32 bits the quotient is the upper half of x times 2^64/d rounded up. With 64 bits
// that factor has one bit more, which is added separately, and a shift follows (`count`).
template <Op op, Location a, Location to>
struct Divide {
  using T = typename SemanticsOf<op>::template Param<0>;
  static_assert(std::is_unsigned_v<T>);
  static constexpr uint32_t kResult = result_in<T>(to);
  [[gnu::always_inline]] static void run(State& s) {
    const T x = read<T, a, HoleKind::kSlotA>(s);
    uint64_t factor;
    std::memcpy(&factor, ermine_pool, sizeof factor);
    constexpr bool is_signed = is_signed_division(op);
    const T minus = is_signed ? static_cast<T>(std::make_signed_t<T>(x) >> (8 * sizeof(T) - 1)) : T{0};
    const T magnitude = (x ^ minus) - minus;
    const auto high = static_cast<uint64_t>(static_cast<unsigned __int128>(factor) * magnitude >> 64);
    T q;
    if constexpr (sizeof(T) == 4) q = static_cast<T>(high);
    else q = (((magnitude - high) >> 1) + high) >> count();
    q = (q ^ minus) - minus;
    if constexpr (is_remainder(op)) {
      T divisor;
      std::memcpy(&divisor, ermine_pool + 8, sizeof divisor);
      q = x - q * divisor;
    }
    write<to>(s, q);
  }
};

template <Op op, Location from, Location to>
struct Unary {
  using Sem = SemanticsOf<op>;
  using T = typename Sem::template Param<0>;
  static constexpr uint32_t kResult = result_in<typename Sem::Result>(to);
  [[gnu::always_inline]] static RunResult<Sem> run(State& s) {
    T x = read<T, from, HoleKind::kSlotA>(s);
    if constexpr (Sem::kTraps) {
      TrapCode trap = TrapCode::kNone;
      auto v = Sem::call(x, trap);
      if (trap != TrapCode::kNone) [[unlikely]]
        return trap;
      write<to>(s, v);
      return TrapCode::kNone;
    } else {
      write<to>(s, typename Sem::Result(Sem::call(x)));
    }
  }
};

template <Op op, Location a, Location b, bool on_false, int marker>
struct Branch {
  using Sem = SemanticsOf<op>;
  using T = typename Sem::template Param<0>;
  [[gnu::always_inline]] static bool run(State& s) {
    return (Sem::call(read<T, a, HoleKind::kSlotA>(s), read<T, b, HoleKind::kSlotB, marker>(s)) != 0) != on_false;
  }
};

// The last operands that an instruction has stencils for.
template <Op op>
constexpr bool has_last(Location l) {
  using T = typename SemanticsOf<op>::template Param<0>;
  if (is_storage(l) || l == kPool) return true;
  if (std::is_floating_point_v<T> || SemanticsOf<op>::kTraps)
    return false;  // division by constants is handled separately
  return l == kImm || ((sizeof(T) == 8 || machine::kNegativeForms) && !is_shift(op));
}

template <Op op>
constexpr auto kHasLast = [] {
  std::array<bool, kOperandLocations> has{};
  for (unsigned i = 0; i < has.size(); ++i) has[i] = has_last<op>(static_cast<Location>(i));
  return has;
}();

// The marker for a constant of type T.
template <class T>
constexpr Marker marker_of(Location l) {
  if (l == kNeg) return sizeof(T) == 8 ? Marker::kNeg : Marker::kNeg32;
  return sizeof(T) == 8 ? Marker::kImm : Marker::kImm32;
}
template <Op op>
constexpr Marker marker_of(Location l) {
  using T = typename SemanticsOf<op>::template Param<0>;
  if (is_shift(op)) return sizeof(T) == 8 ? Marker::kShift64 : Marker::kShift32;
  return marker_of<T>(l);
}

// `Body` and `Other` have the markers of the pair, if the last operand is a marked constant.
template <Location last, class Body, class Other>
consteval Entry entry_of(StencilId id, Marker marker) {
  if constexpr (is_immediate(last)) return {{.stencil = stencil<Body>}, stencil<Other>, id, marker, result_of<Body>()};
  else return entry<Body>(id);
}

// Each choice of the operands, with the result in the accumulator (and, by and_stored(), in a slot); then with the
// result in place of the first operand. What does not depend on the choice is computed once.
template <Op op>
struct BinaryStencils {
  static constexpr unsigned kAccs = kLocations * kOperandLocations;
  static constexpr unsigned kCount = kAccs + (ir::is_compare(op) ? 0 : kPinned * kOperandLocations);
  static constexpr bool kDivides = is_division(op);
  using Result = typename SemanticsOf<op>::Result;

  template <unsigned i>
  static consteval Entry at() {
    constexpr auto b = static_cast<Location>(i % kOperandLocations);
    if constexpr (i >= kAccs) {
      constexpr unsigned n = i / kOperandLocations - kLocations;
      return of<in_register(n), b, in_register(n)>(in_place_id(op, n, b));
    } else {
      constexpr auto a = static_cast<Location>(i / kOperandLocations);
      if constexpr ((a == kAcc && b == kAcc) || is_exchanged(op, a, b)) return {};
      else return and_stored<Result>(of<a, b, kAcc>(binary_id(op, a, b, false)), binary_id(op, a, b, true));
    }
  }

 private:
  template <Location a, Location b, Location to>
  static consteval Entry of(StencilId id) {
    if constexpr (kDivides && b == kImm) return entry<Divide<op, a, to>>(id);
    else if constexpr (!kHasLast<op>[ordinal(b)]) return {};
    else return entry_of<b, Binary<op, a, b, to, 0>, Binary<op, a, b, to, 1>>(id, marker_of<op>(b));
  }
};

struct NoStencils {
  static constexpr unsigned kCount = 0;
};
// Of instructions whose first operand has the letter in their signature.
template <char letter>
struct BinaryOn {
  template <Op op>
  using Stencils = std::conditional_t<ir::family_of(op) == Family::kBinary && wasm::op_info(op).sig()[0] == letter,
                                      BinaryStencils<op>, NoStencils>;
};

template <Op op>
struct BranchStencils {
  static constexpr unsigned kSenses = ir::has_inverse(op) ? 1 : 2;
  static constexpr unsigned kCount = ir::has_branch(op) ? kLocations * kOperandLocations * kSenses : 0;
  template <unsigned i>
  static consteval Entry at() {
    constexpr bool kOnFalse = i % kSenses != 0;
    constexpr auto a = static_cast<Location>(i / kSenses / kOperandLocations);
    constexpr auto b = static_cast<Location>(i / kSenses % kOperandLocations);
    if constexpr (!has_last<op>(b) || (a == kAcc && b == kAcc) || is_exchanged(op, a, b)) return {};
    else
      return entry_of<b, Branch<op, a, b, kOnFalse, 0>, Branch<op, a, b, kOnFalse, 1>>(branch_id(op, a, b, kOnFalse),
                                                                                       marker_of<op>(b));
  }
};

// Of an operation whose result can be in every location. `in_slot`: the stencil whose result is in a slot, which is
// made from that with the accumulator.
template <class Result, Location to, class Body>
consteval Entry with_result(StencilId id, StencilId in_slot) {
  if constexpr (to == kSlot) return {};
  else if constexpr (to == kAcc) return and_stored<Result>(entry<Body>(id), in_slot);
  else return entry<Body>(id);
}

template <Op op>
struct UnaryStencils {
  static constexpr unsigned kCount = ir::family_of(op) == Family::kUnary ? kLocations * kLocations : 0;
  template <unsigned i>
  static consteval Entry at() {
    constexpr auto from = static_cast<Location>(i / kLocations), to = static_cast<Location>(i % kLocations);
    return with_result<typename SemanticsOf<op>::Result, to, Unary<op, from, to>>(unary_id(op, from, to),
                                                                                  unary_id(op, from, kSlot));
  }
};

}  // namespace ermine::baseline

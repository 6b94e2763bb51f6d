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

// Body<marker> with both markers of the pair if the last operand is a marked constant.
template <Location last, template <int> class Body>
consteval Entry entry_of(StencilId id, Marker marker) {
  if constexpr (is_immediate(last))
    return {{.stencil = stencil<Body<0>>}, stencil<Body<1>>, id, marker, result_of<Body<0>>()};
  else return entry<Body<0>>(id);
}

template <Op op, Location a, Location b, Location to>
struct BinaryVariants {
  template <int marker>
  using Body = Binary<op, a, b, to, marker>;
};
template <Op op, Location a, Location b, bool on_false>
struct BranchVariants {
  template <int marker>
  using Body = Branch<op, a, b, on_false, marker>;
};

template <Op op>
constexpr void add_binary(auto& list) {
  each_location<kLocations>([&]<Location a> {
    each_location<kOperandLocations>([&]<Location b> {
      if constexpr (has_last<op>(b) && !(a == kAcc && b == kAcc)) {
        repeat<2>([&]<unsigned to_slot> {
          list.add(entry_of<b, BinaryVariants<op, a, b, to_slot ? kSlot : kAcc>::template Body>(
              binary_id(op, a, b, to_slot), marker_of<op>(b)));
        });
        if constexpr (is_register(a) && !ir::is_compare(op))
          list.add(entry_of<b, BinaryVariants<op, a, b, a>::template Body>(in_place_id(op, register_of(a), b),
                                                                           marker_of<op>(b)));
      }
    });
  });
}

template <Op op>
constexpr void add_divisions(auto& list) {
  each_location<kLocations>([&]<Location a> {
    list.add(entry<Divide<op, a, kAcc>>(binary_id(op, a, kImm, false)));
    list.add(entry<Divide<op, a, kSlot>>(binary_id(op, a, kImm, true)));
    if constexpr (is_register(a)) list.add(entry<Divide<op, a, a>>(in_place_id(op, register_of(a), kImm)));
  });
}

template <Op op>
constexpr void add_branch(auto& list) {
  constexpr unsigned kSenses = ir::has_inverse(op) ? 1 : 2;
  each_location<kLocations>([&]<Location a> {
    each_location<kOperandLocations>([&]<Location b> {
      if constexpr (has_last<op>(b) && !(a == kAcc && b == kAcc)) {
        repeat<kSenses>([&]<unsigned on_false> {
          list.add(entry_of<b, BranchVariants<op, a, b, on_false != 0>::template Body>(
              branch_id(op, a, b, on_false != 0), marker_of<op>(b)));
        });
      }
    });
  });
}

template <Op op>
constexpr void add_unary(auto& list) {
  each_location<kLocations>([&]<Location from> {
    each_location<kLocations>([&]<Location to> { list.add(entry<Unary<op, from, to>>(unary_id(op, from, to))); });
  });
}

}  // namespace ermine::baseline

// Vector instructions, with vectors in registers. VectorShape defines where the operands of each kind are.
#include "baseline/stencils/vectors.h"

namespace ermine::baseline {
namespace {

template <Op op, unsigned t>
struct Unary {
  [[gnu::always_inline]] static void run(State& s) { write<in_register(t)>(s, V128(call_vector<op>(s, V128(s.f[t])))); }
};

template <Op op, unsigned t, unsigned b, unsigned c>
struct Ternary {
  [[gnu::always_inline]] static void run(State& s) {
    write<in_register(t)>(s, V128(call_vector<op>(s, V128(s.f[t]), V128(s.f[b]), V128(s.f[c]))));
  }
};

template <Op op, unsigned t, Location l>
struct Shift {
  [[gnu::always_inline]] static void run(State& s) {
    const auto count = read<uint32_t, l, HoleKind::kSlotB>(s);
    write<in_register(t)>(s, V128(SemanticsOf<op>::call(V128(s.f[t]), count)));
  }
};
template <Op op, unsigned t, unsigned count>
struct ShiftBy {
  [[gnu::always_inline]] static void run(State& s) {
    write<in_register(t)>(s, V128(SemanticsOf<op>::call(V128(s.f[t]), count)));
  }
};

template <Op op, unsigned t, Location l>
struct Splat {
  [[gnu::always_inline]] static void run(State& s) {
    using Sem = SemanticsOf<op>;
    write<in_register(t)>(s, V128(Sem::call(read<typename Sem::template Param<0>, l, HoleKind::kSlotA>(s))));
  }
};

template <Op op, unsigned t, unsigned lane>
struct Extract {
  static constexpr uint32_t kResult = result_in<typename SemanticsOf<op>::Result>(kAcc);
  [[gnu::always_inline]] static void run(State& s) {
    write<kAcc>(s, typename SemanticsOf<op>::Result(SemanticsOf<op>::call(V128(s.f[t]), lane)));
  }
};

template <Op op, unsigned t, Location l, unsigned lane>
struct Replace {
  [[gnu::always_inline]] static void run(State& s) {
    using Sem = SemanticsOf<op>;
    auto v = read<typename Sem::template Param<1>, l, HoleKind::kSlotB>(s);
    write<in_register(t)>(s, V128(Sem::call(V128(s.f[t]), v, lane)));
  }
};

template <Op op, unsigned t>
struct Test {
  static constexpr uint32_t kResult = result_in<typename SemanticsOf<op>::Result>(kAcc);
  [[gnu::always_inline]] static void run(State& s) {
    write<kAcc>(s, typename SemanticsOf<op>::Result(SemanticsOf<op>::call(V128(s.f[t]))));
  }
};

template <Op op, unsigned t, Location address>
struct Access {
  [[gnu::always_inline]] static void run(State& s) {
    using Sem = SemanticsOf<op>;
    uint8_t* p = host_address(s, read_address<address>(s));
    if constexpr (Sem::kResults) {
      write<in_register(t)>(s, V128(Sem::call(p)));
    } else {
#if !defined(__x86_64__)
      // A store that crosses into inaccessible memory may be done in part before it faults: so it reads there first.
      static_cast<void>(*static_cast<const volatile uint8_t*>(p + 15));
#endif
      Sem::call(p, V128(s.f[t]));
    }
  }
};

template <Op op, unsigned t, Location address, unsigned lane>
struct LaneAccess {
  [[gnu::always_inline]] static void run(State& s) {
    using Sem = SemanticsOf<op>;
    uint8_t* p = host_address(s, read_address<address>(s));
    if constexpr (Sem::kResults) write<in_register(t)>(s, V128(Sem::call(p, V128(s.f[t]), lane)));
    else Sem::call(p, V128(s.f[t]), lane);
  }
};

// Entry i has number i of the instruction's.
template <Op op>
struct Stencils {
  static constexpr VectorShape kShape = vector_shape(op);
  static constexpr unsigned kCount = kShape == VectorShape::kBinary ? 0 : detail::vector_count(op);
  template <unsigned i>
  static consteval Entry at() {
    using enum VectorShape;
    constexpr unsigned n = kCount / kPinned, t = i / n, rest = i % n, kLanes = lanes(op);
    const StencilId id = formed_base(op) + i;
    if constexpr (kShape == kUnary) {
      return entry<Unary<op, t>>(id);
    } else if constexpr (kShape == kTest) {
      return entry<Test<op, t>>(id);
    } else if constexpr (kShape == kTernary) {
      return entry<Ternary<op, t, rest / kPinned, rest % kPinned>>(id);
    } else if constexpr (kShape == kExtract) {
      return entry<Extract<op, t, rest>>(id);
    } else if constexpr (kShape == kShift) {
      if constexpr (rest < kLocations) return entry<Shift<op, t, static_cast<Location>(rest)>>(id);
      else return entry<ShiftBy<op, t, rest - kLocations>>(id);
    } else {
      constexpr bool kHasLane = kShape == kReplace || kShape == kLoadLane || kShape == kStoreLane;
      constexpr auto l = static_cast<Location>(kHasLane ? rest / kLanes : rest);
      if constexpr (l == kAcc) return {};
      else if constexpr (kShape == kSplat) return entry<Splat<op, t, l>>(id);
      else if constexpr (kShape == kReplace) return entry<Replace<op, t, l, rest % kLanes>>(id);
      else if constexpr (kHasLane) return entry<LaneAccess<op, t, l, rest % kLanes>>(id);
      else return entry<Access<op, t, l>>(id);
    }
  }
};

STENCIL_LIST kList = list_instructions<Stencils>();

}  // namespace
}  // namespace ermine::baseline

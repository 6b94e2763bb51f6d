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

template <Op op, VectorShape shape, unsigned t>
constexpr void add(auto& list) {
  if constexpr (shape == VectorShape::kUnary) {
    list.add(entry<Unary<op, t>>(vector_id(op, t)));
  } else if constexpr (shape == VectorShape::kTest) {
    list.add(entry<Test<op, t>>(vector_id(op, t)));
  } else if constexpr (shape == VectorShape::kTernary) {
    repeat<kPinned>([&]<unsigned b> {
      repeat<kPinned>([&]<unsigned c> { list.add(entry<Ternary<op, t, b, c>>(vector_ternary_id(op, t, b, c))); });
    });
  } else if constexpr (shape == VectorShape::kShift) {
    each_location<kLocations>([&]<Location l> { list.add(entry<Shift<op, t, l>>(vector_shift_id(op, t, l))); });
    repeat<lanes(op)>([&]<unsigned n> { list.add(entry<ShiftBy<op, t, n>>(vector_shift_by_id(op, t, n))); });
  } else if constexpr (shape == VectorShape::kExtract) {
    repeat<lanes(op)>([&]<unsigned i> { list.add(entry<Extract<op, t, i>>(vector_extract_id(op, t, i))); });
  } else if constexpr (shape == VectorShape::kSplat) {
    each_location<kLocations>([&]<Location l> {
      if constexpr (l != kAcc) list.add(entry<Splat<op, t, l>>(vector_location_id(op, t, l)));
    });
  } else if constexpr (shape == VectorShape::kReplace) {
    each_location<kLocations>([&]<Location l> {
      repeat<lanes(op)>([&]<unsigned i> {
        if constexpr (l != kAcc) list.add(entry<Replace<op, t, l, i>>(vector_replace_id(op, t, l, i)));
      });
    });
  } else if constexpr (shape == VectorShape::kLoad || shape == VectorShape::kStore) {
    each_location<kLocations>([&]<Location l> {
      if constexpr (l != kAcc) list.add(entry<Access<op, t, l>>(vector_location_id(op, t, l)));
    });
  } else if constexpr (shape == VectorShape::kLoadLane || shape == VectorShape::kStoreLane) {
    each_location<kLocations>([&]<Location l> {
      repeat<lanes(op)>([&]<unsigned i> {
        if constexpr (l != kAcc) list.add(entry<LaneAccess<op, t, l, i>>(vector_replace_id(op, t, l, i)));
      });
    });
  }
}

constexpr void fill(auto& list) {
  for_each_op([&]<Op op>() {
    constexpr VectorShape kShape = vector_shape(op);
    if constexpr (kShape != VectorShape::kNone && kShape != VectorShape::kBinary)
      repeat<kPinned>([&]<unsigned t> { add<op, kShape, t>(list); });
  });
}
STENCIL_LIST(fill)

}  // namespace
}  // namespace ermine::baseline

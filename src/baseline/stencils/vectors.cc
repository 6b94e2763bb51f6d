// Vector instructions, with vectors in registers. VectorShape says where the operands of each kind are.
#include "baseline/stencils/vectors.h"

namespace ermine::baseline {
namespace {

template <Op op, unsigned t>
struct Unary {
  [[gnu::always_inline]] static Exit run(State& s) {
    write<kReg0 + t>(s, V128(call_vector<op>(s, V128(s.f[t]))));
    return Exit::kNext;
  }
};

template <Op op, unsigned t, unsigned b, unsigned c>
struct Ternary {
  [[gnu::always_inline]] static Exit run(State& s) {
    write<kReg0 + t>(s, V128(call_vector<op>(s, V128(s.f[t]), V128(s.f[b]), V128(s.f[c]))));
    return Exit::kNext;
  }
};

// By a count in a place, or by one that is known.
template <Op op, unsigned t, unsigned place_or_count>
struct Shift {
  [[gnu::always_inline]] static Exit run(State& s) {
    uint32_t count;
    if constexpr (place_or_count < kPlaces) count = read<uint32_t, place_or_count, HoleKind::kSlotB>(s);
    else count = place_or_count - kPlaces;
    write<kReg0 + t>(s, V128(SemanticsOf<op>::call(V128(s.f[t]), count)));
    return Exit::kNext;
  }
};

template <Op op, unsigned t, unsigned place>
struct Splat {
  [[gnu::always_inline]] static Exit run(State& s) {
    using Sem = SemanticsOf<op>;
    write<kReg0 + t>(s, V128(Sem::call(read<typename Sem::template Param<0>, place, HoleKind::kSlotA>(s))));
    return Exit::kNext;
  }
};

template <Op op, unsigned t, unsigned lane>
struct Extract {
  static constexpr uint32_t kResult = result_in<typename SemanticsOf<op>::Result>(kAcc);
  [[gnu::always_inline]] static Exit run(State& s) {
    write<kAcc>(s, typename SemanticsOf<op>::Result(SemanticsOf<op>::call(V128(s.f[t]), lane)));
    return Exit::kNext;
  }
};

template <Op op, unsigned t, unsigned place, unsigned lane>
struct Replace {
  [[gnu::always_inline]] static Exit run(State& s) {
    using Sem = SemanticsOf<op>;
    auto v = read<typename Sem::template Param<1>, place, HoleKind::kSlotB>(s);
    write<kReg0 + t>(s, V128(Sem::call(V128(s.f[t]), v, lane)));
    return Exit::kNext;
  }
};

template <Op op, unsigned t>
struct Test {
  static constexpr uint32_t kResult = result_in<typename SemanticsOf<op>::Result>(kAcc);
  [[gnu::always_inline]] static Exit run(State& s) {
    write<kAcc>(s, typename SemanticsOf<op>::Result(SemanticsOf<op>::call(V128(s.f[t]))));
    return Exit::kNext;
  }
};

template <Op op, unsigned t, unsigned address>
struct Access {
  [[gnu::always_inline]] static Exit run(State& s) {
    using Sem = SemanticsOf<op>;
    uint8_t* p = host_address(s, read_address<address>(s));
    if constexpr (Sem::kResults) {
      write<kReg0 + t>(s, V128(Sem::call(p)));
    } else {
#if !defined(__x86_64__)
      // A store that crosses into memory that is not there may be done in part before it faults: it faults before.
      static_cast<void>(*static_cast<const volatile uint8_t*>(p + 15));
#endif
      Sem::call(p, V128(s.f[t]));
    }
    return Exit::kNext;
  }
};

template <Op op, unsigned t, unsigned address, unsigned lane>
struct LaneAccess {
  [[gnu::always_inline]] static Exit run(State& s) {
    using Sem = SemanticsOf<op>;
    uint8_t* p = host_address(s, read_address<address>(s));
    if constexpr (Sem::kResults) write<kReg0 + t>(s, V128(Sem::call(p, V128(s.f[t]), lane)));
    else Sem::call(p, V128(s.f[t]), lane);
    return Exit::kNext;
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
    repeat<kPlaces + lanes(op)>([&]<unsigned i> { list.add(entry<Shift<op, t, i>>(vector_shift_id(op, t, i))); });
  } else if constexpr (shape == VectorShape::kExtract) {
    repeat<lanes(op)>([&]<unsigned i> { list.add(entry<Extract<op, t, i>>(vector_extract_id(op, t, i))); });
  } else if constexpr (shape == VectorShape::kSplat) {
    repeat<kPlaces>([&]<unsigned p> {
      if constexpr (p != kAcc) list.add(entry<Splat<op, t, p>>(vector_place_id(op, t, p)));
    });
  } else if constexpr (shape == VectorShape::kReplace) {
    repeat<kPlaces>([&]<unsigned p> {
      repeat<lanes(op)>([&]<unsigned i> {
        if constexpr (p != kAcc) list.add(entry<Replace<op, t, p, i>>(vector_replace_id(op, t, p, i)));
      });
    });
  } else if constexpr (shape == VectorShape::kLoad || shape == VectorShape::kStore) {
    repeat<kPlaces>([&]<unsigned p> {
      if constexpr (p != kAcc) list.add(entry<Access<op, t, p>>(vector_place_id(op, t, p)));
    });
  } else if constexpr (shape == VectorShape::kLoadLane || shape == VectorShape::kStoreLane) {
    repeat<kPlaces>([&]<unsigned p> {
      repeat<lanes(op)>([&]<unsigned i> {
        if constexpr (p != kAcc) list.add(entry<LaneAccess<op, t, p, i>>(vector_replace_id(op, t, p, i)));
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

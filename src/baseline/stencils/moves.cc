// Moves, constants, selects, globals, returns.
#include "baseline/stencils/numeric.h"

namespace ermine::baseline {
namespace {

template <class T, unsigned from, unsigned to, int twin>
struct Move {
  static constexpr uint32_t kResult = to == kSlot ? 0 : result_in<T>(to);
  [[gnu::always_inline]] static Exit run(State& s) {
    T v = read<T, from, HoleKind::kSlotA, twin>(s);
    if constexpr (to == kSlot) set_slot(s, v);  // leaves the accumulator alone
    else write<to>(s, v);
    return Exit::kNext;
  }
};
template <class T, unsigned from, unsigned to>
struct MoveTwins {
  template <int twin>
  using Body = Move<T, from, to, twin>;
};

template <class T, unsigned a, unsigned b, unsigned condition>
struct Select {
  static constexpr uint32_t kResult = result_in<T>(kAcc);
  [[gnu::always_inline]] static Exit run(State& s) {
    auto c = read<uint32_t, condition, HoleKind::kSlotC>(s);
    T x = read<T, a, HoleKind::kSlotA>(s), y = read<T, b, HoleKind::kSlotB>(s);
    // Of two slots both are read: an address that is chosen is none that can be shown to lie in the frame.
    if constexpr (a == kSlot && b == kSlot) {
      if constexpr (std::is_floating_point_v<T>) asm("" : "+" STENCIL_FLOAT(x));
      else asm("" : "+r"(x));
    }
    write<kAcc>(s, c ? x : y);
    return Exit::kNext;
  }
};

// The cell of a global: of the instance's own, beside its context (offset); of others, through the table of
// cells (offset of its pointer).
template <bool own>
[[gnu::always_inline]] inline char* cell(const State& s) {
  if constexpr (own) return plus_offset(s.ctx);
  else {
    char* cell;
    std::memcpy(&cell, plus_offset_anywhere(s.ctx->globals), sizeof cell);
    return cell;
  }
}
template <class T, bool own, unsigned to>
struct GlobalGet {
  static constexpr uint32_t kResult = result_in<T>(to);
  [[gnu::always_inline]] static Exit run(State& s) {
    T v;
    std::memcpy(&v, cell<own>(s), sizeof v);
    write<to>(s, v);
    return Exit::kNext;
  }
};
template <class T, bool own, unsigned from>
struct GlobalSet {
  [[gnu::always_inline]] static Exit run(State& s) {
    T v = read<T, from, HoleKind::kSlotA>(s);
    if constexpr (std::is_same_v<T, float>) {
      const Slot bits = std::bit_cast<uint32_t>(v);
      std::memcpy(cell<own>(s), &bits, sizeof bits);
    } else {
      std::memcpy(cell<own>(s), &v, sizeof v);
    }
    return Exit::kNext;
  }
};

template <class T, unsigned from, int twin>
STENCIL return_value(STENCIL_PARAMS) {
  State s{{l0, l1, l2, l3, l4, l5}, fp, ctx, mem, r0, s0, d0, {f0, f1, f2, f3, f4, f5}};
  T v = read<T, from, HoleKind::kSlotA, twin>(s);
  uint64_t bits;
  if constexpr (std::is_same_v<T, float>) bits = std::bit_cast<uint32_t>(v);
  else bits = std::bit_cast<uint64_t>(v);
  fp[0] = bits;
  return bits;
}

STENCIL return_nothing(STENCIL_PARAMS) { return r0; }

// In place of the first.
template <unsigned a, unsigned b, unsigned condition>
struct SelectV128 {
  [[gnu::always_inline]] static Exit run(State& s) {
    if (read<uint32_t, condition, HoleKind::kSlotC>(s) == 0) s.f[a - kReg0] = s.f[b - kReg0];
    return Exit::kNext;
  }
};

constexpr void fill_vectors(auto& list) {
  repeat<kAnyPlaces>([&]<unsigned from> {
    repeat<kPlaces>([&]<unsigned to> {
      if constexpr ((from < kPlaces || from == kPool) && from != kAcc && to != kAcc)
        list.add(entry<Move<V128, from, to, 0>>(special_id(Special::kMoveV128, from * kPlaces + to)));
    });
  });
  repeat<kPlaces>([&]<unsigned a> {
    repeat<kPlaces>([&]<unsigned b> {
      repeat<kPlaces>([&]<unsigned condition> {
        if constexpr (a >= kReg0 && b >= kReg0)
          list.add(entry<SelectV128<a, b, condition>>(
              special_id(Special::kSelectV128, (a * kPlaces + b) * kPlaces + condition)));
      });
    });
    repeat<2>([&]<unsigned own> {
      if constexpr (a >= kReg0) {
        list.add(entry<GlobalGet<V128, own != 0, a>>(special_id(Special::kGlobalV128, own * kPlaces + a)));
        list.add(entry<GlobalSet<V128, own != 0, a>>(special_id(Special::kSetGlobalV128, own * kPlaces + a)));
      }
    });
  });
}

constexpr void fill_narrow(auto& list) {
  repeat<kAnyPlaces>([&]<unsigned from> {
    repeat<kPlaces>([&]<unsigned to> {
      if constexpr (to != kSlot && (from != kNeg || machine::kNegativeForms))
        list.add(entry_of<from, MoveTwins<uint32_t, from, to>::template Body>(
            special_id(Special::kMoveNarrow, from * kPlaces + to), marker_of<uint32_t>(from)));
    });
  });
}

template <class T>
constexpr void fill_class(auto& list, unsigned number) {
  constexpr bool is_int = std::is_same_v<T, uint64_t>;
  auto special = [number](Special first, unsigned index) {
    return special_id(static_cast<Special>(static_cast<unsigned>(first) + number), index);
  };
  auto has = [](unsigned from) { return from < kPlaces || from == kPool || is_int; };
  repeat<kAnyPlaces>([&]<unsigned from> {
    if constexpr (is_int || from < kPlaces || from == kPool) {
      repeat<kPlaces>([&]<unsigned to> {
        if (!has(from)) return;
        list.add(entry_of<from, MoveTwins<T, from, to>::template Body>(special(Special::kMoveInt, from * kPlaces + to),
                                                                       marker_of<T>(from)));
      });
    }
    if constexpr (from < kPlaces || from == kPool)
      list.add({{.stencil = return_value<T, from, 0>}, nullptr, special(Special::kReturnInt, from), Marker::kNone, 0});
    else if constexpr (is_int)
      list.add({{.stencil = return_value<T, from, 0>},
                return_value<T, from, 1>,
                special(Special::kReturnInt, from),
                marker_of<T>(from),
                0});
  });
  repeat<kPlaces>([&]<unsigned a> {
    repeat<kPlaces>([&]<unsigned b> {
      repeat<kPlaces>([&]<unsigned condition> {
        if constexpr (a != kAcc && b != kAcc)
          list.add(
              entry<Select<T, a, b, condition>>(special(Special::kSelectInt, (a * kPlaces + b) * kPlaces + condition)));
      });
    });
    repeat<2>([&]<unsigned own> {
      list.add(entry<GlobalGet<T, own != 0, a>>(special(Special::kGlobalInt, own * kPlaces + a)));
      list.add(entry<GlobalSet<T, own != 0, a>>(special(Special::kSetGlobalInt, own * kPlaces + a)));
    });
  });
}

constexpr void fill(auto& list) {
  fill_class<uint64_t>(list, 0);
  fill_narrow(list);
  fill_class<float>(list, 1);
  fill_class<double>(list, 2);
  fill_vectors(list);
  list.add({{.stencil = return_nothing}, nullptr, rest_id(Rest::kReturn), Marker::kNone, 0});
}
STENCIL_LIST(fill)

}  // namespace
}  // namespace ermine::baseline

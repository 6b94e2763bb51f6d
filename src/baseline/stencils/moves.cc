// Moves, constants, selects, globals, returns.
#include "baseline/stencils/numeric.h"

namespace ermine::baseline {
namespace {

template <class T, Location from, Location to, int marker>
struct Move {
  static constexpr uint32_t kResult = to == kSlot ? 0 : result_in<T>(to);
  [[gnu::always_inline]] static void run(State& s) {
    T v = read<T, from, HoleKind::kSlotA, marker>(s);
    if constexpr (to == kSlot) set_slot(s, v);  // the accumulator is unchanged
    else write<to>(s, v);
  }
};
template <class T, Location from, Location to>
struct MoveVariants {
  template <int marker>
  using Body = Move<T, from, to, marker>;
};

template <class T, Location a, Location b, Location condition>
struct Select {
  static constexpr uint32_t kResult = result_in<T>(kAcc);
  [[gnu::always_inline]] static void run(State& s) {
    auto c = read<uint32_t, condition, HoleKind::kSlotC>(s);
    T x = read<T, a, HoleKind::kSlotA>(s), y = read<T, b, HoleKind::kSlotB>(s);
    // Both slots are read: a selected address could not be shown to be in the frame.
    if constexpr (a == kSlot && b == kSlot) {
      if constexpr (std::is_floating_point_v<T>) asm("" : "+" STENCIL_FLOAT(x));
      else asm("" : "+r"(x));
    }
    write<kAcc>(s, c ? x : y);
  }
};

// The slot of a global: of the instance's own, beside its context (offset); of others, through the table of slots
// (offset of its pointer).
template <bool own>
[[gnu::always_inline]] inline char* cell(const State& s) {
  if constexpr (own) return plus_offset(s.ctx);
  else {
    char* cell;
    std::memcpy(&cell, plus_offset_anywhere(s.ctx->globals), sizeof cell);
    return cell;
  }
}
template <class T, bool own, Location to>
struct GlobalGet {
  static constexpr uint32_t kResult = result_in<T>(to);
  [[gnu::always_inline]] static void run(State& s) {
    T v;
    std::memcpy(&v, cell<own>(s), sizeof v);
    write<to>(s, v);
  }
};
template <class T, bool own, Location from>
struct GlobalSet {
  [[gnu::always_inline]] static void run(State& s) {
    T v = read<T, from, HoleKind::kSlotA>(s);
    if constexpr (std::is_same_v<T, float>) {
      const Slot bits = std::bit_cast<uint32_t>(v);
      std::memcpy(cell<own>(s), &bits, sizeof bits);
    } else {
      std::memcpy(cell<own>(s), &v, sizeof v);
    }
  }
};

template <class T, Location from, int marker>
STENCIL return_value(STENCIL_PARAMS) {
  State s{{l0, l1, l2, l3, l4, l5}, fp, ctx, mem, r0, s0, d0, {f0, f1, f2, f3, f4, f5}};
  T v = read<T, from, HoleKind::kSlotA, marker>(s);
  uint64_t bits;
  if constexpr (std::is_same_v<T, float>) bits = std::bit_cast<uint32_t>(v);
  else bits = std::bit_cast<uint64_t>(v);
  fp[0] = bits;
  return bits;
}

STENCIL return_nothing(STENCIL_PARAMS) { return r0; }

// In place of the first.
template <Location a, Location b, Location condition>
struct SelectV128 {
  [[gnu::always_inline]] static void run(State& s) {
    if (read<uint32_t, condition, HoleKind::kSlotC>(s) == 0) s.f[register_of(a)] = s.f[register_of(b)];
  }
};

constexpr void fill_vectors(auto& list) {
  each_location<kOperandLocations>([&]<Location from> {
    each_location<kLocations>([&]<Location to> {
      if constexpr ((is_storage(from) || from == kPool) && from != kAcc && to != kAcc)
        list.add(entry<Move<V128, from, to, 0>>(move_id(StencilGroup::kMoveV128, from, to)));
    });
  });
  each_location<kLocations>([&]<Location a> {
    each_location<kLocations>([&]<Location b> {
      each_location<kLocations>([&]<Location condition> {
        if constexpr (is_register(a) && is_register(b))
          list.add(entry<SelectV128<a, b, condition>>(select_id(StencilGroup::kSelectV128, a, b, condition)));
      });
    });
    repeat<2>([&]<unsigned own> {
      if constexpr (is_register(a)) {
        list.add(entry<GlobalGet<V128, own != 0, a>>(global_id(StencilGroup::kGlobalV128, own != 0, a)));
        list.add(entry<GlobalSet<V128, own != 0, a>>(global_id(StencilGroup::kSetGlobalV128, own != 0, a)));
      }
    });
  });
}

constexpr void fill_narrow(auto& list) {
  each_location<kOperandLocations>([&]<Location from> {
    each_location<kLocations>([&]<Location to> {
      if constexpr (to != kSlot && (from != kNeg || machine::kNegativeForms))
        list.add(entry_of<from, MoveVariants<uint32_t, from, to>::template Body>(
            move_id(StencilGroup::kMoveNarrow, from, to), marker_of<uint32_t>(from)));
    });
  });
}

template <class T>
constexpr void fill_class(auto& list, unsigned number) {
  constexpr bool is_int = std::is_same_v<T, uint64_t>;
  auto group = [number](StencilGroup first) {
    return static_cast<StencilGroup>(static_cast<unsigned>(first) + number);
  };
  auto has = [](Location from) { return is_storage(from) || from == kPool || is_int; };
  each_location<kOperandLocations>([&]<Location from> {
    if constexpr (is_int || is_storage(from) || from == kPool) {
      each_location<kLocations>([&]<Location to> {
        if (!has(from)) return;
        list.add(entry_of<from, MoveVariants<T, from, to>::template Body>(
            move_id(group(StencilGroup::kMoveInt), from, to), marker_of<T>(from)));
      });
    }
    if constexpr (is_storage(from) || from == kPool)
      list.add({{.stencil = return_value<T, from, 0>},
                nullptr,
                group_id(group(StencilGroup::kReturnInt), from),
                Marker::kNone,
                0});
    else if constexpr (is_int)
      list.add({{.stencil = return_value<T, from, 0>},
                return_value<T, from, 1>,
                group_id(group(StencilGroup::kReturnInt), from),
                marker_of<T>(from),
                0});
  });
  each_location<kLocations>([&]<Location a> {
    each_location<kLocations>([&]<Location b> {
      each_location<kLocations>([&]<Location condition> {
        if constexpr (a != kAcc && b != kAcc)
          list.add(entry<Select<T, a, b, condition>>(select_id(group(StencilGroup::kSelectInt), a, b, condition)));
      });
    });
    repeat<2>([&]<unsigned own> {
      list.add(entry<GlobalGet<T, own != 0, a>>(global_id(group(StencilGroup::kGlobalInt), own != 0, a)));
      list.add(entry<GlobalSet<T, own != 0, a>>(global_id(group(StencilGroup::kSetGlobalInt), own != 0, a)));
    });
  });
}

constexpr void fill(auto& list) {
  fill_class<uint64_t>(list, 0);
  fill_narrow(list);
  fill_class<float>(list, 1);
  fill_class<double>(list, 2);
  fill_vectors(list);
  list.add({{.stencil = return_nothing}, nullptr, control_id(ControlStencil::kReturn), Marker::kNone, 0});
}
STENCIL_LIST(fill)

}  // namespace
}  // namespace ermine::baseline

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

// From any location to any other. uint32_t: the upper half is then zero.
template <class T>
struct Moves {
  static constexpr unsigned kCount = kOperandLocations * kLocations;
  template <unsigned i>
  static consteval Entry at() {
    constexpr auto from = static_cast<Location>(i / kLocations), to = static_cast<Location>(i % kLocations);
    constexpr bool kVector = std::is_same_v<T, V128>, kNarrow = std::is_same_v<T, uint32_t>;
    constexpr bool kFrom = kVector                  ? (is_storage(from) || from == kPool) && from != kAcc
                           : kNarrow                ? from != kNeg || machine::kNegativeForms
                           : !std::is_integral_v<T> ? is_storage(from) || from == kPool
                                                    : true;
    if constexpr (!kFrom || (kVector && to == kAcc) || (kNarrow && to == kSlot)) return {};
    else
      return entry_of<from, Move<T, from, to, 0>, Move<T, from, to, 1>>(
          move_id(kNarrow ? StencilGroup::kMoveNarrow : group_of<T>(StencilGroup::kMoveInt), from, to),
          marker_of<T>(from));
  }
};

template <class T>
struct Returns {
  static constexpr unsigned kCount = kOperandLocations;
  template <unsigned i>
  static consteval Entry at() {
    constexpr auto from = static_cast<Location>(i);
    const StencilId id = group_id(group_of<T>(StencilGroup::kReturnInt), from);
    if constexpr (is_storage(from) || from == kPool) return {{.stencil = return_value<T, from, 0>}, nullptr, id};
    else if constexpr (!std::is_integral_v<T>) return {};
    else return {{.stencil = return_value<T, from, 0>}, return_value<T, from, 1>, id, marker_of<T>(from)};
  }
};

template <class T>
struct Selects {
  static constexpr unsigned kCount = kLocations * kLocations * kLocations;
  template <unsigned i>
  static consteval Entry at() {
    constexpr auto a = static_cast<Location>(i / kLocations / kLocations);
    constexpr auto b = static_cast<Location>(i / kLocations % kLocations);
    constexpr auto condition = static_cast<Location>(i % kLocations);
    const StencilId id = select_id(group_of<T>(StencilGroup::kSelectInt), a, b, condition);
    if constexpr (std::is_same_v<T, V128>) {
      if constexpr (is_register(a) && is_register(b)) return entry<SelectV128<a, b, condition>>(id);
      else return {};
    } else if constexpr (a != kAcc && b != kAcc) {
      return entry<Select<T, a, b, condition>>(id);
    } else {
      return {};
    }
  }
};

template <class T>
struct Globals {
  static constexpr unsigned kCount = 4 * kLocations;
  template <unsigned i>
  static consteval Entry at() {
    constexpr auto l = static_cast<Location>(i / 4);
    constexpr bool kOwn = i % 2 != 0, kSet = i % 4 >= 2;
    const StencilId id = global_id(group_of<T>(kSet ? StencilGroup::kSetGlobalInt : StencilGroup::kGlobalInt), kOwn, l);
    if constexpr (std::is_same_v<T, V128> && !is_register(l)) return {};
    else if constexpr (kSet) return entry<GlobalSet<T, kOwn, l>>(id);
    else return entry<GlobalGet<T, kOwn, l>>(id);
  }
};

STENCIL_LIST kIntegers =
    list_groups<Moves<uint64_t>, Moves<uint32_t>, Selects<uint64_t>, Globals<uint64_t>, Returns<uint64_t>>();
STENCIL_LIST kF32 = list_groups<Moves<float>, Selects<float>, Globals<float>, Returns<float>>();
STENCIL_LIST kF64 = list_groups<Moves<double>, Selects<double>, Globals<double>, Returns<double>>();
STENCIL_LIST kVectors = list_groups<Moves<V128>, Selects<V128>, Globals<V128>>();
STENCIL_LIST kReturn = std::array{
    Entry{{.stencil = return_nothing}, nullptr, control_id(ControlStencil::kReturn)},
};

}  // namespace
}  // namespace ermine::baseline

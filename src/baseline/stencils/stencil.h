// The form of a stencil: one instruction as a function of the machine's state. Its parameters are in the registers
// where the interpreter's handlers have them, followed by the pinned registers. A value that is not known when it is
// compiled (slots, constants, targets) is an undefined symbol or, where only a constant makes the compiler choose the
// short form, a marker value: such a function is compiled twice, with a pair of markers, and the tool that reads the
// object file finds the place by comparing the two. semantics/ defines what a stencil computes.
//
// A stencil ends in a tail call of ermine_next, which is removed when the next stencil is copied after it.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "baseline/machine.h"
#include "runtime/context.h"
#include "runtime/instance.h"
#include "runtime/offsets.h"
#include "semantics/semantics_of.h"

namespace ermine::baseline {

using runtime::InstanceContext;
using runtime::Slot;
using semantics::for_each_op;
using semantics::SemanticsOf;
using semantics::V128;

// A vector register: a v128, or an f32 or f64 in its low lane.
typedef float Vec __attribute__((vector_size(16)));

#define STENCIL_PARAMS                                                                                             \
  uint64_t l0, Slot *fp, InstanceContext *ctx, uint8_t *mem, uint64_t r0, uint64_t l1, uint64_t l2, uint64_t free, \
      uint64_t l3, uint64_t l4, uint64_t l5, float s0, double d0, Vec f0, Vec f1, Vec f2, Vec f3, Vec f4, Vec f5
#define STENCIL_ARGS l0, fp, ctx, mem, r0, l1, l2, free, l3, l4, l5, s0, d0, f0, f1, f2, f3, f4, f5
#define STENCIL __attribute__((preserve_none)) uint64_t
typedef STENCIL (*Target)(STENCIL_PARAMS);

extern "C" {
extern char ermine_slot_a[], ermine_slot_b[], ermine_slot_c[], ermine_slot_d[];
extern char ermine_offset[], ermine_count[];
extern const char ermine_pool[];
STENCIL ermine_next(STENCIL_PARAMS);
STENCIL ermine_taken(STENCIL_PARAMS);
STENCIL ermine_trap(STENCIL_PARAMS);
}
}  // namespace ermine::baseline

// A number that is a macro (runtime/asm_offsets.h) in the text of assembly.
#define ERMINE_ASM_TEXT(number) #number
#define ERMINE_ASM(number) ERMINE_ASM_TEXT(number)

#if defined(__x86_64__)
#include "baseline/stencils/machine_x86_64.h"
#elif defined(__aarch64__)
#include "baseline/stencils/machine_aarch64.h"
#endif

namespace ermine::baseline {

struct State {
  uint64_t l[kPinned];
  Slot* fp;
  InstanceContext* ctx;
  uint8_t* mem;
  uint64_t r0;
  float s0;
  double d0;
  Vec f[kPinned];
};

#define STENCIL_STATE                                                                                                 \
  s.l[0], s.fp, s.ctx, s.mem, s.r0, s.l[1], s.l[2], free, s.l[3], s.l[4], s.l[5], s.s0, s.d0, s.f[0], s.f[1], s.f[2], \
      s.f[3], s.f[4], s.f[5]

// Body::run's result says where it continues: nothing or false, at the next stencil; true, at the target of the branch;
// a trap's code, which is then in r0, at the trap. (Exits that a body does not have would cost a third of the time that
// it takes to compile the stencils.)
template <class Body>
STENCIL stencil(STENCIL_PARAMS) {
  State s{{l0, l1, l2, l3, l4, l5}, fp, ctx, mem, r0, s0, d0, {f0, f1, f2, f3, f4, f5}};
  using Result = decltype(Body::run(s));
  if constexpr (std::is_void_v<Result>) {
    Body::run(s);
    STENCIL_FREE(free);
  } else if constexpr (std::is_same_v<Result, bool>) {
    const bool is_taken = Body::run(s);
    STENCIL_FREE(free);
    if (is_taken) [[clang::musttail]]
      return ermine_taken(STENCIL_STATE);
  } else {
    const TrapCode trap = Body::run(s);
    STENCIL_FREE(free);
    if (trap != TrapCode::kNone) [[unlikely]] {
      s.r0 = static_cast<uint64_t>(trap);
      [[clang::musttail]] return ermine_trap(STENCIL_STATE);
    }
  }
  [[clang::musttail]] return ermine_next(STENCIL_STATE);
}

// --- Locations

// `marker`: the marker of the pair that represents a constant operand.
template <class T, Location l, HoleKind slot, int marker = 0, bool shift = false>
[[gnu::always_inline]] inline T read(const State& s) {
  if constexpr (l == kSlot && std::is_same_v<T, V128>) {
    return V128::load(slot_address<slot>(s.fp));
  } else if constexpr (l == kSlot) {
    return load_slot<T, slot>(s.fp);
  } else if constexpr (l == kImm || l == kNeg) {
    if constexpr (shift) return static_cast<T>(machine::kMarked.shift[marker]);
    else if constexpr (l == kImm && sizeof(T) == 4) return static_cast<T>(machine::kMarked.value32[marker]);
    else if constexpr (l == kNeg) return static_cast<T>(-int64_t{machine::kMarked.value[marker]});
    else return static_cast<T>(machine::kMarked.value[marker]);
  } else if constexpr (l == kPool) {
    T v;
    std::memcpy(&v, ermine_pool, sizeof v);
    return v;
  } else if constexpr (std::is_same_v<T, V128>) {
    static_assert(is_register(l));  // there is no accumulator for vectors
    return V128(s.f[register_of(l)]);
  } else if constexpr (std::is_same_v<T, float>) {
    if constexpr (l == kAcc) return s.s0;
    else return s.f[register_of(l)][0];
  } else if constexpr (std::is_same_v<T, double>) {
    if constexpr (l == kAcc) return s.d0;
    else {
      typedef double Doubles __attribute__((vector_size(16)));
      return reinterpret_cast<Doubles>(s.f[register_of(l)])[0];
    }
  } else {
    if constexpr (l == kAcc) return static_cast<T>(s.r0);
    else return static_cast<T>(s.l[register_of(l)]);
  }
}

// A 32-bit address in memory 0. In the frame its other half is not read. In a register it is not read either or, if
// that would take an instruction, it is zero: the compiler ensures that (Compiler::address_location).
template <Location l>
[[gnu::always_inline]] inline uint64_t read_address(const State& s) {
  if constexpr (l == kSlot || !machine::kNarrowAddresses) return read<uint32_t, l, HoleKind::kSlotA>(s);
  else return read<uint64_t, l, HoleKind::kSlotA>(s);
}

template <class T>
[[gnu::always_inline]] inline void set_slot(const State& s, T v) {
  if constexpr (std::is_same_v<T, V128>) v.store(slot_address<HoleKind::kSlotD>(s.fp));
  else if constexpr (std::is_same_v<T, float>) store_slot(s.fp, std::bit_cast<uint32_t>(v));
  else if constexpr (std::is_same_v<T, double>) store_slot(s.fp, std::bit_cast<uint64_t>(v));
  else store_slot(s.fp, v);
}

// The target of an access to memory 0: its guarded reservation, whose end faults.
[[gnu::always_inline]] inline uint8_t* host_address(const State& s, uint64_t address) {
  return reinterpret_cast<uint8_t*>(plus_offset(s.mem)) + address;
}

// A result in an accumulator, in the slot and the accumulator, or in a register.
template <Location l, class T>
[[gnu::always_inline]] inline void write(State& s, T v) {
  if constexpr (l == kSlot) set_slot(s, v);
  if constexpr (std::is_same_v<T, V128>) {
    static_assert(is_register(l));
    s.f[register_of(l)] = v.template as<Vec>();
  } else if constexpr (std::is_same_v<T, float>) {
    if constexpr (!is_register(l)) s.s0 = v;
    else {
      Vec x;  // the upper lanes are undefined
      x[0] = v;
      s.f[register_of(l)] = x;
    }
  } else if constexpr (std::is_same_v<T, double>) {
    if constexpr (!is_register(l)) s.d0 = v;
    else {
      typedef double Doubles __attribute__((vector_size(16)));
      Doubles x;
      x[0] = v;
      s.f[register_of(l)] = reinterpret_cast<Vec>(x);
    }
  } else {
    if constexpr (!is_register(l)) s.r0 = v;
    else s.l[register_of(l)] = v;
  }
}

// --- The list of stencils, for the tool

union Code {
  Target stencil;
  void (*by_hand)();
};
// A stencil. The tool makes another one of it if `stored` names it: the same, then a store of the accumulator in a slot
// (which the compiler would generate a second time, no better). Aligned so that lists are without gaps in their
// section.
struct alignas(16) Entry {
  Code code;
  Target other;  // the same with the other marker of the pair; null if there is no marker
  StencilId id = kNoStencil;  // none: this entry is empty
  Marker marker = Marker::kNone;
  uint32_t result = 0;  // result_in()
  StencilId stored = kNoStencil, store = kNoStencil;  // the stencil that is followed by the store, and the store's
  uint32_t stored_result = 0;
};

// Bodies with a result in an integer register declare it: kResult.
template <class Body>
consteval uint32_t result_of() {
  if constexpr (requires { Body::kResult; }) return Body::kResult;
  else return 0;
}
template <class Body>
consteval Entry entry(StencilId id) {
  return {{.stencil = stencil<Body>}, nullptr, id, Marker::kNone, result_of<Body>()};
}
// The groups of a class of values, of which the first is that of integers.
template <class T>
constexpr StencilGroup group_of(StencilGroup of_int) {
  constexpr unsigned kNumber = std::is_same_v<T, float>    ? 1
                               : std::is_same_v<T, double> ? 2
                               : std::is_same_v<T, V128>   ? 3
                                                           : 0;
  return static_cast<StencilGroup>(static_cast<unsigned>(of_int) + kNumber);
}

// `id`: of the same with its result, a T in the accumulator, in a slot as well.
template <class T>
consteval Entry and_stored(Entry e, StencilId id) {
  if (e.id == kNoStencil) return e;
  e.stored = id;
  e.store = move_id(group_of<T>(StencilGroup::kMoveInt), kAcc, kSlot);
  e.stored_result = result_in<T>(kSlot);
  return e;
}

// The stencils of a group or of an instruction are a class with kCount and at<i>(), the entry of each number below it.
// (Templates of lambdas, one in another, took a third of the time that it takes to compile the stencils.)
template <class Group>
consteval Entry* list_group(Entry* to) {
  return [&]<unsigned... i>(std::integer_sequence<unsigned, i...>) {
    return std::ranges::copy(std::array<Entry, Group::kCount>{Group::template at<i>()...}, to).out;
  }(std::make_integer_sequence<unsigned, Group::kCount>());
}
template <class... Groups>
consteval auto list_groups() {
  std::array<Entry, (Groups::kCount + ...)> entries{};
  Entry* to = entries.data();
  ((to = list_group<Groups>(to)), ...);
  return entries;
}
// Those of all instructions; kCount is 0 for an instruction that has none.
template <template <Op> class Group>
consteval auto list_instructions() {
  constexpr size_t kSize = [] {
    size_t size = 0;
#define OP(id, ...) size += Group<Op::id>::kCount;
#include "wasm/opcodes.def"
    return size;
  }();
  std::array<Entry, kSize> entries{};
  Entry* to = entries.data();
  for_each_op([&]<Op op> {
    if constexpr (Group<op>::kCount != 0) to = list_group<Group<op>>(to);
  });
  return entries;
}

#define STENCIL_LIST [[gnu::used, gnu::section("ermine_stencils")]] constinit const auto

}  // namespace ermine::baseline

// ObjectStep<op>: executes one of the operations of ir/object_ops.def. It is a part of Step (step.h): fast paths are
// inline, slow paths are calls of plain functions (runtime/gc/slow_paths.h). Null and bounds are compared in code; a
// trap changes nothing. An index that was compared is masked as well, against speculation.
#pragma once

#include "interp/handler.h"
#include "interp/state.h"
#include "ir/object_ops.h"
#include "runtime/accesses.h"
#include "runtime/gc/object.h"
#include "runtime/gc/slow_paths.h"
#include "runtime/zero_extension.h"
#include "semantics/object.h"

namespace ermine::interp {

template <ir::Access access>
auto access_value() {
  using enum ir::Access;
  if constexpr (access == k8S) return int8_t{};
  else if constexpr (access == k8U) return uint8_t{};
  else if constexpr (access == k16S) return int16_t{};
  else if constexpr (access == k16U) return uint16_t{};
  else if constexpr (access == k32) return uint32_t{};
  else if constexpr (access == k64) return uint64_t{};
  else if constexpr (access == kF32) return float{};
  else return double{};
}

template <ir::Width width>
auto width_value() {
  using enum ir::Width;
  if constexpr (width == k8) return uint8_t{};
  else if constexpr (width == k16) return uint16_t{};
  else if constexpr (width == k64) return uint64_t{};
  else return uint32_t{};
}

template <ir::IrOp op>
struct ObjectStep {
  static constexpr ir::ObjectOp kWhat = ir::object_op(op);
  using Kind = ir::ObjectOp;

  [[gnu::always_inline]] static uint64_t operand(bool acc, const State& s, const Code* at, unsigned byte) {
    return acc ? s.r0 : s.fp[field<uint16_t>(at, byte)];
  }
  template <bool stored, class T>
  [[gnu::always_inline]] static void finish(const State& s, const Code* at, T value) {
    if constexpr (stored) set_slot(s.fp, field<uint16_t>(at, 0), value);
    set_acc(value, s.r0, s.s0, s.d0);
  }
  // The value operand of a store in BinaryForm `form`.
  template <class T>
  [[gnu::always_inline]] static T stored_value(unsigned form, const State& s, const Code* at, unsigned byte) {
    using namespace ir;
    if (form == kSlotImm || form == kAccImm) return static_cast<T>(static_cast<int64_t>(field<int16_t>(at, byte)));
    return static_cast<T>(operand(form == kSlotAcc, s, at, byte));
  }
  template <ir::Width width>
  [[gnu::always_inline]] static void store(const State& s, uint32_t object, uint64_t offset,
                                           decltype(width_value<width>()) value) {
    ExecContext* exec = s.ctx->exec;
    uint8_t* base = exec->heap.base;
    semantics::object_store(base, object, offset, value);
    if constexpr (width == ir::Width::kRef)
      if (semantics::object_is_old(base, object)) [[unlikely]]
        runtime::gc::note_old_object(exec, object, offset);
  }
  // Space for an object; the slow path leaves the other accumulators undefined, and the translator allows for that.
  // Other code may have run in it, and memories may have moved.
  [[gnu::always_inline]] static TrapCode allocate(const State& s, unsigned top, uint64_t header, uint64_t bytes,
                                                  bool fits_block, uint32_t* object) {
    ExecContext* exec = s.ctx->exec;
    if (!fits_block || !runtime::gc::allocate_in_block(exec->heap, header, bytes, object)) [[unlikely]] {
      const uint64_t made = runtime::gc::allocate_for_code(s.pc, s.fp + top, s.fp, s.ctx, header, bytes);
      s.s0 = undefined<float>();
      s.d0 = undefined<double>();
      s.mem = s.ctx->memory0_base;
      *object = static_cast<uint32_t>(made);
      return static_cast<TrapCode>(made >> 32);
    }
    return TrapCode::kNone;
  }
  // A type test of a reference.
  [[gnu::always_inline]] static bool test(const State& s, const Code* at, uint32_t ref) {
    const runtime::gc::View& heap = s.ctx->exec->heap;
    const auto what = field<uint32_t>(at, 8);
    if constexpr (kWhat.sub != 0) return semantics::object_is_in(heap.base, ref, what);
    const auto flags = field<uint16_t>(at, 14);
    return semantics::object_has_type(heap.base, heap.types, ref, flags & ir::kNullPasses, what,
                                      field<uint16_t>(at, 12), flags & ir::kFinalType);
  }

  [[gnu::always_inline]] static TrapCode run(const State& s, unsigned skip) {
    using namespace ir;
    const Code* at = s.pc + skip;
    const uint8_t* base = s.ctx->exec->heap.base;
    if constexpr (kWhat.kind == Kind::kStructGet) {
      const auto object = static_cast<uint32_t>(operand(kWhat.form / 2, s, at, 2));
      if (object == 0) [[unlikely]]
        return TrapCode::kNullStructureReference;
      using T = decltype(access_value<static_cast<Access>(kWhat.sub)>());
      const T v = semantics::object_load<T>(base, object, field<uint32_t>(at, 4));
      finish<kWhat.form & 1>(s, at, runtime::widened(v));
    } else if constexpr (kWhat.kind == Kind::kStructSet) {
      constexpr auto width = static_cast<Width>(kWhat.sub);
      const auto object = static_cast<uint32_t>(operand(kWhat.form == kAccSlot || kWhat.form == kAccImm, s, at, 2));
      if (object == 0) [[unlikely]]
        return TrapCode::kNullStructureReference;
      const auto v = stored_value<decltype(width_value<width>())>(kWhat.form, s, at, 0);
      store<width>(s, object, field<uint32_t>(at, 4), v);
    } else if constexpr (kWhat.kind == Kind::kArrayGet) {
      constexpr unsigned form = kWhat.form / 2;
      const auto array = static_cast<uint32_t>(operand(form == kAccSlot || form == kAccImm, s, at, 2));
      const uint32_t wanted = form == kSlotImm || form == kAccImm
                                  ? field<uint32_t>(at, 4)
                                  : static_cast<uint32_t>(operand(form == kSlotAcc, s, at, 4));
      if (array == 0) [[unlikely]]
        return TrapCode::kNullArrayReference;
      const uint64_t length = semantics::object_array_length(base, array);
      if (wanted >= length) [[unlikely]]
        return TrapCode::kArrayOutOfBounds;
      using T = decltype(access_value<static_cast<Access>(kWhat.sub)>());
      const uint64_t index = runtime::array_index(s.ctx, wanted, length);
      const T v = semantics::object_load<T>(base, array, wasm::kObjectHeaderSize + index * sizeof(T));
      finish<kWhat.form & 1>(s, at, runtime::widened(v));
    } else if constexpr (kWhat.kind == Kind::kArraySet) {
      constexpr auto width = static_cast<Width>(kWhat.sub);
      const auto array = static_cast<uint32_t>(operand(false, s, at, 4));
      const auto wanted = static_cast<uint32_t>(operand(kWhat.form == kAccSlot || kWhat.form == kAccImm, s, at, 2));
      if (array == 0) [[unlikely]]
        return TrapCode::kNullArrayReference;
      const uint64_t length = semantics::object_array_length(base, array);
      if (wanted >= length) [[unlikely]]
        return TrapCode::kArrayOutOfBounds;
      const uint64_t index = runtime::array_index(s.ctx, wanted, length);
      const auto v = stored_value<decltype(width_value<width>())>(kWhat.form, s, at, 0);
      store<width>(s, array, wasm::kObjectHeaderSize + index * sizeof v, v);
    } else if constexpr (kWhat.kind == Kind::kArrayLen) {
      const auto array = static_cast<uint32_t>(operand(kWhat.form / 2, s, at, 2));
      if (array == 0) [[unlikely]]
        return TrapCode::kNullArrayReference;
      finish<kWhat.form & 1>(s, at, semantics::object_array_length(base, array));
    } else if constexpr (kWhat.kind == Kind::kNew) {
      uint32_t object;
      const TrapCode trap =
          allocate(s, field<uint16_t>(at, 2), field<uint64_t>(at, 8), field<uint32_t>(at, 4), true, &object);
      if (trap != TrapCode::kNone) [[unlikely]]
        return trap;
      finish<kWhat.form & 1>(s, at, object);
    } else if constexpr (kWhat.kind == Kind::kArrayNew) {
      const auto length = static_cast<uint32_t>(operand(kWhat.form / 2, s, at, 2));
      const uint64_t bytes =
          (wasm::kObjectHeaderSize + (uint64_t{length} << field<uint16_t>(at, 6)) + 7) & ~uint64_t{7};
      uint32_t object;
      const TrapCode trap = allocate(s, field<uint16_t>(at, 4), field<uint64_t>(at, 8) | uint64_t{length} << 32, bytes,
                                     bytes <= runtime::gc::kMaxBlockObject, &object);
      if (trap != TrapCode::kNone) [[unlikely]]
        return trap;
      finish<kWhat.form & 1>(s, at, object);
    } else if constexpr (kWhat.kind == Kind::kInit) {
      using T = decltype(width_value<static_cast<Width>(kWhat.sub)>());
      const auto v = stored_value<T>(kWhat.form / 2 == 0 ? kAccSlot : kAccImm, s, at, 2);
      semantics::object_store(s.ctx->exec->heap.base, static_cast<uint32_t>(s.r0), field<uint32_t>(at, 4), v);
      if constexpr (kWhat.form & 1) s.fp[field<uint16_t>(at, 0)] = s.r0;
    } else if constexpr (kWhat.kind == Kind::kRefI31) {
      finish<kWhat.form & 1>(s, at, semantics::i31_make(static_cast<uint32_t>(operand(kWhat.form / 2, s, at, 2))));
    } else if constexpr (kWhat.kind == Kind::kI31Get) {
      const auto ref = static_cast<uint32_t>(operand(kWhat.form / 2, s, at, 2));
      if (ref == 0) [[unlikely]]
        return TrapCode::kNullI31Reference;
      finish<kWhat.form & 1>(s, at, kWhat.sub ? semantics::i31_unsigned_value(ref) : semantics::i31_signed_value(ref));
    } else if constexpr (kWhat.kind == Kind::kCheckNonNull) {
      if (operand(kWhat.form, s, at, 2) == 0) [[unlikely]]
        return TrapCode::kNullReference;
    } else if constexpr (kWhat.kind == Kind::kCast) {
      if (!test(s, at, static_cast<uint32_t>(operand(kWhat.form, s, at, 2)))) [[unlikely]]
        return TrapCode::kCastFailure;
    } else if constexpr (kWhat.kind == Kind::kTest) {
      const uint32_t passes = test(s, at, static_cast<uint32_t>(operand(kWhat.form / 2, s, at, 2)));
      finish<kWhat.form & 1>(s, at, passes);
    } else if constexpr (kWhat.kind == Kind::kTableGet) {
      const runtime::TableView& table = *s.ctx->tables[field<uint32_t>(at, 4)];
      const uint64_t index = operand(kWhat.form / 2, s, at, 2);
      runtime::expect_table_index(Op::table_get, s.ctx, field<uint32_t>(at, 4), index);
      if (index >= table.size) [[unlikely]]
        return TrapCode::kTableOutOfBounds;
      finish<kWhat.form & 1>(s, at, runtime::table_slot(s.ctx, table, index));
    } else if constexpr (kWhat.kind == Kind::kTableSet) {
      const runtime::TableView& table = *s.ctx->tables[field<uint32_t>(at, 4)];
      const uint64_t index = operand(kWhat.form == kAccSlot, s, at, 2);
      runtime::expect_table_index(Op::table_set, s.ctx, field<uint32_t>(at, 4), index);
      if (index >= table.size) [[unlikely]]
        return TrapCode::kTableOutOfBounds;
      runtime::table_slot(s.ctx, table, index) = operand(kWhat.form == kSlotAcc, s, at, 0);
    } else {
      static_assert(kWhat.kind == Kind::kBranch, "no operation on objects");
    }
    return TrapCode::kNone;
  }

  // kBranch: only decides.
  [[gnu::always_inline]] static bool taken(const State& s, unsigned skip) {
    const Code* at = s.pc + skip;
    return test(s, at, static_cast<uint32_t>(operand(kWhat.form / 2, s, at, 2))) != (kWhat.form & 1);
  }
};

}  // namespace ermine::interp

// Operations of their own for garbage-collected objects (object_ops.def). For the other instructions gc() returns
// false, and they are builtins: v128 fields, arrays made from segments, bulk operations, casts of functions.
#include <algorithm>

#include "ir/object_ops.h"
#include "ir/translator.h"
#include "wasm/object_header.h"
#include "wasm/type_registry.h"

namespace ermine::ir {

using wasm::HeapType;
using wasm::ValKind;
using wasm::ValType;

namespace {

// Maximal number of elements of array.new_fixed that are stored one by one.
constexpr uint32_t kMostInlineElements = 64;

OpCode after(IrOp first, unsigned n, unsigned per) { return object_code(first, n * per); }

Access access_of(ValType storage, bool sign) {
  switch (storage.kind()) {
    case ValKind::kI8: return sign ? Access::k8S : Access::k8U;
    case ValKind::kI16: return sign ? Access::k16S : Access::k16U;
    case ValKind::kF32: return Access::kF32;
    case ValKind::kF64: return Access::kF64;
    case ValKind::kI32: return Access::k32;
    default: return Access::k64;
  }
}

// Whether an operation can contain the constant, which is `width` wide, as 16 bits sign-extended.
bool fits_i16(uint64_t bits, Width width) {
  switch (width) {
    case Width::k8:
    case Width::k16: return true;
    case Width::k64: return static_cast<int64_t>(bits) == static_cast<int16_t>(bits);
    default: return static_cast<int32_t>(bits) == static_cast<int16_t>(bits);
  }
}

}  // namespace

// References of the func hierarchy are pointers; all others have 32 bits and are known to the collector.
bool Translator::is_gc_ref(ValType type) const {
  return type.is_ref() && module_.registry->top(type.heap()) != HeapType(HeapType::kFunc);
}

// An operation with one operand; `imm` is its second word.
void Translator::object_unary(OpCode first, unsigned units, ValType out, uint32_t imm) {
  Entry a = pop();
  Operand x = use(a);
  prepare_acc(acc_of(out));
  auto code = static_cast<OpCode>(first + (x.form == Operand::kAcc ? 2 : 0));
  uint32_t at = emit(code, units);
  put<uint16_t>(at, 2, x.slot);
  put<uint32_t>(at, 4, imm);
  push_result(join_pair(at, code), out);
}

// Pops value and address and emits the form of `first`, in BinaryForm order; returns the instruction.
uint32_t Translator::object_store(OpCode first, bool imm, uint32_t* second_word) {
  Entry value = pop(), a = pop();
  bool is_float = value.type == wasm::kF32 || value.type == wasm::kF64;
  imm = imm && value.where == Where::kConst;
  Operand v{}, x{};
  if (a.where == Where::kConst) x = use(a);
  if (imm) v = {Operand::kImm, 0, value.bits};
  else if (value.where == Where::kConst) v = use(value);
  if (a.where != Where::kConst) x = use(a);
  if (value.where != Where::kConst) v = is_float ? Operand{Operand::kSlot, use_slot(value), 0} : use(value);
  if (x.form == Operand::kAcc && v.form == Operand::kAcc) {  // one accumulator for both
    if (a.where == Where::kPending) v = {Operand::kSlot, v.slot, 0};
    else x = {Operand::kSlot, x.slot, 0};
  }
  BinaryForm form = v.form == Operand::kImm   ? (x.form == Operand::kAcc ? kAccImm : kSlotImm)
                    : x.form == Operand::kAcc ? kAccSlot
                    : v.form == Operand::kAcc ? kSlotAcc
                                              : kSlotSlot;
  auto code = static_cast<OpCode>(first + form);
  uint32_t at = emit(code, 2);
  put<uint16_t>(at, 0, v.form == Operand::kImm ? static_cast<uint16_t>(v.bits) : v.slot);
  put<uint16_t>(at, 2, x.slot);
  put<uint32_t>(at, 4, *second_word);
  return at;
}

void Translator::struct_get(const wasm::TypeDef& def, uint32_t field, bool sign) {
  ValType storage = def.fields[field].storage;
  Access access = is_gc_ref(storage) ? Access::k32 : access_of(storage, sign);
  object_unary(after(IrOp::struct_get_8s_s, static_cast<unsigned>(access), 4), 2, storage.unpacked(),
               def.field_offsets[field]);
}

Width Translator::width_of(ValType storage) const {
  if (is_gc_ref(storage)) return Width::kRef;
  switch (storage.kind()) {
    case ValKind::kI8: return Width::k8;
    case ValKind::kI16: return Width::k16;
    case ValKind::kI32:
    case ValKind::kF32: return Width::k32;
    default: return Width::k64;
  }
}

void Translator::struct_set(const wasm::TypeDef& def, uint32_t field) {
  Width width = width_of(def.fields[field].storage);
  uint32_t offset = def.field_offsets[field];
  object_store(after(IrOp::struct_set_8_ss, static_cast<unsigned>(width), 5), fits_i16(top().bits, width), &offset);
}

void Translator::array_get(const wasm::TypeDef& def, bool sign) {
  ValType storage = def.fields[0].storage;
  Access access = is_gc_ref(storage) ? Access::k32 : access_of(storage, sign);
  ValType out = storage.unpacked();
  Entry index = pop(), a = pop();
  Operand x = use(a), y{};
  if (index.where == Where::kConst) y = {Operand::kImm, 0, index.bits};
  else y = use(index, index.where == Where::kPending || x.form != Operand::kAcc);
  if (x.form == Operand::kAcc && y.form == Operand::kAcc) x = {Operand::kSlot, x.slot, 0};  // the index is pending
  BinaryForm form = y.form == Operand::kImm   ? (x.form == Operand::kAcc ? kAccImm : kSlotImm)
                    : x.form == Operand::kAcc ? kAccSlot
                    : y.form == Operand::kAcc ? kSlotAcc
                                              : kSlotSlot;
  prepare_acc(acc_of(out));
  OpCode code = object_code(IrOp::array_get_8s_ss, static_cast<unsigned>(access) * 10 + form * 2);
  uint32_t at = emit(code, 2);
  put<uint16_t>(at, 2, x.slot);
  if (y.form == Operand::kImm) put<uint32_t>(at, 4, static_cast<uint32_t>(y.bits));
  else put<uint16_t>(at, 4, y.slot);
  push_result(join_pair(at, code), out);
}

void Translator::array_set(const wasm::TypeDef& def) {
  Width width = width_of(def.fields[0].storage);
  // The array's value is moved to a slot before the index and value are examined.
  Entry& array = stack_[stack_.size() - 3];
  if (array.where == Where::kPending || array.where == Where::kConst) to_home(array);
  uint32_t slot = array.where == Where::kLocal ? array.local : array.home;
  object_store(after(IrOp::array_set_8_ss, static_cast<unsigned>(width), 5), fits_i16(top().bits, width), &slot);
  pop();
}

// A new object of fixed size whose fields are the top `n` entries; offset(i): the offset of field i.
template <class Offset, class Storage>
void Translator::new_object(uint64_t header, uint32_t size, uint32_t n, ValType type, Offset&& offset,
                            Storage&& storage) {
  save_pending();
  auto first = static_cast<uint32_t>(stack_.size()) - n;
  uint16_t top_slot = next_home(type);
  need_slots(top_slot + 1);  // the allocation uses it
  forget_accs();
  OpCode code = code_of(IrOp::object_new);
  uint32_t at = emit(code, 3);
  put<uint16_t>(at, 2, top_slot);
  put<uint32_t>(at, 4, size);
  put<uint64_t>(at, 8, header);
  Emitted last{at, code, 0};
  // The reference stays in the accumulator. Only the last of these operations may store it in a slot: they read the
  // slots of the fields, the first of which is its home.
  for (uint32_t i = 0; i < n; ++i) {
    const Entry& e = stack_[first + i];
    Width width = width_of(storage(i));
    bool imm = e.where == Where::kConst && fits_i16(e.bits, width);
    if (imm && e.bits == 0) continue;  // objects are zero at first
    uint16_t value = imm ? static_cast<uint16_t>(e.bits) : use_slot(e);
    unsigned log2 = width == Width::kRef ? static_cast<unsigned>(Width::k32) : static_cast<unsigned>(width);
    code = object_code(IrOp::init_8_s, log2 * 4 + (imm ? 2 : 0));
    at = emit(code, 2);
    put<uint16_t>(at, 2, value);
    put<uint32_t>(at, 4, offset(i));
    last = join_pair(at, code);
  }
  for (uint32_t i = 0; i < n; ++i) pop();
  push_result(last, type);
}

// The operation of a type test, `shape_first` if the target is abstract, with its operands.
OpCode Translator::type_test(ValType target, IrOp type_first, IrOp shape_first, TypeTest* test) const {
  HeapType heap = target.heap();
  if (!heap.is_concrete()) {
    test->what = wasm::shape_set(heap, target.nullable());
    return code_of(shape_first);
  }
  const wasm::TypeDef& def = module_.registry->get(heap.type_id());
  test->what = def.id;
  test->depth = static_cast<uint16_t>(def.depth());
  test->flags = static_cast<uint16_t>((target.nullable() ? kNullPasses : 0) | (def.is_final ? kFinalType : 0));
  return code_of(type_first);
}

void Translator::put_test(uint32_t at, const TypeTest& test) {
  put<uint32_t>(at, 8, test.what);
  put<uint16_t>(at, 12, test.depth);
  put<uint16_t>(at, 14, test.flags);
}

// Checks the top entry, which stays where it is: operation `first` with the operand in a slot, the next one in the
// accumulator.
uint32_t Translator::check_top(OpCode first) {
  const Entry& e = top();
  Operand x = use(e);
  auto code = static_cast<OpCode>(first + (x.form == Operand::kAcc ? 1 : 0));
  uint32_t at = emit(code, units_of(code));
  put<uint16_t>(at, 2, x.slot);
  return at;
}

bool Translator::branch_on_object_cast(const Instr& in) {
  if (!is_gc_ref(in.type_to)) return false;
  to_home(top());
  uint16_t slot = top().home;
  bool on_fail = in.op == Op::br_on_cast_fail;
  TypeTest test;
  OpCode first = type_test(in.type_to, IrOp::br_type_s, IrOp::br_shape_s, &test);
  auto emit_test = [&](bool on_false) {
    bool acc = mirror_[kAccR] == slot;
    auto code = static_cast<OpCode>(first + (acc ? 2 : 0) + (on_false ? 1 : 0));
    uint32_t at = emit(code, 3);
    put<uint16_t>(at, 2, slot);
    put_test(at, test);
    return Emitted{at, code, 0};
  };
  Control& target = controls_[controls_.size() - 1 - in.index];
  auto n = static_cast<uint32_t>(label_types(target).size());
  bool forward = target.kind != ControlKind::kFunction && target.kind != ControlKind::kLoop;
  if (forward && values_in_place(target)) {
    flush_top(n);
    patch_branch(target, emit_test(on_fail));
  } else {
    jump_around(n, [&] { return emit_test(!on_fail); }, in.index);
  }
  if (on_fail) top().type = in.type_to;
  return true;
}

// A branch on a type test that was just made, in place of the test. Nothing if the condition is not such a test.
bool Translator::fuse_type_test(uint32_t test_at, OpCode test_code, bool on_false, Emitted* branch) {
  if (test_code >= kIrOpCount) return false;
  CodeInfo info = code_info(test_code);
  ObjectOp what = object_op(info.ir);
  if (what.kind != ObjectOp::kTest || what.form & 1) return false;
  Code operands[3];
  std::copy_n(&code_[test_at], 3, operands);
  take_back();
  OpCode code = object_code(IrOp::br_type_s, what.sub * 4u + (what.form & 2u) + (on_false ? 1 : 0));
  uint32_t at = emit(code, 3);
  std::copy_n(operands + 1, 2, &code_[at + 1]);
  *branch = {at, code, 0};
  return true;
}

bool Translator::gc(const Instr& in) {
  const wasm::TypeDef* def = nullptr;
  using wasm::Imm;
  if (Imm imm = wasm::op_info(in.op).imm; imm == Imm::Type || imm == Imm::TypeField || imm == Imm::TypeCount)
    def = &module_.type_def(in.index);
  auto wide = [](ValType storage) { return storage.kind() == ValKind::kV128; };
  auto made = [&] { return ValType::ref(HeapType::concrete(def->id), false); };
  switch (in.op) {
    case Op::struct_get:
    case Op::struct_get_s:
    case Op::struct_get_u:
      if (wide(def->fields[in.index2].storage)) return false;
      struct_get(*def, in.index2, in.op == Op::struct_get_s);
      return true;
    case Op::struct_set:
      if (wide(def->fields[in.index2].storage)) return false;
      struct_set(*def, in.index2);
      return true;
    case Op::struct_new:
      if (def->size > runtime::gc::kMaxBlockObject) return false;
      for (const wasm::FieldType& f : def->fields)
        if (wide(f.storage)) return false;
      new_object(
          def->object_header, def->size, static_cast<uint32_t>(def->fields.size()), made(),
          [&](uint32_t i) { return def->field_offsets[i]; }, [&](uint32_t i) { return def->fields[i].storage; });
      return true;
    case Op::struct_new_default:
      if (def->size > runtime::gc::kMaxBlockObject) return false;
      new_object(
          def->object_header, def->size, 0, made(), [](uint32_t) { return 0u; }, [](uint32_t) { return ValType(); });
      return true;
    case Op::array_new_fixed: {
      ValType storage = def->fields[0].storage;
      if (wide(storage) || in.index2 > kMostInlineElements) return false;
      const uint64_t header = def->object_header | uint64_t{in.index2} << 32;
      new_object(
          header, static_cast<uint32_t>(wasm::object_bytes(header)), in.index2, made(),
          [&](uint32_t i) { return wasm::kObjectHeaderSize + i * def->element_size; },
          [&](uint32_t) { return storage; });
      return true;
    }
    case Op::array_new_default: {
      if (options_.consume_fuel) return false;  // the runtime call charges for the length
      // The length may be in the accumulator; it is saved nevertheless, because the collector scans slots.
      save_pending();
      Entry length = pop();
      Operand x = use(length);
      uint16_t top_slot = next_home(wasm::kI32);
      need_slots(top_slot + 1);  // the allocation uses it
      forget_accs();
      auto code = object_code(IrOp::array_new_s, x.form == Operand::kAcc ? 2 : 0);
      uint32_t at = emit(code, 3);
      put<uint16_t>(at, 2, x.slot);
      put<uint16_t>(at, 4, top_slot);
      put<uint16_t>(at, 6, static_cast<uint16_t>(wasm::element_log2(wasm::header_shape(def->object_header))));
      put<uint64_t>(at, 8, def->object_header);
      push_result(at, code, made());
      return true;
    }
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u:
      if (wide(def->fields[0].storage)) return false;
      array_get(*def, in.op == Op::array_get_s);
      return true;
    case Op::array_set:
      if (wide(def->fields[0].storage)) return false;
      array_set(*def);
      return true;
    case Op::array_len: object_unary(code_of(IrOp::array_len_s), 2, wasm::kI32, 0); return true;
    case Op::ref_i31: object_unary(code_of(IrOp::ref_i31_s), 2, ValType::ref(HeapType::kI31, false), 0); return true;
    case Op::i31_get_s: object_unary(code_of(IrOp::i31_get_s_s), 2, wasm::kI32, 0); return true;
    case Op::i31_get_u: object_unary(code_of(IrOp::i31_get_u_s), 2, wasm::kI32, 0); return true;
    case Op::ref_as_non_null:
      check_top(code_of(IrOp::check_non_null_s));
      top().type = ValType::ref(top().type.heap(), false);
      return true;
    case Op::ref_test:
    case Op::ref_test_null: {
      if (!is_gc_ref(in.type)) return false;
      TypeTest test;
      OpCode first = type_test(in.type, IrOp::test_type_s, IrOp::test_shape_s, &test);
      object_unary(first, 3, wasm::kI32, 0);
      put_test(top().producer, test);
      return true;
    }
    case Op::ref_cast:
    case Op::ref_cast_null: {
      if (!is_gc_ref(in.type)) return false;
      TypeTest test;
      OpCode first = type_test(in.type, IrOp::cast_type_s, IrOp::cast_shape_s, &test);
      put_test(check_top(first), test);
      top().type = in.type;
      return true;
    }
    case Op::table_get:
      object_unary(code_of(IrOp::table_get_s), 2, module_.tables[in.index].type.element, in.index);
      return true;
    case Op::table_set: {
      uint32_t table = in.index;
      object_store(code_of(IrOp::table_set_ss), false, &table);
      return true;
    }
    default: return false;
  }
}

}  // namespace ermine::ir

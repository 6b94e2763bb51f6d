// Operations on garbage-collected objects, and on tables. Null and bounds are compared here; allocation without free
// space is the handler's.
#include "ir/object_ops.h"
#include "optimizing/plugin/builder.h"
#include "optimizing/plugin/object_functions.h"

namespace ermine::optimizing {

using ir::ObjectOp;

Value* Builder::call_object(ObjectFunction function, llvm::ArrayRef<Value*> args) {
  llvm::SmallVector<Value*, 6> all{ctx_};
  all.append(args.begin(), args.end());
  return library_.emit(b_, library_.object(function), all);
}

Value* Builder::integer_operand(const IrInstr& instr, bool from_acc, unsigned at, Kind kind) {
  return read(from_acc ? acc(kind) : field<uint16_t>(instr.pc, at), kind);
}

// The value of a store in BinaryForm `form`: for the whole width.
Value* Builder::stored_value(const IrInstr& instr, unsigned form, unsigned at, Kind kind) {
  if (form == ir::kSlotImm || form == ir::kAccImm) {
    const auto bits = static_cast<uint64_t>(int64_t{field<int16_t>(instr.pc, at)});
    return kind == Kind::kI32 ? i32(static_cast<uint32_t>(bits)) : i64(bits);
  }
  return integer_operand(instr, form == ir::kSlotAcc, at, kind);
}

void Builder::store_in_object(ir::Width width, Value* object, Value* offset, Value* value) {
  const auto function =
      static_cast<ObjectFunction>(static_cast<unsigned>(ObjectFunction::kSet) + static_cast<unsigned>(width));
  call_object(function, {object, offset, value});
  if (width != ir::Width::kRef) return;
  BasicBlock *const rare = new_block("old"), *const usual = new_block("stored");
  unlikely_branch(b_.CreateICmpNE(call_object(ObjectFunction::kIsOld, {object}), i32(0)), rare, usual);
  b_.SetInsertPoint(rare);
  llvm::FunctionType* const type =
      llvm::FunctionType::get(b_.getVoidTy(), {b_.getPtrTy(), b_.getInt32Ty(), b_.getInt64Ty()}, false);
  b_.CreateCall(type, pointer(callees_.note_old_object), {exec_, object, offset});
  b_.CreateBr(usual);
  b_.SetInsertPoint(usual);
}

// A new object: in the space that is there, or by the handler.
Value* Builder::allocate(const IrInstr& instr, Value* header, Value* bytes) {
  Value* const fast = call_object(ObjectFunction::kAllocate, {header, bytes});
  BasicBlock *const rare = new_block("allocate_slowly"), *const then = new_block("allocated");
  BasicBlock* const fast_end = b_.GetInsertBlock();
  unlikely_branch(b_.CreateICmpEQ(fast, i32(0)), rare, then);
  b_.SetInsertPoint(rare);
  const ObjectOp op = object_op(ir::ir_info(instr.code).ir());
  if (op.kind == ObjectOp::kArrayNew && op.form / 2 == 0) store_to_frame(field<uint16_t>(instr.pc, 2));
  Value* const slow = b_.CreateTrunc(call_out(instr), b_.getInt32Ty());
  BasicBlock* const slow_end = b_.GetInsertBlock();
  b_.CreateBr(then);
  b_.SetInsertPoint(then);
  llvm::PHINode* const object = b_.CreatePHI(b_.getInt32Ty(), 2);
  object->addIncoming(fast, fast_end);
  object->addIncoming(slow, slow_end);
  return b_.CreateZExt(object, b_.getInt64Ty());
}

Value* Builder::test_type(const IrInstr& instr, bool is_shape, Value* ref) {
  Value* const what = i32(field<uint32_t>(instr.pc, 8));
  if (is_shape) return call_object(ObjectFunction::kIsIn, {ref, what});
  return call_object(ObjectFunction::kHasType,
                     {ref, i32(field<uint16_t>(instr.pc, 14)), what, i32(field<uint16_t>(instr.pc, 12))});
}

// Traps if the index is not less than the table's size.
void Builder::check_table_index(uint32_t table, Value* index) {
  trap_if(b_.CreateICmpUGE(index, call_object(ObjectFunction::kTableSize, {i32(table)})), TrapCode::kTableOutOfBounds);
}

void Builder::object(const IrInstr& instr, ir::ObjectOp op) {
  const unsigned dst = field<uint16_t>(instr.pc, 0);
  const bool stored = (op.form & 1) != 0;
  const auto is_null = [&](Value* ref) { return b_.CreateICmpEQ(ref, i32(0)); };
  const auto kind_of_access = [](unsigned access) {
    switch (static_cast<ir::Access>(access)) {
      case ir::Access::k64: return Kind::kI64;
      case ir::Access::kF32: return Kind::kF32;
      case ir::Access::kF64: return Kind::kF64;
      default: return Kind::kI32;
    }
  };
  const auto kind_of_width = [](unsigned width) {
    return static_cast<ir::Width>(width) == ir::Width::k64 ? Kind::kI64 : Kind::kI32;
  };
  const auto get = [&](Value* object, Value* offset) {
    const auto function = static_cast<ObjectFunction>(static_cast<unsigned>(ObjectFunction::kGet) + op.sub);
    result(kind_of_access(op.sub), call_object(function, {object, offset}), stored, dst);
  };
  // The offset of an array's element whose index is in bounds.
  const auto element = [&](Value* array, Value* wanted, unsigned bytes) {
    trap_if(is_null(array), TrapCode::kNullArrayReference);
    Value* const length = b_.CreateZExt(call_object(ObjectFunction::kLength, {array}), b_.getInt64Ty());
    Value* const index = b_.CreateZExt(wanted, b_.getInt64Ty());
    trap_if(b_.CreateICmpUGE(index, length), TrapCode::kArrayOutOfBounds);
    Value* const masked = call_object(ObjectFunction::kMaskedIndex, {index, length});
    return b_.CreateAdd(b_.CreateMul(masked, i64(bytes)), i64(wasm::kObjectHeaderSize));
  };
  switch (op.kind) {
    case ObjectOp::kNone: fail("an operation without a kind"); return;
    case ObjectOp::kStructGet: {
      Value* const object = integer_operand(instr, op.form / 2 != 0, 2, Kind::kI32);
      trap_if(is_null(object), TrapCode::kNullStructureReference);
      get(object, i64(field<uint32_t>(instr.pc, 4)));
      return;
    }
    case ObjectOp::kStructSet: {
      Value* const object = integer_operand(instr, op.form == ir::kAccSlot || op.form == ir::kAccImm, 2, Kind::kI32);
      trap_if(is_null(object), TrapCode::kNullStructureReference);
      store_in_object(static_cast<ir::Width>(op.sub), object, i64(field<uint32_t>(instr.pc, 4)),
                      stored_value(instr, op.form, 0, kind_of_width(op.sub)));
      return;
    }
    case ObjectOp::kArrayGet: {
      constexpr unsigned kBytes[] = {1, 1, 2, 2, 4, 8, 4, 8};
      const unsigned form = op.form / 2;
      Value* const array = integer_operand(instr, form == ir::kAccSlot || form == ir::kAccImm, 2, Kind::kI32);
      Value* const wanted = form == ir::kSlotImm || form == ir::kAccImm
                                ? i32(field<uint32_t>(instr.pc, 4))
                                : integer_operand(instr, form == ir::kSlotAcc, 4, Kind::kI32);
      get(array, element(array, wanted, kBytes[op.sub]));
      return;
    }
    case ObjectOp::kArraySet: {
      constexpr unsigned kBytes[] = {1, 2, 4, 8, 4};
      Value* const array = integer_operand(instr, false, 4, Kind::kI32);
      Value* const wanted = integer_operand(instr, op.form == ir::kAccSlot || op.form == ir::kAccImm, 2, Kind::kI32);
      Value* const at = element(array, wanted, kBytes[op.sub]);
      store_in_object(static_cast<ir::Width>(op.sub), array, at,
                      stored_value(instr, op.form, 0, kind_of_width(op.sub)));
      return;
    }
    case ObjectOp::kArrayLen: {
      Value* const array = integer_operand(instr, op.form / 2 != 0, 2, Kind::kI32);
      trap_if(is_null(array), TrapCode::kNullArrayReference);
      result(Kind::kI32, call_object(ObjectFunction::kLength, {array}), stored, dst);
      return;
    }
    case ObjectOp::kNew:
      result(Kind::kI64, allocate(instr, i64(field<uint64_t>(instr.pc, 8)), i64(field<uint32_t>(instr.pc, 4))), stored,
             dst);
      return;
    case ObjectOp::kArrayNew: {
      Value* const length = b_.CreateZExt(integer_operand(instr, op.form / 2 != 0, 2, Kind::kI32), b_.getInt64Ty());
      Value* const size =
          b_.CreateAdd(b_.CreateShl(length, i64(field<uint16_t>(instr.pc, 6))), i64(wasm::kObjectHeaderSize + 7));
      Value* const header = b_.CreateOr(i64(field<uint64_t>(instr.pc, 8)), b_.CreateShl(length, 32));
      result(Kind::kI64, allocate(instr, header, b_.CreateAnd(size, ~uint64_t{7})), stored, dst);
      return;
    }
    case ObjectOp::kInit: {
      const unsigned form = op.form / 2 == 0 ? ir::kAccSlot : ir::kAccImm;
      const auto function = static_cast<ObjectFunction>(static_cast<unsigned>(ObjectFunction::kSet) + op.sub);
      Value* const object = read(acc(Kind::kI64), Kind::kI64);
      call_object(function, {b_.CreateTrunc(object, b_.getInt32Ty()), i64(field<uint32_t>(instr.pc, 4)),
                             stored_value(instr, form, 2, kind_of_width(op.sub))});
      if (stored) write(dst, Kind::kI64, object);
      return;
    }
    case ObjectOp::kRefI31: {
      Value* const value = integer_operand(instr, op.form / 2 != 0, 2, Kind::kI32);
      result(Kind::kI32, call_object(ObjectFunction::kMakeI31, {value}), stored, dst);
      return;
    }
    case ObjectOp::kI31Get: {
      Value* const ref = integer_operand(instr, op.form / 2 != 0, 2, Kind::kI32);
      trap_if(is_null(ref), TrapCode::kNullI31Reference);
      result(Kind::kI32, call_object(op.sub != 0 ? ObjectFunction::kUnsignedI31 : ObjectFunction::kSignedI31, {ref}),
             stored, dst);
      return;
    }
    case ObjectOp::kCheckNonNull: {
      Value* const ref = integer_operand(instr, op.form != 0, 2, Kind::kI64);
      trap_if(b_.CreateICmpEQ(ref, i64(0)), TrapCode::kNullReference);
      return;
    }
    case ObjectOp::kCast: {
      Value* const passes = test_type(instr, op.sub != 0, integer_operand(instr, op.form != 0, 2, Kind::kI32));
      trap_if(b_.CreateICmpEQ(passes, i32(0)), TrapCode::kCastFailure);
      return;
    }
    case ObjectOp::kTest: {
      Value* const ref = integer_operand(instr, op.form / 2 != 0, 2, Kind::kI32);
      result(Kind::kI32, test_type(instr, op.sub != 0, ref), stored, dst);
      return;
    }
    case ObjectOp::kBranch: {
      Value* const passes = test_type(instr, op.sub != 0, integer_operand(instr, op.form / 2 != 0, 2, Kind::kI32));
      branch(instr, stored ? b_.CreateICmpEQ(passes, i32(0)) : b_.CreateICmpNE(passes, i32(0)));
      return;
    }
    case ObjectOp::kTableGet: {
      const auto table = field<uint32_t>(instr.pc, 4);
      Value* const index = integer_operand(instr, op.form / 2 != 0, 2, Kind::kI64);
      check_table_index(table, index);
      result(Kind::kI64, call_object(ObjectFunction::kTableGet, {i32(table), index}), stored, dst);
      return;
    }
    case ObjectOp::kTableSet: {
      const auto table = field<uint32_t>(instr.pc, 4);
      Value* const index = integer_operand(instr, op.form == ir::kAccSlot, 2, Kind::kI64);
      check_table_index(table, index);
      call_object(ObjectFunction::kTableSet,
                  {i32(table), index, integer_operand(instr, op.form == ir::kSlotAcc, 0, Kind::kI64)});
      return;
    }
  }
}

}  // namespace ermine::optimizing

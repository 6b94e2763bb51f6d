// Instructions that compute: their functions of semantics.cc are called, and inlined later.
#include <llvm/IR/IntrinsicInst.h>

#include "ir/op_traits.h"
#include "optimizing/plugin/builder.h"
#include "runtime/offsets.h"
#include "semantics/deterministic.h"
#include "semantics/signature.h"

namespace ermine::optimizing {

namespace {

Kind param_kind(Op op, unsigned i) { return kind_of(ir::param_letter(op, i)); }

}  // namespace

// A constant operand of an instruction with immediates.
Value* Builder::immediate(const IrInstr& instr, Kind kind, unsigned at) {
  switch (kind) {
    case Kind::kI32: return i32(field<uint32_t>(instr.pc, at));
    case Kind::kF32:
      return opaque_float(llvm::ConstantFP::get(
          context_, llvm::APFloat(llvm::APFloat::IEEEsingle(), llvm::APInt(32, field<uint32_t>(instr.pc, at)))));
    case Kind::kF64:
      return opaque_float(llvm::ConstantFP::get(
          context_, llvm::APFloat(llvm::APFloat::IEEEdouble(), llvm::APInt(64, field<uint64_t>(instr.pc, 8)))));
    default: return i64(field<uint64_t>(instr.pc, 8));
  }
}

Value* Builder::call_semantics(Op op, llvm::ArrayRef<Value*> args) {
  llvm::Function* const function = library_.semantics(op);
  if (!semantics::has_trap_parameter(op)) {
    Value* const value = library_.emit(b_, function, args);
    // A signalling NaN that is converted there and back would stay one if both were removed.
    if (op == Op::f64_promote_f32 || op == Op::f32_demote_f64)
      return b_.CreateIntrinsic(value->getType(), llvm::Intrinsic::arithmetic_fence, {value});
    return value;
  }
  // The function writes the trap, or leaves it alone.
  auto* const code = new llvm::AllocaInst(b_.getInt8Ty(), 0, "", entry_->getFirstInsertionPt());
  b_.CreateStore(b_.getInt8(0), code);
  llvm::SmallVector<Value*, 4> with_trap(args);
  with_trap.push_back(code);
  Value* const value = library_.emit(b_, function, with_trap);
  Value* const trapped = b_.CreateLoad(b_.getInt8Ty(), code);
  BasicBlock *const rare = new_block("trap"), *const usual = new_block("no_trap");
  unlikely_branch(b_.CreateICmpNE(trapped, b_.getInt8(0)), rare, usual);
  b_.SetInsertPoint(rare);
  trap(b_.CreateZExt(trapped, b_.getInt64Ty()));
  b_.SetInsertPoint(usual);
  return value;
}

// The result of an operation with operand forms: it is left in its accumulator, too.
void Builder::result(Kind kind, Value* value, bool to_slot, unsigned slot) {
  write(acc(kind), kind, value);
  if (to_slot) write(slot, kind, value);
}

void Builder::formed(const IrInstr& instr, const ir::IrInfo& info) {
  const Op op = info.op();
  const unsigned form = info.form / 2;
  const bool to_slot = (info.form & 1) != 0;
  const auto slot_at = [&](unsigned at) { return field<uint16_t>(instr.pc, at); };
  switch (info.family) {
    case ir::Family::kBinary: {
      const Kind kind = param_kind(op, 0);
      const bool acc_a = form == ir::kAccSlot || form == ir::kAccImm;
      Value* const a = read(acc_a ? acc(kind) : slot_at(2), kind);
      Value* const b = form == ir::kSlotImm || form == ir::kAccImm
                           ? immediate(instr, kind, 4)
                           : read(form == ir::kSlotAcc ? acc(kind) : slot_at(4), kind);
      result(kind_of(ir::result_letter(op)), call_semantics(op, {a, b}), to_slot, slot_at(0));
      return;
    }
    case ir::Family::kUnary: {
      const Kind kind = param_kind(op, 0);
      Value* const a = read(form == ir::kAccForm ? acc(kind) : slot_at(2), kind);
      result(kind_of(ir::result_letter(op)), call_semantics(op, {a}), to_slot, slot_at(0));
      return;
    }
    case ir::Family::kLoad: {
      Value* const index = read(form == ir::kAccForm ? acc(Kind::kI32) : slot_at(2), Kind::kI32);
      Value* const at = address(body_->mem, index, field<uint32_t>(instr.pc, 4));
      result(kind_of(ir::result_letter(op)), call_semantics(op, {at}), to_slot, slot_at(0));
      return;
    }
    case ir::Family::kStore: {
      const unsigned f = info.form;
      const Kind kind = param_kind(op, 1);
      const bool acc_address = f == ir::kStoreAccSlot || f == ir::kStoreAccAcc || f == ir::kStoreAccImm;
      Value* const index = read(acc_address ? acc(Kind::kI32) : slot_at(2), Kind::kI32);
      Value* value;
      if (f == ir::kStoreSlotImm || f == ir::kStoreAccImm) {
        const auto bits = static_cast<uint64_t>(int64_t{field<int16_t>(instr.pc, 0)});
        value = kind == Kind::kI32 ? i32(static_cast<uint32_t>(bits)) : i64(bits);
      } else {
        value = read(f == ir::kStoreSlotAcc || f == ir::kStoreAccAcc ? acc(kind) : slot_at(0), kind);
      }
      call_semantics(op, {address(body_->mem, index, field<uint32_t>(instr.pc, 4)), value});
      return;
    }
    case ir::Family::kVector: vector(instr, op); return;
    case ir::Family::kAtomic: atomic(instr, op); return;
    case ir::Family::kWide: wide(instr, op); return;
    case ir::Family::kNone: fail("an operation without a family"); return;
  }
}

void Builder::wide(const IrInstr& instr, Op op) {
  const unsigned in = field<uint16_t>(instr.pc, 2), out = field<uint16_t>(instr.pc, 0);
  const std::string_view sig = wasm::op_info(op).sig();
  llvm::SmallVector<Value*, 4> args;
  for (unsigned i = 0; i < sig.find(':'); ++i) args.push_back(read(in + i, Kind::kI64));
  Value* const both = call_semantics(op, args);
  write(out, Kind::kI64, b_.CreateExtractElement(both, uint64_t{0}));
  write(out + 1, Kind::kI64, b_.CreateExtractElement(both, uint64_t{1}));
}

void Builder::vector(const IrInstr& instr, Op op) {
  const wasm::OpInfo& info = wasm::op_info(op);
  const std::string_view sig = info.sig();
  if (info.imm == wasm::Imm::MemArg || info.imm == wasm::Imm::MemArgLane) {
    vector_memory(instr, op);
    return;
  }
  llvm::SmallVector<Value*, 4> args;
  for (unsigned i = 0; i < sig.find(':'); ++i)
    args.push_back(read(field<uint16_t>(instr.pc, 2 + 2 * i), kind_of(sig[i])));
  const Kind kind = kind_of(ir::result_letter(op));
  const unsigned dst = field<uint16_t>(instr.pc, 0);
  if (info.imm == wasm::Imm::Shuffle) {
    auto* const bytes = llvm::FixedVectorType::get(b_.getInt8Ty(), 16);
    std::array<int, 16> lanes;
    for (unsigned i = 0; i < 16; ++i) lanes[i] = field<uint8_t>(instr.pc, 8 + i);
    Value* const mixed =
        b_.CreateShuffleVector(b_.CreateBitCast(args[0], bytes), b_.CreateBitCast(args[1], bytes), lanes);
    write(dst, kind, b_.CreateBitCast(mixed, type_of(Kind::kV128)));
    return;
  }
  if (info.imm == wasm::Imm::Lane) args.push_back(i32(field<uint32_t>(instr.pc, 8)));
  const auto finish = [&](Value* value) {
    write(dst, kind, value);
    if (kind != Kind::kV128) write(acc(kind), kind, value);
  };
  if (!semantics::has_choice(op)) {
    finish(call_semantics(op, args));
    return;
  }
  // The deterministic profile makes another choice than the processor: by the handler.
  BasicBlock *const rare = new_block("deterministic"), *const usual = new_block("relaxed"),
                    *const then = new_block("then");
  Value* const deterministic = load_field(b_.getInt8Ty(), exec_, runtime::offsets::kExecRelaxedSimdDeterministic, true);
  unlikely_branch(b_.CreateICmpNE(deterministic, b_.getInt8(0)), rare, usual);
  b_.SetInsertPoint(usual);
  Value* const fast = call_semantics(op, args);
  BasicBlock* const usual_end = b_.GetInsertBlock();
  b_.CreateBr(then);
  b_.SetInsertPoint(rare);
  call_out(instr);
  llvm::LoadInst* const slow = b_.CreateAlignedLoad(type_of(kind), frame_address(dst), llvm::Align(8));
  in_scope(slow, frame_scope_, not_frame_);
  BasicBlock* const rare_end = b_.GetInsertBlock();
  b_.CreateBr(then);
  b_.SetInsertPoint(then);
  llvm::PHINode* const value = b_.CreatePHI(type_of(kind), 2);
  value->addIncoming(fast, usual_end);
  value->addIncoming(slow, rare_end);
  finish(value);
}

void Builder::select(const IrInstr& instr, unsigned form, Kind kind) {
  const auto slot_at = [&](unsigned at) { return field<uint16_t>(instr.pc, at); };
  // An integer keeps its width if both have it.
  if (kind == Kind::kI64 && body_->kinds[slot_at(2)] == Kind::kI32 && body_->kinds[slot_at(4)] == Kind::kI32)
    kind = Kind::kI32;
  Value* const condition = read((form & 2) != 0 ? acc(Kind::kI32) : slot_at(6), Kind::kI32);
  Value *const a = read(slot_at(2), kind), *const b = read(slot_at(4), kind);
  Value* const chosen = b_.CreateSelect(b_.CreateICmpNE(condition, i32(0)), a, b);
  if ((form & 1) != 0) write(slot_at(0), kind, chosen);
  if (kind != Kind::kV128) write(acc(kind), kind, chosen);
}

}  // namespace ermine::optimizing

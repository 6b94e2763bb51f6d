// Accesses to memories and globals.
#include "optimizing/plugin/builder.h"
#include "runtime/offsets.h"

namespace ermine::optimizing {

namespace offsets = runtime::offsets;

namespace {

unsigned log2_size(Op op) { return wasm::op_info(op).width; }

}  // namespace

bool Builder::has_guard(uint32_t memory) const {
  return body_->code.guarded && offsets::can_be_guarded(in_->module.memories[memory]);
}

// The base of a memory with a guard, which never moves.
Value* Builder::memory_base(uint32_t memory) {
  if (memory == 0) return b_.CreateLoad(b_.getPtrTy(), memory0_);
  return load_field(b_.getPtrTy(), ctx_, offsets::memory_base(in_->module, memory), true);
}

// The address of an access to a memory with a guard. The index has 32 bits, whatever the slot had, so the access is
// in the memory's reservation.
Value* Builder::address(Value* base, Value* index, uint64_t offset) {
  accesses_memory_ = true;
  Value* const at = b_.CreateInBoundsGEP(b_.getInt8Ty(), base, b_.CreateZExt(index, b_.getInt64Ty()));
  return this->offset(at, static_cast<int64_t>(offset));
}

void Builder::checked(const IrInstr& instr, Op op) {
  const auto slot_at = [&](unsigned at) { return field<uint16_t>(instr.pc, at); };
  Value* const index = read(slot_at(2), Kind::kI64);
  Value* const at = library_.emit(b_, library_.checked_address(log2_size(op)),
                                  {ctx_, i32(field<uint32_t>(instr.pc, 4)), index, i64(field<uint64_t>(instr.pc, 8))});
  call_slowly(instr, b_.CreateIsNull(at));
  if (ir::family_of(op) == ir::Family::kLoad) {
    write(slot_at(0), kind_of(ir::result_letter(op)), call_semantics(op, {at}));
  } else {
    call_semantics(op, {at, read(slot_at(0), kind_of(ir::param_letter(op, 1)))});
  }
}

void Builder::vector_memory(const IrInstr& instr, Op op) {
  const auto memory = field<uint32_t>(instr.pc, 8);
  const auto offset = field<uint64_t>(instr.pc, 16);
  const unsigned slot = field<uint16_t>(instr.pc, 2);
  Value* at;
  if (has_guard(memory)) {
    at = address(memory == 0 ? memory_base(0) : memory_base(memory), read(slot, Kind::kI32), offset);
#if defined(__aarch64__)
    // A store of 16 bytes might be done in part before it faults.
    if (op == Op::v128_store) b_.CreateLoad(b_.getInt8Ty(), this->offset(at, 15), true);
#endif
  } else {
    at = library_.emit(b_, library_.checked_address(log2_size(op)),
                       {ctx_, i32(memory), read(slot, Kind::kI64), i64(offset)});
    call_slowly(instr, b_.CreateIsNull(at));
  }
  const std::string_view sig = wasm::op_info(op).sig();
  llvm::SmallVector<Value*, 4> args{at};
  if (sig.find(':') > 1) args.push_back(read(field<uint16_t>(instr.pc, 4), kind_of(sig[1])));
  if (wasm::op_info(op).imm == wasm::Imm::MemArgLane) args.push_back(i32(field<uint32_t>(instr.pc, 12)));
  Value* const value = call_semantics(op, args);
  if (sig.back() != ':') write(field<uint16_t>(instr.pc, 0), kind_of(sig.back()), value);
}

void Builder::atomic(const IrInstr& instr, Op op) {
  const std::string_view sig = wasm::op_info(op).sig();
  const unsigned dst = field<uint16_t>(instr.pc, 0);
  if (op == Op::memory_atomic_notify || op == Op::memory_atomic_wait32 || op == Op::memory_atomic_wait64) {
    for (unsigned i = 0; i < sig.find(':'); ++i) store_to_frame(field<uint16_t>(instr.pc, 2 + 2 * i));
    call_out(instr);
    load_from_frame(dst, Kind::kI32);
    return;
  }
  const auto offset = field<uint64_t>(instr.pc, 16);
  Value* const index = read(field<uint16_t>(instr.pc, 2), Kind::kI64);
  Value* const at = library_.emit(b_, library_.checked_address(log2_size(op)),
                                  {ctx_, i32(field<uint32_t>(instr.pc, 8)), index, i64(offset)});
  Value* const unaligned = b_.CreateAnd(b_.CreateAdd(index, i64(offset)), i64((uint64_t{1} << log2_size(op)) - 1));
  call_slowly(instr, b_.CreateOr(b_.CreateIsNull(at), b_.CreateICmpNE(unaligned, i64(0))));
  llvm::SmallVector<Value*, 4> args{at};
  for (unsigned i = 1; i < sig.find(':'); ++i)
    args.push_back(read(field<uint16_t>(instr.pc, 2 + 2 * i), kind_of(sig[i])));
  Value* const value = call_semantics(op, args);
  if (sig.back() != ':') write(dst, kind_of(sig.back()), value);
}

Value* Builder::address_of_global(uint32_t index) {
  if (index >= in_->module.imported_globals)
    return offset(ctx_,
                  offsets::kGlobalCells + int64_t{offsets::kGlobalCellSize} * (index - in_->module.imported_globals));
  Value* const list = load_pointer(ctx_, offsets::kContextGlobals, uint64_t{8} * in_->module.globals.size());
  return load_field(b_.getPtrTy(), list, int64_t{8} * index, true);
}

void Builder::global_get(const IrInstr& instr, bool to_slot) {
  const auto index = field<uint32_t>(instr.pc, 4);
  const Kind kind = kind_of(in_->module.globals[index].type.type);
  llvm::LoadInst* const load = b_.CreateAlignedLoad(type_of(kind), address_of_global(index), llvm::Align(8));
  in_scope(load, context_scope_, not_context_);
  if (kind != Kind::kV128) write(acc(kind), kind, load);
  if (to_slot) write(field<uint16_t>(instr.pc, 0), kind, load);
}

// Volatile: code that reads the global after a trap expects what was stored before it.
void Builder::global_set(const IrInstr& instr, bool from_acc) {
  const auto index = field<uint32_t>(instr.pc, 4);
  const Kind kind = kind_of(in_->module.globals[index].type.type);
  Value* value = read(from_acc ? acc(kind) : field<uint16_t>(instr.pc, 0), kind);
  value = bits_of(value, kind);
  llvm::StoreInst* const store = b_.CreateAlignedStore(value, address_of_global(index), llvm::Align(8), true);
  in_scope(store, context_scope_, not_context_);
}

}  // namespace ermine::optimizing

// Slots as variables: reading, writing, converting between kinds, and the frame.
#include <llvm/IR/IntrinsicInst.h>

#include "optimizing/plugin/builder.h"

namespace ermine::optimizing {

llvm::Type* Builder::type_of(Kind kind) {
  switch (kind) {
    case Kind::kI32: return b_.getInt32Ty();
    case Kind::kF32: return b_.getFloatTy();
    case Kind::kF64: return b_.getDoubleTy();
    case Kind::kV128: return llvm::FixedVectorType::get(b_.getInt64Ty(), 2);
    default: return b_.getInt64Ty();
  }
}

unsigned Builder::acc(Kind kind) const {
  const unsigned first = body_->code.frame_slots;
  return kind == Kind::kF32 ? first + 1 : kind == Kind::kF64 ? first + 2 : first;
}

llvm::AllocaInst* Builder::variable(unsigned slot, Kind kind) {
  llvm::AllocaInst*& made = body_->variables[slot][static_cast<unsigned>(kind)];
  if (made == nullptr) made = new llvm::AllocaInst(type_of(kind), 0, "", entry_->getFirstInsertionPt());
  return made;
}

// A float that comes from an integer may be a constant, and an optimiser that knew that it is zero or one would remove
// operations with it, and with them the quieting of a NaN.
Value* Builder::opaque_float(Value* value) {
  const auto* constant = llvm::dyn_cast<llvm::ConstantFP>(value);
  if (constant != nullptr && !constant->isZero() && !constant->isExactlyValue(1.0) && !constant->isExactlyValue(-1.0))
    return value;
  return b_.CreateIntrinsic(value->getType(), llvm::Intrinsic::arithmetic_fence, {value});
}

// The 64 bits of a slot that holds the value.
Value* Builder::bits_of(Value* value, Kind kind) {
  switch (kind) {
    case Kind::kI32: return b_.CreateZExt(value, b_.getInt64Ty());
    case Kind::kF32: return b_.CreateZExt(b_.CreateBitCast(value, b_.getInt32Ty()), b_.getInt64Ty());
    case Kind::kF64: return b_.CreateBitCast(value, b_.getInt64Ty());
    default: return value;
  }
}

Value* Builder::convert(Value* value, Kind from, Kind to) {
  if (from == to) return value;
  if (from == Kind::kF32 && to == Kind::kI32) return b_.CreateBitCast(value, b_.getInt32Ty());
  Value* const bits = bits_of(value, from);
  switch (to) {
    case Kind::kI32: return b_.CreateTrunc(bits, b_.getInt32Ty());
    case Kind::kF32: return opaque_float(b_.CreateBitCast(b_.CreateTrunc(bits, b_.getInt32Ty()), b_.getFloatTy()));
    case Kind::kF64: return opaque_float(b_.CreateBitCast(bits, b_.getDoubleTy()));
    default: return bits;
  }
}

Value* Builder::frame_address(unsigned slot) { return offset(body_->fp, int64_t{slot} * 8); }

Value* Builder::read(unsigned slot, Kind kind) {
  const Kind held = body_->kinds[slot];
  if (held == kind) return b_.CreateLoad(type_of(kind), variable(slot, kind));
  if (held == Kind::kFrame) {
    llvm::LoadInst* const load = b_.CreateAlignedLoad(type_of(kind), frame_address(slot), llvm::Align(8));
    in_scope(load, frame_scope_, not_frame_);
    return load;
  }
  if (held == Kind::kV128 || held == Kind::kHigh) {
    const bool high = held == Kind::kHigh;
    Value* const vector = b_.CreateLoad(type_of(Kind::kV128), variable(slot - high, Kind::kV128));
    return convert(b_.CreateExtractElement(vector, uint64_t{high}), Kind::kI64, kind);
  }
  if (kind == Kind::kV128) {
    Value* const low =
        b_.CreateInsertElement(llvm::PoisonValue::get(type_of(kind)), read(slot, Kind::kI64), uint64_t{0});
    return b_.CreateInsertElement(low, read(slot + 1, Kind::kI64), uint64_t{1});
  }
  if (llvm::ConstantInt* const constant = body_->constants[slot]) return convert(constant, held, kind);
  Value* const value = b_.CreateLoad(type_of(held), variable(slot, held));
  return convert(value, held, kind);
}

// The slot is about to be written: if it is a part of a vector, the other part becomes a value of its own.
void Builder::leave_vector(unsigned slot) {
  const Kind held = body_->kinds[slot];
  if (held != Kind::kV128 && held != Kind::kHigh) return;
  const unsigned other = held == Kind::kHigh ? slot - 1 : slot + 1;
  Value* const value = read(other, Kind::kI64);
  b_.CreateStore(value, variable(other, Kind::kI64));
  body_->kinds[other] = Kind::kI64;
  body_->constants[other] = nullptr;
}

void Builder::write(unsigned slot, Kind kind, Value* value) {
  // A local holds values of its type, also where a constant or a copy does not say which that is.
  if (const Kind local = body_->locals[slot]; local != kind && local < Kind::kV128) {
    value = convert(value, kind, local);
    kind = local;
  }
  if (body_->kinds[slot] != kind) leave_vector(slot);
  if (kind == Kind::kV128) {
    if (body_->kinds[slot] != kind) leave_vector(slot + 1);
    body_->kinds[slot + 1] = Kind::kHigh;
    body_->constants[slot + 1] = nullptr;
  }
  b_.CreateStore(value, variable(slot, kind));
  body_->kinds[slot] = kind;
  body_->constants[slot] = kind <= Kind::kI64 ? llvm::dyn_cast<llvm::ConstantInt>(value) : nullptr;
}

void Builder::copy(unsigned dst, unsigned src) {
  Kind kind = body_->kinds[src];
  if (kind >= Kind::kV128) kind = Kind::kI64;
  Value* const value = read(src, kind);
  write(dst, kind, value);
}

void Builder::copy_range(unsigned dst, unsigned src, unsigned count) {
  std::vector<std::pair<Kind, Value*>> values;
  for (unsigned i = 0; i < count; ++i) {
    Kind kind = body_->kinds[src + i];
    if (kind == Kind::kV128 && i + 1 == count) kind = Kind::kI64;  // half of one: not written by the translator
    if (kind == Kind::kFrame || (kind == Kind::kHigh && (i == 0 || values.back().first != Kind::kV128)))
      kind = Kind::kI64;
    values.emplace_back(kind, kind == Kind::kHigh ? nullptr : read(src + i, kind));
  }
  for (unsigned i = 0; i < count; ++i)
    if (values[i].first != Kind::kHigh) write(dst + i, values[i].first, values[i].second);
}

void Builder::store_to_frame(unsigned slot) {
  const Kind kind = body_->kinds[slot];
  if (kind == Kind::kFrame) return;
  Value* value;
  if (kind == Kind::kV128 || kind == Kind::kHigh) {
    value = read(slot, Kind::kI64);
  } else {
    value = read(slot, kind);
    if (kind == Kind::kI32 || kind == Kind::kF32) value = bits_of(value, kind);
  }
  in_scope(b_.CreateAlignedStore(value, frame_address(slot), llvm::Align(8)), frame_scope_, not_frame_);
}

void Builder::store_range(unsigned first, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    if (body_->kinds[first + i] == Kind::kV128 && i + 1 < count) {
      Value* const value = read(first + i, Kind::kV128);
      in_scope(b_.CreateAlignedStore(value, frame_address(first + i), llvm::Align(8)), frame_scope_, not_frame_);
      ++i;
    } else {
      store_to_frame(first + i);
    }
  }
}

void Builder::load_from_frame(unsigned slot, Kind kind) {
  llvm::LoadInst* const load = b_.CreateAlignedLoad(type_of(kind), frame_address(slot), llvm::Align(8));
  in_scope(load, frame_scope_, not_frame_);
  write(slot, kind, load);
}

// Makes the variables what they are at the label. The caller branches.
void Builder::go_to(Label& label) {
  if (label.block == nullptr) label.block = new_block("label");
  if (!label.reached) {
    label.reached = true;
    label.kinds = body_->kinds;
    return;
  }
  for (unsigned slot = 0; slot < body_->code.frame_slots; ++slot) {
    const Kind want = label.kinds[slot];
    if (want == body_->kinds[slot] || want == Kind::kHigh || !is_live(label, slot)) continue;
    if (want == Kind::kFrame) store_to_frame(slot);
    else b_.CreateStore(read(slot, want), variable(slot, want));
  }
}

}  // namespace ermine::optimizing

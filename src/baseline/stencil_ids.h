// The numbers of stencils. A stencil is the machine code of one instruction for one choice of the locations of its
// operands and its result; its number is computed from the instruction and those locations. Shared by the stencils'
// sources (which define the stencil of each number) and the compiler (which selects them).
//
// Locations of a value:
//   slot        in the frame
//   acc         the accumulator of its class (integer, f32, f64)
//   reg 0..5    a pinned register: integers have six of their own, f32, f64 and v128 share six vector registers
// and, for the last operand of some:
//   imm         a constant in the instruction, if it fits (machine.h)
//   neg         a negative constant in the instruction, where these need stencils of their own (constant_location())
//   pool        a constant beside the code
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "ir/op_traits.h"

namespace ermine::baseline {

using ir::Family;
using wasm::Op;

enum class Location : uint8_t { kSlot, kAcc, kReg0, kImm = 8, kNeg, kPool };
using enum Location;
inline constexpr unsigned kPinned = 6;             // registers of each class that may hold slots
inline constexpr unsigned kLocations = 8;          // slot, acc and registers
inline constexpr unsigned kOperandLocations = 11;  // of a last operand: those and the constants

constexpr unsigned ordinal(Location l) { return static_cast<unsigned>(l); }
constexpr Location in_register(unsigned reg) { return static_cast<Location>(ordinal(kReg0) + reg); }
constexpr bool is_register(Location l) { return l >= kReg0 && l < kImm; }
constexpr unsigned register_of(Location l) { return ordinal(l) - ordinal(kReg0); }
// A constant in the instruction, not one beside the code.
constexpr bool is_immediate(Location l) { return l == kImm || l == kNeg; }
// Any of the first kLocations.
constexpr bool is_storage(Location l) { return ordinal(l) < kLocations; }

using StencilId = uint32_t;
inline constexpr StencilId kNoStencil = ~StencilId{0};

// Binary operations have a form for each (a, b) and result in {acc, slot and acc}, and one for each (reg i, b)
// that leaves its result in reg i.
inline constexpr unsigned kBinaryInPlace = kLocations * kOperandLocations * 2;
inline constexpr unsigned kBinaryCount = kBinaryInPlace + kPinned * kOperandLocations;

// Stencils that do not belong to an instruction with operand forms.
enum class StencilGroup : unsigned {
  kMoveInt,      // from any location to another: move_id
  kMoveF32,
  kMoveF64,
  kMoveV128,
  kMoveNarrow,   // the same with 32 bits, to registers: the upper half is then zero
  kSelectInt,    // by locations of a, b and the condition: select_id; result in the accumulator
  kSelectF32,
  kSelectF64,
  kSelectV128,   // the same for registers; result in place of a
  kGlobalInt,    // global to a location: global_id
  kGlobalF32,
  kGlobalF64,
  kGlobalV128,
  kSetGlobalInt, // location to global: global_id
  kSetGlobalF32,
  kSetGlobalF64,
  kSetGlobalV128,
  kReturnInt,    // by location of the result
  kReturnF32,
  kReturnF64,
  kTable,        // br_table, by location of the index
  kTableCall,    // finds the callee of call_indirect, by location of the index
  kControl,      // ControlStencil, in order
  kCount
};
enum class ControlStencil : unsigned {
  kReturn,     // no result, or results that are already in place
  kEnter,      // checks the value stack; branches if it may not suffice, or an interrupt is requested
  kEnterNative,  // the same for the native stack
  kZero1,      // zeroes slots
  kZero4,
  kPoll,       // branches if an interrupt was requested
  kFuel,       // branches if there is not enough
  kSample,     // branches if the function is to be sampled
  kCallOut,    // runs the handler of an instruction whose copy is beside the code
  kCall,       // calls a function of this instance
  kCallRef,    // calls the function of this instance that the accumulator refers to
  kCallImport,  // calls an imported function: the host's, or one of another instance
  kCheckRef,   // moves the reference in slot a to the accumulator; branches if it is not a function of this instance
  kGuestImport,  // moves an imported function to the accumulator; branches if it is the host's
  kReturnCall,  // jumps to a function of this instance, whose frame replaces this one
  kReturnCallRef,  // the same with the function of this instance that the accumulator refers to
  kReturnCallImport,  // the same with the imported function, not the host's, that the accumulator refers to
  kUseMemory,  // makes another memory the one that loads and stores access
  kTrapSite,   // reports a trap (code in the accumulator) at an instruction
  kJump,
  kCount
};

// The operands and the result of a vector instruction. Vectors are in registers (`t`, the target, is the first
// operand's or the result's); locations are those of scalars, and of the second operand of kBinary.
enum class VectorShape : uint8_t {
  kNone,  // run by handlers: lanes of 8 and 16 bits from and to memory
  kUnary,  // t
  kBinary,  // t * kLocations + b's location: a register, the slot, or kAcc for a constant beside the code (a shuffle's
            // is its lanes)
  kTernary,  // (t * kPinned + b) * kPinned + c
  kShift,  // t * (kLocations + lane's bits) + location of the count, or kLocations + the count
  kSplat,  // t * kLocations + location
  kExtract,  // t * lanes + lane; result in the accumulator
  kReplace,  // (t * kLocations + location) * lanes + lane
  kTest,  // t; result in the accumulator
  kLoad,  // t * kLocations + address
  kStore,  // the same
  kLoadLane,  // (t * kLocations + address) * lanes + lane
  kStoreLane,  // the same
};
constexpr VectorShape vector_shape(Op op) {
  const wasm::OpInfo& info = wasm::op_info(op);
  const std::string_view sig = info.sig();
  if (ir::family_of(op) != Family::kVector) return VectorShape::kNone;
  switch (info.imm) {
    case wasm::Imm::MemArgLane:
      if (op == Op::v128_load32_lane || op == Op::v128_load64_lane) return VectorShape::kLoadLane;
      return op == Op::v128_store32_lane || op == Op::v128_store64_lane ? VectorShape::kStoreLane : VectorShape::kNone;
    case wasm::Imm::MemArg: return sig.back() == 'v' ? VectorShape::kLoad : VectorShape::kStore;
    case wasm::Imm::Lane: return sig.back() == 'v' ? VectorShape::kReplace : VectorShape::kExtract;
    case wasm::Imm::Shuffle: return VectorShape::kBinary;
    case wasm::Imm::None: break;
    default: return VectorShape::kNone;
  }
  if (sig == "v:v") return VectorShape::kUnary;
  if (sig == "vv:v") return VectorShape::kBinary;
  if (sig == "vvv:v") return VectorShape::kTernary;
  if (sig == "vi:v") return VectorShape::kShift;
  return sig.back() == 'v' ? VectorShape::kSplat : VectorShape::kTest;
}

// The number of lanes, for instructions that name one; for shifts, the bits of a lane.
constexpr unsigned lanes(Op op) {
  switch (op) {
    case Op::i8x16_shl:
    case Op::i8x16_shr_s:
    case Op::i8x16_shr_u: return 8;
    case Op::i16x8_shl:
    case Op::i16x8_shr_s:
    case Op::i16x8_shr_u: return 16;
    case Op::i32x4_shl:
    case Op::i32x4_shr_s:
    case Op::i32x4_shr_u: return 32;
    case Op::i64x2_shl:
    case Op::i64x2_shr_s:
    case Op::i64x2_shr_u: return 64;
    case Op::v128_load32_lane:
    case Op::v128_store32_lane: return 4;
    case Op::v128_load64_lane:
    case Op::v128_store64_lane: return 2;
    default: return wasm::op_info(op).width;
  }
}

// The vector instruction whose stencils it has: a relaxed lane selection selects bits (semantics/relaxed.h).
constexpr Op with_stencils(Op op) {
  switch (op) {
    case Op::i8x16_relaxed_laneselect:
    case Op::i16x8_relaxed_laneselect:
    case Op::i32x4_relaxed_laneselect:
    case Op::i64x2_relaxed_laneselect: return Op::v128_bitselect;
    default: return op;
  }
}

namespace detail {
constexpr unsigned group_size(StencilGroup s) {
  switch (s) {
    case StencilGroup::kMoveInt:
    case StencilGroup::kMoveF32:
    case StencilGroup::kMoveF64:
    case StencilGroup::kMoveV128:
    case StencilGroup::kMoveNarrow: return kOperandLocations * kLocations;
    case StencilGroup::kSelectInt:
    case StencilGroup::kSelectF32:
    case StencilGroup::kSelectF64:
    case StencilGroup::kSelectV128: return kLocations * kLocations * kLocations;
    case StencilGroup::kGlobalInt:
    case StencilGroup::kGlobalF32:
    case StencilGroup::kGlobalF64:
    case StencilGroup::kGlobalV128:
    case StencilGroup::kSetGlobalInt:
    case StencilGroup::kSetGlobalF32:
    case StencilGroup::kSetGlobalF64:
    case StencilGroup::kSetGlobalV128: return 2 * kLocations;
    case StencilGroup::kReturnInt:
    case StencilGroup::kReturnF32:
    case StencilGroup::kReturnF64: return kOperandLocations;
    case StencilGroup::kTable:
    case StencilGroup::kTableCall: return kLocations;
    case StencilGroup::kControl: return static_cast<unsigned>(ControlStencil::kCount);
    case StencilGroup::kCount: break;
  }
  return 0;
}

constexpr unsigned vector_count(Op op) {
  if (with_stencils(op) != op) return 0;
  switch (vector_shape(op)) {
    case VectorShape::kNone: return 0;
    case VectorShape::kUnary:
    case VectorShape::kTest: return kPinned;
    case VectorShape::kBinary:
    case VectorShape::kSplat:
    case VectorShape::kLoad:
    case VectorShape::kStore: return kPinned * kLocations;
    case VectorShape::kTernary: return kPinned * kPinned * kPinned;
    case VectorShape::kShift: return kPinned * (kLocations + lanes(op));
    case VectorShape::kExtract: return kPinned * lanes(op);
    case VectorShape::kReplace:
    case VectorShape::kLoadLane:
    case VectorShape::kStoreLane: return kPinned * kLocations * lanes(op);
  }
  return 0;
}

struct Bases {
  std::array<uint32_t, wasm::kOpCount> formed{}, branch{};
  std::array<uint32_t, static_cast<unsigned>(StencilGroup::kCount)> group{};
  uint32_t total = 0;
};
constexpr Bases make_bases() {
  Bases b;
  uint32_t next = 0;
  for (unsigned i = 0; i < wasm::kOpCount; ++i) {
    auto op = static_cast<Op>(i);
    b.formed[i] = next;
    switch (ir::family_of(op)) {
      case Family::kBinary: next += ir::is_compare(op) ? kBinaryInPlace : kBinaryCount; break;
      case Family::kUnary:
      case Family::kLoad: next += kLocations * kLocations; break;
      case Family::kStore: next += kLocations * kOperandLocations; break;
      case Family::kVector: next += vector_count(op); break;
      default: break;
    }
    b.branch[i] = next;
    if (ir::has_branch(op)) next += kLocations * kOperandLocations * 2;
  }
  for (unsigned i = 0; i < b.group.size(); ++i) {
    b.group[i] = next;
    next += group_size(static_cast<StencilGroup>(i));
  }
  b.total = next;
  return b;
}
inline constexpr Bases kBases = make_bases();
}  // namespace detail

inline constexpr uint32_t kStencilCount = detail::kBases.total;

constexpr StencilId formed_base(Op op) { return detail::kBases.formed[static_cast<unsigned>(op)]; }
constexpr StencilId binary_id(Op op, Location a, Location b, bool to_slot) {
  return formed_base(op) + (ordinal(a) * kOperandLocations + ordinal(b)) * 2 + to_slot;
}
constexpr StencilId in_place_id(Op op, unsigned reg, Location b) {
  return formed_base(op) + kBinaryInPlace + reg * kOperandLocations + ordinal(b);
}
constexpr StencilId unary_id(Op op, Location from, Location to) {
  return formed_base(op) + ordinal(from) * kLocations + ordinal(to);
}
constexpr StencilId load_id(Op op, Location address, Location to) { return unary_id(op, address, to); }
constexpr StencilId store_id(Op op, Location address, Location value) {
  return formed_base(op) + ordinal(address) * kOperandLocations + ordinal(value);
}
// By VectorShape: registers from 0, locations, and further choices.
constexpr StencilId vector_id(Op op, unsigned t) { return formed_base(op) + t; }
constexpr StencilId vector_location_id(Op op, unsigned t, Location l) {
  return formed_base(op) + t * kLocations + ordinal(l);
}
constexpr StencilId vector_ternary_id(Op op, unsigned t, unsigned b, unsigned c) {
  return formed_base(with_stencils(op)) + (t * kPinned + b) * kPinned + c;
}
constexpr StencilId vector_shift_id(Op op, unsigned t, Location count) {
  return formed_base(op) + t * (kLocations + lanes(op)) + ordinal(count);
}
// The count is a constant.
constexpr StencilId vector_shift_by_id(Op op, unsigned t, unsigned count) {
  return formed_base(op) + t * (kLocations + lanes(op)) + kLocations + count;
}
constexpr StencilId vector_extract_id(Op op, unsigned t, unsigned lane) {
  return formed_base(op) + t * lanes(op) + lane;
}
constexpr StencilId vector_replace_id(Op op, unsigned t, Location l, unsigned lane) {
  return formed_base(op) + (t * kLocations + ordinal(l)) * lanes(op) + lane;
}
constexpr StencilId branch_id(Op op, Location a, Location b, bool on_false) {
  return detail::kBases.branch[static_cast<unsigned>(op)] + (ordinal(a) * kOperandLocations + ordinal(b)) * 2 +
         on_false;
}
constexpr StencilId group_id(StencilGroup group, unsigned index = 0) {
  return detail::kBases.group[static_cast<unsigned>(group)] + index;
}
constexpr StencilId group_id(StencilGroup group, Location l) { return group_id(group, ordinal(l)); }
constexpr StencilId move_id(StencilGroup group, Location from, Location to) {
  return group_id(group, ordinal(from) * kLocations + ordinal(to));
}
constexpr StencilId select_id(StencilGroup group, Location a, Location b, Location condition) {
  return group_id(group, (ordinal(a) * kLocations + ordinal(b)) * kLocations + ordinal(condition));
}
// `own`: a global of the instance itself, not an imported one.
constexpr StencilId global_id(StencilGroup group, bool own, Location l) {
  return group_id(group, own * kLocations + ordinal(l));
}
constexpr StencilId control_id(ControlStencil s) { return group_id(StencilGroup::kControl, static_cast<unsigned>(s)); }

constexpr bool is_shift(Op op) {
  switch (op) {
    case Op::i32_shl:
    case Op::i32_shr_s:
    case Op::i32_shr_u:
    case Op::i32_rotl:
    case Op::i32_rotr:
    case Op::i64_shl:
    case Op::i64_shr_s:
    case Op::i64_shr_u:
    case Op::i64_rotl:
    case Op::i64_rotr: return true;
    default: return false;
  }
}

// Whether the operation on two operands that are not constants is that of another stencil with the operands exchanged:
// ir::op_traits(op).with_operands_exchanged for (b, a).
constexpr bool is_exchanged(Op op, Location a, Location b) {
  const Op other = ir::op_traits(op).with_operands_exchanged;
  if (!is_storage(b) || other == Op::nop) return false;
  return other == op ? a < b : other < op;
}

// Divisions. Their stencils for a constant (its location is kImm) multiply instead: by the first half of a wide entry
// in the pool, whose second half is the divisor.
constexpr bool is_division(Op op) {
  return ir::family_of(op) == Family::kBinary && (wasm::op_info(op).flags & wasm::kMayTrap) != 0;
}
constexpr bool is_remainder(Op op) {
  return op == Op::i32_rem_s || op == Op::i32_rem_u || op == Op::i64_rem_s || op == Op::i64_rem_u;
}
constexpr bool is_signed_division(Op op) {
  return op == Op::i32_div_s || op == Op::i32_rem_s || op == Op::i64_div_s || op == Op::i64_rem_s;
}

// A hole of a stencil. The value goes to `at`; `width` bytes.
enum class HoleKind : uint8_t {
  kSlotA,  // byte offset of a slot from the frame, plus addend
  kSlotB,
  kSlotC,
  kSlotD,
  kOffset,  // 32 bits: memory offset, or another number that the stencil defines
  kCount,  // another number
  kImm,  // the constant operand, changed as `change` defines
  kPool,  // relative: the constant operand beside the code
  kData,  // relative: constant number `addend` of the stencil file
  kNext,  // relative: the end of this stencil
  kTaken,  // relative: where the stencil branches to
  kTrap,  // relative: the trap site
  kRecord,  // relative: the stencil's data beside the code: the copy of its instruction, or a jump table
  kCallTable,  // relative: the callee's entry in the table of functions
  kPc,  // 64 bits: the instruction's position in the register code
};
enum class Change : uint8_t {
  kNone,
  kNegated,
  kMinusOne,
  kPlusOne,
  kInverted,
  kLow16,
  kFrom32,
  kFrom64,
  kFrom31,
  kFrom63
};
constexpr int64_t changed(Change change, int64_t v) {
  switch (change) {
    case Change::kNone: break;
    case Change::kNegated: return -v;
    case Change::kMinusOne: return v - 1;
    case Change::kPlusOne: return v + 1;
    case Change::kInverted: return ~v;
    case Change::kLow16: return v & 0xffff;
    case Change::kFrom32: return 32 - v;
    case Change::kFrom64: return 64 - v;
    case Change::kFrom31: return 31 - v;
    case Change::kFrom63: return 63 - v;
  }
  return v;
}

struct Hole {
  uint16_t at;
  HoleKind kind;
  uint8_t patch_change;  // patch | change << 4
  int32_t addend;
  unsigned patch() const { return patch_change & 15; }  // how it is filled in: machine.h
  Change change() const { return static_cast<Change>(patch_change >> 4); }
};

// Marker constants: a stencil with a constant is compiled twice, with a pair of markers, by processor. Whatever
// instruction clang chooses for them must be right for every constant that the hole may get, so both have the same sign
// if the sign decides which instructions are possible; a stencil for a 32-bit operation gets constants of both signs.
struct MarkedConstants {
  uint32_t value[2];  // 64-bit operations, and 32-bit ones of processors with forms for negative constants
  uint32_t value32[2];  // 32-bit operations
  uint32_t shift[2];
};
// The result of a stencil in an integer register, for the proof: 0, or the location's ordinal + 1, and whether it has
// 32 bits, so that the upper half is zero. kNarrowSlot: the same for a value that it stores in a slot.
inline constexpr uint32_t kResultLocation = 0xff, kNarrowResult = 0x100, kNarrowSlot = 0x200;
template <class T>
constexpr uint32_t result_in(Location l) {
  const bool is_int = std::is_integral_v<T>, is_32 = sizeof(T) == 4;
  return (is_int ? 1 + ordinal(l == kSlot ? kAcc : l) : 0) | (is_int && is_32 ? kNarrowResult : 0) |
         (is_32 && l == kSlot ? kNarrowSlot : 0);
}

enum class Marker : uint32_t { kNone, kImm, kImm32, kNeg, kNeg32, kShift32, kShift64 };

struct Stencil {
  uint32_t code;  // offset of its bytes
  uint16_t size;  // may be 0: no code
  uint8_t holes;  // number
  uint8_t exists;
  uint32_t first_hole;
};

}  // namespace ermine::baseline

// How stencils are numbered. A stencil is the machine code of one instruction for one choice of where its
// operands and its result are; the number is computed from the instruction and those places. Shared by the
// stencils' sources (which say what each number is) and the compiler (which picks them).
//
// Places of a value:
//   slot        in the frame
//   acc         the accumulator of its class (integer, f32, f64)
//   reg 0..5    a pinned register: integers have six of their own, f32 and f64 share six vector registers
// and, for the last operand of some:
//   imm         a constant in the instruction, as far as the machine has room (machine.h)
//   neg         the same for negative ones
//   pool        a constant beside the code
#pragma once

#include <array>
#include <cstdint>

#include "ir/op_forms.h"

namespace ermine::baseline {

using ir::Family;
using wasm::Op;

enum Place : unsigned { kSlot, kAcc, kReg0, kImm = 8, kNeg, kPool };
inline constexpr unsigned kPinned = 6;      // registers of each class that may hold slots
inline constexpr unsigned kPlaces = 8;      // where a value can be
inline constexpr unsigned kAnyPlaces = 11;  // where a last operand can be

using StencilId = uint32_t;
inline constexpr StencilId kNoStencil = ~StencilId{0};

// Binary operations have a form for each (a, b) and result in {acc, slot and acc}, and one for each (reg i, b)
// that leaves its result in reg i.
inline constexpr unsigned kBinaryInPlace = kPlaces * kAnyPlaces * 2;
inline constexpr unsigned kBinaryCount = kBinaryInPlace + kPinned * kAnyPlaces;

// Those that are not an instruction with operand forms.
enum class Special : unsigned {
  kMoveInt,      // from any place * kPlaces + to
  kMoveF32,
  kMoveF64,
  kSelectInt,    // a * 64 + b * 8 + condition; result in the accumulator
  kSelectF32,
  kSelectF64,
  kGlobalInt,    // global to place: own global * kPlaces + to
  kGlobalF32,
  kGlobalF64,
  kSetGlobalInt, // place to global: own global * kPlaces + from
  kSetGlobalF32,
  kSetGlobalF64,
  kReturnInt,    // by place of the result
  kReturnF32,
  kReturnF64,
  kTable,        // br_table, by place of the index
  kTableCall,    // finds what call_indirect calls, by place of the index
  kRest,         // Rest, in order
  kCount
};
enum class Rest : unsigned {
  kReturn,     // no result, or those in place
  kEnter,      // checks the value stack; taken: slowly
  kEnterNative,  // checks the native one
  kZero1,      // zeroes slots
  kZero4,
  kPoll,       // taken: an interrupt was asked for
  kFuel,       // taken: there is not enough
  kIsland,     // leaves for the handler of an island
  kCall,       // calls a function of this instance
  kCallRef,    // calls what the accumulator refers to, a function of this instance
  kCallHost,   // calls what the accumulator refers to, a host function
  kCheckRef,   // the reference in slot a to the accumulator; taken: no function of this instance
  kHostImport,  // an imported function to the accumulator; taken: not the host's
  kCopy128,
  kConst128,
  kTrapSite,   // reports a trap (code in the accumulator) at an instruction
  kJump,
  kCount
};

// Loads and stores of vectors, but for those of single lanes: by place of the address.
constexpr bool is_vector_access(Op op) {
  return ir::family_of(op) == Family::kVector && wasm::op_info(op).imm == wasm::Imm::MemArg;
}

// Of those that name a lane: how many there are. Else 0.
constexpr unsigned lanes(Op op) {
  return ir::family_of(op) == Family::kVector && wasm::op_info(op).imm == wasm::Imm::Lane ? wasm::op_info(op).width : 0;
}

namespace detail {
constexpr unsigned special_size(Special s) {
  switch (s) {
    case Special::kMoveInt:
    case Special::kMoveF32:
    case Special::kMoveF64: return kAnyPlaces * kPlaces;
    case Special::kSelectInt:
    case Special::kSelectF32:
    case Special::kSelectF64: return kPlaces * kPlaces * kPlaces;
    case Special::kGlobalInt:
    case Special::kGlobalF32:
    case Special::kGlobalF64:
    case Special::kSetGlobalInt:
    case Special::kSetGlobalF32:
    case Special::kSetGlobalF64: return 2 * kPlaces;
    case Special::kReturnInt:
    case Special::kReturnF32:
    case Special::kReturnF64: return kAnyPlaces;
    case Special::kTable:
    case Special::kTableCall: return kPlaces;
    case Special::kRest: return static_cast<unsigned>(Rest::kCount);
    case Special::kCount: break;
  }
  return 0;
}

struct Bases {
  std::array<uint32_t, wasm::kOpCount> formed{}, branch{};
  std::array<uint32_t, static_cast<unsigned>(Special::kCount)> special{};
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
      case Family::kLoad: next += kPlaces * kPlaces; break;
      case Family::kStore: next += kPlaces * kAnyPlaces; break;
      case Family::kVector: next += is_vector_access(op) ? kPlaces : lanes(op) != 0 ? lanes(op) : 1; break;
      default: break;
    }
    b.branch[i] = next;
    if (ir::is_branchable(op)) next += kPlaces * kAnyPlaces * 2;
  }
  for (unsigned i = 0; i < b.special.size(); ++i) {
    b.special[i] = next;
    next += special_size(static_cast<Special>(i));
  }
  b.total = next;
  return b;
}
inline constexpr Bases kBases = make_bases();
}  // namespace detail

inline constexpr uint32_t kStencilCount = detail::kBases.total;

constexpr StencilId formed_base(Op op) { return detail::kBases.formed[static_cast<unsigned>(op)]; }
constexpr StencilId binary_id(Op op, unsigned a, unsigned b, bool to_slot) {
  return formed_base(op) + (a * kAnyPlaces + b) * 2 + to_slot;
}
constexpr StencilId in_place_id(Op op, unsigned reg, unsigned b) {
  return formed_base(op) + kBinaryInPlace + reg * kAnyPlaces + b;
}
constexpr StencilId unary_id(Op op, unsigned from, unsigned to) { return formed_base(op) + from * kPlaces + to; }
constexpr StencilId load_id(Op op, unsigned address, unsigned to) { return unary_id(op, address, to); }
constexpr StencilId store_id(Op op, unsigned address, unsigned value) {
  return formed_base(op) + address * kAnyPlaces + value;
}
constexpr StencilId vector_id(Op op, unsigned lane = 0) { return formed_base(op) + lane; }
constexpr StencilId vector_access_id(Op op, unsigned address) { return formed_base(op) + address; }
constexpr StencilId branch_id(Op op, unsigned a, unsigned b, bool on_false) {
  return detail::kBases.branch[static_cast<unsigned>(op)] + (a * kAnyPlaces + b) * 2 + on_false;
}
constexpr StencilId special_id(Special s, unsigned index = 0) {
  return detail::kBases.special[static_cast<unsigned>(s)] + index;
}
constexpr StencilId rest_id(Rest r) { return special_id(Special::kRest, static_cast<unsigned>(r)); }

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

// What a stencil leaves open. The value goes to `at`; `width` bytes.
enum class HoleKind : uint8_t {
  kSlotA,   // byte offset of a slot from the frame, plus addend
  kSlotB,
  kSlotC,
  kSlotD,
  kOffset,  // 32 bits: memory offset, or what the stencil says
  kCount,   // another number
  kImm,     // the constant operand, changed as `change` says
  kPool,    // relative: the constant operand beside the code
  kData,    // relative: constant number `addend` of the stencils' own
  kNext,    // relative: behind this stencil
  kTaken,   // relative: where the stencil branches to
  kTrap,    // relative: the trap site
  kIsland,  // relative: the island
  kCallTable,  // relative: the callee's entry in the table of functions
  kPc,      // 64 bits: the instruction's place in the register code
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

// Constants that mark the place of others in two twins of a stencil, by machine.
struct MarkedConstants {
  uint32_t value[2];
  uint32_t shift[2];
};
enum class Marker : uint32_t { kNone, kImm, kNeg, kShift32, kShift64 };

struct Stencil {
  uint32_t code;          // offset of its bytes
  uint16_t size;          // may be 0: nothing to do
  uint8_t holes;          // number
  uint8_t exists;
  uint32_t first_hole;
};

}  // namespace ermine::baseline

// The result of analysing a piece of machine code: the conditions under which it is safe, and the facts that hold after
// it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "verify/value.h"

namespace ermine::verify {

inline constexpr unsigned kRegisters = 32;

// Registers as bits: general ones, then (from bit kRegisters on) those of vectors.
using RegisterSet = uint64_t;
constexpr RegisterSet vector_bit(unsigned r) { return RegisterSet{1} << (kRegisters + r); }

// A condition on the constants of a piece, evaluated for each use of the piece (verifier.cc).
struct Check {
  enum Kind : uint8_t {
    kFrameRead,  // `size` bytes at `term` are in the frame
    kFrameWrite,  // the same, and they are a slot that the instruction may write
    kHeaderWrite,  // the callee's header: `size` bytes at `term`
    kContextRead,  // the slot of a global that the instance defines, or the base of a memory
    kContextWrite,
    kFuncRefsRead,  // the array of functions: an imported one, which the instruction names
    kGlobalsRead,  // the array of globals: the one that the instruction names
    kTablesRead,  // the array of tables: the one that the instruction names
    kMemory,  // `term` is an offset from a memory's base that its reservation covers
    kData,  // `size` bytes at `term` are in the constants beside the code
    kShift,  // the callee's frame begins `term` bytes into the caller's
    kSame,  // `term` equals `other`
    kFrameSize,  // `term` is the size of the frame
    kCallEntry,  // the entry of the table of functions at `term`: the instruction's callee
    kCallByIndex,  // the table's address is `term`, counted from the first function of the module
    kCallPc,  // `term` is the address of the instruction in the register code
    kCallType,  // `term` is the type that the instruction calls
    kHostFrame,  // a host call's slots: from `term` to `other`
    kRefSlot,  // the slot at `term` is the one that call_ref takes its reference from
    kLabels,  // the jump table at `term` has `other` + 1 entries, all of them labels
    kFuel  // `term` is the fuel that the instruction costs
  };
  enum From : uint8_t { kUnknown, kZero, kSlot, kAccumulator, kRegister, kGlobal };
  Kind kind;
  uint8_t size = 0;
  From from = kUnknown;  // for kFrameWrite: the value written; kSlot: read from the slot at `other`
  uint16_t at = 0;  // of the instruction in the piece
  Term term{};
  Term other{};
};

// Whether the result of a bit field move of 64 bits (AArch64's UBFM) is below 2^32.
constexpr bool bit_field_is_narrow(int64_t immr, int64_t imms) {
  return imms >= immr ? imms - immr < 32 : imms + 1 + 64 - immr <= 32;
}

// A way out of a piece.
struct Exit {
  enum Kind : uint8_t {
    kNext,  // the next piece
    kJump,  // to `target`
    kReturn,  // from the function
    kTailCall,  // to another function, which returns to the caller of this one
    kHandler,  // to the interpreter's handler of the instruction copied at `target`, after which execution continues
    kTrap,  // to the handler named by the constant at `target`, with the pc `pc`
    kTable  // to any entry of the jump table at `target`
  };
  Kind kind;
  uint16_t at = 0;
  Term target{};
  Term pc{};
  // By register: kNarrow, kEntry of itself or another, kRef; any other is kAny.
  uint32_t narrow = 0;
  RegisterSet own = 0;  // registers that the piece has written,
  RegisterSet keeps_own = 0;  // and those that have the value on entry, at least on some ways here
  std::array<uint8_t, kRegisters> from{};  // 1 + the register whose value on entry it has; 0: another value
  uint8_t ref_facts = 0;  // of the accumulator
  Term ref_type{};
  bool frame_checked = false;  // the frame was compared with the stack's limit
  bool native_checked = false;  // the same for the native stack
  bool polled = false;  // the interrupt flag was checked and not set
  bool unanswered = false;  // a host function may have failed: only a trap may follow
  bool sets_memory = false;  // loads and stores access the memory whose base is at `memory` of the context
  Term memory{};
  // Registers whose upper half is zero if a bit field move by these constants leaves it zero. For the proof of
  // stencils; no claim depends on it.
  struct Maybe {
    uint8_t reg;
    Term immr, imms;
  };
  std::vector<Maybe> maybe_narrow;
};

struct Facts {
  std::string refusal;  // not empty: why it is not safe for any constants
  uint16_t refused_at = 0;
  uint32_t needs_narrow = 0;  // registers used as an index
  RegisterSet needs_own = 0;  // registers that are read
  uint8_t needs_ref = 0;  // facts about the accumulator's reference (Value::Fact)
  // Whether every way to the next piece has `has`.
  bool all_next(bool Exit::* has) const {
    for (const Exit& e : exits)
      if (e.kind == Exit::kNext && !(e.*has)) return false;
    return true;
  }
  bool fuels = false;  // takes fuel
  bool calls = false;
  bool stores_wide = false;  // a slot gets 8 bytes whose upper half is not known to be zero,
  uint16_t wide_at = 0;  // by the instruction at this offset
  std::vector<Exit::Maybe> maybe_stores_wide;  // the same, unless a bit field move leaves it zero
  std::vector<Check> checks;
  std::vector<Exit> exits;
};

// A constant in an instruction, from the decoder.
struct Constant {
  uint16_t at;  // of the instruction
  uint16_t field;  // where the field begins, in bytes
  uint8_t bytes;  // its width
  uint8_t operand;  // bytes of the operation that uses it
  bool is_displacement;
  bool stores;  // the operation only stores it
};

}  // namespace ermine::verify

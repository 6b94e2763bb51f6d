// Checks the finished machine code of a function before it runs: that it stays in its sandbox even if the compiler made
// an error. It shares only the register code of the function with the compilers, and trusts none of their claims.
//
// A compiler describes its code as *pieces*, one after the other. A piece that recurs with other constants may have a
// key: then it is decoded and analysed (analysis.h) at its first use, and later only compared, and the conditions on
// its constants are evaluated. Targets of jumps are *labels*; each has a claim of which registers have a zero upper
// half, and of which are read. The pieces are processed once, in order: the facts after each follow from the facts
// before it, and must imply the claims of the labels that it jumps to. A wrong claim or a missing label only makes the
// check fail.
//
// Besides the forms of accesses (analysis.h), the verifier shows:
// - frames: slots that are read and written are in the frame, whose size was compared with the stack's limit on entry,
//   and they are the instruction's or those whose value lives in a register;
// - calls: the callee, its type, the position of its frame and of its header are the instruction's; a function of
// another
//   instance is entered with that instance's context and memory, and afterwards this one's are back;
// - memories: loads and stores access the instruction's memory (accessed_memory.h), which is guarded;
// - tail calls: the frame becomes the callee's by copies of slots alone, in order, each from and to its place;
// - globals, tables and imported functions are the instruction's;
// - control flow leads only to labels, to the handler of an instruction of the register code, to the handler of traps,
//   or back to the caller; the unit that handlers read as the next instruction is the address of a label;
// - a backward jump of the register code leads to code that checks for interrupts; fuel is taken as in the register
//   code;
// - no host address, other than a reference, is left where the guest could read it as a number, and no
//   register is read that a caller, a callee or the runtime may have changed;
// - an instruction that copies to a slot with references does so, and a return leaves a result;
// - machine code has seen that a host function did not fail before it continues.
// It does not show that numbers are right: a wrong number stays in the sandbox.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ir/function_code.h"
#include "ir/op_forms.h"
#include "tiering/tier.h"
#include "verify/facts.h"
#include "wasm/module.h"

namespace ermine::verify {

struct Machine;
struct KnownPiece;
class Decoder;

// The processor of this process; null if its code cannot be decoded (capstone_problem() says why).
const Machine* this_machine();

struct Piece {
  static constexpr uint32_t kNoKey = ~uint32_t{0};
  uint32_t offset;
  uint32_t key;
  uint32_t at;  // its instruction, as an index in the register code
};

struct Label {
  uint32_t offset;
  uint32_t narrow;  // registers whose upper half is zero
  RegisterSet own;  // registers that may be read, if all code that jumps here has put a value of the guest there
  bool checked = true;  // the frame has been compared with the stack's limit,
  bool native = true;  // and what is left of the native stack
};

// The code of one function, linked: `bytes` are the final contents at `execute`, followed by at least 8 readable bytes.
struct Code {
  std::span<const uint8_t> bytes;
  const uint8_t* execute;
  uint32_t code_size;  // instructions; behind them, from data_start on, constants
  uint32_t data_start;
  std::span<const Piece> pieces;  // ascending; each ends where the next begins, the last at code_size
  std::span<const Label> labels;  // ascending, at most one per offset
  struct Entry {
    uint32_t index;  // in the register code
    uint32_t unit;  // offset of the constant that holds its address
  };
  std::span<const Entry> entries;
  std::span<const uint64_t> spills;  // a bit for each slot whose value lives in a register somewhere
};

// The surroundings of the code.
struct Subject {
  const wasm::Module& module;
  const ir::FunctionCode& function;
  const runtime::FuncCode* funcs;
  std::span<const uint8_t> call_table;  // as executed: the entries of the module's own functions
  uint32_t index = 0;  // of the function among these
  bool has_fuel = true;  // false: no instruction of the register code takes fuel
};

// For one thread at a time. Keeps the facts about pieces for all modules, up to some megabytes.
class Verifier {
 public:
  // Keys are small numbers. Sets a bit in `mask`, which is as long as the code, for each bit of the piece's code that
  // may differ between uses of the key. No bit if the code is not that of the key.
  using MaskOf = void (*)(uint32_t key, std::span<const uint8_t> code, uint8_t* mask);
  Verifier(const Machine& machine, const tiering::Interpreter& host, MaskOf mask_of);
  ~Verifier();

  // Empty if the code is safe; otherwise what is not, and where.
  std::string verify(const Code& code, const Subject& subject);

 private:
  class Pass;
  struct Handler {
    uint32_t distance = 0;  // from the lowest handler, + 1; 0: empty entry
    uint32_t code = 0;
  };
  size_t place_of(uint32_t distance) const { return distance * 0x9e3779b1u >> handlers_shift_; }
  static constexpr uint32_t kMostKeys = 1u << 20;
  static constexpr size_t kMostKnown = 4096;  // kept from one function to the next
  // `once`: for a piece without a key; valid until the next call with `once`.
  const KnownPiece& known(const Code& code, const Piece& piece, uint32_t size, std::unique_ptr<KnownPiece>& once);
  void prefetch(uint32_t key) const {
    if (key < known_.size()) __builtin_prefetch(known_[key].get());
  }
  // `key`: kNoKey if no bits of the code vary.
  void learn(KnownPiece& k, uint32_t key, std::span<const uint8_t> code);
  uint32_t code_of(uint64_t handler) const;

  const Machine& machine_;
  tiering::Interpreter host_;
  MaskOf mask_of_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<std::unique_ptr<KnownPiece>> known_;  // by key
  size_t known_count_ = 0;
  // Of pieces without a key: the current one, and the one that a jump goes back to.
  std::unique_ptr<KnownPiece> once_, ahead_;
  std::vector<Handler> handlers_;  // a hash table by distance, half of it empty
  unsigned handlers_shift_;
  uint64_t first_handler_;
};

}  // namespace ermine::verify

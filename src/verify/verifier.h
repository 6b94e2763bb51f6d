// Checks the finished machine code of a function before it is run: that it stays in its sandbox even where the compiler
// erred. It shares nothing with the compilers but the register code that the function was made from, and trusts nothing
// that they say.
//
// A compiler describes its code as *pieces*, one behind another. A piece that recurs with other constants may have a
// key: then it is decoded and analysed (analysis.h) when it is first seen, and afterwards only compared, and the
// conditions on its constants tried. Places that are jumped to are *labels*; with each goes a claim of which registers
// have an upper half that is zero. The pieces are gone through once, in order: what is known behind each follows from
// what was known in front of it, and must imply the claims of the labels that it leads to. A wrong claim or a
// missing label only makes the check fail.
//
// What is shown, beside the forms of accesses (analysis.h):
// - frames: slots that are read and written lie in the frame, whose size was compared with the stack's limit on entry,
//   and are the instruction's or those in which a register lives;
// - calls: the callee, its type, the place of its frame and of its header are the instruction's;
// - globals, tables and imported functions are the instruction's;
// - every way on leads to a label, to the handler of an instruction that is the register code's, to the handler of
//   traps, or back to the caller; what handlers take for the next instruction is a label's address;
// - a jump back in the register code leads to a place that looks for interrupts; fuel is taken as the register code
//   says;
// - no address of the host's, other than a reference, is left where the guest finds a number.
// Not shown is that numbers are right: a wrong one stays in the sandbox.
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

// The machine that this process runs on; null if its code cannot be decoded (capstone_problem() says why).
const Machine* this_machine();

struct Piece {
  static constexpr uint32_t kNoKey = ~uint32_t{0};
  uint32_t offset;
  uint32_t key;
  uint32_t at;  // the instruction that it is of, as an index in the register code
};

struct Label {
  uint32_t offset;
  uint32_t narrow;  // registers whose upper half is zero
  bool checked = true;  // the frame has been compared with the stack's limit,
  bool native = true;  // and what is left of the native stack
};

// The code of one function, linked: `bytes` are what will lie at `execute`, followed by at least 8 that may be read.
struct Code {
  std::span<const uint8_t> bytes;
  const uint8_t* execute;
  uint32_t code_size;  // instructions; behind them, from data_start on, constants
  uint32_t data_start;
  std::span<const Piece> pieces;  // ascending; each ends where the next begins, the last at code_size
  std::span<const Label> labels;  // ascending, one an offset
  struct Entry {
    uint32_t index;  // in the register code
    uint32_t unit;  // offset of the constant that holds its address
  };
  std::span<const Entry> entries;
  std::span<const uint64_t> spills;  // a bit for each slot that lives in a register somewhere
};

// What the code belongs to.
struct Subject {
  const wasm::Module& module;
  const ir::FunctionCode& function;
  const runtime::FuncCode* funcs;
  const uint8_t* call_table;  // as executed: the entries of the module's own functions
  bool has_fuel = true;  // false: no instruction of the register code takes any
};

// For one thread at a time. Keeps what it has learned of pieces, whatever module they were of, up to some megabytes.
class Verifier {
 public:
  // Keys are small numbers. Sets a bit in `mask`, which is as long as the code, for each bit of the piece's code that
  // may differ where the key is the same. None if the code is not what the key stands for.
  using MaskOf = void (*)(uint32_t key, std::span<const uint8_t> code, uint8_t* mask);
  Verifier(const Machine& machine, const tiering::Interpreter& host, MaskOf mask_of);
  ~Verifier();

  // Empty if the code is safe; else what is not, and where.
  std::string verify(const Code& code, const Subject& subject);

 private:
  class Pass;
  struct Handler {
    uint32_t distance = 0;  // from the lowest, + 1; 0: none
    uint32_t code = 0;
  };
  size_t place_of(uint32_t distance) const { return distance * 0x9e3779b1u >> handlers_shift_; }
  static constexpr uint32_t kMostKeys = 1u << 20;
  static constexpr size_t kMostKnown = 4096;  // that are kept from one function to the next
  // `once`: for what has no key; it holds until the next call with the same.
  const KnownPiece& known(const Code& code, const Piece& piece, uint32_t size, std::unique_ptr<KnownPiece>& once);
  void prefetch(uint32_t key) const {
    if (key < known_.size()) __builtin_prefetch(known_[key].get());
  }
  // `key`: kNoKey if the code is all there is to it.
  void learn(KnownPiece& k, uint32_t key, std::span<const uint8_t> code);
  uint32_t code_of(uint64_t handler) const;

  const Machine& machine_;
  tiering::Interpreter host_;
  MaskOf mask_of_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<std::unique_ptr<KnownPiece>> known_;  // by key
  size_t known_count_ = 0;
  std::unique_ptr<KnownPiece> once_, ahead_;  // of a piece without a key: the current one, one jumped back to
  std::vector<Handler> handlers_;  // a hash table by distance, half of it empty
  unsigned handlers_shift_;
  uint64_t first_handler_;
};

}  // namespace ermine::verify

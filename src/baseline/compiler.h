// Compiler: compiles the register code of one function to machine code, by copying stencils and filling their holes.
//
// The code follows the register code, operation by operation, on the same frame. The difference is the location of
// slots: within a region (allocation.h) some live in registers. A register's value may be newer than its slot
// (*dirty*), or a call may have clobbered the register (*invalid*); at every label of the region all registers are
// valid, and all that the region writes count as dirty. The result of an operation may be in the register of the slot
// that it wrote instead of in the accumulator: then the accumulator is an *alias* of the register.
//
// Vector registers that a region does not use *hold* vectors from their definition to their last use, or to the next
// label (vectors.cc). Constants are held without a register.
//
// Operations without stencils are executed by the interpreter's handler, by a *call-out*: its record beside the code
// holds a copy of the instruction, followed by the address where the machine code continues, which the handler reads as
// the next instruction.
//
// The result can be executed at any address after link(); it consists of code, then jump tables, records of call-outs,
// constants and entries.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "baseline/allocation.h"
#include "baseline/clobbers.h"
#include "baseline/last_uses.h"
#include "baseline/stencil_table.h"
#include "runtime/context.h"
#include "tiering/tier.h"
#include "verify/verifier.h"
#include "wasm/module.h"

namespace ermine::baseline {

class Compiler {
 public:
  // `describe`: whether the code is described for the verifier. `counts`: ModuleParts::counts.
  Compiler(const wasm::Module& module, runtime::FuncCode* funcs, const tiering::Interpreter& host, bool describe,
           bool counts = false);

  // Compiling takes up to 230 bytes of memory for a unit of register code. A body of some megabytes has more units than
  // this; it is not compiled.
  static constexpr size_t kMostUnits = 1 << 20;
  // False: the function cannot be compiled. The results are valid until the next call.
  bool compile(const ir::FunctionCode& code, bool want_positions = false);

  std::span<const uint8_t> bytes() const { return {out_.data(), size_}; }
  uint32_t code_size() const { return code_size_; }
  // Fills the holes that depend on the address of the code and of the table of functions.
  void link(const uint8_t* execute, const uint8_t* call_table);
  // The linked code in the form for the verifier. Only if requested.
  verify::Code description(const uint8_t* execute) const;

  using Entry = verify::Code::Entry;
  // The function's own (index 0), loops and catches, ascending.
  std::span<const Entry> entries() const { return entries_; }

  // Where the instructions' code begins: ascending offsets, first of the inline code, then of the code out of line.
  // Only if requested.
  using Position = tiering::CodeLayout::Position;
  std::span<const Position> positions() const { return positions_; }

 private:
  static constexpr uint32_t kNone = ~uint32_t{0};
  // Kinds of targets besides a label (an index in the register code): code out of line, the label of a region's start
  // for branches from inside, a position in the code.
  static constexpr uint32_t kStubTarget = 1u << 31, kInnerTarget = 1u << 30, kOffsetTarget = 1u << 29;

  // The values for the holes of a stencil, by HoleKind. Each stencil uses some of them.
  struct HoleValues {
    uint32_t a = 0, b = 0, c = 0,
             d = 0;  // kSlotA to kSlotD: numbers of slots; mostly a, b, c are read and d is written
    uint32_t offset = 0, count = 0;  // kOffset, kCount
    int64_t imm = 0;  // kImm
    uint64_t pool[2] = {0, 0};  // kPool: one word, or two if wide_pool
    bool wide_pool = false;
    bool fails = false;  // kTrap: a host call has failed; otherwise, the instruction traps
    uint32_t taken = 0;  // kTaken: a target
    uint32_t callee = 0;  // kCallTable: number of the function
    uint32_t record = 0;  // kRecord: offset in the data
    uint32_t at = 0;  // kTrap: index of the instruction
    uint64_t pc = 0;  // kPc
  };
  enum class FixupKind : uint8_t { kLabel, kData, kCallTable };
  // A distance to be filled in: `target` is a target, an offset in the data, or a function.
  struct Fixup {
    uint32_t at;
    FixupKind kind;
    uint8_t patch;  // of the hole
    uint32_t target;
    int32_t addend;
  };
  static bool is_for_link(const Fixup& fixup);
  // Code out of line.
  struct Stub {
    enum Kind : uint8_t { kTrap, kFail, kLeave, kHandler, kCall, kEntry, kEnter } kind;
    uint32_t at;  // instruction
    uint32_t target = 0;  // label; kHandler, kCall: the position in the code where execution continues; kEntry: a stub
    uint16_t dirty = 0;  // registers to save first
    int region = -1;
    OpCode code = 0;  // kHandler, kCall: the operation of the handler
    uint32_t position = 0;  // once emitted
  };
  // A position in the register code that is jumped to or entered.
  struct Label {
    uint32_t position = kNone;  // of the label, for branches from outside the region that begins here
    uint32_t inner = kNone;  // the same, for branches from inside
    uint32_t stub = kNone;  // kEnter: for code that enters inside a region
    uint8_t flags = 0;
    uint8_t branches = 0;  // number of branches to it
    std::array<uint8_t, 3> alias{};  // of the accumulators, at its one branch
    std::array<uint32_t, 3> acc_label = {kNone, kNone, kNone};  // there, too
  };
  // The location of a vector.
  struct VectorLocation {
    enum Kind : uint8_t { kInSlot, kInRegister, kConstant } kind = kInSlot;
    uint8_t index = 0;  // the register's number, or the constant's in held_vectors_

    static VectorLocation held(unsigned i) { return {i < kPinned ? kInRegister : kConstant, static_cast<uint8_t>(i)}; }
    bool is_register() const { return kind == kInRegister; }
    bool is_constant() const { return kind == kConstant; }
    bool is_register(unsigned reg) const { return is_register() && index == reg; }
    unsigned register_mask() const { return is_register() ? 1u << index : 0; }
  };
  enum Flag : uint8_t { kLabel = 1, kLoop = 2, kCatch = 4 };

  // --- structure
  bool run();
  void find_labels();
  // The label of an instruction, made if it has none.
  Label& label_at(uint32_t index) {
    uint32_t& m = label_of_[index];
    if (m == 0) {
      m = static_cast<uint32_t>(labels_.size());
      labels_.emplace_back();
    }
    return labels_[m];
  }
  bool compile_instr(const IrInstr& instr);
  void begin(uint32_t index);
  void enter_region();
  void leave_region();
  void bind(uint32_t index);

  // --- registers
  Location location_of(uint16_t slot);
  // The location of an address in memory 0 that is fit to be used as an index (read_address in stencils/stencil.h).
  Location address_location(bool acc, uint16_t slot);
  Location acc_location(RegClass c);
  void load_pin(unsigned pin);
  void store_pin(unsigned pin);
  void make_valid();
  void save_dirty();
  void invalidate_registers();
  void settle_accs();
  void settle_acc(unsigned acc);
  void forget_accs() { alias_ = {}; }
  // The slot is about to be written, but not through an accumulator.
  void before_write(uint16_t slot);
  int pin_of(uint16_t slot) const { return region_ < 0 ? -1 : pin_of_slot_[slot]; }
  // `narrow`: the upper half of the written value is zero.
  void wrote_pin(unsigned pin, bool narrow = false);
  // The result of an operation was left in the accumulator.
  void wrote_acc(RegClass c, bool narrow);
  bool is_narrow(Location l) const;
  const Region::Pin& pin(unsigned number) const { return regions_[static_cast<size_t>(region_)].pins[number]; }
  // The result of an operation, which is in the accumulator, is stored in the slot as well.
  void set_slot_from_acc(uint16_t slot, RegClass c);
  void move(Location from, uint16_t from_slot, Location to, uint16_t to_slot, RegClass c);
  void move_to_pin(Location from, uint16_t from_slot, unsigned pin);
  void copy(uint16_t dst, uint16_t src);
  void set_const(uint16_t dst, uint64_t bits);

  // --- operations
  void binary(const IrInstr& instr, const IrInfo& s);
  static void exchange(Op& op, Location& a, Location& b, HoleValues& f);
  void unary(const IrInstr& instr, const IrInfo& s);
  void load(const IrInstr& instr, const IrInfo& s);
  void store(const IrInstr& instr, const IrInfo& s);
  template <class IdOf>
  void result(const IrInstr& instr, const HoleValues& f, bool to_slot, RegClass c, bool narrow, IdOf id_of);
  void compare_branch(const IrInstr& instr, const IrInfo& s);
  void branch(const IrInstr& instr, StencilId id, HoleValues& f);
  uint32_t branch_taken(uint32_t at, uint32_t target);
  void jump(const IrInstr& instr);
  void table(const IrInstr& instr, bool acc);
  void select(const IrInstr& instr, unsigned form, RegClass c);
  void global(const IrInstr& instr, bool get, bool to_slot, bool acc, RegClass c);
  void returns(RegClass c, Location from, uint16_t slot);
  void call(const IrInstr& instr);
  void call_import(const IrInstr& instr);
  void call_indirect(const IrInstr& instr, bool acc);
  void call_ref(const IrInstr& instr);
  bool return_call(const IrInstr& instr, IrOp op);
  HoleValues call_values(const IrInstr& instr) const;
  void call_checked(const IrInstr& instr, StencilId check, HoleValues f);
  void function_entry(const IrInstr& instr);
  uint64_t locals_to_zero(unsigned first, unsigned n) const;
  void loop_head(const IrInstr& instr);
  void count(const IrInstr& instr);
  void fuel(const IrInstr& instr);
  void resume_here(uint32_t stub);
  void handler(const IrInstr& instr);
  void branching_handler(const IrInstr& instr);
  // A last operand that is a constant: its location and the values for the stencil's holes.
  Location constant(uint64_t bits, bool is_64, bool is_shift, HoleValues& f);
  bool imm_fits(StencilId id, const HoleValues& f) const;
  bool set_divisor(Op op, uint64_t d, HoleValues& f) const;

  // --- vectors (vectors.cc)
  void vector(const IrInstr& instr, const IrInfo& s);
  void vector_binary(const IrInstr& instr, const IrInfo& s);
  void vector_ternary(const IrInstr& instr, const IrInfo& s);
  void vector_select(const IrInstr& instr);
  void vector_global(const IrInstr& instr, StencilId id, const HoleValues& f, bool get);
  void copy_vector(const IrInstr& instr);
  void set_vector(const IrInstr& instr);
  bool holds_refs(uint16_t slot) const;
  VectorLocation vector_at(uint16_t slot, bool last);
  unsigned read_vector(const SlotAccess& a, unsigned busy);
  unsigned vector_target(const SlotAccess* a, uint16_t dst, unsigned busy);
  void wrote_vector(const IrInstr& instr, unsigned reg);
  void move_vector(uint16_t slot, VectorLocation from, unsigned reg);
  static void set_pool(HoleValues& f, const Code* constant);
  unsigned free_register(unsigned busy);
  unsigned target_register(unsigned busy, VectorLocation from);
  unsigned next_use(uint16_t slot) const;
  void release_vectors(const IrInstr& instr);
  void overwrite_vectors(unsigned slot, unsigned n);
  void overwrite_vectors(const IrInstr& instr);
  void store_vectors(uint64_t wanted);
  bool known_count(const IrInstr& instr, uint32_t& count) const;
  bool is_only_count(const IrInstr& instr) const;

  // --- emission
  bool exists(StencilId id) const { return table_.stencils[id].exists; }
  void emit(StencilId id, const HoleValues& f);
  void emit(StencilId id) { emit(id, HoleValues{}); }
  unsigned emit_bases(const Stencil& s, const uint32_t* numbers);
  void lengthen_branches(const Hole* first, const Hole* end, uint32_t start);
  // All code that jumps to this position has facts in registers that imply `pins_narrow_`. `own`: see verify::Label.
  void describe_label(verify::RegisterSet own, bool checked = true, bool native = true);
  verify::RegisterSet valid_registers() const;
  // The same where code out of line returns, which leaves results in accumulators or does not change them.
  void describe_return();
  void read_acc(unsigned acc);
  uint32_t add_stub(Stub s);
  void emit_stubs();
  // Calls a handler with a copy of its instruction; execution continues after it, or at `next`. Returns the offset of
  // the copy in the data; `more` units follow the unit with the address where execution continues.
  uint32_t emit_call_out(OpCode code, const Code* operands, unsigned units, uint32_t at, uint32_t next,
                         unsigned more = 0);
  uint32_t pool(const uint64_t* value, bool wide);
  uint32_t data(size_t size, size_t align);
  void finish();
  uint32_t here() const { return size_; }
  void reserve(size_t more);
  bool inside(uint32_t index) const;

  const wasm::Module& module_;
  runtime::FuncCode* funcs_;
  tiering::Interpreter host_;
  HandlerIndex codes_;
  const StencilTable& table_;
  Allocator allocator_;

  const ir::FunctionCode* code_ = nullptr;
  DecodedFunction decoded_;
  std::vector<Region> regions_;
  std::vector<Label> labels_;  // the first means “none”
  std::vector<uint32_t> label_of_;  // by instruction: its label, or 0
  std::vector<uint32_t> entered_;  // instructions that are entered from other code: loops and catches, ascending
  std::vector<uint8_t> out_;
  std::vector<uint8_t> data_;  // placed after the code
  std::vector<Fixup> fixups_;
  std::vector<Fixup> data_fixups_;  // in the data: distances of jump tables
  std::vector<Stub> stubs_;
  std::vector<Entry> entries_;
  std::vector<Position> positions_;
  std::vector<std::pair<uint32_t, uint32_t>> units_;  // data offset of a unit for the address of a code offset
  std::vector<std::pair<uint32_t, uint32_t>> unit_targets_;  // the same, for a target
  struct PoolEntry {
    uint64_t value[2];
    uint32_t offset;
    bool wide;
  };
  std::vector<PoolEntry> pool_index_;
  uint32_t size_ = 0;  // bytes of out_ in use
  uint32_t code_size_ = 0;
  uint32_t entry_stub_ = kNone;
  uint32_t data_start_ = 0;
  bool failed_ = false;
  bool too_far_ = false;  // a branch does not reach, so the function must be compiled with long branches
  bool long_branches_ = false;
  bool want_positions_ = false;
  const bool describe_;
  const bool counts_;
  uint32_t at_ = 0;  // the instruction that is being compiled
  std::vector<verify::Piece> pieces_;
  std::vector<verify::Label> verify_labels_;
  // By accumulator: the label since which it has been neither read nor written; by label, the one before the branch to
  // it.
  std::array<uint32_t, 3> acc_label_{};
  std::vector<std::array<uint32_t, 3>> acc_before_;
  std::vector<uint64_t> spills_;

  int region_ = -1;
  size_t next_region_ = 0;
  std::vector<int8_t> pin_of_slot_;
  uint16_t pins_valid_ = 0, pins_dirty_ = 0, pins_used_ = 0, pins_written_ = 0;  // by pin
  std::array<uint8_t, 3> alias_{};  // of r0, s0, d0: 0, or the pin + 1
  // The integers in registers whose upper half is zero: pins, and r0. At every label all pins with Region::Pin::narrow
  // are among them.
  uint16_t pins_narrow_ = 0;
  bool acc_narrow_ = false;
  uint16_t pins_always_narrow_ = 0;  // of this region
  // Vectors in registers that are not pins, then those that are constants.
  static constexpr unsigned kHeldVectors = kPinned + 8;
  struct HeldVector {
    uint16_t slot;
    bool stored;  // the slot has the value as well
    const Code* constant;  // in the register code
  };
  std::array<HeldVector, kHeldVectors> held_vectors_{};
  uint16_t held_mask_ = 0;
  LastUses uses_;
  size_t current_ = 0;  // index of the current instruction
  bool reachable_ = true;
};

}  // namespace ermine::baseline

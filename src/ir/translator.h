// Translator: one validated function body to register code, in one pass.
//
// The operand stack of WebAssembly is kept symbolically. An entry is a *temporary* (its value is in the slot of its
// stack position, its home), an alias of a *local*, a *constant*, or *pending* in an accumulator. A pending value costs
// nothing if the next operation takes it from the accumulator. If it must survive longer, the operation that made it is
// patched to write its home as well ("spilled"), which needs no further instruction. `local.set` patches the same
// field, so most local accesses vanish. The translator also knows which slot an accumulator mirrors, so that a value
// just written to a slot is read from the register.
//
// Invariants: locals are always in their slots; at a block's entry and at every label all entries are in their homes;
// accumulators are unknown after a label, a call and a runtime call. The memory that loads and stores access
// (IrOp::use_memory) is memory 0 at every label, and everywhere but in a run of simple operations.
//
// Frame: parameters, header (runtime/context.h), locals, homes of the operand stack.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "binary/instr_reader.h"
#include "ermine/result.h"
#include "ir/buffer.h"
#include "ir/encoding.h"
#include "ir/function_code.h"
#include "ir/object_ops.h"
#include "ir/op_traits.h"
#include "runtime/offsets.h"
#include "wasm/module.h"

namespace ermine::ir {

struct TranslateOptions {
  bool guarded = true;  // CodeOptions::guarded
  bool consume_fuel = false;  // count fuel
  bool pairs = true;  // superinstructions
  // Count calls and rounds of loops, and request machine code after these numbers.
  bool count = false;
  uint32_t tier_up_calls = 0, tier_up_rounds = 0;
  bool record_callees = false;  // of indirect calls (kCalleeCell)
  bool record_offsets = false;  // keep the map from code to module offsets (for backtraces)
};

class Translator {
 public:
  Translator(const wasm::Module& module, const HandlerTable& handlers, runtime::FuncCode* funcs)
      : module_(module), handlers_(handlers), funcs_(funcs) {}

  // Translates defined function `func_index`. The Translator can be reused: it keeps its buffers.
  Result<FunctionCode> translate(uint32_t func_index, const TranslateOptions& options);

 private:
  using Instr = binary::Instr;
  static constexpr uint32_t kNone = ~uint32_t{0};

  enum class Where : uint8_t { kTemp, kLocal, kConst, kPending };
  struct Entry {
    Where where = Where::kTemp;
    uint8_t dst_byte = 0;  // kPending: position of its dst field
    OpCode code = 0;  // kPending: its operation; the next one also writes the slot
    uint16_t home = 0;  // slot of this stack position
    uint16_t local = 0;  // kLocal: slot of the local
    wasm::ValType type;
    union {
      uint32_t producer = 0;  // kPending: index of the instruction whose result it is
      uint32_t next_alias;  // kLocal: next older entry that aliases the same local
    };
    union {
      uint64_t bits = 0;  // kConst; kLocal: index of the local
      const uint8_t* v128;  // kConst of v128
    };
  };
  struct Local {
    wasm::ValType type;
    uint32_t alias;  // newest stack entry that aliases it
    uint16_t slot;
  };

  enum class ControlKind : uint8_t { kFunction, kBlock, kLoop, kIf, kElse, kTryTable, kTry, kCatch };
  struct Control {
    ControlKind kind;
    uint32_t height = 0;  // operand stack below the parameters
    uint32_t base = 0;  // slot of parameters and results
    std::span<const wasm::ValType> params, results;
    uint32_t loop_target = 0;  // kLoop: code index
    uint32_t first_patch = kNone;  // chain of branches to the end
    uint32_t else_patch = kNone;  // kIf: the branch to the else part, and its target's field
    uint32_t else_field = 0;
    uint32_t region = kNone;  // try: index of its region
    wasm::ValType single;  // the result of a block type that is a value type
    uint32_t exn_slot = 0;  // kCatch: slot of the caught exception
  };
  // A place that needs a label's code index.
  struct Patch {
    enum Kind : uint8_t { kBranch, kTable, kCatch } kind;
    uint32_t at;  // code index of the instruction; kCatch: index in catches_
    uint32_t field;  // kTable: byte position of the i32 behind the handler
    uint32_t next;
  };

  // An operand of an instruction being emitted.
  struct Operand {
    enum Form : uint8_t { kSlot, kAcc, kImm } form;
    uint16_t slot = 0;
    uint64_t bits = 0;
  };

  // --- dispatch (translator.cc)
  Result<void> instruction(const Instr& in);
  bool skip_unreachable(const Instr& in);

  // --- operand stack and emission (operands.cc)
  uint32_t emit(OpCode code, unsigned units);
  // An instruction in the code: index, operation, and the byte where its (last part's) operands begin.
  struct Emitted {
    uint32_t at;
    OpCode code;
    uint8_t byte;
  };
  // Fuses the last two instructions if they are a pair. Call it when the last one's operands are set.
  Emitted join_pair(uint32_t at, OpCode code);
  Emitted make_pair(uint32_t at, OpCode code, OpCode pair);
  template <class T>
  void put(uint32_t at, unsigned byte, T v) {
    set_field<T>(&code_[at], byte, v);
  }
  Entry& push_entry(const Entry& e);
  uint16_t next_home(wasm::ValType t);
  void note_reference(wasm::ValType t, uint32_t slot);
  void push_temp(wasm::ValType t);
  void push_const(wasm::ValType t, uint64_t bits);
  void push_local(uint32_t local);
  // The result of instruction `at` (with field dst @0; the next operation is its to-slot form): pushes it as pending.
  void push_result(uint32_t at, OpCode code, wasm::ValType t);
  void push_result(Emitted e, wasm::ValType t);
  Entry pop();
  Entry& top() { return stack_.back(); }
  Operand use(const Entry& e, bool allow_acc = true);
  uint16_t use_slot(const Entry& e);  // value in some slot; pending values are spilled, constants stored
  void spill(const Entry& e, uint16_t slot);
  void spill_popped(const Entry& e);
  void store_const_home(const Entry& e);
  void to_home(Entry& e);
  void flush_all();
  void flush_top(uint32_t n);
  void prepare_acc(Acc acc);  // about to be overwritten: save its pending value
  void forget_accs();  // unknown from here on (pending values must have been saved)
  void save_pending();  // all pending values to their homes
  void wrote_slot(uint32_t slot, uint32_t n = 1);
  void store_const(uint16_t slot, wasm::ValType t, uint64_t bits, const uint8_t* v128);
  void copy_slot(uint16_t dst, uint16_t src, wasm::ValType t);
  void move_to(const Entry& e, uint16_t dst);
  void preserve_aliases(uint32_t local);
  bool redirect_vector(const Entry& e, uint16_t slot);
  void drop_alias(const Entry& e);
  void bind_here();  // a label: accumulators are unknown, and no instruction before it may be patched
  bool is_last(uint32_t at) const { return at == last_; }
  void need_slots(uint32_t n) { max_slots_ = n > max_slots_ ? n : max_slots_; }
  // Whether an access needs no check.
  bool is_direct(const binary::MemArg& to) const {
    return options_.guarded && to.offset <= UINT32_MAX && runtime::offsets::can_be_guarded(module_.memories[to.memory]);
  }
  void use_memory(uint32_t index);

  // --- numeric, variable and memory instructions (translate_basic.cc)
  void binary(Op op);
  void unary(Op op);
  void fuse_eqz();
  void load(const Instr& in);
  void store(const Instr& in);
  void vector(const Instr& in);
  void atomic(const Instr& in);
  void wide(const Instr& in);
  void select(wasm::ValType type);
  void local_set(uint32_t local, bool tee);
  void global_get(uint32_t index);
  void global_set(uint32_t index);
  // A runtime call: operands (slots) in a range from the first one's home, results in the same place.
  void builtin(Op op, unsigned operands, std::span<const wasm::ValType> results, uint32_t a, uint64_t b);
  Result<void> object(const Instr& in);  // tables, references, GC, bulk memory (translate_object.cc)

  // --- garbage-collected objects (translate_gc.cc)
  struct TypeTest {
    uint32_t what = 0;  // a TypeId, or a wasm::ShapeSet
    uint16_t depth = 0, flags = 0;
  };
  bool gc(const Instr& in);  // false: it is a builtin
  bool is_gc_ref(wasm::ValType type) const;
  Width width_of(wasm::ValType storage) const;
  void object_unary(OpCode first, unsigned units, wasm::ValType out, uint32_t imm);
  uint32_t object_store(OpCode first, bool imm, uint32_t* second_word);
  void struct_get(const wasm::TypeDef& def, uint32_t field, bool sign);
  void struct_set(const wasm::TypeDef& def, uint32_t field);
  void array_get(const wasm::TypeDef& def, bool sign);
  void array_set(const wasm::TypeDef& def);
  template <class Offset, class Storage>
  void new_object(uint64_t header, uint32_t size, uint32_t n, wasm::ValType type, Offset&& offset, Storage&& storage);
  OpCode type_test(wasm::ValType target, IrOp type_first, IrOp shape_first, TypeTest* test) const;
  void put_test(uint32_t at, const TypeTest& test);
  uint32_t check_top(OpCode first);
  bool branch_on_object_cast(const Instr& in);
  // Without these operations there is no such function (and a compiler that does not optimise keeps calls of it).
  bool fuse_test(uint32_t test_at, OpCode test_code, bool on_false, Emitted* branch) {
    if constexpr (kObjectOps) return fuse_type_test(test_at, test_code, on_false, branch);
    else return false;
  }
  bool fuse_type_test(uint32_t test_at, OpCode test_code, bool on_false, Emitted* branch);

  // --- control (translate_control.cc)
  void block(const Instr& in, ControlKind kind);
  void begin_if(const Instr& in);
  void begin_else();
  void end_block();
  void open(Control c);
  void open_region(Control& c);
  uint32_t add_catch(uint32_t region, const FunctionCode::Catch& c);
  void branch(uint32_t depth);
  void branch_if(uint32_t depth);
  template <class EmitSkip>
  void jump_around(uint32_t values, EmitSkip&& emit_skip, uint32_t depth);
  void branch_table(const Instr& in);
  void branch_on_null(const Instr& in);
  void branch_on_cast(const Instr& in);
  void return_();
  void emit_return();
  void terminate();
  void truncate(uint32_t height);
  void emit_jump(Control& target);
  void patch_target(Control& target, uint32_t at, Patch::Kind kind, uint32_t field);
  void patch_branch(Control& target, Emitted branch) {
    patch_target(target, branch.at, Patch::kBranch, branch.byte + 4u);
  }
  void bind(Control& c);
  void move_branch_values(const Control& target);
  bool values_in_place(const Control& target) const;
  std::span<const wasm::ValType> label_types(const Control& c) const;
  std::span<const wasm::ValType> result_types(const Control& c) const;
  // Emits a branch taken when the condition `e` holds (or does not); returns its index for patching.
  void take_back();
  Emitted emit_condition(const Entry& e, bool on_false, bool back);
  void resolve_block_type(const Instr& in, Control& c);
  void try_table(const Instr& in);
  void legacy_try(const Instr& in);
  void legacy_catch(const Instr& in);
  void legacy_delegate(const Instr& in);
  void legacy_rethrow(const Instr& in);
  void close_region(Control& c);
  uint32_t fuel_of(const Instr& in) const;
  void count_fuel();
  void settle_fuel();
  static bool ends_segment(Op op);

  // --- calls (translate_call.cc)
  void call(uint32_t func_index, bool tail);
  void call_indirect(const Instr& in, bool tail);
  void call_ref(const Instr& in, bool tail);
  uint32_t place_arguments(const wasm::FuncType& type);
  void finish_call(uint32_t base, const wasm::FuncType& type);
  void emit_tail_call(IrOp op, const wasm::FuncType& type, uint16_t callee_slot, uint32_t type_id, uint64_t target);

  const wasm::Module& module_;
  const HandlerTable& handlers_;
  runtime::FuncCode* funcs_;

  TranslateOptions options_;
  uint32_t func_index_ = 0;
  const wasm::FuncType* type_ = nullptr;
  std::vector<Local> locals_;
  Buffer<Entry> stack_;
  std::vector<Control> controls_;
  std::vector<Patch> patches_;
  Buffer<Code> code_;
  std::vector<FunctionCode::Region> regions_;
  std::vector<FunctionCode::Catch> catches_;
  std::vector<FunctionCode::Offset> offsets_;
  uint32_t flushed_ = 0;  // entries below this one are in their homes
  uint32_t first_home_ = 0;  // slot of the bottom of the operand stack
  uint32_t next_home_ = 0;  // slot of its next entry
  std::vector<uint64_t> ref_slots_;  // FunctionCode's
  uint32_t max_slots_ = 0;
  uint32_t last_ = kNone;  // last instruction emitted, if nothing was bound since
  OpCode last_code_ = 0;
  uint32_t previous_ = kNone;  // the one before it, in the same way
  OpCode previous_code_ = 0;
  Op last_op_ = Op::nop;  // its WebAssembly instruction and operand form if it can be fused with a
  BinaryForm last_form_ = kSlotSlot;  // branch behind it; else nop
  std::array<uint32_t, kAccCount> pending_{};  // stack index of the entry pending in each accumulator
  std::array<uint32_t, kAccCount> mirror_{};  // slot with the same value
  bool unreachable_ = false;
  uint32_t dead_depth_ = 0;  // blocks opened in dead code
  uint32_t offset_ = 0;  // of the current instruction
  uint32_t closed_regions_ = 0;
  uint32_t memory_ = 0;  // that loads and stores access
  uint32_t segment_ = kNone;  // fuel: the instruction that pays for the current segment
  uint32_t segment_cost_ = 0;
};

// A conditional branch whose values must be moved, or that returns: `emit_skip` emits a branch with the inverted
// condition; the moves and the jump follow it.
template <class EmitSkip>
void Translator::jump_around(uint32_t values, EmitSkip&& emit_skip, uint32_t depth) {
  save_pending();
  flush_top(values);
  Emitted skip = emit_skip();
  auto mirrors = mirror_;
  branch(depth);
  put<int32_t>(skip.at, skip.byte + 4u, static_cast<int32_t>(code_.size() - skip.at));
  bind_here();
  mirror_ = mirrors;
}

}  // namespace ermine::ir

#include "ir/operands.h"  // IWYU pragma: keep

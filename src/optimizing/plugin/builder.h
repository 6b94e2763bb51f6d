// Builder: the code of one function in LLVM's intermediate representation.
//
// The register code's slots become variables, which LLVM promotes to registers: one variable for each slot and kind of
// value that it holds. At every instruction it is known which kind a slot holds (`kinds_`); the frame on the value
// stack has the values only where others read them: the arguments of calls, references where the collector may run,
// what handlers of exceptions read, operands of call-outs. Reading a slot as another kind than it holds converts the
// bits as storing and loading would, so a wrong guess of a kind costs time but is not an error.
//
// An operation that is rare or long is run by the interpreter's handler (call_out): it is called with a record that
// consists of the instruction's index, a copy of the instruction, and a return instruction.
//
// Accesses to linear memory are volatile, because an access that is out of bounds faults, and is a trap there: none may
// disappear, nor be exchanged with another one or with a store to a global. What the program cannot observe (frame,
// context) is not.
#pragma once

#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/IRBuilder.h>

#include <functional>
#include <string>
#include <vector>

#include "ir/decoded.h"
#include "ir/object_ops.h"
#include "optimizing/plugin.h"
#include "optimizing/plugin/body.h"
#include "optimizing/plugin/library.h"
#include "optimizing/plugin/object_functions.h"

namespace ermine::optimizing {

using ir::field;
using ir::IrInstr;
using ir::IrOp;
using llvm::BasicBlock;
using llvm::Value;
using wasm::Op;

// The native stack has room for a frame of this size, and all that its size implies, where a function is entered.
inline constexpr uint64_t kMostFrameBytes = 16 << 10;

// Of functions that get arguments in registers: it preserves registers.
inline constexpr auto kRegisterConvention = llvm::CallingConv::Swift;

// Of an instruction's operand or result, by the letter in its signature; of a type.
inline Kind kind_of(char letter) {
  switch (letter) {
    case 'i': return Kind::kI32;
    case 'f': return Kind::kF32;
    case 'd': return Kind::kF64;
    case 'v': return Kind::kV128;
    default: return Kind::kI64;
  }
}
inline Kind kind_of(wasm::ValType type) {
  switch (type.kind()) {
    case wasm::ValKind::kI32: return Kind::kI32;
    case wasm::ValKind::kF32: return Kind::kF32;
    case wasm::ValKind::kF64: return Kind::kF64;
    case wasm::ValKind::kV128: return Kind::kV128;
    default: return Kind::kI64;
  }
}

class Builder {
 public:
  Builder(const Request& request, const Callees& callees, const ir::HandlerIndex& handlers, Library& library);

  // False: the function cannot be compiled (problem()).
  bool build();
  const std::string& problem() const { return problem_; }
  // The loops around the entry, by index: see Request::entry.
  const std::vector<uint32_t>& exits() const { return exits_; }
  const std::vector<Object::Inlined>& inlined() const { return inlined_; }
  // Whether the code can fault.
  bool accesses_memory() const { return accesses_memory_; }
  // What is entered as handlers are, with arguments in the frame; and with arguments in registers, if that is possible.
  static constexpr const char *kFunctionName = "wasm", *kRegisterEntryName = "wasm_by_registers";
  static constexpr unsigned kStateMap = 1;  // identifies the stack map of the function's state
  static constexpr const char* kStateSection = ".ermine.state";  // or what has its place as text

 private:
  // --- structure (builder.cc)
  void make_function();
  void start_body();
  void instructions();
  void set_position(uint32_t index);
  uint32_t position() const { return body_->first_position + body_->at; }
  void keep_state();
  void drop_state();
  llvm::Function* new_function(llvm::FunctionType* type, const char* name, llvm::CallingConv::ID convention);
  void find_locals();
  void find_labels();
  Label* label_at(uint32_t index);
  void begin(uint32_t index);
  bool is_live(const Label& label, unsigned slot) const;
  void enter_in_the_middle();
  void instruction(const IrInstr& instr);
  void fail(std::string problem);
  BasicBlock* new_block(const char* name);
  void unlikely_branch(Value* condition, BasicBlock* rare, BasicBlock* usual);

  // --- slots (slots.cc)
  llvm::Type* type_of(Kind kind);
  unsigned acc(Kind kind) const;
  llvm::AllocaInst* variable(unsigned slot, Kind kind);
  Value* read(unsigned slot, Kind kind);
  void write(unsigned slot, Kind kind, Value* value);
  Value* convert(Value* value, Kind from, Kind to);
  Value* bits_of(Value* value, Kind kind);
  Value* opaque_float(Value* value);
  void leave_vector(unsigned slot);
  void copy(unsigned dst, unsigned src);
  void copy_range(unsigned dst, unsigned src, unsigned count);
  Value* frame_address(unsigned slot);
  void store_to_frame(unsigned slot);
  void store_range(unsigned first, unsigned count);
  void load_from_frame(unsigned slot, Kind kind);
  void go_to(Label& label);

  // --- numbers and vectors (numeric.cc)
  void formed(const IrInstr& instr, const ir::IrInfo& info);
  void vector(const IrInstr& instr, Op op);
  void wide(const IrInstr& instr, Op op);
  void select(const IrInstr& instr, unsigned form, Kind kind);
  Value* immediate(const IrInstr& instr, Kind kind, unsigned at);
  Value* call_semantics(Op op, llvm::ArrayRef<Value*> args);
  void result(Kind kind, Value* value, bool to_slot, unsigned slot);

  // --- memories and globals (memory.cc)
  void checked(const IrInstr& instr, Op op);
  void vector_memory(const IrInstr& instr, Op op);
  void atomic(const IrInstr& instr, Op op);
  void global_get(const IrInstr& instr, bool to_slot);
  void global_set(const IrInstr& instr, bool from_acc);
  Value* memory_base(uint32_t memory);
  bool has_guard(uint32_t memory) const;
  Value* address(Value* base, Value* index, uint64_t offset);
  Value* address_of_global(uint32_t index);

  // --- objects (objects.cc)
  void object(const IrInstr& instr, ir::ObjectOp op);
  Value* call_object(ObjectFunction function, llvm::ArrayRef<Value*> args);
  Value* integer_operand(const IrInstr& instr, bool from_acc, unsigned at, Kind kind);
  Value* stored_value(const IrInstr& instr, unsigned form, unsigned at, Kind kind);
  void store_in_object(ir::Width width, Value* object, Value* offset, Value* value);
  Value* allocate(const IrInstr& instr, Value* header, Value* bytes);
  Value* test_type(const IrInstr& instr, bool is_shape, Value* ref);
  void check_table_index(uint32_t table, Value* index);

  // --- control (control.cc)
  void enter(const IrInstr& instr);
  void zero_locals();
  void check_stacks(const IrInstr& instr, uint32_t slots);
  void run_enter(const IrInstr& instr, uint32_t slots);
  llvm::Function* slow_entry(const IrInstr& instr, uint32_t slots);
  Value* native_stack_pointer();
  Value* native_stack_is_short();
  void enter_sp(const IrInstr& instr);
  void poll();
  void fuel(const IrInstr& instr);
  void compare_branch(const IrInstr& instr, const ir::IrInfo& info);
  void branch(const IrInstr& instr, Value* condition);
  void branch_table(const IrInstr& instr, Value* index);
  void jump(uint32_t target);
  void leave_to(uint32_t loop);
  void returns(Kind kind, Value* value);
  void return_range(const IrInstr& instr);
  void emit_return(Value* result);
  void trap(Value* code);
  void trap_if(Value* condition, TrapCode code);

  // --- call-outs, and calls of code as handlers call it (call_outs.cc)
  llvm::FunctionType* code_type();
  llvm::CallInst* call_code(Value* target, Value* pc, Value* fp, Value* ctx, Value* mem, Value* r0, Value* last,
                            Value* f32 = nullptr, Value* f64 = nullptr);
  llvm::SmallVector<Value*, 16> code_args(Value* pc, Value* fp, Value* ctx, Value* mem, Value* r0, Value* last,
                                          Value* f32, Value* f64);
  void continue_at(Value* target, Value* pc, Value* last);
  llvm::Function* handler_thunk();
  llvm::Constant* record(llvm::ArrayRef<uint64_t> units);
  llvm::SmallVector<uint64_t, 8> units_of(const IrInstr& instr);
  llvm::Constant* position_of(const IrInstr& instr);
  Value* call_record(llvm::ArrayRef<uint64_t> units, bool has_accumulators = true);
  Value* call_out(const IrInstr& instr);
  void call_slowly(const IrInstr& instr, Value* condition);
  void builtin(const IrInstr& instr);
  void save_for_others();
  void reload_memory();

  // --- calls (calls.cc)
  void call(const IrInstr& instr);
  void call_import(const IrInstr& instr);
  void call_indirect(const IrInstr& instr, bool from_acc);
  void call_ref(const IrInstr& instr);
  // How to call a function that is found when the call runs.
  struct CodeOfCallee {
    Value* ctx;
    std::function<Value*()> register_entry, call_by_frame;
  };
  CodeOfCallee own_code(const IrInstr& instr, Value* ref);
  struct Import {
    Value *ctx, *code;  // of its FuncRef; no context: it is the host's
  };
  Import load_import(uint32_t import, const Inlining* plan);
  CodeOfCallee others_code(const IrInstr& instr, const Import& is);
  void call_or_run_handler(const IrInstr& instr, const CodeOfCallee& callee, BasicBlock* direct, BasicBlock* other,
                           const wasm::FuncType& type);
  void return_call(const IrInstr& instr);
  void return_call_by_handler(const IrInstr& instr, IrOp op);
  Value* atomic_load(Value* at);
  Value* load_entry(const uint8_t* table, uint32_t index);
  Value* call_table_entry(const IrInstr& instr, Value* code, Value* rax);
  void prepare_call(const IrInstr& instr);
  void prepare_header(const IrInstr& instr);
  void finish_call(unsigned base, std::span<const wasm::ValType> results, Value* first);
  const wasm::FuncType* type_by_id(wasm::TypeId id) const;

  // --- inlined calls (inlined_calls.cc)
  bool inline_call(const IrInstr& instr, Value* ctx = nullptr);
  BasicBlock* inline_expected(const IrInstr& instr, Value* ref);
  BasicBlock* inline_import(const IrInstr& instr, const Import& is);
  BasicBlock* inline_unless(const IrInstr& instr, Value* differs, Value* ctx);
  void join(BasicBlock* joined);
  void enter_instance();
  void enter_inlined(const IrInstr& instr);
  void return_inlined(llvm::ArrayRef<Value*> results);
  void store_headers(bool stays = false);

  // --- calls with arguments in registers (register_calls.cc)
  llvm::FunctionType* register_type(const wasm::FuncType& type);
  bool has_register_entry();
  void make_slot_entry();
  Value* argument(unsigned slot);
  Value* call_by_registers(const IrInstr& instr, Value* target, const wasm::FuncType& type, Value* ctx);
  void finish_register_call(unsigned base, const wasm::FuncType& type, Value* value);

  llvm::ConstantInt* i32(uint32_t v) { return b_.getInt32(v); }
  llvm::ConstantInt* i64(uint64_t v) { return b_.getInt64(v); }
  Value* pointer(uint64_t address) { return b_.CreateIntToPtr(i64(address), b_.getPtrTy()); }
  Value* pointer(const void* address) { return pointer(reinterpret_cast<uint64_t>(address)); }
  Value* offset(Value* base, int64_t bytes);
  // A field of a record of the runtime. `stays`: nothing changes it while the function runs.
  Value* load_field(llvm::Type* type, Value* record, int64_t at, bool stays);
  Value* load_pointer(Value* record, int64_t at, uint64_t size, bool may_be_null = false);
  uint64_t context_size() const;
  llvm::Instruction* in_scope(llvm::Instruction* access, llvm::MDNode* scope, llvm::MDNode* others);

  const Request& request_;
  const tiering::Surroundings* in_;  // of the body that code is being made of, as are ctx_ and memory0_
  const Callees& callees_;
  const ir::HandlerIndex& handlers_;
  Library& library_;
  llvm::LLVMContext& context_;
  llvm::IRBuilder<> b_;
  llvm::DIBuilder debug_;
  llvm::DISubprogram* subprogram_ = nullptr;
  llvm::Function* function_ = nullptr;
  std::unique_ptr<Inlining> plan_;
  std::vector<Object::Inlined> inlined_;
  Kinds kinds_to_join_;  // between inline_expected() and join()
  Body* body_ = nullptr;  // the one that code is being made of
  std::string problem_;
  std::vector<uint32_t> exits_;

  Value *ctx_ = nullptr, *exec_ = nullptr;
  llvm::AllocaInst* memory0_ = nullptr;  // base of memory 0
  BasicBlock* entry_ = nullptr;  // variables are made here
  bool by_registers_ = false;  // the function is register_type(), and make_slot_entry() makes the other entry
  bool accesses_memory_ = false;
  llvm::Function* thunk_ = nullptr;  // handler_thunk()
  llvm::SmallVector<llvm::Instruction*, 5> state_;  // keep_state()
  llvm::MDNode *frame_scope_ = nullptr, *context_scope_ = nullptr;
  llvm::MDNode *not_frame_ = nullptr, *not_context_ = nullptr;
};

}  // namespace ermine::optimizing

// FunctionValidator: the typing of instruction sequences, after the algorithm of the specification's
// appendix (3.0, section 7.3, "Validation Algorithm"), driven by InstrReader and the signature table.
//
// One object validates many functions in turn and keeps its stacks; nothing is allocated per function.
// Invariants between instructions: values_[0, sp_) are the operand types; base_ is the first operand of the innermost
// block; high_ is the highest sp_ since the function's start. After an unconditional branch the block is unreachable,
// and operands below base_ are bottom. The first error is kept in error_; afterwards every step returns false.
#pragma once

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "binary/instr_reader.h"
#include "binary/signatures.h"
#include "wasm/limits.h"
#include "wasm/module.h"
#include "wasm/type_registry.h"

namespace ermine::binary {

// Tables that validation uses all the time, made once per module and shared by the threads.
struct ModuleContext {
  explicit ModuleContext(const wasm::Module& module);
  const wasm::Module& module;
  const wasm::TypeRegistry& registry;
  std::vector<const wasm::TypeDef*> types;       // by type index
  std::vector<const wasm::FuncType*> functions;  // by function index
  std::vector<uint8_t> defaultable;              // by type index: all fields have a default value
};

class FunctionValidator {
 public:
  explicit FunctionValidator(const ModuleContext& context);

  Result<void> function(uint32_t func_index);
  // A constant expression of type `type` that sees the first `globals` globals.
  Result<void> constant(const wasm::ConstExpr& expr, wasm::ValType type, uint32_t globals);

 private:
  using ValType = wasm::ValType;
  using HeapType = wasm::HeapType;
  using Types = std::span<const ValType>;

  struct Control {
    Op op;  // the instruction that opened it: block (and the body itself), loop, if, else, try, catch, catch_all,
            // try_table
    bool unreachable;
    uint32_t height;  // of the operand stack, its parameters not counted
    uint32_t init_height;  // of init_log_
    uint32_t offset;  // of the instruction that opened it
    uint32_t table_mark;  // offset of the br_table that last looked at its label
    ValType value;  // its one result if func is null; bottom if none
    const wasm::FuncType* func;
  };

  Types params(const Control& c) const { return c.func ? Types(c.func->params) : Types(); }
  Types results(const Control& c) const {
    if (c.func) return c.func->results;
    return c.value.is_bot() ? Types() : Types(&c.value, 1);
  }
  Types label_types(const Control& c) const { return c.op == Op::loop ? params(c) : results(c); }
  // The label, or null when there is none at that depth.
  Control* label(uint32_t depth) {
    if (depth < controls_.size()) [[likely]]
      return &controls_[controls_.size() - 1 - depth];
    fail(ErrorKind::kInvalid, "unknown label " + std::to_string(depth));
    return nullptr;
  }

  // Operands. All return false after an error.
  bool push(ValType type) {
    if (sp_ == high_) [[unlikely]] {
      if (!raise_high()) return false;
    }
    has_vectors_ |= type == wasm::kV128;
    *sp_++ = type;
    return true;
  }
  bool push_all(Types types) {
    if (types.size() > kFewTypes) [[unlikely]]
      return push_many(types);
    for (ValType type : types)
      if (!push(type)) return false;
    return true;
  }
  bool pop(ValType expected) {
    if (sp_ > base_ && sp_[-1] == expected) [[likely]] {
      --sp_;
      return true;
    }
    return pop_all({&expected, 1});
  }
  bool pop_all(Types expected) {
    if (static_cast<size_t>(sp_ - base_) >= expected.size()) [[likely]] {
      ValType* at = sp_ - expected.size();
      if (expected.size() > kFewTypes && same_types(at, expected)) {
        sp_ = at;
        return true;
      }
      for (size_t i = 0; i < expected.size(); ++i)
        if (at[i] != expected[i] && !is_subtype(at[i], expected[i])) [[unlikely]]
          return mismatch(expected);
      sp_ = at;
      return true;
    }
    return pop_all_short(expected);
  }
  bool pop_all(std::initializer_list<ValType> expected) { return pop_all(Types(expected.begin(), expected.size())); }
  bool pop_any(ValType& out) {
    if (sp_ > base_) [[likely]] {
      out = *--sp_;
      return true;
    }
    out = {};
    return controls_.back().unreachable || missing_operand("a value");
  }
  bool pop_ref(ValType& out);  // a reference; one to the bottom heap type if unknown
  bool pop_all_short(Types expected);
  // Long lists are handled as a block, so that a call of two bytes with a thousand values is not slow.
  static constexpr size_t kFewTypes = 8;
  static bool same_types(const ValType* have, Types expected) {
    return std::memcmp(have, expected.data(), expected.size() * sizeof(ValType)) == 0;
  }
  bool push_many(Types types);
  // `count` operands, where operand i has the type type_at(i). In unreachable code, only existing operands are checked.
  template <class F>
  bool pop_each(size_t count, F&& type_at) {
    const auto have = static_cast<size_t>(sp_ - base_);
    const size_t present = std::min(count, have);
    if (present < count && !controls_.back().unreachable) return missing_operand(std::to_string(count) + " values");
    for (size_t i = 0; i < present; ++i) {
      const ValType expected = type_at(count - 1 - i);
      if (!is_subtype(sp_[-1 - static_cast<ptrdiff_t>(i)], expected)) {
        sp_ -= i;
        return mismatch({&expected, 1});
      }
    }
    sp_ -= present;
    return true;
  }
  bool raise_high();
  bool reserve(size_t height);  // of values_
  // The operand `depth` below the top; bottom if unreachable code does not have that many.
  ValType peek(size_t depth) const {
    return depth < static_cast<size_t>(sp_ - base_) ? sp_[-1 - static_cast<ptrdiff_t>(depth)] : ValType();
  }

  bool is_subtype(ValType sub, ValType super) const {
    return sub == super || sub.is_bot() || (sub.is_ref() && context_.registry.is_subtype(sub, super));
  }
  bool are_subtypes(Types sub, Types super) const;

  // Blocks.
  bool open(Op op, const BlockType& type);
  bool open_control(Op op, ValType value, const wasm::FuncType* func);
  bool close_body();  // the operands are exactly the results
  void leave();  // pops the control
  void reopen(Op op);  // the next arm of the same block: else, catch, catch_all
  void set_unreachable() {
    sp_ = base_;
    controls_.back().unreachable = true;
  }
  void forget_inits(uint32_t height);

  // Instructions.
  void begin(const Control& body);
  bool run(InstrReader& in);
  bool by_table(const Instr& in);
  bool general(const Signature& sig, const Instr& in);
  bool own_rule(const Instr& in);
  bool reference_rule(const Instr& in);
  bool object_rule(const Instr& in);  // structs, arrays
  bool bulk_rule(const Instr& in);  // memories and tables as a whole
  bool end();
  bool else_();
  bool catch_(const Instr& in);
  bool delegate(const Instr& in);
  bool br_table(const Instr& in);
  bool br_on_cast(const Instr& in);
  bool select(const Instr& in);
  bool try_table(const Instr& in);
  bool call(const wasm::FuncType& type);
  bool return_call(const wasm::FuncType& type);
  bool local_set(uint32_t index);
  bool mem_arg(const Instr& in, ValType& address) {
    if (in.mem.memory < context_.module.memories.size()) [[likely]] {
      const bool is64 = context_.module.memories[in.mem.memory].is64;
      address = is64 ? wasm::kI64 : wasm::kI32;
      const unsigned natural = wasm::op_info(in.op).width;
      const bool atomic = wasm::op_info(in.op).feature == wasm::Feature::Threads;
      if (in.mem.align <= natural && (is64 || in.mem.offset <= UINT32_MAX) && (!atomic || in.mem.align == natural))
          [[likely]]
        return true;
    }
    return bad_mem_arg(in);
  }
  bool bad_mem_arg(const Instr& in);
  bool check_constant(const wasm::ConstExpr& expr);

  // Index spaces: null, and failed, when there is nothing at the index.
  const wasm::TypeDef* type(uint32_t index);
  const wasm::FuncType* func_type(uint32_t type_index);
  const wasm::TypeDef* struct_type(uint32_t index);
  const wasm::TypeDef* array_type(uint32_t index);
  const wasm::FuncType* tag(uint32_t index);
  const wasm::TableType* table(uint32_t index);
  const wasm::FuncType* callee(uint32_t func_index) {
    if (func_index < context_.functions.size()) [[likely]]
      return context_.functions[func_index];
    unknown("function", func_index);
    return nullptr;
  }
  bool memory(uint32_t index, ValType& address);
  bool data(uint32_t index);
  const wasm::ElemSegment* elem(uint32_t index);
  ValType ref_to(uint32_t type_index, bool nullable) const {
    return ValType::ref(HeapType::concrete(context_.module.types[type_index]), nullable);
  }

  // Errors: all return false.
  [[gnu::cold]] bool fail(ErrorKind kind, std::string message);
  [[gnu::cold]] bool invalid(std::string message) { return fail(ErrorKind::kInvalid, std::move(message)); }
  [[gnu::cold]] bool mismatch(Types expected);
  [[gnu::cold]] bool missing_operand(std::string_view what);
  [[gnu::cold]] bool unknown(std::string_view what, uint32_t index);
  std::string name(ValType t) const;
  std::string names(Types types) const;
  // The first `count` operands from the top, of the innermost block.
  std::string top_names(size_t count) const;

  const ModuleContext& context_;
  std::unique_ptr<ValType[]> values_;  // grows up to kMaxFrameSlots
  size_t capacity_;
  ValType* sp_ = nullptr;
  ValType* base_ = nullptr;
  ValType* high_ = nullptr;
  std::vector<Control> controls_;
  std::vector<ValType> locals_;
  std::vector<uint8_t> unset_;  // by local: has no value yet; only if has_unset_
  std::vector<uint32_t> init_log_;  // locals in the order in which they were set, so that a block can undo it
  bool has_unset_ = false;
  bool has_vectors_ = false;
  bool constant_ = false;
  uint32_t globals_ = 0;  // how many may be referenced
  Instr instr_;
  Error error_;
};

}  // namespace ermine::binary

// Body: an unfinished function. Expressions leave exactly one value of the requested type, statements leave none; both
// contain each other, with decreasing size, until depth or the module's allowance of instructions is used up. Labels,
// locals and types are tracked, so that the code is valid by construction. Internal to the generator.
#pragma once

#include "generator/plan.h"

namespace ermine::fuzz {

class Body {
 public:
  Body(Plan& plan, uint32_t func);
  ByteBuffer finish();

 private:
  struct Label {
    std::vector<Type> types;  // of a branch to it
  };

  // statements.cc
  void statements(unsigned depth, uint32_t most);
  void statement(unsigned depth);
  void store_number(unsigned depth);
  void bulk_memory(unsigned depth);
  void table_statement(unsigned depth);
  void object_statement(unsigned depth);
  void leave_early(unsigned depth);
  void junk();  // unreachable code: instructions that find operands of any type
  void log(unsigned depth);

  // expressions.cc
  void expression(Type t, unsigned depth);
  void leaf(Type t);
  void operation(Type t, unsigned depth);
  void simple(Op op, unsigned depth);
  void operand(Type t, unsigned depth, bool among_others);
  uint64_t offset(const MemoryPlan& m, unsigned width);
  bool misc(Type t, unsigned depth);
  bool field(Type t, unsigned depth);
  void call(Type t, unsigned depth);
  void values(std::vector<Type> types, unsigned depth);
  void keep_one(const std::vector<Type>& results, size_t kept);  // of what is on the stack
  void put_away(Type t);  // stores the value on the stack somewhere
  void callee(uint32_t number, unsigned depth,
              bool tail);  // arguments are on the stack; calls it in one of several ways
  void tail_call(unsigned arguments_depth, unsigned depth);  // of a callee with the same results, if there is one

  // edges.cc
  void integer_constant(Type t, uint64_t v);  // the lower half of `v`, if that is the type
  void edge(Type t);
  void edge_operation(Type t, unsigned depth);  // with a constant as one operand
  void wild(Type t, unsigned depth);  // an integer of any size
  void detour(Type t);  // takes the value on the stack, which is small, through operations that reverse each other

  // control.cc
  void block(Type t, unsigned depth);
  void loop(Type t, unsigned depth);
  void choice(Type t, unsigned depth);
  void branch_out(Type t, unsigned depth);  // a block with a branch out of it
  void wide_block(Type t, unsigned depth);  // one with parameters and several results
  void exception(Type t, unsigned depth);
  void legacy_exception(Type t, unsigned depth);
  void take_fuel();
  void raise(unsigned depth);
  void branch_if(unsigned depth);

  // references.cc
  void reference(Type t, unsigned depth);
  void fresh(Type t, unsigned depth);  // not null, made here
  void cast(Type t, unsigned depth);
  void branch_on(Type t, unsigned depth);

  void op(Op o) {
    out_.opcode(o);
    if (plan_.instructions_left > 0) --plan_.instructions_left;
  }
  void op(Op o, uint64_t immediate) {
    op(o);
    out_.leb(immediate);
  }
  void i32(int32_t v) {
    op(Op::i32_const);
    out_.sleb(v);
  }
  void index(Type t, uint32_t v);  // this one, computed in one of several ways
  void small(Type t, unsigned depth, uint32_t mask);  // an integer that is usually in 0 ... mask
  void address(const MemoryPlan& m, unsigned depth, uint32_t align);
  void block_type(const std::vector<Type>& params, const std::vector<Type>& results);
  // Opens one of the block instructions; `branch` is what a branch to it takes.
  void open(Op o, const std::vector<Type>& params, const std::vector<Type>& results);
  void close();
  void branch(Op o, size_t label);  // an index of labels_
  Type random_type();
  Type random_number();
  void canonical(Op o);
  uint32_t new_local(Type t);
  bool spent(unsigned depth) const { return depth == 0 || plan_.instructions_left == 0; }
  bool has(Feature f) const { return plan_.has(f); }
  const TypeInfo& info(int heap) const { return plan_.types[static_cast<size_t>(heap)]; }
  // The indices of `types` for which the function returns true.
  template <class F>
  std::vector<uint32_t> types_where(F&& f) const {
    std::vector<uint32_t> found;
    for (uint32_t i = 0; i < plan_.types.size(); ++i)
      if (f(plan_.types[i])) found.push_back(i);
    return found;
  }

  Plan& plan_;
  Choices& in_;
  const TypeInfo type_;
  bool is_entry_;
  ByteBuffer out_;
  std::vector<Type> locals_;  // parameters first
  size_t params_;
  std::vector<Label> labels_;  // innermost last; the first is the function's own
};

}  // namespace ermine::fuzz

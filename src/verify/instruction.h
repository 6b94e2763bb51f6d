// An instruction of the register code, for comparison with the machine code: the slots that may be read and written,
// its callee, its global. For a pair, both instructions count.
#pragma once

#include <initializer_list>
#include <vector>

#include "ir/encoding.h"
#include "ir/op_forms.h"
#include "runtime/context.h"
#include "verify/facts.h"

namespace ermine::ir {
struct FunctionCode;
}

namespace ermine::verify {

class Instruction {
 public:
  Instruction() = default;
  // `op`: kCodeCount if the unit there is not a handler.
  Instruction(ir::OpCode op, const runtime::Code* pc) : op_(op), pc_(pc) {}

  const runtime::Code* pc() const { return pc_; }
  template <class T>
  T field(unsigned at) const {
    return ir::field<T>(pc_, at);
  }
  bool is(std::initializer_list<ir::IrOp> list) const {
    for (ir::IrOp i : list)
      if (op_ == ir::code_of(i)) return true;
    return false;
  }
  bool is_call() const;
  bool is_tail_call() const {
    return is({ir::IrOp::return_call, ir::IrOp::return_call_import, ir::IrOp::return_call_indirect,
               ir::IrOp::return_call_ref});
  }
  bool returns() const;
  // Whether it is a return that leaves a result for its caller.
  bool returns_result() const;
  // Whether the next instruction never follows.
  bool ends() const;

  bool reads(uint64_t slot) const;
  bool writes(uint64_t slot) const;
  // Adds the slots to which it copies a value.
  void copies(std::vector<uint64_t>& slots) const;
  // Whether the value written by `c`, a kFrameWrite, may go to a slot that sometimes holds references. `source`: the
  // slot that the value comes from, if there is one.
  bool may_write_ref(const Check& c, uint64_t slot, uint64_t source, const ir::FunctionCode& function) const;
  // The index of the global that is read or written; ~0 if there is none.
  uint64_t global() const;

  // Calls f(code, pc) for the instruction; for a pair, for both parts.
  template <class F>
  void each_part(F&& f) const {
    if (op_ >= ir::kCodeCount) return;
    const ir::CodeInfo& info = ir::info_of(op_);
    if (info.kind != ir::CodeInfo::kPair) return f(op_, pc_);
    const ir::OpCode first = ir::kPairs[info.pair].first;
    f(first, pc_);
    f(ir::pair_second(info.pair, info.form), pc_ + ir::units_of(first) - 1);
  }

 private:
  ir::OpCode op_ = ir::kCodeCount;
  const runtime::Code* pc_ = nullptr;
};

}  // namespace ermine::verify

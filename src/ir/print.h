// Register code as text: one line per instruction, for tests and for `ermine explore`.
//
//   0  enter locals r3+1, frame 8
//   2  i32_add.si>r acc = r0, 1
//
// A line is the code index, the operation with its operand form, and its operands: rN a slot, acc the
// accumulator, others numbers. Branch targets are code indices ("-> 12"). Operations that are rare show their
// operand bytes as four numbers of 16 bits.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ir/function_code.h"
#include "ir/op_forms.h"

namespace ermine::ir {

// "i32_add.si>r", "br_if i32_lt_s.ss", "copy"
std::string code_name(OpCode code);

// Length of the instruction at `pc` in units. `code` is its code.
unsigned instruction_units(OpCode code, const runtime::Code* pc);

class CodePrinter {
 public:
  // `funcs`: of the module's defined functions; the first one has the number `first_func`. Null: calls show no numbers.
  explicit CodePrinter(const HandlerTable& handlers, const runtime::FuncCode* funcs = nullptr, uint32_t first_func = 0);

  struct Line {
    uint32_t index;  // in the code
    std::string text;
  };
  std::vector<Line> lines(const FunctionCode& function) const;

 private:
  void operands(std::string& out, OpCode code, const runtime::Code* pc, size_t at, unsigned units) const;
  bool ir_operands(std::string& out, OpCode code, const runtime::Code* pc, size_t at) const;
  // The linker may have folded handlers with the same machine code; then the first name is printed for all.
  std::unordered_map<runtime::Code, OpCode> codes_;
  const runtime::FuncCode* funcs_;
  uint32_t first_func_;
};

std::string print(const FunctionCode& function, const HandlerTable& handlers);

}  // namespace ermine::ir

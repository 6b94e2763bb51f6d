// Register code as text: one line an instruction, for tests, for `ermine explore` and for people.
//
//   0  enter 3 0 7
//   2  i32_add.si>r 0, 1
//
// A line is the code index, the operation with its operand form, and its operands: rN a slot, acc the
// accumulator, others numbers. Branch targets are code indices ("-> 12").
#pragma once

#include <string>

#include "ir/function_code.h"
#include "ir/op_forms.h"

namespace ermine::ir {

// "i32_add.si>r", "br_if i32_lt_s.ss", "copy"
std::string code_name(OpCode code);

// Length of the instruction at `pc` in units. `code` is its code.
unsigned instruction_units(OpCode code, const runtime::Code* pc);

// The code whose handler this is; kCodeCount if it is none's. Slow: for printing.
OpCode code_of_handler(const HandlerTable& handlers, runtime::Code handler);

std::string print(const FunctionCode& function, const HandlerTable& handlers);

}  // namespace ermine::ir

// Which operations clobber the pinned registers; and the names of the decoded register code, for this folder.
#pragma once

#include <array>

#include "ir/decoded.h"

namespace ermine::baseline {

using ir::class_of;
using ir::Code;
using ir::CodeInfo;
using ir::DecodedFunction;
using ir::Family;
using ir::field;
using ir::HandlerIndex;
using ir::ir_info;
using ir::IrInfo;
using ir::IrInstr;
using ir::IrOp;
using ir::OpCode;
using ir::param_class;
using ir::param_letter;
using ir::RegClass;
using ir::result_class;
using ir::result_letter;
using ir::SlotAccess;
using wasm::Op;

// Whether an operation is run by its handler, or calls: registers are saved before it and invalid after it.
extern const std::array<bool, ir::kCodeCount> kClobbers;
inline bool clobbers_registers(const IrInstr& instr) { return kClobbers[instr.code]; }

}  // namespace ermine::baseline

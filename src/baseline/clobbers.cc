#include "baseline/clobbers.h"

#include "baseline/stencil_ids.h"
#include "ir/object_ops.h"

namespace ermine::baseline {

namespace {

constexpr bool does_clobber_registers(const CodeInfo& s) {
  switch (s.kind) {
    case CodeInfo::kChecked: return true;
    case CodeInfo::kFormed: {
      const Family family = ir::family_of(s.op);
      if (family == Family::kVector) return vector_shape(s.op) == VectorShape::kNone;
      return family == Family::kAtomic || family == Family::kWide;
    }
    case CodeInfo::kBranch:
    case CodeInfo::kPair: return false;
    case CodeInfo::kIr: break;
  }
  if (ir::object_op(s.ir).kind != ir::ObjectOp::kNone || ir::is_call(s.ir) || ir::is_return_call(s.ir)) return true;
  switch (s.ir) {
    case IrOp::enter_sp:
    case IrOp::copy_n:
    case IrOp::memory_size:
    case IrOp::trap:
    case IrOp::ret_copy_n:
    case IrOp::builtin: return true;
    default: return false;
  }
}

}  // namespace

constexpr std::array<bool, ir::kCodeCount> kClobbers = [] {
  std::array<bool, ir::kCodeCount> clobbers{};
  for (unsigned i = 0; i < ir::kCodeCount; ++i)
    clobbers[i] = does_clobber_registers(ir::code_info(static_cast<OpCode>(i)));
  return clobbers;
}();

}  // namespace ermine::baseline

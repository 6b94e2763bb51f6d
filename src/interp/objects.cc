// Handlers of the operations on garbage-collected objects.
#include "interp/step.h"

namespace ermine::interp {

using namespace ir;

template <IrOp op>
ERMINE_HANDLER handler_object(ERMINE_HANDLER_PARAMS) {
  State state{pc, fp, ctx, mem, r0, s0, d0};
  if constexpr (object_op(op).kind == ObjectOp::kBranch) {
    if (ObjectStep<op>::taken(state, 0)) ERMINE_JUMP(pc + field<int32_t>(pc, 4));
  } else {
    const TrapCode trap = ObjectStep<op>::run(state, 0);
    if (trap != TrapCode::kNone) [[unlikely]]
      ERMINE_TRAP(trap);
  }
  ERMINE_NEXT(unit_count(code_of(op)));
}

namespace {

[[maybe_unused]] void name_handlers() {
#define IR(id, units) static_cast<void>(handler_object<IrOp::id>);
#include "ir/object_ops.def"
#undef IR
}

}  // namespace

}  // namespace ermine::interp

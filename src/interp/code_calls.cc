#include "interp/code_calls.h"

#include "ir/encoding.h"
#include "runtime/instance.h"
#include "runtime/store.h"
#include "tiering/tiered_code.h"
#include "wasm/type_registry.h"

namespace ermine::interp {

using runtime::Code;
using runtime::ExecContext;
using runtime::FuncCode;
using runtime::InstanceContext;
using runtime::Slot;

#ifdef ERMINE_BASELINE
namespace {
// Instances share code and never change it.
tiering::TieredCode& code_of(InstanceContext* ctx) {
  return const_cast<tiering::TieredCode&>(static_cast<const tiering::TieredCode&>(ctx->instance->code()));
}
}  // namespace

const Code* tier_up(InstanceContext* ctx, const Code* pc) { return code_of(ctx).tier_up(pc, ctx); }

const Code* sample(InstanceContext* ctx, const Code* pc) {
  ctx->exec->until_sample = tiering::kSampleEvery - 1;
  return code_of(ctx).sample(pc, ctx);
}
#endif

bool translate_now(InstanceContext* ctx, FuncCode* code, Slot* fp) {
  auto* owner = static_cast<tiering::TieredCode*>(code->owner);
  auto done = owner->translate(code, ctx);
  if (done) return true;
  // The function has no code yet: the error is reported at its caller.
  ExecContext* exec = ctx->exec;
  const Slot* header = fp + owner->module().func_type(code->func_index).param_slots;
  exec->last_pc = reinterpret_cast<const Code*>(header[runtime::kHeaderCallerPc]);
  if (exec->last_pc != nullptr) {
    exec->last_ctx = reinterpret_cast<InstanceContext*>(header[runtime::kHeaderCallerCtx]);
    exec->last_fp = fp - ir::field<uint16_t>(exec->last_pc, 0);
  }
  exec->store->pending_error = std::move(done).error();
  exec->trap = TrapCode::kHost;
  return false;
}

bool is_declared_subtype(const wasm::TypeDef* have, wasm::TypeId want, InstanceContext* ctx) {
  return ctx->instance->module().registry->is_subtype(have->id, want);
}

}  // namespace ermine::interp

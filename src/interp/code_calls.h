// Calls from handlers to the code that they belong to.
#pragma once

#include "runtime/context.h"
#include "wasm/module.h"

namespace ermine::interp {

// TieredCode::tier_up of the running function.
const runtime::Code* tier_up(runtime::InstanceContext* ctx, const runtime::Code* pc);
// TieredCode::sample, in the same way.
const runtime::Code* sample(runtime::InstanceContext* ctx, const runtime::Code* pc);
// Makes the function's code; false with Store::pending_error and last_* set if that fails. `fp` is the frame that was
// just entered.
bool translate_now(runtime::InstanceContext* ctx, runtime::FuncCode* code, runtime::Slot* fp);
bool is_declared_subtype(const wasm::TypeDef* have, wasm::TypeId want, runtime::InstanceContext* ctx);

}  // namespace ermine::interp

#include "interp/tier.h"

#include "interp/interp_code.h"
#include "interp/stubs.h"
#include "runtime/trap_handler.h"

extern "C" {
// Bounds of the handlers' section, given by the linker.
extern const char __start_ermine_interp[];
extern const char __stop_ermine_interp[];
}

namespace ermine::interp {

namespace {

using runtime::ExecContext;
using runtime::InstanceContext;

// Offsets that stubs_*.S know.
static_assert(offsetof(InstanceContext, memory0_base) == 0);
static_assert(offsetof(InstanceContext, exec) == 16);
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winvalid-offsetof"  // the compiler lays it out in order all the same
static_assert(offsetof(ExecContext, exit_sp) == 56);
#pragma clang diagnostic pop
static_assert(offsetof(Landing, native_sp) == 0 && offsetof(Landing, native_register) == 8);
static_assert(runtime::kHeaderNativeRegister == runtime::kHeaderNativeSp + 1);  // ermine_handler_enter_sp stores a pair

const ir::NativeTier* g_native = nullptr;  // set before there is any module

Result<std::unique_ptr<runtime::ModuleCode>> make_code(std::shared_ptr<const wasm::Module> module,
                                                       std::string_view name, const runtime::CodeOptions& options) {
  return std::unique_ptr<runtime::ModuleCode>(std::make_unique<InterpCode>(std::move(module), name, options, g_native));
}

bool enter(ExecContext* exec, runtime::FuncRef* func, runtime::Slot* frame) {
  frame[func->type->func.param_slots + runtime::kHeaderCallerPc] = 0;  // the host is the caller
  InstanceContext* ctx = func->ctx;
  const runtime::Code* entry = func->code->entry.load(std::memory_order_acquire);
  return ermine_enter(entry, frame, ctx, ctx->memory0_base, reinterpret_cast<uint64_t>(func->code), exec);
}

runtime::TierHooks make_hooks(const ir::NativeTier* native) {
  g_native = native;
  runtime::TrapRegion region;
  region.begin = __start_ermine_interp;
  region.end = __stop_ermine_interp;
  region.exit_stub = reinterpret_cast<void (*)()>(&ermine_trap_exit);
#if defined(__x86_64__)
  region.pc_register = 12;
  region.fp_register = 13;
  region.ctx_register = 14;
#elif defined(__aarch64__)
  region.pc_register = 20;
  region.fp_register = 21;
  region.ctx_register = 22;
#else
#error "the interpreter's pinned registers are not known for this machine"
#endif
  runtime::register_trap_region(region);
  if (native != nullptr) {
    const uint8_t *begin, *end;
    if (native->code_range(&begin, &end)) {
      region.begin = begin;
      region.end = end;
      region.pc_register = runtime::TrapRegion::kFaultPc;
      runtime::register_trap_region(region);
    }
  }
  static runtime::FuncCode host_code{};
  return {.name = "interp", .make_code = make_code, .enter = enter, .host_code = &host_code};
}

}  // namespace

const runtime::TierHooks& tier_hooks(const ir::NativeTier* native) {
  static const runtime::TierHooks hooks = make_hooks(native);
  return hooks;
}

}  // namespace ermine::interp

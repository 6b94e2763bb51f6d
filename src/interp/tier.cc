#include "interp/tier.h"

#include "interp/handlers.h"
#include "interp/stubs.h"
#include "runtime/offsets.h"
#include "runtime/trap_handler.h"
#ifdef ERMINE_BASELINE
#include "tiering/known_code.h"
#endif

extern "C" {
// Bounds of the handlers' section, defined by the linker.
extern const char __start_ermine_interp[];
extern const char __stop_ermine_interp[];
}

namespace ermine::interp {

namespace {

using runtime::ExecContext;
using runtime::InstanceContext;

// Offsets that stubs_*.S use.
static_assert(offsetof(CatchTarget, native_sp) == 0 && offsetof(CatchTarget, native_register) == 8);
static_assert(runtime::kHeaderNativeRegister == runtime::kHeaderNativeSp + 1);  // ermine_handler_enter_sp stores a pair

bool enter(ExecContext* exec, runtime::FuncRef* func, runtime::Slot* frame) {
  frame[func->type->func.param_slots + runtime::kHeaderCallerPc] = 0;  // the host is the caller
  InstanceContext* ctx = func->ctx;
  const runtime::Code* entry = func->code->entry.load(std::memory_order_acquire);
  return ermine_enter(entry, frame, ctx, ctx->memory0_base, reinterpret_cast<uint64_t>(func->code), exec);
}

// A region of code that uses the interpreter's registers.
runtime::TrapRegion region() {
  runtime::TrapRegion region;
  region.exit_stub = reinterpret_cast<void (*)()>(&ermine_trap_exit);
#if defined(__x86_64__)
  region.pc_register = 12;
  region.fp_register = 13;
  region.ctx_register = 14;
  region.memory_register = 15;
#elif defined(__aarch64__)
  region.pc_register = 20;
  region.fp_register = 21;
  region.ctx_register = 22;
  region.memory_register = 23;
#else
#error "the interpreter's pinned registers are not known for this machine"
#endif
  return region;
}

runtime::ExecutionHooks make_hooks() {
  runtime::TrapRegion handlers = region();
  handlers.begin = __start_ermine_interp;
  handlers.end = __stop_ermine_interp;
  handlers.memory_register = runtime::TrapRegion::kAnyMemory;  // the compiler may compute addresses in it
  runtime::register_trap_region(handlers);
  static runtime::FuncCode host_code{};
  return {.name = "interp", .enter = enter, .host_code = &host_code};
}

// The entry of an untranslated function.
const runtime::Code* untranslated() {
  static const auto code = reinterpret_cast<runtime::Code>(&handler_translate);
  return &code;
}

}  // namespace

const tiering::Interpreter& interpreter() {
  static const tiering::Interpreter interpreter{
      .handlers = &handlers(),
      .trap_handler = reinterpret_cast<const void*>(&handler_trap),
      .call_stub = reinterpret_cast<const void*>(&ermine_call_stub),
      .fail_handler = reinterpret_cast<const void*>(&handler_fail),
      .untranslated = untranslated(),
  };
  return interpreter;
}

const runtime::ExecutionHooks& execution_hooks() {
  static const runtime::ExecutionHooks hooks = make_hooks();
  return hooks;
}

#ifdef ERMINE_BASELINE
void watch_machine_code(const uint8_t* begin, const uint8_t* end) {
  runtime::TrapRegion code = region();
  code.begin = begin;
  code.end = end;
  code.pc_register = runtime::TrapRegion::kFaultPc;
  code.find_state = tiering::find_state;
  runtime::register_trap_region(code);
}
#endif

}  // namespace ermine::interp

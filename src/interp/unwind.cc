#include "interp/unwind.h"

#include "runtime/exceptions.h"
#include "runtime/instance.h"
#include "tiering/tiered_code.h"

namespace ermine::interp {

using ir::FunctionCode;
using runtime::FrameState;
using runtime::Slot;

namespace {

// The innermost region around `at` that is no deeper than `max_depth` and closed after `after`.
const FunctionCode::Region* next_region(const FunctionCode& code, uint32_t at, uint32_t max_depth,
                                        const FunctionCode::Region* previous) {
  const FunctionCode::Region* best = nullptr;
  for (const FunctionCode::Region& r : code.regions) {
    if (at < r.start || at >= r.end || r.depth > max_depth) continue;
    if (previous != nullptr && r.close_order <= previous->close_order) continue;
    if (best == nullptr || r.close_order < best->close_order) best = &r;
  }
  return best;
}

const FunctionCode::Catch* find_catch(const FunctionCode& code, uint32_t at, const FrameState& frame,
                                      const runtime::ExceptionView& thrown) {
  uint32_t max_depth = FunctionCode::kNone;
  const FunctionCode::Region* r = nullptr;
  while ((r = next_region(code, at, max_depth, r)) != nullptr) {
    for (uint32_t i = r->first_catch; i != FunctionCode::kNone; i = code.catches[i].next) {
      const FunctionCode::Catch& c = code.catches[i];
      if (c.tag == FunctionCode::Catch::kAnyTag || frame.ctx->instance->tag(c.tag) == thrown.tag) return &c;
    }
    if (r->delegate_depth != FunctionCode::kNone) max_depth = r->delegate_depth;
  }
  return nullptr;
}

}  // namespace

CatchTarget find_handler(runtime::ExecContext* exec) {
  runtime::ExceptionView thrown = runtime::view_exception(exec);
  FrameState frame{exec->last_pc, exec->last_fp, exec->last_ctx};
  if (frame.pc == nullptr) return {};
  for (;;) {
    const auto& owner = static_cast<const tiering::TieredCode&>(frame.ctx->instance->code());
    const tiering::TieredCode::Place place = owner.find(frame.pc);
    if (place.function == nullptr) return {};
    const FunctionCode* code = &place.function->code;
    if (!code->regions.empty()) {
      if (const FunctionCode::Catch* c = find_catch(*code, place.index, frame, thrown)) {
        if (c->tag != FunctionCode::Catch::kAnyTag)
          for (uint32_t i = 0; i < thrown.slots; ++i) frame.fp[c->dst + i] = thrown.payload[i];
        if (c->push_ref) frame.fp[c->ref_slot] = exec->exception;
        exec->exception = 0;
        const Slot* header = frame.fp + code->param_slots;
        CatchTarget target;
        target.native_sp = header[runtime::kHeaderNativeSp];
        target.native_register = header[runtime::kHeaderNativeRegister];
        target.pc = code->code.data() + c->target;
        if (const tiering::MachineCode* machine = place.function->machine.load(std::memory_order_acquire))
          if (const runtime::Code* entry = machine->entry_at(c->target)) target.pc = entry;
        target.fp = frame.fp;
        target.ctx = frame.ctx;
        return target;
      }
    }
    if (!owner.unwind(frame)) return {};
  }
}

}  // namespace ermine::interp

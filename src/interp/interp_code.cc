#include "interp/interp_code.h"

#include <algorithm>

#include "interp/handlers.h"
#include "runtime/instance.h"
#include "wasm/type_registry.h"

namespace ermine::interp {

using runtime::Code;
using runtime::ExecContext;
using runtime::FuncCode;
using runtime::InstanceContext;
using runtime::Slot;

namespace {

// What the entry of an untranslated function points to.
const Code* stub_code() {
  static const Code code = reinterpret_cast<Code>(&handler_translate);
  return &code;
}

ir::TranslateOptions translate_options(const runtime::CodeOptions& o) { return {.guarded = o.guarded, .fuel = o.fuel}; }

}  // namespace

InterpCode::InterpCode(std::shared_ptr<const wasm::Module> module, const runtime::CodeOptions& options)
    : ModuleCode(std::move(module), options),
      funcs_(new FuncCode[module_->functions.size() - module_->imported_functions]),
      translator_(*module_, handlers(), funcs_.get()) {
  func_codes_ = funcs_.get();
  uint32_t n = static_cast<uint32_t>(module_->functions.size()) - module_->imported_functions;
  const Code* stub = stub_code();
  for (uint32_t i = 0; i < n; ++i) {
    funcs_[i].entry.store(stub, std::memory_order_relaxed);
    funcs_[i].owner = this;
    funcs_[i].func_index = module_->imported_functions + i;
  }
}

InterpCode::~InterpCode() = default;

Result<void> InterpCode::translate(FuncCode* code) {
  std::lock_guard lock(mutex_);
  if (code->entry.load(std::memory_order_relaxed) != stub_code()) return {};  // another thread was faster
  auto made = translator_.translate(code->func_index, translate_options(options_));
  if (!made) return std::move(made).error();
  auto record = std::make_unique<Record>(Record{code->func_index, *std::move(made)});
  const Code* entry = record->code.code.data();
  records_.emplace(entry, std::move(record));
  code->entry.store(entry, std::memory_order_release);
  return {};
}

const ir::FunctionCode* InterpCode::find(const Code* pc, uint32_t* func_index) const {
  std::lock_guard lock(mutex_);
  auto it = records_.upper_bound(pc);
  if (it == records_.begin()) return nullptr;
  --it;
  const Record& r = *it->second;
  if (pc >= it->first + r.code.code.size()) return nullptr;
  if (func_index) *func_index = r.func_index;
  return &r.code;
}

// Offsets are not kept: the function is translated again, this time recording them. Translation is
// deterministic, so the code is the same.
runtime::CodePosition InterpCode::locate(const Code* pc) const {
  runtime::CodePosition position;
  const ir::FunctionCode* code = find(pc, &position.func_index);
  if (code == nullptr) return position;
  position.offset = module_->functions[position.func_index].body_offset;
  ir::TranslateOptions options = translate_options(options_);
  options.record_offsets = true;
  ir::Translator translator(*module_, handlers(), funcs_.get());
  auto again = translator.translate(position.func_index, options);
  if (!again || again->code.size() != code->code.size()) return position;
  auto index = static_cast<uint32_t>(pc - code->code.data());
  auto it = std::upper_bound(again->offsets.begin(), again->offsets.end(), index,
                             [](uint32_t i, const ir::FunctionCode::Offset& o) { return i < o.code; });
  if (it != again->offsets.begin()) position.offset = std::prev(it)->offset;
  return position;
}

bool InterpCode::unwind(runtime::FrameState& frame) const {
  const ir::FunctionCode* code = find(frame.pc, nullptr);
  if (code == nullptr) return false;
  const Slot* header = frame.fp + code->param_slots;
  if (header[runtime::kHeaderCallerPc] == 0) return false;
  frame.pc = reinterpret_cast<const Code*>(header[runtime::kHeaderCallerPc]);
  frame.ctx = reinterpret_cast<InstanceContext*>(header[runtime::kHeaderCallerCtx]);
  frame.fp -= ir::field<uint16_t>(frame.pc, 0);  // the caller's call instruction says where the callee's frame lies
  return true;
}

runtime::Slot* InterpCode::frame_end(const runtime::FrameState& frame) const {
  const ir::FunctionCode* code = find(frame.pc, nullptr);
  return code == nullptr ? frame.fp : frame.fp + code->frame_slots;
}

bool translate_now(InstanceContext* ctx, FuncCode* code, Slot* fp) {
  auto* owner = static_cast<InterpCode*>(code->owner);
  auto done = owner->translate(code);
  if (done) return true;
  // The function has no code to point at: the error is reported at its caller.
  ExecContext* exec = ctx->exec;
  const Slot* header = fp + owner->module().func_type(code->func_index).param_slots;
  exec->last_pc = reinterpret_cast<const Code*>(header[runtime::kHeaderCallerPc]);
  if (exec->last_pc != nullptr) {
    exec->last_ctx = reinterpret_cast<InstanceContext*>(header[runtime::kHeaderCallerCtx]);
    exec->last_fp = fp - ir::field<uint16_t>(exec->last_pc, 0);
  }
  exec->error = std::move(done).error();
  exec->trap = TrapCode::kHost;
  return false;
}

bool is_declared_subtype(const wasm::TypeDef* have, wasm::TypeId want, InstanceContext* ctx) {
  return ctx->instance->module().registry->is_subtype(have->id, want);
}

}  // namespace ermine::interp

#include "interp/interp_code.h"

#include "base/format.h"
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

}  // namespace

InterpCode::InterpCode(std::shared_ptr<const wasm::Module> module, std::string_view name,
                       const runtime::CodeOptions& options, const ir::NativeTier* native)
    : ModuleCode(std::move(module), options),
      name_(name),
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
  if (native != nullptr && options.tier != Tier::kInterp) {
    native_ = native->make(*module_, funcs_.get(), native_host(), options);
  }
}

ir::NativeHost native_host() {
  return {&handlers(), reinterpret_cast<const void*>(&handler_trap), reinterpret_cast<const void*>(&ermine_call_stub),
          reinterpret_cast<const void*>(&handler_fail)};
}

ir::TranslateOptions InterpCode::translate_options() const {
  // What is compiled at once is not interpreted: superinstructions would only be taken apart again.
  const bool interpreted = native_ == nullptr || options_.tier != Tier::kBaseline;
  return {.guarded = options_.guarded,
          .fuel = options_.fuel,
          .pairs = interpreted,
          .count = native_ != nullptr,
          .calls_before_native = options_.tier_up_calls,
          .rounds_before_native = options_.tier_up_rounds};
}

InterpCode::~InterpCode() {
#ifdef ERMINE_BASELINE
  if (!options_.listener) return;
  for (const auto& [start, record] : records_)
    if (record->native != nullptr) options_.listener->removed(record->native->code);
#endif
}

Result<void> InterpCode::translate(FuncCode* code) {
  std::lock_guard lock(mutex_);
  if (code->entry.load(std::memory_order_relaxed) != stub_code()) return {};  // another thread was faster
  auto made = translator_.translate(code->func_index, translate_options());
  if (!made) return std::move(made).error();
  auto record = std::make_unique<Record>(Record{code->func_index, *std::move(made)});
  const Code* entry = record->code.code.data();
  if (options_.tier == Tier::kBaseline && compile(*record)) entry = record->native->entry;
  const Code* first = record->code.code.data();
  records_.emplace(first, std::move(record));
  code->entry.store(entry, std::memory_order_release);
  return {};
}

Result<void> InterpCode::make_all() {
  const auto n = static_cast<uint32_t>(module_->functions.size()) - module_->imported_functions;
  for (uint32_t i = 0; i < n; ++i) {
    FuncCode& code = funcs_[i];
    ERMINE_TRY(translate(&code));
    std::lock_guard lock(mutex_);
    Record* record = record_at(code.entry.load(std::memory_order_relaxed));  // null: it is machine code already
    if (record != nullptr && compile(*record)) code.entry.store(record->native->entry, std::memory_order_release);
  }
  return {};
}

bool InterpCode::compile(Record& record) {
  if (native_ == nullptr || record.native_failed) return false;
  if (record.native == nullptr) {
    record.native = native_->compile(record.func_index, record.code);
#ifdef ERMINE_BASELINE
    if (options_.counters != nullptr)
      ++(record.native != nullptr ? options_.counters->compiled : options_.counters->failed);
    if (record.native != nullptr && options_.listener) [[unlikely]]
      announce(record);
#endif
  }
  record.native_failed = record.native == nullptr;
  return record.native != nullptr;
}

#ifdef ERMINE_BASELINE
void InterpCode::announce(const Record& record) {
  std::string_view name = module_->function_name(record.func_index);
  std::string number;
  if (name.empty()) name = number = base::format("{}!func[{}]", name_, record.func_index);
  platform::NewCode news{.name = name, .file = name_, .begin = record.native->code, .size = record.native->code_size};
  std::vector<platform::NewCode::Line> lines;
  std::vector<platform::NewCode::StackDepth> depths;
  if (options_.listener->wants_layout()) {
    const ir::NativeLayout layout = native_->layout(*record.native, record.code);
    if (const auto again = with_offsets(record)) {
      for (const auto& at : layout.positions) {
        const uint32_t offset = again->offset_of(at.index);
        if (offset != 0 && (lines.empty() || lines.back().line != offset)) lines.push_back({at.offset, offset});
      }
    }
    for (const auto& d : layout.depths) depths.push_back({d.offset, d.bytes});
    news.lines = lines;
    news.depths = depths;
  }
  options_.listener->added(news);
}

const Code* InterpCode::move_up(const Code* pc) {
  std::lock_guard lock(mutex_);
  Record& record = *record_at(pc);
  const auto index = static_cast<uint32_t>(pc - record.code.code.data());
  if (compile(record)) {
    funcs_[record.func_index - module_->imported_functions].entry.store(record.native->entry,
                                                                        std::memory_order_release);
    if (const Code* entry = record.native->entry_at(index)) return entry;
  }
  // Interpreted for good.
  const bool is_entry = index == 0;
  auto* counter = const_cast<Code*>(pc) + (is_entry ? ir::kEnterCounter : ir::kLoopCounter);
  __atomic_store_n(counter, ~Code{0}, __ATOMIC_RELAXED);
  return is_entry ? pc : pc + ir::unit_count(ir::code_of(ir::IrOp::loop));
}

const Code* move_up(InstanceContext* ctx, const Code* pc) {
  // Code is shared by instances, never changed by them.
  return const_cast<InterpCode&>(static_cast<const InterpCode&>(ctx->instance->code())).move_up(pc);
}
#endif

InterpCode::Record* InterpCode::record_at(const Code* pc) const {
  auto it = records_.upper_bound(pc);
  if (it == records_.begin()) return nullptr;
  Record* r = std::prev(it)->second.get();
  return pc < r->code.code.data() + r->code.code.size() ? r : nullptr;
}

InterpCode::Place InterpCode::find(const Code* pc) const {
  std::lock_guard lock(mutex_);
  if (const Record* r = record_at(pc)) return {r, static_cast<uint32_t>(pc - r->code.code.data())};
  if (native_ == nullptr) return {};
  const ir::NativeFunction* f = native_->find(pc);
  if (f == nullptr) return {};
  const Record* r = record_at(f->source);
  return {r, native_->position(*f, r->code, pc)};
}

// Offsets are not kept: the function is translated again, this time recording them. Translation is
// deterministic, so the code is the same.
std::optional<ir::FunctionCode> InterpCode::with_offsets(const Record& record) const {
  ir::TranslateOptions options = translate_options();
  options.record_offsets = true;
  ir::Translator translator(*module_, handlers(), funcs_.get());
  auto again = translator.translate(record.func_index, options);
  if (!again || again->code.size() != record.code.code.size()) return std::nullopt;
  return *std::move(again);
}

runtime::CodePosition InterpCode::locate(const Code* pc) const {
  runtime::CodePosition position;
  const Place place = find(pc);
  if (place.record == nullptr) return position;
  position.func_index = place.record->func_index;
  position.offset = module_->functions[position.func_index].body_offset;
  if (const auto again = with_offsets(*place.record))
    if (const uint32_t offset = again->offset_of(place.index); offset != 0) position.offset = offset;
  return position;
}

bool InterpCode::unwind(runtime::FrameState& frame) const {
  const Place place = find(frame.pc);
  if (place.record == nullptr) return false;
  const Slot* header = frame.fp + place.record->code.param_slots;
  if (header[runtime::kHeaderCallerPc] == 0) return false;
  frame.pc = reinterpret_cast<const Code*>(header[runtime::kHeaderCallerPc]);
  frame.ctx = reinterpret_cast<InstanceContext*>(header[runtime::kHeaderCallerCtx]);
  frame.fp -= ir::field<uint16_t>(frame.pc, 0);  // the caller's call instruction says where the callee's frame lies
  return true;
}

runtime::Slot* InterpCode::frame_end(const runtime::FrameState& frame) const {
  const Place place = find(frame.pc);
  return place.record == nullptr ? frame.fp : frame.fp + place.record->code.frame_slots;
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

#include "tiering/tiered_code.h"

#include <algorithm>

#include "ir/encoding.h"
#ifdef ERMINE_BASELINE
#include "tiering/background.h"
#include "tiering/known_code.h"
#include "tiering/machine_tiers.h"
#endif

namespace ermine::tiering {

using runtime::Code;
using runtime::FuncCode;
using runtime::InstanceContext;
using runtime::Slot;

#ifdef ERMINE_BASELINE
namespace {
// Of a module with more, none is inlined: noting them would take longer than the calls.
constexpr uint32_t kMostNotedImports = 10'000;
}  // namespace
#endif

TieredCode::TieredCode(std::shared_ptr<const wasm::Module> module, std::string_view name,
                       const runtime::CodeOptions& options, const Tiers& tiers, Policy policy)
    : ModuleCode(std::move(module), options),
      tiers_(tiers),
      policy_(std::move(policy)),
      funcs_(new FuncCode[module_->functions.size() - module_->imported_functions]) {
  func_codes_ = funcs_.get();
  const auto n = static_cast<uint32_t>(module_->functions.size()) - module_->imported_functions;
  for (uint32_t i = 0; i < n; ++i) {
    funcs_[i].entry.store(tiers.interpreter->untranslated, std::memory_order_relaxed);
    funcs_[i].owner = this;
    funcs_[i].func_index = module_->imported_functions + i;
  }
#ifdef ERMINE_BASELINE
  if (!policy_.steps.empty()) machine_ = std::make_shared<MachineTiers>(*this, name, tiers, policy_);
#endif
}

TieredCode::~TieredCode() {
#ifdef ERMINE_BASELINE
  if (machine_ != nullptr && tiers_.background != nullptr) tiers_.background->forget(*machine_);
#endif
}

ir::TranslateOptions TieredCode::translate_options() const {
  const Policy::Step* step = policy_.from(kInterpreted);
  return {.guarded = options_.guarded,
          .consume_fuel = options_.consume_fuel,
          // Functions that are compiled immediately are not interpreted: superinstructions would only be split again.
          .pairs = policy_.first == kInterpreted,
          .count = step != nullptr,
          .tier_up_calls = step != nullptr ? step->calls : 0,
          .tier_up_rounds = step != nullptr ? step->rounds : 0,
          // For the optimising tier, which is the only one that follows another compiler.
          .record_callees = policy_.steps.size() > 1};
}

Result<std::unique_ptr<Function>> TieredCode::make_function(uint32_t func_index) {
  auto translator = translators_.take();
  if (!translator) translator = std::make_unique<ir::Translator>(*module_, *tiers_.interpreter->handlers, funcs_.get());
  auto made = translator->translate(func_index, translate_options());
  translators_.give_back(std::move(translator));
  if (!made) return std::move(made).error();
  return std::make_unique<Function>(func_index, *std::move(made));
}

Result<void> TieredCode::translate(FuncCode* func, const InstanceContext* ctx) {
  const Code* const untranslated = tiers_.interpreter->untranslated;
  const auto has_code = [&] { return func->entry.load(std::memory_order_relaxed) != untranslated; };
  if (has_code()) return {};
  // Publishes the code that was made early. The lock is held.
  const auto take_early = [&]() -> Function* {
    const auto early = early_.find(func->func_index);
    if (early == early_.end()) return nullptr;
    Function* const f = early->second;
    early_.erase(early);
    func->entry.store(f->code.code.data(), std::memory_order_release);
    return f;
  };
  Function* f;
  {
    std::lock_guard lock(mutex_);
    f = take_early();
  }
  if (f == nullptr) {
    auto made = make_function(func->func_index);
    if (!made) return std::move(made).error();
    std::lock_guard lock(mutex_);
    if (has_code()) return {};  // another thread was faster
    f = take_early();
    if (f == nullptr) {
      f = made->get();
      functions_.emplace(f->code.code.data(), *std::move(made));
      func->entry.store(f->code.code.data(), std::memory_order_release);
    }
  }
#ifdef ERMINE_BASELINE
  if (policy_.first != kInterpreted) {
    note_imports(ctx);
    machine_->compile(*f, policy_.first);
  }
#endif
  return {};
}

Result<void> TieredCode::make_all() {
  const auto n = static_cast<uint32_t>(module_->functions.size()) - module_->imported_functions;
  for (uint32_t i = 0; i < n; ++i) {
    ERMINE_TRY(translate(&funcs_[i]));
#ifdef ERMINE_BASELINE
    if (machine_ == nullptr) continue;
    Function* f;
    {
      std::shared_lock lock(mutex_);
      f = function_at(funcs_[i].entry.load(std::memory_order_acquire));  // null: it is machine code already
    }
    if (f != nullptr) machine_->compile(*f, std::max<Level>(policy_.first, 1));
#endif
  }
  return {};
}

#ifdef ERMINE_BASELINE
Callee TieredCode::callee(uint32_t func_index, Level level) {
  const Code* const entry = funcs_[func_index - module_->imported_functions].entry.load(std::memory_order_acquire);
  if (entry != tiers_.interpreter->untranslated) {
    const Function* f;
    {
      std::shared_lock lock(mutex_);
      f = function_at(entry);
    }
    if (f == nullptr) f = machine_->find(entry).function;
    if (f == nullptr) return {};
    return {&f->code, policy_.first == kInterpreted && f->level.load(std::memory_order_relaxed) != kInterpreted};
  }
  if (policy_.first != level) return {};
  {
    std::shared_lock lock(mutex_);
    if (const auto early = early_.find(func_index); early != early_.end()) return {&early->second->code};
  }
  auto made = make_function(func_index);
  if (!made) return {};
  std::lock_guard lock(mutex_);
  const FuncCode& func = funcs_[func_index - module_->imported_functions];
  if (func.entry.load(std::memory_order_relaxed) != tiers_.interpreter->untranslated) return {};
  Function*& early = early_[func_index];
  if (early == nullptr) {
    early = made->get();
    functions_.emplace(early->code.code.data(), *std::move(made));
  }
  return {&early->code};
}

// And those of the modules that they are of, whose functions may never run other than inlined.
void TieredCode::note_imports(const InstanceContext* ctx) {
  struct Importer {
    TieredCode* code;
    const InstanceContext* ctx;
  };
  std::vector<Importer> importers;
  if (ctx != nullptr) importers.push_back({this, ctx});
  while (!importers.empty()) {
    const Importer importer = importers.back();
    importers.pop_back();
    TieredCode& code = *importer.code;
    if (code.has_imports_.load(std::memory_order_acquire)) continue;
    // Only the optimising tier inlines functions of other modules.
    const uint32_t count = code.module_->imported_functions;
    std::vector<Import> imports(
        code.machine_ != nullptr && code.machine_->inlines() && count <= kMostNotedImports ? count : 0);
    for (size_t i = 0; i < imports.size(); ++i) {
      const runtime::FuncRef& ref = *importer.ctx->func_refs[i];
      if (ref.ctx == nullptr) continue;
      auto* const owner = static_cast<TieredCode*>(ref.code->owner);
      imports[i] = {{owner->funcs_, ref.code}, owner->weak_from_this()};
      if (!owner->has_imports_.load(std::memory_order_relaxed)) importers.push_back({owner, ref.ctx});
    }
    std::lock_guard lock(code.mutex_);
    if (code.has_imports_.load(std::memory_order_relaxed)) continue;
    code.imports_ = std::move(imports);
    code.has_imports_.store(true, std::memory_order_release);
  }
}

TieredCode::Import TieredCode::import_at(uint32_t func_index) const {
  std::shared_lock lock(mutex_);
  return func_index < imports_.size() ? imports_[func_index] : Import{};
}

const uint8_t* TieredCode::call_table() { return machine_ != nullptr ? machine_->call_table() : nullptr; }
const uint8_t* TieredCode::register_table() { return machine_ != nullptr ? machine_->register_table() : nullptr; }

void TieredCode::take(Function& f, const Policy::Step& step, uint32_t entry) {
  if (step.thread == CompileThread::kBackground && tiers_.background != nullptr)
    tiers_.background->add(*machine_, f, step.to, entry);
  else machine_->compile(f, step.to, entry);
}

const Code* TieredCode::sample(const Code* pc, const InstanceContext* ctx) {
  const MachineTiers::Found at = machine_->find(pc);
  if (at.function == nullptr) return nullptr;
  Function& f = *at.function;
  const Policy::Step* step = policy_.from(at.level);
  if (step == nullptr) return nullptr;
  note_imports(ctx);
  const uint32_t samples = f.samples.fetch_add(1, std::memory_order_relaxed) + 1,
                 wanted = std::max(step->rounds / kSampleEvery, 1u);
  const uint32_t index = machine_->position(at, pc);
  if (index != 0 && machine_->has_loop_code(step->to) && !machine_->has_failed(f, step->to, index)) {
    // A loop that runs now is entered; the function's own code is made if it is sampled often enough after that,
    // because then it is called again. (Samples while the loop's code is made do not say so.)
    if (const Code* entry = machine_->loop_entry(f, index)) {
      if (samples >= 2 * wanted && f.level.load(std::memory_order_relaxed) <= at.level) take(f, *step);
      return entry;
    }
    if (samples < wanted) return nullptr;
    f.samples.store(wanted, std::memory_order_relaxed);
    take(f, *step, index);
    return machine_->loop_entry(f, index);
  }
  if (f.level.load(std::memory_order_relaxed) <= at.level) {
    if (samples < wanted) return nullptr;
    take(f, *step);
  }
  if (f.level.load(std::memory_order_acquire) <= at.level) return nullptr;
  return f.machine.load(std::memory_order_acquire)->entry_at(index);
}

const Code* TieredCode::tier_up(const Code* pc, const InstanceContext* ctx) {
  Function* found;
  {
    std::shared_lock lock(mutex_);
    found = function_at(pc);
  }
  Function& f = *found;
  const auto index = static_cast<uint32_t>(pc - f.code.code.data());
  const Policy::Step& step = *policy_.from(kInterpreted);
  note_imports(ctx);
  take(f, step);
  const bool is_entry = index == 0;
  Code again = is_entry ? step.calls : step.rounds;
  if (const MachineCode* machine = f.machine.load(std::memory_order_acquire)) {
    if (const Code* entry = machine->entry_at(index)) return entry;
    again = ~Code{0};
  } else if (machine_->has_failed(f, step.to, 0)) {
    again = ~Code{0};
  }
  auto* counter = const_cast<Code*>(pc) + (is_entry ? ir::kEnterCounter : ir::kLoopCounter);
  __atomic_store_n(counter, again, __ATOMIC_RELAXED);
  return is_entry ? pc : pc + ir::unit_count(ir::code_of(ir::IrOp::loop));
}
#endif

Function* TieredCode::function_at(const Code* pc) const {
  auto it = functions_.upper_bound(pc);
  if (it == functions_.begin()) return nullptr;
  Function* f = std::prev(it)->second.get();
  return pc < f->code.code.data() + f->code.code.size() ? f : nullptr;
}

TieredCode::Place TieredCode::find(const Code* pc) const {
  {
    std::shared_lock lock(mutex_);
    if (const Function* f = function_at(pc)) return {f, static_cast<uint32_t>(pc - f->code.code.data())};
  }
#ifdef ERMINE_BASELINE
  if (machine_ != nullptr) {
    if (const MachineTiers::Found at = machine_->find(pc); at.function != nullptr) {
      const uint32_t position = machine_->position(at, pc);
      const MachineCode::Inlined* const inlined = at.machine->inlined_at(position);
      if (inlined == nullptr) return {at.function, position};
      std::shared_lock lock(mutex_);
      return {function_at(inlined->code->code.data()), position - inlined->first};
    }
  }
  // In code of another module, which the function is inlined in.
  if (const MachineCode* const machine = find_code(pc)) {
    const uint32_t position = machine->position_of_record(pc);
    if (const MachineCode::Inlined* const inlined = machine->inlined_at(position)) {
      std::shared_lock lock(mutex_);
      if (const Function* const f = function_at(inlined->code->code.data())) return {f, position - inlined->first};
    }
  }
#endif
  return {};
}

// Translation is deterministic, so the code is the same.
std::optional<ir::FunctionCode> TieredCode::with_offsets(const Function& f) const {
  ir::TranslateOptions options = translate_options();
  options.record_offsets = true;
  ir::Translator translator(*module_, *tiers_.interpreter->handlers, funcs_.get());
  auto again = translator.translate(f.func_index, options);
  if (!again || again->code.size() != f.code.code.size()) return std::nullopt;
  return *std::move(again);
}

runtime::CodePosition TieredCode::locate(const Code* pc) const {
  runtime::CodePosition position;
  const Place place = find(pc);
  if (place.function == nullptr) return position;
  position.func_index = place.function->func_index;
  position.offset = module_->functions[position.func_index].body_offset;
  if (const auto again = with_offsets(*place.function))
    if (const uint32_t offset = again->offset_of(place.index); offset != 0) position.offset = offset;
  return position;
}

bool TieredCode::unwind(runtime::FrameState& frame) const {
  const Place place = find(frame.pc);
  if (place.function == nullptr) return false;
  const Slot* header = frame.fp + place.function->code.param_slots;
  if (header[runtime::kHeaderCallerPc] == 0) return false;
  frame.pc = reinterpret_cast<const Code*>(header[runtime::kHeaderCallerPc]);
  frame.ctx = reinterpret_cast<InstanceContext*>(header[runtime::kHeaderCallerCtx]);
  frame.fp -=
      ir::field<uint16_t>(frame.pc, 0);  // the caller's call instruction contains the position of the callee's frame
  return true;
}

runtime::Slot* TieredCode::frame_end(const runtime::FrameState& frame) const {
  const Place place = find(frame.pc);
  return place.function == nullptr ? frame.fp : frame.fp + place.function->code.frame_slots;
}

}  // namespace ermine::tiering

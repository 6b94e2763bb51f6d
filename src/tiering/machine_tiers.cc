#include "tiering/machine_tiers.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/format.h"
#include "tiering/known_code.h"
#include "tiering/other_modules.h"
#include "tiering/tiered_code.h"

namespace ermine::tiering {

MachineTiers::MachineTiers(TieredCode& code, std::string_view name, const Tiers& tiers, const Policy& policy)
    : code_(code),
      name_(name),
      space_(tiers.arena, code.module().functions.size() - code.module().imported_functions,
             tiers.interpreter->call_stub) {
  for (const NativeTier* tier : tiers.compiled) {
    const auto level = static_cast<Level>(tiers_.size() + 1);
    has_loop_code_.push_back(!tier->enters_loops());
    const auto leads_here = [level](const Policy::Step& s) { return s.to == level; };
    inlines_ |= tier->inlines() && (policy.first == level || std::ranges::any_of(policy.steps, leads_here));
    tiers_.push_back(tier->open({.module = code.module(),
                                 .funcs = code.func_codes(),
                                 .interpreter = *tiers.interpreter,
                                 .options = code.options(),
                                 .space = space_,
                                 .counts = policy.from(level) != nullptr}));
  }
}

MachineTiers::~MachineTiers() {
  // The functions, and so the descriptions of their code, are gone already.
  for (const uint8_t* const begin : known_) forget_code(begin);
  if (const auto& listener = code_.options().listener)
    for (const auto& [begin, found] : found_) listener->removed(begin);
}

bool MachineTiers::compile(Function& f, Level level, uint32_t entry) {
  if (entry != 0 ? loop_entry(f, entry) != nullptr : f.level.load(std::memory_order_acquire) >= level) return true;
  const auto bit = static_cast<uint8_t>(1u << level);
  if (has_failed(f, level, entry)) return false;
  if ((f.compiling.fetch_or(bit, std::memory_order_acquire) & bit) != 0) return false;  // it is being compiled
  // Another thread may have finished it just now.
  const auto exists = [&] {
    return entry != 0 ? loop_entry(f, entry) != nullptr : f.level.load(std::memory_order_acquire) >= level;
  };
  std::vector<uint32_t> exits;
  if (!exists()) {
    OtherModules others(code_, level);  // as long as the code is made and announced
    const NativeModule::Lookups lookups{[&](uint32_t index) { return cell(f, index); },
                                        [&](uint32_t func_index) { return code_.callee(func_index, level); },
                                        [&](uint32_t func_index) { return others.imported(code_, func_index); }};
    auto machine = tiers_[level - 1]->compile(f.func_index, f.code, entry, lookups);
    const bool is_made = machine != nullptr;
    if (is_made) exits = machine->exits;
    if (is_made) {
      publish(f, level, entry, std::move(machine));
    } else if (entry != 0) {
      std::lock_guard lock(mutex_);
      f.failed_loops.insert(entry);
    } else {
      f.failed.fetch_or(bit, std::memory_order_relaxed);
    }
    if (const auto& counters = code_.options().counters) ++(is_made ? counters->compiled : counters->failed);
  }
  f.compiling.fetch_and(static_cast<uint8_t>(~bit), std::memory_order_release);
  // The loops around it, so that the program gets from the middle of a loop into code of all of it.
  for (const uint32_t exit : exits) compile(f, level, exit);
  return exists();
}

bool MachineTiers::has_failed(const Function& f, Level level, uint32_t entry) const {
  if (entry == 0) return (f.failed.load(std::memory_order_relaxed) >> level & 1) != 0;
  std::shared_lock lock(mutex_);
  return f.failed_loops.contains(entry);
}

// Until there is code for the loop, it is entered in the code that the function has.
const LoopCell* MachineTiers::cell(Function& f, uint32_t index) {
  std::lock_guard lock(mutex_);
  const auto [at, is_new] = f.cells.try_emplace(index, nullptr);
  if (is_new) {
    const runtime::Code* entry = &f.code.code[index];
    for (const auto& machine : f.levels)
      if (machine != nullptr)
        if (const runtime::Code* unit = machine->entry_at(index)) entry = unit;
    for (const auto& machine : f.loops)
      if (const runtime::Code* unit = machine->entry_at(index)) entry = unit;
    at->second.store(entry, std::memory_order_relaxed);
  }
  return &at->second;
}

const runtime::Code* MachineTiers::loop_entry(const Function& f, uint32_t index) const {
  std::shared_lock lock(mutex_);
  for (const auto& code : f.loops)
    if (const runtime::Code* entry = code->entry_at(index)) return entry;
  return nullptr;
}

void MachineTiers::publish(Function& f, Level level, uint32_t entry, std::unique_ptr<const MachineCode> machine) {
  const MachineCode& made = *machine;
  if (code_.options().listener) [[unlikely]]
    announce(f, level, made);
  const bool is_known = made.state.register_number != MachineCode::State::kInRegisters || made.has_others();
  if (is_known) remember_code(made);
  std::lock_guard lock(mutex_);
  if (is_known) known_.push_back(made.code);
  found_.emplace(made.code, Found{&f, machine.get(), level});
  if (entry != 0) {
    f.loops.push_back(std::move(machine));
    if (const auto cell = f.cells.find(entry); cell != f.cells.end())
      cell->second.store(made.entry, std::memory_order_release);
    return;
  }
  f.levels[level] = std::move(machine);
  if (f.level.load(std::memory_order_relaxed) > level) return;  // a higher one was faster
  f.machine.store(&made, std::memory_order_release);
  f.level.store(level, std::memory_order_release);
  // From now on, calls come here.
  const size_t index = f.func_index - code_.module().imported_functions;
  space_.set_entry(made.table_entry, made.code);
  if (made.register_entry != nullptr) {
    space_.set_register_entry(made.register_table_entry, made.register_entry);
    code_.func_codes()[index].register_entry.store(made.register_entry, std::memory_order_release);
  }
  code_.func_codes()[index].entry.store(made.entry, std::memory_order_release);
}

MachineTiers::Found MachineTiers::find(const void* address) const {
  const auto* p = static_cast<const uint8_t*>(address);
  std::shared_lock lock(mutex_);
  auto it = found_.upper_bound(p);
  if (it == found_.begin()) return {};
  const Found& f = std::prev(it)->second;
  return p < f.machine->code + f.machine->total_size ? f : Found{};
}

uint32_t MachineTiers::position(const Found& at, const void* address) const {
  return tiers_[at.level - 1]->position(*at.machine, at.function->code, address);
}

void MachineTiers::announce(const Function& f, Level level, const MachineCode& machine) const {
  std::string_view name = code_.module().function_name(f.func_index);
  std::string number;
  if (name.empty()) name = number = base::format("{}!func[{}]", name_, f.func_index);
  platform::NewCode news{.name = name, .file = name_, .begin = machine.code, .size = machine.code_size};
  std::vector<platform::NewCode::Line> lines;
  std::vector<platform::NewCode::StackDepth> depths;
  std::vector<platform::NewCode::Frames> frames;
  platform::CodeListener& listener = *code_.options().listener;
  if (listener.wants_layout()) {
    const CodeLayout layout = tiers_[level - 1]->layout(machine, f.code);
    std::map<const ir::FunctionCode*, std::optional<ir::FunctionCode>> translated;
    for (const auto& at : layout.positions) {
      const MachineCode::Inlined* const inlined = machine.inlined_at(at.index);
      const ir::FunctionCode& in = inlined != nullptr ? *inlined->code : f.code;
      const auto [again, is_new] = translated.try_emplace(&in);
      if (is_new) {
        const TieredCode* owner = &code_;
        for (const MachineCode::Inlined* i = inlined; i != nullptr && owner == &code_;
             i = machine.inlined_at(i->caller))
          if (i->func != nullptr) owner = static_cast<const TieredCode*>(i->func->owner);
        again->second = owner->with_offsets(*owner->find(in.code.data()).function);
      }
      if (!again->second) continue;
      const uint32_t offset = again->second->offset_of(inlined != nullptr ? at.index - inlined->first : at.index);
      if (offset != 0 && (lines.empty() || lines.back().line != offset)) lines.push_back({at.offset, offset});
    }
    for (const auto& d : layout.depths) depths.push_back({d.offset, d.bytes});
    for (const CodeFrames& part : machine.frames) frames.push_back({part.offset, part.size, part.program});
    news.lines = lines;
    news.depths = depths;
    news.frames = frames;
  }
  listener.added(news);
}

}  // namespace ermine::tiering

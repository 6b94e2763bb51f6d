#include "optimizing/tier.h"

#include <atomic>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>

#include "base/format.h"
#include "ermine/detail/library_file.h"
#include "optimizing/plugin.h"
#include "platform/large_stack.h"
#include "platform/library_needs.h"
#include "runtime/gc/slow_paths.h"
#include "tiering/code_space.h"
#include "verify/optimized/verifier.h"
#include "verify/refusals.h"
#include "verify/written_code.h"

namespace ermine::optimizing {

namespace {

using tiering::CodeLayout;
using tiering::MachineCode;

// Larger functions are not compiled: time and memory grow faster than the size.
constexpr size_t kMostUnits = 20'000;

const void* const kNoteOldObject = reinterpret_cast<const void*>(&runtime::gc::note_old_object);

constexpr PluginFile kPluginOfLlvm{"optimised code needs", kPluginFile, kPluginEntry,
                                   "it is built and installed with ermine if Debian's package llvm-19-dev is there, "
                                   "and needs the package libllvm19"};

// The plug-in of the process, which is opened once.
class OpenedPlugin {
 public:
  explicit OpenedPlugin(const tiering::Interpreter& interpreter)
      : interpreter_(interpreter), path_(file_beside_program(kPluginOfLlvm)) {
    if (path_.empty()) path_ = platform::find_library(kPluginFile);
  }

  // Empty: only opening it would find it.
  const std::string& path() const { return path_; }
  bool is_open() const { return is_open_.load(std::memory_order_acquire); }

  const Result<Generator*>& open() {
    std::call_once(once_, [this] {
      opened_ = open_file();
      is_open_.store(true, std::memory_order_release);
    });
    return opened_;
  }
  // Null, after a warning for the first module: it cannot be opened.
  Generator* generator(const runtime::CodeOptions& options) {
    const Result<Generator*>& made = open();
    if (made) return *made;
    if (options.warn != nullptr && !has_warned_.exchange(true))
      options.warn(options.report_bug_context,
                   base::format("there is no optimised code: {:t}", made.error().message()));
    return nullptr;
  }

 private:
  Result<Generator*> open_file() const {
    ERMINE_ASSIGN(void* const entry, open_plugin(kPluginOfLlvm, path_));
    const Plugin* const plugin = reinterpret_cast<PluginEntry>(entry)();
    if (plugin == nullptr || std::string_view(plugin->build) != kBuild) return of_another_version(kPluginOfLlvm);
    // It lives as long as the program, as the library does.
    Generator* const generator = plugin->make({.handlers = interpreter_.handlers,
                                               .trap_handler = interpreter_.trap_handler,
                                               .note_old_object = kNoteOldObject});
    if (generator == nullptr) return Error(ErrorKind::kUnsupported, "there is no optimised code for this processor");
    return generator;
  }

  const tiering::Interpreter& interpreter_;
  std::string path_;
  std::once_flag once_;
  Result<Generator*> opened_{static_cast<Generator*>(nullptr)};
  std::atomic<bool> is_open_ = false, has_warned_ = false;
};

class Module final : public tiering::NativeModule {
 public:
  Module(const tiering::ModuleParts& parts, OpenedPlugin& plugin) : parts_(parts), plugin_(plugin) {}

  std::unique_ptr<const MachineCode> compile(uint32_t func_index, const ir::FunctionCode& code, uint32_t entry,
                                             const Lookups& lookups) override {
    const std::span<const uint8_t> call_table = parts_.space.call_table();
    const std::span<const uint8_t> register_table = parts_.space.register_table();
    if (call_table.empty() || register_table.empty()) return nullptr;
    if (code.code.size() > kMostUnits) return nullptr;
    Generator* const generator = plugin_.generator(parts_.options);
    if (generator == nullptr) return nullptr;
    const tiering::Surroundings in{.module = parts_.module,
                                   .funcs = parts_.funcs,
                                   .call_table = call_table.data(),
                                   .register_table = register_table.data(),
                                   .callee = lookups.callee,
                                   .imported = lookups.imported};
    const Request request{.in = in,
                          .code = code,
                          .func_index = func_index,
                          .entry = entry,
                          .cell = lookups.cell,
                          .opt_level = parts_.options.opt_level,
                          .wants_frames = parts_.options.listener && parts_.options.listener->wants_layout()};
    Object object;
    object.problem = "LLVM has given up";
    // LLVM needs more of the stack than the caller's may have, which may be an Execution's.
    if (!platform::run_on_large_stack([&] { object = generator->compile(request); }) || !object.problem.empty())
      return nullptr;
    // The entry's unit follows: the address of the code.
    std::vector<uint8_t>& bytes = object.bytes;
    bytes.resize((bytes.size() + 7) & ~size_t{7});
    const auto unit = static_cast<uint32_t>(bytes.size());
    bytes.resize(bytes.size() + sizeof(runtime::Code));
    const auto at = parts_.space.take(bytes.size());
    if (at.size == 0) return nullptr;
    const auto address = reinterpret_cast<runtime::Code>(at.execute);
    std::memcpy(bytes.data() + unit, &address, sizeof address);
    std::unique_ptr<const MachineCode> made = describe(object, at, unit, func_index, entry);
    // The code is complete and verified before it is written to executable memory, and does not change there.
    if (parts_.options.verify_code) {
      if (!is_safe(func_index, verify(*made, bytes, func_index, code, in, lookups.cell))) {
        parts_.space.give_back(at);
        return nullptr;
      }
      const bool is_free = written_.add({at.execute, bytes.size()});
      if (!is_safe(func_index, is_free ? "" : "it would overwrite another function's")) return nullptr;
    }
    bool is_written = parts_.space.write(at, bytes);
    if (is_written && parts_.options.verify_code)
      is_written = is_safe(func_index,
                           std::memcmp(at.execute, bytes.data(), bytes.size()) == 0 ? "" : "other bytes were written");
    if (!is_written) {
      if (parts_.options.verify_code) written_.remove(at.execute);
      parts_.space.give_back(at);
      return nullptr;
    }
    return made;
  }

  uint32_t position(const MachineCode& machine, const ir::FunctionCode&, const void* address) const override {
    return machine.position_of_record(address);
  }

  CodeLayout layout(const MachineCode& machine, const ir::FunctionCode&) const override {
    CodeLayout layout;
    layout.positions = machine.positions;
    return layout;
  }

 private:
  // `unit`: the offset of the entry's unit.
  std::unique_ptr<const MachineCode> describe(Object& object, const tiering::CodeArena::Block& at, uint32_t unit,
                                              uint32_t func_index, uint32_t entry) const {
    auto made = std::make_unique<MachineCode>();
    made->code = at.execute;
    made->code_size = object.code_size;
    made->total_size = static_cast<uint32_t>(object.bytes.size());
    made->entry = reinterpret_cast<const runtime::Code*>(at.execute + unit);
    made->entries.push_back({entry, made->entry});
    made->exits = std::move(object.exits);
    const size_t place = (func_index - parts_.module.imported_functions) * sizeof(void*);
    made->table_entry = parts_.space.call_table().data() + place;
    if (object.register_entry != 0) {
      made->register_entry = at.execute + object.register_entry;
      made->register_table_entry = parts_.space.register_table().data() + place;
    }
    if (object.state_register != Object::kNoRegister)
      made->state = {.register_number = object.state_register, .offset = object.state_offset};
    made->positions = std::move(object.positions);
    made->inlined = std::move(object.inlined);
    made->frames = std::move(object.frames);
    return made;
  }

  bool is_safe(uint32_t func_index, const std::optional<std::string>& problem) {
    return refusals_.allow(func_index, problem, verify::optimized::problem());
  }

  // No value: code cannot be verified here.
  std::optional<std::string> verify(const MachineCode& made, std::span<const uint8_t> bytes, uint32_t func_index,
                                    const ir::FunctionCode& function, const tiering::Surroundings& in,
                                    const std::function<const tiering::LoopCell*(uint32_t)>& cell) {
    if (!verify::optimized::problem().empty()) return std::nullopt;
    return verify::optimized::verify(made, bytes,
                                     {.in = in,
                                      .function = function,
                                      .func_index = func_index,
                                      .host = parts_.interpreter,
                                      .note_old_object = kNoteOldObject,
                                      .cell = cell});
  }

  const tiering::ModuleParts parts_;
  OpenedPlugin& plugin_;
  verify::WrittenCode written_;
  verify::Refusals refusals_{parts_.options, "optimised code"};
};

class Tier final : public tiering::NativeTier {
 public:
  explicit Tier(const tiering::Interpreter& interpreter) : plugin_(interpreter) {}
  std::string_view name() const override { return "optimized"; }
  bool enters_loops() const override { return false; }
  bool inlines() const override { return true; }
  std::unique_ptr<tiering::NativeModule> open(const tiering::ModuleParts& parts) const override {
    return std::make_unique<Module>(parts, plugin_);
  }
  OpenedPlugin& plugin() const { return plugin_; }

 private:
  mutable OpenedPlugin plugin_;
};

const Tier& the_tier(const tiering::Interpreter& interpreter) {
  static const Tier* const tier = new Tier(interpreter);  // lives as long as the program
  return *tier;
}

}  // namespace

Result<const tiering::NativeTier*> tier(const tiering::Interpreter& interpreter, Opening when) {
  const Tier& tier = the_tier(interpreter);
  if (when == Opening::kNow || tier.plugin().path().empty())
    if (const Result<Generator*>& opened = tier.plugin().open(); !opened) return opened.error().clone();
  return &tier;
}

std::optional<std::vector<std::string>> files_to_open(const tiering::Interpreter& interpreter) {
  const OpenedPlugin& plugin = the_tier(interpreter).plugin();
  if (plugin.is_open()) return std::vector<std::string>();
  return platform::places_of_library(plugin.path());
}

}  // namespace ermine::optimizing

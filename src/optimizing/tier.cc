#include "optimizing/tier.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "ermine/detail/library_file.h"
#include "optimizing/plugin.h"
#include "platform/large_stack.h"
#include "runtime/gc/slow_paths.h"
#include "tiering/code_space.h"

namespace ermine::optimizing {

namespace {

using tiering::CodeLayout;
using tiering::MachineCode;

// Larger functions are not compiled: time and memory grow faster than the size.
constexpr size_t kMostUnits = 20'000;

class Module final : public tiering::NativeModule {
 public:
  Module(const tiering::ModuleParts& parts, Generator& generator) : parts_(parts), generator_(generator) {}

  std::unique_ptr<const MachineCode> compile(uint32_t func_index, const ir::FunctionCode& code, uint32_t entry,
                                             const Lookups& lookups) override {
    const std::span<const uint8_t> call_table = parts_.space.call_table();
    const std::span<const uint8_t> register_table = parts_.space.register_table();
    if (call_table.empty() || register_table.empty()) return nullptr;
    if (code.code.size() > kMostUnits) return nullptr;
    const Request request{.module = parts_.module,
                          .code = code,
                          .func_index = func_index,
                          .call_table = call_table.data(),
                          .register_table = register_table.data(),
                          .entry = entry,
                          .lookups = lookups};
    Object object;
    object.problem = "LLVM has given up";
    // LLVM needs more of the stack than the caller's may have, which may be an Execution's.
    if (!platform::run_on_large_stack([&] { object = generator_.compile(request); }) || !object.problem.empty())
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
    if (!parts_.space.write(at, bytes)) {
      parts_.space.give_back(at);
      return nullptr;
    }
    auto made = std::make_unique<MachineCode>();
    made->code = at.execute;
    made->code_size = object.code_size;
    made->total_size = static_cast<uint32_t>(bytes.size());
    made->entry = reinterpret_cast<const runtime::Code*>(at.execute + unit);
    made->entries.push_back({entry, made->entry});
    made->exits = std::move(object.exits);
    const size_t place = (func_index - parts_.module.imported_functions) * sizeof(void*);
    made->table_entry = call_table.data() + place;
    if (object.register_entry != 0) {
      made->register_entry = at.execute + object.register_entry;
      made->register_table_entry = register_table.data() + place;
    }
    if (object.state_register != Object::kNoRegister)
      made->state = {.register_number = object.state_register, .offset = object.state_offset};
    made->positions = std::move(object.positions);
    made->inlined = std::move(object.inlined);
    return made;
  }

  uint32_t position(const MachineCode& machine, const ir::FunctionCode&, const void* address) const override {
    auto* p = static_cast<const uint8_t*>(address);
    if (p >= machine.code + machine.code_size) {  // in a record, whose first unit is the index
      uint64_t index;
      std::memcpy(&index, p - 8, sizeof index);
      return static_cast<uint32_t>(index);
    }
    return machine.position_of(p);
  }

  CodeLayout layout(const MachineCode& machine, const ir::FunctionCode&) const override {
    CodeLayout layout;
    layout.positions = machine.positions;
    return layout;
  }

 private:
  const tiering::ModuleParts parts_;
  Generator& generator_;
};

class Tier final : public tiering::NativeTier {
 public:
  explicit Tier(Generator& generator) : generator_(generator) {}
  std::string_view name() const override { return "optimized"; }
  bool enters_loops() const override { return false; }
  std::unique_ptr<tiering::NativeModule> open(const tiering::ModuleParts& parts) const override {
    return std::make_unique<Module>(parts, generator_);
  }

 private:
  Generator& generator_;
};

constexpr PluginFile kPluginOfLlvm{"optimised code needs", kPluginFile, kPluginEntry,
                                   "it is built and installed with ermine if Debian's package llvm-19-dev is there, "
                                   "and needs the package libllvm19"};

Result<const tiering::NativeTier*> open_tier(const tiering::Interpreter& interpreter) {
  ERMINE_ASSIGN(void* const entry, open_plugin(kPluginOfLlvm));
  const Plugin* const plugin = reinterpret_cast<PluginEntry>(entry)();
  if (plugin == nullptr || std::string_view(plugin->build) != kBuild) return of_another_version(kPluginOfLlvm);
  // It lives as long as the program, as the library does.
  Generator* const generator =
      plugin->make({.handlers = interpreter.handlers,
                    .trap_handler = interpreter.trap_handler,
                    .note_old_object = reinterpret_cast<const void*>(&runtime::gc::note_old_object)});
  if (generator == nullptr) return Error(ErrorKind::kUnsupported, "there is no optimised code for this processor");
  return new Tier(*generator);
}

}  // namespace

const Result<const tiering::NativeTier*>& tier(const tiering::Interpreter& interpreter) {
  static const Result<const tiering::NativeTier*> tier = open_tier(interpreter);
  return tier;
}

}  // namespace ermine::optimizing

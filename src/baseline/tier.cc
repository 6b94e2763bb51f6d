#include "baseline/tier.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/idle_pool.h"
#include "baseline/compiler.h"
#include "baseline/layout.h"
#include "baseline/machine.h"
#include "tiering/code_space.h"
#include "verify/capstone.h"
#include "verify/refusals.h"
#include "verify/verifier.h"
#include "verify/written_code.h"

namespace ermine::baseline {

namespace {

using tiering::CodeLayout;
using tiering::Interpreter;
using tiering::MachineCode;

class Module final : public tiering::NativeModule {
 public:
  Module(const tiering::ModuleParts& parts, base::IdlePool<verify::Verifier>& verifiers)
      : parts_(parts), verifiers_(verifiers) {}

  std::unique_ptr<const MachineCode> compile(uint32_t func_index, const ir::FunctionCode& code, uint32_t,
                                             const Lookups&) override {
    const std::span<const uint8_t> call_table = parts_.space.call_table();
    if (call_table.empty()) return nullptr;
    auto compiler = compilers_.take();
    if (!compiler)
      compiler = std::make_unique<Compiler>(parts_.module, parts_.funcs, parts_.interpreter, parts_.options.verify_code,
                                            parts_.counts);
    auto made = compile(*compiler, func_index, code, call_table);
    // The memory for a large function is not kept for the small ones after it.
    constexpr size_t kLargeUnits = 1 << 17;
    if (code.code.size() < kLargeUnits) compilers_.give_back(std::move(compiler));
    return made;
  }

  uint32_t position(const MachineCode& machine, const ir::FunctionCode& code, const void* address) const override {
    auto* p = static_cast<const uint8_t*>(address);
    // A call-out contains it in the unit before.
    if (p >= machine.code + machine.code_size) {
      uint64_t index;
      std::memcpy(&index, p - 8, sizeof index);
      return static_cast<uint32_t>(index);
    }
    // Positions are not stored: compiling again yields them.
    Compiler again(parts_.module, parts_.funcs, parts_.interpreter, false, parts_.counts);
    if (!again.compile(code, true)) return 0;
    auto offset = static_cast<uint32_t>(p - machine.code);
    auto list = again.positions();
    auto it = std::upper_bound(list.begin(), list.end(), offset,
                               [](uint32_t o, const CodeLayout::Position& at) { return o < at.offset; });
    return it == list.begin() ? 0 : std::prev(it)->index;
  }

  CodeLayout layout(const MachineCode& machine, const ir::FunctionCode& code) const override {
    CodeLayout layout;
    Compiler again(parts_.module, parts_.funcs, parts_.interpreter, false, parts_.counts);
    if (again.compile(code, true)) {
      layout.positions.assign(again.positions().begin(), again.positions().end());
      layout.depths = stack_depths({machine.code, machine.code_size}, code, HandlerIndex(*parts_.interpreter.handlers),
                                   layout.positions);
    }
    return layout;
  }

 private:
  std::unique_ptr<const MachineCode> compile(Compiler& compiler, uint32_t func_index, const ir::FunctionCode& code,
                                             std::span<const uint8_t> call_table) {
    if (!compiler.compile(code)) return nullptr;
    const auto at = parts_.space.take(compiler.bytes().size());
    if (at.size == 0) return nullptr;
    // The code is complete and verified before it is written to executable memory, and does not change there.
    compiler.link(at.execute, call_table.data());
    const std::span<const uint8_t> bytes = compiler.bytes();
    const verify::Subject subject{.module = parts_.module,
                                  .function = code,
                                  .funcs = parts_.funcs,
                                  .call_table = call_table,
                                  .index = func_index - parts_.module.imported_functions,
                                  .has_fuel = parts_.options.consume_fuel};
    if (parts_.options.verify_code) {
      if (!is_safe(func_index, verify(compiler.description(at.execute), subject))) {
        parts_.space.give_back(at);
        return nullptr;
      }
      const bool is_free = written_.add({at.execute, bytes.size()});
      if (!is_safe(func_index, is_free ? "" : "it would overwrite another function's")) return nullptr;
    }
    if (!parts_.space.write(at, bytes)) {
      give_back(at);
      return nullptr;
    }
    auto made = std::make_unique<MachineCode>();
    made->code = at.execute;
    made->code_size = compiler.code_size();
    made->total_size = static_cast<uint32_t>(bytes.size());
    made->entries.reserve(compiler.entries().size());
    for (const Compiler::Entry& e : compiler.entries())
      made->entries.push_back({e.index, reinterpret_cast<const runtime::Code*>(at.execute + e.unit)});
    made->entry = made->entries.front().unit;
    made->table_entry = call_table.data() + (func_index - parts_.module.imported_functions) * sizeof(void*);
    if (parts_.options.verify_code &&
        !is_safe(func_index, verify::compare_written(compiler.description(at.execute), subject, *made))) {
      give_back(at);
      return nullptr;
    }
    return made;
  }

  void give_back(const tiering::CodeArena::Block& at) {
    if (parts_.options.verify_code) written_.remove(at.execute);
    parts_.space.give_back(at);
  }

  bool is_safe(uint32_t func_index, const std::optional<std::string>& problem) {
    return refusals_.allow(func_index, problem, verify::capstone_problem());
  }

  // No value: code cannot be verified here.
  std::optional<std::string> verify(const verify::Code& code, const verify::Subject& subject) {
    static const verify::Machine* const machine = verify::this_machine();
    if (machine == nullptr) return std::nullopt;
    auto verifier = verifiers_.take();
    if (!verifier) verifier = std::make_unique<verify::Verifier>(*machine, parts_.interpreter, mark_holes);
    std::string problem = verifier->verify(code, subject);
    verifiers_.give_back(std::move(verifier));
    return problem;
  }

  const tiering::ModuleParts parts_;
  base::IdlePool<Compiler> compilers_;
  base::IdlePool<verify::Verifier>& verifiers_;
  verify::WrittenCode written_;
  verify::Refusals refusals_{parts_.options, "machine code"};
};

class Tier final : public tiering::NativeTier {
 public:
  std::string_view name() const override { return "baseline"; }
  bool enters_loops() const override { return true; }
  bool inlines() const override { return false; }
  std::unique_ptr<tiering::NativeModule> open(const tiering::ModuleParts& parts) const override {
    return std::make_unique<Module>(parts, verifiers_);
  }

 private:
  // A verifier's facts about stencils hold for every module. (There is one Interpreter.)
  mutable base::IdlePool<verify::Verifier> verifiers_;
};

}  // namespace

const tiering::NativeTier* tier() {
  static const Tier tier;
  static const bool suffices = processor_suffices();
  return suffices ? &tier : nullptr;
}

}  // namespace ermine::baseline

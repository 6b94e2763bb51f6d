// TieredCode: the code of a module's functions in every tier. Each is translated to register code when it is first
// called, and compiled to machine code when the policy says so (policy.h).
//
// Code is made without a lock and published under one. If two threads translate the same function, the second discards
// its result; while one compiles a function, others continue with the existing code. So a thread waits for code only if
// it cannot continue without it, and looking up the function of an address (backtraces, traps, exceptions) never waits
// for a compiler.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "base/idle_pool.h"
#include "ir/translator.h"
#include "runtime/module_code.h"
#include "tiering/function.h"

namespace ermine::tiering {

class BackgroundCompiler;
class CodeArena;
class MachineTiers;

// What an engine provides for the code of all its modules, and keeps as long as there is any.
struct Tiers {
  const Interpreter* interpreter = nullptr;
  std::vector<const NativeTier*> compiled;  // levels from 1 on, see policy.h
  CodeArena* arena = nullptr;  // null: no space for machine code
  BackgroundCompiler* background = nullptr;  // for CompileThread::kBackground; null: never used
};

class TieredCode final : public runtime::ModuleCode {
 public:
  // `name`: for messages; must outlive this object.
  TieredCode(std::shared_ptr<const wasm::Module> module, std::string_view name, const runtime::CodeOptions& options,
             const Tiers& tiers, Policy policy);
  ~TieredCode() override;

  // Makes the function's register code if it has none yet, and the code of the policy's first level. `ctx`: of the
  // instance that calls it; null: none does yet. Thread-safe.
  Result<void> translate(runtime::FuncCode* func, const runtime::InstanceContext* ctx = nullptr);
  Result<void> make_all() override;

  runtime::CodePosition locate(const runtime::Code* pc) const override;
  bool unwind(runtime::FrameState& frame) const override;
  runtime::Slot* frame_end(const runtime::FrameState& frame) const override;

  // For a counting instruction of the register code (enter_count, loop) whose counter has reached zero: makes the code
  // of the policy's next level, and returns its entry for pc. If there is none yet, or can be none, returns the code
  // behind pc, after setting its counter to ask again, or never. `ctx`: of the instance that runs it. Thread-safe.
  const runtime::Code* tier_up(const runtime::Code* pc, const runtime::InstanceContext* ctx);

  // For IrOp::sample: the function of pc, in machine code, is running. If it was sampled often enough, makes the code
  // of the policy's next level, and returns its entry for pc; null: the function continues as it is. Thread-safe.
  const runtime::Code* sample(const runtime::Code* pc, const runtime::InstanceContext* ctx);

  // The function of pc, in register code or machine code. Null function: it is in none of this module's.
  struct Place {
    const Function* function = nullptr;
    uint32_t index = 0;  // of the instruction in the register code
  };
  Place find(const runtime::Code* pc) const;

  // For a compiler of the level that wants to inline the function. One that has no register code yet gets it only if
  // functions begin in that level: otherwise it was never called. Thread-safe.
  Callee callee(uint32_t func_index, Level level);

  // What a function that the module imports was in the first instance that ran hot code. Null: it was the host's, or
  // nothing is known. Thread-safe.
  struct Import {
    std::shared_ptr<const runtime::FuncCode> func;  // keeps the records of its module, but not the module
    std::weak_ptr<runtime::ModuleCode> owner;
  };
  Import import_at(uint32_t func_index) const;

  // MachineTiers::call_table(), register_table().
  const uint8_t* call_table();
  const uint8_t* register_table();

  // Translates the function's register code again, with the offsets of instructions, which are not stored. Nothing if
  // the result is different code.
  std::optional<ir::FunctionCode> with_offsets(const Function& f) const;

 private:
  ir::TranslateOptions translate_options() const;
  Function* function_at(const runtime::Code* pc) const;
  Result<std::unique_ptr<Function>> make_function(uint32_t func_index);
  void take(Function& f, const Policy::Step& step, uint32_t entry = 0);
  void note_imports(const runtime::InstanceContext* ctx);

  const Tiers& tiers_;
  const Policy policy_;
  std::shared_ptr<runtime::FuncCode[]> funcs_;
  std::shared_ptr<MachineTiers> machine_;  // null: everything is interpreted
  base::IdlePool<ir::Translator> translators_;
  mutable std::shared_mutex mutex_;  // guards the members below
  std::map<const runtime::Code*, std::unique_ptr<Function>> functions_;  // by first unit
  std::map<uint32_t, Function*> early_;  // translated, but not called yet, by index
  std::vector<Import> imports_;  // by index; empty until they are noted
  std::atomic<bool> has_imports_ = false;  // they are noted, or will not be
};

}  // namespace ermine::tiering

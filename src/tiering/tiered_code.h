// TieredCode: the code of a module's functions in every tier. Each is translated to register code when it is first
// called, and compiled to machine code when the policy says so (policy.h).
//
// Code is made without a lock and published under one. Of two threads that translate the same function the second
// throws its own away; where one compiles a function, others go on with what there is. So nobody waits for code but who
// cannot go on without it, and who looks for the function of an address (backtraces, traps, exceptions) waits for no
// compiler.
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

// What an engine gives to the code of all its modules, and keeps for as long as there is any.
struct Tiers {
  const Interpreter* interpreter = nullptr;
  std::vector<const NativeTier*> compiled;  // levels from 1 on, see policy.h
  CodeArena* arena = nullptr;  // null: no room for machine code
  BackgroundCompiler* background = nullptr;  // for CompileThread::kBackground; null: nothing is asked of it
};

class TieredCode final : public runtime::ModuleCode {
 public:
  // `name`: for people; lives as long as this.
  TieredCode(std::shared_ptr<const wasm::Module> module, std::string_view name, const runtime::CodeOptions& options,
             const Tiers& tiers, Policy policy);
  ~TieredCode() override;

  // Makes the function's register code if it has none yet, and what the policy has it begin with. Thread-safe.
  Result<void> translate(runtime::FuncCode* func);
  Result<void> make_all() override;

  runtime::CodePosition locate(const runtime::Code* pc) const override;
  bool unwind(runtime::FrameState& frame) const override;
  runtime::Slot* frame_end(const runtime::FrameState& frame) const override;

  // For an instruction of the register code that counts (enter_count, loop) and has counted down: makes the code that
  // the policy has follow, and returns its entry for pc. If there is none yet, or can be none, the code behind pc,
  // whose counter is set to ask again, or not to. Thread-safe.
  const runtime::Code* tier_up(const runtime::Code* pc);

  // For IrOp::sample: the function that pc, in machine code, belongs to has been running. Makes the code that the
  // policy has follow if it was often, and returns its entry for pc; null: the function goes on where it is.
  // Thread-safe.
  const runtime::Code* sample(const runtime::Code* pc);

  // What pc, be it register code or machine code, belongs to. Null function: it is none of this module's.
  struct Place {
    const Function* function = nullptr;
    uint32_t index = 0;  // of the instruction in the register code
  };
  Place find(const runtime::Code* pc) const;

  // The function's register code once more, with the offsets that instructions come from, which are not kept. Nothing
  // if that is not the same code.
  std::optional<ir::FunctionCode> with_offsets(const Function& f) const;

 private:
  ir::TranslateOptions translate_options() const;
  Function* function_at(const runtime::Code* pc) const;
  void take(Function& f, const Policy::Step& step);

  const Tiers& tiers_;
  const Policy policy_;
  std::unique_ptr<runtime::FuncCode[]> funcs_;
  std::shared_ptr<MachineTiers> machine_;  // null: everything is interpreted
  base::IdlePool<ir::Translator> translators_;
  mutable std::shared_mutex mutex_;  // guards what follows
  std::map<const runtime::Code*, std::unique_ptr<Function>> functions_;  // by first unit
};

}  // namespace ermine::tiering

// InterpCode: a module's register code, translated function by function on first call.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "ir/function_code.h"
#include "ir/op_forms.h"
#include "ir/translator.h"
#include "runtime/module_code.h"

namespace ermine::interp {

// The table of handlers, a constant.
const ir::HandlerTable& handlers();

class InterpCode final : public runtime::ModuleCode {
 public:
  InterpCode(std::shared_ptr<const wasm::Module> module, const runtime::CodeOptions& options);
  ~InterpCode() override;

  // Makes the function's code if it has none yet. Thread-safe.
  Result<void> translate(runtime::FuncCode* code);

  runtime::CodePosition locate(const runtime::Code* pc) const override;
  bool unwind(runtime::FrameState& frame) const override;
  runtime::Slot* frame_end(const runtime::FrameState& frame) const override;

  // The function whose code holds pc. Null if it is none of this module's.
  const ir::FunctionCode* find(const runtime::Code* pc, uint32_t* func_index) const;

 private:
  struct Record {
    uint32_t func_index;
    ir::FunctionCode code;
  };
  std::unique_ptr<runtime::FuncCode[]> funcs_;
  mutable std::mutex mutex_;  // guards what follows
  ir::Translator translator_;
  std::map<const runtime::Code*, std::unique_ptr<Record>> records_;  // by first unit
};

// For handlers: translates `code`; false with ExecContext::error and last_* set if that fails. `fp` is the
// frame that was just entered.
bool translate_now(runtime::InstanceContext* ctx, runtime::FuncCode* code, runtime::Slot* fp);
bool is_declared_subtype(const wasm::TypeDef* have, wasm::TypeId want, runtime::InstanceContext* ctx);

}  // namespace ermine::interp

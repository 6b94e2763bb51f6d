// InterpCode: a module's register code, translated function by function on first call.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "ir/function_code.h"
#include "ir/native_tier.h"
#include "ir/op_forms.h"
#include "ir/translator.h"
#include "runtime/module_code.h"

namespace ermine::interp {

// The table of handlers, a constant.
const ir::HandlerTable& handlers();
// What machine code needs of the interpreter.
ir::NativeHost native_host();

class InterpCode final : public runtime::ModuleCode {
 public:
  // `name`: for people; lives as long as this. `native`: the tier for hot functions, or null.
  InterpCode(std::shared_ptr<const wasm::Module> module, std::string_view name, const runtime::CodeOptions& options,
             const ir::NativeTier* native);
  ~InterpCode() override;

  // Makes the function's code if it has none yet. Thread-safe.
  Result<void> translate(runtime::FuncCode* code);
  Result<void> make_all() override;

  runtime::CodePosition locate(const runtime::Code* pc) const override;
  bool unwind(runtime::FrameState& frame) const override;
  runtime::Slot* frame_end(const runtime::FrameState& frame) const override;

  // Makes machine code of the function at pc, if it has none yet, and returns the entry for pc, where a call
  // or loop is counted. If there cannot be any: the code behind pc, which is not to be asked for again. Thread-safe.
  const runtime::Code* move_up(const runtime::Code* pc);

  // A function's code, in one tier or both.
  struct Record {
    uint32_t func_index;
    ir::FunctionCode code;
    const ir::NativeFunction* native = nullptr;
    bool native_failed = false;
  };
  // What pc, be it register code or machine code, belongs to. Null record: it is none of this module's.
  struct Place {
    const Record* record = nullptr;
    uint32_t index = 0;  // in the register code
  };
  Place find(const runtime::Code* pc) const;

 private:
  ir::TranslateOptions translate_options() const;
  Record* record_at(const runtime::Code* pc) const;
  bool compile(Record& record);
  void announce(const Record& record);
  // The function's register code once more, with offsets. Nothing if that is not the same code.
  std::optional<ir::FunctionCode> with_offsets(const Record& record) const;
  std::string_view name_;
  std::unique_ptr<runtime::FuncCode[]> funcs_;
  std::unique_ptr<ir::NativeModule> native_;
  mutable std::mutex mutex_;  // guards what follows, and native_'s compiling
  ir::Translator translator_;
  std::map<const runtime::Code*, std::unique_ptr<Record>> records_;  // by first unit
};

// For handlers: translates `code`; false with ExecContext::error and last_* set if that fails. `fp` is the
// frame that was just entered.
// For handlers: InterpCode::move_up of the running function.
const runtime::Code* move_up(runtime::InstanceContext* ctx, const runtime::Code* pc);
bool translate_now(runtime::InstanceContext* ctx, runtime::FuncCode* code, runtime::Slot* fp);
bool is_declared_subtype(const wasm::TypeDef* have, wasm::TypeId want, runtime::InstanceContext* ctx);

}  // namespace ermine::interp

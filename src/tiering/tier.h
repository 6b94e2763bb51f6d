// What a tier that makes machine code is to the rest of the engine. A tier compiles register code, one function at a
// time; everything else is done here (tiered_code.h): when it is asked, where its code lies, who finds it.
//
// Machine code runs on the interpreter's frames and in its calling convention, instruction by instruction: wherever the
// register code can be entered (a function's start, a loop, a catch), the machine code may be entered instead through
// an *entry*, a unit that holds its address, as if it were a handler. So a function can go from one tier to another
// wherever both have an entry, in the middle of a loop too.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "ir/function_code.h"
#include "ir/op_forms.h"
#include "runtime/module_code.h"
#include "wasm/module.h"

namespace ermine::tiering {

class CodeSpace;

// The interpreter's side. Everything lives as long as the program.
struct Interpreter {
  const ir::HandlerTable* handlers = nullptr;
  const void* trap_handler = nullptr;  // a handler: leaves with the trap in r0 at pc
  const void* call_stub = nullptr;  // called like a function: runs the code of another (interp/stubs.h)
  const void* fail_handler = nullptr;  // a handler: leaves after a host function failed; last_* say where
  // What a function without code begins with: it asks for TieredCode::translate.
  const runtime::Code* untranslated = nullptr;
};

// The module that a tier compiles functions of. Everything lives longer than the NativeModule.
struct ModuleParts {
  const wasm::Module& module;
  runtime::FuncCode* funcs;  // by defined function index
  const Interpreter& interpreter;
  const runtime::CodeOptions& options;
  CodeSpace& space;
  // Whether a tier follows this one: code then counts its calls and the rounds of its loops together in
  // ExecContext::until_sample, which it takes one from, and runs IrOp::sample when that was 0.
  bool counts = false;
};

// Machine code of one function, where it is executed. Immutable.
struct MachineCode {
  struct Entry {
    uint32_t index;  // of an instruction in the register code
    const runtime::Code* unit;
  };
  const runtime::Code* entry = nullptr;  // the function's own
  std::vector<Entry> entries;  // loops and catches, ascending
  const uint8_t* code = nullptr;
  uint32_t code_size = 0;  // bytes of machine code, without what lies behind it
  uint32_t total_size = 0;  // with that

  // The entry at an instruction; null if it has none.
  const runtime::Code* entry_at(uint32_t index) const;
};

// What stands where in the machine code of a function.
struct CodeLayout {
  // Code of an instruction of the register code begins; behind what runs straight on, code out of line. Ascending.
  struct Position {
    uint32_t offset;  // in the machine code
    uint32_t index;  // in the register code
  };
  // From here on so many bytes lie on the native stack above the return address. Ascending; 0 at first.
  struct StackDepth {
    uint32_t offset;
    uint32_t bytes;
  };
  std::vector<Position> positions;
  std::vector<StackDepth> depths;
};

// A tier at work on one module. Thread-safe: no lock is held when any of this is called, and several threads may
// compile at once, even the same function (what is made second is thrown away).
class NativeModule {
 public:
  virtual ~NativeModule() = default;
  // Compiles a function from its register code and puts the result into ModuleParts::space, checked as the options ask
  // (CodeOptions::verify) before it can be executed; nothing leads to it yet. Null if the function cannot be compiled,
  // or there is no room, or the check refuses it: it stays in the tier that it is in, and is not asked for again.
  virtual std::unique_ptr<const MachineCode> compile(uint32_t func_index, const ir::FunctionCode& code) = 0;
  // Index of the instruction in the register code that an address belongs to: one in the machine code, or of something
  // beside it that served a handler as pc.
  virtual uint32_t position(const MachineCode& machine, const ir::FunctionCode& code, const void* address) const = 0;
  // The same for all of a function, for profilers, debuggers and `explore`. Neither needs to be quick.
  virtual CodeLayout layout(const MachineCode& machine, const ir::FunctionCode& code) const = 0;
};

// A tier. Immutable and thread-safe; lives as long as the engines that have it.
class NativeTier {
 public:
  virtual ~NativeTier() = default;
  // For people.
  virtual std::string_view name() const = 0;
  // Makes no code yet, and should cost next to nothing.
  virtual std::unique_ptr<NativeModule> open(const ModuleParts& parts) const = 0;
};

}  // namespace ermine::tiering

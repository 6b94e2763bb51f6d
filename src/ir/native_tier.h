// What a tier that makes machine code is to the one that owns the register code. Machine code made here runs
// on the interpreter's frames and in its calling convention, instruction by instruction: wherever the
// register code can be entered (a function's start, a loop, a catch), the machine code may be entered
// instead through an *entry*, a unit that holds its address, as if it were a handler.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "ir/function_code.h"
#include "ir/op_forms.h"
#include "runtime/module_code.h"
#include "wasm/module.h"

namespace ermine::ir {

// The interpreter's side. Everything lives as long as the program.
struct NativeHost {
  const HandlerTable* handlers = nullptr;
  const void* trap_handler = nullptr;  // a handler: leaves with the trap in r0 at pc
  const void* call_stub = nullptr;     // called like a function: runs the code of another (interp/stubs.h)
  const void* fail_handler = nullptr;  // a handler: leaves after a host function failed; last_* say where
};

// Machine code of one function. Immutable; owned by its NativeModule.
struct NativeFunction {
  struct Entry {
    uint32_t index;  // of an instruction in the register code
    const runtime::Code* unit;
  };
  uint32_t func_index = 0;
  const runtime::Code* source = nullptr;  // the register code that it was made from
  const runtime::Code* entry = nullptr;
  std::span<const Entry> entries;  // loops and catches, ascending
  const uint8_t* code = nullptr;   // as it is executed
  uint32_t code_size = 0;          // machine code, without what lies behind it
  uint32_t total_size = 0;

  // The entry at an instruction; null if it has none.
  const runtime::Code* entry_at(uint32_t index) const;
};

// What stands where in the machine code of a function.
struct NativeLayout {
  // Code of an instruction of the register code begins; behind what runs straight on, code out of line. Ascending.
  struct Position {
    uint32_t offset;  // in the machine code
    uint32_t index;   // in the register code
  };
  // From here on so many bytes lie on the native stack above the return address. Ascending; 0 at first.
  struct StackDepth {
    uint32_t offset;
    uint32_t bytes;
  };
  std::vector<Position> positions;
  std::vector<StackDepth> depths;
};

// The machine code of a module. compile() is called by one thread at a time; the rest is thread-safe.
class NativeModule {
 public:
  virtual ~NativeModule() = default;
  // Null if the function cannot be compiled or there is no room; it goes on being interpreted then.
  virtual const NativeFunction* compile(uint32_t func_index, const FunctionCode& code) = 0;
  // The function that an address belongs to, be it of an instruction or of something beside the code that
  // served a handler as pc. Null if none.
  virtual const NativeFunction* find(const void* address) const = 0;
  // Index of the instruction in the register code that an address (see find) belongs to.
  virtual uint32_t position(const NativeFunction& function, const FunctionCode& code, const void* address) const = 0;
  // The same for all of a function. Neither is kept: the function is compiled again to find it.
  virtual NativeLayout layout(const NativeFunction& function, const FunctionCode& code) const = 0;
  // Bytes of machine code and what lies beside it.
  virtual size_t code_bytes() const = 0;
};

// A tier. Null from make(): not on this machine.
struct NativeTier {
  const char* name;
  std::unique_ptr<NativeModule> (*make)(const wasm::Module& module, runtime::FuncCode* funcs, const NativeHost& host,
                                        const runtime::CodeOptions& options);
  // Where all its code lies. False: not on this machine.
  bool (*code_range)(const uint8_t** begin, const uint8_t** end);
};

}  // namespace ermine::ir

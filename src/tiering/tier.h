// The interface of a tier that makes machine code. A tier compiles register code, one function at a time; this folder
// does everything else (tiered_code.h): when a function is compiled, where its code is stored, how an address is mapped
// to a function.
//
// Machine code uses the interpreter's frames and calling convention at every instruction: wherever the register code
// can be entered (a function's start, a loop, a catch), the machine code may be entered instead through an *entry*, a
// unit that holds its address, as if the address were a handler. So a function can go from one tier to another wherever
// both have an entry, in the middle of a loop too.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
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

// The interpreter, as seen by tiers. Everything lives as long as the program.
struct Interpreter {
  const ir::HandlerTable* handlers = nullptr;
  const void* trap_handler = nullptr;  // a handler: leaves with the trap in r0 at pc
  const void* call_stub = nullptr;  // called like a function: runs the code of another (interp/stubs.h)
  const void* fail_handler = nullptr;  // a handler: leaves after a host function failed; last_* say where
  // The first unit of a function without code: it calls TieredCode::translate.
  const runtime::Code* untranslated = nullptr;
};

// The module whose functions a tier compiles. Everything outlives the NativeModule.
struct ModuleParts {
  const wasm::Module& module;
  runtime::FuncCode* funcs;  // by defined function index
  const Interpreter& interpreter;
  const runtime::CodeOptions& options;
  CodeSpace& space;
  // Whether a tier follows this one: then code counts its calls and the rounds of its loops together in
  // ExecContext::until_sample: it subtracts one, and runs IrOp::sample if the field was 0.
  bool counts = false;
};

// A cell has the unit that a loop is entered through, in the best code that there is for it. Code that is entered at an
// inner loop leaves through the cells of the loops around it.
using LoopCell = std::atomic<const runtime::Code*>;

// What a module's functions are compiled in.
struct Surroundings;

// A function whose code may become a part of another's.
struct Callee {
  const ir::FunctionCode* code = nullptr;  // lives as long as its module; null: it is not to be inlined
  bool is_warm = false;  // it is known to have been called often
};

// What a function that a module imports was, in one of its instances. In others it may be another.
struct ImportedFunc {
  std::shared_ptr<const runtime::FuncCode> func;  // null: nothing is known, or it is the host's
  Callee callee;
  const Surroundings* in = nullptr;  // of its module; valid as long as the lookup's are
};

struct Surroundings {
  const wasm::Module& module;
  const runtime::FuncCode* funcs;  // by defined function index
  const uint8_t *call_table = nullptr, *register_table = nullptr;  // CodeSpace's
  std::function<Callee(uint32_t func_index)> callee;  // a function of the module that is called
  std::function<ImportedFunc(uint32_t func_index)> imported;  // one that it imports
};

// How to unwind the frames of a part of a function's machine code: as in platform::NewCode.
struct CodeFrames {
  uint32_t offset, size;
  std::vector<uint8_t> program;
};

// Machine code of one function, at its final address. Immutable.
struct MachineCode {
  struct Entry {
    uint32_t index;  // of an instruction in the register code
    const runtime::Code* unit;
  };
  // Start of the code of an instruction of the register code.
  struct Position {
    uint32_t offset;  // in the machine code
    uint32_t index;  // in the register code; of an inlined function: see Inlined
  };
  // A function that is inlined. The positions of its instructions are indices in its register code, and `first`. It has
  // a frame as if it were called, whose header is stored where something needs the frames of callers.
  struct Inlined {
    uint32_t first;
    uint32_t func_index;
    const ir::FunctionCode* code;
    uint32_t caller;  // the position of the call
    const runtime::Code* call;  // the same in the caller's register code
    uint32_t frame;  // where its frame begins, in slots from that of the function it is inlined to in the end
    // Of another instance: which import of the caller's it is, and what the code compares the import with. That is
    // kept, so that no other function gets its address. Null: of the caller's instance.
    uint32_t import = 0;
    std::shared_ptr<const runtime::FuncCode> func;
    uint32_t end() const { return first + static_cast<uint32_t>(code->code.size()); }
  };
  const runtime::Code* entry = nullptr;  // the function's own
  std::vector<Entry> entries;  // loops and catches, ascending
  const uint8_t* code = nullptr;
  uint32_t code_size = 0;  // bytes of machine code, without the data after it
  uint32_t total_size = 0;  // with that data
  const uint8_t* table_entry = nullptr;  // the function's place in CodeSpace::call_table()
  // The entry for calls from code of the same tier, with arguments in registers, and its place in
  // CodeSpace::register_table(); null: there is none.
  const uint8_t* register_entry = nullptr;
  const uint8_t* register_table_entry = nullptr;
  // The positions of instructions, if the tier cannot find them by compiling again: as in CodeLayout.
  std::vector<Position> positions;
  std::vector<Inlined> inlined;  // ascending
  std::vector<CodeFrames> frames;  // likewise, if a listener wants the layout
  std::vector<uint32_t> exits;  // loops whose cells it uses, by index
  // Where the running function keeps its frame's address and, in the next 8 bytes, its context, relative to a register
  // (its number in the processor's encoding); kInRegisters: where handlers have them.
  struct State {
    static constexpr int kInRegisters = -1;
    int register_number = kInRegisters;
    int32_t offset = 0;
  } state;

  // The entry at an instruction; null if it has none.
  const runtime::Code* entry_at(uint32_t index) const;
  // The position of an address in the code, by `positions`.
  uint32_t position_of(const uint8_t* address) const;
  // The same, also for an address in the data behind the code: of a record, which has the position in front of it.
  uint32_t position_of_record(const void* address) const;
  // Whether functions of other instances are inlined.
  bool has_others() const;
  // The inlined function that a position is in; null: the function itself.
  const Inlined* inlined_at(uint32_t position) const;
};

// The layout of a function's machine code.
struct CodeLayout {
  // The inline code comes first, then code out of line. Ascending.
  using Position = MachineCode::Position;
  // From here on this many bytes are on the native stack above the return address. Ascending; 0 at first.
  struct StackDepth {
    uint32_t offset;
    uint32_t bytes;
  };
  std::vector<Position> positions;
  std::vector<StackDepth> depths;  // none if MachineCode::frames has more
};

// A tier for one module. Thread-safe: no lock is held during these calls, and several threads may compile at once, even
// the same function (the second result is discarded).
class NativeModule {
 public:
  virtual ~NativeModule() = default;
  // Compiles a function from its register code and stores the result in ModuleParts::space, checked as the options ask
  // (CodeOptions::verify) before it can be executed; nothing refers to it yet. Null if the function cannot be compiled,
  // or there is no space, or the check refuses it: it stays in its current tier, and is not compiled again.
  // `entry`: 0, or, for a tier whose code of a function cannot be entered at loops (enters_loops()), the index of a
  // loop: then the result is entered only there.
  struct Lookups {
    // The cell of a loop of the function, which lives as long as the module.
    std::function<const LoopCell*(uint32_t index)> cell;
    // As in Surroundings.
    std::function<Callee(uint32_t func_index)> callee;
    std::function<ImportedFunc(uint32_t func_index)> imported;
  };
  virtual std::unique_ptr<const MachineCode> compile(uint32_t func_index, const ir::FunctionCode& code, uint32_t entry,
                                                     const Lookups& lookups) = 0;
  // The position (MachineCode::Position::index) for an address in the machine code, or in data beside it that a handler
  // used as its pc.
  virtual uint32_t position(const MachineCode& machine, const ir::FunctionCode& code, const void* address) const = 0;
  // The same for the whole function, for profilers, debuggers and `explore`. Neither needs to be fast.
  virtual CodeLayout layout(const MachineCode& machine, const ir::FunctionCode& code) const = 0;
};

// A tier. Immutable and thread-safe; lives as long as the engines that have it.
class NativeTier {
 public:
  virtual ~NativeTier() = default;
  // For messages.
  virtual std::string_view name() const = 0;
  // Whether the code of a function has entries at its loops; otherwise each needs code of its own.
  virtual bool enters_loops() const = 0;
  // Whether functions become parts of others, so that Lookups are asked for callees.
  virtual bool inlines() const = 0;
  // Makes no code yet, and should cost next to nothing.
  virtual std::unique_ptr<NativeModule> open(const ModuleParts& parts) const = 0;
};

}  // namespace ermine::tiering

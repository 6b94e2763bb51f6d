// Checks the finished machine code of the optimising tier before it runs (x86-64). It trusts neither LLVM nor what
// describes the code to LLVM: it decodes the code and follows all ways through it, with what is known about the value
// in each register and in each word of the native stack (value.h, state.h), until nothing new is found. Of its
// surroundings it trusts the module, the register code, and the runtime.
//
// It shows, for code that is entered at its beginning and at its entry for arguments in registers:
// - control flow: it stays in the function's code, in whatever parts LLVM has divided that, and leaves it only by
//   returning to the caller; by calling a function of the instance through the tables of entries, whose index is that
//   of an instruction of the register code or of a reference that was compared with this instance and the type; by
//   calling an imported function that is not the host's, with its own context; by the handlers of the interpreter, of
//   instructions of the register code, with a copy of the instruction; by a tail call; by the cell of a loop of this
//   function; or by the handler of traps. Indirect jumps go through tables of jumps in the code's own data, with an
//   index below their size;
// - the native stack: the stack pointer is what it was where the function returns, and so are the registers that
//   callers expect back. Accesses relative to it are between it (and 128 bytes below) and the return address, which
//   is neither written nor read. It never takes more than the reserve that a function checks at its entry, and
//   calls of functions come after that check;
// - frames: accesses are below what the function has compared with the stack's limit (before that: its parameters and
//   its header), the frame of a callee too, whose header names this context and an instruction that calls with as many
//   slots of arguments. At calls the function's own header is what the caller wrote, and, if it catches exceptions,
//   what execution continues with after one: the native stack pointer of the entry and the register that belongs to it;
// - inlined functions: they are what an instruction of the register code calls, or may call; each has its frame where
//   that instruction says, and what reads frames finds its header there. Only the comparison of an indirect call's
//   callee with the inlined function is not shown: that the right function runs. A function of another instance runs
//   after the import was compared with it, in the import's context; all that is said here of memories, tables, globals
//   and functions of this instance holds for those of that one, then;
// - linear memories: accesses are at the base of a memory of this instance, which the register code names, plus
//   numbers that cannot leave its reservation; or, without a guard, at an address that was compared with its size. What
//   may fault is executed while the native stack has the frame and the context where the handler of faults looks;
// - tables: elements are below the size of a table that the register code names; what is stored in a table or a global
//   of functions is a reference;
// - other records: only the fields that such code needs, the globals that the register code names, own constants.
//
// It does not show
// - that numbers are right, nor that it is the right one of the memories, tables, globals and instructions that the
//   register code names;
// - that a reference is of the right type, or that one to the collected heap is that of an object: only that a
//   function's reference comes unchanged from a place that holds references. Accesses to the collected heap are at its
//   base plus numbers below 2^36, and no more is shown about them;
// - that slots that the collector scans hold references;
// - that loops check for interrupts, that fuel is taken, and that addresses of the host are not left as numbers;
// - what is only predicted: masks of indices are not required where a comparison suffices.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "ir/function_code.h"
#include "ir/op_forms.h"
#include "tiering/tier.h"
#include "wasm/module.h"

namespace ermine::verify::optimized {

struct Code {
  std::span<const uint8_t> bytes;
  uint32_t code_size;  // instructions; constants follow
  uint32_t register_entry;  // offset; 0: there is none
  uint32_t entry;  // the loop in the register code where it is entered; 0: the function's start
  // Where an access that faults finds the frame and the context; and instructions of the register code.
  tiering::MachineCode::State state;
  std::span<const tiering::MachineCode::Position> positions;
  std::span<const tiering::MachineCode::Inlined> inlined;
};

// The surroundings of the code.
struct Subject {
  const tiering::Surroundings& in;
  const ir::FunctionCode& function;
  uint32_t func_index;
  const tiering::Interpreter& host;
  const void* note_old_object;
  const std::function<const tiering::LoopCell*(uint32_t index)>& cell;  // NativeModule::Lookups::cell
};

// Empty if the code is safe; otherwise what is not, and where. If problem() is empty.
std::string verify(const Code& code, const Subject& subject);
// The same for what is about to be stored: `bytes` are what will be at made.code. Its entries and its places in the
// tables are checked as well.
std::string verify(const tiering::MachineCode& made, std::span<const uint8_t> bytes, const Subject& subject);
// Empty if code of this process's processor can be verified, otherwise why not.
std::string_view problem();

}  // namespace ermine::verify::optimized

// CodeSpace: a module's part of the memory for machine code (code_arena.h). Its functions lie side by side in blocks
// that grow; next to them is the table through which machine code calls the module's own functions. Thread-safe.
#pragma once

#include <mutex>
#include <span>
#include <vector>

#include "tiering/code_arena.h"

namespace ermine::tiering {

class CodeSpace {
 public:
  // `functions`: number of functions that the module defines. `call_stub`: the table's entry for functions without
  // machine code (Interpreter::call_stub). Reserves nothing yet. `arena`: null if there is none, and so no space.
  CodeSpace(CodeArena* arena, size_t functions, const void* call_stub)
      : arena_(arena), functions_(functions), call_stub_(call_stub) {}
  ~CodeSpace();
  CodeSpace(const CodeSpace&) = delete;
  CodeSpace& operator=(const CodeSpace&) = delete;

  // The table, one entry per function, for code: it is made by the first call and stays at the same address. Empty:
  // there is no space.
  std::span<const uint8_t> call_table();
  // From now on, calls through this entry of the table go to `code`.
  void set_entry(const uint8_t* entry, const uint8_t* code);
  // The same for entries that get arguments in registers (MachineCode::register_entry); null: a function has none.
  std::span<const uint8_t> register_table();
  void set_register_entry(const uint8_t* entry, const uint8_t* code);

  // Space for one function. Empty: there is none.
  CodeArena::Block take(size_t size);
  // Returns space that is not used after all. Nothing has ever executed it.
  void give_back(const CodeArena::Block& block);
  // Writes finished code to the beginning of a block. False: the system has no memory.
  bool write(const CodeArena::Block& block, std::span<const uint8_t> bytes);

 private:
  std::span<const uint8_t> make(CodeArena::Table& table, const void* initial);

  CodeArena* const arena_;
  const size_t functions_;
  const void* const call_stub_;
  std::mutex mutex_;  // guards the members below
  CodeArena::Table table_, register_table_;
  CodeArena::Block rest_;  // of the last block
  size_t next_block_ = 64 << 10;
  std::vector<CodeArena::Block> blocks_;
};

}  // namespace ermine::tiering

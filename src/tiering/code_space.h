// CodeSpace: a module's part of the memory for machine code (code_arena.h). Its functions lie side by side in blocks
// that grow; beside them is the table through which machine code calls the module's own functions. Thread-safe.
#pragma once

#include <mutex>
#include <span>
#include <vector>

#include "tiering/code_arena.h"

namespace ermine::tiering {

class CodeSpace {
 public:
  // `functions`: that the module defines. `call_stub`: what the table holds of those without machine code
  // (Interpreter::call_stub). Takes nothing yet. `arena`: null if there is none, and so no room.
  CodeSpace(CodeArena* arena, size_t functions, const void* call_stub)
      : arena_(arena), functions_(functions), call_stub_(call_stub) {}
  ~CodeSpace();
  CodeSpace(const CodeSpace&) = delete;
  CodeSpace& operator=(const CodeSpace&) = delete;

  // The table, a place a function, as code reads it: made when it is first asked for, and at the same place from then
  // on. Null: there is no room.
  const uint8_t* call_table();
  // Calls of the defined function `index` go there from now on. The table has been made.
  void set_entry(size_t index, const uint8_t* code);

  // Room for one function. Empty: there is none.
  CodeArena::Block take(size_t size);
  // What was taken and is not used after all. Nothing has ever been able to run it.
  void give_back(const CodeArena::Block& block);
  // Puts finished code at the beginning of a block. False: the system has no memory.
  bool write(const CodeArena::Block& block, std::span<const uint8_t> bytes);

 private:
  CodeArena* const arena_;
  const size_t functions_;
  const void* const call_stub_;
  std::mutex mutex_;  // guards what follows
  CodeArena::Table table_;
  CodeArena::Block rest_;  // of the last block
  size_t next_block_ = 64 << 10;
  std::vector<CodeArena::Block> blocks_;
};

}  // namespace ermine::tiering

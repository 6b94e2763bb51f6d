// Informs the system's profilers and debuggers about machine code that is made at run time.
//
// For perf and gdb, functions without a symbol are numbers. A listener is called for each function when it is made and
// when it is freed, and informs one of these programs in that program's way: by a file, or by a list in memory. Names
// come from guests: listeners pass on printable() names (ermine/printable.h). All are thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ermine/result.h"

namespace ermine::platform {

struct NewCode {
  // The code at `offset` belongs to `line` of the source; ascending. For WebAssembly a line is the offset of an
  // instruction in its module.
  struct Line {
    uint32_t offset, line;
  };
  // From `offset` on, `bytes` are on the native stack above the return address; ascending. 0 before the first.
  struct StackDepth {
    uint32_t offset, bytes;
  };
  // The same as DWARF's instructions (section 6.4) for a part of the code. At first the frame's address is the stack
  // pointer and 8, and the return address is in front of it; the factors are 1 for code and -8 for data.
  struct Frames {
    uint32_t offset, size;
    std::span<const uint8_t> program;
  };
  std::string_view name;
  std::string_view file;  // of the lines
  const uint8_t* begin = nullptr;
  uint32_t size = 0;
  std::span<const Line> lines;
  std::span<const StackDepth> depths;
  std::span<const Frames> frames;  // instead of the depths
};

class CodeListener {
 public:
  virtual ~CodeListener() = default;
  // Views need to be valid only during the call, the code itself until removed().
  virtual void added(const NewCode& code) = 0;
  virtual void removed(const uint8_t*) {}
  // Whether NewCode::lines, depths and frames are used: finding them takes time.
  virtual bool wants_layout() const { return false; }
};
using CodeListenerPtr = std::shared_ptr<CodeListener>;

// One per process: while one exists, further calls return the same one. Both fail with kIo, the path and the system's
// reason.
//
// /tmp/perf-PID.map, which perf reads after the run for code in anonymous memory: one line "START SIZE name", in
// hexadecimal, per function. Entries of freed code stay.
Result<CodeListenerPtr> open_perf_map();
// jit-PID.dump in the current directory, for `perf inject --jit`: also the code's bytes and its lines. The file is
// mapped as executable, which is how perf finds it. It is complete when the last holder releases it.
Result<CodeListenerPtr> open_jit_dump();

// gdb and lldb: functions by name, and how to unwind their frames (on x86-64). Takes some memory for each function.
CodeListenerPtr gdb_interface();

// Informs both; either may be null.
CodeListenerPtr tee_listener(CodeListenerPtr a, CodeListenerPtr b);

}  // namespace ermine::platform

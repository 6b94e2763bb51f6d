// How the system's profilers and debuggers learn of machine code that was made at run time.
//
// Functions without a symbol are numbers to perf and gdb. A listener hears of each when it is made and when it
// goes, and tells one of these programs in the way that program knows: a file, or a list in memory. Names come
// from guests: what listeners pass on is printable() (ermine/printable.h). All are thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ermine/result.h"

namespace ermine::platform {

struct NewCode {
  // What stands at `offset` belongs to `line` of the source; ascending. For WebAssembly a line is the offset of an
  // instruction in its module.
  struct Line {
    uint32_t offset, line;
  };
  // From `offset` on, `bytes` lie on the native stack above the return address; ascending. 0 before the first.
  struct StackDepth {
    uint32_t offset, bytes;
  };
  std::string_view name;
  std::string_view file;  // what the lines are of
  const uint8_t* begin = nullptr;
  uint32_t size = 0;
  std::span<const Line> lines;
  std::span<const StackDepth> depths;
};

class CodeListener {
 public:
  virtual ~CodeListener() = default;
  // Views need to be valid during the call only, the code itself until removed().
  virtual void added(const NewCode& code) = 0;
  virtual void removed(const uint8_t*) {}
  // Whether NewCode::lines and depths are wanted: they take time to find.
  virtual bool wants_layout() const { return false; }
};
using CodeListenerPtr = std::shared_ptr<CodeListener>;

// One a process: who asks for it while somebody else holds it gets the same. Both fail with kIo, the path and the
// system's reason.
//
// /tmp/perf-PID.map, which perf reads after the run for code in anonymous memory: a line "START SIZE name", in
// hexadecimal, a function. Entries of code that is gone stay.
Result<CodeListenerPtr> open_perf_map();
// jit-PID.dump in the current directory, for `perf inject --jit`: also the code's bytes and its lines. The file is
// mapped executable, which is how perf finds it. Complete once the last holder lets go.
Result<CodeListenerPtr> open_jit_dump();

// gdb and lldb: functions by name, and how to leave their frames (on x86-64). Takes some memory for each.
CodeListenerPtr gdb_interface();

// Tells both; either may be null.
CodeListenerPtr tee_listener(CodeListenerPtr a, CodeListenerPtr b);

}  // namespace ermine::platform

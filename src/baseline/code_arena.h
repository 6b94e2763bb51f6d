// Memory for machine code: one reservation a process, mapped twice, once to write and once to execute, so
// that nothing is ever both. What is not in use takes no memory, and before the first function is compiled there is
// no more than the addresses: most short programs never need it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace ermine::baseline {

class CodeArena {
 public:
  // A piece of it: the same bytes at two addresses.
  struct Block {
    uint8_t* write = nullptr;
    const uint8_t* execute = nullptr;
    size_t size = 0;
  };

  // The process's. Null if the system gives no addresses. Thread-safe.
  static CodeArena* get();
  // What the mapping to execute is.
  enum class Kind : uint8_t {
    kFile,       // of the same file as the one to write
    kAnonymous,  // of the same memory without a file, for which alone perf looks names up
    kPrivate,    // of the file, where a debugger can write breakpoints. It then has a copy of the page, so what was
                 // executed must not be written again: functions have pages of their own
  };
  // Before anything is compiled, and once; else false if it is of another kind. Thread-safe.
  bool choose(Kind kind);
  // Of memory that was allocated.
  Kind kind() const { return kind_; }

  // Bytes that may be in use at once, process-wide: 1 GiB, or the least that was ever asked for. Thread-safe.
  void lower_limit(size_t bytes);

  // `size` is rounded up to pages. An empty block: no room, or the system gives no such memory. Thread-safe.
  Block allocate(size_t size);
  void free(const Block& block);

  // All code lies between these.
  const uint8_t* begin() const { return execute_; }
  const uint8_t* end() const;

 private:
  CodeArena() = default;
  bool map();

  uint8_t* write_ = nullptr;  // null: not yet
  uint8_t* execute_ = nullptr;
  Kind kind_ = Kind::kFile;
  bool chosen_ = false;
  std::mutex mutex_;
  size_t limit_ = 0;
  size_t used_ = 0;
  std::map<size_t, size_t> free_;  // size by offset
};

}  // namespace ermine::baseline

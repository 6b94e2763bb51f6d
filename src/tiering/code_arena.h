// Memory for machine code and for the tables it calls through: one reservation a process.
//
// Code is mapped there to be executed, and nowhere to be written: the system writes it for us, into the file behind the
// mapping, so that no address of the process, however an index may have gone wrong, leads to code that can be changed.
// Tables are data, which is written while code runs; they are never executable and have their own part of the
// reservation, near enough for code to refer to them by a 32-bit distance. All parts have inaccessible space at both
// ends.
//
// What is not in use takes no memory, and before the first function is compiled there is no more than the
// addresses: most short programs never need it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>

#include "platform/mapping.h"
#include "tiering/free_ranges.h"

namespace ermine::tiering {

class CodeArena {
 public:
  // A piece of it, to execute.
  struct Block {
    const uint8_t* execute = nullptr;
    size_t size = 0;
  };
  // Places that machine code jumps to, which may change while it runs.
  struct Table {
    std::atomic<const void*>* slots = nullptr;
    size_t bytes = 0;
  };

  // The process's. Null if the system gives no addresses. Thread-safe.
  static CodeArena* get();
  // What the mapping to execute is.
  enum class Kind : uint8_t {
    kFile,  // of a file
    kAnonymous,  // of memory without a file, for which alone perf looks names up; it is written through a mapping made
                 // for each time
    kPrivate,  // of the file, where a debugger can write breakpoints. It then has a copy of the page, so what was
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
  // Puts bytes at a place in a block that nothing executes yet. False: the system has no memory. Thread-safe for
  // different places.
  bool write(const uint8_t* at, std::span<const uint8_t> bytes);

  // Likewise, of `count` places, which are null.
  Table allocate_table(size_t count);
  void free_table(const Table& table);

  // All code lies between these.
  const uint8_t* begin() const { return execute_; }
  const uint8_t* end() const;

 private:
  explicit CodeArena(platform::Mapping space);
  bool map();
  bool map_file();
  bool map_anonymous();
  bool file_is_ours() const;
  bool charge(size_t size);

  platform::Mapping space_;
  uint8_t* execute_;
  Kind kind_ = Kind::kFile;
  bool chosen_ = false, mapped_ = false;
  int file_ = -1;
  uint64_t file_device_ = 0, file_number_ = 0;
  std::mutex mutex_;
  size_t limit_;
  size_t used_ = 0;
  FreeRanges free_code_, free_tables_;
};

}  // namespace ermine::tiering

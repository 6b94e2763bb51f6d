// Memory for machine code and for the tables it calls through: one reservation per process.
//
// Code is mapped as executable and never as writable: the system writes it into the file behind the mapping, so no
// address in the process, however wrong an index is, leads to code that can be changed. Tables are data and are written
// while code runs; they are never executable and have their own part of the reservation, close enough for code to refer
// to them by a 32-bit distance. All parts have inaccessible space at both ends.
//
// Unused parts take no memory, and before the first function is compiled not even addresses: most short programs never
// need it.
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
  // A part of it, for code.
  struct Block {
    const uint8_t* execute = nullptr;
    size_t size = 0;
  };
  // Addresses that machine code jumps to, which may change while it runs.
  struct Table {
    std::span<std::atomic<const void*>> slots;
    size_t bytes = 0;  // of whole pages
  };

  // The arena of the process. Thread-safe.
  static CodeArena* get();
  // Told where all code will lie, before any is written. Called once, but for later calls of watch().
  using Watcher = void (*)(const uint8_t* begin, const uint8_t* end);
  void watch(Watcher watcher);
  // The kind of the executable mapping.
  enum class Kind : uint8_t {
    kFile,  // of a file
    kAnonymous,  // of memory without a file, the only kind for which perf looks up names; a mapping for writing exists
                 // only during each write
    kPrivate,  // of the file, where a debugger can write breakpoints. It then has a copy of the page, so executed code
               // must not be written again: functions have pages of their own
  };
  // Must be called before anything is compiled; later it returns false if the kind is another. Thread-safe.
  bool choose(Kind kind);
  // The kind of the memory that was allocated.
  Kind kind() const { return kind_; }

  // Bytes that may be in use at once in the process: 1 GiB, or the smallest number ever requested. Thread-safe.
  void lower_limit(size_t bytes);

  // `size` is rounded up to pages. An empty block: no space, or the system has no such memory. Thread-safe.
  Block allocate(size_t size);
  void free(const Block& block);
  // Writes bytes to a place in a block where nothing executes yet. False: the system has no memory. Thread-safe for
  // different places.
  bool write(const uint8_t* at, std::span<const uint8_t> bytes);

  // The same for a table of `count` entries, which are null.
  Table allocate_table(size_t count);
  void free_table(const Table& table);

 private:
  CodeArena();
  bool reserve();
  bool map();
  bool map_file();
  bool map_anonymous();
  bool file_is_ours() const;
  bool charge(size_t size);

  platform::Mapping space_;
  uint8_t* execute_ = nullptr;
  Watcher watcher_ = nullptr;
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

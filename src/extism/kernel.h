// Kernel: the memory that a plug-in and its host exchange blocks in, which both address by 64-bit offsets. In Extism it
// is a module of its own; here it is an ermine::Memory, so that its pages count towards the limits of the store, and no
// plug-in can tell the difference: it reaches the bytes only by the functions of extism:host/env.
//
// Blocks are described outside of the memory, where a plug-in cannot overwrite the description. Each takes at least
// kLeastSize bytes of the memory, so the descriptions are never much larger than the memory itself, which is limited.
// Offset 0 is no block. A new block is zero, unless it is memory that was freed since reset().
//
// The memory moves when it grows only if the process has little address space (Config::memory_reservation). Used on the
// thread that runs the plug-in.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "ermine/memory.h"

namespace ermine::extism {

class Kernel {
 public:
  static Result<Kernel> create(StoreRef store);

  // A block of `size` bytes; 0 if that is 0 or more than can be addressed. kLimit beyond the limits of the store.
  Result<uint64_t> alloc(uint64_t size);
  // A block with these bytes.
  Result<uint64_t> alloc_bytes(std::string_view bytes);
  // No effect if `offset` is no block.
  void free(uint64_t offset);
  // The bytes of the block at this offset; nothing if there is none. Offset 0 is an empty block.
  std::optional<std::string_view> block(uint64_t offset) const;
  uint64_t length(uint64_t offset) const;
  // Frees all blocks, and forgets input, output and error.
  void reset();

  // Values at any offset; outside of the part of the memory that was ever a block since reset(), loads give 0 and
  // stores do nothing.
  template <class T>
  T load(uint64_t offset) const {
    T value{};
    if (holds({offset, sizeof value})) std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  template <class T>
  void store(uint64_t offset, T value) {
    if (holds({offset, sizeof value})) std::memcpy(bytes_.data() + offset, &value, sizeof value);
  }
  // The same, relative to the input and within it.
  template <class T>
  T load_input(uint64_t offset) const {
    T value{};
    if (offset <= input_.size && input_.size - offset >= sizeof value)
      std::memcpy(&value, bytes_.data() + input_.offset + offset, sizeof value);
    return value;
  }

  // A part of the memory. Both are 0 if none was set; one that is not where blocks are cannot be set.
  struct Range {
    uint64_t offset = 0, size = 0;
  };
  const Range& input() const { return input_; }
  const Range& output() const { return output_; }
  void set_input(const Range& range) { set(input_, range); }
  void set_output(const Range& range) { set(output_, range); }
  std::string_view output_bytes() const { return view(output_); }
  // The offset of a block with a text; 0: there is no error.
  uint64_t error() const { return error_; }
  void set_error(uint64_t offset) {
    if (offset == 0 || holds({offset, 1})) error_ = offset;
  }

  uint8_t* data() const { return bytes_.data(); }
  // Bytes of the memory.
  uint64_t size() const { return bytes_.size(); }

 private:
  static constexpr uint64_t kFirstOffset = 64, kAlignment = 16, kLeastSize = 64;
  struct Block {
    uint64_t room;  // up to the next block
    uint64_t used;  // 0: it is free
  };
  using Blocks = std::map<uint64_t, Block>;

  explicit Kernel(Memory memory) : memory_(memory), bytes_(memory.span()) {}
  bool holds(const Range& range) const {
    return range.offset >= kFirstOffset && range.offset <= end_ && range.size <= end_ - range.offset;
  }
  void set(Range& to, const Range& range) {
    if (holds(range)) to = range;
  }
  std::string_view view(const Range& range) const {
    return {reinterpret_cast<const char*>(bytes_.data()) + range.offset, static_cast<size_t>(range.size)};
  }
  std::optional<uint64_t> reuse(uint64_t room, uint64_t size);
  Result<bool> make_room(uint64_t end);

  Memory memory_;
  std::span<uint8_t> bytes_;  // of memory_; changed when it grows
  uint64_t end_ = kFirstOffset;  // of the last block
  // Of what was a block before reset(). It is zeroed when it becomes one again, so that a plug-in that once used much
  // memory is not slow from then on.
  uint64_t dirty_end_ = kFirstOffset;
  Blocks blocks_;  // by offset, without gaps between them
  std::set<std::pair<uint64_t, uint64_t>> free_;  // room and offset of the free ones; no two of them are neighbours
  Range input_, output_;
  uint64_t error_ = 0;
};

}  // namespace ermine::extism

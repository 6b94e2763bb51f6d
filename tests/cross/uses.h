// What a number of 32 bits is used for, where an upper half that is not zero would show: addresses, indices, lengths,
// conditions, arguments, results. Each says in plain C++ what is seen then.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ermine::cross {

// The bytes of memory that uses touch: from the number as an address on. Memory ends at 4 GiB.
inline constexpr unsigned kWindow = 64;
inline constexpr uint64_t kMemoryEnd = uint64_t{1} << 32;

struct Use {
  enum Kind : uint8_t {
    kLight,   // leaves values in registers
    kHeavy,   // calls, or is left to the interpreter
    kLast     // is the last thing that a function does
  };
  Kind kind;
  std::string text;  // %v: the number; %c: the same as a constant. An expression of type i64, or without a result
  bool has_result;
  // As an address: `size` bytes from the number plus `offset` on are in bounds if they lie below kMemoryEnd; with
  // `aligned` they must be aligned, too.
  uint8_t offset, size;
  bool aligned;
  uint64_t limit;  // as an index or a length: what it must be below
  const char* trap;  // if it is out of bounds; null: then it is not tried
  uint64_t (*seen)(uint32_t v, uint8_t* window);  // `window`: the bytes at v, changed as the use changes them
  uint64_t from = 0;                              // and at least

  bool fits(uint32_t v) const { return v >= from && v < limit && uint64_t{v} + offset + size <= kMemoryEnd; }
  bool is_aligned(uint32_t v) const { return !aligned || (v + offset) % size == 0; }
};

const std::vector<Use>& uses();

// What the uses and operations refer to: types, memories, tables, globals and functions of the module, as text.
std::string_view environment();

}  // namespace ermine::cross

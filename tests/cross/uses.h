// Uses of a 32-bit number in which a non-zero upper half would be visible: addresses, indices, lengths, conditions,
// arguments, results. Each has its expected effect in plain C++.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ermine::cross {

// The bytes of memory that uses access: from the number as an address on. Memory ends at 4 GiB.
inline constexpr unsigned kWindow = 64;
inline constexpr uint64_t kMemoryEnd = uint64_t{1} << 32;

struct Use {
  enum Kind : uint8_t {
    kLight,   // leaves values in registers
    kHeavy,   // calls, or is run by the interpreter's handler
    kLast     // must be the last operation of a function
  };
  Kind kind;
  std::string text;  // %v: the number; %c: the same as a constant. An expression of type i64, or without a result
  bool has_result;
  // As an address: `size` bytes from the number plus `offset` on are in bounds if they lie below kMemoryEnd; with
  // `aligned` they must be aligned as well.
  uint8_t offset, size;
  bool aligned;
  uint64_t limit;  // as an index or a length: it must be below this
  const char* trap;  // if it is out of bounds; null: then it is not tried
  uint64_t (*seen)(uint32_t v, uint8_t* window);  // `window`: the bytes at v, which are changed as the use changes them
  uint64_t from = 0;  // and at least

  bool fits(uint32_t v) const { return v >= from && v < limit && uint64_t{v} + offset + size <= kMemoryEnd; }
  bool is_aligned(uint32_t v) const { return !aligned || (v + offset) % size == 0; }
};

const std::vector<Use>& uses();

// The types, memories, tables, globals and functions of the module that the uses and operations need, as text.
std::string_view environment();

}  // namespace ermine::cross

// References into a store's collected heap, and the part of the heap that running code uses.
//
// A Ref has 32 bits: 0 is null; an odd one is an i31, its value in the upper 31 bits; any other is the offset of an
// object from the heap's base, a multiple of 8. The any, extern and exn hierarchies have the same representation, so
// extern.convert_any and any.convert_extern do nothing. In a Slot a Ref is zero-extended.
#pragma once

#include <cstdint>

namespace ermine::wasm {
class TypeTable;
}

namespace ermine::runtime::gc {

using Ref = uint32_t;
inline constexpr Ref kNull = 0;

constexpr bool is_i31(Ref r) { return r & 1; }
constexpr bool is_object(Ref r) { return r != 0 && (r & 1) == 0; }
constexpr Ref make_i31(uint32_t value) { return value << 1 | 1; }
constexpr int32_t i31_signed(Ref r) { return static_cast<int32_t>(r) >> 1; }
constexpr uint32_t i31_unsigned(Ref r) { return r >> 1; }

// Allocation is: at = cursor; if at + size > limit call Heap::allocate_slow; cursor = at + size; store the header at
// base + at. Sizes are multiples of 8 and at most kMaxBlockObject (the heap always allocates larger ones itself).
// Memory between cursor and limit is zero. An object must have its header and no uninitialised reference before the
// next allocation.
struct View {
  uint8_t* base = nullptr;  // null until the heap is first used, then constant
  uint32_t cursor = 0;
  uint32_t limit = 0;
  const wasm::TypeTable* types = nullptr;  // for the ids in objects' headers; null before the heap's first use
};
inline constexpr uint32_t kMaxBlockObject = 8192;

}  // namespace ermine::runtime::gc

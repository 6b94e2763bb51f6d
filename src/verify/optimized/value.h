// What is known about a value in the machine code of the optimising tier: a number and its bounds, or which address.
//
// Two numbers are known to be equal if they have the same name (`id`), which is given where a value is first copied or
// compared: "what this operand was when this instruction ran last". When the instruction runs again, what the name was
// given to before loses it (State::forget).
#pragma once

#include <cstdint>

namespace ermine::verify::optimized {

enum class Kind : uint8_t {
  kNumber,  // lo..hi; if it has a name: the named number + add. `table`: see below. `of`: the name of a part
  kSigned,  // a number that may be negative: lo..hi as signed numbers, named as above; `of`: the name of its `flag`
            // bytes
  kStack,  // native stack, at add..add + hi from the stack pointer at the entry, which points to the return address
  kFrame,  // of the function on the value stack, + add..add + hi
  kContext,  // InstanceContext of the instance of the function
  kExec,  // its ExecContext
  kCode,  // the function's own bytes: at add..add + hi, in steps of `flag` bytes
  kDistance,  // read from a table of jumps in the own bytes: from one of the places add..add + hi
  kTarget,  // a place in the own code: `of` + what is read there
  kMemory,  // base of one of the guarded memories in the set `of` (memory_bit), + add..add + hi
  kOpen,  // base of the memory `of` without a guard, + the named number + add; with `flag`, that sum is `lo`
  kOpenChecked,  // address of `hi` bytes in it; null unless `flag`
  // Of memories, tables, globals and imports `of` is their number, which no other one of any instance that the code is
  // concerned with has (Pass::Instance); of lists, the number of the instance.
  kMemories,  // InstanceContext::memories
  kMemoryObject,  // Memory
  kMemorySize,  // its size in bytes, + add
  kSizePart,  // the size of the table `of`, or with `flag` of the memory, shifted right by `add`
  kPlaces,  // what the address of `hi` bytes in it must be less than; 0: it has fewer bytes
  kMask,  // all ones if the named number + add is less than kPlaces of the memory `of` with `hi`, else 0; `flag` as
          // above
  kTables,  // InstanceContext::tables
  kTable,  // TableView
  kTableSize,
  kTableEnd,  // its size, or all ones if there is nothing to mask
  kUnmasked,  // ExecContext::unmasked
  kElements,  // TableView::elements
  kElement,  // address of an element; `flag`: it exists, otherwise it may be the null behind the last
  kGlobals,  // InstanceContext::globals
  kGlobal,  // an imported global
  kRef,  // a value from a place that holds references: FuncRef, or a reference into the collected heap
  kRefType,  // FuncRef::type_id of the named reference
  kRefContext,  // FuncRef::ctx
  kRefIndex,  // FuncRef::func_index
  kEntry,  // where another function is entered: `of` its index, or that of the named reference. `flag`: not null
  kEntryByRegisters,
  kEntries,  // place of kEntry in the table of entries: 8 * index of the named reference
  kEntriesByRegisters,
  kImports,  // InstanceContext::func_refs
  kImport,  // FuncRef of the imported function `of`
  kImportContext,  // its context; null: it is the host's
  kImportMemory,  // base of that instance's memory 0
  kImportCode,  // its FuncCode
  kImportUnit,  // FuncCode::entry
  kImportEntry,  // the code there
  kImportByRegisters,  // FuncCode::register_entry. `flag`: not null
  kHeap,  // the collected heap, + add..add + hi
  kTypes,  // records of types, which only the engine writes
  kStackLimit,  // ExecContext::stack_limit
  kNativeTerm,  // ExecContext::native_stack_limit_term
  kHalfFrame,  // the frame's address / 2
  kStackSum,  // that + kStack at `add`
  kSaved,  // what the register `of` had at the entry
  kReturn,  // return address of the inner function that was entered at call `of`
  kCallerPc,  // in the frame's header
  kCallerContext,
  kLoopUnit,  // what the cell of loop `of` has
  kLoopCode,  // the code there
};

struct Value {
  Kind kind = Kind::kNumber;
  uint8_t flag = 0;
  // Of a number: 1 + the table whose size it is less than, or, with `flag`, not greater than. Without a table, `flag`
  // is what it was multiplied by, or kTruth.
  uint16_t table = 0;
  uint32_t of = 0;
  uint32_t id = 0;
  int64_t add = 0;
  uint64_t lo = 0, hi = ~uint64_t{0};

  bool operator==(const Value&) const = default;
  bool is(Kind k) const { return kind == k; }
  // With this offset, and no other.
  bool is_at(Kind k, int64_t at) const { return kind == k && add == at && hi == 0; }
  bool is_number() const { return kind == Kind::kNumber; }
  bool is_constant() const { return kind == Kind::kNumber && lo == hi; }
  bool is_constant(uint64_t v) const { return is_constant() && lo == v; }
  // The least and the most of a kSigned.
  int64_t least() const { return static_cast<int64_t>(lo); }
  int64_t most() const { return static_cast<int64_t>(hi); }
};

// The lower 32, 16 and 8 bits of what has a name have names of their own: the same with one of these.
inline constexpr uint32_t kParts = uint32_t{3} << 30;
constexpr uint32_t part_bits(unsigned bytes) { return bytes == 4 ? 2u << 30 : bytes == 2 ? 3u << 30 : 1u << 30; }
// The lowest byte is 0 or 1.
inline constexpr uint8_t kTruth = 0x80;
inline constexpr uint64_t kMost32 = 0xffffffff;

inline Value number(uint64_t lo, uint64_t hi) { return {.lo = lo, .hi = hi}; }
inline Value constant(uint64_t v) { return number(v, v); }
inline Value number_of_bytes(unsigned bytes) {
  return number(0, bytes >= 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * bytes) - 1);
}
// A number of either sign.
inline Value signed_number(int64_t least, int64_t most) {
  const auto lo = static_cast<uint64_t>(least), hi = static_cast<uint64_t>(most);
  return {.kind = least < 0 && most >= 0 ? Kind::kSigned : Kind::kNumber, .lo = lo, .hi = hi};
}
// A value without bounds.
inline Value pointer(Kind kind, int64_t add = 0, uint32_t of = 0) {
  return {.kind = kind, .of = of, .add = add, .hi = 0};
}
inline Value of_ref(Kind kind, uint32_t id) { return {.kind = kind, .id = id, .hi = 0}; }

// An address that a call may make invalid: what it points to may move.
inline bool ends_at_calls(Kind kind) {
  switch (kind) {
    case Kind::kOpen:
    case Kind::kOpenChecked:
    case Kind::kElements:
    case Kind::kElement:
    case Kind::kHeap: return true;
    default: return false;
  }
}

// Of a set of memories; those from 31 on are not distinguished.
constexpr uint32_t memory_bit(uint32_t memory) { return uint32_t{1} << (memory < 31 ? memory : 31); }

// Whether the name is all that is known.
inline bool needs_name(Kind kind) {
  switch (kind) {
    case Kind::kOpen:
    case Kind::kMask:
    case Kind::kRefType:
    case Kind::kRefContext:
    case Kind::kRefIndex:
    case Kind::kEntry:
    case Kind::kEntryByRegisters:
    case Kind::kEntries:
    case Kind::kEntriesByRegisters: return true;
    default: return false;
  }
}

// The address or number + `by`.
Value plus_constant(const Value& v, int64_t by);
Value sum(const Value& a, const Value& b);
Value times(const Value& v, unsigned factor);
// The value as a number, whatever else it is. References and numbers of either sign have names as well.
Value as_number(const Value& v);
// A number of `bytes` bytes as one of `to`, with its sign.
Value sign_extended(const Value& v, unsigned bytes, unsigned to);
// A register read as fewer than 64 bits.
Value low_part(const Value& v, unsigned bytes);
// What both may be. `widen`: bounds that differ become much larger, so that this ends.
Value join(const Value& a, const Value& b, bool widen);

}  // namespace ermine::verify::optimized

// The values that cross between host and module in a transcript: which arguments a call gets, how results are
// written, and what may cross at all. tools/fuzz_run.mjs does the same for another engine; what it cannot work
// out itself (types, arguments) it gets as a plan.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "ermine/ermine.h"

namespace ermine::fuzz {

// An argument of an export's call, or a result of an imported function's: mostly small, sometimes at the ends of
// the range. In the first 8, 16, 32 … bits of the result, as a slot has it.
uint64_t edge_value(ValType type, uint64_t call, size_t position);
Val value_of(ValType type, uint64_t bits);

bool is_number(ValType type);
// Whether both engines can pass such values: V8 refuses to call what takes or gives vectors or exceptions. Of
// references only null is passed to the module.
bool can_pass(ValType type);   // to the module
bool can_take(ValType type);   // from the module
bool can_cross(std::span<const ValType> to_module, std::span<const ValType> from_module);

// The value, as "i32:7f"; of references only whether they are null. A number of 32 bits in a slot whose upper half
// is not zero is written as such: no value of WebAssembly's is different, but code may take the slot for an address.
std::string show(const Val& value);
// What a value adds to the log of what imported functions were given. All NaNs add the same.
uint64_t logged_bits(const Val& value);
// The hash that the driver of another engine computes, too. Words that are zero cost next to nothing.
uint32_t hash(std::span<const uint8_t> bytes);
// The bytes that are not zero, in rows of 16.
std::string rows(std::span<const uint8_t> bytes);

}  // namespace ermine::fuzz

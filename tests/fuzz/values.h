// The values that are passed between host and module in a transcript: the arguments of a call, the text of results, and
// which types can be passed at all. tools/fuzz_run.mjs does the same for another engine; it gets what it cannot compute
// itself (types, arguments) as a plan.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "ermine/ermine.h"

namespace ermine::fuzz {

// An argument of an export's call, or a result of an imported function: mostly small, sometimes an edge case. In the
// first 8, 16, 32 … bits of the result, as in a slot.
uint64_t edge_value(ValType type, uint64_t call, size_t position);
Val value_of(ValType type, uint64_t bits);

bool is_number(ValType type);
// Whether both engines can pass such values: V8 refuses to call functions that take or return vectors or exceptions. Of
// references only null is passed to the module.
bool can_pass(ValType type);  // to the module
bool can_take(ValType type);  // from the module
bool can_cross(std::span<const ValType> to_module, std::span<const ValType> from_module);

// The value, as "i32:7f"; for references only whether they are null. A 32-bit number in a slot whose upper half is not
// zero is marked: no WebAssembly value is different, but code may use the slot as an address.
std::string show(const Val& value);
// The contribution of a value to the log of imported functions' arguments. All NaNs contribute the same.
uint64_t logged_bits(const Val& value);
// The hash that the driver of another engine computes as well. Words that are zero cost almost nothing.
uint32_t hash(std::span<const uint8_t> bytes);
// The non-zero bytes, in rows of 16.
std::string rows(std::span<const uint8_t> bytes);

}  // namespace ermine::fuzz

// Plan: the contents of a module under generation, before and while its functions are written. Internal to the
// generator.
#pragma once

#include <vector>

#include "binary/encoder.h"
#include "generator/choices.h"
#include "generator/module_generator.h"
#include "generator/types.h"
#include "wasm/opcodes.h"

namespace ermine::fuzz {

using binary::ByteBuffer;
using wasm::Feature;
using wasm::Op;

struct MemoryPlan {
  bool is64 = false, shared = false;
  uint64_t min = 1, max = 2;
  bool byte_pages = false;
  uint32_t mask = 0xFFF;  // addresses up to here are inside, with space for an access after them
  Type address() const { return is64 ? kI64 : kI32; }
};

struct TablePlan {
  Type element;
  bool is64 = false;
  uint32_t min = 8, max = 12;
  Type address() const { return is64 ? kI64 : kI32; }
};

struct GlobalPlan {
  Type type;
  bool is_mutable = true;
};

struct ElemPlan {
  Type element;
};

struct Plan {
  Choices& in;
  const MadeOf& of;
  std::vector<TypeInfo> types;
  std::vector<uint32_t> func_types;     // of each function, the import first
  uint32_t entries = 0;                 // exported functions, which are never called inside; they follow the import
  std::vector<MemoryPlan> memories;
  std::vector<TablePlan> tables;        // table 0 holds functions, at index i function 1 + entries + i
  std::vector<GlobalPlan> globals;      // global 0 is the fuel
  std::vector<uint32_t> tags;           // type indices
  std::vector<ElemPlan> elems;          // passive ones
  uint32_t data_count = 0;              // passive segments, each of kDataSize bytes
  bool legacy_exceptions = false;       // one kind per module, as engines require
  uint32_t instructions_left = 3000;

  static constexpr uint32_t kDataSize = 32, kElemSize = 4, kActiveElems = 1;

  binary::ModuleEncoder* module = nullptr;

  // The index of a function type, which is added if it does not exist yet.
  uint32_t function_type(const std::vector<Type>& params, const std::vector<Type>& results);
  bool has(Feature f) const { return of.features.has(f); }
  uint32_t first_callee() const { return 1 + entries; }
  const TypeInfo& type_of(uint32_t func) const { return types[func_types[func]]; }
};

// Number and vector instructions that give exactly one value of a type, or (for stores) none. `result` is a letter of
// the instruction table's signatures, or 0.
const std::vector<Op>& producers(char result, wasm::FeatureSet features);
Type type_of_letter(char letter);

// An integer at a limit: of an immediate's field, of a sign, or a power of two; with 64 bits, or the lower half.
uint64_t edge_integer(Choices& in);
// A number or vector, mostly an edge case.
void number_constant(Plan& plan, Type type, ByteBuffer& out);
// Whether there is a constant value of the type that is not null.
bool has_constant(const Plan& plan, Type type);
// The function that ref.func may name for a heap type, or 0.
uint32_t function_of_type(Plan& plan, int heap);
// A constant expression of the type, without its end.
void constant_expression(Plan& plan, Type type, ByteBuffer& out, uint32_t globals_before);
// The body of a function, its size not included.
ByteBuffer function_body(Plan& plan, uint32_t func);

}  // namespace ermine::fuzz

// Plan: the contents of a module under generation, before and while its functions are written. Internal to the
// generator.
#pragma once

#include <optional>
#include <string>
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
  void write(ByteBuffer& out) const {
    out.u8(static_cast<uint8_t>(1 | shared << 1 | is64 << 2 | byte_pages << 3));
    out.leb(min);
    out.leb(max);
    if (byte_pages) out.leb(0);
  }
};

struct TablePlan {
  Type element;
  bool is64 = false;
  uint32_t min = 8, max = 12;
  bool is_called = false;  // its functions are called: code changes only its last element
  // Elements that are filled by a module that imports the table, with a function of the type.
  struct Callback {
    uint32_t element, type;
  };
  std::vector<Callback> callbacks;
  Type address() const { return is64 ? kI64 : kI32; }
  void write(ByteBuffer& out) const {
    element.write(out);
    out.u8(static_cast<uint8_t>(1 | is64 << 2));
    out.leb(min);
    out.leb(max);
  }
};

struct GlobalPlan {
  Type type;
  bool is_mutable = true;
};

struct ElemPlan {
  Type element;
};

// A function that bodies call.
struct Callee {
  uint32_t type;
  std::optional<uint32_t> func;  // none: see TablePlan::Callback
};

// What a module has; as far as others may import it (linked.cc).
struct Contents {
  std::vector<TypeInfo> types;
  std::vector<uint32_t> func_types;     // of each function, the imports first; function 0 is the log
  uint32_t entries = 0;                 // exported functions, which are never called inside; they follow the imports
  std::vector<Callee> callees;
  uint32_t home = 0;                    // the table that has the callees, in their order
  std::vector<MemoryPlan> memories;
  std::vector<TablePlan> tables;
  std::vector<GlobalPlan> globals;      // global 0 is the fuel
  std::vector<uint32_t> tags;           // type indices
  bool legacy_exceptions = false;       // one kind per module, as engines require
  // How many of each are imported; they come first.
  struct {
    uint32_t functions = 0, memories = 0, tables = 0, globals = 0, tags = 0;
  } imported;
};

struct Plan : Contents {
  Plan(Choices& choices, const MadeOf& made_of) : in(choices), of(made_of) {}

  Choices& in;
  const MadeOf& of;
  bool is_library = false;
  std::vector<ElemPlan> elems;          // passive ones, behind active_elems others
  uint32_t active_elems = 0;
  uint32_t data_count = 0;              // passive segments, each of kDataSize bytes
  uint32_t instructions_left = 3000;

  static constexpr uint32_t kDataSize = 32, kElemSize = 4;

  binary::ModuleEncoder* module = nullptr;

  // The index of a function type, which is added if it does not exist yet.
  uint32_t function_type(const std::vector<Type>& params, const std::vector<Type>& results);
  bool has(Feature f) const { return of.features.has(f); }
  bool is_linked() const { return is_library || imported.functions > 1; }
  uint32_t first_callee() const { return imported.functions + entries; }
  const TypeInfo& type_of(uint32_t func) const { return types[func_types[func]]; }
};

// A module that was generated, for those that import from it.
struct Library {
  std::string name;
  Contents contents;
  std::vector<uint8_t> bytes;
};

// linked.cc: imports, first of all the log; other than that some items of each library.
void make_imports(Plan& plan, const std::vector<Library>& libraries);
void make_callbacks(Plan& plan);  // for the imported tables
// A library exports its callees and what other modules' code can use.
void make_library_exports(Plan& plan);

// An active segment.
void active_elements(Plan& plan, uint32_t table, uint32_t at, const std::vector<uint32_t>& functions);

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
// The callee that ref.func may name for a heap type, or function 0.
uint32_t function_of_type(Plan& plan, int heap);
// A constant expression of the type, without its end.
void constant_expression(Plan& plan, Type type, ByteBuffer& out, uint32_t globals_before);
// The body of a function, its size not included.
ByteBuffer function_body(Plan& plan, uint32_t func);

}  // namespace ermine::fuzz

// Printer: the state of printing one module; shared by the print_*.cc files. Callers use print.h.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "binary/instr_reader.h"
#include "text/print/identifiers.h"
#include "text/print/out.h"
#include "text/print/print.h"
#include "text/print/raw_module.h"

namespace ermine::text {

// Words and identifiers: everything below the level of a module's fields. Also used by dump().
class TermPrinter {
 public:
  TermPrinter(const RawModule& raw, Out& out, bool use_names);

  const RawModule& raw() const { return raw_; }
  Identifiers& ids(NameSpace space) { return ids_[static_cast<unsigned>(space)]; }
  void use(NameSpace space, uint32_t index) { ids(space).use(out_, index); }
  // Both advance `in` past the type.
  void value_type(binary::Reader& in);
  void field_type(binary::Reader& in);
  void heap_type(wasm::HeapType type);
  void reference(wasm::ValType type);  // "(ref null func)"; short where there is a short form
  void limits(binary::Reader& in, std::string_view after_min_max, bool is_memory);
  void table_type(binary::Reader& in);
  void memory_type(binary::Reader& in);
  void global_type(binary::Reader& in);
  // " (param i32) (result i32)" of the function type; parameters named from `locals` if that is not null.
  void signature(const RawType& type, const Identifiers* locals);
  void type_use(uint32_t type_index, bool with_signature, const Identifiers* locals);
  void string(std::string_view bytes);  // with quotes
  void name(std::string_view name);     // the same
  Identifiers& fields_of(uint32_t type);

  // An instruction's name and immediates. `end` is the offset after it.
  void instruction(const binary::Instr& instr, uint32_t end);
  // "block $l (type)" and so on, without the contents of the block.
  void block_head(const binary::Instr& instr, uint32_t end);

  // The open labels, innermost last: indices into labels_.
  std::vector<uint32_t> open_labels;
  uint32_t label_number = 0;
  Identifiers locals;
  Identifiers labels;

 private:
  void label(uint32_t depth);
  void block_type(const binary::Instr& instr, uint32_t at);
  void mem_arg(const binary::Instr& instr);
  void float_bits(const binary::Instr& instr);

  const RawModule& raw_;
  Out& out_;
  bool use_names_;
  Identifiers ids_[kNameSpaceCount];
  std::unordered_map<uint32_t, Identifiers> fields_;
};

// The number of operands that an instruction takes and gives, for folding. If it depends on more than the instruction
// (stack-polymorphic ones): the operands that it certainly takes.
struct Arity {
  uint32_t pops = 0;
  uint32_t pushes = 0;
};
struct LabelArity {
  bool is_loop = false;
  uint32_t params = 0;
  uint32_t results = 0;
  uint32_t branch() const { return is_loop ? params : results; }
};
Arity arity_of(const RawModule& raw, const binary::Instr& instr, const std::vector<LabelArity>& labels,
               uint32_t function_results);
LabelArity block_arity(const RawModule& raw, const binary::Instr& instr);

}  // namespace ermine::text

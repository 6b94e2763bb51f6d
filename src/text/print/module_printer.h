// ModulePrinter: prints a module field by field, in the order of its sections. Internal; see print.h.
#pragma once

#include "text/print/printer.h"

namespace ermine::text {

// A section's name in the text format; empty if there is no such section.
std::string_view section_word(uint8_t id);

// A hint about the branch instruction at `offset`: `size` bytes at `at`.
struct BranchHint {
  uint32_t function;
  uint32_t offset;
  uint32_t at;
  uint32_t size;
};

class ModulePrinter {
 public:
  ModulePrinter(const RawModule& raw, const PrintOptions& options, Out& out);
  virtual ~ModulePrinter() = default;
  Result<void> print();

 protected:
  // Hooks for dump(). A line shows the item at `from`; an instruction reaches up to `to`.
  virtual void new_line(unsigned indent, uint32_t from = 0, uint32_t to = 0);
  virtual void element_item(uint32_t at);  // before each
  virtual void data_contents(uint32_t at, uint32_t size);
  virtual void function_end(uint32_t at, uint32_t end);

  Result<void> section(const RawSection& s);
  Result<void> types(binary::Reader in);
  void sub_type(binary::Reader& in, uint32_t index, unsigned indent);
  void composite(binary::Reader& in, uint32_t index);
  Result<void> imports(binary::Reader in);
  void import_item(binary::Reader& in, uint8_t kind, bool is_definition);
  Result<void> tables(binary::Reader in);
  Result<void> memories(binary::Reader in);
  Result<void> globals(binary::Reader in);
  Result<void> tags(binary::Reader in);
  Result<void> exports(binary::Reader in);
  Result<void> start(binary::Reader in);
  Result<void> elements(binary::Reader in);
  Result<void> data(binary::Reader in);
  Result<void> code(binary::Reader in);
  Result<void> function(uint32_t index, uint32_t begin, uint32_t end);
  void custom(const RawSection& s);
  // Whether the section can be printed as annotations of instructions; then hint() does, before the one at `offset`.
  bool take_hints(const RawSection& s);
  void hint(uint32_t offset);
  void own_name();
  Result<void> encoding();  // what the parser would encode differently
  void place();

  // A constant expression at `in`: one instruction in parentheses, or several in "(word ...)".
  void expression(binary::Reader& in, std::string_view word);
  void bare_expression(binary::Reader& in);
  Result<void> flat_body(uint32_t begin, uint32_t end);
  Result<void> folded_body(uint32_t begin, uint32_t end, uint32_t results);
  bool enter(const binary::Instr& instr);
  void leave();
  // An else, catch, catch_all or delegate: an error if it does not belong to the innermost of blocks_.
  Result<void> nest(const binary::Instr& instr);
  void offset_comment(uint32_t offset);
  void define(NameSpace space, uint32_t index);  // " $name (;3;)"
  Result<void> finish(binary::Reader& in);

  bool listing_ = false;  // dump(): every run of locals on a line of its own
  const RawModule& raw_;
  const PrintOptions& options_;
  Out& out_;
  TermPrinter terms_;
  uint8_t last_section_ = 0;  // id of the last section that is not custom; 0 before the first
  uint32_t next_index_[5] = {};  // of definitions, by external kind
  std::vector<BranchHint> hints_;  // by offset
  std::vector<binary::Op> blocks_;  // open blocks, each by its last part: if or else, try or catch
  size_t local_cursor_ = 0, label_cursor_ = 0;
  // Entries of the name section that the text contains.
  size_t names_carried_ = 0;
  size_t field_names_carried_ = 0;
};

}  // namespace ermine::text

// The module parser: internals shared by the parse_*.cc files. Callers use text.h.
//
// Three passes over the source, all of which lex on demand: the first binds the identifiers of the index spaces (it
// skips function bodies by matching parentheses), the second emits the type section, the third everything else in
// source order. Errors stop the lexer (token_reader.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "binary/encoder.h"
#include "text/names.h"
#include "text/number.h"
#include "text/source_map.h"
#include "text/symbol_table.h"
#include "text/text.h"
#include "text/token_reader.h"
#include "wasm/opcodes.h"

namespace ermine::text {

using binary::ByteBuffer;
using wasm::Op;

// The index spaces identifiers live in.
enum class Space : uint8_t { kType, kFunc, kTable, kMemory, kGlobal, kTag, kElem, kData, kCount };

// A value type in its encoding: one byte, or 0x63/0x64 (ref null / ref) and a heap type.
struct ValTypeCode {
  uint8_t code = 0;
  int64_t heap = 0;  // of 0x63 and 0x64: a type index, or the negative number of an abstract type
  bool is_concrete() const { return (code == 0x63 || code == 0x64) && heap >= 0; }
  bool operator==(const ValTypeCode&) const = default;
};

// The known properties of a defined type: enough to resolve locals and to match inline function types.
struct TypeInfo {
  bool is_func = false;
  bool is_opaque = false;  // nothing is known
  uint32_t param_count = 0;
  std::string_view signature;  // encoded function type in normal form; only for functions
};

// A type use in its parsed form.
struct TypeUse {
  uint32_t index = 0;
  uint32_t param_count = 0;
};

class Parser : protected TokenReader {
 public:
  Parser(const Source& source, const char* begin, const char* end, const ParseOptions& options);

  Result<std::vector<uint8_t>> parse_file();
  Result<std::vector<uint8_t>> parse_module_fields(std::string_view id);

 protected:
  // -- identifiers (parser.cc)
  void bind(Space space, const Token& id);
  uint32_t index(Space space);  // a number or identifier
  uint32_t optional_index(Space space, uint32_t otherwise);
  uint32_t space_count(Space space) const { return counts_[static_cast<unsigned>(space)]; }
  void note_name(NameSpace space, uint32_t index, std::string_view name);

  // The next instruction or other part of a function's body comes from `at`.
  void mark(const ByteBuffer& out, const char* at) {
    if (options_.source_map != nullptr && &out == &body_) body_marks_.emplace_back(out.size(), at);
  }

  // -- modules (parse_module.cc)
  Result<std::vector<uint8_t>> finish();
  void bind_fields();
  void bind_import();
  void bind_definition(Space space);
  void bind_group();
  void emit_types();
  void emit_fields();
  void field();
  void func_field();
  void table_field();
  void memory_field();
  void global_field();
  void tag_field();
  void export_field();
  void start_field();
  void elem_field();
  void data_field();
  void import_field();
  uint8_t import_descriptor(ByteBuffer& out, bool allow_id);  // the kind
  void inline_exports(uint8_t kind, uint32_t index);
  // At "(import "m" "n")": writes both names into the import section and counts the import.
  bool inline_import(uint8_t kind);
  void define(Space space);
  unsigned limit_bits() const;
  void table_type(ByteBuffer& out);
  void memory_type(ByteBuffer& out, bool is64);
  uint8_t page_size();
  bool address_type();
  void global_type(ByteBuffer& out);
  uint32_t elem_list(ByteBuffer& out, bool exprs);
  void offset_expr(ByteBuffer& out);

  // -- annotations (parse_annotations.cc)
  void custom_annotation();
  void names_annotation();
  void encoding_annotation();
  binary::CustomPlace annotated_place();
  void metadata_annotation();
  void place_hints(uint32_t count, Op op, size_t offset);
  void write_metadata();

  // -- types (parse_types.cc)
  ValTypeCode value_type();
  std::optional<ValTypeCode> try_value_type();
  bool at_reference_type() const;
  ValTypeCode reference_type();
  int64_t heap_type();
  static int64_t heap_of(const ValTypeCode& reference) {
    return reference.code == 0x63 || reference.code == 0x64 ? reference.heap : int64_t{reference.code} - 0x80;
  }
  void write_type(ByteBuffer& out, const ValTypeCode& type);
  static void write_normal(ByteBuffer& out, const ValTypeCode& type);
  void type_definition(ByteBuffer& out, bool in_group);
  void composite_type(ByteBuffer& out, uint32_t type_index, bool plain);
  void field_type(ByteBuffer& out);
  enum class ParamNames : uint8_t { kRefuse, kAllow };
  // Params and results into params_ and results_. True if there were any.
  bool signature(ParamNames names);
  uint32_t type_of_signature();
  TypeUse type_use(ParamNames names);
  std::string encode_signature(bool normal) const;
  void block_type(ByteBuffer& out);

  // -- instructions (parse_instructions.cc, parse_immediates.cc)
  void func_body();
  void local_declarations();
  void add_local(const Token& id, std::string_view name);
  void instructions(ByteBuffer& out);  // up to the parenthesis that closes the list, and the final end
  void constant_expr(ByteBuffer& out);  // the same outside of functions
  void one_folded(ByteBuffer& out);
  void run_instructions(ByteBuffer& out, bool single);
  void flat_instruction(ByteBuffer& out);
  void open_folded(ByteBuffer& out);
  void close_folded(ByteBuffer& out);
  // A block's identifier, and its name for the name section.
  struct BlockName {
    std::string_view id, name;
  };
  void begin_block(Op op, const BlockName& name, ByteBuffer& out);
  void repeated_label();
  void push_label(Op op, const BlockName& name);
  void pop_label();
  BlockName block_name();
  std::optional<Op> instruction_name();
  void catches(ByteBuffer& out);
  void plain(Op op, ByteBuffer& out);
  uint32_t label();
  uint32_t local();
  uint32_t field_index(uint32_t type);
  void mem_arg(Op op, ByteBuffer& out, bool with_lane);
  void two_indices(Space first, Space second, bool first_optional, uint32_t& a, uint32_t& b);
  void lane(ByteBuffer& out);
  void v128(ByteBuffer& out);
  uint64_t integer(unsigned bits);
  uint32_t f32();
  uint64_t f64();
  bool number_done(NumberStatus status, std::string_view what);

  struct Label {
    std::string_view name;
    uint32_t shadowed;  // depth + 1 of the outer label with the same name, 0 if there is none
    Op op;  // block, loop, if_, else_, try_, catch_, catch_all, try_table
  };
  struct Fold {
    enum Kind : uint8_t { kPlain, kBlock, kIf, kThen, kElse, kTry, kDo, kCatch } kind;
    uint8_t stage = 0;  // kIf: 0 conditions, 1 after then, 2 after else.
                        // kTry: 0 before do, 1 after it, 2 after catch_all, 3 after delegate
    uint32_t hints = 0;  // hints that wait for the operator
    size_t pending = 0;  // where its bytes begin in pending_
    size_t labels = 0;  // labels_.size() inside
    BlockName name;  // of the label of an if
    Op op = Op::nop;  // kPlain
    Token at;
  };
  struct Hint {
    std::string_view kind;
    std::string_view bytes;
    uint32_t func;
    uint32_t offset;
    Token at;
  };

  const ParseOptions& options_;
  const char* fields_begin_ = nullptr;
  bool closes_ = false;  // the fields are in "(module ...)" and a closing parenthesis follows

  binary::ModuleEncoder module_;
  ModuleNames names_;

  SymbolTable symbols_[static_cast<unsigned>(Space::kCount)];
  uint32_t counts_[static_cast<unsigned>(Space::kCount)] = {};
  // Numbers of items that the third pass has seen.
  uint32_t seen_[static_cast<unsigned>(Space::kCount)] = {};
  const char* defined_ = nullptr;  // the kind of the first definition; imports may not follow it
  bool has_start_ = false;
  bool needs_data_count_ = false;
  bool emit_names_ = false;  // requested by the options or by (@ermine.names)
  bool explicit_names_ = false;  // there is a (@custom "name")
  std::optional<size_t> names_place_;  // number of the custom section reserved for them

  std::string encoding_;  // contents of (@ermine.encoding)

  std::vector<const char*> type_starts_;
  std::vector<TypeInfo> types_;
  SymbolTable signatures_;
  bool reuse_inline_types_ = true;  // two equal inline function types become one type
  SymbolTable fields_;
  int64_t highest_type_ = -1;  // highest type index mentioned since it was last reset
  std::vector<ValTypeCode> params_, results_;
  std::vector<Token> param_ids_;  // parallel to params_; kEof for parameters without one
  std::vector<std::string_view> param_names_;

  // Of the current function.
  SymbolTable locals_;
  uint32_t local_count_ = 0;
  SymbolTable label_names_;
  std::vector<Label> labels_;
  uint32_t label_number_ = 0;
  std::vector<Fold> folds_;
  ByteBuffer pending_;  // operators of folded instructions, waiting for their operands
  ByteBuffer body_;
  std::vector<std::pair<size_t, const char*>> body_marks_;
  bool in_function_ = false;
  uint32_t func_index_ = 0;
  std::vector<Hint> hints_;  // placed
  std::vector<Hint> waiting_hints_;  // the instruction of these is not written yet; a stack, like folds_
  uint32_t unassigned_hints_ = 0;  // number of hints before the next instruction
};

}  // namespace ermine::text

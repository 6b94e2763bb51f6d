// The parser of the text of components: internals shared by the parse_*.cc files. Callers use text.h.
//
// One pass in the order of the source: a definition may refer only to definitions before it. Each definition is read
// into a Draft; define() resolves its references, which may emit aliases, and emits it. Inline types are definitions of
// their own, emitted when they have been read. Errors stop the lexer (text/token_reader.h). Recursion is bounded by
// kMaxNesting for scopes and kMaxTypeDepth for value types.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "component/text/draft.h"
#include "component/text/scope.h"
#include "component/text/text.h"
#include "text/token_reader.h"

namespace ermine::component {

class TextParser : text::TokenReader {
 public:
  TextParser(const text::Source& source, const char* begin, const char* end, const TextOptions& options);

  Result<std::vector<uint8_t>> parse_file();
  Result<std::vector<uint8_t>> parse_definitions(std::string_view id);

 private:
  using ByteBuffer = binary::ByteBuffer;
  using Token = text::Token;
  using TokenKind = text::TokenKind;

  // An optional identifier and @name annotation.
  struct Name {
    Token id;  // kEof if there is none
    std::string_view name;  // for the name section; null if there is none
  };

  // The exports that are written inside of a definition: their names, to which the index is added when it is known.
  // They follow all definitions.
  using InlineExports = std::vector<ByteBuffer>;

  // -- basics (parser.cc)
  Name read_name();
  std::string_view id_of(const Name& name) {
    return name.id.kind == TokenKind::kId ? identifier(name.id) : std::string_view();
  }
  // The keyword after the parenthesis or keyword that is the current token.
  Token following() const;
  bool at_core(std::string_view keyword) const { return at_open("core") && following().text == keyword; }
  // The sort of "(func", "(core func", ...; the tokens are taken.
  std::optional<Sort> accept_sort();
  std::optional<Sort> sort_named(std::string_view keyword, bool core) const;
  void adopt(Error error);
  // The position after what CoreTypes has read, null after an error.
  bool proceed(const char* next);
  void push(Scope& scope) { scope_ = &scope; }
  void pop() { scope_ = scope_->outer(); }
  bool enter();  // one level of scopes; false, and failed, if there are too many

  // -- definitions and references (parser.cc)
  uint32_t add(Sort sort, const Name& name);
  void emit(Definition::Kind kind, const Draft& draft);
  uint32_t define(Definition::Kind kind, const Draft& draft, Sort sort, const Name& name = {},
                  InlineExports exports = {});
  uint32_t resolve(const Reference& reference);
  uint32_t look_up(Sort sort, const Reference& reference);
  // An index without exports.
  Reference plain_index(Sort sort);
  // After "(sort": an index, names of exports, the closing parenthesis.
  Reference rest_of_reference(Sort sort);
  Reference index_or_reference(Sort sort);
  // What Explainer.md calls core-prefix: an index, or "(core sort ...)".
  Reference core_prefixed(Sort sort);
  void write_sort(ByteBuffer& out, Sort sort);
  // "(func $f)", "(core module $m)", ...: its sort and index.
  Sort extern_reference(Draft& out);
  void extern_name(ByteBuffer& out);

  // -- definitions (parse_definitions.cc)
  void definitions();
  void definition();
  void core_definition();
  std::vector<uint8_t> component_body(const Name& name);
  void component_field();
  void core_module();
  void core_instance();
  void core_instance_exports(Draft& out);
  void instance();
  void instance_exports(Draft& out);
  void start();
  void annotation();
  void custom_annotation();

  // -- aliases, imports and exports (parse_links.cc)
  void alias();
  void outer_alias();
  void alias_target(Draft& out, const Token& at, Sort sort, uint8_t target);
  // "(sort $id (alias ...))", at the inner parenthesis. False if it is something else.
  bool inverted_alias(Sort sort, const Name& name, InlineExports exports = {});
  void import();
  void export_();
  // Whether "(export "name")" or "(import "name")" follows, which are parts of another definition.
  bool at_inline(std::string_view keyword) const;
  InlineExports inline_exports();
  void export_inline(InlineExports exports, Sort sort, uint32_t index);
  // "(import "name")": begins the import. Its type follows.
  bool inline_import(Draft& out);

  // -- functions (parse_canon.cc)
  void func();
  void core_func();
  void canon();
  void canon_immediates(CanonOp op, Draft& out);
  void canon_options(Draft& out);
  Reference option_item(Sort sort);
  void canon_flag(Draft& out, std::string_view word);
  void lift(Draft& out);

  // -- types (parse_types.cc)
  void type(bool with_exports);
  void type_definition(Draft& out, std::string_view id);
  void value_type(Draft& out);
  void optional_value_type(Draft& out);
  bool at_value_type() const;
  void defined_type(Draft& out);
  void labelled(Draft& out, std::string_view keyword, bool type_is_optional);
  void labels(Draft& out);
  void type_list(Draft& out);
  void func_type(Draft& out);
  void result_type(Draft& out);
  void resource_type(Draft& out);
  void declarators(Draft& out, TypeKind kind, std::string_view id);
  bool declarator(Scope::Kind kind);
  bool at_type_reference() const;
  // "(type $t)" or the type itself, which becomes a definition: its index.
  void type_use(Draft& out, Sort sort);
  Sort extern_type(Draft& out, Name* name);

  // -- core types (parse_core_types.cc)
  void core_type();
  void module_type(ByteBuffer& out, std::string_view id);
  void module_declarator();

  const TextOptions& options_;
  const text::ParseOptions core_options_;
  Scope* scope_ = nullptr;
  unsigned nesting_ = 0;
  unsigned type_depth_ = 0;
  TextPositions positions_;  // of the component that was read last
  std::string encoding_;  // contents of (@ermine.encoding)
};

}  // namespace ermine::component

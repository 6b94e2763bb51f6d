// The parser of WIT files (WIT.md, from "Top-level items"): text into syntax trees.
//
// An error stops the lexer (fail() keeps the first), so parsing continues to the end of the text, and only loops need
// care: each ends at kEof. Types nest at most kMaxTypeNesting deep; nothing else recurses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "component/wit/lexer.h"
#include "component/wit/sources.h"
#include "component/wit/syntax.h"
#include "ermine/result.h"

namespace ermine::component::wit {

// `source` belongs to `sources`. kMalformed with file, line and column.
Result<syntax::File> parse_file(const Sources& sources, const text::Source& source);

class Parser {
 public:
  Parser(const Sources& sources, const text::Source& source);
  Result<syntax::File> file();

 private:
  // -- tokens (parser.cc)
  void advance() { tok_ = lexer_.next(); }
  bool at(TokenKind kind) const { return tok_.kind == kind; }
  bool at(Keyword keyword) const { return tok_.kind == TokenKind::kKeyword && tok_.keyword == keyword; }
  bool accept(TokenKind kind);
  bool accept(Keyword keyword);
  void expect(TokenKind kind);
  void fail(const char* position, size_t length, std::string_view message, std::string_view hint = {});
  void unexpected(std::string_view wanted);
  bool failed() const { return static_cast<bool>(error_) || lexer_.error_position() != nullptr; }
  syntax::Name name();
  Version version();  // the token before it is the current one
  std::optional<Version> optional_version();
  syntax::Path path();
  syntax::Path path_after(syntax::Name first);
  syntax::PackageName package_name();

  // -- items (parse_items.cc)
  void file_items(syntax::File& file);
  syntax::Items nested_items();
  bool item(syntax::Items& items);
  void refuse(const syntax::Attributes& attributes, std::string_view place);
  void refuse_external_id(const syntax::Attributes& attributes, std::string_view place);
  syntax::Attributes attributes();
  void attribute(syntax::Attributes& attributes);
  Version version_argument();
  syntax::Interface interface_item(std::string_view comments, syntax::Attributes attributes);
  std::vector<syntax::InterfaceItem> interface_items();
  syntax::World world_item(std::string_view comments, syntax::Attributes attributes);
  syntax::TopLevelUse top_level_use();
  syntax::Use use(syntax::Attributes attributes);
  syntax::Include include(syntax::Attributes attributes);
  syntax::Extern extern_item(std::string_view comments, syntax::Attributes attributes);
  std::vector<syntax::UsedName> used_names(bool all_renamed);

  // -- definitions and types (parse_types.cc)
  bool at_definition() const;
  syntax::Definition definition(std::string_view comments, syntax::Attributes attributes);
  void members(syntax::Definition& definition);
  void resource_functions(syntax::Definition& definition);
  void function_type(syntax::Function& function);
  void signature(syntax::Function& function);
  syntax::Type type(unsigned depth = 0);
  void type_parts(syntax::Type& type, unsigned depth);
  void fixed_length(syntax::Type& type);

  const Sources& sources_;
  Lexer lexer_;
  Token tok_;
  Error error_;
};

}  // namespace ermine::component::wit

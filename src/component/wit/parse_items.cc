// Packages, interfaces, worlds and attributes. See parser.h.
#include "base/format.h"
#include "component/wit/parser.h"

namespace ermine::component::wit {

using syntax::Attributes;

void Parser::file_items(syntax::File& file) {
  bool first = true;
  while (!at(TokenKind::kEof)) {
    if (!at(Keyword::kPackage)) {
      if (!item(file.items)) return;
      first = false;
      continue;
    }
    const std::string_view comments = tok_.gap;
    const char* start = tok_.start;
    advance();
    syntax::PackageName name = package_name();
    if (at(TokenKind::kSemicolon)) {
      if (!first) fail(start, 7, "the declaration of the package is the first item of a file");
      advance();
      file.package = std::move(name);
      file.comments = comments;
    } else if (at(TokenKind::kOpenBrace)) {
      advance();
      file.nested.push_back({comments, std::move(name), nested_items()});
    } else {
      unexpected("';' or '{'");
    }
    first = false;
  }
}

syntax::Items Parser::nested_items() {
  syntax::Items items;
  while (!at(TokenKind::kCloseBrace) && !at(TokenKind::kEof)) {
    if (at(Keyword::kPackage)) {
      fail(tok_.start, tok_.length, "a nested package has no packages in it", "write it beside the other one");
      return items;
    }
    if (!item(items)) return items;
  }
  expect(TokenKind::kCloseBrace);
  return items;
}

// An interface, a world or a top-level use; false if there is none.
bool Parser::item(syntax::Items& items) {
  const std::string_view comments = tok_.gap;
  Attributes gates = attributes();
  if (at(Keyword::kInterface)) {
    items.emplace_back(interface_item(comments, std::move(gates)));
  } else if (at(Keyword::kWorld)) {
    items.emplace_back(world_item(comments, std::move(gates)));
  } else if (at(Keyword::kUse)) {
    refuse(gates, "a top-level use");
    items.emplace_back(top_level_use());
  } else if (at(Keyword::kPackage)) {
    refuse(gates, "a package");
    return false;
  } else {
    unexpected("'interface', 'world', 'use' or 'package'");
    return false;
  }
  return !failed();
}

void Parser::refuse(const Attributes& attributes, std::string_view place) {
  if (attributes.at != nullptr) fail(attributes.at, 1, base::format("{:t} has no attributes", place));
}

void Parser::refuse_external_id(const Attributes& attributes, std::string_view place) {
  if (attributes.external_id) fail(attributes.external_id_at, 12, base::format("{:t} has no external id", place));
}

Attributes Parser::attributes() {
  Attributes result;
  if (!at(TokenKind::kAt)) return result;
  result.at = tok_.start;
  while (at(TokenKind::kAt)) {
    advance();
    attribute(result);
  }
  const Stability& stability = result.stability;
  if (stability.since && !stability.unstable.empty())
    fail(result.at, 1, "an item has either @since or @unstable, not both");
  if (stability.deprecated && stability.is_unknown())
    fail(result.at, 1, "@deprecated is only used together with @since or @unstable");
  return result;
}

void Parser::attribute(Attributes& attributes) {
  const Token attribute = tok_;
  const syntax::Name kind = name();
  const auto once = [&](bool is_repeated) {
    if (is_repeated) fail(attribute.start, attribute.length, base::format("@{} is written twice", kind.text));
  };
  Stability& stability = attributes.stability;
  if (kind.text == "since") {
    once(stability.since.has_value());
    stability.since = version_argument();
  } else if (kind.text == "deprecated") {
    once(stability.deprecated.has_value());
    stability.deprecated = version_argument();
  } else if (kind.text == "unstable") {
    once(!stability.unstable.empty());
    expect(TokenKind::kOpenParen);
    if (!at(TokenKind::kName) || tok_.text != "feature") unexpected("'feature'");
    advance();
    expect(TokenKind::kEquals);
    stability.unstable = name().text;
    expect(TokenKind::kCloseParen);
  } else if (kind.text == "external-id") {
    once(attributes.external_id.has_value());
    attributes.external_id_at = attribute.start;
    expect(TokenKind::kOpenParen);
    if (!at(TokenKind::kString)) unexpected("a string");
    attributes.external_id = string_value(tok_.text);
    advance();
    expect(TokenKind::kCloseParen);
  } else {
    fail(attribute.start, attribute.length, base::format("there is no attribute @{}", kind.text),
         "the attributes are @since, @unstable, @deprecated and @external-id");
  }
}

// (version = 1.0.0)
Version Parser::version_argument() {
  expect(TokenKind::kOpenParen);
  if (!at(TokenKind::kName) || tok_.text != "version") unexpected("'version'");
  advance();
  if (!at(TokenKind::kEquals)) unexpected("'='");
  Version result = version();
  expect(TokenKind::kCloseParen);
  return result;
}

syntax::Interface Parser::interface_item(std::string_view comments, Attributes attributes) {
  syntax::Interface result;
  result.comments = comments;
  refuse_external_id(attributes, "an interface");
  result.attributes = std::move(attributes);
  advance();
  result.name = name();
  result.items = interface_items();
  return result;
}

std::vector<syntax::InterfaceItem> Parser::interface_items() {
  std::vector<syntax::InterfaceItem> items;
  expect(TokenKind::kOpenBrace);
  while (!at(TokenKind::kCloseBrace) && !at(TokenKind::kEof)) {
    const std::string_view comments = tok_.gap;
    Attributes gates = attributes();
    if (at(Keyword::kUse)) {
      items.emplace_back(use(std::move(gates)));
    } else if (at_definition()) {
      items.emplace_back(definition(comments, std::move(gates)));
    } else if (at(TokenKind::kName)) {
      syntax::Function function;
      function.comments = comments;
      function.attributes = std::move(gates);
      function.name = name();
      expect(TokenKind::kColon);
      function_type(function);
      expect(TokenKind::kSemicolon);
      items.emplace_back(std::move(function));
    } else {
      unexpected("a type, 'use', the name of a function or '}'");
    }
  }
  expect(TokenKind::kCloseBrace);
  return items;
}

syntax::World Parser::world_item(std::string_view comments, Attributes attributes) {
  syntax::World result;
  result.comments = comments;
  refuse_external_id(attributes, "a world");
  result.attributes = std::move(attributes);
  advance();
  result.name = name();
  expect(TokenKind::kOpenBrace);
  while (!at(TokenKind::kCloseBrace) && !at(TokenKind::kEof)) {
    const std::string_view item_comments = tok_.gap;
    Attributes gates = this->attributes();
    if (at(Keyword::kUse)) {
      result.items.emplace_back(use(std::move(gates)));
    } else if (at(Keyword::kInclude)) {
      result.items.emplace_back(include(std::move(gates)));
    } else if (at(Keyword::kImport) || at(Keyword::kExport)) {
      result.items.emplace_back(extern_item(item_comments, std::move(gates)));
    } else if (at_definition()) {
      result.items.emplace_back(definition(item_comments, std::move(gates)));
    } else {
      unexpected("'import', 'export', 'include', 'use', a type or '}'");
    }
  }
  expect(TokenKind::kCloseBrace);
  return result;
}

syntax::TopLevelUse Parser::top_level_use() {
  syntax::TopLevelUse result;
  advance();
  result.path = path();
  if (accept(Keyword::kAs)) result.as = name();
  expect(TokenKind::kSemicolon);
  return result;
}

syntax::Use Parser::use(Attributes attributes) {
  syntax::Use result;
  result.attributes = std::move(attributes);
  advance();
  result.from = path();
  expect(TokenKind::kPeriod);
  expect(TokenKind::kOpenBrace);
  result.names = used_names(false);
  expect(TokenKind::kSemicolon);
  return result;
}

syntax::Include Parser::include(Attributes attributes) {
  syntax::Include result;
  refuse_external_id(attributes, "an include");
  result.attributes = std::move(attributes);
  advance();
  result.from = path();
  if (accept(Keyword::kWith)) {
    expect(TokenKind::kOpenBrace);
    result.names = used_names(true);
  } else {
    expect(TokenKind::kSemicolon);
  }
  return result;
}

// After the opening brace, to the closing one.
std::vector<syntax::UsedName> Parser::used_names(bool all_renamed) {
  std::vector<syntax::UsedName> names;
  while (!at(TokenKind::kCloseBrace) && !at(TokenKind::kEof)) {
    syntax::UsedName used;
    used.name = name();
    if (all_renamed && !at(Keyword::kAs)) unexpected("'as'");
    if (accept(Keyword::kAs)) used.as = name();
    names.push_back(used);
    if (!accept(TokenKind::kComma)) break;
  }
  expect(TokenKind::kCloseBrace);
  return names;
}

syntax::Extern Parser::extern_item(std::string_view comments, Attributes attributes) {
  syntax::Extern result;
  result.is_export = at(Keyword::kExport);
  result.comments = comments;
  result.attributes = std::move(attributes);
  advance();
  const syntax::Name first = name();
  if (!at(TokenKind::kColon)) {
    result.form = syntax::ExternForm::kInterface;
    result.path.name = first;
    expect(TokenKind::kSemicolon);
    return result;
  }
  // "a:b/c" is a path, "a: b" and "a: b:c/d" are named paths: the slash decides.
  advance();
  result.name = first;
  if (at(Keyword::kFunc) || at(Keyword::kAsync)) {
    result.function.name = first;
    function_type(result.function);
    expect(TokenKind::kSemicolon);
    return result;
  }
  if (accept(Keyword::kInterface)) {
    result.form = syntax::ExternForm::kInline;
    result.items = interface_items();
    return result;
  }
  if (!at(TokenKind::kName)) unexpected("'func', 'async', 'interface' or the name of an interface");
  const syntax::Name second = name();
  if (at(TokenKind::kSlash)) {
    advance();
    result.name = {};
    syntax::PackageName package;
    package.space = first;
    package.name = second;
    result.form = syntax::ExternForm::kInterface;
    result.path.name = name();
    package.version = optional_version();
    result.path.package = std::move(package);
  } else {
    result.form = syntax::ExternForm::kNamed;
    result.path = path_after(second);
  }
  expect(TokenKind::kSemicolon);
  return result;
}

}  // namespace ermine::component::wit

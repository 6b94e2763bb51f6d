// The definitions of a component, apart from aliases, imports, exports, functions and types (Explainer.md, "Component
// Definitions", "Instance Definitions", "Start Definitions"). See parser.h.

#include "base/format.h"
#include "component/text/parser.h"
#include "text/encoding_delta.h"
#include "text/text.h"

namespace ermine::component {

// -- Components ----------------------------------------------------------------------------------------

std::vector<uint8_t> TextParser::component_body(const Name& name) {
  if (!enter()) return {};
  Scope scope(Scope::kComponent, scope_, id_of(name), source_, core_options_);
  push(scope);
  definitions();
  pop();
  --nesting_;
  std::vector<uint8_t> bytes = scope.finish_component(options_.emit_names, name.name);
  positions_ = scope.take_positions();
  if (scope.outer() == nullptr && !encoding_.empty()) {
    // Where the text was changed since it was printed, the annotation does not fit any more.
    const std::span delta(reinterpret_cast<const uint8_t*>(encoding_.data()), encoding_.size());
    if (auto original = text::EncodingDelta::apply(delta, bytes)) {
      positions_.clear();
      return *std::move(original);
    }
  }
  return bytes;
}

void TextParser::definitions() {
  while (tok_.kind == TokenKind::kOpen || tok_.kind == TokenKind::kAnnotation) {
    if (options_.positions != nullptr) scope_->set_position(tok_.start);
    definition();
  }
}

void TextParser::definition() {
  if (tok_.kind == TokenKind::kAnnotation) { return annotation(); }
  const std::string_view keyword = tok_.text;
  if (keyword == "core") return core_definition();
  if (keyword == "component") return component_field();
  if (keyword == "instance") return instance();
  if (keyword == "alias") return alias();
  if (keyword == "type") return type(true);
  if (keyword == "import") return import();
  if (keyword == "export") return export_();
  if (keyword == "func") return func();
  if (keyword == "canon") return canon();
  if (keyword == "start") return start();
  if (keyword == "value") {
    advance();
    const Name name = read_name();
    if (inverted_alias(Sort::Value, name)) return;
    return fail(tok_, "definitions of values are not supported", "import the value, or alias that of an instance",
                ErrorKind::kUnsupported);
  }
  if (keyword == "module") {
    return fail(tok_, "unexpected token \"(module\", expected a definition of a component", "write (core module ...)");
  }
  unexpected("a definition of a component");
}

void TextParser::core_definition() {
  const std::string_view keyword = following().text;
  if (keyword == "module") return core_module();
  if (keyword == "instance") return core_instance();
  if (keyword == "type" || keyword == "rec") return core_type();
  if (keyword == "func") return core_func();
  const std::optional<Sort> sort = accept_sort();
  if (!sort) {
    advance();
    return unexpected("module, instance, type, rec or func after \"(core\"");
  }
  const Name name = read_name();
  if (!inverted_alias(*sort, name)) unexpected("(alias core export ...)");
}

void TextParser::component_field() {
  advance();
  const Name name = read_name();
  InlineExports exports = inline_exports();
  Draft out;
  if (inline_import(out)) {
    write_sort(out.bytes, Sort::Component);
    type_use(out, Sort::Component);
    define(Definition::kImport, out, Sort::Component, name, std::move(exports));
    return expect_close();
  }
  if (inverted_alias(Sort::Component, name, exports)) return;
  if (at_keyword("binary") || at_keyword("quote"))
    return unexpected("definitions: only the outermost component can be given in this form");
  const std::vector<uint8_t> bytes = component_body(name);
  scope_->emit(Definition::kComponent, bytes, positions_);
  export_inline(std::move(exports), Sort::Component, add(Sort::Component, name));
  expect_close();
}

// -- Core modules and instances ------------------------------------------------------------------------

void TextParser::core_module() {
  advance();
  advance();
  const Name name = read_name();
  InlineExports exports = inline_exports();
  Draft out;
  if (inline_import(out)) {
    write_sort(out.bytes, Sort::CoreModule);
    type_use(out, Sort::CoreModule);
    define(Definition::kImport, out, Sort::CoreModule, name, std::move(exports));
    return expect_close();
  }
  if (inverted_alias(Sort::CoreModule, name, exports)) return;
  const char* const begin = tok_.start;
  if (failed()) return;
  if (tok_.kind != TokenKind::kEof) lexer_.jump(begin);
  if (tok_.kind == TokenKind::kEof || !lexer_.skip_to_close()) {
    if (failed()) return advance();
    return fail(tok_, "unexpected token: the text ends here, expected \")\" after the module");
  }
  const char* const end = lexer_.position() - 1;
  advance();
  Result<std::vector<uint8_t>> bytes = text::parse_fields(source_, begin, end, name.name, core_options_);
  if (!bytes) return adopt(std::move(bytes).error());
  scope_->emit(Definition::kCoreModule, *bytes);
  export_inline(std::move(exports), Sort::CoreModule, add(Sort::CoreModule, name));
}

// The exports from which an instance is made: their number, then names and items.
void TextParser::core_instance_exports(Draft& out) {
  Draft exports;
  uint32_t count = 0;
  for (; accept_open("export"); ++count) {
    exports.bytes.name(name_string());
    const std::optional<Sort> sort = tok_.kind == TokenKind::kOpen ? sort_named(tok_.text, true) : std::nullopt;
    if (!sort) return unexpected("(func ...), (table ...), (memory ...), (global ...) or (tag ...)");
    advance();
    exports.bytes.u8(sort_code(*sort));
    exports.reference(rest_of_reference(*sort));
    expect_close();
  }
  out.bytes.u8(1);
  out.bytes.leb(count);
  out.append(std::move(exports));
}

void TextParser::core_instance() {
  advance();
  advance();
  const Name name = read_name();
  Draft out;
  if (!accept_open("instantiate")) {
    core_instance_exports(out);
    define(Definition::kCoreInstance, out, Sort::CoreInstance, name);
    return expect_close();
  }
  out.bytes.u8(0);
  out.reference(index_or_reference(Sort::CoreModule));
  Draft arguments;
  uint32_t count = 0;
  for (; accept_open("with"); ++count) {
    arguments.bytes.name(name_string());
    arguments.bytes.u8(sort_code(Sort::CoreInstance));
    if (!accept_open("instance")) return unexpected("(instance ...)");
    if (at_index()) {
      arguments.reference(rest_of_reference(Sort::CoreInstance));
    } else {
      Draft exports;
      core_instance_exports(exports);
      expect_close();
      arguments.bytes.leb(define(Definition::kCoreInstance, exports, Sort::CoreInstance));
    }
    expect_close();
  }
  out.bytes.leb(count);
  out.append(std::move(arguments));
  expect_close();
  define(Definition::kCoreInstance, out, Sort::CoreInstance, name);
  expect_close();
}

// -- Instances -----------------------------------------------------------------------------------------

void TextParser::instance_exports(Draft& out) {
  Draft exports;
  uint32_t count = 0;
  for (; accept_open("export"); ++count) {
    extern_name(exports.bytes);
    extern_reference(exports);
    expect_close();
  }
  out.bytes.u8(1);
  out.bytes.leb(count);
  out.append(std::move(exports));
}

void TextParser::instance() {
  advance();
  const Name name = read_name();
  InlineExports exports = inline_exports();
  Draft out;
  if (inline_import(out)) {
    write_sort(out.bytes, Sort::Instance);
    type_use(out, Sort::Instance);
    define(Definition::kImport, out, Sort::Instance, name, std::move(exports));
    return expect_close();
  }
  if (inverted_alias(Sort::Instance, name, exports)) return;
  if (!accept_open("instantiate")) {
    instance_exports(out);
    define(Definition::kInstance, out, Sort::Instance, name, std::move(exports));
    return expect_close();
  }
  out.bytes.u8(0);
  out.reference(index_or_reference(Sort::Component));
  Draft arguments;
  uint32_t count = 0;
  for (; accept_open("with"); ++count) {
    arguments.bytes.name(name_string());
    const Token after = following();
    if (at_open("instance") && after.kind != TokenKind::kId && after.kind != TokenKind::kNumber) {
      advance();
      Draft exports;
      instance_exports(exports);
      expect_close();
      const uint32_t index = define(Definition::kInstance, exports, Sort::Instance);
      write_sort(arguments.bytes, Sort::Instance);
      arguments.bytes.leb(index);
    } else {
      extern_reference(arguments);
    }
    expect_close();
  }
  out.bytes.leb(count);
  out.append(std::move(arguments));
  expect_close();
  define(Definition::kInstance, out, Sort::Instance, name, std::move(exports));
  expect_close();
}

// -- Start functions and annotations -------------------------------------------------------------------

void TextParser::start() {
  advance();
  Draft out, arguments;
  out.reference(plain_index(Sort::Func));
  uint32_t count = 0, results = 0;
  for (; accept_open("value"); ++count) arguments.reference(rest_of_reference(Sort::Value));
  out.bytes.leb(count);
  out.append(std::move(arguments));
  std::vector<Name> names;
  for (; accept_open("result"); ++results) {
    if (!accept_open("value")) return unexpected("(value ...)");
    names.push_back(read_name());
    expect_close();
    expect_close();
  }
  out.bytes.leb(results);
  emit(Definition::kStart, out);
  for (const Name& name : names) add(Sort::Value, name);
  expect_close();
}

// An annotation in place of a definition.
void TextParser::annotation() {
  if (tok_.text == "custom") return custom_annotation();
  if (tok_.text == "ermine.name") return scope_->set_own_name(own_name_annotation());
  if (tok_.text == "ermine.names") {
    advance();
    scope_->want_names();
    return expect_close();
  }
  if (tok_.text == "ermine.encoding" && scope_->outer() == nullptr) {
    if (!encoding_.empty()) return fail(tok_, "@ermine.encoding annotation: there is more than one");
    advance();
    encoding_ = string_bytes();
    return expect_close();
  }
  unexpected("a definition");
}

void TextParser::custom_annotation() {
  advance();
  const std::string_view name = name_string();
  if (tok_.kind == TokenKind::kOpen)
    return fail(tok_, "@custom annotation: unexpected token", "in a component its place is that of the annotation");
  const std::string contents = string_bytes();
  if (tok_.kind != TokenKind::kClose) return fail(tok_, "@custom annotation: unexpected token");
  advance();
  scope_->emit_custom(name, {reinterpret_cast<const uint8_t*>(contents.data()), contents.size()});
}

}  // namespace ermine::component

// Reads scripts: directives and modules. Values are in values.cc. See script.h.
#include "text/wast/script.h"

#include <fmt/format.h>

#include "base/fixed_text.h"
#include "base/utf8.h"

namespace ermine::text {

namespace {

constexpr unsigned kMaxThreadNesting = 16;

constexpr base::FixedText<23> kDirectiveNames[] = {
    "module",
    "module definition",
    "module instance",
    "register",
    "action",
    "assert_return",
    "assert_trap",
    "assert_exhaustion",
    "assert_exception",
    "assert_suspension",
    "assert_malformed",
    "assert_invalid",
    "assert_unlinkable",
    "assert_malformed_custom",
    "assert_invalid_custom",
    "thread",
    "wait",
};
static_assert(std::size(kDirectiveNames) == kDirectiveKindCount);

// A script may consist only of the fields of one module.
bool is_module_field(std::string_view keyword) {
  for (std::string_view field :
       {"type", "rec", "import", "func", "table", "memory", "global", "tag", "export", "start", "elem", "data"})
    if (field == keyword) return true;
  return false;
}

}  // namespace

std::string_view directive_name(DirectiveKind kind) { return kDirectiveNames[static_cast<unsigned>(kind)]; }

ScriptReader::ScriptReader(const Source& source)
    : source_(source),
      lexer_(source.text.data(), source.text.data() + source.text.size()),
      counted_to_(source.text.data()) {
  if (!base::is_utf8(source.text)) {
    fail("malformed UTF-8 encoding in the script");
    return;
  }
  advance();
}

bool ScriptReader::fail(std::string_view message) {
  if (error_) return false;
  if (lexer_.error()) error_ = error_at(source_, lexer_.error_position(), 1, lexer_.error());
  else
    error_ = error_at(source_, tok_.start ? tok_.start : source_.text.data(), std::max<size_t>(tok_.text.size(), 1),
                      message);
  lexer_.stop();
  advance();
  return false;
}

size_t ScriptReader::line_of(const char* at) {
  for (; counted_to_ < at; ++counted_to_) {
    if (*counted_to_ == '\n') ++line_;
    else if (*counted_to_ == '\r' && (counted_to_ + 1 == at || counted_to_[1] != '\n')) ++line_;
  }
  return line_;
}

bool ScriptReader::close() {
  if (tok_.kind != TokenKind::kClose) return fail("expected \")\"");
  advance();
  return true;
}

bool ScriptReader::optional_id(std::string& out) {
  if (tok_.kind != TokenKind::kId) return false;
  out = tok_.escaped ? unescape(tok_.text) : std::string(tok_.text);
  advance();
  return true;
}

bool ScriptReader::string(std::string& out) {
  if (tok_.kind != TokenKind::kString) return fail("expected a string");
  out = tok_.escaped ? unescape(tok_.text) : std::string(tok_.text);
  advance();
  return true;
}

std::optional<Directive> ScriptReader::next() {
  if (error_) return std::nullopt;
  if (tok_.kind == TokenKind::kEof) {
    if (lexer_.error()) fail({});
    return std::nullopt;
  }
  Directive out;
  if (directive(out, 0)) return out;
  unread_ = std::move(out);
  return std::nullopt;
}

bool ScriptReader::skip_unread() {
  if (unread_.start == nullptr || lexer_.error()) return false;
  lexer_.jump(unread_.start);
  if (lexer_.next().kind != TokenKind::kOpen || !lexer_.skip_to_close()) return false;
  advance();
  return true;
}

bool ScriptReader::directive(Directive& out, unsigned depth) {
  if (tok_.kind != TokenKind::kOpen) return fail("expected a directive");
  out.start = tok_.start;
  out.line = line_of(tok_.start);
  std::string_view word = tok_.text;
  if (at_module()) return module(out);
  if (word == "invoke" || word == "get") {
    out.kind = DirectiveKind::kAction;
    return action(out.action.emplace());
  }
  if (word == "register") {
    out.kind = DirectiveKind::kRegister;
    advance();
    if (!string(out.name)) return false;
    optional_id(out.id);
    return close();
  }
  if (word == "thread") return thread(out, depth);
  if (word == "wait") {
    out.kind = DirectiveKind::kWait;
    advance();
    if (!optional_id(out.id)) return fail("expected the thread's identifier");
    return close();
  }
  for (DirectiveKind kind :
       {DirectiveKind::kAssertReturn, DirectiveKind::kAssertTrap, DirectiveKind::kAssertExhaustion,
        DirectiveKind::kAssertException, DirectiveKind::kAssertSuspension, DirectiveKind::kAssertMalformed,
        DirectiveKind::kAssertInvalid, DirectiveKind::kAssertUnlinkable, DirectiveKind::kAssertMalformedCustom,
        DirectiveKind::kAssertInvalidCustom})
    if (directive_name(kind) == word) return assertion(out, kind);
  if (depth == 0 && is_module_field(word)) {
    ScriptModule& module = out.module.emplace();
    module.begin = tok_.start;
    module.end = source_.text.data() + source_.text.size();
    lexer_.stop();
    advance();
    return true;
  }
  return fail("unknown directive");
}

bool ScriptReader::module(Directive& out) {
  out.is_component = at_open("component");
  advance();
  out.kind = DirectiveKind::kModule;
  if (tok_.kind == TokenKind::kKeyword && tok_.text == "definition") {
    out.kind = DirectiveKind::kModuleDefinition;
    advance();
  } else if (tok_.kind == TokenKind::kKeyword && tok_.text == "instance") {
    out.kind = DirectiveKind::kModuleInstance;
    advance();
    if (optional_id(out.id)) optional_id(out.name);
    return close();
  }
  out.module.emplace().is_component = out.is_component;
  return module_body(*out.module);
}

// The text after "(module" or "(module definition".
bool ScriptReader::module_body(ScriptModule& out) {
  optional_id(out.id);
  bool binary = tok_.kind == TokenKind::kKeyword && tok_.text == "binary";
  if (binary || (tok_.kind == TokenKind::kKeyword && tok_.text == "quote")) {
    out.form = binary ? ModuleForm::kBinary : ModuleForm::kQuote;
    advance();
    for (; tok_.kind == TokenKind::kString; advance()) {
      if (tok_.escaped) out.contents += unescape(tok_.text);
      else out.contents += tok_.text;
      // Each string of a quoted module is a separate piece of text.
      if (!binary) out.contents += ' ';
    }
    return close();
  }
  out.begin = tok_.start;
  if (!out.begin || lexer_.error()) return fail("unclosed module");
  lexer_.jump(out.begin);
  if (!lexer_.skip_to_close()) return fail("the module is not closed before the script ends");
  out.end = lexer_.position() - 1;
  advance();
  return true;
}

bool ScriptReader::asserted_module(Directive& out) {
  out.is_component = at_open("component");
  advance();
  // An asserted module may be marked as a definition; the assertion determines whether it is instantiated.
  if (tok_.kind == TokenKind::kKeyword && tok_.text == "definition") advance();
  out.module.emplace().is_component = out.is_component;
  return module_body(*out.module);
}

bool ScriptReader::action(ScriptAction& out) {
  if (!at_open("invoke") && !at_open("get")) return fail("expected (invoke ...) or (get ...)");
  out.kind = tok_.text == "invoke" ? ScriptAction::kInvoke : ScriptAction::kGet;
  advance();
  optional_id(out.module);
  if (!string(out.name)) return false;
  while (tok_.kind == TokenKind::kOpen)
    if (!value(out.arguments.emplace_back(), false)) return false;
  return close();
}

bool ScriptReader::assertion(Directive& out, DirectiveKind kind) {
  out.kind = kind;
  advance();
  switch (kind) {
    case DirectiveKind::kAssertReturn:
      if (!action(out.action.emplace())) return false;
      while (tok_.kind == TokenKind::kOpen)
        if (!value(out.results.emplace_back(), true)) return false;
      return close();
    case DirectiveKind::kAssertException:
      if (!action(out.action.emplace())) return false;
      return close();
    case DirectiveKind::kAssertTrap:
    case DirectiveKind::kAssertExhaustion:
    case DirectiveKind::kAssertSuspension:
      if (at_module() ? !asserted_module(out) : !action(out.action.emplace())) return false;
      break;
    default:
      if (!at_module()) return fail("expected (module ...) or (component ...)");
      if (!asserted_module(out)) return false;
      break;
  }
  return string(out.message) && close();
}

bool ScriptReader::thread(Directive& out, unsigned depth) {
  if (depth >= kMaxThreadNesting) return fail("threads are nested too deeply");
  out.kind = DirectiveKind::kThread;
  advance();
  optional_id(out.id);
  while (at_open("shared")) {
    advance();
    if (!at_open("module")) return fail("expected (module $id)");
    advance();
    if (!optional_id(out.shared.emplace_back())) return fail("expected the module's identifier");
    if (!close() || !close()) return false;
  }
  while (tok_.kind == TokenKind::kOpen)
    if (!directive(out.body.emplace_back(), depth + 1)) return false;
  return close();
}

}  // namespace ermine::text

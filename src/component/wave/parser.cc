// Reads values. See wave.h.
//
// The type directs the parser, so no untyped tree is built, and recursion is as deep as the type, which kMaxValueDepth
// bounds. Errors are kept as in the lexer: the first one; from then on every token is kEnd, and each loop ends there.
#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <unordered_map>

#include "base/format.h"
#include "base/suggestion.h"
#include "base/utf8.h"
#include "component/model/version.h"
#include "component/wave/lexer.h"
#include "component/wave/wave.h"
#include "component/wit/keywords.h"
#include "text/source.h"

namespace ermine::component::wave {
namespace {

// Values that a text may stand for beyond those that it has tokens for: fields that are left out are values as well, as
// many as the type has, so that a short text could be a large value.
constexpr size_t kMaxValues = 1'000'000;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lexer_(text), values_left_(kMaxValues + 4 * text.size()) {}
  Result<Value> only_value(const ValueType& type);
  Result<CallName> call_name();
  Result<std::vector<Value>> call(const FunctionType& type);

 private:
  bool at(TokenKind kind) const { return tok_.kind == kind; }
  bool at_keyword(std::string_view word) const { return at(TokenKind::kKeyword) && tok_.text == word; }
  bool failed() const { return static_cast<bool>(error_) || lexer_.error_position() != nullptr; }
  void advance() { tok_ = lexer_.next(); }
  bool accept(TokenKind kind) {
    if (!at(kind)) return false;
    advance();
    return true;
  }
  void expect(TokenKind kind) {
    if (!accept(kind)) unexpected(name_of(kind));
  }
  void fail(const Token& at, std::string_view message, std::string_view hint = {},
            ErrorKind kind = ErrorKind::kMalformed) {
    fail_at(at.start, at.length, message, hint, kind);
  }
  void fail_at(const char* position, size_t length, std::string_view message, std::string_view hint, ErrorKind kind);
  void unexpected(std::string_view wanted, ErrorKind kind = ErrorKind::kMalformed);
  void wrong_type(const ValueType& type) {
    unexpected(base::format("a value of type {}", to_string(type)), ErrorKind::kInvalid);
  }
  Error take_error();

  std::optional<Value> value(const ValueType& type);
  std::optional<Value> boolean(const ValueType& type);
  std::optional<Value> integer(const ValueType& type);
  template <class T>
  std::optional<T> number_as(const ValueType& type);
  std::optional<Value> floating(const ValueType& type);
  std::optional<Value> character(const ValueType& type);
  std::optional<Value> string(const ValueType& type);
  std::optional<Value> list(const ValueType& type);
  std::optional<Value> map(const ValueType& type);
  bool sequence(const std::vector<ValuePart>& parts, bool is_call, std::vector<Value>& out);
  std::optional<Value> record(const ValueType& type);
  std::optional<Value> flags(const ValueType& type);
  std::optional<Value> variant(const ValueType& type);
  std::optional<Value> enumeration(const ValueType& type);
  std::optional<Value> option(const ValueType& type);
  std::optional<Value> result(const ValueType& type);
  // The payload of the case `name`, which has been read: (value), or nothing.
  bool payload(const Token& name, const ValueTypeRef& type, std::optional<Value>& out);
  // Index of the part that the current label names.
  std::optional<size_t> part(const ValueType& type, std::string_view what);
  bool at_label() const { return at(TokenKind::kLabel) || at(TokenKind::kKeyword); }

  std::string_view text_;
  Lexer lexer_;
  Token tok_;
  Error error_;
  size_t values_left_;
};

void Parser::fail_at(const char* position, size_t length, std::string_view message, std::string_view hint,
                     ErrorKind kind) {
  if (!failed()) error_ = text::error_at({text_, {}}, position, length, message, hint, kind);
  lexer_.stop();
  tok_ = {};
}

void Parser::unexpected(std::string_view wanted, ErrorKind kind) {
  std::string found(name_of(tok_.kind));
  if (at(TokenKind::kLabel) || at(TokenKind::kKeyword) || at(TokenKind::kNumber))
    found = base::format("'{}'", tok_.text);
  if (at(TokenKind::kEnd)) kind = ErrorKind::kMalformed;
  fail(tok_, base::format("unexpected {:t}, expected {:t}", found, wanted), {}, kind);
}

Error Parser::take_error() {
  if (error_) return std::move(error_);
  return text::error_at({text_, {}}, lexer_.error_position(), 1, lexer_.error());
}

Result<Value> Parser::only_value(const ValueType& type) {
  advance();
  std::optional<Value> result = value(type);
  if (!failed() && !at(TokenKind::kEnd)) unexpected("the end of the text");
  if (failed() || !result) return take_error();
  return *std::move(result);
}

std::optional<Value> Parser::value(const ValueType& type) {
  if (failed()) return {};
  if (values_left_-- == 0) {
    values_left_ = 0;
    fail(tok_, base::format("a text of this length stands for at most {} values", kMaxValues + 4 * text_.size()), {},
         ErrorKind::kUnsupported);
    return {};
  }
  switch (type.kind) {
    case ValueKind::kBool: return boolean(type);
    case ValueKind::kS8:
    case ValueKind::kU8:
    case ValueKind::kS16:
    case ValueKind::kU16:
    case ValueKind::kS32:
    case ValueKind::kU32:
    case ValueKind::kS64:
    case ValueKind::kU64: return integer(type);
    case ValueKind::kF32:
    case ValueKind::kF64: return floating(type);
    case ValueKind::kChar: return character(type);
    case ValueKind::kString: return string(type);
    case ValueKind::kList:
    case ValueKind::kFixedList: return list(type);
    case ValueKind::kMap: return map(type);
    case ValueKind::kRecord: return record(type);
    case ValueKind::kTuple: {
      std::vector<Value> out;
      return sequence(type.parts, false, out) ? std::optional(Value::tuple(std::move(out))) : std::nullopt;
    }
    case ValueKind::kVariant: return variant(type);
    case ValueKind::kEnum: return enumeration(type);
    case ValueKind::kOption: return option(type);
    case ValueKind::kResult: return result(type);
    case ValueKind::kFlags: return flags(type);
    case ValueKind::kErrorContext:
    case ValueKind::kOwn:
    case ValueKind::kBorrow:
    case ValueKind::kStream:
    case ValueKind::kFuture: break;
  }
  fail(tok_, base::format("values of type {:t} have no text: they come from the program", to_string(type)), {},
       ErrorKind::kUnsupported);
  return {};
}

std::optional<Value> Parser::boolean(const ValueType& type) {
  const bool value = at_keyword("true");
  if (!value && !at_keyword("false")) {
    wrong_type(type);
    return {};
  }
  advance();
  return Value::boolean(value);
}

template <class T>
std::optional<T> Parser::number_as(const ValueType& type) {
  if (!at(TokenKind::kNumber)) {
    wrong_type(type);
    return {};
  }
  T v{};
  const auto [end, code] = std::from_chars(tok_.text.data(), tok_.text.data() + tok_.text.size(), v);
  if (code != std::errc() || end != tok_.text.data() + tok_.text.size()) {
    fail(tok_, base::format("{} is not a value of type {:t}", tok_.text, to_string(type)),
         base::format("the values are {} to {}", std::numeric_limits<T>::min(), std::numeric_limits<T>::max()),
         ErrorKind::kInvalid);
    return {};
  }
  advance();
  return v;
}

std::optional<Value> Parser::integer(const ValueType& type) {
  const auto signed_value = [&](auto zero) -> std::optional<Value> {
    const auto v = number_as<decltype(zero)>(type);
    return v ? std::optional(Value::integer(type.kind, static_cast<uint64_t>(static_cast<int64_t>(*v)))) : std::nullopt;
  };
  const auto unsigned_value = [&](auto zero) -> std::optional<Value> {
    const auto v = number_as<decltype(zero)>(type);
    return v ? std::optional(Value::integer(type.kind, uint64_t{*v})) : std::nullopt;
  };
  switch (type.kind) {
    case ValueKind::kS8: return signed_value(int8_t{});
    case ValueKind::kU8: return unsigned_value(uint8_t{});
    case ValueKind::kS16: return signed_value(int16_t{});
    case ValueKind::kU16: return unsigned_value(uint16_t{});
    case ValueKind::kS32: return signed_value(int32_t{});
    case ValueKind::kU32: return unsigned_value(uint32_t{});
    case ValueKind::kS64: return signed_value(int64_t{});
    default: return unsigned_value(uint64_t{});
  }
}

// Whether a number that is out of range is too large; otherwise it is too small, and zero.
bool is_huge(std::string_view number) {
  const size_t e = std::min(number.find_first_of("eE"), number.size());
  if (e < number.size()) {
    const std::string_view exponent = number.substr(e + 1);
    int64_t value = 0;
    const bool plus = exponent.starts_with('+');
    const auto [end, code] =
        std::from_chars(exponent.data() + (plus ? 1 : 0), exponent.data() + exponent.size(), value);
    if (code == std::errc::result_out_of_range) return !exponent.starts_with('-');
    const std::string_view digits =
        number.substr(number.starts_with('-') ? 1 : 0, e - (number.starts_with('-') ? 1 : 0));
    const size_t dot = std::min(digits.find('.'), digits.size());
    const size_t first = digits.find_first_of("123456789");
    // The position of the first digit that is not zero, relative to the point.
    const auto position = first < dot ? static_cast<int64_t>(dot - first) : -static_cast<int64_t>(first - dot - 1);
    return position + value > 0;
  }
  return number.find_first_of("123456789") < std::min(number.find('.'), number.size());
}

template <class T>
std::optional<T> float_of(std::string_view text) {
  T v{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (code != std::errc::result_out_of_range) return v;
  const bool negative = text.starts_with('-');
  const T size = is_huge(text) ? std::numeric_limits<T>::infinity() : T{0};
  return negative ? -size : size;
}

std::optional<Value> Parser::floating(const ValueType& type) {
  if (!at(TokenKind::kNumber) && !at_keyword("inf") && !at_keyword("nan")) {
    wrong_type(type);
    return {};
  }
  const std::string_view text = tok_.text;
  advance();
  if (type.kind == ValueKind::kF32) {
    if (text == "nan") return Value::f32(std::numeric_limits<float>::quiet_NaN());
    return Value::f32(*float_of<float>(text));
  }
  if (text == "nan") return Value::f64(std::numeric_limits<double>::quiet_NaN());
  return Value::f64(*float_of<double>(text));
}

std::optional<Value> Parser::character(const ValueType& type) {
  if (!at(TokenKind::kCharacter)) {
    wrong_type(type);
    return {};
  }
  std::string text;
  std::string_view problem;
  const char* position = nullptr;
  if (!unquote(tok_, text, problem, position)) {
    fail_at(position, 1, problem, {}, ErrorKind::kMalformed);
    return {};
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const unsigned length = text.empty() ? 0 : base::utf8_length(bytes, bytes + text.size());
  if (length == 0 || length != text.size()) {
    fail(tok_, "between '' is one character", "strings are between \"\"");
    return {};
  }
  uint32_t c = length == 1 ? bytes[0] : bytes[0] & (0x7FU >> length);
  for (unsigned i = 1; i < length; ++i) c = c << 6 | (bytes[i] & 0x3FU);
  advance();
  return Value::character(static_cast<char32_t>(c));
}

std::optional<Value> Parser::string(const ValueType& type) {
  if (!at(TokenKind::kString) && !at(TokenKind::kMultiline)) {
    wrong_type(type);
    return {};
  }
  std::string text;
  std::string_view problem;
  const char* position = nullptr;
  if (!unquote(tok_, text, problem, position)) {
    fail_at(position, 1, problem, {}, ErrorKind::kMalformed);
    return {};
  }
  advance();
  return Value::string(std::move(text));
}

std::optional<Value> Parser::list(const ValueType& type) {
  const Token start = tok_;
  if (!at(TokenKind::kOpenBracket)) {
    wrong_type(type);
    return {};
  }
  advance();
  std::vector<Value> out;
  while (!at(TokenKind::kCloseBracket) && !failed()) {
    std::optional<Value> element = value(*type.first);
    if (!element) return {};
    out.push_back(*std::move(element));
    if (!accept(TokenKind::kComma)) break;
  }
  if (!at(TokenKind::kCloseBracket)) unexpected("',' or ']'");
  if (!failed() && type.kind == ValueKind::kFixedList && out.size() != type.length)
    fail(start, base::format("this list has {} elements, and {:t} has {}", out.size(), to_string(type), type.length),
         {}, ErrorKind::kInvalid);
  if (failed()) return {};
  advance();
  return Value::list(std::move(out));
}

std::optional<Value> Parser::map(const ValueType& type) {
  if (!at(TokenKind::kOpenBracket)) {
    wrong_type(type);
    return {};
  }
  advance();
  const std::vector<ValuePart> pair = {{"", type.first}, {"", type.second}};
  std::vector<std::pair<Value, Value>> out;
  while (!at(TokenKind::kCloseBracket) && !failed()) {
    std::vector<Value> entry;
    if (!sequence(pair, false, entry)) return {};
    out.emplace_back(std::move(entry[0]), std::move(entry[1]));
    if (!accept(TokenKind::kComma)) break;
  }
  if (!at(TokenKind::kCloseBracket)) unexpected("',' or ']'");
  if (failed()) return {};
  advance();
  return Value::map(std::move(out));
}

// Values in parentheses: a tuple, the entry of a map or the arguments of a call.
bool Parser::sequence(const std::vector<ValuePart>& parts, bool is_call, std::vector<Value>& out) {
  if (!at(TokenKind::kOpenParen)) {
    unexpected("'('", ErrorKind::kInvalid);
    return false;
  }
  advance();
  while (!at(TokenKind::kCloseParen) && !failed()) {
    if (out.size() == parts.size()) {
      fail(tok_, base::format("more than {} {:t}", parts.size(), is_call ? "arguments" : "values in the tuple"), {},
           ErrorKind::kInvalid);
      return false;
    }
    std::optional<Value> element = value(*parts[out.size()].type);
    if (!element) return false;
    out.push_back(*std::move(element));
    if (!accept(TokenKind::kComma)) break;
  }
  if (!at(TokenKind::kCloseParen)) unexpected("',' or ')'");
  while (is_call && !failed() && out.size() < parts.size() && parts[out.size()].type->kind == ValueKind::kOption)
    out.push_back(Value::none());
  if (!failed() && out.size() < parts.size()) {
    const std::string& name = parts[out.size()].name;
    fail(tok_,
         is_call ? base::format("the argument '{}' is missing", name)
                 : base::format("the tuple has {} values, expected {}", out.size(), parts.size()),
         {}, ErrorKind::kInvalid);
  }
  if (!failed() && out.empty() && !is_call) fail(tok_, "a tuple has at least one value");
  if (failed()) return false;
  advance();
  return true;
}

std::optional<size_t> Parser::part(const ValueType& type, std::string_view what) {
  if (!at_label()) {
    unexpected(base::format("a {:t} of {:t}", what, to_string(type)), ErrorKind::kInvalid);
    return {};
  }
  for (size_t i = 0; i < type.parts.size(); ++i)
    if (type.parts[i].name == tok_.text) return i;
  std::vector<std::string_view> names;
  for (const ValuePart& known : type.parts) names.push_back(known.name);
  fail(tok_, base::format("there is no {:t} '{}'{:t}", what, tok_.text, base::did_you_mean(tok_.text, names)), {},
       ErrorKind::kInvalid);
  return {};
}

std::optional<Value> Parser::record(const ValueType& type) {
  const Token start = tok_;
  if (!at(TokenKind::kOpenBrace)) {
    wrong_type(type);
    return {};
  }
  advance();
  std::vector<std::optional<Value>> found(type.parts.size());
  if (accept(TokenKind::kColon)) {
    // {:} has no fields.
  } else if (at(TokenKind::kCloseBrace)) {
    fail(start, "a record without fields is written {:}", {}, ErrorKind::kInvalid);
  } else {
    while (!failed()) {
      const Token label = tok_;
      const std::optional<size_t> i = part(type, "field");
      if (!i) return {};
      if (found[*i]) fail(label, base::format("the field '{}' is written twice", label.text));
      advance();
      expect(TokenKind::kColon);
      found[*i] = value(*type.parts[*i].type);
      if (!accept(TokenKind::kComma) || at(TokenKind::kCloseBrace)) break;
    }
  }
  if (!at(TokenKind::kCloseBrace)) unexpected("'}'");
  std::vector<NamedValue> fields;
  for (size_t i = 0; i < found.size() && !failed(); ++i) {
    if (!found[i] && type.parts[i].type->kind != ValueKind::kOption)
      fail(start, base::format("the field '{}' is missing", type.parts[i].name), {}, ErrorKind::kInvalid);
    if (!found[i] && values_left_ > 0) --values_left_;
    fields.push_back({type.parts[i].name, found[i] ? *std::move(found[i]) : Value::none()});
  }
  if (failed()) return {};
  advance();
  return Value::record(std::move(fields));
}

std::optional<Value> Parser::flags(const ValueType& type) {
  if (!at(TokenKind::kOpenBrace)) {
    wrong_type(type);
    return {};
  }
  advance();
  std::vector<bool> found(type.parts.size());
  while (!at(TokenKind::kCloseBrace) && !failed()) {
    const Token label = tok_;
    const std::optional<size_t> i = part(type, "flag");
    if (!i) return {};
    if (found[*i]) fail(label, base::format("the flag '{}' is written twice", label.text));
    found[*i] = true;
    advance();
    if (!accept(TokenKind::kComma)) break;
  }
  if (!at(TokenKind::kCloseBrace)) unexpected("',' or '}'");
  if (failed()) return {};
  advance();
  std::vector<std::string> names;
  for (size_t i = 0; i < found.size(); ++i)
    if (found[i]) names.push_back(type.parts[i].name);
  return Value::flags(std::move(names));
}

bool Parser::payload(const Token& name, const ValueTypeRef& type, std::optional<Value>& out) {
  if (!at(TokenKind::kOpenParen)) {
    if (type != nullptr)
      fail(name, base::format("'{}' has a value in parentheses, of type {:t}", name.text, to_string(*type)), {},
           ErrorKind::kInvalid);
    return !failed();
  }
  if (type == nullptr) {
    fail(tok_, base::format("'{}' has no value", name.text), {}, ErrorKind::kInvalid);
    return false;
  }
  advance();
  out = value(*type);
  expect(TokenKind::kCloseParen);
  return !failed() && out;
}

std::optional<Value> Parser::variant(const ValueType& type) {
  if (at(TokenKind::kKeyword)) {
    fail(tok_, base::format("unexpected '{}', expected a value of type {:t}", tok_.text, to_string(type)),
         "a case with the name of a keyword is written with % in front of it", ErrorKind::kInvalid);
    return {};
  }
  const Token label = tok_;
  const std::optional<size_t> i = part(type, "case");
  if (!i) return {};
  advance();
  std::optional<Value> inner;
  if (!payload(label, type.parts[*i].type, inner)) return {};
  const std::string& name = type.parts[*i].name;
  return inner ? Value::variant(name, *std::move(inner)) : Value::variant(name);
}

std::optional<Value> Parser::enumeration(const ValueType& type) {
  if (at(TokenKind::kKeyword)) {
    fail(tok_, base::format("unexpected '{}', expected a value of type {:t}", tok_.text, to_string(type)),
         "a case with the name of a keyword is written with % in front of it", ErrorKind::kInvalid);
    return {};
  }
  const std::optional<size_t> i = part(type, "case");
  if (!i) return {};
  advance();
  return Value::enumeration(type.parts[*i].name);
}

// README.md, "Options", "Results": the payload alone stands for `some` or `ok`, unless it is itself one of these types.
bool is_flat(const ValueTypeRef& type) {
  return type != nullptr && type->kind != ValueKind::kOption && type->kind != ValueKind::kResult;
}

std::optional<Value> Parser::option(const ValueType& type) {
  const Token name = tok_;
  std::optional<Value> inner;
  if (at_keyword("none")) {
    advance();
    if (!payload(name, nullptr, inner)) return {};
    return Value::none();
  }
  if (at_keyword("some")) {
    advance();
    if (!payload(name, type.first, inner)) return {};
    return Value::some(*std::move(inner));
  }
  if (!is_flat(type.first)) {
    wrong_type(type);
    return {};
  }
  inner = value(*type.first);
  return inner ? std::optional(Value::some(*std::move(inner))) : std::nullopt;
}

std::optional<Value> Parser::result(const ValueType& type) {
  const Token name = tok_;
  const bool is_ok = at_keyword("ok");
  std::optional<Value> inner;
  if (is_ok || at_keyword("err")) {
    advance();
    if (!payload(name, is_ok ? type.first : type.second, inner)) return {};
    return inner ? Value::result(is_ok, *std::move(inner)) : Value::result(is_ok);
  }
  if (!is_flat(type.first)) {
    wrong_type(type);
    return {};
  }
  inner = value(*type.first);
  return inner ? std::optional(Value::result(true, *std::move(inner))) : std::nullopt;
}

// [package "/"] [interface "."] function ["@" version]
Result<CallName> Parser::call_name() {
  const Token token = lexer_.next_function_name();
  tok_ = token;
  if (lexer_.error_position() == nullptr && token.kind != TokenKind::kLabel) unexpected("the name of a function");
  if (failed()) return take_error();
  CallName name;
  name.text = token.text;
  std::string_view rest = token.text;
  std::string version;
  const auto bad = [&](std::string_view message) {
    fail(token, message, "calls are written run(1, \"a\") or a:b/c.run@1.0.0(1)");
    return take_error();
  };
  if (const size_t at_sign = rest.find('@'); at_sign != rest.npos) {
    version = rest.substr(at_sign + 1);
    rest = rest.substr(0, at_sign);
    if (const auto parsed = Version::parse(version); !parsed) return bad(parsed.error().message());
  }
  std::string package;
  if (const size_t slash = rest.find('/'); slash != rest.npos) {
    package = rest.substr(0, slash);
    rest = rest.substr(slash + 1);
    const size_t colon = package.find(':');
    if (colon == package.npos || !wit::is_label(std::string_view(package).substr(0, colon)) ||
        !wit::is_label(std::string_view(package).substr(colon + 1)))
      return bad(base::format("'{}' is not the name of a package", package));
  }
  if (const size_t dot = rest.find('.'); dot != rest.npos) {
    name.interface = rest.substr(0, dot);
    rest = rest.substr(dot + 1);
    if (!wit::is_label(name.interface))
      return bad(base::format("'{}' is not the name of an interface", name.interface));
  } else if (!package.empty()) {
    return bad("the package is followed by an interface and a function: a:b/c.run");
  }
  if (rest.starts_with('%')) rest.remove_prefix(1);
  if (const std::string_view problem = wit::label_problem(rest); !problem.empty())
    return bad(base::format("'{}' is not the name of a function: {:t}", rest, problem));
  name.function = rest;
  if (!package.empty()) name.interface = package + "/" + name.interface;
  if (!version.empty()) name.interface += "@" + version;
  return name;
}

Result<std::vector<Value>> Parser::call(const FunctionType& type) {
  ERMINE_TRY(call_name());
  advance();
  std::vector<Value> out;
  sequence(type.params, true, out);
  if (!failed() && !at(TokenKind::kEnd)) unexpected("the end of the text");
  if (failed()) return take_error();
  return out;
}

}  // namespace

Result<Value> parse(std::string_view text, const ValueType& type) { return Parser(text).only_value(type); }
Result<CallName> parse_call_name(std::string_view text) { return Parser(text).call_name(); }
Result<std::vector<Value>> parse_call(std::string_view text, const FunctionType& type) {
  return Parser(text).call(type);
}

}  // namespace ermine::component::wave

// See lexer.h.
#include "component/wave/lexer.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/fixed_text.h"
#include "base/format.h"
#include "base/utf8.h"
#include "component/wit/keywords.h"

namespace ermine::component::wave {
namespace {

constexpr base::FixedText<31> kNames[] = {"the end of the text",
                                          "a number",
                                          "a name",
                                          "a keyword",
                                          "a character",
                                          "a string",
                                          "a string",
                                          "'{'",
                                          "'}'",
                                          "'('",
                                          "')'",
                                          "'['",
                                          "']'",
                                          "':'",
                                          "','"};
constexpr std::string_view kKeywords[] = {"true", "false", "inf", "nan", "some", "none", "ok", "err"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_label_character(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

void append_utf8(std::string& out, uint32_t c) {
  const auto byte = [&](uint32_t b) { out += static_cast<char>(b); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xC0 | c >> 6);
  } else {
    if (c < 0x10000) {
      byte(0xE0 | c >> 12);
    } else {
      byte(0xF0 | c >> 18);
      byte(0x80 | (c >> 12 & 0x3F));
    }
    byte(0x80 | (c >> 6 & 0x3F));
  }
  byte(0x80 | (c & 0x3F));
}

// At a backslash: appends the character and moves behind the escape. False if it is none.
bool unescape(const char*& p, const char* end, std::string& out) {
  if (end - p < 2) return false;
  static constexpr struct {
    char name, character;
  } kEscapes[] = {{'\'', '\''}, {'"', '"'}, {'\\', '\\'}, {'t', '\t'}, {'n', '\n'}, {'r', '\r'}};
  for (const auto& [name, character] : kEscapes) {
    if (p[1] != name) continue;
    out += character;
    p += 2;
    return true;
  }
  if (p[1] != 'u' || end - p < 5 || p[2] != '{') return false;
  const char* digits = p + 3;
  const char* close = std::find_if_not(digits, end, is_hex);
  if (close == digits || close - digits > 6 || close == end || *close != '}') return false;
  uint32_t value = 0;
  for (const char* d = digits; d != close; ++d)
    value = value * 16 + static_cast<uint32_t>(is_digit(*d) ? *d - '0' : (*d | 0x20) - 'a' + 10);
  if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return false;
  append_utf8(out, value);
  p = close + 1;
  return true;
}

constexpr std::string_view kBadEscape =
    "the escapes are \\' \\\" \\\\ \\t \\n \\r and \\u{…}, with the hexadecimal number of a character";

bool unquote_text(std::string_view text, std::string& out, std::string_view& problem, const char*& at) {
  const char* const end = text.data() + text.size();
  for (const char* p = text.data(); p != end;) {
    if (*p != '\\') {
      out += *p++;
      continue;
    }
    at = p;
    if (!unescape(p, end, out)) {
      problem = kBadEscape;
      return false;
    }
  }
  return true;
}

// README.md, "Multiline Strings". `text` is between the quotes.
bool unquote_lines(std::string_view text, std::string& out, std::string_view& problem, const char*& at) {
  at = text.data();
  if (text.starts_with('\r')) text.remove_prefix(1);
  if (!text.starts_with('\n')) {
    problem = "\"\"\" is followed by a line break";
    return false;
  }
  text.remove_prefix(1);
  // The spaces in front of the closing quotes are what every line begins with.
  const size_t last = text.find_last_not_of(' ');
  const size_t indent = text.size() - (last == text.npos ? 0 : last + 1);
  text.remove_suffix(indent);
  if (text.empty()) return true;
  at = text.data() + text.size();
  if (!text.ends_with('\n')) {
    problem = "only spaces are in front of the closing \"\"\"";
    return false;
  }
  text.remove_suffix(1);
  bool first = true;
  while (true) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const size_t spaces = std::min(line.find_first_not_of(' '), line.size());
    at = line.data();
    // An empty line need not have the spaces.
    if (spaces < indent && spaces != line.size()) {
      problem = "each line of the string begins with at least as many spaces as the closing \"\"\"";
      return false;
    }
    if (!first) out += '\n';
    first = false;
    if (!unquote_text(line.substr(std::min(indent, line.size())), out, problem, at)) return false;
    if (end == text.npos) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string_view name_of(TokenKind kind) { return kNames[static_cast<size_t>(kind)]; }

bool is_keyword(std::string_view label) {
  return std::find(std::begin(kKeywords), std::end(kKeywords), label) != std::end(kKeywords);
}

Lexer::Lexer(std::string_view text) : pos_(text.data()), end_(text.data() + text.size()) {
  if (base::is_utf8(text)) return;
  const char* p = pos_;
  while (const unsigned length =
             base::utf8_length(reinterpret_cast<const uint8_t*>(p), reinterpret_cast<const uint8_t*>(end_)))
    p += length;
  fail(p, "the text is not UTF-8");
}

Token Lexer::fail(const char* at, std::string message) {
  if (error_position_ == nullptr) {
    error_position_ = at;
    error_ = std::move(message);
  }
  stop();
  return token(TokenKind::kEnd, end_);
}

Token Lexer::token(TokenKind kind, const char* start) const {
  const auto length = static_cast<size_t>(pos_ - start);
  return {kind, start, {start, length}, length};
}

void Lexer::skip_space() {
  while (pos_ != end_) {
    if (*pos_ == ' ' || *pos_ == '\t' || *pos_ == '\n' || *pos_ == '\r') ++pos_;
    else if (end_ - pos_ >= 2 && pos_[0] == '/' && pos_[1] == '/') pos_ = std::find(pos_, end_, '\n');
    else break;
  }
}

// As in JSON.
Token Lexer::number(const char* start) {
  const char* p = start + (*start == '-' ? 1 : 0);
  if (*start == '-' && std::string_view(p, static_cast<size_t>(end_ - p)).starts_with("inf")) {
    pos_ = p + 3;
    return token(TokenKind::kNumber, start);
  }
  if (p == end_ || !is_digit(*p)) return fail(start, "a minus is followed by a number or by 'inf'");
  p = *p == '0' ? p + 1 : std::find_if_not(p, end_, is_digit);
  if (end_ - p >= 2 && *p == '.' && is_digit(p[1])) p = std::find_if_not(p + 1, end_, is_digit);
  if (p != end_ && (*p == 'e' || *p == 'E')) {
    const char* digits = p + 1;
    if (digits != end_ && (*digits == '+' || *digits == '-')) ++digits;
    if (digits != end_ && is_digit(*digits)) p = std::find_if_not(digits, end_, is_digit);
  }
  pos_ = p;
  if (p != end_ && (is_label_character(*p) || *p == '.'))
    return fail(start, "this is not a number: numbers are written as in JSON, without leading zeros");
  return token(TokenKind::kNumber, start);
}

Token Lexer::label(const char* start) {
  const bool is_explicit = *start == '%';
  pos_ = std::find_if_not(start + (is_explicit ? 1 : 0), end_, is_label_character);
  Token result = token(TokenKind::kLabel, start);
  if (is_explicit) result.text.remove_prefix(1);
  else if (is_keyword(result.text)) result.kind = TokenKind::kKeyword;
  if (const std::string_view problem = wit::label_problem(result.text); !problem.empty())
    return fail(start, base::format("'{}' is not a name: {:t}", std::string_view(start, result.length), problem));
  return result;
}

Token Lexer::quoted(const char* start) {
  const char quote = *start;
  if (std::string_view(start, static_cast<size_t>(end_ - start)).starts_with("\"\"\"")) {
    static constexpr std::string_view kQuotes = "\"\"\"";
    const char* close = std::search(start + 3, end_, kQuotes.begin(), kQuotes.end());
    if (close == end_) return fail(start, "this string is not closed by \"\"\"");
    pos_ = close + 3;
    return token(TokenKind::kMultiline, start);
  }
  const char* p = start + 1;
  while (p != end_ && *p != quote && *p != '\n') p += *p == '\\' && end_ - p >= 2 ? 2 : 1;
  if (p == end_ || *p == '\n')
    return fail(start, quote == '"' ? "this string is not closed by \"" : "this character is not closed by '");
  pos_ = p + 1;
  return token(quote == '"' ? TokenKind::kString : TokenKind::kCharacter, start);
}

Token Lexer::next() {
  skip_space();
  const char* start = pos_;
  if (pos_ == end_) return token(TokenKind::kEnd, start);
  const char c = *pos_;
  if (c == '-' || is_digit(c)) return number(start);
  if (c == '%' || is_label_character(c)) return label(start);
  if (c == '"' || c == '\'') return quoted(start);
  static constexpr std::string_view kPunctuation = "{}()[]:,";
  const size_t i = kPunctuation.find(c);
  if (i == kPunctuation.npos) {
    const unsigned length =
        base::utf8_length(reinterpret_cast<const uint8_t*>(start), reinterpret_cast<const uint8_t*>(end_));
    return fail(start, base::format("unexpected character '{}'", std::string_view(start, std::max(length, 1u))));
  }
  ++pos_;
  return token(static_cast<TokenKind>(static_cast<size_t>(TokenKind::kOpenBrace) + i), start);
}

Token Lexer::next_function_name() {
  skip_space();
  const char* start = pos_;
  pos_ = std::find_if_not(pos_, end_,
                          [](char c) { return is_label_character(c) || std::string_view(":/.@+%").contains(c); });
  return pos_ == start ? next() : token(TokenKind::kLabel, start);
}

bool unquote(const Token& token, std::string& out, std::string_view& problem, const char*& at) {
  if (token.kind == TokenKind::kMultiline)
    return unquote_lines(token.text.substr(3, token.text.size() - 6), out, problem, at);
  return unquote_text(token.text.substr(1, token.text.size() - 2), out, problem, at);
}

}  // namespace ermine::component::wave

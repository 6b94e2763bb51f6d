// See lexer.h.
#include "component/wit/lexer.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/fixed_text.h"
#include "base/format.h"
#include "base/utf8.h"
#include "text/lexer.h"

namespace ermine::component::wit {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
// Characters of other scripts are taken as parts of a name, so that one message covers the whole name.
bool is_name_character(char c) {
  return is_letter(c) || is_digit(c) || c == '_' || c == '-' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_name_start(char c) { return is_name_character(c) && !is_digit(c) && c != '-'; }
bool is_version_character(char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '+'; }

constexpr base::FixedText<31> kNames[] = {"the end of the text",
                                          "a keyword",
                                          "a name",
                                          "a number",
                                          "a string",
                                          "a version",
                                          "'='",
                                          "','",
                                          "':'",
                                          "';'",
                                          "'.'",
                                          "'('",
                                          "')'",
                                          "'{'",
                                          "'}'",
                                          "'<'",
                                          "'>'",
                                          "'->'",
                                          "'/'",
                                          "'@'"};

struct Range {
  uint32_t first, last;
  std::string_view what;
};
constexpr std::string_view kBidirectional = "changes the direction of text, which could hide what a file says";
constexpr std::string_view kDeprecated = "is deprecated or discouraged by Unicode";
constexpr Range kForbidden[] = {
    {0x7F, 0x9F, "is a control character"},
    {0x149, 0x149, kDeprecated},
    {0x673, 0x673, kDeprecated},
    {0xF77, 0xF77, kDeprecated},
    {0xF79, 0xF79, kDeprecated},
    {0x17A3, 0x17A4, kDeprecated},
    {0x17B4, 0x17B5, kDeprecated},
    {0x202A, 0x202E, kBidirectional},
    {0x2066, 0x2069, kBidirectional},
};

uint32_t code_point(const char* p, unsigned length) {
  const auto byte = [&](unsigned i) { return static_cast<uint32_t>(static_cast<unsigned char>(p[i])); };
  uint32_t value = length == 1 ? byte(0) : byte(0) & (0x7FU >> length);
  for (unsigned i = 1; i < length; ++i) value = value << 6 | (byte(i) & 0x3F);
  return value;
}

std::string_view trimmed_right(std::string_view s) {
  while (!s.empty() && is_space(s.back())) s.remove_suffix(1);
  return s;
}

// The lines of a block comment without its delimiters; empty first and last lines are left out.
void add_block(std::string_view comment, std::vector<std::string_view>& lines) {
  std::string_view text = comment.substr(2, comment.size() - 4);
  if (text.starts_with('*')) text.remove_prefix(1);
  const size_t first = lines.size();
  while (true) {
    const size_t end = text.find('\n');
    const std::string_view line = trimmed_right(text.substr(0, end));
    if (!line.empty() || lines.size() != first) lines.push_back(line);
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  while (lines.size() > first && lines.back().empty()) lines.pop_back();
}

// The end of the block comment at the start of `gap`; the lexer has found it closed.
size_t block_end(std::string_view gap) {
  size_t depth = 0, i = 0;
  do {
    const std::string_view pair = gap.substr(i, 2);
    if (pair == "/*") depth += 1, i += 2;
    else if (pair == "*/") depth -= 1, i += 2;
    else ++i;
  } while (depth > 0 && i < gap.size());
  return i;
}

}  // namespace

std::string_view name_of(TokenKind kind) { return kNames[static_cast<size_t>(kind)]; }

const char* forbidden_character(std::string_view text, std::string& problem) {
  const char* const end = text.data() + text.size();
  for (const char* p = text.data(); p != end;) {
    const unsigned length =
        base::utf8_length(reinterpret_cast<const uint8_t*>(p), reinterpret_cast<const uint8_t*>(end));
    if (length == 0) {
      problem = base::format("byte 0x{:02x} is not UTF-8", static_cast<unsigned>(static_cast<unsigned char>(*p)));
      return p;
    }
    const uint32_t c = code_point(p, length);
    std::string_view what;
    if (c < 0x20 && !is_space(*p)) what = "is a control character";
    if (c >= kForbidden[0].first)
      for (const Range& range : kForbidden)
        if (c >= range.first && c <= range.last) what = range.what;
    if (!what.empty()) {
      problem = base::format("WIT files may not have the character U+{:04x}: it {:t}", c, what);
      return p;
    }
    p += length;
  }
  return nullptr;
}

Lexer::Lexer(std::string_view text) : pos_(text.data()), end_(text.data() + text.size()) {
  if (text.starts_with("\xEF\xBB\xBF")) pos_ += 3;
}

Token Lexer::fail(const char* at, std::string message) {
  if (error_position_ == nullptr) {
    error_position_ = at;
    error_ = std::move(message);
  }
  stop();
  return token(TokenKind::kEof, end_, {});
}

Token Lexer::token(TokenKind kind, const char* start, std::string_view gap) {
  const auto length = static_cast<size_t>(pos_ - start);
  return {kind, Keyword::kNone, start, {start, length}, gap, length};
}

// At "/*". Comments nest.
bool Lexer::skip_block_comment() {
  const char* start = pos_;
  size_t depth = 0;
  do {
    if (end_ - pos_ < 2) {
      fail(start, "this comment is not closed by */");
      return false;
    }
    const std::string_view pair(pos_, 2);
    if (pair == "/*") depth += 1, pos_ += 2;
    else if (pair == "*/") depth -= 1, pos_ += 2;
    else ++pos_;
  } while (depth > 0);
  return true;
}

bool Lexer::skip_space(std::string_view& gap) {
  const char* start = pos_;
  while (pos_ != end_) {
    if (is_space(*pos_)) {
      ++pos_;
    } else if (end_ - pos_ >= 2 && pos_[0] == '/' && pos_[1] == '/') {
      pos_ = std::find(pos_, end_, '\n');
    } else if (end_ - pos_ >= 2 && pos_[0] == '/' && pos_[1] == '*') {
      if (!skip_block_comment()) return false;
    } else {
      break;
    }
  }
  gap = {start, static_cast<size_t>(pos_ - start)};
  return true;
}

Token Lexer::name(const char* start, std::string_view gap) {
  const bool explicit_name = *start == '%';
  pos_ = std::find_if_not(start + (explicit_name ? 1 : 0), end_, is_name_character);
  Token result = token(TokenKind::kName, start, gap);
  if (explicit_name) {
    result.text.remove_prefix(1);
  } else if (const Keyword keyword = keyword_of(result.text); keyword != Keyword::kNone) {
    result.kind = TokenKind::kKeyword;
    result.keyword = keyword;
    return result;
  }
  if (const std::string_view problem = label_problem(result.text); !problem.empty())
    return fail(start, base::format("'{}' is not a name: {:t}", std::string_view(start, result.length), problem));
  return result;
}

// At the opening quote. The form is that of names in the text format of core modules.
Token Lexer::string(const char* start, std::string_view gap) {
  const char* p = start + 1;
  while (true) {
    if (p == end_ || *p == '\n') return fail(start, "this string is not closed by \"");
    const char c = *p;
    if (c == '"') break;
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      return fail(p, "a string has a control character; write it as an escape");
    if (c != '\\') {
      ++p;
      continue;
    }
    const char* escape = p++;
    if (p == end_) continue;
    if (std::string_view("\"'\\tnr").contains(*p)) {
      ++p;
    } else if (end_ - p >= 2 && is_hex(p[0]) && is_hex(p[1])) {
      p += 2;
    } else if (end_ - p >= 2 && p[0] == 'u' && p[1] == '{') {
      p += 2;
      uint32_t value = 0;
      const char* digits = p;
      for (; p != end_ && (is_hex(*p) || (*p == '_' && p != digits && p[-1] != '_')) && value <= 0x10FFFF; ++p)
        if (*p != '_') value = value * 16 + static_cast<uint32_t>(is_digit(*p) ? *p - '0' : (*p | 0x20) - 'a' + 10);
      if (p == end_ || *p != '}' || p == digits || p[-1] == '_' || value > 0x10FFFF ||
          (value >= 0xD800 && value <= 0xDFFF))
        return fail(escape, "\\u{…} has the hexadecimal number of a character");
      ++p;
    } else {
      return fail(escape, "strings have the escapes \\\" \\' \\\\ \\t \\n \\r \\hh and \\u{…}");
    }
  }
  pos_ = p + 1;
  Token result = token(TokenKind::kString, start, gap);
  result.text = {start + 1, static_cast<size_t>(p - start - 1)};
  if (!base::is_utf8(string_value(result.text))) return fail(start, "the bytes of this string are not UTF-8");
  return result;
}

Token Lexer::next() {
  std::string_view gap;
  if (!skip_space(gap)) return token(TokenKind::kEof, end_, {});
  const char* start = pos_;
  if (pos_ == end_) return token(TokenKind::kEof, start, gap);
  const char c = *pos_;
  if (c == '%' || is_name_start(c)) return name(start, gap);
  if (is_digit(c)) {
    pos_ = std::find_if_not(pos_, end_, is_digit);
    return token(TokenKind::kNumber, start, gap);
  }
  if (c == '"') return string(start, gap);
  if (c == '-' && end_ - pos_ >= 2 && pos_[1] == '>') {
    pos_ += 2;
    return token(TokenKind::kReturns, start, gap);
  }
  static constexpr struct {
    char c;
    TokenKind kind;
  } kPunctuation[] = {{'=', TokenKind::kEquals},     {',', TokenKind::kComma},     {':', TokenKind::kColon},
                      {';', TokenKind::kSemicolon},  {'.', TokenKind::kPeriod},    {'(', TokenKind::kOpenParen},
                      {')', TokenKind::kCloseParen}, {'{', TokenKind::kOpenBrace}, {'}', TokenKind::kCloseBrace},
                      {'<', TokenKind::kLess},       {'>', TokenKind::kGreater},   {'/', TokenKind::kSlash},
                      {'@', TokenKind::kAt}};
  for (const auto& row : kPunctuation) {
    if (row.c != c) continue;
    ++pos_;
    return token(row.kind, start, gap);
  }
  return fail(start, base::format("unexpected character '{}'", std::string_view(start, 1)));
}

Token Lexer::next_version() {
  std::string_view gap;
  if (!skip_space(gap)) return token(TokenKind::kEof, end_, {});
  const char* start = pos_;
  pos_ = std::find_if_not(pos_, end_, is_version_character);
  if (pos_ != start && pos_[-1] == '.') --pos_;
  if (pos_ == start) return next();
  return token(TokenKind::kVersion, start, gap);
}

std::string string_value(std::string_view text) { return text::unescape(text); }

std::string documentation(std::string_view gap) {
  std::vector<std::string_view> lines;
  while (!gap.empty()) {
    if (gap.starts_with("//")) {
      const size_t end = gap.find('\n');
      std::string_view line = trimmed_right(gap.substr(0, end));
      line.remove_prefix(std::min(line.find_first_not_of('/'), line.size()));
      lines.push_back(line);
      gap.remove_prefix(std::min(end, gap.size()));
    } else if (gap.starts_with("/*")) {
      const size_t end = block_end(gap);
      add_block(gap.substr(0, end), lines);
      gap.remove_prefix(end);
    } else {
      gap.remove_prefix(1);
    }
  }
  size_t indent = std::string_view::npos;
  for (const std::string_view line : lines)
    if (!line.empty()) indent = std::min(indent, std::min(line.find_first_not_of(' '), line.size()));
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  std::string out;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += '\n';
    out += lines[i].substr(std::min(indent, lines[i].size()));
  }
  return out;
}

}  // namespace ermine::component::wit

// The lexer. See lexer.h.
#include "text/lexer.h"

#include <array>
#include <cstring>

#include "base/utf8.h"

namespace ermine::text {

namespace {

enum CharClass : uint8_t {
  kIllegal,   // control characters, and characters outside ASCII (legal in strings and comments only)
  kSpace,
  kIdChar,
  kQuote,
  kLeft,
  kRight,
  kSemicolon,
  kPunctuation,  // , [ ] { }: part of reserved runs
};

constexpr std::array<uint8_t, 256> make_classes() {
  std::array<uint8_t, 256> classes{};
  for (char c : {' ', '\t', '\n', '\r'}) classes[static_cast<unsigned char>(c)] = kSpace;
  for (int c = '0'; c <= '9'; ++c) classes[c] = kIdChar;
  for (int c = 'a'; c <= 'z'; ++c) classes[c] = kIdChar;
  for (int c = 'A'; c <= 'Z'; ++c) classes[c] = kIdChar;
  for (char c : std::string_view("!#$%&'*+-./:<=>?@\\^_`|~")) classes[static_cast<unsigned char>(c)] = kIdChar;
  classes['"'] = kQuote;
  classes['('] = kLeft;
  classes[')'] = kRight;
  classes[';'] = kSemicolon;
  for (char c : std::string_view(",[]{}")) classes[static_cast<unsigned char>(c)] = kPunctuation;
  return classes;
}
constexpr auto kClasses = make_classes();

CharClass class_of(char c) { return static_cast<CharClass>(kClasses[static_cast<unsigned char>(c)]); }

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

unsigned hex_value(char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10); }

}  // namespace

bool is_known_annotation(std::string_view id) {
  return id == "custom" || id == "name" || id.starts_with("metadata.code.") || id == "ermine.names" ||
         id == "ermine.name" || id == "ermine.encoding";
}

Token Lexer::fail(const char* at, const char* message) {
  if (!error_) {
    error_ = message;
    error_position_ = at;
  }
  stop();
  return Token{TokenKind::kEof, false, at, {at, 0}};
}

bool Lexer::skip_block_comment() {
  const char* start = pos_;
  pos_ += 2;
  for (size_t depth = 1; depth != 0;) {
    if (end_ - pos_ < 2) {
      fail(start, "unclosed comment");
      return false;
    }
    if (pos_[0] == '(' && pos_[1] == ';') {
      ++depth;
      pos_ += 2;
    } else if (pos_[0] == ';' && pos_[1] == ')') {
      --depth;
      pos_ += 2;
    } else {
      ++pos_;
    }
  }
  return true;
}

bool Lexer::skip_space() {
  for (; pos_ != end_; ++pos_) {
    while (class_of(*pos_) == kSpace)
      if (++pos_ == end_) return true;
    if (*pos_ == ';' && end_ - pos_ > 1 && pos_[1] == ';') {
      while (pos_ + 1 != end_ && *pos_ != '\n' && *pos_ != '\r') ++pos_;
    } else if (*pos_ == '(' && end_ - pos_ > 1 && pos_[1] == ';') {
      if (!skip_block_comment()) return false;
      --pos_;
    } else if (*pos_ == '(' && end_ - pos_ > 1 && pos_[1] == '@') {
      std::string_view id;
      bool escaped;
      const char* after = annotation_id(pos_ + 1, id, escaped);
      if (!after) return false;
      if (is_known_annotation(id)) return true;
      const char* start = pos_;
      pos_ = after;
      if (!skip_annotation(start)) return false;
      --pos_;
    } else {
      return true;
    }
  }
  return true;
}

const char* Lexer::annotation_id(const char* p, std::string_view& id, bool& escaped) {
  const char* q = p + 1;
  escaped = false;
  if (q != end_ && *q == '"') {
    const char* after = string_end(q, escaped);
    if (!after) return nullptr;
    id = {q + 1, static_cast<size_t>(after - q - 2)};
    if (escaped && !base::is_utf8(unescape(id))) {
      fail(q, "malformed UTF-8 encoding in an annotation id");
      return nullptr;
    }
    q = after;
  } else {
    while (q != end_ && class_of(*q) == kIdChar) ++q;
    id = {p + 1, static_cast<size_t>(q - p - 1)};
  }
  if (id.empty()) {
    fail(p, "empty annotation id");
    return nullptr;
  }
  return q;
}

bool Lexer::skip_annotation(const char* start) {
  for (size_t depth = 1; depth != 0;) {
    if (pos_ == end_) {
      fail(start, "unclosed annotation");
      return false;
    }
    bool escaped;
    switch (class_of(*pos_)) {
      case kIllegal: fail(pos_, "illegal character"); return false;
      case kQuote:
        pos_ = string_end(pos_, escaped);
        if (!pos_) {
          stop();
          return false;
        }
        break;
      case kLeft:
        if (end_ - pos_ > 1 && pos_[1] == ';') {
          if (!skip_block_comment()) return false;
        } else {
          ++depth;
          ++pos_;
        }
        break;
      case kRight:
        --depth;
        ++pos_;
        break;
      case kSemicolon:
        ++pos_;
        if (pos_ != end_ && *pos_ == ';')
          while (pos_ != end_ && *pos_ != '\n' && *pos_ != '\r') ++pos_;
        break;
      default: ++pos_;
    }
  }
  return true;
}

const char* Lexer::string_end(const char* p, bool& escaped) {
  const char* start = p++;
  for (;; ++p) {
    while (p != end_ && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) >= 0x20 && *p != 0x7F) ++p;
    if (p == end_) break;
    if (*p == '"') return p + 1;
    if (*p != '\\') {
      fail(p, *p == '\n' || *p == '\r' ? "unclosed string: a string ends on its line"
                                       : "illegal character in a string: write it as an escape");
      return nullptr;
    }
    escaped = true;
    if (end_ - p < 3) break;
    ++p;
    if (std::strchr("tnr\"'\\", *p)) continue;
    if (*p == 'u' && p[1] == '{') {
      uint32_t value = 0;
      const char* q = p + 2;
      bool digit_before = false;
      while (q != end_ && (is_hex(*q) || (*q == '_' && digit_before))) {
        digit_before = *q != '_';
        if (digit_before) value = value * 16 + hex_value(*q);
        if (value > 0x10FFFF) break;
        ++q;
      }
      if (q == end_ || *q != '}' || !digit_before || (value >= 0xD800 && value < 0xE000)) {
        fail(p - 1, "illegal escape: \\u{...} takes the hexadecimal number of a Unicode character");
        return nullptr;
      }
      p = q;
      continue;
    }
    if (!is_hex(p[0]) || !is_hex(p[1])) {
      fail(p - 1, "illegal escape in a string");
      return nullptr;
    }
    ++p;
  }
  fail(start, "unclosed string");
  return nullptr;
}

const char* Lexer::run_end(const char* p) {
  while (p != end_) {
    switch (class_of(*p)) {
      case kIdChar:
      case kPunctuation: ++p; continue;
      case kQuote: {
        bool escaped;
        const char* after = string_end(p, escaped);
        if (!after) return nullptr;
        p = after;
        continue;
      }
      default: return p;
    }
  }
  return p;
}

Token Lexer::next() {
  if (!skip_space()) return Token{TokenKind::kEof, false, error_position_, {error_position_, 0}};
  const char* start = pos_;
  if (start == end_) return Token{TokenKind::kEof, false, start, {start, 0}};
  auto make = [&](TokenKind kind, const char* from, const char* to, bool escaped = false) {
    return Token{kind, escaped, start, {from, static_cast<size_t>(to - from)}};
  };
  // True if the run of characters up to `p` continues so that it is not a token.
  auto continues = [&](const char* p) {
    return p != end_ && (class_of(*p) == kQuote || class_of(*p) == kPunctuation || class_of(*p) == kIdChar);
  };
  auto reserved = [&](const char* from) {
    const char* stop_at = run_end(from);
    if (!stop_at) return Token{TokenKind::kEof, false, error_position_, {error_position_, 0}};
    pos_ = stop_at;
    return make(TokenKind::kReserved, start, stop_at);
  };

  switch (class_of(*start)) {
    case kRight: pos_ = start + 1; return make(TokenKind::kClose, start, pos_);
    case kLeft: {
      if (end_ - start > 1 && start[1] == '@') {
        std::string_view id;
        bool escaped;
        pos_ = annotation_id(start + 1, id, escaped);
        return Token{TokenKind::kAnnotation, escaped, start, id};
      }
      ++pos_;
      if (!skip_space()) return Token{TokenKind::kEof, false, error_position_, {error_position_, 0}};
      const char* word = pos_;
      if (word != end_ && *word >= 'a' && *word <= 'z') {
        const char* p = word + 1;
        while (p != end_ && class_of(*p) == kIdChar) ++p;
        if (!continues(p)) {
          pos_ = p;
          return make(TokenKind::kOpen, word, p);
        }
      }
      return make(TokenKind::kOpen, word, word);
    }
    case kQuote: {
      bool escaped = false;
      const char* after = string_end(start, escaped);
      if (!after) return Token{TokenKind::kEof, false, error_position_, {error_position_, 0}};
      if (continues(after)) return reserved(after);
      pos_ = after;
      return make(TokenKind::kString, start + 1, after - 1, escaped);
    }
    case kIdChar: break;
    case kPunctuation:
    case kSemicolon:
      if (class_of(*start) == kSemicolon) {
        pos_ = start + 1;
        return make(TokenKind::kReserved, start, pos_);
      }
      return reserved(start);
    default: return fail(start, "illegal character");
  }

  const char* p = start + 1;
  while (p != end_ && class_of(*p) == kIdChar) ++p;
  if (*start == '$') {
    if (p != start + 1) {
      if (continues(p)) return reserved(p);
      pos_ = p;
      return make(TokenKind::kId, start + 1, p);
    }
    if (p != end_ && *p == '"') {
      bool escaped = false;
      for (const char* q = p + 1; q != end_ && *q != '"'; ++q)
        if (static_cast<unsigned char>(*q) < 0x20)
          return fail(start, "empty identifier: control character in a quoted one");
      const char* after = string_end(p, escaped);
      if (!after) return Token{TokenKind::kEof, false, error_position_, {error_position_, 0}};
      if (after - p == 2) return fail(start, "empty identifier");
      if (continues(after)) return reserved(after);
      pos_ = after;
      return make(TokenKind::kId, p + 1, after - 1, escaped);
    }
    return fail(start, "empty identifier");
  }
  if (continues(p)) return reserved(p);
  pos_ = p;
  if (*start >= 'a' && *start <= 'z') return make(TokenKind::kKeyword, start, p);
  if ((*start >= '0' && *start <= '9') || *start == '+' || *start == '-') return make(TokenKind::kNumber, start, p);
  return make(TokenKind::kReserved, start, p);
}

bool Lexer::skip_to_close() {
  size_t depth = 1;
  const char* p = pos_;
  while (p != end_) {
    switch (class_of(*p++)) {
      case kLeft:
        if (p != end_ && *p == ';') {
          pos_ = p - 1;
          if (!skip_block_comment()) return false;
          p = pos_;
        } else {
          ++depth;
        }
        break;
      case kRight:
        if (--depth == 0) {
          pos_ = p;
          return true;
        }
        break;
      case kSemicolon:
        if (p != end_ && *p == ';')
          while (p != end_ && *p != '\n' && *p != '\r') ++p;
        break;
      case kQuote:
        while (p != end_ && *p != '"') p += *p == '\\' && end_ - p > 1 ? 2 : 1;
        if (p != end_) ++p;
        break;
      default: break;
    }
  }
  pos_ = end_;
  return false;
}

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    char c = text[++i];
    switch (c) {
      case 't': out += '\t'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case '"':
      case '\'':
      case '\\': out += c; break;
      case 'u': {
        uint32_t value = 0;
        for (i += 2; text[i] != '}'; ++i)
          if (text[i] != '_') value = value * 16 + hex_value(text[i]);
        if (value < 0x80) {
          out += static_cast<char>(value);
        } else if (value < 0x800) {
          out += static_cast<char>(0xC0 | value >> 6);
          out += static_cast<char>(0x80 | (value & 0x3F));
        } else if (value < 0x10000) {
          out += static_cast<char>(0xE0 | value >> 12);
          out += static_cast<char>(0x80 | (value >> 6 & 0x3F));
          out += static_cast<char>(0x80 | (value & 0x3F));
        } else {
          out += static_cast<char>(0xF0 | value >> 18);
          out += static_cast<char>(0x80 | (value >> 12 & 0x3F));
          out += static_cast<char>(0x80 | (value >> 6 & 0x3F));
          out += static_cast<char>(0x80 | (value & 0x3F));
        }
        break;
      }
      default: out += static_cast<char>(hex_value(c) << 4 | hex_value(text[i + 1])); ++i;
    }
  }
  return out;
}

}  // namespace ermine::text

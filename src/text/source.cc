// Showing errors in source text. See source.h.
#include "text/source.h"

#include <algorithm>

#include "base/format.h"
#include "base/utf8.h"
#include "ermine/printable.h"

namespace ermine::text {

namespace {

// Longest part of a source line that messages show: generated text has lines of megabytes.
constexpr size_t kMaxShown = 120;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

size_t code_points(std::string_view s) {
  return static_cast<size_t>(std::count_if(s.begin(), s.end(), [](char c) { return !is_continuation(c); }));
}

std::string_view line_around(const Source& source, size_t offset) {
  std::string_view text = source.text;
  size_t begin = text.substr(0, offset).find_last_of("\r\n");
  begin = begin == text.npos ? 0 : begin + 1;
  size_t end = text.find_first_of("\r\n", offset);
  return text.substr(begin, end == text.npos ? text.npos : end - begin);
}

// The longest prefix of at most `most` bytes that ends between characters.
std::string_view cut(std::string_view s, size_t most) {
  if (s.size() <= most) return s;
  while (most > 0 && is_continuation(s[most])) --most;
  return s.substr(0, most);
}

// A piece of a source line for display.
std::string piece(std::string_view s) {
  std::string out(s);
  std::replace(out.begin(), out.end(), '\t', ' ');
  return printable(out);
}

}  // namespace

std::string_view excerpt(std::string_view token) { return cut(token, 40); }

Position position_of(const Source& source, const char* at) {
  std::string_view before = source.text.substr(0, static_cast<size_t>(at - source.text.data()));
  Position position;
  size_t line_start = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] == '\r' && i + 1 < before.size() && before[i + 1] == '\n') continue;
    if (before[i] == '\n' || before[i] == '\r') {
      ++position.line;
      line_start = i + 1;
    }
  }
  position.column = code_points(before.substr(line_start)) + 1;
  return position;
}

Error error_at(const Source& source, const char* at, size_t length, std::string_view message, std::string_view hint,
               ErrorKind kind) {
  size_t offset = std::min(static_cast<size_t>(at - source.text.data()), source.text.size());
  at = source.text.data() + offset;
  Position position = position_of(source, at);
  std::string out;
  if (!source.file_name.empty()) out += base::format("{}:", source.file_name);
  out += base::format("{}:{}: {:t}", position.line, position.column, message);

  std::string_view line = line_around(source, offset);
  size_t column = static_cast<size_t>(at - line.data());
  size_t skip = 0;
  if (line.size() > kMaxShown && column > kMaxShown / 2) {
    skip = column - kMaxShown / 2;
    while (skip < column && is_continuation(line[skip])) ++skip;
  }
  const std::string_view shown = cut(line.substr(skip), kMaxShown);
  column = std::min(column - skip, shown.size());
  size_t end = column + std::min(length, shown.size() - column);
  while (end < shown.size() && is_continuation(shown[end])) ++end;
  // In three pieces, so that the caret is below the marked part, however wide the escapes before it are.
  const std::string before = piece(shown.substr(0, column));
  const std::string marked = piece(shown.substr(column, end - column));
  const std::string after = piece(shown.substr(end));
  const std::string number = std::to_string(position.line);
  out += base::format("\n  {} | {:t}{:t}{:t}\n  {:t} | {:t}^{:t}", number, before, marked, after,
                      std::string(number.size(), ' '), std::string(code_points(before), ' '),
                      std::string(std::max<size_t>(code_points(marked), 1) - 1, '~'));
  if (!hint.empty()) out += base::format("\n  hint: {:t}", hint);
  return Error(kind, std::move(out));
}

Error check_encoding(const Source& source, std::string_view text) {
  if (text.size() > UINT32_MAX)
    return Error(ErrorKind::kUnsupported, "the text is longer than 4 GiB: split it, or write the binary format");
  if (!base::is_utf8(text)) {
    // The longest valid prefix shows where the error is.
    size_t good = 0, bad = text.size();
    while (bad - good > 1) {
      size_t middle = good + (bad - good) / 2, cut = middle;
      while (cut > good && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
      if (cut == good) break;
      if (base::is_utf8(text.substr(good, cut - good))) good = cut;
      else bad = cut;
    }
    return error_at(source, text.data() + good, 1, "malformed UTF-8 encoding");
  }
  return {};
}

}  // namespace ermine::text

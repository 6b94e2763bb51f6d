// Showing errors in source text. See source.h.
#include "text/source.h"

#include <fmt/format.h>

#include <algorithm>

namespace ermine::text {

namespace {

// Longest part of a source line that is shown: generated text has lines of megabytes.
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

// What is printed must be one line of valid text, whatever the source holds.
std::string printable(std::string_view s) {
  std::string out;
  for (char c : s) out += c == '\t' ? ' ' : (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) ? '?' : c;
  return out;
}

}  // namespace

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
  if (!source.file_name.empty()) out += fmt::format("{}:", source.file_name);
  out += fmt::format("{}:{}: {}", position.line, position.column, message);

  std::string_view line = line_around(source, offset);
  size_t column = static_cast<size_t>(at - line.data());
  size_t skip = 0;
  if (line.size() > kMaxShown && column > kMaxShown / 2) {
    skip = column - kMaxShown / 2;
    while (skip < column && is_continuation(line[skip])) ++skip;
  }
  std::string_view shown = line.substr(skip);
  if (shown.size() > kMaxShown) {
    size_t n = kMaxShown;
    while (n > 0 && is_continuation(shown[n])) --n;
    shown = shown.substr(0, n);
  }
  std::string number = fmt::format("{}", position.line);
  column -= skip;
  size_t room = column < shown.size() ? shown.size() - column : 1;
  size_t marks = std::max<size_t>(1, code_points(shown.substr(std::min(column, shown.size()), std::min(length, room))));
  out += fmt::format("\n  {} | {}\n  {:{}} | {:{}}^{}", number, printable(shown), "", number.size(), "",
                     code_points(shown.substr(0, std::min(column, shown.size()))), std::string(marks - 1, '~'));
  if (!hint.empty()) out += fmt::format("\n  hint: {}", hint);
  return Error(kind, std::move(out));
}

}  // namespace ermine::text

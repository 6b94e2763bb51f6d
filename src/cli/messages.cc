#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/format.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/demangle.h"

namespace ermine::cli {
namespace {

void print(std::string_view label, const char* colour, std::string_view message) {
  bool colours = colour_on(STDERR_FILENO);
  // In one write, so that other output is not mixed in.
  std::string line;
  if (colours) line += colour;
  line += label;
  if (colours) line += "\x1b[0m";
  line += ' ';
  // Messages have several lines, and their authors made the rest of them printable. Texts that libraries add are made
  // printable here.
  const auto* p = reinterpret_cast<const uint8_t*>(message.data());
  for (const uint8_t* end = p + message.size(); p != end;) {
    const unsigned n = *p == '\n' ? 1 : base::printable_length(p, end);
    if (n == 0) line += base::format("\\{:02x}", *p);
    else line.append(reinterpret_cast<const char*>(p), n);
    p += std::max(n, 1u);
  }
  if (!line.ends_with('\n')) line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

int lost_because = 0;  // the first error of print_text()

}  // namespace

const char* const kCommonExitCodes =
    "2 if the command line is wrong; 134 if a limit was reached; 70 if ermine aborted, which is a bug of its own; "
    "71 if it ran out of memory; 72 if the process sandbox cannot be set up.";

bool colour_on(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return isatty(fd) && (no_color == nullptr || *no_color == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb");
}

void print_error(std::string_view message) { print("error:", "\x1b[1;31m", message); }
void print_error(const Error& error) {
  // The only limit that stops a command before it knows its own options.
  const char* hint = error.limit() == Limit::kModuleBytes ? "; --max-module-size changes that" : "";
  std::vector<FrameInfo> frames = error.backtrace();
  for (FrameInfo& f : frames) f.func_name = demangled(f.func_name);
  // Without the limit: it would name the library's setting instead of the option.
  print_error(error.clone().with_limit(Limit::kNone).with_backtrace(std::move(frames)).to_string() + hint);
}

int fail(const Error& error, const std::string& file) {
  if (file.empty()) print_error(error);
  else print_error(error.clone().with_context(file).to_string());
  return kFailed;
}
void print_text(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() && lost_because == 0) lost_because = errno;
}
int finish_output(int code) {
  const bool lost = std::ferror(stdout) != 0;  // earlier
  if (std::fflush(stdout) == 0 && !lost) return code;
  const int reason = lost ? lost_because : errno;
  print_error(base::format("cannot write to standard output{:t}{:t}", reason == 0 ? "" : ": ",
                           reason == 0 ? "" : std::strerror(reason)));
  return code == kOk ? kFailed : code;
}

void print_note(std::string_view message) { print("note:", "\x1b[1;36m", message); }

}  // namespace ermine::cli

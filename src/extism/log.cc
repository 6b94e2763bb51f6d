#include "extism/log.h"

#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "ermine/printable.h"

namespace ermine::extism {
namespace {

constexpr std::string_view kLevels[] = {"trace", "debug", "info", "warn", "error", "off"};
constexpr const char* kPadded[] = {"TRACE", "DEBUG", " INFO", " WARN", "ERROR"};

struct Log {
  std::mutex lock;
  bool exists = false;
  int file = -1;  // -1: lines are kept
  std::vector<std::string> lines;
  size_t kept = 0;  // bytes of them
};

// A host that never drains the log must not run out of memory because a plug-in writes to it.
constexpr size_t kMostKept = 64 << 20;

// Never destroyed: other threads may still run plug-ins when the process ends.
Log& the_log() {
  static Log* const log = new Log;
  return *log;
}

std::atomic<LogLevel> lowest = LogLevel::kOff;

std::optional<LogLevel> level_named(std::string_view name) {
  for (size_t i = 0; i < std::size(kLevels); ++i)
    if (name.size() == kLevels[i].size() && strncasecmp(name.data(), kLevels[i].data(), name.size()) == 0)
      return static_cast<LogLevel>(i);
  return std::nullopt;
}

bool begin(std::string_view filter, int file) {
  Log& log = the_log();
  const std::lock_guard hold(log.lock);
  if (std::exchange(log.exists, true)) return false;
  log.file = file;
  lowest = level_of_filter(filter, kPluginTarget);
  return true;
}

std::string timestamp() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  char seconds[32], out[48];
  strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
  snprintf(out, sizeof out, "%s.%06ldZ", seconds, now.tv_nsec / 1000);
  return out;
}

}  // namespace

LogLevel level_of_filter(std::string_view filter, std::string_view target) {
  LogLevel level = LogLevel::kOff;
  size_t longest = 0;
  while (!filter.empty()) {
    const std::string_view directive = filter.substr(0, filter.find(','));
    filter.remove_prefix(std::min(filter.size(), directive.size() + 1));
    const size_t equals = directive.find('=');
    // "extism" alone is all of it; "debug" alone is a level.
    std::string_view named = directive.substr(0, equals);
    std::optional<LogLevel> of = level_named(equals == directive.npos ? named : directive.substr(equals + 1));
    if (equals == directive.npos) {
      if (of) named = {};
      else of = LogLevel::kTrace;
    }
    if (!of || named.size() < longest || !target.starts_with(named)) continue;
    longest = named.size();
    level = *of;
  }
  return level;
}

LogLevel log_level() { return lowest.load(std::memory_order_relaxed); }

bool log_to_file(const char* file, std::string_view filter) {
  const std::string_view name = file;
  if (name == "-" || name == "stderr") return begin(filter, STDERR_FILENO);
  if (name == "stdout") return begin(filter, STDOUT_FILENO);
  const int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) return false;
  if (begin(filter, fd)) return true;
  close(fd);
  return false;
}

bool log_to_buffer(std::string_view filter) { return begin(filter, -1); }

void drain_log(const std::function<void(const char* data, size_t size)>& take) {
  std::vector<std::string> lines;
  {
    const std::lock_guard hold(the_log().lock);
    lines.swap(the_log().lines);
    the_log().kept = 0;
  }
  for (const std::string& line : lines) take(line.c_str(), line.size());
}

void log(LogLevel level, std::string_view target, std::string_view plugin, std::string_view message) {
  if (!logs(level)) return;
  std::string line = timestamp();
  ((line += ' ') += kPadded[static_cast<size_t>(level)]) += ' ';
  (line += target) += ": ";
  if (base::is_utf8(message)) line += message;
  else line += printable(message);
  ((line += " plugin=\"") += plugin) += "\"\n";
  Log& log = the_log();
  const std::lock_guard hold(log.lock);
  if (log.file >= 0) {
    // There is no place where an error could be said.
    if (write(log.file, line.data(), line.size()) < 0) return;
  } else if (log.kept + line.size() <= kMostKept) {
    log.kept += line.size();
    log.lines.push_back(std::move(line));
  }
}

}  // namespace ermine::extism

// wasi:config and wasi:logging.
#include <string>

#include "wasi/preview2/functions.h"

namespace ermine::wasi::preview2 {

Expected<std::optional<std::string>, ConfigError> Functions::get_config(Call& call, Text key) {
  for (const auto& [name, value] : call.context.config()) {
    if (name != key) continue;
    call.moved += value.size();
    return std::optional(value);
  }
  return std::optional<std::string>();
}

Expected<std::vector<std::tuple<std::string, std::string>>, ConfigError> Functions::get_all_config(Call& call) {
  std::vector<std::tuple<std::string, std::string>> all;
  for (const auto& [name, value] : call.context.config()) {
    all.emplace_back(name, value);
    call.moved += name.size() + value.size();
  }
  return all;
}

// A line on the program's standard error, which counts like other output. If it cannot be written, the program does not
// learn it: the function has no result.
void Functions::log(Call& call, LogLevel level, Text context, Text message) {
  static constexpr const char* kNames[] = {"trace", "debug", "info", "warn", "error", "critical"};
  std::string line = std::string("[") + kNames[static_cast<uint8_t>(level)] + "] ";
  if (!context.empty()) (line += context) += ": ";
  (line += message) += '\n';
  const host::Descriptor& errors = call.context.stream(2)->descriptor;
  if (!errors.is_open()) return;
  for (size_t done = 0; done < line.size() && !call.stop;) {
    iovec rest{line.data() + done, line.size() - done};
    const host::Outcome<size_t> n = write_once(call, errors, OutputStream::Where::kPosition, 0, &rest, 1);
    if (!n || *n == 0) return;
    done += *n;
    call.moved += *n;
  }
}

}  // namespace ermine::wasi::preview2

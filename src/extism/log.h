// The log of the process: at most one, for all plug-ins, made by extism_log_file() or extism_log_custom(). A line has
// the form of Extism's:
//
//   2026-01-31T12:00:00.000000Z  INFO extism::pdk: the message plugin="the plug-in's UUID"
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace ermine::extism {

enum class LogLevel : uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kOff };

// The lowest level that is logged; kOff without a log.
LogLevel log_level();
inline bool logs(LogLevel level) { return level >= log_level(); }

// `filter` as in extism.h. False if there is a log, or the file cannot be opened.
bool log_to_file(const char* file, std::string_view filter);
bool log_to_buffer(std::string_view filter);
// Gives the lines that log_to_buffer() keeps to `take`, and forgets them.
void drain_log(const std::function<void(const char* data, size_t size)>& take);

// What plug-ins log, and what the host says of them.
inline constexpr std::string_view kPluginTarget = "extism::pdk", kHostTarget = "extism::plugin";
// No effect if the level is not logged. A message that is not UTF-8 is logged as printable() makes it.
void log(LogLevel level, std::string_view target, std::string_view plugin, std::string_view message);

// The level for `target`: directives TARGET=LEVEL, or LEVEL alone, separated by commas; that with the longest target
// counts.
LogLevel level_of_filter(std::string_view filter, std::string_view target);

}  // namespace ermine::extism

// The values of the options that several commands share, or that belong to `ermine run`. settings.def is the table of
// these options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/option_kinds.h"
#include "cli/precautions.h"
#include "ermine/config.h"
#include "ermine/grants.h"
#include "ermine/limits.h"

namespace ermine::cli {

// The commands that take an option. Each value includes the commands of the values after it.
enum class Takers : uint8_t {
  kEvery,       // every command that reads a module
  kValidating,  // commands that depend on the enabled features
  kExecuting,   // commands that run code
  kRun,         // `ermine run`
};

struct Settings {
  Precautions precautions;
  Config config;
  StoreLimits limits;
  std::optional<uint64_t> fuel;

  std::vector<DirectoryGrant> directories;
  std::vector<std::pair<std::string, std::string>> environment;
  bool inherit_environment = false;
  std::vector<std::string> listeners;
  NetworkGrants network;
  HttpGrants http;
  bool tls = false;
  std::optional<std::string> ca_file;
  std::vector<std::pair<std::string, std::string>> config_variables;
  KeyValueGrants key_value;
  static constexpr bool wasi_is_on = true;
  uint32_t max_open_files = 4096;
  uint64_t max_output_bytes = ~uint64_t{0};

  std::optional<std::string> argv0, invoke;
  std::vector<std::pair<std::string, std::string>> preloads;  // name, file
  bool unknown_imports_trap = false, unknown_imports_default = false;
  Logs logs;
};

// A row of the table.
struct SettingRow {
  enum Kind : uint8_t { kSection, kOption, kGroup, kNoOption } kind;
  Takers takers = Takers::kEvery;
  char group = 0;
  const char* title = "";  // of a section or group
  const char* flag = "";
  const char* name = "";
  const char* library = "";
  const char* help = "";  // of kNoOption: the reason
  Field field = {};  // of kNoOption: only its address
};
// The whole table, with the fields of these settings.
std::vector<SettingRow> setting_rows(Settings& settings);

// Adds the options of the table that a command of this kind takes.
void add_settings(Options& options, Settings& settings, Takers takers);

// The option that sets a limit: "-W max-memory-size=SIZE" or "--fuel N"; empty if there is none.
std::string option_for(Limit limit);

}  // namespace ermine::cli

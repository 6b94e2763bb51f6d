// What `ermine run` can be told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/options.h"
#include "cli/precautions.h"
#include "ermine/config.h"
#include "ermine/store.h"
#include "ermine/wasi.h"

namespace ermine::cli {

struct Directory {
  std::string host, guest;
  WasiDirAccess access = WasiDirAccess::kReadWrite;
};

struct RunOptions {
  std::string module;
  Words arguments;
  std::optional<std::string> argv0;
  std::vector<Directory> directories;
  std::vector<std::pair<std::string, std::string>> environment;
  bool inherit_environment = false;
  std::vector<std::string> listeners;
  std::vector<std::pair<std::string, std::string>> preloads;  // name, file
  std::optional<std::string> invoke;
  bool unknown_imports_trap = false, unknown_imports_default = false;
  bool trace_wasi = false, log_gc = false;
  Precautions precautions;
  std::optional<uint64_t> fuel;
  uint32_t max_open_files = 4096;
  uint64_t max_output_bytes = ~uint64_t{0};
  Config config;
  StoreLimits limits;
};

// Options, then the module, then whatever follows, which is the program's.
Parsed parse_run_options(Words words, RunOptions& options);

// "host", "host::guest", each perhaps with ":ro" (or ":rw") behind. Nothing if a part is empty.
std::optional<Directory> parse_directory(std::string_view text);

// How to run: --tier and --deterministic.
void add_tier_options(Options& options, Config& config);
// Options about the language, shared by the commands that read modules: --features.
void add_feature_options(Options& options, Config& config);

}  // namespace ermine::cli

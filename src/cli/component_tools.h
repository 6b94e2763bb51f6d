// What the operations of `ermine component` share.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/load.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/settings.h"
#include "component/encode/sections.h"
#include "component/wit/resolver.h"

namespace ermine::cli {

// Prints the error; the exit code, kUsage for wrong usage.
int fail_tool(const Error& error);

// The tool's name and version, for producers sections.
component::Producers::Value this_tool();

// The inputs and the output of an operation, from opening to reading, with the process confined in between.
struct ToolFiles {
  std::string output;
  bool as_text = false;
  Settings settings;

  // Adds -o, -t and the options of every command.
  void add_output(Options& options);
  void add_settings_to(Options& options) { add_settings(options, settings, Takers::kEvery); }

  // Opens the output and the inputs ("-" is standard input), reads a WIT package at `wit` unless that is empty,
  // confines the process, and reads the inputs as binaries, assembled from text where they are text. kOk, or the exit
  // code. `out` may be null.
  int open(OutputFile* out, const Words& inputs, std::vector<std::vector<uint8_t>>& bytes, const std::string& wit = {},
           component::wit::PackageFiles* package = nullptr) const;
  // Writes a module or component, as text if that is asked for.
  int write(OutputFile& out, std::span<const uint8_t> bytes) const;
};

// A file of WIT that is a component in the text form becomes binary.
Result<void> assemble(component::wit::PackageFiles& files);

}  // namespace ermine::cli

// Reads a module for a command: binary or, where the build has the text format, text; from a file or, for
// "-", from standard input.
#pragma once

#include <memory>
#include <string>

#include "cli/input_file.h"
#include "ermine/module.h"

namespace ermine::cli {

enum class Reading : uint8_t {
  kMap,   // the file may be mapped: nothing that runs can change it
  kCopy,  // a program that can write files could truncate its own module under us
};

// Errors say which file it is about. `limit`: the most bytes that are read, of text as of a binary.
Result<Module> load_module(const Engine& engine, InputFile& file, uint64_t limit, Reading reading = Reading::kMap);
// A module's bytes: as they are, or as the text assembles to.
Result<std::vector<uint8_t>> read_module_bytes(InputFile& file, uint64_t limit);

// Prints "label …" on a terminal's stderr if the work takes over a second, and wipes it out again.
class Progress {
 public:
  explicit Progress(std::string label);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  struct Shared;
  std::unique_ptr<Shared> shared_;
};

}  // namespace ermine::cli

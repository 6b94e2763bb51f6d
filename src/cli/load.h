// Reads a module for a command: binary or, where the build has the text format, text; from a file or, for
// "-", from standard input.
#pragma once

#include <string>

#include "ermine/module.h"

namespace ermine::cli {

enum class Reading : uint8_t {
  kMap,   // the file may be mapped: nothing that runs can change it
  kCopy,  // a program that can write files could truncate its own module under us
};

// Errors say which file it is about.
Result<Module> load_module(const Engine& engine, const std::string& path, Reading reading = Reading::kMap);
// A file's bytes, or standard input's.
Result<std::vector<uint8_t>> read_file(const std::string& path);
// The bytes as they are, or as the text assembles to.
Result<std::vector<uint8_t>> read_module_bytes(const std::string& path);

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

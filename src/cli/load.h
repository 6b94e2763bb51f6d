// Reads modules for a command and shows its progress.
#pragma once

#include <memory>
#include <string>

#include "launch/load.h"

namespace ermine::cli {

using launch::Accepted;
using launch::InputFile;
using launch::read_module_bytes;

// Prints "label …" on a terminal's stderr if the work takes over a second, and erases it afterwards.
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

// Where a command's result goes: standard output, or a file that appears only when it is whole.
//
// A file is written under a name of its own beside the one that was asked for. Giving it the right name, or removing
// it, takes rights that a process which reads what it does not trust is better without: so open() makes a second
// process, which alone goes on, and the first one waits for its end and does that.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "ermine/result.h"

namespace ermine::cli {

class OutputFile {
 public:
  // `path` empty or "-": standard output.
  explicit OutputFile(std::string path) : path_(std::move(path)) {}
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Before binary output: kUsage if it would go to a terminal.
  Result<void> expect_binary() const;
  // While the process has one thread, and before it confines itself. The exit code of the process says whether the file
  // is to stay: 0.
  Result<void> open();
  bool write(std::string_view bytes);  // false once it fails; the reason comes from finish()
  Result<void> finish();

 private:
  bool to_stdout() const { return path_.empty() || path_ == "-"; }
  Error error() const;
  std::string path_;
  std::FILE* file_ = nullptr;
  int error_ = 0;
};

}  // namespace ermine::cli

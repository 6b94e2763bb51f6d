// The destination of a command's result: standard output, or a file that appears only when it is complete.
//
// A file is written under a temporary name in the same folder. Renaming or removing it takes rights that a process
// which reads untrusted input should not have. So open() makes a second process, which alone continues; the first one
// waits for its end and renames or removes the file.
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
  // Call it while the process has one thread, and before it confines itself. The exit code of the process decides
  // whether the file stays: 0.
  Result<void> open();
  bool write(std::string_view bytes);  // false after a failure; finish() returns the reason
  Result<void> finish();

 private:
  bool to_stdout() const { return path_.empty() || path_ == "-"; }
  Error error() const;
  std::string path_;
  std::FILE* file_ = nullptr;
  int error_ = 0;
};

}  // namespace ermine::cli

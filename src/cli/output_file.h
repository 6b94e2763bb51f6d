// Where a command's result goes: standard output, or a file that appears only when it is whole.
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
  bool write(std::string_view bytes);  // false once it fails; the reason comes from finish()
  Result<void> finish();

 private:
  bool to_stdout() const { return path_.empty() || path_ == "-"; }
  std::string path_, temporary_;
  std::FILE* file_ = nullptr;
  int error_ = 0;
};

}  // namespace ermine::cli

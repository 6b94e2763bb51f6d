// An input file: opened before the process confines itself, read afterwards.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ermine/result.h"
#include "launch/file_kind.h"

namespace ermine::launch {

class InputFile {
 public:
  // "-" is standard input. Not a directory.
  static Result<InputFile> open(std::string path);
  InputFile(InputFile&& o) noexcept;
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile();

  const std::string& path() const { return path_; }
  int fd() const { return fd_; }
  bool is_regular() const { return regular_; }
  uint64_t size() const { return size_; }  // of a regular file, as it was when opened

  // Its first bytes, if it has that many and can be read again from there.
  bool peek(std::span<uint8_t> head) const;
  // The rest of the file, up to `limit` bytes; more is an error (Limit::kModuleBytes). What is neither text nor
  // accepted is an error too, that says what it is, and is not read beyond its beginning: a device may have no end.
  Result<std::vector<uint8_t>> read_module(uint64_t limit, Accepted accepted = Accepted::kModules);

 private:
  InputFile(std::string path, int fd, bool regular, uint64_t size)
      : path_(std::move(path)), fd_(fd), regular_(regular), size_(size) {}
  std::string path_;
  int fd_;
  bool regular_;
  uint64_t size_;
};

}  // namespace ermine::launch

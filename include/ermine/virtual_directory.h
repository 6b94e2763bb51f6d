// A directory in memory that an embedder gives to programs (WasiConfig::preopen_dir): files with the contents that it
// puts there, and afterwards what the programs have written. Nothing of it is in the file system of the host.
//
//   auto files = ermine::VirtualDirectory::create();
//   files->write_file("in/data.txt", "1 2 3");
//   config.preopen_dir(files, "/");
//   …
//   auto result = files->read_file("out.txt");
//
// To programs it is a file system like another: with subdirectories, symbolic and hard links, times, and files that
// are still open after they were removed. Links are followed within it. Names cannot be moved to other directories
// that are granted ("cross-device"). Reading a file does not change its times.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/result.h"

namespace ermine {

namespace wasi::host {
class Tree;
}

// Limits of a directory in memory.
struct VirtualDirectoryOptions {
  // Of the contents of all files, and of names, each with 512 bytes more; at most 256 GiB. Files that were removed
  // count until they are closed. Beyond that a program gets the error "no space", and continues. The memory of the
  // host is at most twice as much.
  uint64_t max_bytes = uint64_t{64} << 20;
};

// Thread-safe: it may be given to any number of programs on any number of threads, and be used at the same time. Each
// operation of a program is atomic, a write up to a mebibyte; write_file() empties the file first, and list() is not
// atomic. Whatever holds it, a WasiConfig, a Wasi or an open file
// of a program, keeps it.
//
// Paths are relative to it, in UTF-8, and components are separated by '/'. Errors are kIo, with the path and the
// reason; kUsage for text that is no path.
class VirtualDirectory {
 public:
  struct Entry {
    enum class Kind : uint8_t { kFile, kDirectory, kSymbolicLink };
    std::string name;
    Kind kind = Kind::kFile;
    uint64_t size = 0;  // bytes of a file, or of the text of a link
  };

  static std::shared_ptr<VirtualDirectory> create(const VirtualDirectoryOptions& options = {});

  // Makes a file, or replaces its contents. The directories that it is in are made if they are missing.
  Result<void> write_file(std::string_view path, std::string_view contents);
  // With those that it is in. Not an error if there is such a directory.
  Result<void> create_directory(std::string_view path);
  // A symbolic link; `target` is relative to the directory that the link is in.
  Result<void> create_link(std::string_view path, std::string_view target);

  // A copy of a file's contents.
  Result<std::string> read_file(std::string_view path) const;
  // What a directory has, in the order in which it was made; "." is the whole.
  Result<std::vector<Entry>> list(std::string_view path = ".") const;
  // What a path leads to, with its last name; nothing if there is none. A symbolic link at its end is not followed.
  std::optional<Entry> find(std::string_view path) const;
  // A file or a link; or a directory with all that is in it, which programs that have it open see empty.
  Result<void> remove(std::string_view path);
  // As VirtualDirectoryOptions::max_bytes counts.
  uint64_t used_bytes() const;

  // For the library's own code.
  explicit VirtualDirectory(std::shared_ptr<wasi::host::Tree> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<wasi::host::Tree>& impl() const { return impl_; }

 private:
  std::shared_ptr<wasi::host::Tree> impl_;
};

}  // namespace ermine

// The texts that packages are read from, and errors in them.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "ermine/error.h"
#include "text/source.h"

namespace ermine::component::wit {

// Owns the texts: names in the syntax trees point into them. Not copyable, because of these pointers.
class Sources {
 public:
  Sources() = default;
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;

  // The result is valid as long as this object. Files beyond the limits are not added: empty `text.data()`, see fits().
  text::Source add(std::string file_name, std::string content);
  // Whether `bytes` more are within kMaxSourceBytes and kMaxFiles.
  bool fits(size_t bytes) const;

  // The error for `length` bytes at `at`, which points into one of the texts (or at its end). Null: without position.
  Error error_at(const char* at, size_t length, std::string_view message, std::string_view hint = {},
                 ErrorKind kind = ErrorKind::kInvalid) const;
  // "file:line:column", for hints; empty for null.
  std::string place(const char* at) const;

 private:
  struct File {
    std::string name, content;
  };
  text::Source source_of(const char* at) const;
  std::deque<File> files_;
  size_t bytes_ = 0;
};

}  // namespace ermine::component::wit

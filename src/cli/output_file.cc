#include "cli/output_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ermine::cli {

OutputFile::~OutputFile() {
  if (file_ != nullptr && !to_stdout()) std::fclose(file_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Result<void> OutputFile::expect_binary() const {
  if (to_stdout() && isatty(STDOUT_FILENO))
    return Error(ErrorKind::kUsage, "a module would be written to the terminal; name a file with -o");
  return {};
}

bool OutputFile::write(std::string_view bytes) {
  if (error_ != 0) return false;
  if (file_ == nullptr) {
    if (to_stdout()) {
      file_ = stdout;
    } else {
      // What is no plain file (a device, a pipe) is written to; a file of its name must not take its place.
      struct stat st;
      const bool replaces = stat(path_.c_str(), &st) != 0 || S_ISREG(st.st_mode);
      if (replaces) temporary_ = path_ + ".part";
      file_ = std::fopen(replaces ? temporary_.c_str() : path_.c_str(), "wb");
      if (file_ == nullptr) {
        error_ = errno;
        temporary_.clear();
        return false;
      }
    }
  }
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) error_ = errno;
  return error_ == 0;
}

Result<void> OutputFile::finish() {
  if (file_ == nullptr && error_ == 0) (void)write({});
  if (error_ == 0 && file_ != nullptr && std::fflush(file_) != 0) error_ = errno;
  if (file_ != nullptr && !to_stdout()) {
    if (std::fclose(file_) != 0 && error_ == 0) error_ = errno;
    file_ = nullptr;
    if (error_ == 0 && !temporary_.empty() && std::rename(temporary_.c_str(), path_.c_str()) != 0) error_ = errno;
    if (error_ == 0) temporary_.clear();
  }
  if (error_ == 0) return {};
  return Error(ErrorKind::kIo, "cannot write " + (to_stdout() ? std::string("to standard output") : "'" + path_ + "'") +
                                   ": " + std::strerror(error_));
}

}  // namespace ermine::cli

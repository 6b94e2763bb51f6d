#include "ermine/detail/library_file.h"

#include <dlfcn.h>
#include <unistd.h>

namespace ermine {

void* open_library(const std::string& named, const char* file) {
  if (!named.empty()) return dlopen(named.c_str(), RTLD_NOW | RTLD_LOCAL);
  char program[4096];
  const ssize_t n = readlink("/proc/self/exe", program, sizeof program);
  if (n > 0 && n < static_cast<ssize_t>(sizeof program)) {
    std::string path(program, static_cast<size_t>(n));
    path.resize(path.rfind('/'));
    (path += "/../lib/") += file;
    if (access(path.c_str(), R_OK) == 0) return dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  return dlopen(file, RTLD_NOW | RTLD_LOCAL);
}

}  // namespace ermine

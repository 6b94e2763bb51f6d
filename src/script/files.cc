// See files.h.
#include "script/files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/format.h"

namespace ermine::script {

namespace fs = std::filesystem;

Result<std::vector<std::string>> find_scripts(std::span<const std::string> paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      if (!fs::exists(path, error))
        return Error(ErrorKind::kIo, base::format("{}: there is no such file or folder", path));
      out.push_back(path);
      continue;
    }
    size_t first = out.size();
    fs::recursive_directory_iterator entry(path, error), end;
    for (; !error && entry != end; entry.increment(error))
      if (entry->path().extension() == ".wast") out.push_back(entry->path().string());
    if (error) return Error(ErrorKind::kIo, base::format("{}: {}", path, error.message()));
    if (out.size() == first) return Error(ErrorKind::kIo, base::format("{}: there is no script (*.wast) in it", path));
    std::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end());
  }
  return out;
}

Result<std::string> read_script(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error(ErrorKind::kIo, base::format("{}: cannot be read", path));
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) return Error(ErrorKind::kIo, base::format("{}: reading failed", path));
  return text;
}

}  // namespace ermine::script

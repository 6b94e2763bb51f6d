// Reads packages from files and folders. See resolver.h.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/format.h"
#include "component/validation/validator.h"
#include "component/wit/decode.h"
#include "component/wit/limits.h"
#include "component/wit/resolver.h"

namespace ermine::component::wit {
namespace {

namespace fs = std::filesystem;

// `left` is how many bytes all files may still have.
Result<InputFile> read(const fs::path& path, size_t& left) {
  const std::string name = path.string();
  std::error_code error;
  // Reading anything else, such as a pipe, could wait forever.
  if (!fs::is_regular_file(path, error)) return Error(ErrorKind::kIo, base::format("{}: there is no such file", name));
  const uint64_t size = fs::file_size(path, error);
  if (error) return Error(ErrorKind::kIo, base::format("{}: {}", name, error.message()));
  if (size > left)
    return Error(ErrorKind::kUnsupported,
                 base::format("{}: packages of more than {} bytes are not supported", name, kMaxSourceBytes));
  left -= size;
  std::ifstream in(path, std::ios::binary);
  std::string text(size, '\0');
  in.read(text.data(), static_cast<std::streamsize>(size));
  if (!in) return Error(ErrorKind::kIo, base::format("{}: cannot be read", name));
  return InputFile{name, std::move(text)};
}

Result<std::vector<fs::path>> entries(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  fs::directory_iterator entry(folder, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    out.push_back(entry->path());
    if (out.size() > kMaxFiles)
      return Error(ErrorKind::kUnsupported,
                   base::format("{}: folders with more than {} files are not supported", folder.string(), kMaxFiles));
  }
  if (error) return Error(ErrorKind::kIo, base::format("{}: {}", folder.string(), error.message()));
  std::sort(out.begin(), out.end());
  return out;
}

Result<InputGroup> read_folder(const fs::path& folder, size_t& left) {
  InputGroup group;
  ERMINE_ASSIGN(const std::vector<fs::path> paths, entries(folder));
  for (const fs::path& path : paths) {
    std::error_code error;
    if (path.extension() != ".wit" || fs::is_directory(path, error)) continue;
    ERMINE_ASSIGN(InputFile file, read(path, left));
    group.push_back(std::move(file));
  }
  if (group.empty()) return Error(ErrorKind::kIo, base::format("{}: the folder has no files *.wit", folder.string()));
  return group;
}

bool is_encoded(const InputFile& file) {
  return is_component({reinterpret_cast<const uint8_t*>(file.text.data()), file.text.size()});
}

// A package that is encoded as a component.
Result<PackageId> add_encoded(Resolve& resolve, const InputFile& file) {
  ValidateOptions options;
  options.features = FeatureSet::all();
  auto component = validate({reinterpret_cast<const uint8_t*>(file.text.data()), file.text.size()}, nullptr, options);
  if (!component) return std::move(component).error().with_context(file.name);
  auto package = decode(resolve, **component);
  if (!package) return std::move(package).error().with_context(file.name);
  return package;
}

// Encoded packages are added at once, because they depend on no others.
Result<std::vector<InputGroup>> read_dependencies(Resolve& resolve, const fs::path& folder, size_t& left) {
  std::vector<InputGroup> groups;
  std::error_code error;
  if (!fs::is_directory(folder, error)) return groups;
  ERMINE_ASSIGN(const std::vector<fs::path> paths, entries(folder));
  for (const fs::path& path : paths) {
    if (fs::is_directory(path, error)) {
      ERMINE_ASSIGN(InputGroup group, read_folder(path, left));
      groups.push_back(std::move(group));
    } else if (path.extension() == ".wit") {
      ERMINE_ASSIGN(InputFile file, read(path, left));
      groups.push_back({std::move(file)});
    } else if (path.extension() == ".wasm") {
      ERMINE_ASSIGN(const InputFile file, read(path, left));
      ERMINE_TRY(add_encoded(resolve, file));
    } else if (path.extension() == ".wat") {
      // Left out silently, it would look like a missing package.
      return Error(
          ErrorKind::kUnsupported,
          base::format("{}: packages in the text format of components are not supported; encode it", path.string()));
    }
  }
  return groups;
}

}  // namespace

Result<PackageId> add_path(Resolve& resolve, const std::string& path, const ResolveOptions& options) {
  std::error_code error;
  size_t left = kMaxSourceBytes;
  if (fs::is_directory(path, error)) {
    ERMINE_ASSIGN(InputGroup main, read_folder(path, left));
    ERMINE_ASSIGN(std::vector<InputGroup> dependencies, read_dependencies(resolve, fs::path(path) / "deps", left));
    return add_packages(resolve, std::move(main), std::move(dependencies), options);
  }
  ERMINE_ASSIGN(InputFile file, read(path, left));
  if (is_encoded(file)) return add_encoded(resolve, file);
  return add_packages(resolve, {std::move(file)}, {}, options);
}

}  // namespace ermine::component::wit

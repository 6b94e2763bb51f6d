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

constexpr size_t kComponentHead = 10;  // "(component"

// A component, in the text or the binary form, is not a source and has a limit of its own.
bool is_component_file(const fs::path& path) {
  char head[kComponentHead] = {};
  std::ifstream(path, std::ios::binary).read(head, sizeof head);
  const std::string_view text(head, sizeof head);
  return text.starts_with(std::string_view("\0asm", 4)) || text.starts_with("(component");
}

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
                 base::format("{}: with this file, the package exceeds the limit on its size", name));
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

// A package that is encoded as a component, or what a component imports and exports.
Result<PackageId> add_encoded(Resolve& resolve, const InputFile& file, bool is_main = false) {
  ValidateOptions options;
  options.features = FeatureSet::all();
  options.core_features = wasm::FeatureSet::all();
  auto component = validate({reinterpret_cast<const uint8_t*>(file.text.data()), file.text.size()}, nullptr, options);
  if (!component) return std::move(component).error().with_context(file.name);
  if (is_main && !is_package(**component)) {
    auto world = decode_component(resolve, **component);
    if (!world) return std::move(world).error().with_context(file.name);
    return resolve[*world].package;
  }
  auto package = decode(resolve, **component);
  if (!package) return std::move(package).error().with_context(file.name);
  return package;
}

Result<void> read_dependencies(PackageFiles& files, const fs::path& folder, size_t& left) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return {};
  ERMINE_ASSIGN(const std::vector<fs::path> paths, entries(folder));
  for (const fs::path& path : paths) {
    if (fs::is_directory(path, error)) {
      ERMINE_ASSIGN(InputGroup group, read_folder(path, left));
      files.dependencies.push_back(std::move(group));
    } else if (path.extension() == ".wit") {
      ERMINE_ASSIGN(InputFile file, read(path, left));
      files.dependencies.push_back({std::move(file)});
    } else if (path.extension() == ".wasm") {
      ERMINE_ASSIGN(InputFile file, read(path, left));
      files.encoded.push_back(std::move(file));
    } else if (path.extension() == ".wat") {
      // Left out silently, it would look like a missing package.
      return Error(
          ErrorKind::kUnsupported,
          base::format("{}: packages in the text format of components are not supported; encode it", path.string()));
    }
  }
  return {};
}

}  // namespace

Result<PackageFiles> read_path(const std::string& path, uint64_t limit) {
  std::error_code error;
  size_t left = std::min<uint64_t>(limit, kMaxSourceBytes);
  PackageFiles files;
  if (fs::is_directory(path, error)) {
    ERMINE_ASSIGN(files.main, read_folder(path, left));
    ERMINE_TRY(read_dependencies(files, fs::path(path) / "deps", left));
  } else {
    size_t bytes = limit;
    ERMINE_ASSIGN(InputFile file, read(path, is_component_file(path) ? bytes : left));
    files.main.push_back(std::move(file));
  }
  return files;
}

Result<PackageId> add_files(Resolve& resolve, PackageFiles files, const ResolveOptions& options) {
  for (const InputFile& file : files.encoded) ERMINE_TRY(add_encoded(resolve, file));  // they depend on no others
  if (files.main.size() == 1 && is_encoded(files.main[0])) return add_encoded(resolve, files.main[0], true);
  return add_packages(resolve, std::move(files.main), std::move(files.dependencies), options);
}

Result<PackageId> add_path(Resolve& resolve, const std::string& path, const ResolveOptions& options) {
  ERMINE_ASSIGN(PackageFiles files, read_path(path));
  return add_files(resolve, std::move(files), options);
}

}  // namespace ermine::component::wit

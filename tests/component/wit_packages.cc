// Reads WIT packages, prints them, reads the printed text and compares:
//
//   wit_packages [--print] [--encode] [--dump] [--all-features] [--feature NAME] [--together] PATH…
//
// A path is a package (a file or a folder with files *.wit), or a folder in which packages are searched: every folder
// with files *.wit that is not within the `deps` of another one. Every package of a package's dependencies is compared
// as well. With --together all packages that are found in a path may depend on each other; files that name different
// packages in one folder are packages of their own. With --print the printed text is written instead, and errors, for
// comparison with other tools. Without packages the program fails: a test without input tests nothing. If a path does
// not exist, it says so and returns 77.
//
// Packages are encoded as components as well, which must be valid and give
// the same package, but for documentation and gates; --encode prints the bytes.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "component/validation/validator.h"
#include "component/wit/decode.h"
#include "component/wit/encode.h"
#include "component/wit/print.h"
#include "component/wit/resolver.h"
#include "wit_dump.h"

using namespace ermine;
using namespace ermine::component::wit;
namespace fs = std::filesystem;

namespace {

bool has_wit(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".wit") return true;
  return false;
}

void find(const fs::path& path, std::vector<std::string>& out) {
  if (!fs::is_directory(path)) {
    if (path.extension() == ".wit") out.push_back(path.string());
    return;
  }
  if (has_wit(path)) {
    out.push_back(path.string());
    return;
  }
  for (const auto& entry : fs::directory_iterator(path)) find(entry.path(), out);
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// The name in the declaration at the beginning of a file, with the version; empty if there is none.
std::string declared_package(const std::string& text) {
  const size_t begin = text.starts_with("package ") ? 0 : text.find("\npackage ");
  return begin == text.npos ? "" : text.substr(begin, text.find_first_of(";{", begin) - begin);
}

std::vector<InputGroup> groups_in(const std::string& path) {
  std::vector<std::string> found;
  find(path, found);
  std::sort(found.begin(), found.end());
  std::vector<InputGroup> groups;
  for (const std::string& folder : found) {
    InputGroup group;
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".wit") {
        group.push_back({entry.path().string(), read(entry.path())});
        if (std::string name = declared_package(group.back().text); !name.empty()) names.push_back(std::move(name));
      }
    std::sort(names.begin(), names.end());
    if (names.front() == names.back()) groups.push_back(std::move(group));
    else
      for (InputFile& file : group) groups.push_back({std::move(file)});
  }
  return groups;
}

// In hexadecimal digits.
std::string encoded(const Resolve& resolve, PackageId package) {
  auto bytes = encode(resolve, package);
  if (!bytes) return "ENCODE ERROR " + bytes.error().message();
  std::string out;
  for (const uint8_t b : *bytes) {
    out += "0123456789abcdef"[b >> 4];
    out += "0123456789abcdef"[b & 15];
  }
  return out;
}

// Empty: every package is a valid component.
std::string check_encoded(const Resolve& resolve) {
  for (uint32_t i = 0; i < resolve.packages.size(); ++i) {
    auto bytes = encode(resolve, PackageId{i});
    if (!bytes) return "cannot be encoded: " + bytes.error().message();
    component::ValidateOptions options;
    options.features = component::FeatureSet::all();
    auto valid = component::validate(*bytes, nullptr, options);
    const std::string name = resolve.packages[i].name.to_string();
    if (!valid) return name + " is not valid: " + valid.error().to_string();
    Resolve again;
    if (resolve.packages[i].interfaces.empty() && resolve.packages[i].worlds.empty()) continue;
    auto decoded = decode(again, **valid);
    if (!decoded) return name + " is refused after encoding: " + decoded.error().to_string();
    PrintOptions plain;
    plain.docs = plain.gates = false;
    if (print(again, *decoded, {}, plain) != print(resolve, PackageId{i}, {}, plain))
      return name + " is another package after encoding:\n" + print(again, *decoded, {}, plain);
    auto twice = encode(again, *decoded);
    if (!twice || *twice != *bytes) return name + " is encoded differently after decoding";
  }
  return {};
}

// Empty: the same.
std::string check_printed(const Resolve& resolve, PackageId main, const ResolveOptions& options) {
  std::vector<PackageId> nested;
  for (uint32_t i = 0; i < resolve.packages.size(); ++i)
    if (PackageId{i} != main) nested.push_back({i});
  const std::string text = print(resolve, main, nested);
  Resolve again;
  auto package = add_packages(again, {{"printed.wit", text}}, {}, options);
  if (!package) return "printed text is refused: " + package.error().to_string();
  if (testing::dump(resolve) != testing::dump(again)) return "printed text gives another package";
  nested.clear();
  for (uint32_t i = 0; i < again.packages.size(); ++i)
    if (PackageId{i} != *package) nested.push_back({i});
  return print(again, *package, {}) == print(resolve, main, {}) ? "" : "printed text prints differently";
}

}  // namespace

int main(int argc, char** argv) {
  ResolveOptions options;
  bool prints = false, encodes = false, dumps = false, together = false;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--print") prints = true;
    else if (arg == "--dump") dumps = true;
    else if (arg == "--encode") prints = encodes = true;
    else if (arg == "--together") together = true;
    else if (arg == "--all-features") options.all_features = true;
    else if (arg == "--feature" && i + 1 < argc) options.features.emplace_back(argv[++i]);
    else if (!fs::exists(arg)) {
      std::printf("skipped: there is no %s\n", arg.c_str());
      return 77;
    } else if (prints || together) paths.push_back(arg);
    else find(arg, paths);
  }
  if (!prints) std::sort(paths.begin(), paths.end());
  size_t packages = 0, failures = 0;
  for (const std::string& path : paths) {
    if (prints) std::printf("##### %s\n", path.c_str());
    Resolve resolve;
    const auto load = [&] {
      if (!together) return add_path(resolve, path, options);
      std::vector<InputGroup> groups = groups_in(path);
      InputGroup first = std::move(groups.front());
      groups.erase(groups.begin());
      return add_packages(resolve, std::move(first), std::move(groups), options);
    };
    auto main = load();
    if (!main) {
      ++failures;
      std::printf(prints ? "ERROR %s\n" : "%s\n", main.error().to_string().c_str());
      continue;
    }
    packages += resolve.packages.size();
    if (dumps) std::printf("%s\n", testing::dump(resolve).c_str());
    if (prints) {
      std::vector<std::pair<std::string, uint32_t>> names;
      for (uint32_t i = 0; i < resolve.packages.size(); ++i)
        names.emplace_back(resolve.packages[i].name.to_string(), i);
      std::sort(names.begin(), names.end());
      for (const auto& [name, i] : names)
        std::printf("=== %s\n%s\n", name.c_str(),
                    (encodes ? encoded(resolve, PackageId{i}) : print(resolve, PackageId{i})).c_str());
      continue;
    }
    std::string problem = check_printed(resolve, *main, options);
    if (problem.empty()) problem = check_encoded(resolve);
    if (!problem.empty()) {
      ++failures;
      std::printf("%s: %s\n", path.c_str(), problem.c_str());
    }
  }
  if (!prints) std::printf("%zu packages at %zu paths, %zu failures\n", packages, paths.size(), failures);
  return failures != 0 || packages == 0 ? 1 : 0;
}

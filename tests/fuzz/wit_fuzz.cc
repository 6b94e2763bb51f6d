// Fuzz target: any text is a package or an error with a message; what resolves prints as text that resolves to the
// same.
//
// The first byte chooses the features. A form feed, which WIT files cannot have, begins another file of the package, a
// vertical tab another package.
//
// Seeds: seeds/wit.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "component/validation/validator.h"
#include "component/wit/decode.h"
#include "component/wit/encode.h"
#include "component/wit/print.h"
#include "component/wit/resolver.h"
#include "wit_dump.h"

using namespace ermine;
using namespace ermine::component::wit;

namespace {

void check(bool condition, const char* what, std::string_view detail = {}) {
  if (condition) return;
  std::fprintf(stderr, "%s\n%.*s\n", what, static_cast<int>(detail.size()), detail.data());
  std::abort();
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> out;
  while (true) {
    const size_t end = text.find(at);
    out.push_back(text.substr(0, end));
    if (end == text.npos) return out;
    text.remove_prefix(end + 1);
  }
}

void check_encoded(const Resolve& resolve, PackageId package) {
  if (resolve[package].interfaces.empty() && resolve[package].worlds.empty()) return;
  const auto bytes = encode(resolve, package);
  if (!bytes) {
    check(bytes.error().kind() == ErrorKind::kUnsupported, "an error of a kind that encoding has not",
          bytes.error().message());
    return;
  }
  component::ValidateOptions options;
  options.features = component::FeatureSet::all();
  const auto valid = component::validate(*bytes, nullptr, options);
  if (!valid) {
    check(valid.error().kind() == ErrorKind::kUnsupported, "an encoded package is not valid",
          valid.error().to_string() + "\n" + print(resolve, package));
    return;
  }
  Resolve again;
  const auto decoded = decode(again, **valid);
  check(decoded.has_value(), "an encoded package is refused",
        decoded ? "" : decoded.error().to_string() + "\n" + print(resolve, package));
  PrintOptions plain;
  plain.docs = plain.gates = false;
  const std::string before = print(resolve, package, {}, plain), after = print(again, *decoded, {}, plain);
  check(before == after, "an encoded package is another one", before + "----\n" + after);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  ResolveOptions options;
  options.all_features = text[0] % 2 == 1;
  if (text[0] % 4 == 2) options.features = {"active"};
  text.remove_prefix(1);
  std::vector<InputGroup> groups;
  for (const std::string_view package : split(text, '\v')) {
    InputGroup& group = groups.emplace_back();
    for (const std::string_view file : split(package, '\f'))
      group.push_back({std::to_string(group.size()) + ".wit", std::string(file)});
  }
  InputGroup main = std::move(groups.front());
  groups.erase(groups.begin());

  Resolve resolve;
  const auto package = add_packages(resolve, std::move(main), std::move(groups), options);
  if (!package) {
    const ErrorKind kind = package.error().kind();
    check(kind == ErrorKind::kMalformed || kind == ErrorKind::kInvalid || kind == ErrorKind::kUnsupported,
          "an error of a kind that WIT has not", package.error().message());
    check(!package.error().message().empty(), "an error without a message");
    return 0;
  }
  std::vector<PackageId> others;
  for (uint32_t i = 0; i < resolve.packages.size(); ++i)
    if (PackageId{i} != *package) others.push_back({i});
  const std::string printed = print(resolve, *package, others);
  Resolve again;
  const auto second = add_packages(again, {{"printed.wit", printed}}, {}, options);
  check(second.has_value(), "printed text is refused", second ? "" : second.error().message() + "\n" + printed);
  const std::string before = testing::dump(resolve), after = testing::dump(again);
  check(before == after, "printed text gives another package", before + "----\n" + after + "----\n" + printed);
  for (uint32_t i = 0; i < resolve.packages.size(); ++i) check_encoded(resolve, {i});
  return 0;
}

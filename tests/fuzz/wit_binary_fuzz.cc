// Fuzz target: any valid component is an encoded WIT package or refused; a package prints, and is encoded as a
// component that gives the same package.
//
// Seeds: seeds/wit_binary.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "component/validation/validator.h"
#include "component/wit/decode.h"
#include "component/wit/encode.h"
#include "component/wit/print.h"
#include "component/wit/resolver.h"

using namespace ermine;
using namespace ermine::component::wit;

namespace {

void check(bool condition, const char* what, std::string_view detail = {}) {
  if (condition) return;
  std::fprintf(stderr, "%s\n%.*s\n", what, static_cast<int>(detail.size()), detail.data());
  std::abort();
}

// Null: not a valid component.
std::shared_ptr<const component::ValidComponent> valid(std::span<const uint8_t> bytes) {
  component::ValidateOptions options;
  options.features = component::FeatureSet::all();
  auto result = component::validate(bytes, nullptr, options);
  return result ? *std::move(result) : nullptr;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto component = valid({data, size});
  if (component == nullptr) return 0;
  Resolve resolve;
  const auto package = decode(resolve, *component);
  if (!package) {
    const ErrorKind kind = package.error().kind();
    check(kind == ErrorKind::kInvalid || kind == ErrorKind::kUnsupported, "an error of a kind that decoding has not",
          package.error().message());
    check(!package.error().message().empty(), "an error without a message");
    return 0;
  }
  check(is_package(*component), "a component without the form of a package is one");
  std::vector<PackageId> others;
  for (uint32_t i = 0; i < resolve.packages.size(); ++i)
    if (PackageId{i} != *package) others.push_back({i});
  const std::string printed = print(resolve, *package, others);
  // Not all of these texts are packages: what a world imports may be incomplete.
  Resolve again;
  (void)add_packages(again, {{"printed.wit", printed}});

  const auto bytes = encode(resolve, *package);
  if (!bytes) {
    check(bytes.error().kind() == ErrorKind::kUnsupported, "an error of a kind that encoding has not",
          bytes.error().message());
    return 0;
  }
  const auto twice = valid(*bytes);
  check(twice != nullptr, "a decoded package is encoded as a component that is not valid", printed);
  Resolve same;
  const auto decoded = decode(same, *twice);
  check(decoded.has_value(), "an encoded package is refused", decoded ? "" : decoded.error().message());
  check(print(same, *decoded) == print(resolve, *package), "an encoded package is another one",
        printed + "----\n" + print(same, *decoded));
  return 0;
}

// ermine component: tools for components. Names and options are those of `wasm-tools component`.

#include <algorithm>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/settings.h"
#include "component/wit/encode.h"
#include "component/wit/print.h"
#include "component/wit/resolver.h"
#include "ermine/printable.h"

namespace ermine::cli {
namespace {

using namespace component::wit;

int fail(const Error& error) {
  print_error(error);
  return kFailed;
}

// All packages that `package` depends on, directly or not, in the order of the Resolve.
std::vector<PackageId> all_dependencies(const Resolve& resolve, PackageId package) {
  std::vector<PackageId> found = resolve.dependencies(package);
  for (size_t i = 0; i < found.size(); ++i)
    for (const PackageId next : resolve.dependencies(found[i]))
      if (next != package && std::find(found.begin(), found.end(), next) == found.end()) found.push_back(next);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

int component_main(Words words) {
  Options options("component", "Work with the interfaces of components", "wit [OPTIONS] PATH");
  std::string operation, path, output;
  bool as_binary = false, no_docs = false, with_dependencies = false;
  ResolveOptions resolving;
  options.argument("OPERATION", operation, "wit: read a WIT package, check it, and print it");
  options.argument("PATH", path,
                   "A file of WIT, a folder of them with deps/ for other packages, or an encoded package");
  options.value("-o,--output", output, "Write here instead of to standard output", "FILE");
  options.flag("-w,--wasm", as_binary, "Encode the package as a component");
  options.flag("--no-docs", no_docs, "Leave documentation out");
  options.flag("--all-packages", with_dependencies, "Print the packages that it depends on, too");
  options.values("--features", resolving.features, "Include what is unstable behind this feature", "NAME");
  options.flag("--all-features", resolving.all_features, "Include everything that is unstable");
  Settings settings;
  add_settings(options, settings, Takers::kEvery);
  options.exit_codes("0, or 1 if the package cannot be read or is not valid");
  options.example("ermine component wit wit/");
  options.example("ermine component wit wit/ --wasm -o package.wasm");
  if (Parsed p = options.parse(std::move(words)); p.exit) return p.code;
  if (operation != "wit") {
    print_error("there is no operation '" + printable(operation) + "' for components; there is: wit");
    return kUsage;
  }

  OutputFile out(output);
  if (Result<void> r = out.expect_binary(); as_binary && !r) {
    print_error(r.error());
    return kUsage;
  }
  if (int code = settings.precautions.set_bounds(); code != kOk) return code;
  if (Result<void> r = out.open(); !r) return fail(r.error());
  Result<PackageFiles> files = read_path(path, settings.precautions.max_module_size);
  if (!files) return fail(files.error());
  if (int code = settings.precautions.confine_to_reading(); code != kOk) return code;
  Resolve resolve;
  const Result<PackageId> package = add_files(resolve, *std::move(files), resolving);
  if (!package) return fail(package.error());
  if (as_binary) {
    const Result<std::vector<uint8_t>> bytes = encode(resolve, *package);
    if (!bytes) return fail(bytes.error());
    out.write({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  } else {
    std::vector<PackageId> others;
    if (with_dependencies) others = all_dependencies(resolve, *package);
    out.write(print(resolve, *package, others, {.docs = !no_docs}));
  }
  if (Result<void> r = out.finish(); !r) return fail(r.error());
  return kOk;
}

}  // namespace ermine::cli

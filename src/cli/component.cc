// ermine component: tools for components. Names and options are those of `wasm-tools component`. Each operation is a
// command of its own, whose name is two words.

#include <algorithm>

#include "base/suggestion.h"
#include "cli/component_tools.h"
#include "component/wit/encode.h"
#include "component/wit/print.h"
#include "ermine/printable.h"

namespace ermine::cli {
namespace {

using namespace component::wit;

constexpr Command kOperations[] = {
    {"wit", "Read a WIT package, or the interface of a component, check it and print it", component_wit_main},
    {"new", "Make a component from a core module", component_new_main},
    {"embed", "Embed the world that a core module implements, for component new", component_embed_main},
    {"plug", "Wire components together", component_plug_main},
    {"targets", "Check that a component can be used where a world is expected", component_targets_main},
    {"unbundle", "Take core modules out of a component, which imports them instead", component_unbundle_main},
};

// All packages that `package` depends on, directly or not, in the order of the Resolve.
std::vector<PackageId> all_dependencies(const Resolve& resolve, PackageId package) {
  std::vector<PackageId> found = resolve.dependencies(package);
  for (size_t i = 0; i < found.size(); ++i)
    for (const PackageId next : resolve.dependencies(found[i]))
      if (next != package && std::find(found.begin(), found.end(), next) == found.end()) found.push_back(next);
  std::sort(found.begin(), found.end());
  return found;
}

void print_help() {
  std::string text =
      "Work with components and their interfaces.\n"
      "\n"
      "Usage: ermine component OPERATION [OPTIONS] ...\n"
      "\n"
      "Operations:\n";
  size_t width = 0;
  for (const Command& c : kOperations) width = std::max(width, c.name.size());
  for (const Command& c : kOperations) {
    (text += "  ") += c.name;
    text.append(width + 3 - c.name.size(), ' ');
    (text += c.summary) += '\n';
  }
  text += "\nermine component OPERATION --help explains an operation.\n";
  print_text(text);
}

}  // namespace

std::span<const Command> component_operations() { return kOperations; }

int component_main(Words words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_help();
    return words.empty() ? kUsage : kOk;
  }
  const std::string name = words[0];
  const auto found =
      std::find_if(std::begin(kOperations), std::end(kOperations), [&](const Command& c) { return c.name == name; });
  if (found == std::end(kOperations)) {
    std::vector<std::string_view> names;
    for (const Command& c : kOperations) names.push_back(c.name);
    print_error("there is no operation '" + printable(name) + "' for components" + base::did_you_mean(name, names));
    print_note("ermine component --help lists the operations");
    return kUsage;
  }
  words.erase(words.begin());
  return found->main(std::move(words));
}

int component_wit_main(Words words) {
  Options options("component wit", "Read a WIT package, or the interface of a component, check it and print it",
                  "[OPTIONS] PATH");
  std::string path, output;
  bool as_binary = false, no_docs = false, with_dependencies = false;
  ResolveOptions resolving;
  options.argument("PATH", path,
                   "A file of WIT, a folder of them with deps/ for other packages, an encoded package, or a component");
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

  OutputFile out(output);
  if (Result<void> r = out.expect_binary(); as_binary && !r) {
    print_error(r.error());
    return kUsage;
  }
  if (int code = settings.precautions.set_bounds(); code != kOk) return code;
  if (Result<void> r = out.open(); !r) return fail_tool(r.error());
  Result<PackageFiles> files = read_path(path, settings.precautions.max_module_size);
  if (!files) return fail_tool(files.error());
  if (int code = settings.precautions.confine_to_reading(); code != kOk) return code;
  if (Result<void> done = assemble(*files); !done) return fail_tool(done.error());
  Resolve resolve;
  const Result<PackageId> package = add_files(resolve, *std::move(files), resolving);
  if (!package) return fail_tool(package.error());
  if (as_binary) {
    const Result<std::vector<uint8_t>> bytes = encode(resolve, *package);
    if (!bytes) return fail_tool(bytes.error());
    out.write({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  } else {
    std::vector<PackageId> others;
    // The packages of a component are nowhere else.
    if (with_dependencies || resolve[*package].name == PackageName{"root", "component", {}})
      others = all_dependencies(resolve, *package);
    out.write(print(resolve, *package, others, {.docs = !no_docs}));
  }
  if (Result<void> r = out.finish(); !r) return fail_tool(r.error());
  return kOk;
}

}  // namespace ermine::cli

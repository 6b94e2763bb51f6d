// ermine component new, ermine component embed.

#include "cli/component_tools.h"
#include "component/encode/embed.h"
#include "component/encode/make_component.h"
#include "component/encode/metadata.h"
#include "component/wit/select.h"
#include "ermine/printable.h"

namespace ermine::cli {
namespace {

using component::StringEncoding;

// "NAME=FILE", or a file, whose name without the ending is the module's.
std::pair<std::string, std::string> named_file(const std::string& text) {
  if (const size_t equals = text.find('='); equals != text.npos)
    return {text.substr(0, equals), text.substr(equals + 1)};
  std::string name = text.substr(text.rfind('/') + 1);
  return {name.substr(0, name.find('.')), text};
}

}  // namespace

int component_new_main(Words words) {
  Options options("component new", "Make a component from a core module", "[OPTIONS] FILE");
  ToolFiles files;
  std::string input;
  Words adapters;
  component::MakeOptions making;
  bool standard_names = false;
  options.argument("FILE", input,
                   "A core module with the world that it implements in custom sections, as compilers' bindings and "
                   "component embed make them");
  files.add_output(options);
  options.values("--adapt", adapters,
                 "An adapter for what the module imports from NAME, by default the file's name without its ending",
                 "[NAME=]FILE");
  options.flag("--realloc-via-memory-grow", making.adapters_grow_memory,
               "Adapters get memory by memory.grow, not by the module's cabi_realloc");
  options.flag("--no-merge-imports", making.unify_versions,
               "Keep imports of different versions of an interface, even if they are compatible", false);
  options.flag("--reject-legacy-names", standard_names,
               "Only names of the form cm32p2|... stand for parts of the world");
  options.flag("--skip-validation", making.validate, "Do not validate the component", false);
  files.add_settings_to(options);
  options.exit_codes("0, or 1 if the module does not fit its world or cannot be read");
  options.example("ermine component new core.wasm -o app.wasm");
  options.example("ermine component new core.wasm --adapt wasi_snapshot_preview1=adapter.wasm -o app.wasm");
  if (Parsed p = options.parse(std::move(words)); p.exit) return p.code;

  Words inputs{input};
  std::vector<component::AdapterModule> modules;
  for (const std::string& adapter : adapters) {
    auto [name, file] = named_file(adapter);
    if (name.empty()) {
      print_error("--adapt: '" + printable(adapter) + "' has no name; write NAME=FILE");
      return kUsage;
    }
    inputs.push_back(std::move(file));
    modules.push_back({std::move(name), {}});
  }
  if (standard_names) making.names = component::NameSchemes::kStandardOnly;
  making.tool = this_tool();
  OutputFile out(files.output);
  std::vector<std::vector<uint8_t>> bytes;
  if (int code = files.open(&out, inputs, bytes); code != kOk) return code;
  for (size_t i = 0; i < modules.size(); ++i) modules[i].bytes = bytes[i + 1];
  const Result<std::vector<uint8_t>> made = component::make_component(bytes[0], modules, making);
  if (!made) {
    print_error(made.error().clone().with_context(input).to_string());
    return kFailed;
  }
  return files.write(out, *made);
}

int component_embed_main(Words words) {
  Options options("component embed", "Embed the world that a core module implements, for component new",
                  "[OPTIONS] WIT [FILE]");
  ToolFiles files;
  std::string world, encoding = "utf8";
  Words paths;
  bool dummy = false, only_section = false;
  component::wit::ResolveOptions resolving;
  options.arguments("WIT", paths, "A file of WIT, or a folder of them with deps/ for other packages");
  options.describe_argument("FILE", "A core module, binary or text; - is standard input");
  files.add_output(options);
  options.value("-w,--world", world, "The world, if the package has several", "NAME");
  options.add({.names = "--encoding",
               .type = "utf8|utf16|compact-utf16",
               .help = "How the module encodes strings",
               .initial = "utf8"},
              [&encoding](const Given& given) { encoding = given.text; });
  options.flag("--dummy", dummy, "Make a module that fits the world, whose functions trap, instead of reading one");
  options.flag("--only-custom", only_section, "Write only the contents of the custom section");
  options.values("--features", resolving.features, "Include what is unstable behind this feature", "NAME");
  options.flag("--all-features", resolving.all_features, "Include everything that is unstable");
  files.add_settings_to(options);
  options.exit_codes("0, or 1 if the package or the module is not valid or cannot be read");
  options.example("ermine component embed wit/ core.wasm -o with-world.wasm");
  if (Parsed p = options.parse(std::move(words)); p.exit) return p.code;

  std::optional<StringEncoding> chosen;
  if (encoding == "utf8") chosen = StringEncoding::kUtf8;
  if (encoding == "utf16") chosen = StringEncoding::kUtf16;
  if (encoding == "compact-utf16") chosen = StringEncoding::kLatin1Utf16;
  const bool needs_module = !dummy && !only_section;
  if (!chosen) {
    print_error("--encoding: there is no encoding '" + printable(encoding) + "'; there are utf8, utf16, compact-utf16");
    return kUsage;
  }
  if (paths.size() != (needs_module ? 2 : 1)) {
    print_error(needs_module ? "a WIT package and a core module are needed" : "only a WIT package is read");
    return kUsage;
  }
  OutputFile out(files.output);
  std::vector<std::vector<uint8_t>> bytes;
  component::wit::PackageFiles package_files;
  const Words inputs = needs_module ? Words{paths[1]} : Words{};
  if (only_section) files.as_text = false;
  if (int code = files.open(&out, inputs, bytes, paths[0], &package_files); code != kOk) return code;
  component::wit::Resolve resolve;
  const auto package = add_files(resolve, std::move(package_files), resolving);
  if (!package) return fail_tool(package.error());
  const auto selected = select_world(resolve, *package, world);
  if (!selected) return fail_tool(selected.error());
  component::Producers producers;
  const component::Producers::Value tool = this_tool();
  producers.add("processed-by", tool.name, tool.version);
  if (only_section) {
    const auto section = component::encode_metadata(resolve, *selected, *chosen, producers);
    if (!section) return fail_tool(section.error());
    return files.write(out, *section);
  }
  if (dummy) {
    auto made = component::make_dummy_module(resolve, *selected);
    if (!made) return fail_tool(made.error());
    bytes.push_back(*std::move(made));
  }
  const auto embedded = component::embed_world(bytes[0], resolve, *selected, *chosen, producers);
  if (!embedded) {
    print_error(needs_module ? embedded.error().clone().with_context(paths[1]).to_string()
                             : embedded.error().to_string());
    return kFailed;
  }
  return files.write(out, *embedded);
}

}  // namespace ermine::cli

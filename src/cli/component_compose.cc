// ermine component plug, targets, unbundle.

#include <filesystem>
#include <fstream>

#include "cli/component_tools.h"
#include "component/compose/plug.h"
#include "component/compose/targets.h"
#include "component/compose/unbundle.h"
#include "component/wit/select.h"
#include "ermine/printable.h"

namespace ermine::cli {

int component_plug_main(Words words) {
  Options options("component plug", "Wire components together: exports of some become imports of another",
                  "[OPTIONS] --plug FILE... SOCKET");
  ToolFiles files;
  std::string socket;
  Words plugs;
  options.argument("SOCKET", socket,
                   "The component whose imports the others provide; its exports are those of the result");
  files.add_output(options);
  options.values("--plug", plugs, "A component that exports what SOCKET imports, of the same or a compatible version",
                 "FILE");
  files.add_settings_to(options);
  options.exit_codes("0, or 1 if the components do not fit or cannot be read");
  options.example("ermine component plug app.wasm --plug log.wasm --plug store.wasm -o all.wasm");
  if (Parsed p = options.parse(std::move(words)); p.exit) return p.code;
  if (plugs.empty()) {
    print_error("--plug: at least one component is needed whose exports the other one imports");
    return kUsage;
  }
  Words inputs = plugs;
  inputs.push_back(socket);
  OutputFile out(files.output);
  std::vector<std::vector<uint8_t>> bytes;
  if (int code = files.open(&out, inputs, bytes); code != kOk) return code;
  std::vector<component::PlugInput> components;
  for (size_t i = 0; i < plugs.size(); ++i) components.push_back({plugs[i], bytes[i]});
  const auto made = component::plug({socket, bytes.back()}, components, {.tool = this_tool()});
  return made ? files.write(out, *made) : fail_tool(made.error());
}

int component_targets_main(Words words) {
  Options options("component targets", "Check that a component can be used where a world is expected",
                  "[OPTIONS] WIT COMPONENT");
  ToolFiles files;
  std::string wit, component, world;
  component::wit::ResolveOptions resolving;
  options.argument("WIT", wit, "A file of WIT, a folder of them with deps/ for other packages, or an encoded package");
  options.argument("COMPONENT", component, "A component, binary or text; - is standard input");
  options.value("-w,--world", world, "The world, if the package has several", "NAME");
  options.values("--features", resolving.features, "Include what is unstable behind this feature", "NAME");
  options.flag("--all-features", resolving.all_features, "Include everything that is unstable");
  files.add_settings_to(options);
  options.exit_codes("0, or 1 if the component does not conform to the world or something cannot be read");
  options.example("ermine component targets wit/ app.wasm --world plugin");
  if (Parsed p = options.parse(std::move(words)); p.exit) return p.code;
  std::vector<std::vector<uint8_t>> bytes;
  component::wit::PackageFiles package_files;
  if (int code = files.open(nullptr, {component}, bytes, wit, &package_files); code != kOk) return code;
  component::wit::Resolve resolve;
  const auto package = add_files(resolve, std::move(package_files), resolving);
  if (!package) return fail_tool(package.error());
  const auto selected = select_world(resolve, *package, world);
  if (!selected) return fail_tool(selected.error());
  if (Result<void> fits = component::check_targets(resolve, *selected, bytes[0]); !fits) {
    print_error(fits.error().clone().with_context(component).to_string());
    return kFailed;
  }
  print_text(printable(component) + ": conforms to " + printable(resolve.name_of(*selected)) + "\n");
  return kOk;
}

int component_unbundle_main(Words words) {
  Options options("component unbundle", "Take core modules out of a component, which imports them instead",
                  "[OPTIONS] --module-dir DIR FILE");
  ToolFiles files;
  std::string input, folder;
  uint64_t threshold = 10 << 10;
  options.argument("FILE", input, "A component, binary or text; - is standard input");
  files.add_output(options);
  options.value("--module-dir", folder, "Write the modules here, as unbundled-module0.wasm and so on", "DIR");
  options.add({.names = "--threshold",
               .type = Size::type(),
               .help = "Modules up to this size stay in the component",
               .initial = Size::show(threshold)},
              [&threshold](const Given& given) { Size::set(threshold, given); });
  files.add_settings_to(options);
  options.exit_codes("0, or 1 if the component is not valid or something cannot be read or written");
  options.example("ermine component unbundle app.wasm --module-dir modules -o small.wasm");
  if (Parsed p = options.parse(std::move(words)); p.exit) return p.code;
  if (folder.empty()) {
    print_error("--module-dir: the folder for the modules is missing");
    return kUsage;
  }
  std::error_code made;
  std::filesystem::create_directories(folder, made);
  if (made) {
    print_error("--module-dir: " + printable(folder) + ": " + made.message());
    return kFailed;
  }
  // The modules are written once the component has been read, so the process is not confined: the decoder alone keeps
  // it from doing anything else.
  const Precautions& precautions = files.settings.precautions;
  OutputFile out(files.output);
  if (Result<void> r = out.expect_binary(); !r && !files.as_text) return fail_tool(r.error());
  if (int code = precautions.set_bounds(); code != kOk) return code;
  if (Result<void> r = out.open(); !r) return fail_tool(r.error());
  Result<InputFile> file = InputFile::open(input);
  if (!file) return fail_tool(file.error());
  const auto bytes = read_module_bytes(*file, precautions.max_module_size, Accepted::kComponentsToo);
  if (!bytes) return fail_tool(bytes.error());
  const auto unbundled = component::unbundle(*bytes, threshold);
  if (!unbundled) {
    print_error(unbundled.error().clone().with_context(input).to_string());
    return kFailed;
  }
  for (const component::UnbundledModule& module : unbundled->modules) {
    const std::filesystem::path path = std::filesystem::path(folder) / (module.name + ".wasm");
    std::ofstream to(path, std::ios::binary);
    to.write(reinterpret_cast<const char*>(module.bytes.data()), static_cast<std::streamsize>(module.bytes.size()));
    to.close();
    if (!to) {
      print_error(printable(path.string()) + ": cannot be written");
      return kFailed;
    }
  }
  return files.write(out, unbundled->component);
}

}  // namespace ermine::cli

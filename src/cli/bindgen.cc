// ermine bindgen: C++ bindings of a WIT world.

#include "component/bindgen/bindgen.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/settings.h"
#include "component/wit/resolver.h"
#include "component/wit/select.h"

namespace ermine::cli {

int bindgen_main(Words words) {
  Options options("bindgen", "Write a C++ header with typed bindings of a WIT world", "[OPTIONS] PATH");
  std::string path, world_name, output;
  component::wit::ResolveOptions resolving;
  options.argument("PATH", path,
                   "A file of WIT, a folder of them with deps/ for other packages, or an encoded package");
  options.value("-o,--output", output, "Write here instead of to standard output", "FILE");
  options.value("--world", world_name, "The world, if the package has several: its name, or a path such as a:b/c@1.0.0",
                "NAME");
  options.values("--features", resolving.features, "Include what is unstable behind this feature", "NAME");
  options.flag("--all-features", resolving.all_features, "Include everything that is unstable");
  Settings settings;
  add_settings(options, settings, Takers::kEvery);
  options.exit_codes("0, or 1 if the package cannot be read or is not valid");
  options.example("ermine bindgen wit/ --world plugin -o plugin.h");
  if (Parsed p = options.parse(std::move(words)); p.exit) return p.code;

  OutputFile out(output);
  if (int code = settings.precautions.set_bounds(); code != kOk) return code;
  if (Result<void> r = out.open(); !r) return fail(r.error());
  Result<component::wit::PackageFiles> files = component::wit::read_path(path, settings.precautions.max_module_size);
  if (!files) return fail(files.error());
  if (int code = settings.precautions.confine_to_reading(); code != kOk) return code;
  component::wit::Resolve resolve;
  const Result<component::wit::PackageId> package = add_files(resolve, *std::move(files), resolving);
  if (!package) return fail(package.error());
  const Result<component::wit::WorldId> world = component::wit::select_world(resolve, *package, world_name);
  if (!world) return fail(world.error());
  const Result<std::string> header = component::bindgen::write_header(resolve, *world);
  if (!header) return fail(header.error());
  out.write(*header);
  if (Result<void> r = out.finish(); !r) return fail(r.error());
  return kOk;
}

}  // namespace ermine::cli

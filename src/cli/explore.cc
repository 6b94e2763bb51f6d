// ermine explore: shows the code of a module's functions in every tier, as an HTML page.

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/format.h"
#include "cli/load.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/settings.h"
#include "ermine/component.h"
#include "ermine/printable.h"
#include "explore/page.h"
#ifdef ERMINE_HAS_COMPONENT
#include "component/compose/contents.h"
#endif

namespace ermine::cli {
namespace {

// "dir/app.wasm" -> "app"
std::string stem(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  for (std::string_view ending : {".wasm", ".wat"})
    if (name.size() > ending.size() && name.ends_with(ending)) name.resize(name.size() - ending.size());
  return name == "-" ? "module" : name;
}

// The core module of a component with this number; without one, the only module.
Result<std::vector<uint8_t>> module_of_component([[maybe_unused]] std::span<const uint8_t> component,
                                                 [[maybe_unused]] const std::string& number) {
#ifdef ERMINE_HAS_COMPONENT
  ERMINE_ASSIGN(const std::vector<component::ContainedModule> modules, component::core_modules(component));
  if (modules.empty()) return Error(ErrorKind::kUsage, "there is no core module in the component");
  size_t index = 0;
  const char* end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, index);
  const bool is_number = read.ec == std::errc() && read.ptr == end && index < modules.size();
  if (is_number || (number.empty() && modules.size() == 1))
    return std::vector<uint8_t>(modules[index].bytes.begin(), modules[index].bytes.end());
  std::string sizes;
  constexpr size_t kMost = 8;
  for (size_t i = 0; i < std::min(kMost, modules.size()); ++i)
    sizes += base::format("{:t}{} of {} bytes", i > 0 ? ", " : "", i, modules[i].bytes.size());
  return Error(ErrorKind::kUsage,
               base::format("there are {} core modules in the component, {:t}{:t}; choose one by its "
                            "number with --module",
                            modules.size(), sizes, modules.size() > kMost ? " …" : ""));
#else
  return Error(ErrorKind::kUnsupported, "this is a component, and this build has no components");
#endif
}

// The requested functions, by index.
class Choice {
 public:
  // False: there is no such function.
  bool add(const explore::Explorer& explorer, const std::string& asked) {
    const size_t before = chosen_.size();
    uint32_t number = 0;
    const char* end = asked.data() + asked.size();
    const auto read = std::from_chars(asked.data(), end, number);
    const bool is_number = read.ec == std::errc() && read.ptr == end;
    for (const auto& f : explorer.functions())
      if (f.name == asked || (is_number && f.index == number)) chosen_.push_back(f.index);
    return chosen_.size() != before;
  }
  bool has(uint32_t index) const { return std::find(chosen_.begin(), chosen_.end(), index) != chosen_.end(); }

 private:
  std::vector<uint32_t> chosen_;
};

}  // namespace

int explore_main(Words words) {
  Options command("explore",
                  "Show the WebAssembly, register code and machine code of functions side by side, as an HTML page",
                  "[OPTIONS] FILE");
  std::string input, output, module_number;
  Words functions;
  explore::PageOptions page;
  Settings settings;
  Config& config = settings.config;
  command.argument("FILE", input, "A module or component, binary or text; - is standard input");
  command.value("--module", module_number, "Of a component with several core modules: this one, counted from 0",
                "INDEX");
  command.value("-o,--output", output, "Write here; - is standard output. By default NAME.explore.html", "FILE");
  command.values("--function", functions, "Only this function; may be given several times", "NAME|INDEX");
  command.add({.names = "--max-size",
               .type = Size::type(),
               .help = "Omit functions once the page has this size; has no effect with --function",
               .initial = Size::show(page.max_bytes)},
              [&page](const Given& given) { Size::set(page.max_bytes, given); });
  config.enable_all_features();
  add_settings(command, settings, Takers::kValidating);
  command.exit_codes("0, or 1 if the module is not valid or cannot be read");
  command.example("ermine explore app.wasm");
  command.example("ermine explore --function main app.wasm -o main.html");
  if (Parsed p = command.parse(std::move(words)); p.exit) return p.code;

  const Precautions& precautions = settings.precautions;
  if (int code = precautions.set_bounds(); code != kOk) return code;
  if (output.empty()) output = stem(input) + ".explore.html";
  OutputFile out(output);
  if (Result<void> r = out.open(); !r) return fail(r.error());
  Result<InputFile> file = InputFile::open(input);
  if (!file) return fail(file.error());
  explore::open_libraries();
  if (int code = precautions.confine_to_compiling(); code != kOk) return code;
  Result<std::vector<uint8_t>> bytes = read_module_bytes(*file, precautions.max_module_size, Accepted::kComponentsToo);
  if (!bytes) return fail(bytes.error());
  if (Component::is_component(*bytes)) {
    Result<std::vector<uint8_t>> module = module_of_component(*bytes, module_number);
    if (!module) {
      print_error(module.error().clone().with_context(input).to_string());
      return module.error().kind() == ErrorKind::kUsage ? kUsage : kFailed;
    }
    bytes = std::move(module);
  } else if (!module_number.empty()) {
    print_error("--module: " + printable(input) + " is not a component");
    return kUsage;
  }
  wasm::FeatureSet features;
  for (unsigned i = 0; i < static_cast<unsigned>(wasm::Feature::kCount); ++i)
    if (config.feature_bits >> i & 1) features.add(static_cast<wasm::Feature>(i));
  auto explorer = explore::Explorer::open(*bytes, features);
  if (!explorer) return fail(explorer.error().clone().with_context(input));

  Choice choice;
  for (const std::string& f : functions) {
    if (choice.add(**explorer, f)) continue;
    print_error("there is no function '" + printable(f) + "' that the module defines");
    print_note("ermine objdump -x lists them by number and name");
    return kUsage;
  }
  if (!functions.empty()) page.wanted = [&choice](const explore::Explorer::Function& f) { return choice.has(f.index); };
  const std::string title = input == "-" ? "standard input" : input.substr(input.rfind('/') + 1);
  page.title = title;
  page.others = "ermine explore --function {} shows it.";
  Progress progress("exploring " + input);
  auto done = explore::write_page(**explorer, page, [&out](std::string_view piece) { return out.write(piece); });
  if (!done) return fail(done.error().clone().with_context(input));
  if (Result<void> written = out.finish(); !written) return fail(written.error());
  if (!(*explorer)->problem().empty()) print_note((*explorer)->problem());
  if (done->full) {
    print_note("the page shows " + std::to_string(done->shown) + " of " + std::to_string(done->functions) +
               " functions, the others by name only; --function picks some, --max-size takes more");
  }
  if (output != "-") std::puts(isatty(STDOUT_FILENO) ? printable(output).c_str() : output.c_str());
  return kOk;
}

}  // namespace ermine::cli

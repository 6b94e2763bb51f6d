// ermine inspect: shows what a module imports, exports and needs.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/format.h"
#include "cli/component_text.h"
#include "cli/load.h"
#include "cli/options.h"
#include "cli/settings.h"
#include "ermine/ermine.h"
#include "ermine/printable.h"
#include "launch/file_kind.h"
#ifdef ERMINE_HAS_COMPONENT
#include "component/compose/contents.h"
#endif

namespace ermine::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string size_text(uint64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} bytes", bytes);
  if (bytes < 10'000'000) return fmt::format("{:.1f} KB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

// "(func (param i32))" without the parentheses and kind, which are in columns of their own.
std::string bare_type(const ExternType& type) {
  std::string text = type.to_string();
  if (text.starts_with('(') && text.ends_with(')')) text = text.substr(1, text.size() - 2);
  std::string_view kind = to_string(type.kind);
  if (text.starts_with(kind)) text.erase(0, std::min(text.size(), kind.size() + 1));
  return text;
}

using Row = std::array<std::string, 3>;

// Prints rows in columns. Each row is made twice, the first time for its width: all rows together may be much larger
// than the module, because imports of one group share their module's name.
template <class List, class MakeRow>
void print_table(const List& list, MakeRow row) {
  size_t width[2] = {0, 0};
  for (const auto& one : list) {
    const Row r = row(one);
    for (size_t i = 0; i < 2; ++i) width[i] = std::max(width[i], std::min<size_t>(r[i].size(), 48));
  }
  for (const auto& one : list) {
    const Row r = row(one);
    std::string line = fmt::format("  {:<{}}  {:<{}}  {}", r[0], width[0], r[1], width[1], r[2]);
    line.erase(line.find_last_not_of(' ') + 1);
    print_text(line + '\n');
  }
}

// "1 function", "2 functions".
std::string counted(uint64_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

void print_listing(const Module& module, const std::string& path) {
  ModuleSummary s = module.summary();
  bool bold = colour_on(STDOUT_FILENO);
  auto heading = [bold](const std::string& text) { return bold ? "\x1b[1m" + text + "\x1b[0m\n" : text + "\n"; };
  std::string out = heading(printable(path) + (module.name().empty() ? "" : base::format("  ({})", module.name())));
  if (const std::optional<launch::Unlinked> kind = launch::unlinked(module))
    out += fmt::format("  {}; {}\n", kind->name, kind->advice);
  out += fmt::format("  {} in all, {} of code, {} of data\n", size_text(s.size), size_text(s.code_size),
                     size_text(s.data_bytes));
  out += fmt::format("  {}, {}, {}, {}, {}, {}\n", counted(s.functions, "function", "functions"),
                     counted(s.types, "type", "types"), counted(s.globals, "global", "globals"),
                     counted(s.tables, "table", "tables"), counted(s.memories, "memory", "memories"),
                     counted(s.tags, "tag", "tags"));
  out += fmt::format("  {}, {}, {}{}\n", counted(s.data_segments, "data segment", "data segments"),
                     counted(s.elem_segments, "element segment", "element segments"),
                     counted(s.custom_sections, "custom section", "custom sections"),
                     s.has_start ? ", a start function" : "");
  for (const MemoryType& m : s.memory_types) {
    std::string most =
        m.max ? fmt::format(", grows to {}", size_text(*m.max * m.page_size())) : ", grows without limit";
    if (m.max && *m.max == m.min) most = ", does not grow";
    out += fmt::format("  memory of {}{}{}{}\n", size_text(m.min * m.page_size()), most, m.is64 ? ", 64-bit" : "",
                       m.shared ? ", shared" : "");
  }
  std::string features;
  for (std::string_view f : s.features) features += (features.empty() ? "" : ", ") + std::string(f);
  out += "  proposals used: " + (features.empty() ? "none" : features) + "\n";

  const std::vector<ImportType> imports = module.imports();
  print_text(out + "\n" + heading(fmt::format("imports ({})", imports.size())));
  print_table(imports, [](const ImportType& i) {
    return Row{printable(i.module) + "." + printable(i.name), std::string(to_string(i.type.kind)), bare_type(i.type)};
  });
  const std::vector<ExportType> exports = module.exports();
  print_text("\n" + heading(fmt::format("exports ({})", exports.size())));
  print_table(exports, [](const ExportType& e) {
    return Row{printable(e.name), std::string(to_string(e.type.kind)), bare_type(e.type)};
  });
  const std::vector<CustomSection> sections = module.custom_sections();
  if (sections.empty()) return;
  print_text("\n" + heading(fmt::format("custom sections ({})", sections.size())));
  print_table(sections, [](const CustomSection& c) { return Row{printable(c.name), size_text(c.bytes.size()), ""}; });
}

Json limits_json(uint64_t min, const std::optional<uint64_t>& max, bool is64) {
  Json j;
  j["min"] = min;
  j["max"] = max ? Json(*max) : Json(nullptr);
  j["is64"] = is64;
  return j;
}

Json memory_json(const MemoryType& m) {
  Json j = limits_json(m.min, m.max, m.is64);
  j["shared"] = m.shared;
  j["page_size"] = m.page_size();
  return j;
}

Json func_json(const FuncType& f) {
  Json j;
  j["params"] = Json::array();
  j["results"] = Json::array();
  for (const ValType& t : f.params) j["params"].push_back(t.to_string());
  for (const ValType& t : f.results) j["results"].push_back(t.to_string());
  return j;
}

Json type_json(const ExternType& type) {
  Json j;
  j["kind"] = std::string(to_string(type.kind));
  switch (type.kind) {
    case ExternKind::kFunc: j.update(func_json(type.func)); break;
    case ExternKind::kTable:
      j["element"] = type.table.element.to_string();
      j.update(limits_json(type.table.min, type.table.max, type.table.is64));
      break;
    case ExternKind::kMemory: j.update(memory_json(type.memory)); break;
    case ExternKind::kGlobal:
      j["type"] = type.global.type.to_string();
      j["mutable"] = type.global.is_mutable;
      break;
    case ExternKind::kTag: j.update(func_json(type.tag.func)); break;
  }
  return j;
}

// JSON as text. Names are complete, and escaped to ASCII: nothing in it can control a terminal.
std::string text_of(const Json& json) { return json.dump(2, ' ', true, Json::error_handler_t::replace); }

// The last members of an object are lists, whose items are printed one at a time: see print_table.
template <class List, class MakeItem>
void print_list(std::string_view name, const List& list, MakeItem item) {
  print_text(fmt::format(",\n  \"{}\": [", name));
  std::string_view between = "\n    ";
  for (const auto& one : list) {
    std::string text = text_of(item(one));
    for (size_t at = 0; (at = text.find('\n', at)) != text.npos; at += 5) text.insert(at + 1, 4, ' ');
    print_text(std::string(between) + text);
    between = ",\n    ";
  }
  print_text(list.empty() ? "]" : "\n  ]");
}

void print_json(const Module& module, const std::string& path) {
  ModuleSummary s = module.summary();
  Json j;
  j["file"] = path;
  j["name"] = std::string(module.name());
  const std::optional<launch::Unlinked> unlinked = launch::unlinked(module);
  j["kind"] = std::string(unlinked ? unlinked->id : "module");
  j["size"] = s.size;
  j["code_size"] = s.code_size;
  j["data_bytes"] = s.data_bytes;
  j["types"] = s.types;
  j["functions"] = s.functions;
  j["globals"] = s.globals;
  j["tables"] = s.tables;
  j["memories"] = s.memories;
  j["tags"] = s.tags;
  j["data_segments"] = s.data_segments;
  j["element_segments"] = s.elem_segments;
  j["start"] = s.has_start;
  j["memory_types"] = Json::array();
  for (const MemoryType& m : s.memory_types) j["memory_types"].push_back(memory_json(m));
  j["features"] = Json::array();
  for (std::string_view f : s.features) j["features"].push_back(std::string(f));
  std::string head = text_of(j);
  head.resize(head.size() - 2);  // without "\n}"
  print_text(head);
  print_list("imports", module.imports(), [](const ImportType& i) {
    Json one;
    one["module"] = i.module;
    one["name"] = i.name;
    one.update(type_json(i.type));
    return one;
  });
  print_list("exports", module.exports(), [](const ExportType& e) {
    Json one;
    one["name"] = e.name;
    one.update(type_json(e.type));
    return one;
  });
  print_list("custom_sections", module.custom_sections(),
             [](const CustomSection& c) { return Json{{"name", c.name}, {"size", c.bytes.size()}}; });
  print_text("\n}\n");
}

int inspect_module(const Result<Module>& module, const std::string& path, bool as_json) {
  if (!module) {
    print_error(module.error());
    return kFailed;
  }
  if (as_json) print_json(*module, path);
  else print_listing(*module, path);
  return kOk;
}

#ifdef ERMINE_HAS_COMPONENT

// A module whose bytes were read already. Errors name the file.
Result<Module> compile(const Engine& engine, std::vector<uint8_t>&& bytes, const InputFile& file) {
  const std::string name = launch::module_name(file);
  if (!launch::is_binary(bytes))
    return Module::from_text(engine, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, name, file.path());
  Result<Module> module = Module::compile(engine, std::move(bytes), name);
  if (!module) return std::move(module).error().with_context(file.path());
  return module;
}

void print_component_listing(const component::ComponentContents& c, uint64_t size, const std::string& path) {
  const bool bold = colour_on(STDOUT_FILENO);
  auto heading = [bold](const std::string& text) { return bold ? "\x1b[1m" + text + "\x1b[0m\n" : text + "\n"; };
  std::string out = heading(printable(path));
  out += fmt::format("  a component, {} in all\n", size_text(size));
  out += fmt::format("  {}, {}, {}, {}\n", counted(c.modules.size(), "core module", "core modules"),
                     counted(c.components, "nested component", "nested components"),
                     counted(c.imports.size(), "import", "imports"), counted(c.exports.size(), "export", "exports"));
  print_text(out);
  if (!c.no_wit.empty()) print_text("  its interface has no form in WIT: " + c.no_wit + "\n");
  else print_text("\n" + heading("interface") + c.wit);
  print_text("\n" + heading(fmt::format("core modules ({})", c.modules.size())));
  for (size_t i = 0; i < c.modules.size(); ++i) {
    const component::ContainedModule& m = c.modules[i];
    print_text(fmt::format("  {:<3}  {:>12}  at {:#010x}{}{}\n", i, size_text(m.bytes.size()), m.offset,
                           m.within.empty() ? "" : "  in ", m.within));
  }
  if (c.producers.empty()) return;
  print_text("\n" + heading("producers"));
  for (const component::Producers::Field& field : c.producers.fields())
    for (const component::Producers::Value& value : field.values)
      print_text(base::format("  {}: {} {}\n", field.name, value.name, value.version));
}

void print_component_json(const component::ComponentContents& c, uint64_t size, const std::string& path) {
  Json j;
  j["file"] = path;
  j["kind"] = "component";
  j["size"] = size;
  j["components"] = c.components;
  j["wit"] = c.no_wit.empty() ? Json(c.wit) : Json(nullptr);
  j["imports"] = c.imports;
  j["exports"] = c.exports;
  j["core_modules"] = Json::array();
  for (const component::ContainedModule& m : c.modules)
    j["core_modules"].push_back({{"size", m.bytes.size()}, {"offset", m.offset}, {"within", m.within}});
  j["producers"] = Json::object();
  for (const component::Producers::Field& field : c.producers.fields())
    for (const component::Producers::Value& value : field.values)
      j["producers"][field.name][value.name] = value.version;
  print_text(text_of(j) + "\n");
}

int inspect_component(std::span<const uint8_t> bytes, const std::string& path, bool as_json) {
  const auto contents = component::contents_of(bytes);
  if (!contents) {
    print_error(contents.error().clone().with_context(path));
    return kFailed;
  }
  if (as_json) print_component_json(*contents, bytes.size(), path);
  else print_component_listing(*contents, bytes.size(), path);
  return kOk;
}

#endif

}  // namespace

int inspect_main(Words words) {
  Options options("inspect", "Show what a module or component imports, exports and needs", "[OPTIONS] FILE");
  std::string file;
  bool as_json = false;
  Settings settings;
  options.argument("FILE", file, "A module or component, binary or text; - is standard input");
  options.flag("--json", as_json, "For programs instead of people");
  settings.config.enable_all_features();  // what is shown may use anything; running it is another matter
  add_settings(options, settings, Takers::kValidating);
  options.exit_codes("0, or 1 if the module is not valid or cannot be read");
  options.example("ermine inspect app.wasm");
  options.example("ermine inspect --json app.wasm | python3 -m json.tool");
  if (Parsed p = options.parse(std::move(words)); p.exit) return p.code;

  const Precautions& precautions = settings.precautions;
  if (int code = precautions.set_bounds(); code != kOk) return code;
  Engine engine(settings.config);
  Result<InputFile> input = InputFile::open(file);
  if (!input) {
    print_error(input.error());
    return kFailed;
  }
  if (int code = precautions.confine_to_reading(); code != kOk) return code;

#ifdef ERMINE_HAS_COMPONENT
  // A module in a file is not copied.
  uint8_t head[8];
  if (!input->peek(head) || Component::is_component(head) || head[0] == '(') {
    Result<std::vector<uint8_t>> bytes = input->read_module(precautions.max_module_size, Accepted::kComponentsToo);
    if (bytes && Component::is_component(*bytes)) {
      if (launch::is_binary(*bytes)) return inspect_component(*bytes, file, as_json);
      const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
      const auto binary = parse_component(text, true, file);
      if (binary) return inspect_component(*binary, file, as_json);
      print_error(binary.error());
      return kFailed;
    }
    return inspect_module(bytes ? compile(engine, *std::move(bytes), *input) : std::move(bytes).error(), file, as_json);
  }
#endif
  return inspect_module(load_module(engine, *input, precautions.max_module_size), file, as_json);
}

}  // namespace ermine::cli

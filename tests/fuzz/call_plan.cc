// The plan for another engine's driver. See transcript.h.
#include <fmt/format.h>

#include <algorithm>

#include "transcript.h"
#include "values.h"

namespace ermine::fuzz {

namespace {

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (char c : name) {
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else out += c;
  }
  return out + '"';
}

void append(std::string& list, std::string_view item) {
  if (!list.empty()) list += ',';
  list += item;
}

std::string types(const std::vector<ValType>& all) {
  std::string out;
  for (ValType t : all) append(out, quoted(is_number(t) ? t.to_string() : "ref"));
  return out;
}

// Limits as properties of the descriptors in JavaScript's API.
template <class T>
std::string limits(const T& type) {
  std::string out = fmt::format("\"initial\":\"{}\",\"address\":\"{}\"", type.min, type.is64 ? "i64" : "i32");
  if (type.max) out += fmt::format(",\"maximum\":\"{}\"", *type.max);
  return out;
}

std::string import_of(const ImportType& i) {
  std::string out = fmt::format("{{\"module\":{},\"name\":{},\"kind\":\"{}\"", quoted(i.module), quoted(i.name),
                                to_string(i.type.kind));
  switch (i.type.kind) {
    case ExternKind::kFunc:
      out += fmt::format(",\"params\":[{}],\"results\":[{}]", types(i.type.func.params), types(i.type.func.results));
      break;
    case ExternKind::kGlobal:
      out += fmt::format(",\"type\":\"{}\",\"mutable\":{}", i.type.global.type.to_string(), i.type.global.is_mutable);
      break;
    case ExternKind::kMemory:
      out += fmt::format(",{},\"shared\":{}", limits(i.type.memory), i.type.memory.shared);
      break;
    case ExternKind::kTable:
      out += fmt::format(",{},\"element\":\"{}\"", limits(i.type.table),
                         i.type.table.element == ValType::funcref() ? "anyfunc" : "externref");
      break;
    case ExternKind::kTag: out += fmt::format(",\"params\":[{}]", types(i.type.tag.func.params)); break;
  }
  return out + '}';
}

bool is_of_library(const ImportType& i, size_t libraries) {
  for (size_t n = 0; n < libraries; ++n)
    if (i.module == library_name(n)) return true;
  return false;
}

bool is_usable(const ImportType& i) {
  switch (i.type.kind) {
    // A function's arguments leave the module; its results are passed to it.
    case ExternKind::kFunc: return can_cross(i.type.func.results, i.type.func.params);
    case ExternKind::kGlobal: return is_number(i.type.global.type);
    case ExternKind::kMemory: return i.type.memory.page_log2 == 16;
    case ExternKind::kTable:
      return i.type.table.element == ValType::funcref() || i.type.table.element == ValType::externref();
    case ExternKind::kTag: return std::ranges::all_of(i.type.tag.func.params, is_number);
  }
  return false;
}

}  // namespace

std::string library_name(size_t number) { return fmt::format("l{}", number); }

std::optional<std::vector<Module>> libraries_of(const Engine& engine, const Module& module) {
  std::vector<Module> all;
  for (const CustomSection& s : module.custom_sections()) {
    if (s.name != kLibrary) continue;
    auto library = Module::compile(engine, s.bytes);
    if (!library) return std::nullopt;
    all.push_back(std::move(*library));
  }
  return all;
}

bool has_usable_imports(const Module& module, size_t libraries) {
  std::vector<ImportType> all = module.imports();
  std::erase_if(all, [libraries](const ImportType& i) { return is_of_library(i, libraries); });
  for (size_t i = 0; i < all.size(); ++i) {
    if (!is_usable(all[i])) return false;
    // One name for two items: an object of JavaScript can hold only one.
    for (size_t j = 0; j < i; ++j)
      if (all[i].module == all[j].module && all[i].name == all[j].name &&
          (all[i].type.kind != ExternKind::kFunc || all[j].type.kind != ExternKind::kFunc ||
           all[i].type.func != all[j].type.func))
        return false;
  }
  return true;
}

namespace {

// The plan of one module, without the last brace. `libraries`: how many it may import from.
std::string plan_of(const Module& module, size_t libraries) {
  std::string imports, calls, state, fuel;
  for (const ImportType& i : module.imports())
    if (!is_of_library(i, libraries)) append(imports, import_of(i));
  std::vector<ExportType> exports = module.exports();
  for (size_t at = 0; at < exports.size(); ++at) {
    const ExportType& e = exports[at];
    std::string item = fmt::format("{{\"export\":{},\"name\":{}", at, quoted(e.name));
    if (e.type.kind == ExternKind::kFunc && can_cross(e.type.func.params, e.type.func.results)) {
      for (unsigned call = 0; call < kCalls; ++call) {
        std::string arguments;
        for (size_t i = 0; i < e.type.func.params.size(); ++i)
          append(arguments, fmt::format("\"{:x}\"", edge_value(e.type.func.params[i], call, i)));
        append(calls, fmt::format("{},\"call\":{},\"params\":[{}],\"args\":[{}],\"results\":[{}]}}", item, call,
                                  types(e.type.func.params), arguments, types(e.type.func.results)));
      }
    } else if (e.type.kind == ExternKind::kGlobal && is_number(e.type.global.type)) {
      append(state, fmt::format("{},\"global\":\"{}\"}}", item, e.type.global.type.to_string()));
      if (e.name == "fuel" && e.type.global == GlobalType{ValType::i32(), true})
        fuel = fmt::format(",\"fuel\":{}", kGuestFuel);
    } else if (e.type.kind == ExternKind::kMemory) {
      append(state, item + ",\"memory\":true}");
    }
  }
  return fmt::format("{{\"imports\":[{}],\"calls\":[{}],\"state\":[{}]{}", imports, calls, state, fuel);
}

}  // namespace

std::string plan_of(const Engine& engine, std::span<const uint8_t> bytes) {
  auto module = Module::compile(engine, bytes);
  if (!module) return "null";
  const auto libraries = libraries_of(engine, *module);
  if (!libraries) return "null";
  std::string plans;
  for (size_t i = 0; i < libraries->size(); ++i) {
    if (!has_usable_imports((*libraries)[i], i)) return "{}";
    append(plans, plan_of((*libraries)[i], i) + '}');
  }
  if (!has_usable_imports(*module, libraries->size())) return "{}";
  return fmt::format("{},\"libraries\":[{}]}}", plan_of(*module, libraries->size()), plans);
}

}  // namespace ermine::fuzz

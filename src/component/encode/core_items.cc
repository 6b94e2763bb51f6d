// See core_items.h.
#include "component/encode/core_items.h"

#include <algorithm>
#include <charconv>

#include "base/format.h"
#include "base/suggestion.h"
#include "component/wit/unify.h"

namespace ermine::component {

using wit::AbiSide;
using wit::CoreSignature;
using wit::Function;
using wit::Interface;
using wit::TypeDefKind;
using wit::TypeId;
using wit::WorldItem;
using wit::WorldItemKind;

namespace {

constexpr std::string_view kStandard = "cm32p2";

bool strip(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}
bool strip_end(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

// "waitable-set.new" -> "waitable-set-new": built-ins in names of the older scheme.
std::string mangled(std::string_view builtin) {
  std::string out(builtin);
  std::replace(out.begin(), out.end(), '.', '-');
  return out;
}

// The built-in of "[waitable-set-new]" or "[stream-read-0]f": what follows its name in brackets ("0"), and what follows
// the brackets ("f").
struct BuiltinName {
  CanonOp op;
  std::string_view detail, rest;
};
std::optional<BuiltinName> builtin_name(std::string_view name) {
  const size_t end = name.find(']');
  if (!name.starts_with('[') || end == name.npos) return {};
  const std::string_view inside = name.substr(1, end - 1);
  std::optional<BuiltinName> best;
  size_t length = 0;
  // The longest name counts: stream-read-0, and not a built-in "stream".
#define CANON(id, name_, opcode, immediates, feature, signature)                                                 \
  if (const std::string m = mangled(name_);                                                                      \
      inside.starts_with(m) && m.size() > length && (inside.size() == m.size() || inside[m.size()] == '-')) {    \
    length = m.size();                                                                                           \
    best = BuiltinName{CanonOp::id, inside.substr(std::min(inside.size(), m.size() + 1)), name.substr(end + 1)}; \
  }
#include "component/model/canonical.def"
  return best;
}

std::optional<uint32_t> number(std::string_view text) {
  uint32_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return out;
}

std::optional<StringEncoding> encoding_of(std::string_view name) {
  if (name == "utf8") return StringEncoding::kUtf8;
  if (name == "utf16") return StringEncoding::kUtf16;
  if (name == "latin1+utf16") return StringEncoding::kLatin1Utf16;
  return {};
}

wasm::ValType core_type(char code) { return code == 'I' ? wasm::kI64 : wasm::kI32; }

}  // namespace

CoreNames::CoreNames(const wit::Resolve& resolve, wit::WorldId world, NameSchemes schemes)
    : resolve_(resolve), world_(resolve[world]), schemes_(schemes), abi_(resolve) {
  for (const bool is_export : {false, true})
    for (const auto& [key, item] : is_export ? world_.exports : world_.imports) {
      if (item.kind != WorldItemKind::kInterface) continue;
      const std::string name = resolve.name_of(item);
      by_name_[is_export].emplace(name, &item);
      by_track_[is_export].emplace(item.name.empty() ? wit::compatible_name(name) : name, &item);
    }
}

const WorldItem* CoreNames::find(std::string_view module, bool is_export, bool is_standard) const {
  const std::string name(module);
  if (!is_standard)
    if (const auto found = by_name_[is_export].find(name); found != by_name_[is_export].end()) return found->second;
  const auto found = by_track_[is_export].find(is_standard ? name : wit::compatible_name(name));
  return found == by_track_[is_export].end() ? nullptr : found->second;
}

// Reads the items of one module.
class CoreReader {
 public:
  CoreReader(const CoreNames& names, const wasm::Module& module, const std::vector<std::string>& adapters,
             const RenamedImports& renamed)
      : names_(names),
        resolve_(names.resolve_),
        world_(names.world_),
        module_(module),
        adapters_(adapters),
        renamed_(renamed) {}

  Result<CoreItems> run(const std::vector<std::string>& exports) {
    for (const wasm::Import& import : module_.imports)
      if (Result<void> done = add_import(import); !done)
        return std::move(done).error().with_context(base::format("import '{}' of '{}'", import.name, import.module));
    for (const std::string& key : exports) collect(world_.exports.find(key));
    for (const wasm::Export& e : module_.exports)
      if (Result<void> done = add_export(e); !done)
        return std::move(done).error().with_context(base::format("export '{}'", e.name));
    ERMINE_TRY(check_exports());
    return std::move(out_);
  }

 private:
  static Error invalid(std::string message) { return Error(ErrorKind::kInvalid, std::move(message)); }

  CoreSignature signature(uint32_t function) const {
    const wasm::FuncType& type = module_.func_type(function);
    return {type.params, type.results};
  }
  static Result<void> expect(const CoreSignature& found, const CoreSignature& expected, std::string_view what) {
    if (found == expected) return {};
    for (const wasm::ValType& type : found.params)
      if (!type.is_num()) return invalid(base::format("{} has the type {}", what, expected.to_string()));
    return invalid(
        base::format("the function has the type {}, but {} has {}", found.to_string(), what, expected.to_string()));
  }

  Result<void> add_import(const wasm::Import& import);
  Result<void> function_import(CoreImport& out);
  Result<void> interface_item(CoreImport& out, bool is_standard, std::string_view name);
  Result<void> root_item(CoreImport& out, bool is_standard, std::string_view name);
  Result<bool> builtin(CoreImport& out, std::string_view name);
  Result<void> payload(CoreImport& out, const BuiltinName& name);
  Result<bool> resource(CoreImport& out, bool is_standard, std::string_view name);
  Result<void> lowered(CoreImport& out, const Function& f);
  TypeId find_resource(const CoreImport& in, std::string_view name) const;
  const Function* find_function(const CoreImport& in, std::string_view name) const;

  // What an export stands for: a function, or the destructor of a resource.
  struct Wanted {
    const WorldItem* item = nullptr;
    const Function* function = nullptr;
    TypeId resource;
  };
  void collect(const WorldItem* item);
  Result<void> add_export(const wasm::Export& e);
  Result<bool> standard_export(const wasm::Export& e, std::string_view name);
  Result<void> legacy_export(const wasm::Export& e);
  Result<bool> special(const wasm::Export& e, std::string_view name, std::string_view realloc, std::string_view memory);
  Result<void> lift(const wasm::Export& e, const Wanted& wanted, AbiSide side);
  CoreLift& lift_of(const Wanted& wanted) { return out_.exports.functions[{wanted.item, wanted.function}]; }
  Result<void> check_exports() const;

  const CoreNames& names_;
  const wit::Resolve& resolve_;
  const wit::World& world_;
  const wasm::Module& module_;
  const std::vector<std::string>& adapters_;
  const RenamedImports& renamed_;
  CoreItems out_;

  // The functions and resources that the module must or may export, by their names in both schemes.
  std::unordered_map<std::string, Wanted> legacy_, standard_;
  struct Required {
    const WorldItem* item;
    const Function* function;
    std::string name;  // in the older scheme
  };
  std::vector<Required> required_;
};

Result<void> CoreReader::add_import(const wasm::Import& import) {
  CoreImport out;
  out.module = import.module;
  out.name = import.name;
  const auto renamed = renamed_.names.find(RenamedImports::key(import.module, import.name));
  out.original = renamed == renamed_.names.end() ? std::string(import.name) : renamed->second;
  out.extern_kind = import.kind;
  out.index = import.index;
  if (import.module == "env" && import.name == "memory" && import.kind == wasm::ExternKind::kMemory) {
    out.kind = CoreImport::kMemory;
  } else if (import.module == "__main_module__") {
    out.kind = CoreImport::kMainExport;
  } else if (import.kind != wasm::ExternKind::kFunc) {
    return invalid("only functions can be imported, and a memory 'memory' of 'env'");
  } else {
    out.signature = signature(import.index);
    if (std::find(adapters_.begin(), adapters_.end(), import.module) != adapters_.end())
      out.kind = CoreImport::kAdapter;
    else ERMINE_TRY(function_import(out));
  }
  out_.imports.push_back(std::move(out));
  return {};
}

Result<void> CoreReader::function_import(CoreImport& out) {
  std::string_view module = out.module, name = out.original;
  const bool is_standard = strip(module, kStandard);
  if (!is_standard && names_.schemes_ == NameSchemes::kStandardOnly)
    return invalid("the name of the module does not begin with cm32p2, as it must in this scheme");
  if (module == (is_standard ? "" : "$root")) return root_item(out, is_standard, name);
  if (is_standard && module == "_ex_") {
    out.is_exported = true;
    return root_item(out, is_standard, name);
  }
  if (!is_standard && module == "[export]$root") {
    out.is_exported = true;
    return root_item(out, is_standard, name);
  }
  if (!is_standard && module == "env") {
    // The stack pointer of modules that are compiled for cooperative threads.
    const bool gets = name == "__wasm_get_stack_pointer", sets = name == "__wasm_set_stack_pointer";
    if (gets || sets) {
      out.op = gets ? CanonOp::ContextGet : CanonOp::ContextSet;
      return {};
    }
    if (name == "__wasm_get_tls_base" || name == "__wasm_set_tls_base")
      return Error(ErrorKind::kUnsupported,
                   "modules with storage of threads are not supported: link it without threads");
  }
  if (is_standard && !strip(module, "|"))
    return invalid("the name of the module is neither cm32p2 nor cm32p2|INTERFACE");
  out.is_exported = strip(module, is_standard ? "_ex_" : "[export]");
  out.item = names_.find(module, out.is_exported, is_standard);
  if (out.item == nullptr) {
    std::vector<std::string> known;
    for (const auto& [known_name, item] : names_.by_name_[out.is_exported]) known.push_back(known_name);
    const std::vector<std::string_view> views(known.begin(), known.end());
    return invalid(base::format("the world {} no interface '{}'{:t}; if an adapter has it, name the adapter",
                                out.is_exported ? "exports" : "imports", module, base::did_you_mean(module, views)));
  }
  return interface_item(out, is_standard, name);
}

const Function* CoreReader::find_function(const CoreImport& in, std::string_view name) const {
  if (in.item != nullptr) return resolve_[in.item->interface].functions.find(name);
  const WorldItem* item = (in.is_exported ? world_.exports : world_.imports).find(name);
  return item != nullptr && item->kind == WorldItemKind::kFunction ? &item->function : nullptr;
}

TypeId CoreReader::find_resource(const CoreImport& in, std::string_view name) const {
  TypeId id;
  if (in.item != nullptr) {
    if (const TypeId* found = resolve_[in.item->interface].types.find(name)) id = *found;
  } else if (const WorldItem* item = world_.imports.find(name); item != nullptr && item->kind == WorldItemKind::kType) {
    id = item->type;
  }
  return id && resolve_[id].kind == TypeDefKind::kResource ? id : TypeId();
}

Result<void> CoreReader::lowered(CoreImport& out, const Function& f) {
  out.op = CanonOp::Lower;
  out.function = &f;
  return expect(out.signature, names_.abi_.function(f, out.is_async ? AbiSide::kLowerAsync : AbiSide::kLower).signature,
                base::format("the imported function '{}'", f.name));
}

// Whether the name is that of a function for a resource.
Result<bool> CoreReader::resource(CoreImport& out, bool is_standard, std::string_view name) {
  struct Row {
    CanonOp op;
    std::string_view legacy, standard;
    bool has_result, exported_only;
  };
  constexpr Row kRows[] = {{CanonOp::ResourceDrop, "[resource-drop]", "_drop", false, false},
                           {CanonOp::ResourceNew, "[resource-new]", "_new", true, true},
                           {CanonOp::ResourceRep, "[resource-rep]", "_rep", true, true}};
  for (const Row& row : kRows) {
    std::string_view resource = name;
    if (row.exported_only && !out.is_exported) continue;
    if (!(is_standard ? strip_end(resource, row.standard) : strip(resource, row.legacy))) continue;
    out.type = find_resource(out, resource);
    if (!out.type) continue;
    out.op = row.op;
    CoreSignature expected{{wasm::kI32}, {}};
    if (row.has_result) expected.results = {wasm::kI32};
    ERMINE_TRY(expect(out.signature, expected, canon_info(row.op).name));
    return true;
  }
  return false;
}

// A stream or future is named by a function that has it in its type, and its number there.
Result<void> CoreReader::payload(CoreImport& out, const BuiltinName& name) {
  if (name.detail == "unit") return {};
  const Function* f = find_function(out, name.rest);
  const auto index = number(name.detail);
  if (f == nullptr || !index)
    return invalid(base::format("there is no function '{}' in this place of the world", name.rest));
  out.function = f;
  const std::vector<TypeId> types = names_.abi_.streams_and_futures(*f);
  if (*index >= types.size())
    return invalid(base::format("the function '{}' has {} streams and futures in its type; they are counted from 0",
                                name.rest, types.size()));
  out.type = types[*index];
  const TypeDefKind wanted =
      canon_info(out.op).name.view().starts_with("stream") ? TypeDefKind::kStream : TypeDefKind::kFuture;
  if (resolve_[out.type].kind != wanted)
    return invalid(base::format("number {} in the type of '{}' is not a {}", *index, name.rest,
                                type_keyword(wanted == TypeDefKind::kStream ? TypeKind::Stream : TypeKind::Future)));
  return {};
}

// Whether the name is that of a built-in.
Result<bool> CoreReader::builtin(CoreImport& out, std::string_view name) {
  out.is_cancellable = strip(name, "[cancellable]");
  const std::optional<BuiltinName> found = builtin_name(name);
  if (!found) return false;
  out.op = found->op;
  const CanonInfo& info = canon_info(out.op);
  std::string_view signature = info.signature;
  switch (info.form) {
    case CanonForm::None:
    case CanonForm::Async:
    case CanonForm::Cancellable: break;
    case CanonForm::CancellableMemory:
      if (!found->detail.empty() && found->detail != "i32")
        return Error(ErrorKind::kUnsupported, "64-bit memories are not supported");
      break;
    case CanonForm::Type:
    case CanonForm::TypeOptions:
    case CanonForm::TypeAsync: ERMINE_TRY(payload(out, *found)); break;
    case CanonForm::ResultOptions: {
      out.function = out.is_exported ? find_function(out, found->rest) : nullptr;
      if (out.function == nullptr) return invalid(base::format("the world exports no function '{}' here", found->rest));
      ERMINE_TRY(expect(out.signature, names_.abi_.task_return(*out.function).signature, info.name));
      return true;
    }
    case CanonForm::Options: {
      const auto encoding = encoding_of(found->detail);
      if (!encoding) return invalid(base::format("there is no string encoding '{}'", found->detail));
      out.encoding = *encoding;
      break;
    }
    case CanonForm::CoreTypeSlot: {
      std::string_view detail = found->detail;
      if (strip(detail, "i64-")) return Error(ErrorKind::kUnsupported, "64-bit memories are not supported");
      strip(detail, "i32-");
      const auto slot = number(detail);
      if (!slot) return invalid("the number of the slot is missing");
      out.slot = *slot;
      break;
    }
    case CanonForm::CoreTypeTable:
      if (out.op == CanonOp::ThreadNewIndirect && found->detail == "v0") break;
      [[fallthrough]];
    default: return false;
  }
  CoreSignature expected;
  bool is_result = false;
  for (const char c : signature) {
    if (c == ':') is_result = true;
    else (is_result ? expected.results : expected.params).push_back(core_type(c));
  }
  ERMINE_TRY(expect(out.signature, expected, info.name));
  return true;
}

Result<void> CoreReader::root_item(CoreImport& out, bool is_standard, std::string_view name) {
  if (!is_standard) out.is_async = strip(name, "[async-lower]");
  if (!out.is_exported)
    if (const Function* f = find_function(out, name)) {
      out.item = world_.imports.find(name);
      return lowered(out, *f);
    }
  ERMINE_ASSIGN(const bool is_resource, resource(out, is_standard, name));
  if (is_resource) return {};
  if (!is_standard) {
    ERMINE_ASSIGN(const bool is_builtin, builtin(out, name));
    if (is_builtin) {
      if (out.function != nullptr)
        out.item = (out.is_exported ? world_.exports : world_.imports).find(out.function->name);
      return {};
    }
  }
  return invalid(base::format("the world {} no function of this name outside of interfaces{:t}",
                              out.is_exported ? "exports" : "imports",
                              base::did_you_mean(name, world_.imports.names())));
}

Result<void> CoreReader::interface_item(CoreImport& out, bool is_standard, std::string_view name) {
  if (!is_standard) out.is_async = strip(name, "[async-lower]");
  if (!out.is_exported)
    if (const Function* f = find_function(out, name)) return lowered(out, *f);
  ERMINE_ASSIGN(const bool is_resource, resource(out, is_standard, name));
  if (is_resource) return {};
  if (!is_standard) {
    ERMINE_ASSIGN(const bool is_builtin, builtin(out, name));
    if (is_builtin) return {};
  }
  return invalid(base::format("the interface has no function of this name{:t}",
                              base::did_you_mean(name, resolve_[out.item->interface].functions.names())));
}

// ---- Exports

void CoreReader::collect(const WorldItem* item) {
  if (item == nullptr) return;
  const auto add = [&](const Function& f, std::string legacy, std::string standard) {
    required_.push_back({item, &f, legacy});
    legacy_[std::move(legacy)] = {item, &f, {}};
    standard_[std::move(standard)] = {item, &f, {}};
  };
  if (item->kind == WorldItemKind::kFunction)
    return add(item->function, item->function.name, "||" + item->function.name);
  if (item->kind != WorldItemKind::kInterface) return;
  const std::string name = resolve_.name_of(*item);
  const std::string standard = "|" + (item->name.empty() ? wit::compatible_name(name) : name) + "|";
  const Interface& interface = resolve_[item->interface];
  for (const auto& [function_name, f] : interface.functions) add(f, name + "#" + f.name, standard + f.name);
  for (const auto& [type_name, id] : interface.types) {
    if (resolve_[id].kind != TypeDefKind::kResource) continue;
    legacy_[name + "#[dtor]" + type_name].resource = id;
    standard_[standard + type_name + "_dtor"].resource = id;
  }
}

// The exports that belong to no function. Whether `name` is one of them.
Result<bool> CoreReader::special(const wasm::Export& e, std::string_view name, std::string_view realloc,
                                 std::string_view memory) {
  ModuleExports& out = out_.exports;
  if (name == memory && e.kind == wasm::ExternKind::kMemory) {
    out.memory = e.name;
    return true;
  }
  if (e.kind != wasm::ExternKind::kFunc || (name != realloc && name != "_initialize")) return false;
  CoreSignature expected;
  if (name == realloc) expected = {{wasm::kI32, wasm::kI32, wasm::kI32, wasm::kI32}, {wasm::kI32}};
  ERMINE_TRY(expect(signature(e.index), expected, "a function of this name"));
  (name == realloc ? out.realloc : out.initialize) = e.name;
  return true;
}

Result<void> CoreReader::lift(const wasm::Export& e, const Wanted& wanted, AbiSide side) {
  const Function& f = *wanted.function;
  ERMINE_TRY(expect(signature(e.index), names_.abi_.function(f, side).signature,
                    base::format("the exported function '{}'", f.name)));
  CoreLift& out = lift_of(wanted);
  if (!out.name.empty()) return invalid(base::format("'{}' is the same function of the world", out.name));
  out.name = e.name;
  out.side = side;
  return {};
}

Result<bool> CoreReader::standard_export(const wasm::Export& e, std::string_view name) {
  ERMINE_ASSIGN(const bool is_special, special(e, name, "_realloc", "_memory"));
  if (is_special) return true;
  if (e.kind != wasm::ExternKind::kFunc) return false;
  if (const auto found = standard_.find(std::string(name)); found != standard_.end()) {
    if (found->second.function != nullptr) {
      ERMINE_TRY(lift(e, found->second, AbiSide::kLift));
    } else {
      ERMINE_TRY(expect(signature(e.index), {{wasm::kI32}, {}}, "a destructor"));
      out_.exports.destructors[found->second.resource.index] = e.name;
    }
    return true;
  }
  std::string_view function = name;
  if (!strip_end(function, "_post")) return false;
  const auto found = standard_.find(std::string(function));
  if (found == standard_.end() || found->second.function == nullptr) return false;
  ERMINE_TRY(expect(signature(e.index), names_.abi_.post_return(*found->second.function), "its post-return function"));
  lift_of(found->second).post_return = e.name;
  return true;
}

Result<void> CoreReader::legacy_export(const wasm::Export& e) {
  ModuleExports& out = out_.exports;
  const bool is_function = e.kind == wasm::ExternKind::kFunc;
  struct Row {
    std::string_view name;
    std::string_view ModuleExports::* member;
  };
  constexpr Row kReallocs[] = {{"canonical_abi_realloc", &ModuleExports::realloc},
                               {"cabi_import_realloc", &ModuleExports::import_realloc},
                               {"cabi_export_realloc", &ModuleExports::export_realloc},
                               {"cabi_realloc_adapter", &ModuleExports::adapter_realloc}};
  for (const Row& row : kReallocs) {
    if (e.name != row.name || !is_function) continue;
    out.*row.member = e.name;
    out.known.push_back(e.name);
    return {};
  }
  if (e.name == "__wasm_task_hook" && is_function)
    return Error(ErrorKind::kUnsupported, "functions that are called when tasks begin are not supported");
  if (e.name == "__indirect_function_table" && e.kind == wasm::ExternKind::kTable) {
    out.table = e.name;
    out.known.push_back(e.name);
    return {};
  }
  ERMINE_ASSIGN(bool is_known, special(e, e.name, "cabi_realloc", "memory"));
  if (!is_known && is_function) {
    std::string_view name = e.name;
    const bool is_callback = strip(name, "[callback][async-lift]");
    const bool is_post = !is_callback && strip(name, "cabi_post_");
    AbiSide side = AbiSide::kLift;
    if (!is_callback && !is_post) {
      if (strip(name, "[async-lift]")) side = AbiSide::kLiftCallback;
      else if (strip(name, "[async-lift-stackful]")) side = AbiSide::kLiftStackful;
    }
    if (const auto found = legacy_.find(std::string(name)); found != legacy_.end()) {
      is_known = true;
      if (const Function* f = found->second.function; f == nullptr) {
        ERMINE_TRY(expect(signature(e.index), {{wasm::kI32}, {}}, "a destructor"));
        out.destructors[found->second.resource.index] = e.name;
      } else if (is_callback) {
        ERMINE_TRY(expect(signature(e.index), {{wasm::kI32, wasm::kI32, wasm::kI32}, {wasm::kI32}}, "a callback"));
        lift_of(found->second).callback = e.name;
      } else if (is_post) {
        ERMINE_TRY(expect(signature(e.index), names_.abi_.post_return(*f), "its post-return function"));
        lift_of(found->second).post_return = e.name;
      } else {
        ERMINE_TRY(lift(e, found->second, side));
      }
    }
  }
  if (is_known) out.known.push_back(e.name);
  return {};
}

Result<void> CoreReader::add_export(const wasm::Export& e) {
  std::string_view name = e.name;
  if (strip(name, kStandard)) {
    ERMINE_ASSIGN(const bool is_known, standard_export(e, name));
    if (is_known) out_.exports.known.push_back(e.name);
    return {};
  }
  return names_.schemes_ == NameSchemes::kBoth ? legacy_export(e) : Result<void>();
}

Result<void> CoreReader::check_exports() const {
  for (const auto& [item, f, name] : required_) {
    const auto found = out_.exports.functions.find({item, f});
    if (found == out_.exports.functions.end() || found->second.name.empty())
      return invalid(base::format("the module does not export '{}', the function '{}' of the world", name, f->name));
    if (found->second.side == AbiSide::kLiftCallback && found->second.callback.empty())
      return invalid(
          base::format("the module does not export '[callback]{}', the callback of '{}'", found->second.name, f->name));
  }
  return {};
}

Result<CoreItems> CoreNames::read(const wasm::Module& module, const std::vector<std::string>& adapters,
                                  const std::vector<std::string>& exports, const RenamedImports& renamed) const {
  return CoreReader(*this, module, adapters, renamed).run(exports);
}

}  // namespace ermine::component

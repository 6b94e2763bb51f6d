// See make_component.h.
//
// The order of the component's definitions: imports; core modules; the shim module's instance, whose functions stand
// for all that needs the memory or a function of a module that is instantiated later; exported resources; the instances
// of the main module and of the adapters; the fixup module's instance, which fills the shim module's table; exports.
#include "component/encode/make_component.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "base/format.h"
#include "binary/decoder.h"
#include "binary/validator.h"
#include "component/encode/adapter_gc.h"
#include "component/encode/component_builder.h"
#include "component/encode/metadata.h"
#include "component/encode/shim.h"
#include "component/encode/world_types.h"
#include "component/validation/validator.h"
#include "component/wit/unify.h"
#include "wasm/type_registry.h"

namespace ermine::component {
namespace {

using wit::AbiNeeds;
using wit::AbiSide;
using wit::Function;
using wit::TypeDefKind;
using wit::TypeId;
using wit::WorldItem;
using wit::WorldItemKind;

Error invalid(std::string message) { return Error(ErrorKind::kInvalid, std::move(message)); }

// The main module, or an adapter.
struct Part {
  std::string name;  // of an adapter
  ModuleMetadata metadata;
  std::vector<uint8_t> bytes;
  std::shared_ptr<const wasm::Module> module;
  RenamedImports renamed;
  CoreItems items;
  uint32_t core_module = 0, instance = 0;  // in the component
  bool is_main() const { return name.empty(); }
  std::string what() const { return is_main() ? "the module" : base::format("the adapter '{}'", name); }
};

// A function of the shim module.
struct Shim {
  enum Kind : uint8_t { kBuiltin, kAdapter, kDestructor } kind = kBuiltin;
  const CoreImport* import = nullptr;  // kBuiltin, kAdapter
  Part* part = nullptr;  // kBuiltin: the importing one; otherwise the one that has the function
  std::string_view name;  // kAdapter, kDestructor: of its export
};

Sort core_sort(wasm::ExternKind kind) {
  switch (kind) {
    case wasm::ExternKind::kFunc: return Sort::CoreFunc;
    case wasm::ExternKind::kTable: return Sort::CoreTable;
    case wasm::ExternKind::kMemory: return Sort::CoreMemory;
    case wasm::ExternKind::kGlobal: return Sort::CoreGlobal;
    case wasm::ExternKind::kTag: return Sort::CoreTag;
  }
  return Sort::CoreFunc;
}

class Maker {
 public:
  explicit Maker(const MakeOptions& options) : options_(options), registry_(std::make_shared<wasm::TypeRegistry>()) {}
  Result<std::vector<uint8_t>> run(std::span<const uint8_t> module, std::span<const AdapterModule> adapters);

 private:
  bool ok() const { return !error_; }
  void fail(Error error) {
    if (ok()) error_ = std::move(error);
  }

  // ---- Reading
  Result<void> load(Part& part, std::span<const uint8_t> bytes) const;
  Result<void> read(std::span<const uint8_t> module, std::span<const AdapterModule> adapters);
  Result<void> reduce(const CoreNames& names, Part& adapter);
  Result<void> check_resources() const;
  bool has_functions(const Part& part) const;

  // ---- Writing
  void write();
  void need_imports();
  AbiNeeds needs(const CoreImport& import) const;
  bool is_late(const CoreImport& import, const Part& part) const;
  void plan_shims();
  void write_shims();
  void declare_resources();
  void instantiate(Part& part);
  uint32_t import_index(const CoreImport& import, Part& part, Sort& sort);
  uint32_t define(const CoreImport& import, Part& part);
  void write_fixups();
  void write_exports(Part& part);
  uint32_t lift(const WorldItem& item, const Function& f, Part& part);
  void write_options(binary::ByteBuffer& out, const AbiNeeds& needs, StringEncoding encoding, bool is_async,
                     std::string_view realloc, Part& part, std::span<const std::pair<CanonOptionKind, uint32_t>> more);
  uint32_t core_export(const Part& part, std::string_view name, Sort sort = Sort::CoreFunc);
  uint32_t shim_function(size_t number);
  uint32_t memory(const Part& part);
  uint32_t payload_type(const CoreImport& import);
  wit::TypeEncoder& types_of(const CoreImport& import);
  StringEncoding encoding_of(const CoreImport& import, const AbiNeeds& needs, const Part& part);

  const MakeOptions& options_;
  std::shared_ptr<wasm::TypeRegistry> registry_;
  wit::Resolve resolve_;
  wit::WorldId world_;
  Error error_;
  std::vector<std::unique_ptr<Part>> parts_;  // the main module first
  ComponentBuilder out_;
  std::unique_ptr<wit::Abi> abi_;
  std::unique_ptr<WorldTypes> types_;
  std::optional<wasm::MemoryType> shared_memory_;  // that the main module imports
  std::vector<Shim> shims_;
  std::map<const CoreImport*, size_t> shim_of_import_;
  std::map<uint32_t, size_t> shim_of_destructor_;  // by resource
  uint32_t shim_instance_ = 0;
  std::optional<uint32_t> memory_;
  std::map<std::pair<uint32_t, std::string>, uint32_t> aliases_;  // of core instances
  std::map<uint32_t, uint32_t> resources_;  // exported ones: TypeId -> index
};

// ---- Reading

Result<void> Maker::load(Part& part, std::span<const uint8_t> bytes) const {
  part.bytes.assign(bytes.begin(), bytes.end());
  if (is_component(part.bytes)) return invalid(part.what() + " is a component; a core module is needed");
  const wasm::FeatureSet features = wasm::FeatureSet::all();
  auto module = binary::decode(part.bytes, nullptr, registry_, features);
  if (!module) return std::move(module).error().with_context(part.what());
  if (Result<void> valid = binary::validate(**module); !valid)
    return std::move(valid).error().with_context(part.what());
  part.module = *std::move(module);
  return {};
}

bool Maker::has_functions(const Part& part) const {
  for (const std::string& key : part.metadata.exports) {
    const WorldItem* item = resolve_[world_].exports.find(key);
    if (item->kind == WorldItemKind::kFunction || !resolve_[item->interface].functions.empty()) return true;
  }
  return false;
}

// A resource type is that of one import or export here, not of each of several that have the same interface.
Result<void> Maker::check_resources() const {
  for (const auto* items : {&resolve_[world_].imports, &resolve_[world_].exports}) {
    std::set<wit::InterfaceId> known;
    for (const auto& [key, item] : *items) {
      if (item.kind != WorldItemKind::kInterface || known.insert(item.interface).second) continue;
      for (const auto& [name, id] : resolve_[item.interface].types)
        if (resolve_[id].kind == TypeDefKind::kResource)
          return Error(
              ErrorKind::kUnsupported,
              base::format("worlds with two imports or exports of the interface {}, which has the resource '{}', "
                           "are not supported",
                           resolve_.name_of(item.interface), name));
    }
  }
  return {};
}

// Replaces an adapter by what is needed of it.
Result<void> Maker::reduce(const CoreNames& names, Part& adapter) {
  std::vector<std::string_view> needed;
  std::vector<const CoreImport*> imports;
  for (const CoreImport& import : parts_[0]->items.imports)
    if (import.kind == CoreImport::kAdapter && import.module == adapter.name) imports.push_back(&import);
  for (const CoreImport* import : imports) needed.push_back(import->original);
  if (needed.empty() && !has_functions(adapter)) {
    adapter.module = nullptr;
    return {};
  }
  std::vector<std::string> adapters;
  for (size_t i = 1; i < parts_.size(); ++i) adapters.push_back(parts_[i]->name);
  ERMINE_ASSIGN(const CoreItems whole, names.read(*adapter.module, adapters, adapter.metadata.exports));
  needed.insert(needed.end(), whole.exports.known.begin(), whole.exports.known.end());
  const ModuleExports& main = parts_[0]->items.exports;
  const std::string_view realloc = options_.adapters_grow_memory  ? std::string_view()
                                   : main.adapter_realloc.empty() ? main.realloc
                                                                  : main.adapter_realloc;
  ERMINE_ASSIGN(const std::vector<uint8_t> reduced, reduce_adapter(*adapter.module, needed, realloc));
  ERMINE_TRY(load(adapter, reduced));
  ERMINE_ASSIGN(adapter.items, names.read(*adapter.module, adapters, adapter.metadata.exports));
  std::map<std::string_view, const wasm::Export*> exported;
  for (const wasm::Export& e : adapter.module->exports) exported.emplace(e.name, &e);
  for (const CoreImport* import : imports) {
    const wasm::Export& e = *exported.at(import->original);
    if (e.kind != wasm::ExternKind::kFunc) return invalid(base::format("its export '{}' is not a function", e.name));
    const wasm::FuncType& type = adapter.module->func_type(e.index);
    const wit::CoreSignature signature{type.params, type.results};
    if (signature != import->signature)
      return invalid(base::format("its function '{}' has the type {}, but the module imports it as {}", e.name,
                                  signature.to_string(), import->signature.to_string()));
  }
  return {};
}

Result<void> Maker::read(std::span<const uint8_t> module, std::span<const AdapterModule> adapters) {
  // The worlds of all parts are merged into this one, whose name is not a part of the component.
  resolve_.packages.push_back({{"root", "root", {}}, {}, {}, {}});
  wit::World& world = resolve_.worlds.emplace_back();
  world.name = "root";
  world.package = {0};
  world_ = {0};

  const auto add = [&](std::string name, std::span<const uint8_t> bytes) -> Result<void> {
    Part& part = *parts_.emplace_back(std::make_unique<Part>());
    part.name = std::move(name);
    ERMINE_TRY(load(part, bytes));
    auto metadata = read_metadata(part.bytes, resolve_, world_);
    if (!metadata) return std::move(metadata).error().with_context(part.what());
    part.metadata = *std::move(metadata);
    ERMINE_TRY(load(part, part.metadata.module));
    if (!part.is_main()) return {};
    part.renamed = rename_duplicate_imports(*part.module);
    return part.renamed.module.empty() ? Result<void>() : load(part, part.renamed.module);
  };
  ERMINE_TRY(add({}, module));
  std::vector<std::string> names;
  for (const AdapterModule& adapter : adapters) {
    ERMINE_TRY(add(adapter.name, adapter.bytes));
    names.push_back(adapter.name);
  }
  if (options_.unify_versions) ERMINE_TRY(wit::unify_imports(resolve_, world_));
  ERMINE_TRY(check_resources());

  const CoreNames items(resolve_, world_, options_.names);
  Part& main = *parts_[0];
  auto found = items.read(*main.module, names, main.metadata.exports, main.renamed);
  if (!found && main.metadata.sections == 0 && !main.module->imports.empty())
    return std::move(found).error().with_context(
        "the module has no custom section with its world, which its imports need; it can be embedded");
  if (!found) return std::move(found).error();
  main.items = *std::move(found);
  for (size_t i = 1; i < parts_.size(); ++i)
    if (Result<void> done = reduce(items, *parts_[i]); !done)
      return std::move(done).error().with_context(parts_[i]->what());
  std::erase_if(parts_, [](const auto& part) { return part->module == nullptr; });
  return {};
}

// ---- What is needed before and after the modules are instantiated

void Maker::need_imports() {
  for (const auto& part : parts_)
    for (const CoreImport& import : part->items.imports) {
      if (import.kind != CoreImport::kBuiltin) continue;
      if (import.op == CanonOp::Lower) types_->need(*import.item, *import.function);
      else if (import.op == CanonOp::TaskReturn) types_->need(import.function->result);
      else if (import.type) types_->need(import.type);
    }
  types_->need_exports();
}

AbiNeeds Maker::needs(const CoreImport& import) const {
  AbiNeeds out;
  switch (canon_info(import.op).form) {
    case CanonForm::Lower:
      return abi_->function(*import.function, import.is_async ? AbiSide::kLowerAsync : AbiSide::kLower).needs;
    case CanonForm::ResultOptions: return abi_->task_return(*import.function).needs;
    case CanonForm::TypeOptions:
      return abi_->transfer(import.type, import.op == CanonOp::StreamRead || import.op == CanonOp::FutureRead);
    case CanonForm::Options:
      out.memory = out.encoding = true;
      out.realloc = import.op == CanonOp::ErrorContextDebugMessage;
      return out;
    case CanonForm::CancellableMemory: out.memory = true; return out;
    default: return out;
  }
}

// Whether an import is defined only after the module that imports it is instantiated.
bool Maker::is_late(const CoreImport& import, const Part& part) const {
  if (import.kind == CoreImport::kAdapter) return true;
  if (import.kind != CoreImport::kBuiltin) return false;
  if (canon_info(import.op).form == CanonForm::CoreTypeTable) return true;
  const AbiNeeds needed = needs(import);
  return needed.realloc || (needed.memory && part.is_main() && !shared_memory_);
}

void Maker::plan_shims() {
  for (const CoreImport& import : parts_[0]->items.imports)
    if (import.kind == CoreImport::kMemory) shared_memory_ = parts_[0]->module->memories[import.index];
  for (const auto& part : parts_) {
    for (const CoreImport& import : part->items.imports) {
      if (!is_late(import, *part)) continue;
      shim_of_import_[&import] = shims_.size();
      if (import.kind == CoreImport::kBuiltin) {
        shims_.push_back({Shim::kBuiltin, &import, part.get(), {}});
        continue;
      }
      const auto found = std::find_if(parts_.begin() + 1, parts_.end(),
                                      [&](const auto& other) { return other->name == import.module; });
      if (found == parts_.end())
        return fail(invalid(base::format("the adapter '{}' is imported by another adapter only, which is not supported",
                                         import.module)));
      shims_.push_back({Shim::kAdapter, &import, found->get(), import.original});
    }
    for (const auto& [resource, name] : part->items.exports.destructors) {
      shim_of_destructor_[resource] = shims_.size();
      shims_.push_back({Shim::kDestructor, nullptr, part.get(), name});
    }
  }
}

void Maker::write_shims() {
  if (shims_.empty() && !shared_memory_) return;
  std::vector<wit::CoreSignature> signatures;
  for (const Shim& shim : shims_) {
    signatures.push_back(shim.kind == Shim::kDestructor ? wit::CoreSignature{{wasm::kI32}, {}}
                                                        : shim.import->signature);
    for (const auto* list : {&signatures.back().params, &signatures.back().results})
      for (const wasm::ValType type : *list)
        if (!type.is_num())
          return fail(
              Error(ErrorKind::kUnsupported, base::format("the import '{}' of '{}' has a type with values other "
                                                          "than numbers",
                                                          shim.import->name, shim.import->module)));
  }
  const uint32_t module = out_.core_module(make_shim_module(signatures, shared_memory_));
  shim_instance_ = out_.core_instance(module, std::span<const BuiltItem>{});
  if (shared_memory_) memory_ = out_.alias_core_export(shim_instance_, kShimMemory, Sort::CoreMemory);
}

// ---- Parts of definitions

uint32_t Maker::core_export(const Part& part, std::string_view name, Sort sort) {
  const auto [found, is_new] = aliases_.try_emplace({part.instance, std::string(name)});
  if (is_new) found->second = out_.alias_core_export(part.instance, name, sort);
  return found->second;
}

uint32_t Maker::shim_function(size_t number) {
  return out_.alias_core_export(shim_instance_, shim_name(number), Sort::CoreFunc);
}

uint32_t Maker::memory(const Part& part) {
  if (!memory_)
    fail(invalid(base::format("the module exports no memory named 'memory', which {:t} needs", part.what())));
  return memory_.value_or(0);
}

wit::TypeEncoder& Maker::types_of(const CoreImport& import) {
  if (import.is_exported && import.item != nullptr && import.item->kind == WorldItemKind::kInterface)
    return types_->exports(import.item->interface, true);
  return types_->imports();
}

uint32_t Maker::payload_type(const CoreImport& import) {
  if (import.type) return types_of(import).type_index(import.type);
  // A stream or future without values.
  uint32_t index = 0;
  binary::ByteBuffer& out = out_.type(index);
  out.u8(type_code(canon_info(import.op).name.view().starts_with("stream") ? TypeKind::Stream : TypeKind::Future));
  out.u8(0x00);
  return index;
}

StringEncoding Maker::encoding_of(const CoreImport& import, const AbiNeeds& needed, const Part& part) {
  if (!needed.encoding || import.item == nullptr) return import.encoding;
  const auto found = part.metadata.encoding(resolve_, *import.item, import.is_exported);
  if (!found)
    fail(invalid(
        base::format("{:t} imports '{}' of '{}', but its custom sections do not have it: its string encoding is "
                     "not known",
                     part.what(), import.name, import.module)));
  return found.value_or(StringEncoding::kUtf8);
}

void Maker::write_options(binary::ByteBuffer& out, const AbiNeeds& needed, StringEncoding encoding, bool is_async,
                          std::string_view realloc, Part& part,
                          std::span<const std::pair<CanonOptionKind, uint32_t>> more) {
  out.leb((needed.memory ? 1 : 0) + (needed.realloc ? 1 : 0) + (needed.encoding ? 1 : 0) + (is_async ? 1 : 0) +
          more.size());
  const auto option = [&](CanonOptionKind kind) { out.u8(canon_option_info(kind).code); };
  if (needed.memory) {
    option(CanonOptionKind::Memory);
    out.leb(*memory_);
  }
  if (needed.realloc) {
    option(CanonOptionKind::Realloc);
    out.leb(aliases_.at({part.instance, std::string(realloc)}));
  }
  if (needed.encoding) {
    constexpr CanonOptionKind kEncodings[] = {CanonOptionKind::Utf8, CanonOptionKind::Utf16,
                                              CanonOptionKind::Latin1Utf16};
    option(kEncodings[static_cast<unsigned>(encoding)]);
  }
  if (is_async) option(CanonOptionKind::Async);
  for (const auto& [kind, index] : more) {
    option(kind);
    out.leb(index);
  }
}

// The core function of a built-in or lowered function.
uint32_t Maker::define(const CoreImport& import, Part& part) {
  const AbiNeeds needed = needs(import);
  const std::string_view realloc = part.items.exports.realloc_of_imports();
  const StringEncoding encoding = encoding_of(import, needed, part);
  if (needed.memory) memory(part);
  if (needed.realloc && realloc.empty())
    fail(invalid(base::format("{:t} imports '{}' of '{}', whose results need memory, but exports no 'cabi_realloc'",
                              part.what(), import.name, import.module)));
  if (!ok()) return 0;
  if (needed.realloc) core_export(part, realloc);

  const CanonInfo& info = canon_info(import.op);
  // What a definition refers to is defined before it.
  uint32_t index = 0;
  std::optional<wit::TypeRef> result;
  uint32_t table = 0;
  switch (info.form) {
    case CanonForm::Lower: index = types_->imported_function(*import.item, *import.function); break;
    case CanonForm::Type:
      if (import.op == CanonOp::ResourceNew || import.op == CanonOp::ResourceDrop ||
          import.op == CanonOp::ResourceRep) {
        const auto own = resources_.find(import.type.index);
        index = import.is_exported && own != resources_.end() ? own->second : types_->imports().type_index(import.type);
        break;
      }
      [[fallthrough]];
    case CanonForm::TypeOptions:
    case CanonForm::TypeAsync: index = payload_type(import); break;
    case CanonForm::ResultOptions:
      if (import.function->result) result = types_of(import).type(import.function->result);
      break;
    case CanonForm::CoreTypeTable: {
      const Part& main = *parts_[0];
      if (main.items.exports.table.empty()) {
        fail(invalid(
            "thread.new-indirect needs the exported table '__indirect_function_table', which the module lacks"));
        return 0;
      }
      table = core_export(main, main.items.exports.table, Sort::CoreTable);
      binary::ByteBuffer& type = out_.core_type(index);
      for (const uint8_t byte : {0x60, 0x01, 0x7F, 0x00}) type.u8(byte);  // (func (param i32))
      break;
    }
    default: break;
  }
  if (!ok()) return 0;

  uint32_t defined = 0;
  binary::ByteBuffer& out = out_.canon(Sort::CoreFunc, defined);
  out.u8(info.opcode);
  switch (info.form) {
    case CanonForm::Lower:
      out.u8(0x00);
      out.leb(index);
      write_options(out, needed, encoding, import.is_async, realloc, part, {});
      break;
    case CanonForm::Type: out.leb(index); break;
    case CanonForm::TypeOptions:
      out.leb(index);
      write_options(out, needed, encoding, import.is_async, realloc, part, {});
      break;
    case CanonForm::TypeAsync:
      out.leb(index);
      out.u8(import.is_async ? 1 : 0);
      break;
    case CanonForm::ResultOptions:
      out.u8(result ? 0x00 : 0x01);
      if (result) wit::write_ref(out, *result);
      else out.u8(0x00);
      write_options(out, needed, encoding, false, realloc, part, {});
      break;
    case CanonForm::Async: out.u8(import.is_async ? 1 : 0); break;
    case CanonForm::Cancellable: out.u8(import.is_cancellable ? 1 : 0); break;
    case CanonForm::CancellableMemory:
      out.u8(import.is_cancellable ? 1 : 0);
      out.leb(*memory_);
      break;
    case CanonForm::CoreTypeSlot:
      out.u8(0x7F);  // i32
      out.leb(import.slot);
      break;
    case CanonForm::Options: write_options(out, needed, encoding, false, realloc, part, {}); break;
    case CanonForm::CoreTypeTable:
      out.leb(index);
      out.leb(table);
      break;
    default: break;
  }
  return defined;
}

// ---- Instances

void Maker::declare_resources() {
  for (const auto& part : parts_)
    for (const std::string& key : part->metadata.exports) {
      const WorldItem* item = resolve_[world_].exports.find(key);
      if (item->kind != WorldItemKind::kInterface) continue;
      for (const auto& [name, id] : resolve_[item->interface].types) {
        if (resolve_[id].kind != TypeDefKind::kResource) continue;
        std::optional<uint32_t> destructor;
        if (const auto shim = shim_of_destructor_.find(id.index); shim != shim_of_destructor_.end())
          destructor = shim_function(shim->second);
        uint32_t index = 0;
        binary::ByteBuffer& out = out_.type(index);
        out.u8(type_code(TypeKind::Resource));
        out.u8(0x7F);  // the representation is an i32
        out.u8(destructor ? 1 : 0);
        if (destructor) out.leb(*destructor);
        resources_[id.index] = index;
        types_->set_resource(id, index);
      }
    }
}

// The index of what satisfies an import.
uint32_t Maker::import_index(const CoreImport& import, Part& part, Sort& sort) {
  sort = core_sort(import.extern_kind);
  if (const auto shim = shim_of_import_.find(&import); shim != shim_of_import_.end())
    return shim_function(shim->second);
  switch (import.kind) {
    case CoreImport::kMemory: return memory(part);
    case CoreImport::kMainExport:
      if (part.is_main()) fail(invalid("the module imports from '__main_module__', which only adapters can"));
      return core_export(*parts_[0], import.original, sort);
    case CoreImport::kBuiltin: return define(import, part);
    case CoreImport::kAdapter: break;
  }
  return 0;
}

void Maker::instantiate(Part& part) {
  std::vector<std::string_view> modules;
  std::map<std::string_view, std::vector<BuiltItem>> items;
  std::map<std::pair<std::string_view, std::string_view>, uint32_t> known;
  for (const CoreImport& import : part.items.imports) {
    if (!known.emplace(std::pair(import.module, import.name), import.index).second)
      return fail(invalid(base::format("{:t} imports '{}' of '{}' twice, which modules of components cannot",
                                       part.what(), import.name, import.module)));
    Sort sort = Sort::CoreFunc;
    const uint32_t index = import_index(import, part, sort);
    if (!ok()) return;
    auto& list = items[import.module];
    if (list.empty()) modules.push_back(import.module);
    list.push_back({import.name, sort, index});
  }
  std::vector<BuiltItem> arguments;
  for (const std::string_view module : modules)
    arguments.push_back({module, Sort::CoreInstance, out_.core_instance(items[module])});
  part.instance = out_.core_instance(part.core_module, arguments);
}

void Maker::write_fixups() {
  Part& main = *parts_[0];
  const std::string_view initialize = main.items.exports.initialize;
  if (shims_.empty() && initialize.empty()) return;
  std::vector<wit::CoreSignature> signatures;
  std::vector<std::string> names;
  std::vector<BuiltItem> functions;
  for (size_t i = 0; i < shims_.size(); ++i) {
    const Shim& shim = shims_[i];
    signatures.push_back(shim.kind == Shim::kDestructor ? wit::CoreSignature{{wasm::kI32}, {}}
                                                        : shim.import->signature);
    names.push_back(shim_name(i));
    const uint32_t index =
        shim.kind == Shim::kBuiltin ? define(*shim.import, *shim.part) : core_export(*shim.part, shim.name);
    if (!ok()) return;
    functions.push_back({{}, Sort::CoreFunc, index});
  }
  for (size_t i = 0; i < names.size(); ++i) functions[i].name = names[i];
  const uint32_t module = out_.core_module(make_fixup_module(signatures, initialize));
  std::vector<BuiltItem> arguments;
  if (!shims_.empty()) {
    arguments.push_back({kFixupFunctions, Sort::CoreInstance, out_.core_instance(functions)});
    arguments.push_back({kFixupTable, Sort::CoreInstance, shim_instance_});
  }
  if (!initialize.empty()) arguments.push_back({kFixupMain, Sort::CoreInstance, main.instance});
  out_.core_instance(module, arguments);
}

// ---- Exports

uint32_t Maker::lift(const WorldItem& item, const Function& f, Part& part) {
  const CoreLift& found = part.items.exports.functions.at({&item, &f});
  AbiNeeds needed = abi_->function(f, found.side).needs;
  StringEncoding encoding = StringEncoding::kUtf8;
  if (needed.encoding) {
    const auto known = part.metadata.encoding(resolve_, item, true);
    encoding = known.value_or(encoding);
  }
  const std::string_view realloc = part.items.exports.realloc_of_exports();
  if (needed.memory) memory(part);
  if (needed.realloc && realloc.empty())
    fail(invalid(
        base::format("the parameters of '{}' need memory, but {:t} exports no 'cabi_realloc'", f.name, part.what())));
  if (!ok()) return 0;
  const uint32_t function = core_export(part, found.name);
  if (needed.realloc) core_export(part, realloc);
  std::vector<std::pair<CanonOptionKind, uint32_t>> more;
  if (!found.post_return.empty()) more.emplace_back(CanonOptionKind::PostReturn, core_export(part, found.post_return));
  if (!found.callback.empty()) more.emplace_back(CanonOptionKind::Callback, core_export(part, found.callback));
  wit::TypeEncoder& types =
      item.kind == WorldItemKind::kInterface ? types_->exports(item.interface) : types_->imports();
  const uint32_t type = types.function(f);
  uint32_t defined = 0;
  binary::ByteBuffer& out = out_.canon(Sort::Func, defined);
  out.u8(canon_info(CanonOp::Lift).opcode);
  out.u8(0x00);
  out.leb(function);
  write_options(out, needed, encoding, wit::is_async(found.side), realloc, part, more);
  out.leb(type);
  return defined;
}

void Maker::write_exports(Part& part) {
  for (const std::string& key : part.metadata.exports) {
    const WorldItem& item = *resolve_[world_].exports.find(key);
    if (item.kind == WorldItemKind::kFunction) {
      types_->export_function(item, lift(item, item.function, part));
    } else {
      std::vector<uint32_t> functions;
      for (const auto& [name, f] : resolve_[item.interface].functions) {
        functions.push_back(lift(item, f, part));
        if (!ok()) return;
      }
      types_->export_interface(item, functions);
    }
    if (!ok()) return;
  }
}

void Maker::write() {
  abi_ = std::make_unique<wit::Abi>(resolve_);
  types_ = std::make_unique<WorldTypes>(resolve_, world_, out_, error_);
  need_imports();
  types_->write_imports();
  if (!ok()) return;
  for (const auto& part : parts_) {
    if (part->is_main() && !part->metadata.producers.empty()) {
      // The tools that made the bindings are a part of what the module was made by.
      Producers all;
      std::vector<uint8_t> bytes(part->bytes.begin(), part->bytes.begin() + 8);
      for (const RawSection& section : raw_sections(part->bytes)) {
        if (section.id == 0 && section.name == "producers") all.add_section(section.contents);
        else bytes.insert(bytes.end(), section.whole.begin(), section.whole.end());
      }
      all.add(part->metadata.producers);
      append_custom(bytes, "producers", all.encode());
      part->core_module = out_.core_module(bytes);
    } else {
      part->core_module = out_.core_module(part->bytes);
    }
  }
  plan_shims();
  if (ok()) write_shims();
  if (ok()) declare_resources();
  for (const auto& part : parts_) {
    if (!ok()) return;
    instantiate(*part);
    if (part->is_main() && !memory_ && !part->items.exports.memory.empty())
      memory_ = core_export(*part, part->items.exports.memory, Sort::CoreMemory);
  }
  if (ok()) write_fixups();
  for (const auto& part : parts_)
    if (ok()) write_exports(*part);
}

Result<std::vector<uint8_t>> Maker::run(std::span<const uint8_t> module, std::span<const AdapterModule> adapters) {
  ERMINE_TRY(read(module, adapters));
  write();
  if (!ok()) return std::move(error_);
  if (!options_.tool.name.empty()) {
    Producers producers;
    producers.add("processed-by", options_.tool.name, options_.tool.version);
    out_.custom("producers", producers.encode());
  }
  std::vector<uint8_t> bytes = out_.finish();
  if (options_.validate) {
    ValidateOptions validating;
    validating.features = FeatureSet::all();
    validating.core_features = wasm::FeatureSet::all();
    if (auto valid = validate(bytes, nullptr, validating); !valid)
      return std::move(valid).error().with_context("the component would not be valid");
  }
  return bytes;
}

}  // namespace

Result<std::vector<uint8_t>> make_component(std::span<const uint8_t> module, std::span<const AdapterModule> adapters,
                                            const MakeOptions& options) {
  return Maker(options).run(module, adapters);
}

}  // namespace ermine::component

// See unbundle.h. An import takes the place of each module, so that all indices stay the same.
#include "component/compose/unbundle.h"

#include "base/format.h"
#include "component/encode/component_builder.h"
#include "component/encode/core_types.h"
#include "component/encode/sections.h"
#include "component/validation/validator.h"

namespace ermine::component {
namespace {

using binary::ByteBuffer;

constexpr uint8_t kModuleType = 0x50, kFuncType = 0x60;
constexpr uint8_t kImportDecl = 0x00, kTypeDecl = 0x01, kExportDecl = 0x03;

Error unsupported(std::string message) { return Error(ErrorKind::kUnsupported, std::move(message)); }

// The type of a module: its imports and exports.
class ModuleTypeWriter {
 public:
  explicit ModuleTypeWriter(const wasm::Module& module) : module_(module) {}

  Result<ByteBuffer> write() {
    for (uint32_t i = 0; i < module_.types.size(); ++i) {
      const wasm::TypeDef& type = module_.type_def(i);
      if (type.kind != wasm::CompositeKind::kFunc || !type.is_final || type.super != wasm::kNoType)
        return unsupported("a module has types of objects, which is not supported");
      ByteBuffer& out = declare(kTypeDecl);
      out.u8(kFuncType);
      for (const auto* list : {&type.func.params, &type.func.results}) {
        out.leb(list->size());
        for (const wasm::ValType value : *list) value_type(value);
      }
    }
    for (const wasm::Import& one : module_.imports) {
      declare(kImportDecl);
      body_.name(one.module);
      body_.name(one.name);
      item(one.kind, one.index);
    }
    for (const wasm::Export& one : module_.exports) {
      declare(kExportDecl);
      body_.name(one.name);
      item(one.kind, one.index);
    }
    if (!supported_)
      return unsupported("a module has types with references to types of its own, which is not supported");
    ByteBuffer out;
    out.u8(kModuleType);
    out.leb(count_);
    out.bytes(body_.view());
    return out;
  }

 private:
  ByteBuffer& declare(uint8_t kind) {
    ++count_;
    body_.u8(kind);
    return body_;
  }
  void value_type(wasm::ValType type) {
    if (type.is_num()) body_.u8(number_code(type));
    else if (type == wasm::kV128) body_.u8(0x7B);
    else if (type == wasm::kFuncRef) body_.u8(0x70);
    else if (type == wasm::kExternRef) body_.u8(0x6F);
    else supported_ = false;
  }
  void item(wasm::ExternKind kind, uint32_t index) {
    body_.u8(static_cast<uint8_t>(kind));
    switch (kind) {
      case wasm::ExternKind::kFunc: body_.leb(module_.functions[index].type_index); break;
      case wasm::ExternKind::kTable: {
        const wasm::TableType& type = module_.tables[index].type;
        value_type(type.element);
        body_.u8(static_cast<uint8_t>((type.limits.max ? 1 : 0) | (type.is64 ? 4 : 0)));
        body_.leb(type.limits.min);
        if (type.limits.max) body_.leb(*type.limits.max);
        break;
      }
      case wasm::ExternKind::kMemory: write_memory_type(body_, module_.memories[index]); break;
      case wasm::ExternKind::kGlobal:
        value_type(module_.globals[index].type.type);
        body_.u8(module_.globals[index].type.is_mutable ? 1 : 0);
        break;
      case wasm::ExternKind::kTag:
        body_.u8(0x00);
        body_.leb(module_.tags[index].type_index);
        break;
    }
  }

  const wasm::Module& module_;
  ByteBuffer body_;
  uint32_t count_ = 0;
  bool supported_ = true;
};

Result<void> check_nested(const ComponentBody& body, uint64_t threshold, bool is_root) {
  for (const Definition& d : body.definitions) {
    if (d.kind == Definition::kCoreModule && !is_root && d.core_module().bytes.size() > threshold)
      return unsupported(base::format("the module at offset {:#x} is within a nested component, which is not supported",
                                      d.core_module().offset));
    if (d.kind == Definition::kCoreType && is_root)
      return unsupported("the component defines core types, which is not supported");
    if (d.kind == Definition::kComponent) ERMINE_TRY(check_nested(d.component(), threshold, false));
  }
  return {};
}

}  // namespace

Result<Unbundled> unbundle(std::span<const uint8_t> bytes, uint64_t threshold) {
  if (!is_component(bytes))
    return Error(ErrorKind::kInvalid, "this is a core module; modules are taken out of components");
  ValidateOptions options;
  options.features = FeatureSet::all();
  options.core_features = wasm::FeatureSet::all();
  ERMINE_ASSIGN(const auto valid, validate(bytes, nullptr, options));
  ERMINE_TRY(check_nested(*valid->body.body, threshold, true));

  Unbundled out;
  ComponentBuilder builder;
  size_t module = 0;  // among the modules that are defined, not imported or aliased
  std::vector<const wasm::Module*> modules;
  for (size_t i = 0; i < valid->body.definitions.size(); ++i)
    if (valid->body.body->definitions[i].kind == Definition::kCoreModule) {
      const uint32_t index = valid->body.definitions[i].index;
      modules.push_back(valid->types.modules[valid->body.spaces.core_modules[index]].module.get());
    }
  for (const RawSection& section : raw_sections(bytes)) {
    constexpr uint8_t kCoreModule = 1, kCustom = 0;
    if (section.id == kCustom) {
      builder.custom(section.name, section.contents);
      continue;
    }
    if (section.id != kCoreModule || section.contents.size() <= threshold) {
      module += section.id == kCoreModule;
      builder.raw_section(section.id, section.contents);
      continue;
    }
    ERMINE_ASSIGN(const ByteBuffer type, ModuleTypeWriter(*modules[module++]).write());
    uint32_t index = 0;
    builder.core_type(index).bytes(type.view());
    out.modules.push_back({base::format("unbundled-module{}", out.modules.size()), section.contents});
    builder.import({out.modules.back().name, {}, {}}, Sort::CoreModule, index);
  }
  out.component = builder.finish();
  if (auto still = validate(out.component, nullptr, options); !still)
    return std::move(still).error().with_context("without its modules, the component would not be valid");
  return out;
}

}  // namespace ermine::component

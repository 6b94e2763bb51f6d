// See embed.h.
#include "component/encode/embed.h"

#include "binary/decoder.h"
#include "binary/encoder.h"
#include "component/encode/core_types.h"
#include "component/encode/metadata.h"
#include "component/wit/abi.h"
#include "component/wit/unify.h"
#include "wasm/type_registry.h"

namespace ermine::component {

using binary::ByteBuffer;
using binary::Section;
using wit::AbiSide;
using wit::CoreSignature;
using wit::WorldItem;
using wit::WorldItemKind;

Result<std::vector<uint8_t>> embed_world(std::span<const uint8_t> module, const wit::Resolve& resolve,
                                         wit::WorldId world, StringEncoding encoding, const Producers& producers) {
  ERMINE_ASSIGN(const auto decoded,
                binary::decode(module, nullptr, std::make_shared<wasm::TypeRegistry>(), wasm::FeatureSet::all()));
  ERMINE_ASSIGN(const std::vector<uint8_t> section, encode_metadata(resolve, world, encoding, producers));
  std::vector<uint8_t> out(module.begin(), module.end());
  append_custom(out, "component-type", section);
  return out;
}

namespace {

class Dummy {
 public:
  Dummy(const wit::Resolve& resolve, wit::WorldId world)
      : resolve_(resolve), world_(resolve[world]), abi_(resolve), types_(out_) {}

  std::vector<uint8_t> make() {
    for (const auto& [key, item] : world_.imports) imports(item);
    for (const auto& [key, item] : world_.exports)
      if (item.kind == WorldItemKind::kInterface) resource_functions(item);
    for (const auto& [key, item] : world_.exports) exports(item);
    add_export("cm32p2_realloc", {{wasm::kI32, wasm::kI32, wasm::kI32, wasm::kI32}, {wasm::kI32}});
    add_export("cm32p2_initialize", {}, wasm::Op::nop);
    ByteBuffer& memory = out_.entry(Section::kMemory);
    memory.u8(0x00);
    memory.leb(0);
    ByteBuffer& exported = out_.entry(Section::kExport);
    exported.name("cm32p2_memory");
    exported.u8(0x02);
    exported.leb(0);
    return out_.finish();
  }

 private:
  std::string interface_name(const WorldItem& item) const {
    const std::string name = resolve_.name_of(item);
    return item.name.empty() ? wit::compatible_name(name) : name;
  }
  bool is_resource(wit::TypeId id) const { return resolve_[id].kind == wit::TypeDefKind::kResource; }

  void add_import(const std::string& module, const std::string& name, const CoreSignature& signature) {
    const uint32_t type = types_.index(signature);
    ByteBuffer& entry = out_.entry(Section::kImport);
    entry.name(module);
    entry.name(name);
    entry.u8(0x00);
    entry.leb(type);
    ++functions_;
  }
  void add_export(const std::string& name, const CoreSignature& signature, wasm::Op op = wasm::Op::unreachable) {
    out_.entry(Section::kFunction).leb(types_.index(signature));
    ByteBuffer& exported = out_.entry(Section::kExport);
    exported.name(name);
    exported.u8(0x00);
    exported.leb(functions_++);
    ByteBuffer& code = out_.entry(Section::kCode);
    code.leb(3);
    code.u8(0);
    code.opcode(op);
    code.opcode(wasm::Op::end);
  }

  void imports(const WorldItem& item) {
    const CoreSignature drop{{wasm::kI32}, {}};
    if (item.kind == WorldItemKind::kFunction)
      return add_import("cm32p2", item.function.name, abi_.function(item.function, AbiSide::kLower).signature);
    if (item.kind == WorldItemKind::kType) {
      if (is_resource(item.type)) add_import("cm32p2", resolve_[item.type].name + "_drop", drop);
      return;
    }
    const std::string module = "cm32p2|" + interface_name(item);
    const wit::Interface& interface = resolve_[item.interface];
    for (const auto& [name, f] : interface.functions)
      add_import(module, f.name, abi_.function(f, AbiSide::kLower).signature);
    for (const auto& [name, id] : interface.types)
      if (is_resource(id)) add_import(module, name + "_drop", drop);
  }
  void resource_functions(const WorldItem& item) {
    const std::string module = "cm32p2|_ex_" + interface_name(item);
    for (const auto& [name, id] : resolve_[item.interface].types) {
      if (!is_resource(id)) continue;
      add_import(module, name + "_drop", {{wasm::kI32}, {}});
      add_import(module, name + "_new", {{wasm::kI32}, {wasm::kI32}});
      add_import(module, name + "_rep", {{wasm::kI32}, {wasm::kI32}});
    }
  }
  void export_function(const std::string& name, const wit::Function& f) {
    const CoreSignature signature = abi_.function(f, AbiSide::kLift).signature;
    add_export(name, signature);
    if (!signature.results.empty()) add_export(name + "_post", abi_.post_return(f), wasm::Op::nop);
  }
  void exports(const WorldItem& item) {
    if (item.kind == WorldItemKind::kFunction) return export_function("cm32p2||" + item.function.name, item.function);
    const std::string prefix = "cm32p2|" + interface_name(item) + "|";
    for (const auto& [name, f] : resolve_[item.interface].functions) export_function(prefix + f.name, f);
    for (const auto& [name, id] : resolve_[item.interface].types)
      if (is_resource(id)) add_export(prefix + name + "_dtor", {{wasm::kI32}, {}}, wasm::Op::nop);
  }

  const wit::Resolve& resolve_;
  const wit::World& world_;
  const wit::Abi abi_;
  binary::ModuleEncoder out_;
  Signatures types_;
  uint32_t functions_ = 0;
};

}  // namespace

Result<std::vector<uint8_t>> make_dummy_module(const wit::Resolve& resolve, wit::WorldId world) {
  return Dummy(resolve, world).make();
}

}  // namespace ermine::component

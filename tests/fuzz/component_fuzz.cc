// Fuzz target: decodes and validates any bytes as a component. The result is always a component or an error of a
// suitable kind; a valid component can be walked: every definition has what instantiation needs, and every index is in
// range. Bits of the input switch features off, so that those paths are reached as well.
//
// Seeds: seeds/component, components in binary form with the text that they were made from.
#include <cstdint>
#include <cstdlib>

#include "component/model/limits.h"
#include "component/validation/validator.h"

namespace {

using namespace ermine;
using namespace ermine::component;

void check(bool condition) {
  if (!condition) std::abort();
}

void check_error(const Error& error, size_t size) {
  check(error.kind() == ErrorKind::kMalformed || error.kind() == ErrorKind::kInvalid ||
        error.kind() == ErrorKind::kUnsupported);
  check(!error.message().empty());
  check(error.offset() <= size);
}

class Walker {
 public:
  explicit Walker(const ValidComponent& component) : types_(component.types), core_(*component.core_types.registry) {}

  void body(const ValidBody& body) {
    const IndexSpaces& s = body.spaces;
    check(body.definitions.size() == body.body->definitions.size());
    for (uint32_t id : s.core_funcs) check(core_.get(id).kind == wasm::CompositeKind::kFunc);
    for (uint32_t id : s.core_modules) check(id < types_.modules.size());
    for (uint32_t id : s.core_instances) check(id < types_.core_instances.size());
    for (uint32_t id : s.funcs) func(id);
    for (uint32_t id : s.instances) externs(types_.instances.at(id).exports);
    for (uint32_t id : s.components) check(id < types_.components.size());
    for (AnyType type : s.types)
      if (type.kind == AnyKind::Defined) value(TypeUse::index(type.id));
    externs(types_.components.at(body.type).imports);
    externs(types_.components.at(body.type).exports);
    for (size_t i = 0; i < body.definitions.size(); ++i)
      definition(body, body.body->definitions[i], body.definitions[i]);
  }

 private:
  void definition(const ValidBody& body, const Definition& d, const ResolvedDefinition& r) {
    const IndexSpaces& s = body.spaces;
    switch (d.kind) {
      case Definition::kCoreModule: check(r.index < s.core_modules.size()); return;
      case Definition::kCoreInstance:
        check(r.index < s.core_instances.size());
        for (const CoreArgument& arg : r.core_arguments)
          check(arg.position < types_.core_instances.at(s.core_instances.at(arg.instance)).exports.items.size());
        return;
      case Definition::kInstance:
        check(r.index < s.instances.size());
        for (uint32_t position : r.arguments) check(position < d.instance().items.size());
        return;
      case Definition::kComponent: check(r.component != nullptr); return this->body(*r.component);
      case Definition::kCanon:
        check(r.canon != nullptr && core_.get(r.canon->core_type).kind == wasm::CompositeKind::kFunc);
        check(r.index < (d.canon().op == CanonOp::Lift ? s.funcs.size() : s.core_funcs.size()));
        if (r.canon->options.memory) check(*r.canon->options.memory < s.core_memories.size());
        if (r.canon->options.realloc) check(*r.canon->options.realloc < s.core_funcs.size());
        return;
      case Definition::kAlias:
        if (d.alias().target != Alias::kOuter) check(r.position != ResolvedDefinition::kNone);
        return;
      case Definition::kType: check(r.index < s.types.size()); return;
      default: return;
    }
  }

  void externs(const Externs& list) {
    for (uint32_t i = 0; i < list.items.size(); ++i) {
      check(list.find(list.items[i].name) == i);
      if (list.items[i].type.sort == Sort::Func) func(list.items[i].type.id);
    }
  }

  void func(FuncId id) {
    const FuncType& func = types_.funcs.at(id);
    for (const Field& param : func.params) value(param.type);
    if (!func.result.is_none()) value(func.result);
  }

  void value(TypeUse type) {
    check(!type.is_none());
    check(types_.canonical(types_.canonical(type)) == types_.canonical(type));
    for (AddressType address : {AddressType::k32, AddressType::k64}) {
      const Layout layout = types_.layout(type, address);
      check(layout.size > 0 && layout.size < kMaxValueSize && layout.size % layout.alignment == 0);
      const Flat& flat = types_.flat(type, address);
      check(flat.too_many ? flat.types.empty() : !flat.types.empty() && flat.types.size() <= kMaxFlatParams);
    }
  }

  const Types& types_;
  const wasm::TypeRegistry& core_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ValidateOptions options;
  options.features = FeatureSet::all();
  options.threads = 1;
  if (size > 8 && data[size - 1] % 4 == 3)
    options.features.remove(static_cast<Feature>(data[size - 1] / 4 % static_cast<unsigned>(Feature::None)));
  const auto component = validate({data, size}, nullptr, options);
  if (!component) check_error(component.error(), size);
  else Walker(**component).body((*component)->body);
  return 0;
}

// See targets.h. A component that contains the one in question and gives it to one that imports a component of the
// world's type is valid exactly if it fits.
#include "component/compose/targets.h"

#include "base/format.h"
#include "component/encode/component_builder.h"
#include "component/validation/validator.h"
#include "component/wit/encode.h"

namespace ermine::component {
namespace {

ValidateOptions everything() {
  ValidateOptions options;
  options.features = FeatureSet::all();
  options.core_features = wasm::FeatureSet::all();
  return options;
}

// The validator's message, without what is made here, in the words of worlds.
std::string reason(std::string message, std::string_view world) {
  const std::string prefix = base::format("type mismatch for import `{}`: ", world);
  if (message.starts_with(prefix)) message.erase(0, prefix.size());
  constexpr std::string_view kNoImport = "missing import named ", kNoExport = "missing export named ";
  if (message.starts_with(kNoImport))
    return "it imports " + message.substr(kNoImport.size()) + ", which the world does not";
  if (message.starts_with(kNoExport))
    return "it does not export " + message.substr(kNoExport.size()) + ", which the world does";
  return message;
}

}  // namespace

Result<void> check_targets(const wit::Resolve& resolve, wit::WorldId world, std::span<const uint8_t> component) {
  if (!is_component(component))
    return Error(ErrorKind::kInvalid, "a core module has no world of its own; component new makes a component of it");
  // Its own errors first, with offsets in it.
  if (auto valid = validate(component, nullptr, everything()); !valid) return std::move(valid).error();
  ERMINE_ASSIGN(const std::vector<uint8_t> type, wit::encode_world_type(resolve, world));
  const std::string& name = resolve[world].name;
  ComponentBuilder inner;
  uint32_t index = 0;
  inner.type(index).bytes(type);
  inner.import({name, {}, {}}, Sort::Component, index);
  ComponentBuilder outer;
  const BuiltItem argument{name, Sort::Component, outer.component(component)};
  outer.instance(outer.component(inner.finish()), std::span(&argument, 1));
  const std::vector<uint8_t> bytes = outer.finish();
  auto fits = validate(bytes, nullptr, everything());
  if (fits) return {};
  return Error(fits.error().kind(), base::format("the component does not conform to the world {}: {:t}",
                                                 resolve.name_of(world), reason(fits.error().message(), name)));
}

}  // namespace ermine::component

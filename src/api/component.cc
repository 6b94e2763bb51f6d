// Components, in a library that has them.
#include "ermine/component.h"

#include <algorithm>

#include "engine/engine.h"

#ifdef ERMINE_HAS_COMPONENT
#include "base/format.h"
#include "component/runtime/component_instance.h"
#include "component/validation/validator.h"
#ifdef ERMINE_HAS_TEXT
#include "component/text/text.h"
#include "component/value/resolved_types.h"
#include "component/wave/wave.h"
#endif
#endif

namespace ermine {

bool Component::is_component(std::span<const uint8_t> bytes) {
  static constexpr uint8_t kMagic[] = {0, 'a', 's', 'm'};
  if (bytes.size() >= 8 && std::equal(std::begin(kMagic), std::end(kMagic), bytes.begin()))
    return bytes[6] == 1 && bytes[7] == 0;  // the layer
#if defined(ERMINE_HAS_COMPONENT) && defined(ERMINE_HAS_TEXT)
  return component::looks_like_component_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
#else
  return false;
#endif
}

#ifdef ERMINE_HAS_COMPONENT
namespace {

component::FeatureSet features_of(const Engine& engine) {
  const bool has_all = engine.impl()->features().bits() == wasm::FeatureSet::all().bits();
  return has_all ? component::FeatureSet::all() : component::FeatureSet::defaults();
}

Result<std::shared_ptr<const component::CompiledComponent>> compile_owned(const Engine& engine,
                                                                          std::vector<uint8_t>&& bytes) {
  auto owner = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  const std::span<const uint8_t> view(*owner);
  return component::CompiledComponent::compile(engine.impl(), view, std::move(owner), features_of(engine));
}

}  // namespace

Result<void> Component::validate(const Engine& engine, std::span<const uint8_t> bytes) {
  component::ValidateOptions options;
  options.core_features = engine.impl()->features();
  options.features = features_of(engine);
  ERMINE_TRY(component::validate(bytes, nullptr, options));
  return {};
}

Result<Component> Component::compile(const Engine& engine, std::vector<uint8_t>&& bytes) {
  ERMINE_ASSIGN(auto compiled, compile_owned(engine, std::move(bytes)));
  return Component(std::move(compiled));
}

Result<ComponentInstance> Component::instantiate(const Store& store) const {
  const component::ComponentLinker nothing;
  ERMINE_ASSIGN(auto instance, component::ComponentInstance::instantiate(*store.impl(), impl_, nothing));
  return ComponentInstance(std::move(instance));
}

std::vector<std::string> Component::functions() const {
  std::vector<std::string> names;
  const component::Plan& plan = impl_->plan();
  for (const auto& [name, item] : plan.exports[plan.root]) {
    if (item.sort == component::Sort::Func) names.emplace_back(name);
    if (item.sort != component::Sort::Instance) continue;
    for (const auto& [inner, of_instance] : plan.exports[item.index])
      if (of_instance.sort == component::Sort::Func) {
        // The version comes last.
        const size_t version = std::min(name.find('@'), name.size());
        names.push_back(std::string(name.substr(0, version)) + "." + std::string(inner) +
                        std::string(name.substr(version)));
      }
  }
  return names;
}

#ifdef ERMINE_HAS_TEXT
Result<std::string> ComponentInstance::invoke(std::string_view call) const {
  ERMINE_ASSIGN(const component::wave::CallName name, component::wave::parse_call_name(call));
  const component::PlanFunc* func =
      name.interface.empty() ? impl_->find_func(name.function) : impl_->find_func(name.interface, name.function);
  if (func == nullptr)
    return Error(ErrorKind::kUsage, base::format("the component exports no function '{}'", name.text));
  const component::Types& types = impl_->types();
  component::ResolvedTypes resolved(types);
  const component::FunctionType type = resolved.function(name.text, types.funcs[func->type]);
  ERMINE_ASSIGN(const std::vector<component::Value> arguments, component::wave::parse_call(call, type));
  ERMINE_ASSIGN(const std::optional<component::Value> result, impl_->call(*func, arguments));
  if (!result) return std::string();
  return component::wave::print(*result);
}

namespace {

component::TextOptions text_options(const Engine& engine, std::string_view file) {
  return {.core_features = engine.impl()->features(), .emit_names = true, .file_name = file};
}

// Converts an error about the binary into one about the text it was made from.
Error error_in_text(std::string_view text, const component::TextOptions& options, std::span<const uint8_t> binary,
                    Error error) {
  if (error.offset() != Error::kNoOffset) {
    Error placed = component::in_text(text, options, binary, error);
    if (placed.offset() == Error::kNoOffset) return placed;
  }
  return options.file_name.empty() ? std::move(error) : Error(std::move(error).with_context(options.file_name));
}

}  // namespace

Result<void> Component::validate_text(const Engine& engine, std::string_view text, std::string_view file) {
  const component::TextOptions options = text_options(engine, file);
  ERMINE_ASSIGN(const std::vector<uint8_t> binary, component::parse_text(text, options));
  Result<void> valid = validate(engine, binary);
  if (!valid) return error_in_text(text, options, binary, std::move(valid).error());
  return {};
}

Result<Component> Component::from_text(const Engine& engine, std::string_view text, std::string_view file) {
  const component::TextOptions options = text_options(engine, file);
  ERMINE_ASSIGN(const std::vector<uint8_t> binary, component::parse_text(text, options));
  Result<Component> component = compile(engine, binary);
  if (!component) return error_in_text(text, options, binary, std::move(component).error());
  return component;
}
#endif

#else

Result<void> Component::validate(const Engine&, std::span<const uint8_t>) {
  return Error(ErrorKind::kUnsupported, "this is a component, and the library was built without components");
}
Result<Component> Component::compile(const Engine& engine, std::vector<uint8_t>&& bytes) {
  return validate(engine, bytes).error();
}
Result<ComponentInstance> Component::instantiate(const Store&) const {
  return Error(ErrorKind::kUnsupported, "the library was built without components");
}
std::vector<std::string> Component::functions() const { return {}; }

#endif

Result<Component> Component::compile(const Engine& engine, std::span<const uint8_t> bytes) {
  return compile(engine, std::vector<uint8_t>(bytes.begin(), bytes.end()));
}

#if !defined(ERMINE_HAS_COMPONENT) || !defined(ERMINE_HAS_TEXT)
Result<std::string> ComponentInstance::invoke(std::string_view) const {
  return Error(ErrorKind::kUnsupported, "the library was built without components or without the text format");
}
Result<void> Component::validate_text(const Engine&, std::string_view, std::string_view file) {
  Error error(ErrorKind::kUnsupported, "this is the text of a component, and the library was built without it");
  return file.empty() ? std::move(error) : Error(std::move(error).with_context(file));
}
Result<Component> Component::from_text(const Engine& engine, std::string_view text, std::string_view file) {
  return validate_text(engine, text, file).error();
}
#endif

}  // namespace ermine

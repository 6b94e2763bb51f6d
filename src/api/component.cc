// Components: what is decided when they are loaded. Without components, see component_off.cc.
#include "ermine/component.h"

#include <algorithm>

#include "engine/engine.h"

#ifdef ERMINE_HAS_COMPONENT
#include "base/format.h"
#include "component/runtime/bound_func.h"
#include "component/validation/validator.h"
#include "component/value/type_text.h"
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
  return component::FeatureSet::from_bits(engine.impl()->config().component_feature_bits);
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

namespace {

ComponentItemKind item_kind(const component::Entity& type) {
  switch (type.sort) {
    case component::Sort::Func: return ComponentItemKind::kFunc;
    case component::Sort::Instance: return ComponentItemKind::kInstance;
    case component::Sort::Component: return ComponentItemKind::kComponent;
    case component::Sort::CoreModule: return ComponentItemKind::kModule;
    case component::Sort::Value: return ComponentItemKind::kValue;
    default: break;
  }
  return type.kind == component::AnyKind::Resource ? ComponentItemKind::kResource : ComponentItemKind::kType;
}

std::string item_text(const component::TypeText& text, const component::Entity& type) {
  switch (item_kind(type)) {
    case ComponentItemKind::kFunc: return text.func(type.id);
    case ComponentItemKind::kType:
      return type.kind == component::AnyKind::Defined ? text.definition(component::TypeUse::index(type.id))
                                                      : std::string();
    case ComponentItemKind::kResource: return "resource";
    case ComponentItemKind::kValue: return text.type(type.value_type);
    default: return std::string(component::sort_noun(type.sort));
  }
}

// The items, with those in instances.
std::vector<ComponentItem> items_of(const component::Types& types, const component::Externs& externs) {
  std::vector<ComponentItem> out;
  component::TypeText outer(types);
  outer.add_names(externs);
  for (const component::Extern& item : externs.items) {
    if (item.type.sort != component::Sort::Instance) {
      out.push_back({{}, std::string(item.name), item_kind(item.type), item_text(outer, item.type)});
      continue;
    }
    const component::Externs& inner = types.instances[item.type.id].exports;
    component::TypeText text = outer;
    text.add_names(inner);
    for (const component::Extern& of_instance : inner.items)
      out.push_back({std::string(item.name), std::string(of_instance.name), item_kind(of_instance.type),
                     item_text(text, of_instance.type)});
    if (inner.items.empty()) out.push_back({{}, std::string(item.name), ComponentItemKind::kInstance, "instance"});
  }
  return out;
}

}  // namespace

std::vector<ComponentItem> Component::imports() const { return items_of(impl_->types(), impl_->type().imports); }
std::vector<std::pair<std::string_view, std::string_view>> Component::import_names() const {
  std::vector<std::pair<std::string_view, std::string_view>> names;
  names.reserve(impl_->plan().imports.size());
  for (const component::PlanImport& import : impl_->plan().imports)
    if (import.path.size() == 2) names.emplace_back(import.path[0], import.path[1]);
  return names;
}
std::vector<ComponentItem> Component::exports() const { return items_of(impl_->types(), impl_->type().exports); }

std::optional<ComponentFunc> ComponentInstance::get_func(std::string_view name) const { return get_func({}, name); }
std::optional<ComponentFunc> ComponentInstance::get_func(std::string_view interface, std::string_view name) const {
  const component::PlanFunc* func = interface.empty() ? impl_->find_func(name) : impl_->find_func(interface, name);
  if (!func) return std::nullopt;
  auto bound = std::make_shared<component::BoundFunc>();
  bound->root = impl_;
  bound->func = func;
  bound->path = interface.empty() ? std::string(name) : std::string(interface) + "." + std::string(name);
  return ComponentFunc(std::move(bound));
}

Result<ComponentFunc> ComponentInstance::require_func(std::string_view interface, std::string_view name) const {
  if (std::optional<ComponentFunc> func = get_func(interface, name)) return *std::move(func);
  return Error(ErrorKind::kUsage,
               interface.empty() ? base::format("the component exports no function '{}'", name)
                                 : base::format("the component exports no function '{}' of '{}'", name, interface));
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

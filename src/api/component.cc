// Components, in a library that has them.
#include "ermine/component.h"

#include <algorithm>

#include "engine/engine.h"

#ifdef ERMINE_HAS_COMPONENT
#include "component/validation/validator.h"
#ifdef ERMINE_HAS_TEXT
#include "component/text/text.h"
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

component::ValidateOptions options_of(const Engine& engine) {
  component::ValidateOptions options;
  options.core_features = engine.impl()->features();
  if (options.core_features.bits() == wasm::FeatureSet::all().bits()) options.features = component::FeatureSet::all();
  return options;
}

}  // namespace

Result<void> Component::validate(const Engine& engine, std::span<const uint8_t> bytes) {
  ERMINE_TRY(component::validate(bytes, nullptr, options_of(engine)));
  return {};
}

#ifdef ERMINE_HAS_TEXT
Result<void> Component::validate_text(const Engine& engine, std::string_view text, std::string_view file) {
  const component::TextOptions options{.core_features = engine.impl()->features(), .file_name = file};
  ERMINE_ASSIGN(const std::vector<uint8_t> binary, component::parse_text(text, options));
  Result<void> valid = validate(engine, binary);
  if (valid) return {};
  Error error = std::move(valid).error();
  if (error.offset() != Error::kNoOffset) {
    Error placed = component::in_text(text, options, binary, error);
    if (placed.offset() == Error::kNoOffset) return placed;
  }
  return file.empty() ? std::move(error) : Error(std::move(error).with_context(file));
}
#endif

#else

Result<void> Component::validate(const Engine&, std::span<const uint8_t>) {
  return Error(ErrorKind::kUnsupported, "this is a component, and the library was built without components");
}

#endif

#if !defined(ERMINE_HAS_COMPONENT) || !defined(ERMINE_HAS_TEXT)
Result<void> Component::validate_text(const Engine&, std::string_view, std::string_view file) {
  Error error(ErrorKind::kUnsupported, "this is the text of a component, and the library was built without it");
  return file.empty() ? std::move(error) : Error(std::move(error).with_context(file));
}
#endif

}  // namespace ermine

// The text format, in a library that has it.
#include "ermine/text.h"

#include "engine/engine.h"
#include "ermine/module.h"

#ifdef ERMINE_HAS_TEXT
#include "text/text.h"
#ifdef ERMINE_HAS_COMPONENT
#include "component/text/text.h"
#endif
#endif

namespace ermine {

#ifdef ERMINE_HAS_TEXT
namespace {

text::ParseOptions parse_options(std::string_view file, wasm::FeatureSet features) {
  text::ParseOptions options;
  options.features = features;
  options.emit_names = true;
  options.file_name = file;
  return options;
}

// Converts an error about the binary into one about the text it was assembled from.
Error error_in_text(std::string_view text, const text::ParseOptions& options, std::span<const uint8_t> binary,
                    Error error) {
  if (error.offset() != Error::kNoOffset) {
    Error placed = text::in_text(text, options, binary, error);
    if (placed.offset() == Error::kNoOffset) return placed;
  }
  return options.file_name.empty() ? std::move(error) : Error(std::move(error).with_context(options.file_name));
}

}  // namespace

Result<std::vector<uint8_t>> text_to_binary(std::string_view text, std::string_view file) {
#ifdef ERMINE_HAS_COMPONENT
  if (component::looks_like_component_text(text))
    return component::parse_text(text,
                                 {.core_features = wasm::FeatureSet::all(), .emit_names = true, .file_name = file});
#endif
  return text::parse(text, parse_options(file, wasm::FeatureSet::all()));
}

Result<Module> Module::from_text(const Engine& engine, std::string_view text, std::string_view name,
                                 std::string_view file) {
  const text::ParseOptions options = parse_options(file.empty() ? name : file, engine.impl()->features());
  ERMINE_ASSIGN(const std::vector<uint8_t> binary, text::parse(text, options));
  Result<Module> module = compile(engine, binary, name);
  if (!module) return error_in_text(text, options, binary, std::move(module).error());
  return module;
}

Result<void> Module::validate_text(const Engine& engine, std::string_view text, std::string_view file) {
  const text::ParseOptions options = parse_options(file, engine.impl()->features());
  ERMINE_ASSIGN(const std::vector<uint8_t> binary, text::parse(text, options));
  Result<void> valid = validate(engine, binary);
  if (!valid) return error_in_text(text, options, binary, std::move(valid).error());
  return {};
}

#else

Result<std::vector<uint8_t>> text_to_binary(std::string_view, std::string_view file) {
  Error error(ErrorKind::kUnsupported, "this is text, and the library was built without the text format");
  return file.empty() ? std::move(error) : Error(std::move(error).with_context(file));
}
Result<Module> Module::from_text(const Engine&, std::string_view text, std::string_view name, std::string_view file) {
  return text_to_binary(text, file.empty() ? name : file).error();
}
Result<void> Module::validate_text(const Engine&, std::string_view text, std::string_view file) {
  return text_to_binary(text, file).error();
}

#endif

}  // namespace ermine

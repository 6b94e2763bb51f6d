#include "cli/component_text.h"

#ifdef ERMINE_HAS_COMPONENT
#include "component/text/print/dump.h"
#include "component/text/print/print.h"
#include "component/text/text.h"
#endif

namespace ermine::cli {

#ifdef ERMINE_HAS_COMPONENT

Result<std::vector<uint8_t>> parse_component(std::string_view text, bool emit_names, std::string_view file) {
  return component::parse_text(text,
                               {.core_features = wasm::FeatureSet::all(), .emit_names = emit_names, .file_name = file});
}
Result<std::string> print_component(std::span<const uint8_t> bytes, const text::PrintOptions& options) {
  return component::print_text(bytes, options);
}
Result<void> dump_component(std::span<const uint8_t> bytes, const text::DumpOptions& options,
                            const text::TextSink& sink) {
  return component::dump(bytes, options, sink);
}

#else

namespace {
Error without() { return Error(ErrorKind::kUnsupported, "this is a component, and this build has no components"); }
}  // namespace

Result<std::vector<uint8_t>> parse_component(std::string_view, bool, std::string_view) { return without(); }
Result<std::string> print_component(std::span<const uint8_t>, const text::PrintOptions&) { return without(); }
Result<void> dump_component(std::span<const uint8_t>, const text::DumpOptions&, const text::TextSink&) {
  return without();
}

#endif

}  // namespace ermine::cli

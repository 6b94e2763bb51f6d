// Fuzz target: a binary component, however encoded, prints as text that parses to the same bytes, with and without
// identifiers.
//
// Seeds: seeds/component.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "component/binary/decoder.h"
#include "component/text/print/print.h"
#include "component/text/text.h"

using namespace ermine;

namespace {

void check(bool condition, const char* what, std::string_view detail = {}) {
  if (condition) return;
  std::fprintf(stderr, "%s\n%.*s\n", what, static_cast<int>(detail.size()), detail.data());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  if (!component::is_component(bytes) || !component::decode(bytes, nullptr, wasm::FeatureSet::all())) return 0;
  for (const bool names : {true, false}) {
    text::PrintOptions print;
    print.names = names;
    print.folded = size % 2 == 0;
    const auto text = component::print_text(bytes, print);
    // Definitions of values, malformed core modules and instructions of unknown features cannot be printed.
    if (!text) {
      check(!text.error().message().empty(), "an error without a message");
      return 0;
    }
    component::TextOptions options;
    options.core_features = wasm::FeatureSet::all();
    options.emit_names = names;
    const auto again = component::parse_text(*text, options);
    check(again.has_value(), "printed text cannot be parsed", again ? std::string_view() : again.error().message());
    check(std::ranges::equal(*again, bytes), "printed text parses to other bytes", *text);
  }
  return 0;
}

// Fuzz target: any text is a component or an error with a message; a component that is decoded prints as text that
// parses to the same bytes.
//
// Seeds: seeds/component_text.
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
  std::string_view source(reinterpret_cast<const char*>(data), size);
  component::TextOptions options;
  options.core_features = wasm::FeatureSet::all();
  options.emit_names = size % 2 == 0;
  const auto bytes = component::parse_text(source, options);
  if (!bytes) {
    const ErrorKind kind = bytes.error().kind();
    check(kind == ErrorKind::kMalformed || kind == ErrorKind::kUnsupported || kind == ErrorKind::kLimit ||
              kind == ErrorKind::kInvalid,
          "an error of a kind that parsing has not", bytes.error().message());
    check(!bytes.error().message().empty(), "an error without a message");
    return 0;
  }
  const auto decoded = component::decode(*bytes, nullptr, wasm::FeatureSet::all());
  if (!decoded) {
    check(!decoded.error().message().empty(), "an error without a message");
    return 0;
  }
  text::PrintOptions print;
  print.names = size % 3 != 0;
  const auto text = component::print_text(*bytes, print);
  if (!text) {  // a binary component can have definitions of values, and core modules that are malformed
    check(text.error().kind() != ErrorKind::kLimit, "an error of a kind that printing has not", text.error().message());
    return 0;
  }
  const auto again = component::parse_text(*text, options);
  check(again.has_value(), "printed text cannot be parsed", again ? "" : again.error().message());
  check(*again == *bytes, "printed text parses to other bytes", *text);
  return 0;
}

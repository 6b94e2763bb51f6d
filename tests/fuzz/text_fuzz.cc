// Fuzz target: any text is a module or an error with a position; a module prints, flat and folded, as text that parses
// to the same bytes.
//
// Seeds: seeds/text.
#include <cstdio>
#include <cstdlib>

#include "text/print/print.h"
#include "text/text.h"

using namespace ermine;

namespace {

void check(bool condition, const char* what, std::string_view detail = {}) {
  if (condition) return;
  std::fprintf(stderr, "%s\n%.*s\n", what, static_cast<int>(detail.size()), detail.data());
  std::abort();
}

void prints_and_parses(const std::vector<uint8_t>& module, bool folded, bool offsets) {
  text::PrintOptions print;
  print.folded = folded;
  print.offsets = offsets;
  auto printed = text::print(module, print);
  check(printed.has_value(), "a parsed module cannot be printed", printed ? "" : printed.error().message());
  text::ParseOptions parse;
  parse.features = wasm::FeatureSet::all();
  parse.emit_names = true;
  auto again = text::parse(*printed, parse);
  check(again.has_value(), "printed text cannot be parsed", again ? "" : again.error().message());
  check(*again == module, "printed text parses to other bytes", *printed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view source(reinterpret_cast<const char*>(data), size);
  text::ParseOptions options;
  options.features = wasm::FeatureSet::all();
  options.emit_names = size % 2 == 0;
  auto module = text::parse(source, options);
  if (!module) {
    ErrorKind kind = module.error().kind();
    check(kind == ErrorKind::kMalformed || kind == ErrorKind::kUnsupported || kind == ErrorKind::kLimit,
          "an error of a kind that parsing has not", module.error().message());
    check(!module.error().message().empty(), "an error without a message");
    return 0;
  }
  prints_and_parses(*module, false, size % 3 == 0);
  prints_and_parses(*module, true, false);
  return 0;
}

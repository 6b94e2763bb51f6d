// Fuzz target: a binary module prints as text that parses to the same bytes, however it was encoded; malformed input is
// printed or listed as far as possible and ends with an error.
//
// Seeds: seeds/module.
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "binary/decoder.h"
#include "text/print/dump.h"
#include "text/print/print.h"
#include "text/text.h"
#include "wasm/type_registry.h"

using namespace ermine;

namespace {

void check(bool condition, const char* what, std::string_view detail = {}) {
  if (condition) return;
  std::fprintf(stderr, "%s\n%.*s\n", what, static_cast<int>(detail.size()), detail.data());
  std::abort();
}

void list(std::span<const uint8_t> bytes) {
  text::DumpOptions all;
  all.headers = all.details = all.disassembly = all.contents = true;
  size_t written = 0;
  auto listed = text::dump(bytes, all, [&](std::string_view piece) {
    written += piece.size();
    return written < (1u << 20);
  });
  (void)listed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::span<const uint8_t> bytes(data, size);
  list(bytes);
  // Which of them are modules; the decoder does not read function bodies, the printer does.
  bool is_module =
      binary::decode(bytes, nullptr, std::make_shared<wasm::TypeRegistry>(), wasm::FeatureSet::all()).has_value();
  for (bool folded : {false, true}) {
    text::PrintOptions options;
    options.folded = folded;
    std::string printed;
    auto done = text::print(bytes, options, [&](std::string_view piece) {
      printed += piece;
      return printed.size() < (4u << 20);
    });
    if (!done || !is_module || printed.size() >= (4u << 20)) continue;
    text::ParseOptions parse;
    parse.features = wasm::FeatureSet::all();
    parse.emit_names = true;
    auto again = text::parse(printed, parse);
    check(again.has_value(), "printed text cannot be parsed", again ? "" : again.error().message() + printed);
    check(std::equal(again->begin(), again->end(), bytes.begin(), bytes.end()), "printed text parses to other bytes",
          printed);
  }
  return 0;
}

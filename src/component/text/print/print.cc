// See print.h.
#include "component/text/print/print.h"

#include <algorithm>

#include "base/leb128.h"
#include "component/binary/decoder.h"
#include "component/model/preamble.h"
#include "component/text/print/printer.h"
#include "component/text/text.h"
#include "text/encoding_delta.h"

namespace ermine::component {

namespace {

// Where the runs of sections begin that the parser makes one section, and the end. Only what follows a section that
// cannot be framed is one run.
std::vector<size_t> runs(std::span<const uint8_t> bytes) {
  std::vector<size_t> out;
  size_t p = std::min(kPreamble.size(), bytes.size());
  int last = -1;
  while (p < bytes.size()) {
    const uint8_t id = bytes[p];
    const bool alone = id == 0 || id == 1 || id == 4 || id == 9;
    if (alone || id != last) out.push_back(p);
    last = id;
    uint64_t size = 0;
    base::ReadStatus status{};
    const uint8_t* const end = bytes.data() + bytes.size();
    const uint8_t* const contents = base::read_leb(bytes.data() + p + 1, end, 32, false, size, status);
    if (contents == nullptr || size > static_cast<size_t>(end - contents)) break;
    p = static_cast<size_t>(contents - bytes.data()) + size;
  }
  out.push_back(bytes.size());
  return out;
}

// The changes that turn the parser's bytes into the original ones, run by run.
std::vector<uint8_t> difference(std::span<const uint8_t> original, std::span<const uint8_t> parsed) {
  text::EncodingDelta delta;
  const std::vector<size_t> from = runs(original), to = runs(parsed);
  if (from.size() != to.size()) {
    delta.add(original, parsed);
    return delta.finish(original.size());
  }
  delta.add(original.first(from.front()), parsed.first(to.front()));
  for (size_t i = 0; i + 1 < from.size(); ++i)
    delta.add(original.subspan(from[i], from[i + 1] - from[i]), parsed.subspan(to[i], to[i + 1] - to[i]));
  return delta.finish(original.size());
}

}  // namespace

Result<std::string> print_text(std::span<const uint8_t> bytes, const text::PrintOptions& options) {
  ERMINE_ASSIGN(const std::shared_ptr<const Component> component, decode(bytes, nullptr, wasm::FeatureSet::all()));
  std::string text;
  const text::TextSink collect = [&text](std::string_view piece) {
    text += piece;
    return true;
  };
  text::Out out(collect);
  ERMINE_TRY(Printer(out, options).print(component->body));
  out.flush();
  const bool is_empty = component->body.definitions.empty() && component->body.customs.empty();
  const std::string end = is_empty ? ")\n" : "\n)\n";
  if (options.exact) {
    ERMINE_ASSIGN(const std::vector<uint8_t> parsed,
                  parse_text(text + end, {.core_features = wasm::FeatureSet::all(), .emit_names = false}));
    if (!std::ranges::equal(parsed, bytes)) {
      const std::vector<uint8_t> delta = difference(bytes, parsed);
      text += "\n  (@ermine.encoding \"";
      text::append_escaped(text, {reinterpret_cast<const char*>(delta.data()), delta.size()});
      text += "\")";
    }
  }
  return text + end;
}

}  // namespace ermine::component

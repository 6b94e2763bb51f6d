// See sections.h.
#include "component/encode/sections.h"

#include <algorithm>

#include "binary/encoder.h"
#include "binary/reader.h"
#include "component/model/preamble.h"

namespace ermine::component {

using binary::ByteBuffer;
using binary::Reader;

namespace {

constexpr size_t kMaxProducers = 1000;  // values; tools write fewer than ten

}  // namespace

std::vector<RawSection> raw_sections(std::span<const uint8_t> binary) {
  std::vector<RawSection> out;
  if (binary.size() < kPreamble.size()) return out;
  Reader in(binary, kPreamble.size(), binary.size(), wasm::FeatureSet::all());
  while (!in.at_end()) {
    RawSection section;
    const uint32_t start = in.offset();
    section.id = in.byte();
    const uint32_t size = in.u32();
    const uint32_t body = in.offset();
    if (!in.ok() || size > in.left()) break;
    section.contents = binary.subspan(body, size);
    if (section.id == 0) {
      Reader name(binary, body, uint64_t{body} + size, wasm::FeatureSet::all());
      section.name = name.name();
      if (!name.ok()) break;
      section.contents = binary.subspan(name.offset(), body + size - name.offset());
    }
    section.whole = binary.subspan(start, body + size - start);
    in.seek(uint64_t{body} + size);
    out.push_back(section);
  }
  return out;
}

void Producers::add_section(std::span<const uint8_t> contents) {
  Reader in(contents, 0, contents.size(), wasm::FeatureSet::all());
  size_t values = 0;
  for (uint32_t fields = in.u32(); in.ok() && fields > 0; --fields) {
    const std::string_view field = in.name();
    for (uint32_t left = in.u32(); in.ok() && left > 0; --left) {
      const std::string_view name = in.name();
      const std::string_view version = in.name();
      if (!in.ok() || ++values > kMaxProducers) return;
      add(field, name, version);
    }
  }
}

void Producers::add(std::string_view field, std::string_view name, std::string_view version) {
  const auto named = [](std::string_view wanted) { return [wanted](const auto& one) { return one.name == wanted; }; };
  auto found = std::find_if(fields_.begin(), fields_.end(), named(field));
  if (found == fields_.end()) found = fields_.insert(fields_.end(), Field{std::string(field), {}});
  if (std::any_of(found->values.begin(), found->values.end(), named(name))) return;
  found->values.push_back({std::string(name), std::string(version)});
}

void Producers::add(const Producers& other) {
  for (const Field& field : other.fields_)
    for (const Value& value : field.values) add(field.name, value.name, value.version);
}

std::vector<uint8_t> Producers::encode() const {
  ByteBuffer out;
  out.leb(fields_.size());
  for (const Field& field : fields_) {
    out.name(field.name);
    out.leb(field.values.size());
    for (const Value& value : field.values) {
      out.name(value.name);
      out.name(value.version);
    }
  }
  return out.take();
}

}  // namespace ermine::component

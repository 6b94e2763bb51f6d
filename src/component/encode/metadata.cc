// See metadata.h.
#include "component/encode/metadata.h"

#include "base/format.h"
#include "component/encode/component_builder.h"
#include "component/validation/validator.h"
#include "component/wit/decode.h"
#include "component/wit/encode.h"
#include "component/wit/unify.h"

namespace ermine::component {

using wit::Resolve;
using wit::WorldId;
using wit::WorldItem;

namespace {

constexpr std::string_view kSectionPrefix = "component-type";
constexpr std::string_view kEncodingSection = "wit-component-encoding";
constexpr uint8_t kFormat = 4;
constexpr unsigned kMaxSections = 1000;  // tools write one for each package with bindings

// Versions are left out: a module may import another one than the component.
std::string encoding_key(const Resolve& resolve, const WorldItem& item, bool is_export) {
  const std::string name = resolve.name_of(item);
  return (is_export ? "export " : "import ") + name.substr(0, name.find('@'));
}

Result<StringEncoding> read_encoding(std::span<const uint8_t> package) {
  for (const RawSection& section : raw_sections(package)) {
    if (section.id != 0 || section.name != kEncodingSection) continue;
    const std::span<const uint8_t> bytes = section.contents;
    if (bytes.size() != 2 || bytes[0] != kFormat)
      return Error(ErrorKind::kUnsupported,
                   base::format("it has format {}; only format {} is supported: make the module with a newer tool",
                                bytes.empty() ? 0 : bytes[0], kFormat));
    if (bytes[1] > 2) return Error(ErrorKind::kInvalid, base::format("unknown string encoding {}", bytes[1]));
    return static_cast<StringEncoding>(bytes[1]);
  }
  return Error(ErrorKind::kUnsupported,
               base::format("it has no section '{}', so its format is not known: make the module with a newer tool",
                            kEncodingSection));
}

Result<void> read_section(std::span<const uint8_t> package, Resolve& resolve, WorldId world, ModuleMetadata& out) {
  if (!is_component(package))
    return Error(ErrorKind::kUnsupported,
                 "it is not an encoded package: it has an old format, or none; make the module with a newer tool");
  ERMINE_ASSIGN(const StringEncoding encoding, read_encoding(package));
  ValidateOptions options;
  options.features = FeatureSet::all();
  ERMINE_ASSIGN(const auto component, validate(package, nullptr, options));
  ERMINE_ASSIGN(const wit::MergedWorld merged, wit::merge_world(resolve, world, *component));
  for (const bool is_export : {false, true}) {
    const auto& items = is_export ? resolve[world].exports : resolve[world].imports;
    for (const std::string& key : is_export ? merged.exports : merged.imports) {
      const WorldItem* item = items.find(key);
      if (item == nullptr) continue;
      const auto [known, is_new] = out.encodings.try_emplace(encoding_key(resolve, *item, is_export), encoding);
      if (!is_new && known->second != encoding)
        return Error(ErrorKind::kInvalid,
                     base::format("another section has another string encoding for {}", resolve.name_of(*item)));
    }
  }
  for (const std::string& key : merged.exports) out.exports.push_back(key);
  for (const RawSection& section : raw_sections(package))
    if (section.id == 0 && section.name == "producers") out.producers.add_section(section.contents);
  ++out.sections;
  return {};
}

}  // namespace

std::optional<StringEncoding> ModuleMetadata::encoding(const Resolve& resolve, const WorldItem& item,
                                                       bool is_export) const {
  const auto found = encodings.find(encoding_key(resolve, item, is_export));
  if (found == encodings.end()) return {};
  return found->second;
}

Result<ModuleMetadata> read_metadata(std::span<const uint8_t> module, Resolve& resolve, WorldId world) {
  ModuleMetadata out;
  out.module.assign(module.begin(), module.begin() + 8);
  for (const RawSection& section : raw_sections(module)) {
    if (section.id != 0 || !section.name.starts_with(kSectionPrefix)) {
      out.module.insert(out.module.end(), section.whole.begin(), section.whole.end());
      continue;
    }
    if (out.sections == kMaxSections)
      return Error(ErrorKind::kUnsupported,
                   base::format("modules with more than {} custom sections '{}…' are not supported", kMaxSections,
                                kSectionPrefix));
    if (Result<void> read = read_section(section.contents, resolve, world, out); !read)
      return std::move(read).error().with_context(base::format("custom section '{}'", section.name));
  }
  return out;
}

Result<std::vector<uint8_t>> encode_metadata(const Resolve& resolve, WorldId world, StringEncoding encoding,
                                             const Producers& producers) {
  ComponentBuilder out;
  const uint8_t contents[] = {kFormat, static_cast<uint8_t>(encoding)};
  out.custom(kEncodingSection, contents);
  ERMINE_ASSIGN(const std::vector<uint8_t> type, wit::encode_world(resolve, world));
  uint32_t index = 0;
  out.type(index).bytes(type);
  out.export_({resolve[world].name, {}, {}}, Sort::Type, index);
  if (!producers.empty()) out.custom("producers", producers.encode());
  return out.finish();
}

void append_custom(std::vector<uint8_t>& module, std::string_view name, std::span<const uint8_t> contents) {
  binary::ByteBuffer body;
  body.name(name);
  body.bytes(contents);
  binary::ByteBuffer section;
  section.u8(0);
  section.leb(body.size());
  section.bytes(body.view());
  module.insert(module.end(), section.view().begin(), section.view().end());
}

}  // namespace ermine::component

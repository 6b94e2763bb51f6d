// The sections of a component (Binary.md, "Component Definitions"), which may be repeated and come in any order, and
// the definitions in them. The types are read by types.cc.
#include "component/binary/decoder.h"

#include <algorithm>
#include <array>

#include "base/fixed_text.h"
#include "base/format.h"
#include "component/binary/definition_reader.h"
#include "component/model/limits.h"
#include "wasm/limits.h"

namespace ermine::component {

namespace {

constexpr std::array<uint8_t, 4> kMagic = {0, 'a', 's', 'm'};
constexpr std::array<uint8_t, 4> kComponentVersion = {0x0D, 0, 1, 0}, kModuleVersion = {1, 0, 0, 0};
constexpr size_t kHeadSize = 8;

enum SectionId : uint8_t {
  kCustom,
  kCoreModule,
  kCoreInstance,
  kCoreType,
  kComponent,
  kInstance,
  kAlias,
  kType,
  kCanon,
  kStart,
  kImport,
  kExport,
  kValue,
  kSectionIds
};
constexpr base::FixedText<18> kSectionNames[] = {
    "custom", "core module",        "core instance", "core type", "component", "instance", "alias",
    "type",   "canonical function", "start",         "import",    "export",    "value"};

bool begins_with(std::span<const uint8_t> bytes, size_t at, const std::array<uint8_t, 4>& head) {
  return bytes.size() >= at + 4 && std::equal(head.begin(), head.end(), bytes.begin() + static_cast<ptrdiff_t>(at));
}

class Decoder {
 public:
  Decoder(std::span<const uint8_t> bytes, Arena& arena, wasm::FeatureSet features)
      : bytes_(bytes), arena_(arena), features_(features) {}

  Result<void> run(ComponentBody& body) {
    component(body, 0, bytes_.size(), 0);
    if (!error_) return {};
    return std::move(error_);
  }

 private:
  void fail(ErrorKind kind, uint64_t at, std::string message) { fail(Error(kind, std::move(message), at)); }
  void fail(Error error) {
    if (!error_) error_ = std::move(error);
  }

  // The component in the bytes from `from` up to `to`.
  void component(ComponentBody& body, uint64_t from, uint64_t to, uint32_t depth) {
    body.bytes = bytes_.subspan(from, to - from);
    body.offset = static_cast<uint32_t>(from);
    if (depth > kMaxNesting)
      return fail(
          ErrorKind::kUnsupported, from,
          base::format("components are nested too deeply: at most {} within each other are supported", kMaxNesting));
    if (!head(from, to)) return;
    std::vector<Definition> definitions;
    std::vector<CustomSection> customs;
    binary::Reader in(bytes_, from + kHeadSize, to, features_);
    while (in.ok() && !in.at_end() && !error_) section(in, body, to, depth, definitions, customs);
    if (!in.ok()) fail(located(in.take_error(), "component"));
    if (error_) return;
    body.definitions = arena_.copy(definitions);
    body.customs = arena_.copy(customs);
  }

  bool head(uint64_t from, uint64_t to) {
    const auto bytes = bytes_.first(to);
    if (to - from < 4)
      return fail(ErrorKind::kMalformed, from, "unexpected end-of-file: a component begins with the bytes 00 61 73 6d"),
             false;
    if (!begins_with(bytes, from, kMagic)) {
      fail(ErrorKind::kMalformed, from,
           "magic header not detected: a WebAssembly binary starts with the bytes 00 61 73 6d");
      return false;
    }
    if (to - from < kHeadSize)
      return fail(ErrorKind::kMalformed, from + 4, "unexpected end-of-file: version and layer follow the magic"), false;
    if (begins_with(bytes, from + 4, kComponentVersion)) return true;
    if (begins_with(bytes, from + 4, kModuleVersion)) {
      fail(ErrorKind::kMalformed, from + 4, "expected a version header for a component, found that of a core module");
      return false;
    }
    const uint8_t* v = bytes.data() + from + 4;
    fail(ErrorKind::kMalformed, from + 4,
         base::format(
             "unknown binary version {:02x} {:02x} {:02x} {:02x}: version 13 of components (0d 00 01 00) is supported",
             v[0], v[1], v[2], v[3]));
    return false;
  }

  void section(binary::Reader& in, ComponentBody& body, uint64_t end, uint32_t depth,
               std::vector<Definition>& definitions, std::vector<CustomSection>& customs) {
    const uint32_t at = in.offset();
    const uint8_t id = in.byte();
    if (!in.ok()) return;
    if (id >= kSectionIds) return in.malformed(at, base::format("malformed section id: {}", id));
    const uint32_t size = in.u32();
    if (!in.ok()) return;
    if (size > in.left())
      return in.malformed(end, base::format("unexpected end-of-file: {} section of {} bytes, {} are left",
                                            kSectionNames[id].view(), size, in.left()));
    const uint32_t start = in.offset();
    in.seek(start + size);
    switch (id) {
      case kCustom: return custom(start, size, definitions, customs);
      case kCoreModule: return core_module(start, size, definitions);
      case kComponent: {
        auto* inner = arena_.make<ComponentBody>();
        definitions.push_back({Definition::kComponent, start, inner});
        return component(*inner, start, start + size, depth + 1);
      }
      default: break;
    }
    if (id == kValue && body.value_section == 0) body.value_section = at;
    binary::Reader content(bytes_, start, start + size, features_);
    DefinitionReader reader(content, arena_);
    if (id == kStart) {
      definitions.push_back({Definition::kStart, start, reader.start()});
    } else {
      const uint32_t count = content.length();
      for (uint32_t i = 0; i < count && content.ok(); ++i) definitions.push_back(definition(id, content, reader));
    }
    if (content.ok() && !content.at_end())
      content.malformed(content.offset(),
                        base::format("unexpected content at the end of the {} section", kSectionNames[id].view()));
    if (!content.ok()) fail(located(content.take_error(), kSectionNames[id].view()));
  }

  // The component layer's own word for an end that comes too early, and the section as context.
  static Error located(Error error, std::string_view section) {
    constexpr std::string_view kEnd = "unexpected end";
    std::string_view message = error.message();
    if (message.starts_with(base::read_status_message(base::ReadStatus::kUnexpectedEnd)) ||
        message.starts_with(base::read_status_message(base::ReadStatus::kLengthOutOfBounds)))
      return Error(error.kind(),
                   base::format("unexpected end-of-file: {:t} (in the {} section)",
                                message.starts_with(kEnd) ? "the section ends within a definition" : message, section),
                   error.offset());
    return Error(error.kind(), base::format("{:t} (in the {} section)", message, section), error.offset());
  }

  void custom(uint32_t start, uint32_t size, const std::vector<Definition>& definitions,
              std::vector<CustomSection>& customs) {
    binary::Reader in(bytes_, start, start + size, features_);
    const std::string_view name = in.name();
    if (!in.ok()) return fail(located(in.take_error(), kSectionNames[kCustom].view()));
    customs.push_back(
        {name, bytes_.subspan(in.offset(), in.left()), in.offset(), static_cast<uint32_t>(definitions.size())});
  }

  void core_module(uint32_t start, uint32_t size, std::vector<Definition>& definitions) {
    const auto bytes = bytes_.subspan(start, size);
    if (begins_with(bytes, 0, kMagic) && begins_with(bytes, 4, kComponentVersion))
      return fail(ErrorKind::kMalformed, start + 4,
                  "expected a version header for a module, found that of a component");
    definitions.push_back({Definition::kCoreModule, start, arena_.make<CoreModule>({bytes, start})});
  }

  static Definition definition(uint8_t id, binary::Reader& in, DefinitionReader& reader) {
    const uint32_t at = in.offset();
    switch (id) {
      case kCoreInstance: return {Definition::kCoreInstance, at, reader.core_instance()};
      case kCoreType: return {Definition::kCoreType, at, reader.core_type()};
      case kInstance: return {Definition::kInstance, at, reader.instance()};
      case kAlias: return {Definition::kAlias, at, reader.alias()};
      case kType: return {Definition::kType, at, reader.type()};
      case kCanon: return {Definition::kCanon, at, reader.canon()};
      case kImport: return {Definition::kImport, at, reader.import()};
      case kExport: return {Definition::kExport, at, reader.export_()};
      default: return {Definition::kValue, at, reader.value()};
    }
  }

  const std::span<const uint8_t> bytes_;
  Arena& arena_;
  const wasm::FeatureSet features_;
  Error error_;
};

}  // namespace

bool is_component(std::span<const uint8_t> bytes) {
  // The version may be one that is not supported: then an error about that is better than one of the core decoder.
  return bytes.size() >= kHeadSize && begins_with(bytes, 0, kMagic) && bytes[6] == 1 && bytes[7] == 0;
}

Result<std::shared_ptr<const Component>> decode(std::span<const uint8_t> bytes, std::shared_ptr<const void> owner,
                                                wasm::FeatureSet core_features) {
  if (bytes.size() > wasm::kMaxModuleSize)
    return Error(ErrorKind::kUnsupported,
                 base::format("component of {} bytes is too large: at most {} are supported", bytes.size(),
                              wasm::kMaxModuleSize),
                 0);
  auto component = std::make_shared<Component>();
  component->bytes_owner = std::move(owner);
  ERMINE_TRY(Decoder(bytes, component->arena, core_features).run(component->body));
  return std::shared_ptr<const Component>(std::move(component));
}

}  // namespace ermine::component

// See component_builder.h.
#include "component/encode/component_builder.h"
#include "component/model/preamble.h"

namespace ermine::component {

using binary::ByteBuffer;

namespace {

// Binary.md, "Component Definitions".
constexpr uint8_t kCustom = 0, kCoreModule = 1, kCoreInstance = 2, kCoreType = 3, kComponent = 4, kInstance = 5,
                  kAlias = 6, kType = 7, kCanon = 8, kImport = 10, kExport = 11;
constexpr uint8_t kInstantiate = 0x00, kInline = 0x01;
constexpr uint8_t kAliasExport = 0x00, kAliasCoreExport = 0x01;
constexpr uint8_t kEq = 0x00, kSubResource = 0x01;

}  // namespace

ComponentBuilder::ComponentBuilder() { out_.bytes(kPreamble); }

void ComponentBuilder::flush() {
  if (section_id_ == 0) return;
  ByteBuffer count;
  count.leb(section_count_);
  out_.u8(section_id_);
  out_.leb(count.size() + section_.size());
  out_.bytes(count.view());
  out_.bytes(section_.view());
  section_.clear();
  section_id_ = 0;
  section_count_ = 0;
}

ByteBuffer& ComponentBuilder::begin(uint8_t section) {
  if (section_id_ != section) flush();
  section_id_ = section;
  ++section_count_;
  return section_;
}

void ComponentBuilder::raw_section(uint8_t id, std::span<const uint8_t> contents) {
  flush();
  out_.u8(id);
  out_.leb(contents.size());
  out_.bytes(contents);
}

void ComponentBuilder::custom(std::string_view name, std::span<const uint8_t> contents) {
  ByteBuffer body;
  body.name(name);
  body.bytes(contents);
  raw_section(kCustom, body.view());
}

uint32_t ComponentBuilder::core_module(std::span<const uint8_t> bytes) {
  raw_section(kCoreModule, bytes);
  return next(Sort::CoreModule);
}

uint32_t ComponentBuilder::component(std::span<const uint8_t> bytes) {
  raw_section(kComponent, bytes);
  return next(Sort::Component);
}

void ComponentBuilder::sort(ByteBuffer& out, Sort sort) {
  if (is_core(sort)) out.u8(0x00);
  out.u8(sort_code(sort));
}

uint32_t ComponentBuilder::core_instance(uint32_t module, std::span<const BuiltItem> arguments) {
  ByteBuffer& out = begin(kCoreInstance);
  out.u8(kInstantiate);
  out.leb(module);
  out.leb(arguments.size());
  for (const BuiltItem& argument : arguments) {
    out.name(argument.name);
    out.u8(sort_code(Sort::CoreInstance));
    out.leb(argument.index);
  }
  return next(Sort::CoreInstance);
}

uint32_t ComponentBuilder::core_instance(std::span<const BuiltItem> exports) {
  ByteBuffer& out = begin(kCoreInstance);
  out.u8(kInline);
  out.leb(exports.size());
  for (const BuiltItem& item : exports) {
    out.name(item.name);
    out.u8(sort_code(item.sort));
    out.leb(item.index);
  }
  return next(Sort::CoreInstance);
}

uint32_t ComponentBuilder::instance(uint32_t component, std::span<const BuiltItem> arguments) {
  ByteBuffer& out = begin(kInstance);
  out.u8(kInstantiate);
  out.leb(component);
  out.leb(arguments.size());
  for (const BuiltItem& argument : arguments) {
    out.name(argument.name);
    sort(out, argument.sort);
    out.leb(argument.index);
  }
  return next(Sort::Instance);
}

uint32_t ComponentBuilder::instance(std::span<const BuiltItem> exports) {
  ByteBuffer& out = begin(kInstance);
  out.u8(kInline);
  out.leb(exports.size());
  for (const BuiltItem& item : exports) {
    wit::write_name(out, {item.name, {}, {}});
    sort(out, item.sort);
    out.leb(item.index);
  }
  return next(Sort::Instance);
}

uint32_t ComponentBuilder::alias_core_export(uint32_t core_instance, std::string_view name, Sort sort_of) {
  ByteBuffer& out = begin(kAlias);
  sort(out, sort_of);
  out.u8(kAliasCoreExport);
  out.leb(core_instance);
  out.name(name);
  return next(sort_of);
}

uint32_t ComponentBuilder::alias_export(uint32_t instance, std::string_view name, Sort sort_of) {
  ByteBuffer& out = begin(kAlias);
  sort(out, sort_of);
  out.u8(kAliasExport);
  out.leb(instance);
  out.name(name);
  return next(sort_of);
}

ByteBuffer& ComponentBuilder::type(uint32_t& index) {
  index = next(Sort::Type);
  return begin(kType);
}

ByteBuffer& ComponentBuilder::core_type(uint32_t& index) {
  index = next(Sort::CoreType);
  return begin(kCoreType);
}

ByteBuffer& ComponentBuilder::canon(Sort defined, uint32_t& index) {
  index = next(defined);
  return begin(kCanon);
}

uint32_t ComponentBuilder::import(const wit::EncodedName& name, Sort sort_of, std::optional<uint32_t> type) {
  ByteBuffer& out = begin(kImport);
  wit::write_name(out, name);
  sort(out, sort_of);
  if (sort_of == Sort::Type) out.u8(type ? kEq : kSubResource);
  if (type) out.leb(*type);
  return next(sort_of);
}

uint32_t ComponentBuilder::export_(const wit::EncodedName& name, Sort sort_of, uint32_t index,
                                   std::optional<uint32_t> type) {
  ByteBuffer& out = begin(kExport);
  wit::write_name(out, name);
  sort(out, sort_of);
  out.leb(index);
  out.u8(type ? 0x01 : 0x00);
  if (type) {
    sort(out, sort_of);
    out.leb(*type);
  }
  return next(sort_of);
}

std::vector<uint8_t> ComponentBuilder::finish() {
  flush();
  return out_.take();
}

}  // namespace ermine::component

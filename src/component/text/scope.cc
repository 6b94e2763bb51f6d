// See scope.h.
#include "component/text/scope.h"
#include "component/model/preamble.h"

namespace ermine::component {

namespace {

using binary::ByteBuffer;

// The section of a definition in a component, and the codes of declarators in the types of components and instances and
// in the types of modules (Binary.md, "Component Definitions" and "Type Definitions"); 0xFF if there is none.
struct Codes {
  uint8_t section, declarator, module_declarator;
};
constexpr uint8_t kNoCode = 0xFF;

constexpr Codes codes_of(Definition::Kind kind) {
  switch (kind) {
    case Definition::kCoreModule: return {1, kNoCode, kNoCode};
    case Definition::kCoreInstance: return {2, kNoCode, kNoCode};
    case Definition::kCoreType: return {3, 0, kNoCode};
    case Definition::kComponent: return {4, kNoCode, kNoCode};
    case Definition::kInstance: return {5, kNoCode, kNoCode};
    case Definition::kAlias: return {6, 2, 2};
    case Definition::kType: return {7, 1, 1};
    case Definition::kCanon: return {8, kNoCode, kNoCode};
    case Definition::kStart: return {9, kNoCode, kNoCode};
    case Definition::kImport: return {10, 3, 0};
    case Definition::kExport: return {11, kNoCode, kNoCode};
    case Definition::kExportDecl: return {kNoCode, 4, 3};
    case Definition::kValue: return {12, kNoCode, kNoCode};
  }
  return {kNoCode, kNoCode, kNoCode};
}

bool is_section_of_its_own(Definition::Kind kind) {
  return kind == Definition::kCoreModule || kind == Definition::kComponent || kind == Definition::kStart;
}

void write_section(ByteBuffer& out, uint8_t id, std::span<const uint8_t> contents) {
  out.u8(id);
  out.leb(contents.size());
  out.bytes(contents);
}

}  // namespace

text::CoreTypes& Scope::core_types() {
  if (!core_types_) core_types_ = std::make_unique<text::CoreTypes>(source_, core_options_);
  return *core_types_;
}

std::optional<uint32_t> Scope::find(Sort sort, std::string_view id) {
  if (sort == Sort::CoreType) return core_types_ ? core_types_->find(id) : std::nullopt;
  const uint32_t* index = symbols_.find(id, number(sort));
  return index ? std::optional(*index) : std::nullopt;
}

bool Scope::add(Sort sort, std::string_view id, std::string_view name) {
  const uint32_t index = count(sort);
  if (sort == Sort::CoreType) {
    if (!core_types().add(id)) return false;
  } else {
    if (id.data() != nullptr && !symbols_.insert(id, index, number(sort)).is_new) return false;
    ++counts_[number(sort)];
  }
  if (kind_ == kComponent && name.data() != nullptr) names_.of(sort).push_back({index, name});
  return true;
}

void Scope::add_core_type_names(size_t first) {
  const std::vector<text::NameEntry>& names = core_types().names();
  auto& own = names_.of(Sort::CoreType);
  own.insert(own.end(), names.begin() + static_cast<ptrdiff_t>(first), names.end());
}

void Scope::close_section() {
  if (section_ == 0) return;
  ByteBuffer contents;
  contents.leb(entry_count_);
  contents.bytes(entries_.view());
  write_section(out_, section_, contents.view());
  for (const auto& [offset, at] : entry_positions_) positions_.emplace_back(out_.size() - entries_.size() + offset, at);
  entry_positions_.clear();
  entries_.clear();
  entry_count_ = 0;
  section_ = 0;
}

void Scope::emit(Definition::Kind kind, std::span<const uint8_t> bytes, const TextPositions& inner) {
  const Codes codes = codes_of(kind);
  if (kind_ != kComponent) {
    out_.u8(kind_ == kModuleType ? codes.module_declarator : codes.declarator);
    out_.bytes(bytes);
    ++declarators_;
    return;
  }
  if (is_section_of_its_own(kind)) {
    close_section();
    if (position_ != nullptr) positions_.emplace_back(out_.size(), position_);
    write_section(out_, codes.section, bytes);
    for (const auto& [offset, at] : inner) positions_.emplace_back(out_.size() - bytes.size() + offset, at);
    return;
  }
  if (section_ != codes.section) close_section();
  section_ = codes.section;
  if (position_ != nullptr) entry_positions_.emplace_back(entries_.size(), position_);
  entries_.bytes(bytes);
  ++entry_count_;
}

void Scope::emit_custom(std::string_view name, std::span<const uint8_t> contents) {
  close_section();
  if (name == kNameSection) has_name_section_ = true;
  ByteBuffer section;
  section.name(name);
  section.bytes(contents);
  write_section(out_, 0, section.view());
}

std::vector<uint8_t> Scope::finish_component(bool names, std::string_view name) {
  for (const ByteBuffer& definition : at_end_) emit(Definition::kExport, definition.view());
  close_section();
  names_.component = own_name_.value_or(name);
  if ((names || wants_names_) && !has_name_section_)
    if (const std::vector<uint8_t> contents = names_.encode(); !contents.empty()) emit_custom(kNameSection, contents);
  for (auto& position : positions_) position.first += kPreamble.size();
  ByteBuffer out;
  out.reserve(kPreamble.size() + out_.size());
  out.bytes(kPreamble);
  out.bytes(out_.view());
  return out.take();
}

void Scope::finish_type(ByteBuffer& out) const {
  out.leb(declarators_);
  out.bytes(out_.view());
}

}  // namespace ermine::component

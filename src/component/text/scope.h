// Scope: a component, or a type with declarators, while its text is read: the index spaces with their identifiers, and
// the bytes of the definitions so far.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "binary/encoder.h"
#include "component/model/component.h"
#include "text/core_types.h"
#include "text/names.h"
#include "text/symbol_table.h"

namespace ermine::component {

class Scope {
 public:
  enum Kind : uint8_t { kComponent, kComponentType, kInstanceType, kModuleType };

  Scope(Kind kind, Scope* outer, std::string_view id, const text::Source& source, const text::ParseOptions& core)
      : kind_(kind), outer_(outer), id_(id), source_(source), core_options_(core) {}
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  Kind kind() const { return kind_; }
  Scope* outer() const { return outer_; }
  std::string_view id() const { return id_; }  // of the component or type, null if it has none
  text::CoreTypes& core_types();

  std::optional<uint32_t> find(Sort sort, std::string_view id);
  uint32_t count(Sort sort) { return sort == Sort::CoreType ? core_types().count() : counts_[number(sort)]; }
  // The next index of the sort is taken. `id` and the name for the name section may be null. False if the identifier is
  // taken. The caller keeps the characters alive.
  bool add(Sort sort, std::string_view id, std::string_view name);
  // The same for core types that core_types().definition() has read, from `first` on.
  void add_core_type_names(size_t first);

  // Appends a definition, in a component to its section. kCoreModule, kComponent and kStart make a section each.
  void emit(Definition::Kind kind, std::span<const uint8_t> bytes);
  // In components only: a custom section; an export that follows all other definitions.
  void emit_custom(std::string_view name, std::span<const uint8_t> contents);
  void emit_at_end(binary::ByteBuffer definition) { at_end_.push_back(std::move(definition)); }

  // The component with its preamble, and if `names` a section component-name with `name`, which may be null.
  std::vector<uint8_t> finish_component(bool names, std::string_view name);
  // The declarators: their number and their bytes.
  void finish_type(binary::ByteBuffer& out) const;

 private:
  static unsigned number(Sort sort) { return static_cast<unsigned>(sort); }
  void close_section();
  void emit_names(std::string_view name);

  const Kind kind_;
  Scope* const outer_;
  const std::string_view id_;
  const text::Source& source_;
  const text::ParseOptions& core_options_;

  text::SymbolTable symbols_;  // identifiers of all sorts but core types; the sort is the table's scope
  std::array<uint32_t, kSorts> counts_{};
  std::array<std::vector<text::NameEntry>, kSorts> names_;
  std::unique_ptr<text::CoreTypes> core_types_;

  binary::ByteBuffer out_;  // finished sections, or declarators
  uint32_t declarators_ = 0;
  uint8_t section_ = 0;  // the id of the section that is being filled, 0 if there is none
  binary::ByteBuffer entries_;  // of that section
  uint32_t entry_count_ = 0;
  std::vector<binary::ByteBuffer> at_end_;
};

}  // namespace ermine::component

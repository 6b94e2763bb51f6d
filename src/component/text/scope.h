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
#include "component/text/names.h"
#include "component/text/text.h"
#include "text/core_types.h"
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
  // `inner`: the positions of a nested component.
  void emit(Definition::Kind kind, std::span<const uint8_t> bytes, const TextPositions& inner = {});
  // From now on, components keep the positions of their definitions; those that follow come from `at`.
  void set_position(const char* at) { position_ = at; }
  // After finish_component(), whose bytes they count.
  TextPositions take_positions() { return std::move(positions_); }
  // In components only: a custom section; an export that follows all other definitions.
  void emit_custom(std::string_view name, std::span<const uint8_t> contents);
  void emit_at_end(binary::ByteBuffer definition) { at_end_.push_back(std::move(definition)); }

  // Annotations of the component: that its names are to be written, and another name than that of its definition.
  void want_names() { wants_names_ = true; }
  void set_own_name(std::string_view name) { own_name_ = name; }

  // The component with its preamble. If `names`, or the text demands it, a section component-name follows, with `name`,
  // which may be null.
  std::vector<uint8_t> finish_component(bool names, std::string_view name);
  // The declarators: their number and their bytes.
  void finish_type(binary::ByteBuffer& out) const;

 private:
  static unsigned number(Sort sort) { return static_cast<unsigned>(sort); }
  void close_section();

  const Kind kind_;
  Scope* const outer_;
  const std::string_view id_;
  const text::Source& source_;
  const text::ParseOptions& core_options_;

  text::SymbolTable symbols_;  // identifiers of all sorts but core types; the sort is the table's scope
  std::array<uint32_t, kSorts> counts_{};
  Names names_;
  bool wants_names_ = false, has_name_section_ = false;
  std::optional<std::string_view> own_name_;
  std::unique_ptr<text::CoreTypes> core_types_;

  binary::ByteBuffer out_;  // finished sections, or declarators
  uint32_t declarators_ = 0;
  uint8_t section_ = 0;  // the id of the section that is being filled, 0 if there is none
  binary::ByteBuffer entries_;  // of that section
  uint32_t entry_count_ = 0;
  std::vector<binary::ByteBuffer> at_end_;

  const char* position_ = nullptr;  // null: positions are not kept
  TextPositions positions_;  // in out_
  TextPositions entry_positions_;  // in entries_
};

}  // namespace ermine::component

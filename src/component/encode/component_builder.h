// Writes a component in the binary format (Binary.md), one definition after another, and counts the index spaces.
// Neighbouring definitions of the same kind share a section. Nothing is validated.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "binary/encoder.h"
#include "component/model/names.h"
#include "component/wit/type_encoder.h"

namespace ermine::component {

// An argument of an instantiation, or an export that is written in an instance.
struct BuiltItem {
  std::string_view name;
  Sort sort = Sort::Func;
  uint32_t index = 0;
};

class ComponentBuilder {
 public:
  ComponentBuilder();

  uint32_t core_module(std::span<const uint8_t> bytes);
  uint32_t component(std::span<const uint8_t> bytes);
  // Arguments are core instances, by the name of the module that is imported from.
  uint32_t core_instance(uint32_t module, std::span<const BuiltItem> arguments);
  uint32_t core_instance(std::span<const BuiltItem> exports);
  uint32_t instance(uint32_t component, std::span<const BuiltItem> arguments);
  uint32_t instance(std::span<const BuiltItem> exports);
  uint32_t alias_core_export(uint32_t core_instance, std::string_view name, Sort sort);
  uint32_t alias_export(uint32_t instance, std::string_view name, Sort sort);
  // Begins a definition: the caller writes it.
  binary::ByteBuffer& type(uint32_t& index);
  binary::ByteBuffer& core_type(uint32_t& index);
  binary::ByteBuffer& canon(Sort defined, uint32_t& index);
  // `type`: the index of the type. A type is equal to it or, without index, a new resource type.
  uint32_t import(const wit::EncodedName& name, Sort sort, std::optional<uint32_t> type);
  // `type`: only for functions, to give them another type.
  uint32_t export_(const wit::EncodedName& name, Sort sort, uint32_t index, std::optional<uint32_t> type = {});
  void custom(std::string_view name, std::span<const uint8_t> contents);
  // A section of any kind as it is, which adds `count` entries to an index space.
  void raw_section(uint8_t id, std::span<const uint8_t> contents);
  void count(Sort sort, uint32_t n = 1) { counts_[static_cast<unsigned>(sort)] += n; }

  size_t size() const { return out_.size() + section_.size(); }
  std::vector<uint8_t> finish();

 private:
  binary::ByteBuffer& begin(uint8_t section);
  void flush();
  uint32_t next(Sort sort) { return counts_[static_cast<unsigned>(sort)]++; }
  void sort(binary::ByteBuffer& out, Sort sort);

  binary::ByteBuffer out_, section_;
  uint8_t section_id_ = 0;  // 0: none is open
  uint32_t section_count_ = 0;
  std::array<uint32_t, kSorts> counts_{};
};

}  // namespace ermine::component

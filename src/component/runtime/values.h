// Lifting and lowering between a guest and dynamic Values (CanonicalABI.md, "Loading", "Storing", "Flattening", "Flat
// Lifting", "Flat Lowering"). Everything that a guest says about its memory is checked, and what is built in the host's
// memory for one call is bounded by kMaxHostValueBytes.
//
// A flat value is a slot as in frames: 32-bit values zero-extended, floating-point numbers by their bits. Then the
// joined types of variants need no conversion.
#pragma once

#include <vector>

#include "component/runtime/component_instance.h"
#include "component/runtime/host_handle.h"

namespace ermine::component {

// Bytes of the host's memory for the values of one call in a store: as many as a memory of it may have, and at most
// kMaxHostValueBytes. And the error of more.
uint64_t host_value_bytes(const runtime::Store& store);
Error host_values_limit(const runtime::Store& store);

constexpr uint64_t aligned(uint64_t at, uint64_t alignment) { return (at + alignment - 1) & ~(alignment - 1); }

// One side of a call: a component instance with the options of a lift or lower. The memory is looked up at each access,
// because it may grow.
class ValueAccess {
 public:
  ValueAccess(ComponentInstance& root, uint32_t instance, const PlanOptions& options)
      : root_(root), types_(root.types()), instance_(instance), options_(options) {}

  // The parameters or the results, from slots: all of them flat, or a pointer to a tuple. `lend`: borrows are lent for
  // the current call of the root.
  Result<std::vector<Value>> lift(std::span<const TypeUse> types, const runtime::Slot* slots, bool flat);
  // Writes slots; returns how many. `out`: where the tuple is written, instead of memory from realloc.
  Result<uint32_t> lower(std::span<const TypeUse> types, std::span<const Value> values, runtime::Slot* slots, bool flat,
                         std::optional<uint64_t> out = {});

  // Elements of lists and streams, in a range of the memory that was checked.
  Result<std::vector<Value>> load_range(TypeUse element, uint64_t at, uint32_t count);
  Result<void> store_range(TypeUse element, std::span<const Value> values, uint64_t at);
  Result<std::string> load_text(uint64_t at, uint64_t tagged_units);

  // kUsage unless the value is one of the type.
  Result<void> check(TypeUse type, const Value& value) const;
  // Of borrows that were lifted: they mean nothing from now on.
  void end_borrows();
  // Bytes of the host's memory for the values that were lifted.
  uint64_t used() const { return used_; }
  void set_used(uint64_t bytes) { used_ = bytes; }

 private:
  struct Memory {
    uint8_t* base = nullptr;
    uint64_t size = 0;
  };
  Memory memory() const;
  Layout layout(TypeUse type) const { return types_.layout(type, options_.address); }
  uint32_t flat_count(TypeUse type) const {
    return static_cast<uint32_t>(types_.flat(type, options_.address).types.size());
  }
  unsigned pointer_size() const { return options_.address == AddressType::k64 ? 8 : 4; }
  Result<void> charge(uint64_t bytes);
  Layout tuple_layout(std::span<const TypeUse> types) const;

  // Cases of variants, options, results and enums.
  static uint32_t case_count(const DefinedType& type);
  static TypeUse case_type(const DefinedType& type, uint32_t index);
  static std::string_view case_name(const DefinedType& type, uint32_t index);
  static uint32_t discriminant_size(const DefinedType& type);
  uint64_t payload_offset(const DefinedType& type) const;
  static std::optional<uint32_t> find_case(const DefinedType& type, const Value& value);
  static Value make_case(const DefinedType& type, uint32_t index, std::optional<Value> payload);
  static Value flags_value(const DefinedType& type, uint64_t bits);
  static uint64_t flags_bits(const DefinedType& type, const Value& value);

  // Lifting
  Result<Value> load(TypeUse type, uint64_t at);
  Result<Value> load_primitive(Primitive type, uint64_t at);
  Result<Value> lift_flat(TypeUse type, const runtime::Slot*& slots);
  Result<Value> lift_primitive(Primitive type, const runtime::Slot*& slots);
  Result<Value> load_string(uint64_t at, uint64_t tagged_units);
  Result<Value> load_list(const DefinedType& type, uint64_t at, uint64_t length);
  Result<Value> load_elements(TypeUse element, uint64_t at, uint64_t length);
  Result<Value> lift_handle(TypeUse use, uint64_t index);
  Result<Value> lift_error_context(uint64_t index);

  // Lowering
  Result<void> store(TypeUse type, const Value& value, uint64_t at);
  Result<void> lower_flat(TypeUse type, const Value& value, runtime::Slot*& slots);
  Result<uint64_t> allocate(uint64_t alignment, uint64_t bytes);
  Result<std::pair<uint64_t, uint64_t>> store_string(const std::string& text);
  Result<std::pair<uint64_t, uint64_t>> store_list(const DefinedType& type, const Value& value);
  Result<uint64_t> lower_handle(TypeUse use, const Value& value);
  Result<uint64_t> lower_error_context(const Value& value);
  uint64_t read(uint64_t at, unsigned bytes) const;
  void write(uint64_t at, uint64_t value, unsigned bytes) const;

  ComponentInstance& root_;
  const Types& types_;
  uint32_t instance_;
  const PlanOptions& options_;
  uint64_t used_ = 0;  // bytes of the host's memory
  std::vector<std::shared_ptr<const HostHandle>> borrows_;
};

// The result of a lifted function, from the core values of adapter.h, result_values.
Result<std::optional<Value>> lift_result(ComponentInstance& root, const PlanFunc& func, const runtime::Slot* slots);

}  // namespace ermine::component

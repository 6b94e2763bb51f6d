// Reads types (specification 3.0, section 5.3) and checks the rules for declaring subtypes (section 3.2.10, "Sub
// Types"). They are checked here because a group becomes canonical, and so comparable, only as a whole.
#include "binary/type_section.h"

#include "base/format.h"
#include "wasm/limits.h"
#include "wasm/type_name.h"
#include "wasm/type_registry.h"

namespace ermine::binary {

using wasm::CompositeKind;
using wasm::Feature;
using wasm::TypeDef;
using wasm::TypeId;
using wasm::TypeRegistry;
using wasm::ValType;

namespace {

bool matches(const TypeRegistry& registry, ValType sub, ValType super) { return registry.is_subtype(sub, super); }

}  // namespace

bool composite_type_matches(const TypeRegistry& registry, const TypeDef& sub, const TypeDef& super) {
  if (sub.kind != super.kind) return false;
  if (sub.kind == CompositeKind::kFunc) {
    const auto &a = sub.func, &b = super.func;
    if (a.params.size() != b.params.size() || a.results.size() != b.results.size()) return false;
    for (size_t i = 0; i < a.params.size(); ++i)
      if (!matches(registry, b.params[i], a.params[i])) return false;
    for (size_t i = 0; i < a.results.size(); ++i)
      if (!matches(registry, a.results[i], b.results[i])) return false;
    return true;
  }
  if (sub.fields.size() < super.fields.size()) return false;
  for (size_t i = 0; i < super.fields.size(); ++i) {
    const auto &a = sub.fields[i], &b = super.fields[i];
    if (a.is_mutable != b.is_mutable) return false;
    if (a.is_mutable ? a.storage != b.storage : !matches(registry, a.storage, b.storage)) return false;
  }
  return true;
}

namespace {

bool within(Reader& in, size_t count, size_t limit, std::string_view what, uint32_t at) {
  if (count <= limit) return true;
  in.fail(ErrorKind::kUnsupported, at, base::format("too many {}: {}, at most {} are supported", what, count, limit));
  return false;
}

void value_types(Reader& in, std::vector<ValType>& out, size_t limit, std::string_view what) {
  const uint32_t at = in.offset();
  const uint32_t count = in.length();
  if (!within(in, count, limit, what, at)) return;
  out.reserve(count);
  for (uint32_t i = 0; i < count && in.ok(); ++i) out.push_back(in.val_type());
}

void field(Reader& in, TypeDef& def) {
  wasm::FieldType field;
  field.storage = in.storage_type();
  const uint32_t at = in.offset();
  const uint8_t mutability = in.byte();
  if (mutability > 1 && in.ok()) in.malformed(at, base::format("malformed mutability 0x{:02x}", mutability));
  field.is_mutable = mutability == 1;
  def.fields.push_back(field);
}

class TypeSection {
 public:
  TypeSection(Reader& in, wasm::Module& module) : in_(in), module_(module) {}

  void read() {
    const uint32_t at = in_.offset();
    const uint32_t groups = in_.length();
    if (!within(in_, groups, wasm::kMaxTypes, "types", at)) return;
    for (uint32_t i = 0; i < groups && in_.ok(); ++i) group();
  }

 private:
  void group() {
    const uint32_t at = in_.offset();
    uint32_t size = 1;
    if (!in_.at_end() && *in_.position() == 0x4E) {
      in_.byte();
      if (!in_.require(Feature::Gc, "a recursion group", at)) return;
      size = in_.length();
    }
    const auto first = static_cast<uint32_t>(module_.types.size());
    if (!within(in_, size, wasm::kMaxRecGroupSize, "types in a recursion group", at)) return;
    if (!within(in_, size_t{first} + size, wasm::kMaxTypes, "types", at)) return;
    in_.set_group(size);
    defs_.clear();
    offsets_.clear();
    for (uint32_t i = 0; i < size && in_.ok(); ++i) {
      offsets_.push_back(in_.offset());
      defs_.emplace_back();
      read_sub_type(in_, defs_.back(), first + i);
    }
    if (!in_.ok() || size == 0) return;

    ids_.assign(size, wasm::kNoType);
    if (auto added = module_.registry->add_group(defs_, ids_); !added) {
      in_.fail(Error(added.error().kind(), added.error().message(), at));
      return;
    }
    module_.group_starts.push_back(first);
    module_.types.insert(module_.types.end(), ids_.begin(), ids_.end());
    in_.set_types(module_);
    for (uint32_t i = 0; i < size && in_.ok(); ++i) check_super(first + i, offsets_[i]);
  }

  void check_super(uint32_t index, uint32_t at) {
    const TypeDef& def = module_.type_def(index);
    if (def.super == wasm::kNoType) return;
    const TypeDef& super = module_.registry->get(def.super);
    if (!super.is_final && composite_type_matches(*module_.registry, def, super)) return;
    const std::string super_name = wasm::type_name(wasm::HeapType::concrete(def.super), &module_);
    if (super.is_final)
      in_.fail(ErrorKind::kInvalid, at, base::format("sub type {} has final super type {}", index, super_name));
    else in_.fail(ErrorKind::kInvalid, at, base::format("sub type {} does not match super type {}", index, super_name));
  }

  Reader& in_;
  wasm::Module& module_;
  std::vector<TypeDef> defs_;
  std::vector<TypeId> ids_;
  std::vector<uint32_t> offsets_;
};

}  // namespace

void read_sub_type(Reader& in, TypeDef& def, uint32_t index) {
  const uint32_t at = in.offset();
  if (!in.at_end() && (*in.position() == 0x50 || *in.position() == 0x4F)) {
    def.is_final = in.byte() == 0x4F;
    if (!in.require(Feature::Gc, "a sub type", at)) return;
    const uint32_t supers = in.length();
    for (uint32_t i = 0; i < supers && in.ok(); ++i) {
      const uint32_t super_at = in.offset();
      const uint32_t super = in.u32();
      const TypeId id = in.resolve(super, super_at);
      if (!in.ok()) return;
      if (super >= index) {
        in.fail(ErrorKind::kInvalid, super_at,
                base::format("unknown type: forward use of type {} in sub type definition {}", super, index));
        return;
      }
      def.super = id;
    }
    if (supers > 1 && in.ok()) {
      in.fail(ErrorKind::kInvalid, at,
              base::format("sub type {} has {} supertypes, at most one is allowed", index, supers));
      return;
    }
  }
  const uint32_t form_at = in.offset();
  const uint8_t form = in.byte();
  if (!in.ok()) return;
  switch (form) {
    case 0x60:
      def.kind = CompositeKind::kFunc;
      value_types(in, def.func.params, wasm::kMaxParams, "parameters");
      value_types(in, def.func.results, wasm::kMaxResults, "results");
      if (def.func.results.size() > 1 && in.ok()) in.require(Feature::MultiValue, "more than one result", form_at);
      break;
    case 0x5F: {
      def.kind = CompositeKind::kStruct;
      if (!in.require(Feature::Gc, "a struct type", form_at)) return;
      const uint32_t fields_at = in.offset();
      const uint32_t fields = in.length();
      if (!within(in, fields, wasm::kMaxStructFields, "fields", fields_at)) return;
      def.fields.reserve(fields);
      for (uint32_t i = 0; i < fields && in.ok(); ++i) field(in, def);
      break;
    }
    case 0x5E:
      def.kind = CompositeKind::kArray;
      if (!in.require(Feature::Gc, "an array type", form_at)) return;
      field(in, def);
      break;
    default:
      if (form >= 0x80) in.malformed(form_at, "integer representation too long: the form of a type is one byte");
      else in.malformed(form_at, base::format("malformed definition type 0x{:02x}", form));
  }
}

void read_type_section(Reader& in, wasm::Module& module) { TypeSection(in, module).read(); }

}  // namespace ermine::binary

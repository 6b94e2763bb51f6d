// ValidationScope: the state of a component, component type or instance type while its definitions are validated.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "component/model/valid_component.h"

namespace ermine::component {

enum class ValidationScopeKind : uint8_t { kComponent, kComponentType, kInstanceType };
enum class Direction : uint8_t { kImport, kExport };

inline std::string_view direction_word(Direction direction) {
  return direction == Direction::kImport ? "import" : "export";
}

// A list of imports or exports under construction.
class ExternListBuilder {
 public:
  size_t size() const { return items_.size(); }
  const std::vector<Extern>& items() const { return items_; }

  // Adds an entry, or returns the name of the entry from which its name is not strongly unique.
  std::optional<std::string_view> add(const Extern& item, std::string_view canonical) {
    const auto index = static_cast<uint32_t>(items_.size());
    const auto name_of = [&](uint32_t i) { return canonical_names_[i]; };
    uint32_t same = NameTable::kNone;
    if (index < kFewNames) {
      for (uint32_t i = 0; i < index; ++i)
        if (canonical_names_[i] == canonical) same = i;
    } else {
      for (uint32_t i = 0; index == kFewNames && i < index; ++i) canonical_.add(i, name_of);
      same = canonical_.find_or_add(index, canonical, name_of);
    }
    if (same != NameTable::kNone) return items_[same].name;
    items_.push_back(item);
    canonical_names_.push_back(canonical);
    all_canonical_ = all_canonical_ && canonical == item.name;
    return std::nullopt;
  }
  // Leaves an empty list.
  Externs finish(Arena& arena) {
    const auto items = arena.copy(items_);
    std::shared_ptr<NameTable> names;
    if (items.size() > kFewNames) {
      names = std::make_shared<NameTable>();
      if (all_canonical_) *names = std::move(canonical_);
      else
        for (uint32_t i = 0; i < items.size(); ++i) names->add(i, [&](uint32_t k) { return items[k].name; });
    }
    *this = {};
    return {items, std::move(names)};
  }

 private:
  std::vector<Extern> items_;
  std::vector<std::string_view> canonical_names_;
  NameTable canonical_;  // of more than kFewNames
  bool all_canonical_ = true;  // each name is its canonical one
};

// The resource types that are imported or exported by name, to which the names of functions such as [method]a.b refer.
struct NamedResources {
  std::unordered_map<ResourceName, std::string_view> name_of;
  std::unordered_set<std::string_view> names;
};

// A set of types by name.
class AnyTypeSet {
 public:
  bool contains(AnyType type) const {
    const bool* in = set_.find(key(type));
    return in && *in;
  }
  bool insert(AnyType type) {
    if (contains(type)) return false;
    set_.set(key(type), true);
    return true;
  }
  void erase(AnyType type) { set_.set(key(type), false); }

 private:
  IdMap<bool> set_;
};

struct ValidationScope {
  ValidationScope(ValidationScopeKind kind, ValidationScope* outer) : kind(kind), outer(outer) {}

  ValidationScopeKind kind;
  ValidationScope* outer;  // the enclosing scope; null for the outermost component
  IndexSpaces spaces;
  std::vector<wasm::TypeId> core_type_ids;  // parallel to spaces.core_types; kNoType for module types
  std::vector<bool> value_used;  // parallel to spaces.values

  ExternListBuilder imports, exports;
  NamedResources imported_names, exported_names;
  // The types that the types of further imports (exports) may refer to (Explainer.md, "External Visibility of Types").
  AnyTypeSet imported_types, exported_types;

  // Resource types that instantiation replaces by an argument, and those that each instance has of its own.
  std::vector<ResourceId> imported_resources, defined_resources;
  // The representation of those that this component defines itself.
  std::unordered_map<ResourceId, wasm::ValType> representations;

  uint32_t weight = 1;  // of imports and exports, see kMaxTypeSize
  uint8_t depth = 0;
  std::optional<wasm::ValType> context_type;  // of context.get and context.set
  bool has_start = false;
};

}  // namespace ermine::component

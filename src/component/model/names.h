// The enumerations of the component model that are derived from tables (*.def), and their names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fixed_text.h"

namespace ermine::component {

enum class Feature : uint8_t {
#define FEATURE(id, name, by_default, help) id,
#include "wasm/component_features.def"
  None,  // for rows of other tables that need no feature
};

class FeatureSet {
 public:
  constexpr FeatureSet() = default;
  static constexpr FeatureSet defaults() {
    FeatureSet s;
#define FEATURE(id, name, by_default, help) \
  if (by_default) s.add(Feature::id);
#include "wasm/component_features.def"
    return s;
  }
  static constexpr FeatureSet all() {
    FeatureSet s;
    s.bits_ = (uint32_t{1} << static_cast<unsigned>(Feature::None)) - 1;
    return s;
  }
  // From bits() of another set.
  static constexpr FeatureSet from_bits(uint64_t bits) {
    FeatureSet s;
    s.bits_ = static_cast<uint32_t>(bits) & all().bits_;
    return s;
  }
  constexpr uint64_t bits() const { return bits_; }
  constexpr bool has(Feature f) const { return f == Feature::None || ((bits_ >> static_cast<unsigned>(f)) & 1); }
  constexpr void add(Feature f) { bits_ |= uint32_t{1} << static_cast<unsigned>(f); }
  constexpr void remove(Feature f) { bits_ &= ~(uint32_t{1} << static_cast<unsigned>(f)); }
  constexpr bool operator==(const FeatureSet&) const = default;

 private:
  uint32_t bits_ = 0;
};

std::string_view feature_name(Feature feature);                   // "cm-async"
std::optional<Feature> feature_from_name(std::string_view name);  // the inverse

enum class Sort : uint8_t {
#define SORT(id, is_core, code, keyword, noun, limit) id,
#include "component/model/sorts.def"
  None,
};
inline constexpr unsigned kSorts = static_cast<unsigned>(Sort::None);

bool is_core(Sort sort);
uint8_t sort_code(Sort sort);
std::string_view sort_keyword(Sort sort);  // "func", also for core functions
std::string_view sort_noun(Sort sort);     // "core function"
uint32_t sort_limit(Sort sort);
std::optional<Sort> sort_from_code(uint8_t code, bool is_core);

enum class Primitive : uint8_t {
#define PRIMITIVE(id, name, code, size, flat) id,
#include "component/model/primitive_types.def"
  kCount,
};

std::string_view primitive_name(Primitive type);
uint8_t primitive_code(Primitive type);
std::optional<Primitive> primitive_from_code(uint8_t code);

enum class TypeKind : uint8_t {
#define TYPE_KIND(id, keyword, code, form) id,
#include "component/model/type_kinds.def"
};

// What follows the code of a type, and the fields of TypeDef that hold it.
enum class TypeForm : uint8_t {
  Primitive,        // primitive
  Fields,           // fields: label and type
  Cases,            // fields: label and optional type
  Element,          // first
  ElementLength,    // first, number: the length
  Types,            // fields: types without labels
  Labels,           // fields: labels without types
  Result,           // first, second: both optional
  Index,            // number: a type index
  OptionalElement,  // first: optional
  KeyValue,         // first, second
  Func,             // is_async, fields: the parameters, first: the optional result
  Declarators,      // declarators
  Resource,         // rep, number: the destructor, if has_destructor
};

inline constexpr unsigned kTypeKinds = 0
#define TYPE_KIND(id, keyword, code, form) +1
#include "component/model/type_kinds.def"
    ;
inline constexpr uint8_t kAsyncFuncCode = 0x43;  // of a func that is async

std::string_view type_keyword(TypeKind kind);
uint8_t type_code(TypeKind kind);
TypeForm type_form(TypeKind kind);
// Not for primitive types. 0x43 gives Func as well.
std::optional<TypeKind> type_kind_from_code(uint8_t code);

enum class CanonOp : uint8_t {
#define CANON(id, name, opcode, immediates, feature, signature) id,
#include "component/model/canonical.def"
};

// The immediates of a canonical definition, in the order of the binary format, and the fields of Canon that hold them.
enum class CanonForm : uint8_t {
  None,
  Lift,                 // 0x00, index: a core function, options, type
  Lower,                // 0x00, index: a function, options
  Type,                 // type
  TypeOptions,          // type, options
  TypeAsync,            // type, is_async
  Async,                // is_async
  Cancellable,          // is_cancellable
  CancellableMemory,    // is_cancellable, index: a memory
  CoreTypeSlot,         // core_type, index: the slot
  ResultOptions,        // result, options
  Options,              // options
  CoreTypeTable,        // type: a core type, index: a table
  SharedCoreType,       // is_shared, type: a core type
  SharedCoreTypeTable,  // is_shared, type: a core type, index: a table
  Shared,               // is_shared
};

struct CanonInfo {
  base::FixedText<30> name;
  uint8_t opcode;
  CanonForm form;
  Feature feature;
  base::FixedText<7> signature;  // see canonical.def
};
const CanonInfo& canon_info(CanonOp op);
std::optional<CanonOp> canon_from_opcode(uint8_t opcode);
std::optional<CanonOp> canon_from_name(std::string_view name);

enum class CanonOptionKind : uint8_t {
#define CANON_OPTION(id, name, code, sort, feature) id,
#include "component/model/canonical_options.def"
};

inline constexpr unsigned kCanonOptionKinds = 0
#define CANON_OPTION(id, name, code, sort, feature) +1
#include "component/model/canonical_options.def"
    ;

struct CanonOptionInfo {
  base::FixedText<31> name;
  uint8_t code;
  Sort sort;  // of its index; None: no index
  Feature feature;
};
const CanonOptionInfo& canon_option_info(CanonOptionKind kind);
std::optional<CanonOptionKind> canon_option_from_code(uint8_t code);

}  // namespace ermine::component

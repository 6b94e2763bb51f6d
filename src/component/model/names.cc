#include "component/model/names.h"

#include <array>

#include "base/fixed_text.h"
#include "component/model/limits.h"
#include "wasm/limits.h"

namespace ermine::component {

namespace {

constexpr base::FixedText<32> kFeatureNames[] = {
#define FEATURE(id, name, by_default, help) name,
#include "wasm/component_features.def"
};

struct SortInfo {
  bool is_core;
  uint8_t code;
  base::FixedText<16> keyword;
  base::FixedText<32> noun;
  uint32_t limit;
};
constexpr SortInfo kSortInfo[] = {
#define SORT(id, is_core, code, keyword, noun, limit) {is_core, code, keyword, noun, limit},
#include "component/model/sorts.def"
};

struct PrimitiveInfo {
  base::FixedText<16> name;
  uint8_t code;
};
constexpr PrimitiveInfo kPrimitives[] = {
#define PRIMITIVE(id, name, code, size, flat) {name, code},
#include "component/model/primitive_types.def"
};

struct KindInfo {
  base::FixedText<16> keyword;
  uint8_t code;
  TypeForm form;
};
constexpr KindInfo kKinds[] = {
#define TYPE_KIND(id, keyword, code, form) {keyword, code, TypeForm::form},
#include "component/model/type_kinds.def"
};

constexpr CanonInfo kCanon[] = {
#define CANON(id, name, opcode, immediates, feature, signature) \
  {name, opcode, CanonForm::immediates, Feature::feature, signature},
#include "component/model/canonical.def"
};

constexpr CanonOptionInfo kCanonOptions[] = {
#define CANON_OPTION(id, name, code, sort, feature) {name, code, Sort::sort, Feature::feature},
#include "component/model/canonical_options.def"
};

// The row of each code; 0xFF: none. `code_of` gives the code of a row, or a negative number if it has none.
template <size_t kRows, class F>
constexpr std::array<uint8_t, 256> rows_by_code(F code_of) {
  std::array<uint8_t, 256> rows{};
  rows.fill(0xFF);
  for (size_t i = 0; i < kRows; ++i)
    if (const int code = code_of(i); code >= 0) rows[static_cast<size_t>(code)] = static_cast<uint8_t>(i);
  return rows;
}
constexpr std::array<uint8_t, 256> kSortRows[] = {
    rows_by_code<kSorts>([](size_t i) { return kSortInfo[i].is_core ? -1 : int{kSortInfo[i].code}; }),
    rows_by_code<kSorts>([](size_t i) { return kSortInfo[i].is_core ? int{kSortInfo[i].code} : -1; })};
constexpr auto kPrimitiveRows = rows_by_code<std::size(kPrimitives)>([](size_t i) { return kPrimitives[i].code; });
constexpr auto kKindRows =
    rows_by_code<std::size(kKinds)>([](size_t i) { return kKinds[i].code == 0 ? -1 : int{kKinds[i].code}; });
constexpr auto kCanonRows = rows_by_code<std::size(kCanon)>([](size_t i) { return kCanon[i].opcode; });

template <class T>
std::optional<T> row(const std::array<uint8_t, 256>& rows, uint8_t code) {
  if (rows[code] == 0xFF) return std::nullopt;
  return static_cast<T>(rows[code]);
}

}  // namespace

std::string_view feature_name(Feature feature) {
  return feature == Feature::None ? std::string_view() : kFeatureNames[static_cast<size_t>(feature)].view();
}
std::optional<Feature> feature_from_name(std::string_view name) {
  for (size_t i = 0; i < std::size(kFeatureNames); ++i)
    if (kFeatureNames[i] == name) return static_cast<Feature>(i);
  return std::nullopt;
}

bool is_core(Sort sort) { return kSortInfo[static_cast<size_t>(sort)].is_core; }
uint8_t sort_code(Sort sort) { return kSortInfo[static_cast<size_t>(sort)].code; }
std::string_view sort_keyword(Sort sort) { return kSortInfo[static_cast<size_t>(sort)].keyword; }
std::string_view sort_noun(Sort sort) { return kSortInfo[static_cast<size_t>(sort)].noun; }
uint32_t sort_limit(Sort sort) { return kSortInfo[static_cast<size_t>(sort)].limit; }
std::optional<Sort> sort_from_code(uint8_t code, bool is_core) { return row<Sort>(kSortRows[is_core], code); }

std::string_view primitive_name(Primitive type) { return kPrimitives[static_cast<size_t>(type)].name; }
uint8_t primitive_code(Primitive type) { return kPrimitives[static_cast<size_t>(type)].code; }
std::optional<Primitive> primitive_from_code(uint8_t code) { return row<Primitive>(kPrimitiveRows, code); }

std::string_view type_keyword(TypeKind kind) { return kKinds[static_cast<size_t>(kind)].keyword; }
uint8_t type_code(TypeKind kind) { return kKinds[static_cast<size_t>(kind)].code; }
TypeForm type_form(TypeKind kind) { return kKinds[static_cast<size_t>(kind)].form; }
std::optional<TypeKind> type_kind_from_code(uint8_t code) {
  if (code == kAsyncFuncCode) return TypeKind::Func;
  return row<TypeKind>(kKindRows, code);
}

const CanonInfo& canon_info(CanonOp op) { return kCanon[static_cast<size_t>(op)]; }
std::optional<CanonOp> canon_from_opcode(uint8_t opcode) { return row<CanonOp>(kCanonRows, opcode); }
std::optional<CanonOp> canon_from_name(std::string_view name) {
  for (size_t i = 0; i < std::size(kCanon); ++i)
    if (kCanon[i].name == name) return static_cast<CanonOp>(i);
  return std::nullopt;
}

const CanonOptionInfo& canon_option_info(CanonOptionKind kind) { return kCanonOptions[static_cast<size_t>(kind)]; }
std::optional<CanonOptionKind> canon_option_from_code(uint8_t code) {
  for (size_t i = 0; i < std::size(kCanonOptions); ++i)
    if (kCanonOptions[i].code == code) return static_cast<CanonOptionKind>(i);
  return std::nullopt;
}

}  // namespace ermine::component

#include "wasm/type_name.h"

#include "base/fixed_text.h"
#include "base/format.h"
#include "wasm/module.h"

namespace ermine::wasm {

namespace {
// In the order of HeapType::Abstract.
constexpr base::FixedText<8> kAbstractNames[] = {"func",   "nofunc", "extern", "noextern", "any",   "eq",    "i31",
                                                 "struct", "array",  "none",   "exn",      "noexn", "bottom"};
constexpr base::FixedText<17> kShortNames[] = {"funcref", "nullfuncref", "externref",        "nullexternref", "anyref",
                                               "eqref",   "i31ref",      "structref",        "arrayref",      "nullref",
                                               "exnref",  "nullexnref",  "(ref null bottom)"};
size_t abstract_index(HeapType type) { return type.bits() - HeapType::kFunc; }
}  // namespace

std::string type_name(HeapType type, const Module* module) {
  if (!type.is_concrete()) {
    size_t i = abstract_index(type);
    return std::string(i < std::size(kAbstractNames) ? kAbstractNames[i].view() : "?");
  }
  if (module) {
    for (size_t i = 0; i < module->types.size(); ++i)
      if (module->types[i] == type.type_id()) return std::to_string(i);
  }
  return base::format("#{}", type.type_id());
}

std::string type_name(ValType type, const Module* module) {
  switch (type.kind()) {
    case ValKind::kBot: return "bottom";
    case ValKind::kI32: return "i32";
    case ValKind::kI64: return "i64";
    case ValKind::kF32: return "f32";
    case ValKind::kF64: return "f64";
    case ValKind::kV128: return "v128";
    case ValKind::kI8: return "i8";
    case ValKind::kI16: return "i16";
    case ValKind::kRef: break;
  }
  if (type.nullable() && !type.heap().is_concrete()) {
    size_t i = abstract_index(type.heap());
    if (i < std::size(kShortNames)) return std::string(kShortNames[i].view());
  }
  return base::format("(ref {}{})", type.nullable() ? "null " : "", type_name(type.heap(), module));
}

std::string type_names(std::span<const ValType> types, const Module* module) {
  std::string out = "[";
  for (size_t i = 0; i < types.size(); ++i) {
    if (i == 16) {
      out += base::format(" … {} more", types.size() - i);
      break;
    }
    if (i) out += ' ';
    out += type_name(types[i], module);
  }
  return out + "]";
}

}  // namespace ermine::wasm

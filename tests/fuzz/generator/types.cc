#include "generator/types.h"

namespace ermine::fuzz {

int top_of(const std::vector<TypeInfo>& types, int heap) {
  if (heap >= 0) return types[static_cast<size_t>(heap)].kind == TypeInfo::kFunc ? kFunc : kAny;
  switch (heap) {
    case kFunc:
    case kNoFunc: return kFunc;
    case kExtern:
    case kNoExtern: return kExtern;
    case kExn:
    case kNoExn: return kExn;
    default: return kAny;
  }
}

int bottom_of(const std::vector<TypeInfo>& types, int heap) {
  switch (top_of(types, heap)) {
    case kFunc: return kNoFunc;
    case kExtern: return kNoExtern;
    case kExn: return kNoExn;
    default: return kNone;
  }
}

bool is_heap_subtype(const std::vector<TypeInfo>& types, int a, int b) {
  if (a == b) return true;
  if (a == bottom_of(types, a)) return top_of(types, a) == top_of(types, b);
  if (a >= 0) {
    const TypeInfo& info = types[static_cast<size_t>(a)];
    if (info.super && is_heap_subtype(types, static_cast<int>(*info.super), b)) return true;
    if (b >= 0) return false;
    int kind = info.kind == TypeInfo::kFunc ? kFunc : info.kind == TypeInfo::kStruct ? kStruct : kArray;
    return is_heap_subtype(types, kind, b);
  }
  if (a == kI31 || a == kStruct || a == kArray) return b == kEq || b == kAny;
  return a == kEq && b == kAny;
}

bool is_subtype(const std::vector<TypeInfo>& types, Type a, Type b) {
  if (!a.is_ref() || !b.is_ref()) return a == b;
  return (b.nullable || !a.nullable) && is_heap_subtype(types, a.heap, b.heap);
}

}  // namespace ermine::fuzz

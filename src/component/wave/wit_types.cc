// See wit_types.h.
#include "component/wave/wit_types.h"

#include <algorithm>

#include "base/format.h"

namespace ermine::component::wave {
namespace {

ValueKind kind_of(wit::TypeDefKind kind) {
  using enum wit::TypeDefKind;
  switch (kind) {
    case kRecord: return ValueKind::kRecord;
    case kFlags: return ValueKind::kFlags;
    case kVariant: return ValueKind::kVariant;
    case kEnum: return ValueKind::kEnum;
    case kTuple: return ValueKind::kTuple;
    case kFixedList: return ValueKind::kFixedList;
    case kMap: return ValueKind::kMap;
    case kOption: return ValueKind::kOption;
    case kResult: return ValueKind::kResult;
    case kFuture: return ValueKind::kFuture;
    case kStream: return ValueKind::kStream;
    case kBorrow: return ValueKind::kBorrow;
    case kOwn:
    case kResource: return ValueKind::kOwn;
    case kList:
    case kAlias: break;
  }
  return ValueKind::kList;
}

// What a definition consists of matters for a value; a handle's resource does not.
bool has_parts(wit::TypeDefKind kind) {
  using enum wit::TypeDefKind;
  return kind != kOwn && kind != kBorrow && kind != kFuture && kind != kStream && kind != kResource;
}

}  // namespace

Result<ValueTypeRef> WitTypes::type(wit::Type type) {
  if (!type) return ValueTypeRef();
  if (type.id) return definition(type.id);
  auto& known = known_[~static_cast<uint32_t>(type.primitive)];
  if (known == nullptr)
    known = std::make_shared<ValueType>(ValueType{static_cast<ValueKind>(type.primitive), {}, {}, {}, 0, 0});
  return known;
}

// Definitions come after their parts in a Resolve, so all that are needed are made in order, without recursion.
Result<ValueTypeRef> WitTypes::definition(wit::TypeId id) {
  std::vector<uint32_t> needed, waiting = {id.index};
  const auto wait_for = [&](const wit::Type& part) {
    if (part.id && !known_.contains(part.id.index)) waiting.push_back(part.id.index);
  };
  while (!waiting.empty()) {
    const uint32_t i = waiting.back();
    waiting.pop_back();
    if (!known_.try_emplace(i).second) continue;
    needed.push_back(i);
    const wit::TypeDef& d = resolve_.types[i];
    if (has_parts(d.kind))
      for (const wit::Type& part : d.parts) wait_for(part);
    for (const wit::Member& member : d.members) wait_for(member.type);
  }
  std::sort(needed.begin(), needed.end());
  for (const uint32_t i : needed) {
    const wit::TypeDef& d = resolve_.types[i];
    if (d.kind == wit::TypeDefKind::kAlias) {
      ERMINE_ASSIGN(ValueTypeRef same, type(d.parts[0]));
      known_[i] = std::move(same);
      continue;
    }
    auto made = std::make_shared<ValueType>();
    made->kind = kind_of(d.kind);
    made->length = d.length;
    const auto deepen = [&](const ValueTypeRef& part) {
      if (part != nullptr) made->depth = std::max(made->depth, part->depth + 1);
    };
    for (const wit::Member& member : d.members) {
      ERMINE_ASSIGN(ValueTypeRef part, type(member.type));
      deepen(part);
      made->parts.push_back({member.name, std::move(part)});
    }
    if (has_parts(d.kind))
      for (size_t j = 0; j < d.parts.size(); ++j) {
        ERMINE_ASSIGN(ValueTypeRef part, type(d.parts[j]));
        deepen(part);
        if (d.kind == wit::TypeDefKind::kTuple) made->parts.push_back({"", std::move(part)});
        else (j == 0 ? made->first : made->second) = std::move(part);
      }
    if (made->depth > kMaxValueDepth) {
      // What is not made is not known.
      for (const uint32_t n : needed)
        if (known_[n] == nullptr) known_.erase(n);
      return Error(ErrorKind::kUnsupported,
                   base::format("values of types that nest more than {} deep are not supported{:t}", kMaxValueDepth,
                                d.name.empty() ? "" : base::format(" (type {})", d.name)));
    }
    known_[i] = std::move(made);
  }
  return known_[id.index];
}

Result<FunctionType> WitTypes::function(const wit::Function& function) {
  FunctionType out;
  out.name = function.name;
  out.is_async = function.is_async;
  for (const wit::Param& param : function.params) {
    ERMINE_ASSIGN(ValueTypeRef part, type(param.type));
    out.params.push_back({param.name, std::move(part)});
  }
  ERMINE_ASSIGN(out.result, type(function.result));
  return out;
}

}  // namespace ermine::component::wave

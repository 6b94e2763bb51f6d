// See abi.h. Recursion is bounded by the nesting of types: kMaxTypeDepth of the validator, kMaxTypeNesting of the
// resolver; a chain of aliases is followed in a loop.
#include "component/wit/abi.h"

#include <algorithm>
#include <utility>

#include "component/model/limits.h"

namespace ermine::component::wit {
namespace {

using wasm::ValType;

ValType flat_primitive(Primitive type) {
  switch (type) {
    case Primitive::S64:
    case Primitive::U64: return wasm::kI64;
    case Primitive::F32: return wasm::kF32;
    case Primitive::F64: return wasm::kF64;
    default: return wasm::kI32;
  }
}

// What both of two types of a variant's cases are passed as.
ValType join(ValType a, ValType b) {
  if (a == b) return a;
  const bool are_narrow = (a == wasm::kI32 || a == wasm::kF32) && (b == wasm::kI32 || b == wasm::kF32);
  return are_narrow ? wasm::kI32 : wasm::kI64;
}

std::string_view word(ValType type) {
  return type == wasm::kI32 ? "i32" : type == wasm::kI64 ? "i64" : type == wasm::kF32 ? "f32" : "f64";
}

}  // namespace

std::string CoreSignature::to_string() const {
  std::string out = "(";
  const auto list = [&](const std::vector<ValType>& types) {
    for (size_t i = 0; i < types.size(); ++i) out += (i > 0 ? ", " : "") + std::string(word(types[i]));
  };
  list(params);
  out += ") -> (";
  list(results);
  return out + ")";
}

const Abi::Facts& Abi::facts(TypeId alias) const {
  if (const auto found = facts_.find(alias.index); found != facts_.end()) return found->second;
  const TypeId id = resolve_.without_aliases(alias);
  if (id != alias) return facts_.emplace(alias.index, facts(id)).first->second;
  Facts made = facts(resolve_[id]);
  if (!made.fits || made.flat.size() > kMaxFlatParams) {
    made.fits = false;
    made.flat.clear();
  }
  return facts_.emplace(id.index, std::move(made)).first->second;
}

Abi::Facts Abi::facts(const TypeDef& d) const {
  Facts out;
  const auto add_contents = [&](Type part) {
    out.contents.add(lifted(part));
    out.has_async |= part.id && facts(part.id).has_async;
  };
  std::vector<Type> parts = d.parts;
  for (const Member& member : d.members) parts.push_back(member.type);
  switch (d.kind) {
    case TypeDefKind::kAlias:  // of a primitive type
    case TypeDefKind::kRecord:
    case TypeDefKind::kTuple:
    case TypeDefKind::kFixedList:
      for (const Type& part : parts) add_contents(part);
      for (uint32_t i = 0; i < (d.kind == TypeDefKind::kFixedList ? d.length : 1) && out.fits; ++i)
        for (const Type& part : parts) out.fits = out.fits && flat(part, out.flat);
      break;
    case TypeDefKind::kList:
    case TypeDefKind::kMap:
      for (const Type& part : parts) add_contents(part);
      out.contents.memory = true;
      out.flat = {wasm::kI32, wasm::kI32};
      break;
    case TypeDefKind::kVariant:
    case TypeDefKind::kOption:
    case TypeDefKind::kResult:
      out.flat = {wasm::kI32};
      for (const Type& part : parts) {
        add_contents(part);
        std::vector<ValType> types = {wasm::kI32};
        out.fits = out.fits && flat(part, types);
        for (size_t i = 1; i < types.size(); ++i) {
          if (i < out.flat.size()) out.flat[i] = join(out.flat[i], types[i]);
          else out.flat.push_back(types[i]);
        }
      }
      break;
    case TypeDefKind::kStream:
    case TypeDefKind::kFuture: out.has_async = true; [[fallthrough]];
    default: out.flat = {wasm::kI32}; break;  // flags, enums, handles
  }
  return out;
}

bool Abi::flat(Type type, std::vector<ValType>& out) const {
  if (!type) return true;
  if (type.id) {
    const Facts& known = facts(type.id);
    out.insert(out.end(), known.flat.begin(), known.flat.end());
    return known.fits && out.size() <= kMaxFlatParams;
  }
  if (type.primitive == Primitive::String) out.push_back(wasm::kI32);
  out.push_back(flat_primitive(type.primitive));
  return out.size() <= kMaxFlatParams;
}

AbiNeeds Abi::lifted(Type type) const {
  if (!type) return {};
  if (type.id) return facts(type.id).contents;
  AbiNeeds needs;
  needs.memory = needs.encoding = type.primitive == Primitive::String;
  return needs;
}

AbiNeeds Abi::lowered(Type type) const {
  AbiNeeds needs = lifted(type);
  needs.realloc = needs.memory;
  return needs;
}

FunctionAbi Abi::function(const Function& f, AbiSide side) const {
  FunctionAbi out;
  const bool lifts = side >= AbiSide::kLift;
  CoreSignature& s = out.signature;
  bool fit = true;
  for (const Param& param : f.params) {
    fit = fit && flat(param.type, s.params);
    out.needs.add(lifts ? lowered(param.type) : lifted(param.type));
  }
  out.needs.add(lifts ? lifted(f.result) : lowered(f.result));
  if (side == AbiSide::kLowerAsync && s.params.size() > kMaxFlatAsyncParams) fit = false;
  if (!fit) {
    s.params = {wasm::kI32};
    out.needs.memory = true;
    out.needs.realloc |= lifts;
  }
  switch (side) {
    case AbiSide::kLower:
    case AbiSide::kLift:
      if (!flat(f.result, s.results) || s.results.size() > kMaxFlatResults) {
        s.results.clear();
        (lifts ? s.results : s.params).push_back(wasm::kI32);
        out.needs.memory = true;
      }
      break;
    case AbiSide::kLowerAsync:
      if (f.result) {
        s.params.push_back(wasm::kI32);
        out.needs.memory = true;
      }
      s.results = {wasm::kI32};
      break;
    case AbiSide::kLiftCallback:
    case AbiSide::kLiftStackful:
      if (side == AbiSide::kLiftCallback) s.results = {wasm::kI32};
      // A result that does not fit is read from memory by task.return, which has the same memory.
      out.needs.add(task_return(f).needs);
      break;
  }
  return out;
}

FunctionAbi Abi::task_return(const Function& f) const {
  FunctionAbi out;
  out.needs = lifted(f.result);
  if (!flat(f.result, out.signature.params)) {
    out.signature.params = {wasm::kI32};
    out.needs.memory = true;
  }
  return out;
}

CoreSignature Abi::post_return(const Function& f) const {
  CoreSignature signature = function(f, AbiSide::kLift).signature;
  signature.params = std::move(signature.results);
  signature.results.clear();
  return signature;
}

AbiNeeds Abi::transfer(TypeId id, bool is_read) const {
  AbiNeeds needs;
  if (id) {
    const Type payload = resolve_[id].parts[0];
    needs = is_read ? lowered(payload) : lifted(payload);
  }
  needs.memory = true;
  return needs;
}

void Abi::find(Type type, std::vector<TypeId>& out) const {
  // What is visited leads to a result, which bounds the work.
  if (!type.id || !facts(type.id).has_async || out.size() >= kMaxNumbered) return;
  const TypeId id = resolve_.without_aliases(type.id);
  const TypeDef& d = resolve_[id];
  for (const Type& part : d.parts) find(part, out);
  for (const Member& member : d.members) find(member.type, out);
  if (d.kind == TypeDefKind::kStream || d.kind == TypeDefKind::kFuture) out.push_back(id);
}

std::vector<TypeId> Abi::streams_and_futures(const Function& f) const {
  std::vector<TypeId> out;
  for (const Param& param : f.params) find(param.type, out);
  find(f.result, out);
  return out;
}

}  // namespace ermine::component::wit

#include "component/adapter/async_adapter.h"

#include <algorithm>

#include "base/format.h"
#include "component/adapter/translate.h"
#include "component/model/limits.h"

namespace ermine::component {

namespace {

const Flat& params_flat(const FuncType& func, AddressType address) {
  return func.params_flat[static_cast<unsigned>(address)];
}

bool in_memory(const Flat& flat, size_t most) { return flat.too_many || flat.types.size() > most; }

std::vector<wasm::ValType> values_of(const Flat& flat, size_t most, AddressType address) {
  if (in_memory(flat, most)) return {adapter::pointer_type(address)};
  return {flat.types.begin(), flat.types.end()};
}

size_t most_params(bool is_async) { return is_async ? kMaxFlatAsyncParams : kMaxFlatParams; }
size_t most_results(bool is_async) { return is_async ? kMaxFlatParams : kMaxFlatResults; }

}  // namespace

std::vector<wasm::ValType> lowered_params(const Types& types, FuncId func, AddressType address, bool is_async) {
  return values_of(params_flat(types.funcs[func], address), most_params(is_async), address);
}

size_t lowered_param_count(const Types& types, FuncId func, AddressType address, bool is_async) {
  const Flat& flat = params_flat(types.funcs[func], address);
  return in_memory(flat, most_params(is_async)) ? 1 : flat.types.size();
}

bool has_result_pointer(const Types& types, FuncId func, AddressType address, bool is_async) {
  const TypeUse result = types.funcs[func].result;
  if (result.is_none()) return false;
  return is_async || in_memory(types.flat(result, address), kMaxFlatResults);
}

std::vector<wasm::ValType> result_values(const Types& types, FuncId func, AddressType address, bool is_async) {
  const TypeUse result = types.funcs[func].result;
  if (result.is_none()) return {};
  return values_of(types.flat(result, address), most_results(is_async), address);
}

namespace adapter {

namespace {

// May_leave of an instance is false while values are lowered into it. Whether it runs or waits at that time depends on
// the task, so the flags are put back as they were.
class LoweringInto {
 public:
  LoweringInto(Builder& builder, FunctionCode& code, const Options& options, bool allocates)
      : code_(code), flags_(allocates ? builder.flags(options.instance) : 0), allocates_(allocates) {
    if (!allocates_) return;
    before_ = code_.local(wasm::kI32);
    code_.get_global(flags_).set(before_).i32(kInstanceMayNotLeave).set_global(flags_);
  }
  void done() {
    if (allocates_) code_.get(before_).set_global(flags_);
  }

 private:
  FunctionCode& code_;
  uint32_t flags_;
  bool allocates_;
  Local before_;
};

std::vector<Local> params_of(const FunctionCode& code) {
  std::vector<Local> locals;
  for (uint32_t i = 0; i < code.params.size(); ++i) locals.push_back(code.param(i));
  return locals;
}

std::vector<Local> result_locals(FunctionCode& code) {
  std::vector<Local> locals;
  for (const ValType type : code.results) locals.push_back(code.local(type));
  return locals;
}

}  // namespace

// CanonicalABI.md, `canon_lower`, on_start, and `canon_lift`, the lowering of what it returns.
Callee make_params_adapter(Builder& builder, const AdapterRequest& request) {
  const Options &from = builder.options(request.lower), &to = builder.options(request.lift);
  const FuncType &caller = from.types->funcs[request.lower.type], &callee = to.types->funcs[request.lift.type];
  const bool from_memory = in_memory(params_flat(caller, from.address), most_params(request.lower.is_async));
  const bool to_memory = in_memory(params_flat(callee, to.address), kMaxFlatParams);
  FunctionCode code(lowered_params(*from.types, request.lower.type, from.address, request.lower.is_async),
                    lowered_params(*to.types, request.lift.type, to.address, false));
  code.name = base::format("parameters of {}", request.name);
  if ((from_memory && !from.memory) || (to_memory && !to.memory)) builder.fail();
  else {
    const std::vector<Local> given = params_of(code), made = result_locals(code);
    Place source = Place::flat(given), target = Place::flat(made);
    if (from_memory) {
      builder.check_pointer(code, from, given[0], caller.params_layout[static_cast<unsigned>(from.address)]);
      source = Place::memory(given[0]);
    }
    const bool allocates = to_memory || std::ranges::any_of(callee.params, [&](const Field& field) {
                             return to.types->flags(field.type).pointer;
                           });
    LoweringInto lowering(builder, code, to, allocates);
    if (to_memory) {
      const Layout layout = callee.params_layout[static_cast<unsigned>(to.address)];
      const ValType pointer = to.pointer();
      code.constant(pointer, 0).constant(pointer, 0).constant(pointer, layout.alignment);
      code.constant(pointer, layout.size).call(builder.allocate(to)).set(made[0]);
      target = Place::memory(made[0]);
    }
    Translator(builder, code, from, to).fields(caller.params, callee.params, source, target);
    lowering.done();
    for (const Local local : made) code.get(local);
  }
  return builder.add(std::move(code));
}

// CanonicalABI.md, `canon_task_return` or the end of `canon_lift`, and `canon_lower`, on_resolve.
Callee make_result_adapter(Builder& builder, const AdapterRequest& request) {
  const Options &from = builder.options(request.lift), &to = builder.options(request.lower);
  const TypeUse a = from.types->funcs[request.lift.type].result, b = to.types->funcs[request.lower.type].result;
  std::vector<ValType> params = result_values(*from.types, request.lift.type, from.address, request.lift.is_async);
  const bool to_memory = has_result_pointer(*to.types, request.lower.type, to.address, request.lower.is_async);
  if (to_memory) params.push_back(to.pointer());
  std::vector<ValType> results;
  if (!to_memory) results = result_values(*to.types, request.lower.type, to.address, false);
  FunctionCode code(params, results);
  code.name = base::format("result of {}", request.name);
  const bool from_memory =
      !a.is_none() && in_memory(from.types->flat(a, from.address), most_results(request.lift.is_async));
  if ((from_memory && !from.memory) || (to_memory && !to.memory) || a.is_none() != b.is_none()) {
    builder.fail();
  } else if (!a.is_none()) {
    const std::vector<Local> given = params_of(code), made = result_locals(code);
    Place source = Place::flat(std::span(given).first(given.size() - (to_memory ? 1 : 0)));
    Place target = Place::flat(made);
    if (from_memory) {
      builder.check_pointer(code, from, given[0], from.types->layout(a, from.address));
      source = Place::memory(given[0]);
    }
    if (to_memory) {
      builder.check_pointer(code, to, given.back(), to.types->layout(b, to.address));
      target = Place::memory(given.back());
    }
    LoweringInto lowering(builder, code, to, to.types->flags(b).pointer);
    Translator(builder, code, from, to).value(a, b, source, target);
    lowering.done();
    for (const Local local : made) code.get(local);
  }
  return builder.add(std::move(code));
}

}  // namespace adapter

}  // namespace ermine::component

// Makes a host function from a C++ function: its parameters are lifted, the function runs, its result is lowered. The
// types come from the C++ types (types.h); the linker compares them with the component's.

#include "wasi/preview2/bind.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "ermine/component/detail/host_func.h"
#include "wasi/preview2/functions.h"
#include "wasi/state.h"

namespace ermine::wasi::preview2 {
namespace {

using component::detail::Cursor;
using component::detail::HostCallable;
using component::detail::StoredParam;

template <class Signature>
struct Traits;
template <class R, class... A>
struct Traits<R (*)(Call&, A...)> {
  using Host = HostCallable<R(A...)>;
  using Value = R;
  template <auto kFunction>
  static R run(Call& call, typename Host::Stored& values) {
    return [&]<size_t... I>(std::index_sequence<I...>) {
      return kFunction(call, StoredParam<A>::pass(std::get<I>(values))...);
    }(std::index_sequence_for<A...>());
  }
};

// The end of a function: whether the program continues.
bool finish(Call& call, Cursor& cursor) {
  if (!call.stop && call.moved >= kBytesPerFuel) {
    if (Result<void> paid = call.pay(); !paid) call.stop = std::move(paid).error();
  }
  return !call.stop || cursor.fail(std::move(call.stop));
}

[[gnu::cold]] bool no_context(Cursor& cursor, const Import& import) {
  return cursor.fail(Error(ErrorKind::kUsage, std::string(import.row->name) + ": the calling store has no WASI state"));
}

template <auto kFunction>
bool call_function(void* env, runtime::Store* store, Cursor& cursor, uint64_t* slots) {
  using Function = Traits<decltype(kFunction)>;
  const Import& import = *static_cast<const Import*>(env);
  Context* context = import.source->get(store);
  if (context == nullptr) return no_context(cursor, import);
  Call call{*context, StoreRef(store)};
  typename Function::Host::Stored values{};
  uint64_t out = 0;
  if (!Function::Host::lift(cursor, slots, values, out)) return false;
  if constexpr (std::is_void_v<typename Function::Value>) {
    Function::template run<kFunction>(call, values);
    return finish(call, cursor);
  } else {
    const auto& result = Function::template run<kFunction>(call, values);
    return finish(call, cursor) && Function::Host::lower(cursor, slots, result, out);
  }
}

// The same as the row's function, with a trace.
bool call_traced(void* env, runtime::Store* store, Cursor& cursor, uint64_t* slots) {
  const Import& import = *static_cast<const Import*>(env);
  Context* context = import.source->get(store);
  if (context == nullptr || !context->tracing()) return import.row->call(env, store, cursor, slots);
  uint64_t arguments[component::detail::kMaxFlatParams + 1];
  std::copy(slots, slots + flat_params(import.row->shape), arguments);
  std::string line = describe_call(import, cursor, slots);
  const bool done = import.row->call(env, store, cursor, slots);
  if (done && import.row->shape.result) line += " = " + describe_result(import, cursor, slots, arguments);
  context->trace(line);
  return done;
}

constexpr FunctionRow kFunctions[] = {
#define RESOURCE(interface, name, Class)
#define FUNCTION(interface, name, function) \
  {interface, name, call_function<&Functions::function>, Traits<decltype(&Functions::function)>::Host::shape()},
#include "wasi/preview2/functions.def"
};

std::string full_name(const char* interface) { return std::string("wasi:") + interface + "@0.2.12"; }

}  // namespace

Context* ContextSource::get(runtime::Store* store) const {
  if (fixed) [[likely]]
    return fixed.get();
  ComponentCaller caller(store);
  Wasi* wasi = find(find_context.get(), caller);
  if (wasi == nullptr) return nullptr;
  auto context = wasi->impl()->components();
  return context ? context->get() : nullptr;
}

Result<void> define_all(ComponentLinker& linker, ContextSource source) {
#define RESOURCE(interface, name, Class) ERMINE_TRY(linker.resource<Class>(full_name(interface), name));
#define FUNCTION(...)
#include "wasi/preview2/functions.def"
  const bool may_trace = !source.fixed || source.fixed->tracing();
  auto shared = std::make_shared<const ContextSource>(std::move(source));
  auto imports = std::make_shared<Import[]>(std::size(kFunctions));
  for (size_t i = 0; i < std::size(kFunctions); ++i) {
    const FunctionRow& row = kFunctions[i];
    imports[i] = {&row, shared};
    ERMINE_TRY(linker.define_func(full_name(row.interface), row.name,
                                  {may_trace ? call_traced : row.call, {imports, &imports[i]}, row.shape}));
  }
  return {};
}

}  // namespace ermine::wasi::preview2

namespace ermine {

namespace wasi {

Result<std::shared_ptr<preview2::Context>> State::components() {
  if (modules_) return Error(ErrorKind::kUsage, "this Wasi already serves modules; a component needs another one");
  if (!components_) {
    components_ = std::make_shared<preview2::Context>(*std::move(unused_), std::move(network_));
    component_program_ = components_.get();
    unused_.reset();
  }
  return components_;
}

}  // namespace wasi

Result<void> Wasi::add_to_linker(ComponentLinker& linker) const {
  ERMINE_ASSIGN(auto context, impl_->components());
  return wasi::preview2::define_all(linker, {.fixed = std::move(context)});
}
Result<void> Wasi::add_to_linker(ComponentLinker& linker, ComponentFind find, std::shared_ptr<void> context) {
  return wasi::preview2::define_all(linker, {.fixed = nullptr, .find = find, .find_context = std::move(context)});
}

}  // namespace ermine

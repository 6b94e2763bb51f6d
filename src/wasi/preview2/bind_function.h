// Makes a host function from a C++ function: its parameters are lifted, the function runs, its result is lowered. The
// types come from the C++ types (types.h); the linker compares them with the component's. For the tables of functions
// alone: bind.cc, http_bind.cc.
#pragma once

#include <tuple>
#include <utility>

#include "ermine/component/detail/host_func.h"
#include "wasi/preview2/bind.h"
#include "wasi/preview2/functions.h"

namespace ermine::wasi::preview2 {

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
inline bool finish(Call& call, Cursor& cursor) {
  if (!call.stop && call.moved >= kBytesPerFuel) {
    if (Result<void> paid = call.pay(); !paid) call.stop = std::move(paid).error();
  }
  return !call.stop || cursor.fail(std::move(call.stop));
}

bool no_context(Cursor& cursor, const Import& import);

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

// Of functions of resources that nothing makes: no handle can be passed to them.
bool call_absent(void* env, runtime::Store* store, Cursor& cursor, uint64_t* slots);

}  // namespace ermine::wasi::preview2

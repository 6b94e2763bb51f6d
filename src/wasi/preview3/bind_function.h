// Makes a host function from a C++ function. Functions of 0.2 get parameters and results of 0.3 (Newer). What is done
// at once is bound as a function that returns; the library answers the call of an async function with its result. For
// the definitions of functions alone: bind.cc, http_bind.cc.
#pragma once

#include <memory>
#include <tuple>
#include <utility>

#include "ermine/component/detail/async_func.h"
#include "wasi/preview2/bind_function.h"
#include "wasi/preview3/functions.h"

namespace ermine::wasi::preview3 {

using component::Reply;
using component::detail::CallReply;
using component::detail::Cursor;
using component::detail::FuncShape;
using component::detail::HostCallable;
using component::detail::HostFunc;
using component::detail::StoredParam;
using preview2::Context;

template <class Signature>
struct Traits;
template <class R, class... A>
struct Traits<R (*)(Call&, A...)> {
  using Host = HostCallable<typename Newer<R>::type(typename Newer<A>::type...)>;
  using Value = R;
  static decltype(auto) run(R (*function)(Call&, A...), Call& call, typename Host::Stored& values) {
    return [&]<size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
      return function(call, Newer<A>::back(StoredParam<typename Newer<A>::type>::pass(std::get<I>(values)))...);
    }(std::index_sequence_for<A...>());
  }
};
template <class R, class... A>
struct Traits<void (*)(Call&, Reply<R>, A...)> {
  using Host = HostCallable<R(A...)>;
  static void run(void (*function)(Call&, Reply<R>, A...), Call& call, const CallReply& reply,
                  typename Host::Stored& values) {
    [&]<size_t... I>(std::index_sequence<I...>) {
      function(call, Reply<R>(reply), StoredParam<A>::pass(std::get<I>(values))...);
    }(std::index_sequence_for<A...>());
  }
};

// A C++ function, whose type the code that calls it knows: all functions of a type share that code.
using AnyFunction = void (*)();
using Run = bool (*)(Call& call, Cursor& cursor, uint64_t* slots, AnyFunction function);

struct Import : preview2::Import {
  AnyFunction function = nullptr;
  Run run = nullptr;  // or `start`
};

// Null after an error: the calling store has no WASI state.
Context* context_of(void* env, runtime::Store* store, Cursor& cursor);
inline constexpr const char* kVersion = "0.3.1";

template <class Type>
bool run_function(Call& call, Cursor& cursor, uint64_t* slots, AnyFunction function) {
  using Function = Traits<Type>;
  using Value = typename Function::Value;
  typename Function::Host::Stored values{};
  uint64_t out = 0;
  if (!Function::Host::lift(cursor, slots, values, out)) return false;
  if constexpr (std::is_void_v<Value>) {
    Function::run(reinterpret_cast<Type>(function), call, values);
    return preview2::finish(call, cursor);
  } else {
    const typename Newer<Value>::type result =
        Newer<Value>::from(Function::run(reinterpret_cast<Type>(function), call, values));
    return preview2::finish(call, cursor) && Function::Host::lower(cursor, slots, result, out);
  }
}

// Of those that answer later. What is to live longer than the call, they copy.
template <class Type>
bool start_function(void* env, runtime::Store* store, Cursor& cursor, const uint64_t* slots, const CallReply& reply,
                    std::shared_ptr<void>&) {
  using Function = Traits<Type>;
  Context* context = context_of(env, store, cursor);
  if (context == nullptr) return false;
  Call call{*context, StoreRef(store)};
  typename Function::Host::Stored values{};
  uint64_t out = 0;
  if (!Function::Host::lift(cursor, slots, values, out)) return false;
  Function::run(reinterpret_cast<Type>(static_cast<const Import*>(env)->function), call, reply, values);
  return preview2::finish(call, cursor);
}

// As the one of preview2, for functions that are passed when they are called.
class Definer {
 public:
  Definer(ComponentLinker& linker, std::shared_ptr<const preview2::ContextSource> source,
          const preview2::Wanted& wanted);
  template <class Type>
  void add(const char* interface, const char* name, Type function) {
    add(interface, name, reinterpret_cast<AnyFunction>(function), run_function<Type>, nullptr,
        Traits<Type>::Host::shape);
  }
  template <class Type>
  void add_async(const char* interface, const char* name, Type function) {
    add(interface, name, reinterpret_cast<AnyFunction>(function), nullptr, start_function<Type>,
        Traits<Type>::Host::shape);
  }
  template <class T>
  void resource(const char* interface, const char* name) {
    add_resource(interface, name, &ComponentLinker::resource<T>);
  }
  Result<void> finish() { return std::move(result_); }  // the first error, if there was one

 private:
  // One of `run` and `start` is null.
  [[gnu::noinline]] void add(const char* interface, const char* name, AnyFunction function, Run run,
                             decltype(HostFunc::start) start, FuncShape (*shape)());
  [[gnu::noinline]] void add_resource(const char* interface, const char* name,
                                      Result<void> (ComponentLinker::*define)(std::string_view, std::string_view));

  ComponentLinker& linker_;
  std::shared_ptr<const preview2::ContextSource> source_;
  const preview2::Wanted& wanted_;
  bool may_trace_;
  Result<void> result_;
  preview2::FullName full_name_;
};

}  // namespace ermine::wasi::preview3

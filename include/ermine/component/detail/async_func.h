// Turns a C++ callable into an asynchronous function that components import. It takes `ComponentCaller&` first, or not;
// then a component::Reply of the result; then the parameters. It returns void or Result<void>. The parameters are kept
// until the answer, so those that would refer to the component's memory refer to copies.
#pragma once

#include <exception>
#include <span>
#include <string_view>
#include <tuple>

#include "ermine/component/detail/host_func.h"
#include "ermine/component/reply.h"

namespace ermine::component::detail {

// What the parameter A is lifted as, and how it is passed.
template <class A, class Plain = std::remove_cvref_t<A>>
struct AsyncParam {
  using Lifted = A;
  using Stored = typename StoredParam<A>::type;
  static_assert(!Codec<Stored>::memory_view,
                "a parameter of an asynchronous function must own its parts: std::string, std::vector");
  static decltype(auto) pass(Stored& v) { return StoredParam<A>::pass(v); }
};
template <class A>
struct AsyncParam<A, std::string_view> {
  using Lifted = std::string;
  static std::string_view pass(std::string& v) { return v; }
};
template <class A, class E>
struct AsyncParam<A, std::span<const E>> {
  using Lifted = std::vector<E>;
  static std::span<const E> pass(std::vector<E>& v) { return v; }
};

template <class T>
struct AsyncCallable : AsyncCallable<decltype(&T::operator())> {};
template <class Ret, class... A>
struct AsyncCallable<Ret (*)(A...)> : AsyncCallable<Ret(A...)> {};
template <class Ret, class... A>
struct AsyncCallable<Ret (*)(A...) noexcept> : AsyncCallable<Ret(A...)> {};
template <class C, class Ret, class... A>
struct AsyncCallable<Ret (C::*)(A...)> : AsyncCallable<Ret(A...)> {};
template <class C, class Ret, class... A>
struct AsyncCallable<Ret (C::*)(A...) const> : AsyncCallable<Ret(A...)> {};
template <class C, class Ret, class... A>
struct AsyncCallable<Ret (C::*)(A...) noexcept> : AsyncCallable<Ret(A...)> {};
template <class C, class Ret, class... A>
struct AsyncCallable<Ret (C::*)(A...) const noexcept> : AsyncCallable<Ret(A...)> {};
template <class Ret, class... A>
struct AsyncCallable<Ret(ComponentCaller&, A...)> : AsyncCallable<Ret(A...)> {
  static constexpr bool takes_caller = true;
};
template <class Ret, class... A>
struct AsyncCallable<Ret(ComponentCaller, A...)> : AsyncCallable<Ret(A...)> {
  static constexpr bool takes_caller = true;
};
template <class T>
inline constexpr bool kIsReply = false;
template <class R>
inline constexpr bool kIsReply<Reply<R>> = true;
template <class Ret, class First, class... A>
struct AsyncCallable<Ret(First, A...)> {
  static_assert(kIsReply<std::remove_cvref_t<First>>,
                "an asynchronous function takes a component::Reply<R> first, for its result");
  static_assert(std::is_void_v<Ret> || std::is_same_v<Ret, Result<void>>,
                "an asynchronous function returns nothing, or Result<void>: its result goes to the Reply");
  static constexpr bool takes_caller = false;
  static constexpr bool fails = !std::is_void_v<Ret>;
  using ReplyType = std::remove_cvref_t<First>;
  using Host = HostCallable<typename ReplyType::value_type(typename AsyncParam<A>::Lifted...)>;
  static FuncShape shape() {
    FuncShape shape = Host::shape();
    shape.is_async = true;
    return shape;
  }
  template <class F, class... Before>
  static decltype(auto) apply(F& f, typename Host::Stored& values, Before&&... before) {
    return [&]<size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
      return f(std::forward<Before>(before)..., AsyncParam<A>::pass(std::get<I>(values))...);
    }(std::index_sequence_for<A...>());
  }
};

template <class F>
struct AsyncFuncThunk {
  using Callable = AsyncCallable<F>;
  using Stored = typename Callable::Host::Stored;

  static bool start(void* env, runtime::Store* store, Cursor& cursor, const uint64_t* slots, const CallReply& reply,
                    std::shared_ptr<void>& kept) {
#if defined(__cpp_exceptions)
    try {
      return run(env, store, cursor, slots, reply, kept);
    } catch (const std::exception& e) { return cursor.fail(ermine::detail::exception_error(e.what())); } catch (...) {
      return cursor.fail(ermine::detail::exception_error(nullptr));
    }
#else
    return run(env, store, cursor, slots, reply, kept);
#endif
  }

  static bool run(void* env, runtime::Store* store, Cursor& cursor, const uint64_t* slots, const CallReply& reply,
                  std::shared_ptr<void>& kept) {
    F& f = *static_cast<F*>(env);
    auto values = std::make_shared<Stored>();
    kept = values;
    uint64_t out = 0;
    if (!Callable::Host::lift(cursor, slots, *values, out)) return false;
    const typename Callable::ReplyType typed(reply);
    const auto apply = [&]() -> decltype(auto) {
      if constexpr (Callable::takes_caller) {
        ComponentCaller caller(store);
        return Callable::apply(f, *values, caller, typed);
      } else {
        return Callable::apply(f, *values, typed);
      }
    };
    if constexpr (Callable::fails) {
      Result<void> begun = apply();
      if (!begun) return cursor.fail(std::move(begun).error());
    } else {
      apply();
    }
    return true;
  }
};

template <class F>
HostFunc make_async_host_func(F&& callable) {
  using Fn = std::decay_t<F>;
  HostFunc func;
  func.env = std::make_shared<Fn>(std::forward<F>(callable));
  func.shape = AsyncCallable<Fn>::shape();
  func.start = &AsyncFuncThunk<Fn>::start;
  return func;
}

}  // namespace ermine::component::detail

// Turns a C++ callable into a function that components import: lifts its parameters, calls it, and lowers its result.
// The callable may take `ComponentCaller&` or `ComponentCaller` first; it returns void, a type of component/func.h, or
// a Result of one of these. A C++ exception that leaves it becomes an Error.
#pragma once

#include <exception>
#include <memory>
#include <tuple>

#include "ermine/component/caller.h"
#include "ermine/component/func.h"

namespace ermine::detail {
Error exception_error(const char* what);
}

namespace ermine::component::detail {

template <class T>
struct HostCallable : HostCallable<decltype(&T::operator())> {};
template <class R, class... A>
struct HostCallable<R (*)(A...)> : HostCallable<R(A...)> {};
template <class R, class... A>
struct HostCallable<R (*)(A...) noexcept> : HostCallable<R(A...)> {};
template <class C, class R, class... A>
struct HostCallable<R (C::*)(A...)> : HostCallable<R(A...)> {};
template <class C, class R, class... A>
struct HostCallable<R (C::*)(A...) const> : HostCallable<R(A...)> {};
template <class C, class R, class... A>
struct HostCallable<R (C::*)(A...) noexcept> : HostCallable<R(A...)> {};
template <class C, class R, class... A>
struct HostCallable<R (C::*)(A...) const noexcept> : HostCallable<R(A...)> {};
template <class R, class... A>
struct HostCallable<R(ComponentCaller&, A...)> : HostCallable<R(A...)> {
  static constexpr bool takes_caller = true;
};
template <class R, class... A>
struct HostCallable<R(ComponentCaller, A...)> : HostCallable<R(A...)> {
  static constexpr bool takes_caller = true;
};

template <class T>
struct UnwrapResult {
  using type = T;
  static constexpr bool is_result = false;
};
template <class T>
struct UnwrapResult<Result<T>> {
  using type = T;
  static constexpr bool is_result = true;
};

template <class R, class... A>
struct HostCallable<R(A...)> {
  static constexpr bool takes_caller = false;
  using Return = R;
  using Value = typename UnwrapResult<R>::type;  // may be void
  using Params = FieldsLayout<typename StoredParam<A>::type...>;
  using Stored = std::tuple<typename StoredParam<A>::type...>;
  using Indices = std::index_sequence_for<A...>;

  static FuncShape shape() {
    FuncShape shape = params_shape<typename StoredParam<A>::type...>();
    if constexpr (!std::is_void_v<Value>) {
      static_assert(!Codec<Value>::view, "the result of a host function must own its parts: std::string, std::vector");
      shape.result = &Codec<Value>::shape();
    }
    return shape;
  }

  // Reads the parameters, and where a result that is no single core value goes.
  static bool lift(Cursor& cursor, const uint64_t* slots, [[maybe_unused]] Stored& values, uint64_t& out) {
    if (params_are_direct<Params>(cursor)) {
      const bool done = [&]<size_t... I>(std::index_sequence<I...>) {
        return (Codec<typename StoredParam<A>::type>::lift(cursor, slots, std::get<I>(values)) && ...);
      }(Indices());
      if (result_in_memory(cursor)) out = *slots;
      return done;
    } else {
      if (result_in_memory(cursor)) out = slots[1];
      uint8_t* place = nullptr;
      if (!cursor.place(slots[0], Params::size.of(cursor), Params::alignment.of(cursor), place)) return false;
      return [&]<size_t... I>(std::index_sequence<I...>) {
        return (Codec<typename StoredParam<A>::type>::load(cursor, place + Params::offsets[I].of(cursor),
                                                           std::get<I>(values)) &&
                ...);
      }(Indices());
    }
  }
  static bool lower(Cursor& cursor, uint64_t* slots, const auto& result, uint64_t out) {
    if (result_in_memory(cursor)) {
      uint8_t* place = nullptr;
      return cursor.place(out, Codec<Value>::size.of(cursor), Codec<Value>::alignment.of(cursor), place) &&
             Codec<Value>::store(cursor, out, result);
    } else {
      return Codec<Value>::lower(cursor, slots, result);
    }
  }
  template <class F>
  static decltype(auto) apply(F& f, Stored& values) {
    return [&]<size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
      return f(StoredParam<A>::pass(std::get<I>(values))...);
    }(Indices());
  }
  template <class F>
  static decltype(auto) apply(F& f, ComponentCaller& caller, Stored& values) {
    return [&]<size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
      return f(caller, StoredParam<A>::pass(std::get<I>(values))...);
    }(Indices());
  }

 private:
  static bool result_in_memory(const Cursor& cursor) {
    if constexpr (std::is_void_v<Value>) return false;
    else if constexpr (Codec<Value>::flat > kMaxFlatResults) return true;
    else return Codec<Value>::flat > cursor.max_flat_results;
  }
};

template <class F>
struct HostFuncThunk {
  using Callable = HostCallable<F>;
  using Value = typename Callable::Value;

  static bool call(void* env, runtime::Store* store, Cursor& cursor, uint64_t* slots) {
#if defined(__cpp_exceptions)
    try {
      return run(env, store, cursor, slots);
    } catch (const std::exception& e) { return cursor.fail(ermine::detail::exception_error(e.what())); } catch (...) {
      return cursor.fail(ermine::detail::exception_error(nullptr));
    }
#else
    return run(env, store, cursor, slots);
#endif
  }

  static bool run(void* env, runtime::Store* store, Cursor& cursor, uint64_t* slots) {
    F& f = *static_cast<F*>(env);
    typename Callable::Stored values{};
    uint64_t out = 0;
    if (!Callable::lift(cursor, slots, values, out)) return false;
    const auto apply = [&]() -> decltype(auto) {
      if constexpr (Callable::takes_caller) {
        ComponentCaller caller(store);
        return Callable::apply(f, caller, values);
      } else {
        return Callable::apply(f, values);
      }
    };
    if constexpr (UnwrapResult<typename Callable::Return>::is_result) {
      auto result = apply();
      if (!result) [[unlikely]]
        return cursor.fail(std::move(result).error());
      if constexpr (!std::is_void_v<Value>) return Callable::lower(cursor, slots, *result, out);
    } else if constexpr (std::is_void_v<Value>) {
      apply();
    } else {
      const auto& result = apply();
      return Callable::lower(cursor, slots, result, out);
    }
    return true;
  }
};

template <class F>
HostFunc make_host_func(F&& callable) {
  using Fn = std::decay_t<F>;
  return {&HostFuncThunk<Fn>::call, std::make_shared<Fn>(std::forward<F>(callable)), HostCallable<Fn>::shape()};
}

}  // namespace ermine::component::detail

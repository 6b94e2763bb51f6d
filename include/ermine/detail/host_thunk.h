// Turns a C++ callable into a host function over raw slots. The callable may take `Caller&` or `Caller` first, then any
// types of detail/slots.h; it returns void, such a type, a tuple of them, or a Result of one of these. A C++ exception
// that leaves it becomes an Error and does not pass through WebAssembly frames.
#pragma once

#include <exception>
#include <memory>
#include <string>

#include "ermine/caller.h"

namespace ermine::detail {

using HostFn = bool (*)(void* env, runtime::HostCall& call, uint64_t* slots);

// A host function that does not belong to a store yet. Immutable; `env` is passed to the function.
struct HostFunction {
  HostFn fn = nullptr;
  std::shared_ptr<void> env;
  FuncType type;
};

// Stores the error into the call's store; returns false.
bool fail(runtime::HostCall& call, Error&& error);
Error exception_error(const char* what);
runtime::Store* store_of(runtime::HostCall& call);

template <class T>
struct CallableTraits : CallableTraits<decltype(&T::operator())> {};
template <class R, class... A>
struct CallableTraits<R (*)(A...)> : CallableTraits<R(A...)> {};
template <class C, class R, class... A>
struct CallableTraits<R (C::*)(A...)> : CallableTraits<R(A...)> {};
template <class C, class R, class... A>
struct CallableTraits<R (C::*)(A...) const> : CallableTraits<R(A...)> {};
template <class C, class R, class... A>
struct CallableTraits<R (C::*)(A...) noexcept> : CallableTraits<R(A...)> {};
template <class C, class R, class... A>
struct CallableTraits<R (C::*)(A...) const noexcept> : CallableTraits<R(A...)> {};
template <class R, class... A>
struct CallableTraits<R (*)(A...) noexcept> : CallableTraits<R(A...)> {};
template <class R, class... A>
struct CallableTraits<R(A...)> {
  using Return = R;
  using Params = Pack<std::remove_cvref_t<A>...>;
  static constexpr bool takes_caller = false;
};
template <class R, class... A>
struct CallableTraits<R(Caller&, A...)> : CallableTraits<R(A...)> {
  static constexpr bool takes_caller = true;
};
template <class R, class... A>
struct CallableTraits<R(Caller, A...)> : CallableTraits<R(A...)> {
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

template <class R>
void store_results(uint64_t* slots, const R& value) {
  if constexpr (requires { Results<R>::store(slots, value); }) Results<R>::store(slots, value);
  else SlotTraits<R>::store(slots, value);
}

template <class F>
struct HostThunk {
  using Traits = CallableTraits<F>;
  using Params = typename Traits::Params;
  using Unwrap = UnwrapResult<typename Traits::Return>;
  using R = typename Unwrap::type;
  using Res = Results<R>;

  static bool call(void* env, runtime::HostCall& host_call, uint64_t* slots) {
#if defined(__cpp_exceptions)
    try {
      return run(env, host_call, slots);
    } catch (const std::exception& e) { return fail(host_call, exception_error(e.what())); } catch (...) {
      return fail(host_call, exception_error(nullptr));
    }
#else
    return run(env, host_call, slots);
#endif
  }

  static bool run(void* env, runtime::HostCall& host_call, uint64_t* slots) {
    F& f = *static_cast<F*>(env);
    auto with_args = [&](auto&&... args) -> typename Traits::Return {
      if constexpr (Traits::takes_caller) {
        Caller caller(host_call);
        return f(caller, std::forward<decltype(args)>(args)...);
      } else {
        return f(std::forward<decltype(args)>(args)...);
      }
    };
    // Only references need the store.
    runtime::Store* store = needs_store ? store_of(host_call) : nullptr;
    if constexpr (Unwrap::is_result) {
      auto result = Params::apply(store, slots, with_args);
      if (!result) [[unlikely]]
        return fail(host_call, std::move(result).error());
      if constexpr (!std::is_void_v<R>) store_results<R>(slots, *result);
    } else if constexpr (std::is_void_v<R>) {
      Params::apply(store, slots, with_args);
    } else {
      store_results<R>(slots, Params::apply(store, slots, with_args));
    }
    return true;
  }

  static constexpr bool needs_store = [] {
    for (ValType t : Params::types)
      if (t.is_ref()) return true;
    return false;
  }();
};

template <class F>
HostFunction make_host_function(F&& callable) {
  using Fn = std::decay_t<F>;
  using Thunk = HostThunk<Fn>;
  HostFunction h;
  h.fn = &Thunk::call;
  h.env = std::make_shared<Fn>(std::forward<F>(callable));
  h.type.params.assign(Thunk::Params::types.begin(), Thunk::Params::types.end());
  h.type.results.assign(Thunk::Res::types.begin(), Thunk::Res::types.end());
  return h;
}

Func make_func(StoreRef store, HostFunction function);

}  // namespace ermine::detail

namespace ermine {
template <class F>
Func Func::wrap(StoreRef store, F&& callable) {
  return detail::make_func(store, detail::make_host_function(std::forward<F>(callable)));
}
}  // namespace ermine

// Func: a function of a store, from WebAssembly or from the host, and how to call it. TypedFunc is the same with a
// signature that is known when the embedder is compiled: a call then moves the arguments directly into the callee's
// frame.
#pragma once

#include <functional>
#include <span>
#include <tuple>
#include <vector>

#include "ermine/detail/slots.h"
#include "ermine/value.h"

namespace ermine {

class Caller;

// A host function whose signature is known only at run time. `results` are initialised to the defaults of their types;
// the function sets them to values of exactly those types. An Error ends the calling program: its kind and message
// reach the code that called into WebAssembly, with a backtrace added.
using HostCallback = std::function<Result<void>(Caller& caller, std::span<const Val> args, std::span<Val> results)>;

template <class Signature>
class TypedFunc;

namespace detail {
// Runs a function over raw slots: arguments in, results out. False: take_error() has the error.
bool invoke(runtime::Store* store, runtime::FuncRef* func, uint64_t* slots);
Error take_error(runtime::Store* store);
// kUsage with both signatures if a call with these types would not be well typed.
Result<void> check_signature(runtime::FuncRef* func, std::span<const ValType> params, std::span<const ValType> results);
}  // namespace detail

// A handle, valid while its store lives; used on the store's thread. It is also the value of a function
// reference, so it may be null. Equality is identity.
class Func {
 public:
  Func() = default;  // the null reference

  // Makes a host function that is not in a Linker; see HostCallback, and func_wrap() in linker.h.
  static Func create(StoreRef store, const FuncType& type, HostCallback callback);
  template <class F>
  static Func wrap(StoreRef store, F&& callable);

  explicit operator bool() const { return impl_ != nullptr; }
  // Precondition of all functions below: not null.
  FuncType type() const;
  // Calls it. `results` must have as many entries as the type. Errors: kUsage for arguments that do not fit, kTrap and
  // kException with a backtrace, or the error that a host function returned.
  Result<void> call(std::span<const Val> args, std::span<Val> results) const;
  Result<std::vector<Val>> call(std::span<const Val> args) const;
  Result<std::vector<Val>> call(std::initializer_list<Val> args) const {
    return call(std::span<const Val>(args.begin(), args.size()));
  }
  // As in func.typed<int32_t(int32_t, double)>(). Several results are a std::tuple. kUsage if the function has another
  // type.
  template <class Signature>
  Result<TypedFunc<Signature>> typed() const;
  // Name for messages, from the module; may be empty.
  std::string name() const;
  bool operator==(const Func& o) const { return impl_ == o.impl_; }

  // For the library's own code.
  Func(runtime::Store* store, runtime::FuncRef* impl) : store_(store), impl_(impl) {}
  runtime::FuncRef* impl() const { return impl_; }
  runtime::Store* store_impl() const { return store_; }

 private:
  runtime::Store* store_ = nullptr;
  runtime::FuncRef* impl_ = nullptr;
};

template <class R, class... Args>
class TypedFunc<R(Args...)> {
 public:
  // Precondition: the handle's store lives. Errors are those of Func::call.
  Result<R> operator()(const Args&... args) const {
    uint64_t slots[kSlots];
    detail::Pack<Args...>::store(slots, args...);
    if (!detail::invoke(func_.store_impl(), func_.impl(), slots)) [[unlikely]]
      return detail::take_error(func_.store_impl());
    if constexpr (std::is_void_v<R>) return {};
    else return detail::Results<R>::load(func_.store_impl(), slots);
  }
  Result<R> call(const Args&... args) const { return (*this)(args...); }
  const Func& func() const { return func_; }

  static std::span<const ValType> params() { return detail::Pack<Args...>::types; }
  static std::span<const ValType> results() { return detail::Results<R>::types; }

 private:
  friend class Func;
  explicit TypedFunc(const Func& func) : func_(func) {}
  static constexpr size_t kSlots = std::max<size_t>({detail::Pack<Args...>::slots, detail::Results<R>::slots, 1});
  Func func_;
};

template <class Signature>
Result<TypedFunc<Signature>> Func::typed() const {
  using Typed = TypedFunc<Signature>;
  ERMINE_TRY(detail::check_signature(impl_, Typed::params(), Typed::results()));
  return Typed(*this);
}

}  // namespace ermine

#include "ermine/detail/slots_refs.h"

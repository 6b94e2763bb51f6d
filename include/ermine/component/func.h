// ComponentFunc: an exported function of a component's instance. TypedComponentFunc is the same with a C++ signature,
// checked once: a call then moves the arguments directly into the component's memory, and its result out of it.
//
//   ERMINE_ASSIGN(auto greet, instance.get_typed_func<std::string(std::string_view)>("demo:greeter/greet", "greet"));
//   ERMINE_ASSIGN(std::string text, greet("Ada"));
//
// C++ types of WIT types:
//   bool, u8 … s64, f32, f64, char   bool, uint8_t … int64_t, float, double, char32_t
//   string                           std::string; as an argument std::string_view as well
//   list<t>                          std::vector<T>; as an argument std::span<const T> as well
//   option<t>, tuple<…>              std::optional<T>, std::tuple<…> (std::pair)
//   result<t, e>                     component::Expected<T, E>, or std::expected; void or std::monostate for what is
//   missing variant, record, enum, flags     std::variant, and types that are declared: component/declare.h resources
//   std::unique_ptr<T> and T& of classes that are declared, or component::Resource and
//                                    component::ResourceRef for any: component/resource.h
//   list<t, n>, map<k, v>            std::array<T, n>; std::map, std::unordered_map
//   stream<t>, future<t>             component::StreamReader<T>, component::FutureReader<T>: component/stream.h
//   error-context                    component::ErrorContext
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/component/call.h"
#include "ermine/component/detail/values.h"
#include "ermine/result.h"

namespace ermine {

namespace component {
class ComponentInstance;
struct BoundFunc;
}  // namespace component

namespace component::detail {

// The core values that are passed directly (CanonicalABI.md, "Flattening"); more are passed in memory.
inline constexpr uint32_t kMaxFlatParams = 16, kMaxFlatResults = 1, kMaxFlatAsyncParams = 4;
template <class Params>
bool params_are_direct(const Cursor& cursor) {
  if constexpr (Params::flat <= kMaxFlatAsyncParams) return true;
  else if constexpr (Params::flat > kMaxFlatParams) return false;
  else return Params::flat <= cursor.max_flat_params;
}

// The type that a parameter is stored as: T& of a resource is a pointer.
template <class A>
struct StoredParam {
  using type = std::remove_cvref_t<A>;
  static type&& pass(type& v) { return std::move(v); }
};
template <class A>
  requires(std::is_lvalue_reference_v<A> && kIsResource<std::remove_cvref_t<A>>)
struct StoredParam<A> {
  using type = std::remove_reference_t<A>*;
  static A pass(type v) { return *v; }
};
// How an argument is passed to a typed function: what has resources in it is moved.
template <class A>
using ArgumentOf = std::conditional_t<std::is_lvalue_reference_v<A> && kIsResource<std::remove_cvref_t<A>>, A,
                                      std::conditional_t<Codec<typename StoredParam<A>::type>::owns,
                                                         std::remove_cvref_t<A>&&, const std::remove_cvref_t<A>&>>;
template <class T>
const T& lowered(const T& v) {
  return v;
}
template <class T>
  requires kIsResource<std::remove_const_t<T>>
T* lowered(T& v) {
  return &v;
}

// The type that an argument is kept as while a call that is not over may need it.
template <class T>
struct OwnedArgument {
  using type = T;
};
template <>
struct OwnedArgument<std::string_view> {
  using type = std::string;
};
template <class E>
struct OwnedArgument<std::span<const E>> {
  using type = std::vector<E>;
};
template <class Owned, class T>
Owned owned(T& v) {
  if constexpr (std::is_constructible_v<Owned, T&&>) return Owned(std::move(v));
  else return Owned(v.begin(), v.end());  // a span
}

// A call of a typed function. After begin() and until finish() it must be the store's innermost call.
class OutgoingCall {
 public:
  explicit OutgoingCall(const BoundFunc& func);
  ~OutgoingCall();
  OutgoingCall(const OutgoingCall&) = delete;
  OutgoingCall& operator=(const OutgoingCall&) = delete;

  // Each false after an error. In this order; arguments are lowered after the first, the result lifted after the
  // second.
  bool begin();
  bool run(uint64_t* slots);
  bool finish(uint64_t returned);
  Cursor& cursor() { return *cursor_; }
  // Ends the call that failed.
  Error fail();

 private:
  [[maybe_unused]] alignas(16) unsigned char storage_[208];  // (in a build without components)
  Cursor* cursor_;
};

// Whether the function's type is async.
bool is_async(const BoundFunc& func);
// kUsage with both types if the function has another one.
Result<std::shared_ptr<const BoundFunc>> bind(const std::shared_ptr<const BoundFunc>& func, const FuncShape& shape);

}  // namespace component::detail

template <class Signature>
class TypedComponentFunc;

// A handle; must not be used after the instance's store, and by one thread at a time, as the store.
class ComponentFunc {
 public:
  // Calls it. The result is there exactly if the type has one. If the type is async, runs the store's event loop until
  // the call is over. Errors: kUsage (the arguments do not fit), and those of running code, after which no function of
  // the instance can be called.
  Result<std::optional<component::Value>> call(std::span<const component::Value> arguments) const;
  // Begins a call. If the function's type is not async, it is over when this returns.
  Result<ComponentCall<std::optional<component::Value>>> call_async(std::span<const component::Value> arguments) const;

  // As in func.typed<std::string(uint32_t, std::string_view)>(). kUsage if the function has another type, with both;
  // kUnsupported for a function that the component only passes on from its imports.
  template <class Signature>
  Result<TypedComponentFunc<Signature>> typed() const;

  std::string name() const;  // "a:b/c.f", "f"
  std::string type() const;  // in WIT: "func(name: string) -> string"

  // For the library's own code.
  explicit ComponentFunc(std::shared_ptr<const component::BoundFunc> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<const component::BoundFunc> impl_;
};

template <class R, class... Args>
class TypedComponentFunc<R(Args...)> {
  template <class T>
  using Codec = component::detail::Codec<T>;
  using Params = component::detail::FieldsLayout<typename component::detail::StoredParam<Args>::type...>;

 public:
  using Signature = R(Args...);

  // Refers to no function: must not be called.
  TypedComponentFunc() = default;

  // Errors: kUsage (an argument that its type does not have, such as a string that is not UTF-8), and those of
  // ComponentFunc::call. Arguments with resources in them are moved, even if the call fails.
  Result<R> operator()(component::detail::ArgumentOf<Args>... args) const {
    if (component::detail::is_async(*func_)) [[unlikely]]
      return wait_for(std::tuple<decltype(component::detail::lowered(args))...>(component::detail::lowered(args)...));
    component::detail::OutgoingCall call(*func_);
    uint64_t slots[kSlots];
    if (!call.begin() || !lower(call.cursor(), slots, component::detail::lowered(args)...) || !call.run(slots))
        [[unlikely]]
      return call.fail();
    if constexpr (std::is_void_v<R>) {
      if (!call.finish(0)) [[unlikely]]
        return call.fail();
      return {};
    } else {
      R result{};
      const uint64_t returned = slots[0];
      if (!lift(call.cursor(), slots, result) || !call.finish(returned)) [[unlikely]]
        return call.fail();
      return result;
    }
  }
  Result<R> call(component::detail::ArgumentOf<Args>... args) const {
    return (*this)(static_cast<component::detail::ArgumentOf<Args>>(args)...);
  }
  // Begins a call, for which the arguments are moved or copied. What they refer to, T& of a resource, must exist until
  // it is over. If the function's type is not async, the call is over when this returns. Errors are those of a call,
  // except those that ComponentCall::take() has.
  Result<ComponentCall<R>> call_async(Args... args) const {
    auto place = std::make_shared<component::detail::ResultPlace<R>>();
    if (!component::detail::is_async(*func_)) {
      auto result = (*this)(static_cast<component::detail::ArgumentOf<Args>>(args)...);
      if (!result) return std::move(result).error();
      if constexpr (!std::is_void_v<R>) place->emplace(*std::move(result));
      return ComponentCall<R>(component::detail::PendingCall(), std::move(place));
    }
    return begin(std::tuple<Owned<Args>...>(keep<Args>(args)...), std::move(place));
  }

 private:
  friend class ComponentFunc;
  explicit TypedComponentFunc(std::shared_ptr<const component::BoundFunc> func) : func_(std::move(func)) {}

  template <class A>
  using Stored = typename component::detail::StoredParam<A>::type;
  template <class A>
  using Owned = typename component::detail::OwnedArgument<Stored<A>>::type;
  template <class A>
  static Owned<A> keep(std::remove_reference_t<A>& arg) {
    if constexpr (std::is_pointer_v<Stored<A>>) return &arg;
    else return component::detail::owned<Owned<A>>(arg);
  }

  // What a call of an asynchronous function needs until it is over. Values: a std::tuple.
  template <class Values>
  struct Kept {
    Values values;
    std::shared_ptr<component::detail::ResultPlace<R>> result;

    static bool lower(void* data, component::detail::Cursor& cursor, uint64_t* slots) {
      return std::apply(
          [&](const auto&... v) { return TypedComponentFunc::lower(cursor, slots, as_stored<Args>(v)...); },
          static_cast<Kept*>(data)->values);
    }
    static bool lift(void* data, component::detail::Cursor& cursor, const uint64_t* slots) {
      auto& place = static_cast<Kept*>(data)->result->emplace();
      if constexpr (std::is_void_v<R>) return true;
      else return TypedComponentFunc::lift(cursor, slots, place);
    }
  };
  // A span of a vector, a view of a string: what the codec of the parameter takes.
  template <class A, class V>
  static decltype(auto) as_stored(const V& v) {
    if constexpr (std::is_same_v<V, Owned<A>> && !std::is_same_v<V, Stored<A>>) return Stored<A>(v);
    else return (v);
  }
  template <class Values>
  Result<ComponentCall<R>> begin(Values values, std::shared_ptr<component::detail::ResultPlace<R>> result) const {
    using Data = Kept<Values>;
    auto data = std::make_shared<Data>(Data{std::move(values), result});
    ERMINE_ASSIGN(component::detail::PendingCall call,
                  component::detail::PendingCall::start(func_, {std::move(data), &Data::lower, &Data::lift}));
    return ComponentCall<R>(std::move(call), std::move(result));
  }
  template <class Values>
  Result<R> wait_for(Values values) const {
    ERMINE_ASSIGN(ComponentCall<R> call,
                  begin(std::move(values), std::make_shared<component::detail::ResultPlace<R>>()));
    return call.wait();
  }

  static constexpr bool kDirectParams = Params::flat <= component::detail::kMaxFlatParams;
  static constexpr uint32_t kSlots = kDirectParams && Params::flat > 0 ? Params::flat : 1;
  static component::detail::FuncShape shape() {
    component::detail::FuncShape shape =
        component::detail::params_shape<typename component::detail::StoredParam<Args>::type...>();
    if constexpr (!std::is_void_v<R>) {
      static_assert(!Codec<R>::view, "the result of a function must own its parts: std::string, std::vector");
      shape.result = &Codec<R>::shape();
    }
    return shape;
  }

  template <class... V>
  static bool lower(component::detail::Cursor& cursor, uint64_t* slots, const V&... values) {
    if constexpr (kDirectParams) {
      (void)slots;
      return (Codec<typename component::detail::StoredParam<Args>::type>::lower(cursor, slots, values) && ...);
    } else {
      uint64_t at = 0;
      if (!cursor.allocate(Params::alignment.of(cursor), Params::size.of(cursor), at)) return false;
      slots[0] = at;
      size_t i = 0;
      return (Codec<typename component::detail::StoredParam<Args>::type>::store(
                  cursor, at + Params::offsets[i++].of(cursor), values) &&
              ...);
    }
  }
  static bool lift(component::detail::Cursor& cursor, const uint64_t* slots, auto& result) {
    if (Codec<R>::flat <= cursor.max_flat_results) {
      return Codec<R>::lift(cursor, slots, result);
    } else {
      uint8_t* place = nullptr;
      return cursor.place(slots[0], Codec<R>::size.of(cursor), Codec<R>::alignment.of(cursor), place) &&
             Codec<R>::load(cursor, place, result);
    }
  }

  std::shared_ptr<const component::BoundFunc> func_;
};

template <class Signature>
Result<TypedComponentFunc<Signature>> ComponentFunc::typed() const {
  using Typed = TypedComponentFunc<Signature>;
  ERMINE_ASSIGN(auto bound, component::detail::bind(impl_, Typed::shape()));
  return Typed(std::move(bound));
}

}  // namespace ermine

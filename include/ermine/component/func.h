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
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/component/detail/values.h"
#include "ermine/result.h"

namespace ermine {

namespace component {
class ComponentInstance;
struct BoundFunc;
}  // namespace component

namespace component::detail {

// The core values that are passed directly (CanonicalABI.md, "Flattening"); more are passed in memory.
inline constexpr uint32_t kMaxFlatParams = 16, kMaxFlatResults = 1;

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
  alignas(16) unsigned char storage_[208];
  Cursor* cursor_;
};

// kUsage with both types if the function has another one; kUnsupported for 64-bit memories.
Result<std::shared_ptr<const BoundFunc>> bind(const std::shared_ptr<const BoundFunc>& func, const FuncShape& shape);

}  // namespace component::detail

template <class Signature>
class TypedComponentFunc;

// A handle; must not be used after the instance's store, and by one thread at a time, as the store.
class ComponentFunc {
 public:
  // Calls it. The result is there exactly if the type has one. Errors: kUsage (the arguments do not fit), and those of
  // running code, after which no function of the instance can be called.
  Result<std::optional<component::Value>> call(std::span<const component::Value> arguments) const;

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

 private:
  friend class ComponentFunc;
  explicit TypedComponentFunc(std::shared_ptr<const component::BoundFunc> func) : func_(std::move(func)) {}

  static constexpr bool kDirectParams = Params::flat <= component::detail::kMaxFlatParams;
  static constexpr uint32_t kSlots = kDirectParams && Params::flat > 0 ? Params::flat : 1;
  static constexpr const component::detail::TypeShape* kParamShapes[sizeof...(Args) + 1] = {
      &Codec<typename component::detail::StoredParam<Args>::type>::shape..., nullptr};
  static constexpr component::detail::FuncShape shape() {
    component::detail::FuncShape shape{{kParamShapes, sizeof...(Args)}};
    if constexpr (!std::is_void_v<R>) {
      static_assert(!Codec<R>::view, "the result of a function must own its parts: std::string, std::vector");
      shape.result = &Codec<R>::shape;
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
      if (!cursor.allocate(Params::alignment, Params::size, at)) return false;
      slots[0] = at;
      size_t i = 0;
      return (Codec<typename component::detail::StoredParam<Args>::type>::store(cursor, at + Params::offsets[i++],
                                                                                values) &&
              ...);
    }
  }
  static bool lift(component::detail::Cursor& cursor, const uint64_t* slots, auto& result) {
    if constexpr (Codec<R>::flat <= component::detail::kMaxFlatResults) {
      return Codec<R>::lift(cursor, slots, result);
    } else {
      uint8_t* place = nullptr;
      return cursor.place(slots[0], Codec<R>::size, Codec<R>::alignment, place) &&
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

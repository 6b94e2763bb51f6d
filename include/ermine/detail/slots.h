// How C++ values map to the slots of a WebAssembly call, for TypedFunc and func_wrap. A slot has 64 bits; i32 is
// zero-extended, f32 is in the low bits, v128 takes two slots. Integers of 4 and 8 bytes are i32 and i64, signed or
// unsigned.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>

#include "ermine/types.h"
#include "ermine/value.h"

namespace ermine::detail {

// Specialised for every type that can be a parameter or result: `type`, load and store.
template <class T>
struct SlotTraits;

template <class T>
  requires(std::integral<T> && sizeof(T) == 4)
struct SlotTraits<T> {
  static constexpr ValType type = ValType::i32();
  static T load(runtime::Store*, const uint64_t* s) { return static_cast<T>(static_cast<uint32_t>(*s)); }
  static void store(uint64_t* s, T v) { *s = static_cast<uint32_t>(v); }
};
template <class T>
  requires(std::integral<T> && sizeof(T) == 8)
struct SlotTraits<T> {
  static constexpr ValType type = ValType::i64();
  static T load(runtime::Store*, const uint64_t* s) { return static_cast<T>(*s); }
  static void store(uint64_t* s, T v) { *s = static_cast<uint64_t>(v); }
};
template <>
struct SlotTraits<float> {
  static constexpr ValType type = ValType::f32();
  static float load(runtime::Store*, const uint64_t* s) { return std::bit_cast<float>(static_cast<uint32_t>(*s)); }
  static void store(uint64_t* s, float v) { *s = std::bit_cast<uint32_t>(v); }
};
template <>
struct SlotTraits<double> {
  static constexpr ValType type = ValType::f64();
  static double load(runtime::Store*, const uint64_t* s) { return std::bit_cast<double>(*s); }
  static void store(uint64_t* s, double v) { *s = std::bit_cast<uint64_t>(v); }
};
template <>
struct SlotTraits<V128> {
  static constexpr ValType type = ValType::v128();
  static V128 load(runtime::Store*, const uint64_t* s) {
    V128 v;
    std::memcpy(v.bytes.data(), s, 16);
    return v;
  }
  static void store(uint64_t* s, const V128& v) { std::memcpy(s, v.bytes.data(), 16); }
};

template <class T>
concept SlotType = requires { SlotTraits<std::remove_cvref_t<T>>::type; };

// A sequence of values, one after the other.
template <class... T>
struct Pack {
  static constexpr size_t count = sizeof...(T);
  static constexpr std::array<ValType, count> types = {SlotTraits<T>::type...};
  static constexpr size_t slots = (size_t{0} + ... + SlotTraits<T>::type.slots());
  // Where each value begins.
  static constexpr std::array<size_t, count + 1> offsets = [] {
    std::array<size_t, count + 1> at{};
    for (size_t i = 0; i < count; ++i) at[i + 1] = at[i] + types[i].slots();
    return at;
  }();

  static void store(uint64_t* s, const T&... v) {
    size_t i = 0;
    (SlotTraits<T>::store(s + offsets[i++], v), ...);
    (void)i, (void)s;
  }
  // Calls f with all values loaded, so that f may overwrite the slots.
  template <class F>
  static decltype(auto) apply(runtime::Store* store, const uint64_t* s, F&& f) {
    return [&]<size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
      return f(SlotTraits<T>::load(store, s + offsets[I])...);
    }(std::make_index_sequence<count>{});
  }
};

// Results: void, one value, or a tuple of them.
template <class R>
struct Results : Pack<R> {
  static R load(runtime::Store* store, const uint64_t* s) { return SlotTraits<R>::load(store, s); }
};
template <>
struct Results<void> : Pack<> {};
template <class... T>
struct Results<std::tuple<T...>> : Pack<T...> {
  static std::tuple<T...> load(runtime::Store* store, const uint64_t* s) {
    return Pack<T...>::apply(store, s, [](T... v) { return std::tuple<T...>(std::move(v)...); });
  }
  static void store(uint64_t* s, const std::tuple<T...>& v) {
    std::apply([s](const T&... each) { Pack<T...>::store(s, each...); }, v);
  }
};

}  // namespace ermine::detail

// Codecs of types that consist of others; see values.h.
#pragma once

#include <optional>
#include <tuple>
#include <utility>
#include <variant>

#include "ermine/component/detail/values.h"
#include "ermine/component/expected.h"

namespace ermine::component::detail {

// ---- Fields one after the other: records, tuples, parameters

template <class... F>
struct FieldsLayout {
  static constexpr size_t count = sizeof...(F);
  static constexpr PerAddress alignment = [] {
    PerAddress most = 1;
    ((most = most_of(most, Codec<F>::alignment)), ...);
    return most;
  }();
  // Where each begins, and the end.
  static constexpr std::array<PerAddress, count + 1> offsets = [] {
    std::array<PerAddress, count + 1> out{};
    PerAddress at = 0;
    [[maybe_unused]] size_t i = 0;
    ((at = align_to(at, Codec<F>::alignment), out[i++] = at, at = at + Codec<F>::size), ...);
    out[count] = at;
    return out;
  }();
  static constexpr PerAddress size = align_to(offsets[count], alignment);
  static constexpr uint32_t flat = (0u + ... + Codec<F>::flat);
  static constexpr bool inert = (true && ... && Codec<F>::inert);
  static constexpr bool bits = (true && ... && Codec<F>::bits);
  static constexpr bool view = (false || ... || Codec<F>::view);
  static constexpr bool memory_view = (false || ... || Codec<F>::memory_view);
  static constexpr bool owns = (false || ... || Codec<F>::owns);
};

// Derived: Layout, get<I>(v) for a field of a value, const or not.
template <class Derived, class T, class... F>
struct FieldsCodec : CodecDefaults {
  using Layout = FieldsLayout<F...>;
  using Indices = std::index_sequence_for<F...>;
  static constexpr PerAddress size = Layout::size, alignment = Layout::alignment;
  static constexpr uint32_t flat = Layout::flat;
  static constexpr bool inert = Layout::inert, view = Layout::view, memory_view = Layout::memory_view;
  static constexpr bool owns = Layout::owns;
  // Without padding: it would be bytes of the host that a component can read.
  // (Fields of bits have no pointers.)
  static constexpr bool bits = Layout::bits && std::is_trivially_copyable_v<T> && sizeof(T) == Layout::size.in32 &&
                               alignof(T) == Layout::alignment.in32 &&
                               (0u + ... + Codec<F>::size.in32) == Layout::size.in32;
  static bool same_image() {
    const T probe{};
    const auto* begin = reinterpret_cast<const uint8_t*>(&probe);
    return [&]<size_t... I>(std::index_sequence<I...>) {
      return ((reinterpret_cast<const uint8_t*>(&Derived::template get<I>(probe)) == begin + Layout::offsets[I].in32 &&
               Codec<F>::same_image()) &&
              ...);
    }(Indices());
  }

  static void put(uint8_t* p, const T& v) {
    [&]<size_t... I>(std::index_sequence<I...>) {
      (Codec<F>::put(p + Layout::offsets[I].in32, Derived::template get<I>(v)), ...);
    }(Indices());
  }
  static bool store(Cursor& c, uint64_t at, const T& v) {
    return [&]<size_t... I>(std::index_sequence<I...>) {
      return (Codec<F>::store(c, at + Layout::offsets[I].of(c), Derived::template get<I>(v)) && ...);
    }(Indices());
  }
  static bool lower(Cursor& c, uint64_t*& slots, const T& v) {
    return [&]<size_t... I>(std::index_sequence<I...>) {
      return (Codec<F>::lower(c, slots, Derived::template get<I>(v)) && ...);
    }(Indices());
  }
  static bool load(Cursor& c, const uint8_t* p, T& v) {
    return [&]<size_t... I>(std::index_sequence<I...>) {
      return (Codec<F>::load(c, p + Layout::offsets[I].of(c), Derived::template get<I>(v)) && ...);
    }(Indices());
  }
  static bool lift(Cursor& c, const uint64_t*& slots, T& v) {
    return [&]<size_t... I>(std::index_sequence<I...>) {
      return (Codec<F>::lift(c, slots, Derived::template get<I>(v)) && ...);
    }(Indices());
  }
};

template <class... F>
const TypeShape& tuple_shape() {
  static const auto made = [] {
    const TypeShape* const types[] = {&Codec<F>::shape()..., nullptr};
    return CompoundShape<sizeof...(F)>(ValueKind::kTuple, {}, nullptr, types);
  }();
  return made.shape;
}

template <class... F>
struct Codec<std::tuple<F...>> : FieldsCodec<Codec<std::tuple<F...>>, std::tuple<F...>, F...> {
  [[gnu::noinline]] static const TypeShape& shape() { return tuple_shape<F...>(); }
  template <size_t I>
  static auto& get(auto& v) {
    return std::get<I>(v);
  }
};
template <class A, class B>
struct Codec<std::pair<A, B>> : FieldsCodec<Codec<std::pair<A, B>>, std::pair<A, B>, A, B> {
  [[gnu::noinline]] static const TypeShape& shape() { return tuple_shape<A, B>(); }
  template <size_t I>
  static auto& get(auto& v) {
    return std::get<I>(v);
  }
};

template <class T, class Description>
struct DescribedCodec;
template <Described T>
struct Codec<T> : DescribedCodec<T, std::remove_cvref_t<decltype(kDescription<T>)>> {};

template <class T, class... F>
struct DescribedCodec<T, RecordType<F...>> : FieldsCodec<DescribedCodec<T, RecordType<F...>>, T, typename F::type...> {
  static_assert(sizeof...(F) > 0, "a record has at least one field");
  struct Fields {
    static constexpr std::array<std::string_view, sizeof...(F)> names =
        std::apply([](const auto&... f) { return std::array{f.name...}; }, kDescription<T>.fields);
  };
  [[gnu::noinline]] static const TypeShape& shape() {
    static const auto made = [] {
      const TypeShape* const types[] = {&Codec<typename F::type>::shape()...};
      return CompoundShape<sizeof...(F)>(ValueKind::kRecord, kDescription<T>.name, kJoinedNames<Fields>.data(), types);
    }();
    return made.shape;
  }
  template <size_t I>
  static auto& get(auto& v) {
    return v.*(std::get<I>(kDescription<T>.fields).member);
  }
};

// ---- Enums and flags

template <size_t N>
using DiscriminantBits = std::conditional_t<N <= 0x100, uint8_t, std::conditional_t<N <= 0x1'0000, uint16_t, uint32_t>>;

template <class T>
struct CasesOf {
  static constexpr const auto& names = kDescription<T>.cases;
};
template <class T>
struct FlagsOf {
  static constexpr const auto& names = kDescription<T>.flags;
};

template <class T, size_t N>
struct DescribedCodec<T, EnumType<N>> : OneSlot<DescribedCodec<T, EnumType<N>>, T, DiscriminantBits<N>> {
  using Bits = DiscriminantBits<N>;
  static constexpr bool inert = false;  // not every value of the C++ type is a case
  [[gnu::noinline]] static const TypeShape& shape() {
    static const CompoundShape<N> made(ValueKind::kEnum, kDescription<T>.name, kJoinedNames<CasesOf<T>>.data(),
                                       nullptr);
    return made.shape;
  }
  static bool is_case(const T& v) { return static_cast<uint64_t>(v) < N; }
  static Bits to_bits(const T& v) { return static_cast<Bits>(v); }
  static bool from_bits(Cursor& c, uint64_t bits, T& v) {
    if (bits >= N) return c.bad_case();
    return v = static_cast<T>(bits), true;
  }
  static bool lift(Cursor& c, const uint64_t*& slots, T& v) { return from_bits(c, *slots++, v); }
  static bool store(Cursor& c, uint64_t at, const T& v) {
    if (!is_case(v)) return c.bad_value("an enum has a value that is none of its cases");
    return put_bytes(c.memory + at, to_bits(v)), true;
  }
  static bool lower(Cursor& c, uint64_t*& slots, const T& v) {
    if (!is_case(v)) return c.bad_value("an enum has a value that is none of its cases");
    return *slots++ = to_bits(v), true;
  }
};

template <class T, size_t N>
struct DescribedCodec<T, FlagsType<N>>
    : OneSlot<DescribedCodec<T, FlagsType<N>>, T,
              std::conditional_t<N <= 8, uint8_t, std::conditional_t<N <= 16, uint16_t, uint32_t>>> {
  static_assert(N > 0 && N <= 32, "flags have 1 to 32 names");
  static constexpr uint64_t kAll = (uint64_t{1} << N) - 1;
  [[gnu::noinline]] static const TypeShape& shape() {
    static const CompoundShape<N> made(ValueKind::kFlags, kDescription<T>.name, kJoinedNames<FlagsOf<T>>.data(),
                                       nullptr);
    return made.shape;
  }
  // Bits without a flag are ignored (CanonicalABI.md, `unpack_flags_from_int`).
  static auto to_bits(const T& v) {
    return static_cast<std::conditional_t<N <= 8, uint8_t, std::conditional_t<N <= 16, uint16_t, uint32_t>>>(
        static_cast<uint64_t>(v) & kAll);
  }
  static bool from_bits(Cursor&, uint64_t bits, T& v) { return v = static_cast<T>(bits & kAll), true; }
};

// ---- Cases: variants, options, results

// No payload.
template <>
struct Codec<std::monostate> : CodecDefaults {
  static constexpr PerAddress size = 0, alignment = 1;
  static constexpr uint32_t flat = 0;
  static constexpr bool inert = true;
  static void put(uint8_t*, std::monostate) {}
  static bool store(Cursor&, uint64_t, std::monostate) { return true; }
  static bool lower(Cursor&, uint64_t*&, std::monostate) { return true; }
  static bool load(Cursor&, const uint8_t*, std::monostate&) { return true; }
  static bool lift(Cursor&, const uint64_t*&, std::monostate&) { return true; }
};
template <class T>
const TypeShape* payload_shape() {
  if constexpr (std::is_same_v<T, std::monostate>) return nullptr;
  else return &Codec<T>::shape();
}

template <class... C>
struct CasesLayout {
  using Bits = DiscriminantBits<sizeof...(C)>;
  static constexpr PerAddress payload_alignment = [] {
    PerAddress most = 1;
    ((most = most_of(most, Codec<C>::alignment)), ...);
    return most;
  }();
  static constexpr PerAddress payload_size = [] {
    PerAddress most = 0;
    ((most = most_of(most, Codec<C>::size)), ...);
    return most;
  }();
  static constexpr uint32_t payload_flat = [] {
    uint32_t most = 0;
    ((most = Codec<C>::flat > most ? Codec<C>::flat : most), ...);
    return most;
  }();
  static constexpr PerAddress payload = align_to(PerAddress(sizeof(Bits)), payload_alignment);
  static constexpr PerAddress alignment = most_of(payload_alignment, sizeof(Bits));
  static constexpr PerAddress size = align_to(payload + payload_size, alignment);
};

// Derived: index_of(v), with_payload<I>(v, f): f(payload) of case I; emplace<I>(v): makes case I, whose payload it
// returns.
template <class Derived, class T, class... C>
struct CasesCodec : CodecDefaults {
  using Layout = CasesLayout<C...>;
  using Bits = typename Layout::Bits;
  using Indices = std::index_sequence_for<C...>;
  static constexpr PerAddress size = Layout::size, alignment = Layout::alignment;
  static constexpr uint32_t flat = 1 + Layout::payload_flat;
  static constexpr bool view = (false || ... || Codec<C>::view), owns = (false || ... || Codec<C>::owns);
  static constexpr bool memory_view = (false || ... || Codec<C>::memory_view);

  static bool store(Cursor& c, uint64_t at, const T& v) {
    const size_t index = Derived::index_of(v);
    if (index >= sizeof...(C)) return c.bad_value("a variant has no value");
    put_bytes(c.memory + at, static_cast<Bits>(index));
    return [&]<size_t... I>(std::index_sequence<I...>) {
      return ((index != I || Codec<C>::store(c, at + Layout::payload.of(c), Derived::template get<I>(v))) && ...);
    }(Indices());
  }
  static bool lower(Cursor& c, uint64_t*& slots, const T& v) {
    const size_t index = Derived::index_of(v);
    if (index >= sizeof...(C)) return c.bad_value("a variant has no value");
    uint64_t* end = slots + flat;
    *slots++ = index;
    const bool done = [&]<size_t... I>(std::index_sequence<I...>) {
      return ((index != I || Codec<C>::lower(c, slots, Derived::template get<I>(v))) && ...);
    }(Indices());
    while (slots < end) *slots++ = 0;
    return done;
  }
  static bool load(Cursor& c, const uint8_t* p, T& v) {
    const size_t index = get_bytes<Bits>(p);
    if (index >= sizeof...(C)) return c.bad_case();
    return [&]<size_t... I>(std::index_sequence<I...>) {
      return ((index != I || Codec<C>::load(c, p + Layout::payload.of(c), Derived::template emplace<I>(v))) && ...);
    }(Indices());
  }
  static bool lift(Cursor& c, const uint64_t*& slots, T& v) {
    const uint64_t index = *slots;
    if (index >= sizeof...(C)) return c.bad_case();
    const uint64_t* payload = slots + 1;
    slots += flat;
    return [&]<size_t... I>(std::index_sequence<I...>) {
      return ((index != I || Codec<C>::lift(c, payload, Derived::template emplace<I>(v))) && ...);
    }(Indices());
  }
};

inline constexpr std::monostate kNoPayload{};

template <class E>
struct Codec<std::optional<E>> : CasesCodec<Codec<std::optional<E>>, std::optional<E>, std::monostate, E> {
  [[gnu::noinline]] static const TypeShape& shape() {
    static const TypeShape made = make_shape(ValueKind::kOption, &Codec<E>::shape());
    return made;
  }
  static size_t index_of(const std::optional<E>& v) { return v ? 1 : 0; }
  template <size_t I>
  static const auto& get(const std::optional<E>& v) {
    if constexpr (I == 0) return kNoPayload;
    else return *v;
  }
  template <size_t I>
  static decltype(auto) emplace(std::optional<E>& v) {
    if constexpr (I == 0) {
      v.reset();
      return none();
    } else {
      return v.emplace();
    }
  }
  static std::monostate& none() {
    static std::monostate payload;
    return payload;
  }
};

// A std::variant, or a class that is derived from one.
template <class T, class... C>
struct VariantCodec : CasesCodec<VariantCodec<T, C...>, T, C...> {
  using Variant = std::variant<C...>;
  static size_t index_of(const T& v) { return static_cast<const Variant&>(v).index(); }
  template <size_t I>
  static const auto& get(const T& v) {
    return *std::get_if<I>(&static_cast<const Variant&>(v));
  }
  template <size_t I>
  static auto& emplace(T& v) {
    return static_cast<Variant&>(v).template emplace<I>();
  }
};
template <class... C>
struct Codec<std::variant<C...>> : VariantCodec<std::variant<C...>, C...> {
  [[gnu::noinline]] static const TypeShape& shape() {
    static const auto made = [] {
      const TypeShape* const types[] = {payload_shape<C>()...};
      return CompoundShape<sizeof...(C)>(ValueKind::kVariant, {}, nullptr, types);
    }();
    return made.shape;
  }
};

template <class... C>
std::variant<C...> base_variant(const std::variant<C...>&);  // for decltype
template <class T, class Variant>
struct NamedVariantCodec;
template <class T, class... C>
struct NamedVariantCodec<T, std::variant<C...>> : VariantCodec<T, C...> {
  static_assert(std::tuple_size_v<std::remove_cvref_t<decltype(kDescription<T>.cases)>> == sizeof...(C),
                "ERMINE_VARIANT needs as many names as the std::variant has types");
  [[gnu::noinline]] static const TypeShape& shape() {
    static const auto made = [] {
      const TypeShape* const types[] = {payload_shape<C>()...};
      return CompoundShape<sizeof...(C)>(ValueKind::kVariant, kDescription<T>.name, kJoinedNames<CasesOf<T>>.data(),
                                         types);
    }();
    return made.shape;
  }
};
template <class T, size_t N>
struct DescribedCodec<T, VariantType<N>> : NamedVariantCodec<T, decltype(base_variant(std::declval<const T&>()))> {};

// Expected, std::expected.
template <class T>
concept ExpectedLike = requires(const T& v) {
  typename T::value_type;
  typename T::error_type;
  typename T::unexpected_type;
  { v.has_value() } -> std::same_as<bool>;
};
template <class T>
using NoVoid = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
template <ExpectedLike T>
struct Codec<T> : CasesCodec<Codec<T>, T, NoVoid<typename T::value_type>, typename T::error_type> {
  using Ok = NoVoid<typename T::value_type>;
  using Err = typename T::error_type;
  [[gnu::noinline]] static const TypeShape& shape() {
    static const TypeShape made = make_shape(ValueKind::kResult, payload_shape<Ok>(), payload_shape<Err>());
    return made;
  }
  static size_t index_of(const T& v) { return v.has_value() ? 0 : 1; }
  template <size_t I>
  static const auto& get(const T& v) {
    if constexpr (I == 1) return v.error();
    else if constexpr (std::is_void_v<typename T::value_type>) return kNoPayload;
    else return *v;
  }
  template <size_t I>
  static auto& emplace(T& v) {
    if constexpr (I == 1) {
      v = T(typename T::unexpected_type(Err()));
      return v.error();
    } else {
      v = T();
      if constexpr (std::is_void_v<typename T::value_type>) return Codec<std::optional<uint8_t>>::none();
      else return *v;
    }
  }
};

// ---- Others

// list<T, N>
template <class E, size_t N>
struct Codec<std::array<E, N>> : CodecDefaults {
  using C = Codec<E>;
  [[gnu::noinline]] static const TypeShape& shape() {
    static const TypeShape made = make_shape(ValueKind::kFixedList, &C::shape(), nullptr, N);
    return made;
  }
  static constexpr PerAddress size = C::size * N, alignment = C::alignment;
  static constexpr uint32_t flat = C::flat * N;
  static constexpr bool inert = C::inert, view = C::view, memory_view = C::memory_view, owns = C::owns;
  static void put(uint8_t* p, const std::array<E, N>& v) {
    for (size_t i = 0; i < N; ++i) C::put(p + i * C::size.in32, v[i]);
  }
  static bool store(Cursor& c, uint64_t at, const std::array<E, N>& v) {
    for (size_t i = 0; i < N; ++i)
      if (!C::store(c, at + i * C::size.of(c), v[i])) return false;
    return true;
  }
  static bool lower(Cursor& c, uint64_t*& slots, const std::array<E, N>& v) {
    for (const E& e : v)
      if (!C::lower(c, slots, e)) return false;
    return true;
  }
  static bool load(Cursor& c, const uint8_t* p, std::array<E, N>& v) {
    for (size_t i = 0; i < N; ++i)
      if (!C::load(c, p + i * C::size.of(c), v[i])) return false;
    return true;
  }
  static bool lift(Cursor& c, const uint64_t*& slots, std::array<E, N>& v) {
    for (E& e : v)
      if (!C::lift(c, slots, e)) return false;
    return true;
  }
};

// map<K, V>: std::map, std::unordered_map and others like them. Of keys that repeat, the last counts.
template <class T>
concept MapLike = requires(T& v) {
  typename T::key_type;
  typename T::mapped_type;
  v.insert_or_assign(std::declval<typename T::key_type>(), std::declval<typename T::mapped_type>());
};
template <MapLike T>
struct Codec<T> : PointerPair<Codec<T>, T> {
  using K = typename T::key_type;
  using V = typename T::mapped_type;
  using Layout = FieldsLayout<K, V>;
  [[gnu::noinline]] static const TypeShape& shape() {
    static const TypeShape made = make_shape(ValueKind::kMap, &Codec<K>::shape(), &Codec<V>::shape());
    return made;
  }
  static constexpr bool view = Layout::view, memory_view = Layout::memory_view, owns = Layout::owns;
  static bool write(Cursor& c, const T& v, uint64_t& at, uint64_t& length) {
    length = v.size();
    const uint32_t size = Layout::size.of(c), mapped_at = Layout::offsets[1].of(c);
    if (!c.allocate_list(length, size, Layout::alignment.of(c), at)) return false;
    uint64_t place = at;
    for (const auto& [key, mapped] : v) {
      if (!Codec<K>::store(c, place, key) || !Codec<V>::store(c, place + mapped_at, mapped)) return false;
      place += size;
    }
    return true;
  }
  static bool read(Cursor& c, uint64_t at, uint64_t length, T& v) {
    const uint8_t* p = nullptr;
    const uint32_t size = Layout::size.of(c), mapped_at = Layout::offsets[1].of(c);
    // A node of a map has a few pointers.
    if (!c.load_list(at, length, size, Layout::alignment.of(c), sizeof(std::pair<K, V>) + 64, p)) return false;
    v.clear();
    for (uint64_t i = 0; i < length; ++i, p += size) {
      K key{};
      V mapped{};
      if (!Codec<K>::load(c, p, key) || !Codec<V>::load(c, p + mapped_at, mapped)) return false;
      v.insert_or_assign(std::move(key), std::move(mapped));
    }
    return true;
  }
};

// The shape of a function without its result.
template <class... P>
FuncShape params_shape() {
  static const std::array<const TypeShape*, sizeof...(P) + 1> params{&Codec<P>::shape()..., nullptr};
  return {{params.data(), sizeof...(P)}};
}

}  // namespace ermine::component::detail

// How C++ values are lowered into and lifted from a component (CanonicalABI.md, "Loading", "Storing", "Flattening").
// Codec<T> has, all known when the program is compiled:
//
//   shape                     the WIT type, see shape.h
//   size, alignment           of a value in memory, for 32-bit and 64-bit addresses
//   flat                      how many core values it is passed as
//   inert                     lowering needs nothing but the memory and cannot fail: put() does it
//   bits                      every image in memory is a value, and may be the image of the value in C++
//   same_image()              of bits: it is, so that lists are copied whole. Compilers know the answer
//   view                      lifted values refer to the component's memory, or are borrowed
//   memory_view               lifted values refer to the component's memory
//   owns                      has resources that are moved: only an rvalue can be lowered
//   put(p, v)                 if inert: writes it
//   store(cursor, at, v)      writes it to memory at `at`, which the library has checked
//   lower(cursor, slots, v)   writes its slots, and moves `slots` behind them
//   load(cursor, p, v)        reads it from memory
//   lift(cursor, slots, v)    reads it from slots
//
// The last four return false after an error. A slot is a core value in 64 bits: 32-bit values are zero-extended, so
// that the joined types of variants need no conversion. Compounds are in compounds.h.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ermine/component/declare.h"
#include "ermine/component/detail/cursor.h"
#include "ermine/component/resource.h"

namespace ermine::component::detail {

template <class T>
struct Codec {
  static_assert(sizeof(T) == 0,
                "this type has no WIT type: see ermine/component/declare.h for records, enums, flags, variants and "
                "resources, and ermine/component/func.h for all others");
};

template <class T>
inline constexpr auto kDescription = ermine_component_type(static_cast<const T*>(nullptr));
template <class T>
concept Described = requires { ermine_component_type(static_cast<const T*>(nullptr)); };
template <class T>
inline constexpr bool kIsResource = false;
template <Described T>
inline constexpr bool kIsResource<T> =
    std::is_same_v<std::remove_cvref_t<decltype(ermine_component_type(static_cast<const T*>(nullptr)))>, ResourceType>;

template <class T>
void put_bytes(uint8_t* p, T v) {
  std::memcpy(p, &v, sizeof(T));
}
template <class T>
T get_bytes(const uint8_t* p) {
  T v;
  std::memcpy(&v, p, sizeof(T));
  return v;
}
constexpr uint32_t align_to(uint32_t at, uint32_t alignment) { return (at + alignment - 1) / alignment * alignment; }

// A number of bytes that depends on the size of pointers. If it does not, of() is a constant.
struct PerAddress {
  uint32_t in32 = 0, in64 = 0;
  constexpr PerAddress() = default;
  constexpr PerAddress(uint32_t both) : in32(both), in64(both) {}  // NOLINT: a number is one
  constexpr PerAddress(uint32_t a, uint32_t b) : in32(a), in64(b) {}
  constexpr uint32_t of(const Cursor& c) const { return c.is64 ? in64 : in32; }
  constexpr PerAddress operator+(PerAddress other) const { return {in32 + other.in32, in64 + other.in64}; }
  constexpr PerAddress operator*(uint32_t n) const { return {in32 * n, in64 * n}; }
};
constexpr PerAddress align_to(PerAddress at, PerAddress alignment) {
  return {align_to(at.in32, alignment.in32), align_to(at.in64, alignment.in64)};
}
constexpr PerAddress most_of(PerAddress a, PerAddress b) {
  return {a.in32 > b.in32 ? a.in32 : b.in32, a.in64 > b.in64 ? a.in64 : b.in64};
}

// What all codecs have unless they say otherwise.
struct CodecDefaults {
  static constexpr bool inert = false, bits = false, view = false, memory_view = false, owns = false;
};
// Of a type that is one slot, and an integer of `Bits` in memory. Derived: to_bits(v), from_bits(cursor, bits, v).
template <class Derived, class T, class Bits>
struct OneSlot : CodecDefaults {
  static constexpr PerAddress size = sizeof(Bits), alignment = sizeof(Bits);
  static constexpr uint32_t flat = 1;
  static constexpr bool inert = true;
  static void put(uint8_t* p, const T& v) { put_bytes(p, Derived::to_bits(v)); }
  static bool store(Cursor& c, uint64_t at, const T& v) { return put(c.memory + at, v), true; }
  static bool lower(Cursor&, uint64_t*& slots, const T& v) { return *slots++ = Derived::to_bits(v), true; }
  static bool load(Cursor& c, const uint8_t* p, T& v) { return Derived::from_bits(c, get_bytes<Bits>(p), v); }
  static bool lift(Cursor& c, const uint64_t*& slots, T& v) {
    return Derived::from_bits(c, static_cast<Bits>(*slots++), v);
  }
};

template <NumberType T>
struct Codec<T> : CodecDefaults {
  static constexpr TypeShape kShape{.kind = kNumberKind<T>};
  [[gnu::noinline]] static const TypeShape& shape() { return kShape; }
  static constexpr PerAddress size = sizeof(T), alignment = sizeof(T);
  static constexpr uint32_t flat = 1;
  static constexpr bool inert = true, bits = true;
  static constexpr bool same_image() { return true; }
  static void put(uint8_t* p, T v) { put_bytes(p, v); }
  static bool store(Cursor& c, uint64_t at, T v) { return put(c.memory + at, v), true; }
  static bool lower(Cursor&, uint64_t*& slots, T v) {
    if constexpr (std::is_same_v<T, float>) *slots++ = std::bit_cast<uint32_t>(v);
    else if constexpr (std::is_same_v<T, double>) *slots++ = std::bit_cast<uint64_t>(v);
    else if constexpr (sizeof(T) == 8) *slots++ = static_cast<uint64_t>(v);
    else *slots++ = static_cast<uint32_t>(v);
    return true;
  }
  static bool load(Cursor&, const uint8_t* p, T& v) { return v = get_bytes<T>(p), true; }
  static bool lift(Cursor&, const uint64_t*& slots, T& v) {
    if constexpr (std::is_same_v<T, float>) v = std::bit_cast<float>(static_cast<uint32_t>(*slots++));
    else if constexpr (std::is_same_v<T, double>) v = std::bit_cast<double>(*slots++);
    else v = static_cast<T>(*slots++);
    return true;
  }
};

template <>
struct Codec<bool> : OneSlot<Codec<bool>, bool, uint8_t> {
  static constexpr TypeShape kShape{.kind = ValueKind::kBool};
  [[gnu::noinline]] static const TypeShape& shape() { return kShape; }
  static uint8_t to_bits(bool v) { return v ? 1 : 0; }
  static bool from_bits(Cursor&, uint8_t bits, bool& v) { return v = bits != 0, true; }
  // Any bit of the 32 counts (CanonicalABI.md, `convert_int_to_bool`).
  static bool lift(Cursor&, const uint64_t*& slots, bool& v) { return v = static_cast<uint32_t>(*slots++) != 0, true; }
};

template <>
struct Codec<char32_t> : OneSlot<Codec<char32_t>, char32_t, uint32_t> {
  static constexpr TypeShape kShape{.kind = ValueKind::kChar};
  [[gnu::noinline]] static const TypeShape& shape() { return kShape; }
  static constexpr bool inert = false;  // not every char32_t is a character
  static constexpr bool is_char(uint32_t c) { return c < 0xD800 || (c > 0xDFFF && c < 0x11'0000); }
  static uint32_t to_bits(char32_t v) { return v; }
  static bool from_bits(Cursor& c, uint32_t bits, char32_t& v) {
    v = static_cast<char32_t>(bits);
    return is_char(bits) || c.bad_char();
  }
  static bool store(Cursor& c, uint64_t at, char32_t v) {
    put_bytes(c.memory + at, static_cast<uint32_t>(v));
    return is_char(v) || c.bad_value("a char32_t is no character of Unicode");
  }
  static bool lower(Cursor& c, uint64_t*& slots, char32_t v) {
    *slots++ = v;
    return is_char(v) || c.bad_value("a char32_t is no character of Unicode");
  }
};

// A pointer and a length. Derived: write(cursor, v, at, length), read(cursor, at, length, v).
template <class Derived, class T>
struct PointerPair : CodecDefaults {
  static constexpr PerAddress size{8, 16}, alignment{4, 8};
  static constexpr uint32_t flat = 2;
  static bool store(Cursor& c, uint64_t at, const T& v) {
    uint64_t begin = 0, length = 0;
    if (!Derived::write(c, v, begin, length)) return false;
    if (c.is64) [[unlikely]] {
      put_bytes(c.memory + at, begin);
      put_bytes(c.memory + at + 8, length);
      return true;
    }
    put_bytes(c.memory + at, static_cast<uint32_t>(begin));
    put_bytes(c.memory + at + 4, static_cast<uint32_t>(length));
    return true;
  }
  static bool lower(Cursor& c, uint64_t*& slots, const T& v) {
    uint64_t begin = 0, length = 0;
    if (!Derived::write(c, v, begin, length)) return false;
    *slots++ = begin;
    *slots++ = length;
    return true;
  }
  static bool load(Cursor& c, const uint8_t* p, T& v) {
    if (c.is64) [[unlikely]]
      return Derived::read(c, get_bytes<uint64_t>(p), get_bytes<uint64_t>(p + 8), v);
    return Derived::read(c, get_bytes<uint32_t>(p), get_bytes<uint32_t>(p + 4), v);
  }
  static bool lift(Cursor& c, const uint64_t*& slots, T& v) {
    const uint64_t at = *slots++;
    return Derived::read(c, at, *slots++, v);
  }
};

template <>
struct Codec<std::string> : PointerPair<Codec<std::string>, std::string> {
  static constexpr TypeShape kShape{.kind = ValueKind::kString};
  [[gnu::noinline]] static const TypeShape& shape() { return kShape; }
  static bool write(Cursor& c, const std::string& v, uint64_t& at, uint64_t& n) { return c.store_string(v, at, n); }
  static bool read(Cursor& c, uint64_t at, uint64_t n, std::string& v) { return c.load_string(at, n, v); }
};
template <>
struct Codec<std::string_view> : PointerPair<Codec<std::string_view>, std::string_view> {
  static constexpr TypeShape kShape{.kind = ValueKind::kString};
  [[gnu::noinline]] static const TypeShape& shape() { return kShape; }
  static constexpr bool view = true, memory_view = true;
  static bool write(Cursor& c, std::string_view v, uint64_t& at, uint64_t& n) { return c.store_string(v, at, n); }
  static bool read(Cursor& c, uint64_t at, uint64_t n, std::string_view& v) { return c.view_string(at, n, v); }
};

// Writes the elements of a list; `at` is where it begins.
template <class E, class List>
bool write_elements(Cursor& c, const List& list, uint64_t& at) {
  using C = Codec<E>;
  const uint32_t size = C::size.of(c);
  if (!c.allocate_list(list.size(), size, C::alignment.of(c), at)) return false;
  if constexpr (C::bits && requires { list.data(); }) {
    if (C::same_image()) {
      if (list.size() != 0) std::memcpy(c.memory + at, list.data(), list.size() * size);
      return true;
    }
  }
  if constexpr (C::inert) {
    uint8_t* p = c.memory + at;
    for (const E& e : list) {
      C::put(p, e);
      p += size;
    }
  } else {
    uint64_t place = at;
    for (const E& e : list) {
      if (!C::store(c, place, e)) return false;
      place += size;
    }
  }
  return true;
}

template <class E>
struct Codec<std::vector<E>> : PointerPair<Codec<std::vector<E>>, std::vector<E>> {
  using C = Codec<E>;
  [[gnu::noinline]] static const TypeShape& shape() {
    static const TypeShape made = make_shape(ValueKind::kList, &C::shape());
    return made;
  }
  static constexpr bool view = C::view, memory_view = C::memory_view, owns = C::owns;
  static bool write(Cursor& c, const std::vector<E>& v, uint64_t& at, uint64_t& length) {
    length = v.size();
    return write_elements<E>(c, v, at);
  }
  static bool read(Cursor& c, uint64_t at, uint64_t length, std::vector<E>& v) {
    const uint8_t* p = nullptr;
    const uint32_t size = C::size.of(c);
    if (!c.load_list(at, length, size, C::alignment.of(c), sizeof(E), p)) return false;
    if constexpr (C::bits) {
      // The library has checked that the elements are aligned.
      if (C::same_image()) {
        const E* first = reinterpret_cast<const E*>(p);
        v.assign(first, first + length);
        return true;
      }
    }
    if constexpr (std::is_same_v<E, bool>) {  // its elements have no addresses
      v.resize(length);
      for (size_t i = 0; i < length; ++i) v[i] = p[i] != 0;
    } else {
      v.resize(length);
      for (E& e : v) {
        if (!C::load(c, p, e)) return false;
        p += size;
      }
    }
    return true;
  }
};

// A list as the parameter of a function. Of a host function's: a view of the memory, so the elements must be numbers.
template <class E>
struct Codec<std::span<const E>> : PointerPair<Codec<std::span<const E>>, std::span<const E>> {
  using C = Codec<E>;
  [[gnu::noinline]] static const TypeShape& shape() {
    static const TypeShape made = make_shape(ValueKind::kList, &C::shape());
    return made;
  }
  static constexpr bool view = true, memory_view = true, owns = C::owns;
  static bool write(Cursor& c, std::span<const E> v, uint64_t& at, uint64_t& length) {
    length = v.size();
    return write_elements<E>(c, v, at);
  }
  static bool read(Cursor& c, uint64_t at, uint64_t length, std::span<const E>& v) {
    static_assert(NumberType<E>, "a std::span parameter of a host function must be of numbers: take a std::vector");
    const uint8_t* p = nullptr;
    if (!c.load_list(at, length, C::size.of(c), C::alignment.of(c), 0, p)) return false;
    v = length == 0 ? std::span<const E>() : std::span<const E>(reinterpret_cast<const E*>(p), length);
    return true;
  }
};

// ---- Handles. Derived: take(cursor, v, index), give(cursor, index, v).
template <class Derived, class T>
struct HandleCodec : CodecDefaults {
  static constexpr PerAddress size = 4, alignment = 4;
  static constexpr uint32_t flat = 1;
  static bool store(Cursor& c, uint64_t at, const T& v) {
    uint32_t index = 0;
    if (!Derived::take(c, v, index)) return false;
    return put_bytes(c.memory + at, index), true;
  }
  static bool lower(Cursor& c, uint64_t*& slots, const T& v) {
    uint32_t index = 0;
    if (!Derived::take(c, v, index)) return false;
    return *slots++ = index, true;
  }
  static bool load(Cursor& c, const uint8_t* p, T& v) { return Derived::give(c, get_bytes<uint32_t>(p), v); }
  static bool lift(Cursor& c, const uint64_t*& slots, T& v) {
    return Derived::give(c, static_cast<uint32_t>(*slots++), v);
  }
};

template <>
struct Codec<Resource> : HandleCodec<Codec<Resource>, Resource> {
  static constexpr TypeShape kShape{.kind = ValueKind::kOwn};
  [[gnu::noinline]] static const TypeShape& shape() { return kShape; }
  static constexpr bool owns = true;
  static bool take(Cursor& c, const Resource& v, uint32_t& index) { return c.lower_handle(v.impl(), true, index); }
  static bool give(Cursor& c, uint32_t index, Resource& v) {
    std::shared_ptr<const void> handle;
    if (!c.lift_handle(index, true, handle)) return false;
    return v = Resource(std::move(handle)), true;
  }
};
template <>
struct Codec<ResourceRef> : HandleCodec<Codec<ResourceRef>, ResourceRef> {
  static constexpr TypeShape kShape{.kind = ValueKind::kBorrow};
  [[gnu::noinline]] static const TypeShape& shape() { return kShape; }
  static constexpr bool view = true;
  static bool take(Cursor& c, const ResourceRef& v, uint32_t& index) { return c.lower_handle(v.impl(), false, index); }
  static bool give(Cursor& c, uint32_t index, ResourceRef& v) {
    std::shared_ptr<const void> handle;
    if (!c.lift_handle(index, false, handle)) return false;
    return v = ResourceRef(std::move(handle)), true;
  }
};

template <class T>
  requires kIsResource<T>
struct Codec<std::unique_ptr<T>> : HandleCodec<Codec<std::unique_ptr<T>>, std::unique_ptr<T>> {
  [[gnu::noinline]] static const TypeShape& shape() {
    static const TypeShape made = make_resource_shape(ValueKind::kOwn, &ClassTag<T>::tag, kDescription<T>.name);
    return made;
  }
  static constexpr bool owns = true;
  // The object is an rvalue of the caller (`owns`).
  static bool take(Cursor& c, const std::unique_ptr<T>& v, uint32_t& index) {
    if (!v) return c.bad_value("a std::unique_ptr to a resource is null");
    return c.lower_own(&ClassTag<T>::tag, const_cast<std::unique_ptr<T>&>(v).release(), index);
  }
  static bool give(Cursor& c, uint32_t index, std::unique_ptr<T>& v) {
    void* object = nullptr;
    if (!c.lift_own(&ClassTag<T>::tag, index, object)) return false;
    return v.reset(static_cast<T*>(object)), true;
  }
};
template <class T>
  requires kIsResource<std::remove_const_t<T>>
struct Codec<T*> : HandleCodec<Codec<T*>, T*> {
  using Class = std::remove_const_t<T>;
  [[gnu::noinline]] static const TypeShape& shape() {
    static const TypeShape made =
        make_resource_shape(ValueKind::kBorrow, &ClassTag<Class>::tag, kDescription<Class>.name);
    return made;
  }
  static constexpr bool view = true;
  static bool take(Cursor& c, T* v, uint32_t& index) {
    if (!v) return c.bad_value("a pointer to a resource is null");
    return c.lower_borrow(&ClassTag<Class>::tag, const_cast<Class*>(v), index);
  }
  static bool give(Cursor& c, uint32_t index, T*& v) {
    void* object = nullptr;
    if (!c.lift_borrow(&ClassTag<Class>::tag, index, object)) return false;
    return v = static_cast<T*>(object), true;
  }
};

}  // namespace ermine::component::detail

#include "ermine/component/detail/compounds.h"

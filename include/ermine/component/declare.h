// How C++ types say which WIT types they have: records, enums, flags, variants with names, and resources. After the
// type, in its namespace:
//
//   struct Person { std::string full_name; uint8_t age = 0; };
//   ERMINE_RECORD(Person, full_name, age)                    // record { full-name: string, age: u8 }
//   enum class Colour : uint8_t { kRed, kGreen };
//   ERMINE_ENUM(Colour, "red", "green")                      // in the order of the values, from 0
//   enum class Rights : uint8_t { kRead = 1, kWrite = 2 };
//   ERMINE_FLAGS(Rights, "read", "write")                    // in the order of the bits, from bit 0; defines | & ^ ~
//   struct Shape : std::variant<Circle, std::monostate> { using variant::variant; };
//   ERMINE_VARIANT(Shape, "circle", "nothing")               // std::monostate: a case without payload
//   class Counter {...};
//   ERMINE_RESOURCE(Counter, "counter")                      // own: std::unique_ptr<Counter>; borrow: Counter&
//
// Types must have a default constructor, except resources. A plain std::variant is a variant whose cases have any
// names. The macros define a function ermine_component_type(const Type*); where names do not fit, it can be written by
// hand:
//
//   constexpr auto ermine_component_type(const Person*) {
//     return ermine::component::record("person", ermine::component::field("class", &Person::class_), ...);
//   }
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>

#include "ermine/detail/language.h"

namespace ermine::component {

namespace detail {

template <class C, class T>
struct Field {
  using type = T;
  std::string_view name;
  T C::* member;
};
template <class... F>
struct RecordType {
  std::string_view name;
  std::tuple<F...> fields;
};
template <size_t N>
struct EnumType {
  std::string_view name;
  std::array<std::string_view, N> cases;
};
template <size_t N>
struct FlagsType {
  std::string_view name;
  std::array<std::string_view, N> flags;
};
template <size_t N>
struct VariantType {
  std::string_view name;
  std::array<std::string_view, N> cases;
};
struct ResourceType {
  std::string_view name;
};

// The WIT name of a C++ identifier: "full-name" of "full_name". In static storage.
template <size_t N>
struct WitName {
  char text[N] = {};
  constexpr WitName(const char (&identifier)[N]) {
    for (size_t i = 0; i < N; ++i) text[i] = identifier[i] == '_' ? '-' : identifier[i];
  }
};
template <WitName kName>
constexpr std::string_view wit_name() {
  return {kName.text, sizeof(kName.text) - 1};
}

}  // namespace detail

// `name`: of the type in WIT, for messages.
template <class... F>
constexpr auto record(std::string_view name, F... fields) {
  return detail::RecordType<F...>{name, {fields...}};
}
template <class C, class T>
constexpr auto field(std::string_view name, T C::* member) {
  return detail::Field<C, T>{name, member};
}
template <class... N>
constexpr auto enumeration(std::string_view name, N... cases) {
  return detail::EnumType<sizeof...(N)>{name, {std::string_view(cases)...}};
}
template <class... N>
constexpr auto flags(std::string_view name, N... flags) {
  return detail::FlagsType<sizeof...(N)>{name, {std::string_view(flags)...}};
}
template <class... N>
constexpr auto variant(std::string_view name, N... cases) {
  return detail::VariantType<sizeof...(N)>{name, {std::string_view(cases)...}};
}
constexpr auto resource(std::string_view name) { return detail::ResourceType{name}; }

}  // namespace ermine::component

// ---- The macros. ERMINE_FOR_EACH_(macro, type, a, b, …) is macro(type, a), macro(type, b), …, up to 250 of them.
#define ERMINE_PARENS_ ()
#define ERMINE_EXPAND_(...) ERMINE_EXPAND3_(ERMINE_EXPAND3_(ERMINE_EXPAND3_(ERMINE_EXPAND3_(__VA_ARGS__))))
#define ERMINE_EXPAND3_(...) ERMINE_EXPAND2_(ERMINE_EXPAND2_(ERMINE_EXPAND2_(ERMINE_EXPAND2_(__VA_ARGS__))))
#define ERMINE_EXPAND2_(...) ERMINE_EXPAND1_(ERMINE_EXPAND1_(ERMINE_EXPAND1_(ERMINE_EXPAND1_(__VA_ARGS__))))
#define ERMINE_EXPAND1_(...) __VA_ARGS__
#define ERMINE_FOR_EACH_(macro, type, ...) __VA_OPT__(ERMINE_EXPAND_(ERMINE_STEP_(macro, type, __VA_ARGS__)))
#define ERMINE_STEP_(macro, type, first, ...) \
  , macro(type, first) __VA_OPT__(ERMINE_AGAIN_ ERMINE_PARENS_(macro, type, __VA_ARGS__))
#define ERMINE_AGAIN_() ERMINE_STEP_
#define ERMINE_FIELD_(type, member) \
  ::ermine::component::field(::ermine::component::detail::wit_name<#member>(), &type::member)

#define ERMINE_RECORD(type, ...)                                                                  \
  constexpr auto ermine_component_type(const type*) {                                             \
    return ::ermine::component::record(#type ERMINE_FOR_EACH_(ERMINE_FIELD_, type, __VA_ARGS__)); \
  }
#define ERMINE_ENUM(type, ...) \
  constexpr auto ermine_component_type(const type*) { return ::ermine::component::enumeration(#type, __VA_ARGS__); }
#define ERMINE_FLAGS(type, ...)                                                                                \
  constexpr auto ermine_component_type(const type*) { return ::ermine::component::flags(#type, __VA_ARGS__); } \
  constexpr type operator|(type a, type b) {                                                                   \
    return static_cast<type>(static_cast<uint64_t>(a) | static_cast<uint64_t>(b));                             \
  }                                                                                                            \
  constexpr type operator&(type a, type b) {                                                                   \
    return static_cast<type>(static_cast<uint64_t>(a) & static_cast<uint64_t>(b));                             \
  }                                                                                                            \
  constexpr type operator^(type a, type b) {                                                                   \
    return static_cast<type>(static_cast<uint64_t>(a) ^ static_cast<uint64_t>(b));                             \
  }                                                                                                            \
  constexpr type operator~(type a) { return static_cast<type>(~static_cast<uint64_t>(a)); }
#define ERMINE_VARIANT(type, ...) \
  constexpr auto ermine_component_type(const type*) { return ::ermine::component::variant(#type, __VA_ARGS__); }
#define ERMINE_RESOURCE(type, name) \
  constexpr auto ermine_component_type(const type*) { return ::ermine::component::resource(name); }

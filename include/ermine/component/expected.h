// component::Expected<T, E>: a value of WIT's type result<T, E>, with the interface of C++23's std::expected, which can
// be used instead where it exists. A call gives Result<Expected<T, E>>: the Result says whether the call worked, the
// Expected what the component answered.
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include "ermine/detail/language.h"

namespace ermine::component {

// Makes an Expected that has an error: `return component::Unexpected(Errno::kNotFound);`
template <class E>
class Unexpected {
 public:
  explicit Unexpected(E error) : error_(std::move(error)) {}
  E& error() & { return error_; }
  const E& error() const& { return error_; }
  E&& error() && { return std::move(error_); }

  // So that a function with the result Result<Expected<T, E>> can return it.
  template <class R>
    requires std::is_same_v<typename R::value_type::error_type, E>
  operator R() && {
    return R(typename R::value_type(std::move(*this)));
  }

 private:
  E error_;
};

// Preconditions: has_value() for value(), * and ->; !has_value() for error(). result<_, E> is Expected<void, E>;
// result<T> is Expected<T, std::monostate>.
template <class T, class E>
class Expected {
 public:
  using value_type = T;
  using error_type = E;
  using unexpected_type = Unexpected<E>;

  Expected() = default;  // a default value
  Expected(T value) : data_(std::in_place_index<0>, std::move(value)) {}
  Expected(Unexpected<E> error) : data_(std::in_place_index<1>, std::move(error).error()) {}

  bool has_value() const { return data_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& value() & { return *std::get_if<0>(&data_); }
  const T& value() const& { return *std::get_if<0>(&data_); }
  T&& value() && { return std::move(*std::get_if<0>(&data_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return std::get_if<0>(&data_); }
  const T* operator->() const { return std::get_if<0>(&data_); }
  E& error() & { return *std::get_if<1>(&data_); }
  const E& error() const& { return *std::get_if<1>(&data_); }
  E&& error() && { return std::move(*std::get_if<1>(&data_)); }
  bool operator==(const Expected&) const = default;

 private:
  std::variant<T, E> data_;
};

template <class E>
class Expected<void, E> {
 public:
  using value_type = void;
  using error_type = E;
  using unexpected_type = Unexpected<E>;

  Expected() = default;
  Expected(Unexpected<E> error) : data_(std::in_place_index<1>, std::move(error).error()) {}

  bool has_value() const { return data_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  E& error() & { return *std::get_if<1>(&data_); }
  const E& error() const& { return *std::get_if<1>(&data_); }
  E&& error() && { return std::move(*std::get_if<1>(&data_)); }
  bool operator==(const Expected&) const = default;

 private:
  std::variant<std::monostate, E> data_;
};

}  // namespace ermine::component

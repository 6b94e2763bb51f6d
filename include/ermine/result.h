// Result<T>: a value or an Error. The engine's functions return it instead of throwing.
#pragma once

#include <new>
#include <type_traits>
#include <utility>

#include "ermine/error.h"

namespace ermine {

namespace detail {
// Ends the process with a message that has the ignored error.
[[noreturn]] void fail_unchecked_result(const Error& error);
// The same for error() of a Result that has a value.
[[noreturn]] void fail_no_error();
}  // namespace detail

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : ok_(true) { ::new (&value_) T(std::move(value)); }
  Result(Error error) : ok_(false) { ::new (&error_) Error(std::move(error)); }
  Result(Result&& o) noexcept : ok_(o.ok_) {
    if (ok_) ::new (&value_) T(std::move(o.value_));
    else ::new (&error_) Error(std::move(o.error_));
  }
  Result& operator=(Result&& o) noexcept {
    if (this != &o) {
      this->~Result();
      ::new (this) Result(std::move(o));
    }
    return *this;
  }
  ~Result() {
    if (ok_) value_.~T();
    else error_.~Error();
  }

  bool has_value() const { return ok_; }
  explicit operator bool() const { return ok_; }
  // Precondition of value(), * and ->: has_value(). Of error(): !has_value(). A program that breaks it is ended, with
  // the error that it did not check.
  T& value() & { return checked(), value_; }
  const T& value() const& { return checked(), value_; }
  T&& value() && { return checked(), std::move(value_); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() & { return failed(), error_; }
  const Error& error() const& { return failed(), error_; }
  Error&& error() && { return failed(), std::move(error_); }

 private:
  void checked() const {
    if (!ok_) [[unlikely]]
      detail::fail_unchecked_result(error_);
  }
  void failed() const {
    if (ok_) [[unlikely]]
      detail::fail_no_error();
  }
  union {
    T value_;
    Error error_;
  };
  bool ok_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  bool has_value() const { return !error_; }
  explicit operator bool() const { return !error_; }
  Error& error() & { return error_; }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  Error error_;
};

}  // namespace ermine

#define ERMINE_CONCAT_INNER_(a, b) a##b
#define ERMINE_CONCAT_(a, b) ERMINE_CONCAT_INNER_(a, b)
// Returns the error of a failed Result from the enclosing function.
#define ERMINE_TRY(expr)                                            \
  do {                                                              \
    if (auto ermine_result_ = (expr); !ermine_result_) [[unlikely]] \
      return std::move(ermine_result_).error();                     \
  } while (false)
// Declares `decl` with the value of a Result, or returns its error.
#define ERMINE_ASSIGN(decl, expr)                                       \
  auto ERMINE_CONCAT_(ermine_result_, __LINE__) = (expr);               \
  if (!ERMINE_CONCAT_(ermine_result_, __LINE__)) [[unlikely]]           \
    return std::move(ERMINE_CONCAT_(ermine_result_, __LINE__)).error(); \
  decl = *std::move(ERMINE_CONCAT_(ermine_result_, __LINE__))

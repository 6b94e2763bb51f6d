// Fuzz target: any text is a value of the type or an error; a value prints as text that reads as the same value. As a
// call as well: the first byte chooses the type.
//
// Seeds: seeds/wave.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "component/wave/wave.h"
#include "component/wave/wit_types.h"
#include "component/wit/resolver.h"

using namespace ermine;
using namespace ermine::component;

namespace {

constexpr const char* kPackage = R"(package a:b;
interface i {
  record inner { a: u8, b: option<string> }
  record empty {}
  record options { a: option<u8>, %true: option<option<bool>> }
  enum e { red, %err, GREEN-one }
  flags f { read, write, %nan }
  resource r;
  variant v { none, %ok(u8), inner(inner), many(list<v2>) }
  variant v2 { a(f32), b(f64), c }
  record all { a: bool, b: s8, c: u16, d: s32, e: u64, f: f32, g: f64, h: char, i: string, j: list<tuple<e, f>>,
    k: option<v>, l: result<options, e>, m: map<string, list<u8, 2>>, n: result<_, result>, o: empty }
  f0: func() -> all;
  f1: func() -> v;
  f2: func() -> list<options>;
  f3: func() -> f32;
  f4: func() -> f64;
  f5: func() -> string;
  f6: func() -> char;
  f7: func() -> s64;
  f8: func() -> result<option<result<u8>>, option<r>>;
  f9: func(a: inner, b: list<all>, c: option<f>, d: option<e>);
})";

void check(bool condition, const char* what, std::string_view detail = {}) {
  if (condition) return;
  std::fprintf(stderr, "%s\n%.*s\n", what, static_cast<int>(detail.size()), detail.data());
  std::abort();
}

void check_error(const Error& error) {
  const ErrorKind kind = error.kind();
  check(kind == ErrorKind::kMalformed || kind == ErrorKind::kInvalid || kind == ErrorKind::kUnsupported,
        "an error of a kind that WAVE has not", error.message());
  check(!error.message().empty(), "an error without a message");
}

const std::vector<FunctionType>& functions() {
  static const std::vector<FunctionType> result = [] {
    wit::Resolve resolve;
    auto package = wit::add_packages(resolve, {{"fuzz.wit", kPackage}});
    check(package.has_value(), "the types are refused", package ? "" : package.error().message());
    wave::WitTypes types(resolve);
    std::vector<FunctionType> out;
    for (const auto& [name, function] : resolve.interfaces[0].functions) out.push_back(*types.function(function));
    return out;
  }();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const FunctionType& function = functions()[data[0] % functions().size()];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto name = wave::parse_call_name(text);
  if (!name) check_error(name.error());
  const auto arguments = wave::parse_call(text, function);
  if (!arguments) check_error(arguments.error());
  else {
    const auto printed = wave::print_call(name->text, *arguments);
    check(printed.has_value(), "arguments do not print", printed ? "" : printed.error().message());
    const auto again = wave::parse_call(*printed, function);
    check(again && *again == *arguments, "printed arguments are others", *printed);
  }
  if (function.result == nullptr) return 0;
  const auto value = wave::parse(text, *function.result);
  if (!value) {
    check_error(value.error());
    return 0;
  }
  const auto printed = wave::print(*value);
  check(printed.has_value(), "a value does not print", printed ? "" : printed.error().message());
  const auto again = wave::parse(*printed, *function.result);
  check(again && *again == *value, "printed text is another value", *printed);
  return 0;
}

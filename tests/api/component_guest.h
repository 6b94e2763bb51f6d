// EchoGuest: a component that exports echo: func(v: T) -> T, and imports the same function from test:host/echo, which
// it calls. Arguments and results go through its memory as they are. The memory has 32-bit or 64-bit addresses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ermine/ermine.h"

namespace ermine::test {

// The core types that a value is passed as (CanonicalABI.md, "Flattening"), from the C++ type.
class CoreTypes {
 public:
  CoreTypes(const component::detail::TypeShape& shape, std::string pointer) : pointer_(std::move(pointer)) {
    add(types, shape);
  }
  std::vector<std::string> types;

 private:
  using Types = std::vector<std::string>;
  using Shape = component::detail::TypeShape;
  using Kind = component::ValueKind;

  void add(Types& out, const Shape& shape) {
    switch (shape.kind) {
      case Kind::kS64:
      case Kind::kU64: out.push_back("i64"); return;
      case Kind::kF32: out.push_back("f32"); return;
      case Kind::kF64: out.push_back("f64"); return;
      case Kind::kString:
      case Kind::kList:
      case Kind::kMap: out.insert(out.end(), 2, pointer_); return;
      case Kind::kRecord:
      case Kind::kTuple:
        for (const auto& part : shape.parts) add(out, *part.type);
        return;
      case Kind::kVariant: {
        std::vector<const Shape*> cases;
        for (const auto& part : shape.parts) cases.push_back(part.type);
        return add_cases(out, cases);
      }
      case Kind::kOption: return add_cases(out, {nullptr, shape.first});
      case Kind::kResult: return add_cases(out, {shape.first, shape.second});
      default: out.push_back("i32"); return;
    }
  }
  void add_cases(Types& out, const std::vector<const Shape*>& cases) {
    Types joined;
    for (const Shape* payload : cases) {
      Types flat;
      if (payload) add(flat, *payload);
      for (size_t i = 0; i < flat.size(); ++i) {
        if (i == joined.size()) joined.push_back(flat[i]);
        else if (joined[i] != flat[i]) joined[i] = is_32(joined[i]) && is_32(flat[i]) ? "i32" : "i64";
      }
    }
    out.push_back("i32");
    out.insert(out.end(), joined.begin(), joined.end());
  }
  static bool is_32(const std::string& type) { return type == "i32" || type == "f32"; }
  const std::string pointer_;
};

inline std::string echo_text(std::string_view type, const std::vector<std::string>& flat, std::string_view encoding,
                             const std::string& pointer) {
  const bool is64 = pointer == "i64";
  const bool spilled = flat.size() > 16, direct = flat.size() <= 1;
  std::string params, gets;
  for (size_t i = 0; i < (spilled ? 1 : flat.size()); ++i) {
    params += " " + (spilled ? pointer : flat[i]);
    gets += " (local.get " + std::to_string(i) + ")";
  }
  const std::string result = direct ? flat[0] : pointer;
  const std::string call = direct ? "(call $host" + gets + ")"
                                  : "(call $host" + gets + " (" + pointer + ".const 16)) (" + pointer + ".const 16)";
  const std::string host_type =
      "(param" + params + (direct ? ")" : " " + pointer + ")") + (direct ? "(result " + result + ")" : std::string());
  const std::string t(type), options = "string-encoding=" + std::string(encoding) + " (memory $mem) (realloc $realloc)";
  return R"((component
    (type $point' (record (field "x" u32) (field "y" f64)))
    (import "point" (type $point (eq $point')))
    (type $person' (record (field "full-name" string) (field "age" (option u8)) (field "places" (list $point))))
    (import "person" (type $person (eq $person')))
    (type $colour' (enum "red" "green" "blue"))
    (import "colour" (type $colour (eq $colour')))
    (type $rights' (flags "read" "write" "execute"))
    (import "rights" (type $rights (eq $rights')))
    (type $shape' (variant (case "dot" $point) (case "nothing") (case "named" string)))
    (import "shape" (type $shape (eq $shape')))
    (type $choice' (variant (case "a" u8) (case "b" f64) (case "c")))
    (import "choice" (type $choice (eq $choice')))
    (type $twice' (variant (case "a" u32) (case "b" u32)))
    (import "twice" (type $twice (eq $twice')))
    (import "test:host/echo" (instance $host (export "echo" (func (param "v" )" +
         t + R"() (result )" + t + R"()))))
    (core module $Memory
      (memory (export "memory") )" +
         pointer + R"( 2)
      (global $next (mut i64) (i64.const 1024))
      (func (export "realloc") (param )" +
         pointer + " " + pointer + " " + pointer + " " + pointer + ") (result " + pointer + R"()
        (global.set $next (i64.and (i64.add (global.get $next) (i64.const 7)) (i64.const -8)))
        )" +
         (is64 ? "(global.get $next)" : "(i32.wrap_i64 (global.get $next))") + R"(
        (global.set $next (i64.add (global.get $next) )" +
         (is64 ? "(local.get 3)" : "(i64.extend_i32_u (local.get 3))") + R"()))
      (func (export "free") (param )" +
         result + R"() (global.set $next (i64.const 1024))))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "memory" (core memory $mem))
    (alias core export $memory "realloc" (core func $realloc))
    (alias core export $memory "free" (core func $free))
    (core func $lowered (canon lower (func $host "echo") )" +
         options + R"())
    (core module $M
      (import "" "host" (func $host )" +
         host_type + R"())
      (func (export "echo") (param)" +
         params + ") (result " + result + ") " + call + R"())
    (core instance $i (instantiate $M (with "" (instance (export "host" (func $lowered))))))
    (func (export "echo") (param "v" )" +
         t + ") (result " + t + R"() (canon lift (core func $i "echo") )" + options + " (post-return $free))))";
}

template <class T>
Result<Component> echo_guest(const Engine& engine, std::string_view type, std::string_view encoding = "utf8",
                             bool is64 = false) {
  const std::string pointer = is64 ? "i64" : "i32";
  const CoreTypes flat(component::detail::Codec<T>::shape(), pointer);
  return Component::from_text(engine, echo_text(type, flat.types, encoding, pointer), "echo");
}

}  // namespace ermine::test

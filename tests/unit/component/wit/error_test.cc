// Each mistake is refused, with the right message.
#include "wit.h"

namespace ermine::component::wit {
namespace {

TEST(WitError, IsShownWithItsLine) {
  Resolve resolve;
  const auto result =
      add_packages(resolve, {{"x.wit", "package a:b;\r\ninterface i {\r\n  f: func(p: strin);\r\n}\r\n"}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::kInvalid);
  EXPECT_EQ(result.error().message(),
            "x.wit:3:14: there is no type 'strin'\n  3 |   f: func(p: strin);\n    |              ^~~~~");
}

TEST(WitError, Suggestions) {
  EXPECT_NE(error_of("interface i { type request = u8; f: func(p: requestx); }").find("did you mean 'request'?"),
            std::string::npos);
  EXPECT_NE(error_of("interface types {} world w { import typesx; }").find("did you mean 'types'?"), std::string::npos);
  EXPECT_NE(
      error_of("interface i { type instant = u8; } interface j { use i.{instantx}; }").find("did you mean 'instant'?"),
      std::string::npos);
  Resolve resolve;
  const auto result = add_packages(resolve, {{"a.wit", "package a:b; world w { import c:d/i@1.0.0; }"}},
                                   {{{"c.wit", "package c:d@1.1.0; interface i {}"}}});
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("known versions: c:d@1.1.0"), std::string::npos);
}

TEST(WitError, EachIsFound) {
  struct Case {
    const char* items;
    const char* message;
  };
  const Case cases[] = {
      {"interface i", "unexpected the end of the text, expected '{'"},
      {"interface i {", "expected '}'"},
      {"interface type {}", "unexpected the keyword 'type', expected a name"},
      {"interface i { f: func() -> ; }", "expected a type"},
      {"interface i { f: u8; }", "expected 'func' or 'async'"},
      {"interface i { f: func(a) ; }", "expected ':'"},
      {"interface i { f: func(a: u8 b: u8) ; }", "expected ')'"},
      {"interface i { type t = list; }", "expected '<'"},
      {"interface i { type t = list<u8, 0>; }", "not a length"},
      {"interface i { type t = list<u8, 4294967296>; }", "not a length"},
      {"interface i { type t = map<u8>; }", "expected ','"},
      {"interface i { type t = map<f32, u8>; }", "cannot be the key of a map"},
      {"interface i { type t = result<_>; }", "expected ','"},
      {"interface i { type t = tuple; }", "expected '<'"},
      {"interface i { type t = t; }", "depends on itself"},
      {"interface i { record r { a: option<r> } }", "depends on itself"},
      {"interface i { record r { a: u8, A: u8 } }", "differs from 'a' only in case"},
      {"interface i { flags f { a, a } }", "the flag 'a' is defined twice"},
      {"interface i { enum e {} }", "needs at least one"},
      {"interface i { f: func(); F: func(); }", "differs from 'f' only in case"},
      {"interface i { f: func(a: u8, A: u8); }", "differs from 'a' only in case"},
      {"interface i { resource r { m: func(self: u8); } }", "the parameter 'self' is defined twice"},
      {"interface i { f: func() -> list<borrow<r>>; resource r; }", "only parameters can be borrowed"},
      {"interface i { use i.{t}; }", "depends on itself"},
      {"interface i { use j.{t}; } interface j { use i.{t}; }", "have no cycles"},
      {"interface i {} interface I {}", "differs from 'i' only in case"},
      {"use c:d/e;", "there is no package c:d"},
      {"use i as j; interface i {} interface j {}", "'j' is defined twice in this file"},
      {"@since(version = 1.0.0) use i; interface i {}", "a top-level use has no attributes"},
      {"@since(version = 1.1.0) interface i {}", "since version 1.1.0"},
      {"@since(version = 1) interface i {}", "not a semantic version"},
      {"@since(version = 1.0.0) @unstable(feature = x) interface i {}", "not both"},
      {"@since(version = 1.0.0) @since(version = 1.0.0) interface i {}", "written twice"},
      {"@deprecated(version = 1.0.0) interface i {}", "only used together"},
      {"@stable(version = 1.0.0) interface i {}", "there is no attribute @stable"},
      {"@external-id(\"x\") interface i {}", "has no external id"},
      {"world w { import f: func(); import f: func(); }", "'f' is imported twice"},
      {"world w { import f: func(); import F: func(); }", "differ only in case"},
      {"world w { import i; import i; } interface i {}", "the interface is imported twice"},
      {"world w { include w; }", "depends on itself"},
      {"world w { include v with { f as g } } world v { import i; } interface i {}",
       "no import or export with the plain name"},
      {"world w { include v; include v; } world v { export f: func(); }", "'f' is exported twice"},
      {"world w { include i; } interface i {}", "is an interface, not a world"},
      {"world w { import v; } world v {}", "is a world, not an interface"},
      {"world w { import a:b; }", "there is no interface or world 'b'"},
      {"world w { import c:d/e/f; }", "expected ';'"},
      {"world w { export type t = u8; }", "expected a name"},
      {"package c:d { package e:f {} }", "a nested package has no packages in it"},
      {"package c:d {} package c:d {}", "the package c:d is defined twice"},
      {"package a:b@1.0.0 {}", "the package a:b@1.0.0 is defined twice"},
      {"package c:d/e {}", "nested namespaces and packages are not supported"},
      {"package c:d { interface i { use e:f/j.{t}; } } package e:f { interface j { use c:d/i.{t}; } }",
       "dependencies of packages have no cycles"},
      {"interface i {} package c:d;", "is the first item of a file"},
      {"interface i { type t = float32; }", "there is no type 'float32'"},
      {"interface i { constructor: func(); }", "expected a type, 'use', the name of a function or '}'"},
      {"interface i { f: static func(); }", "expected 'func' or 'async'"},
      {"interface i { resource r { constructor(); constructor(); } }", "has two constructors"},
      {"interface i { resource r { constructor() -> u8; } }", "a constructor returns its resource"},
  };
  for (const Case& c : cases) {
    const std::string error = error_of(c.items);
    EXPECT_NE(error.find(c.message), std::string::npos) << c.items << "\n  " << error;
  }
}

TEST(WitError, Packages) {
  EXPECT_NE(Loaded("interface i {}").error.find("no file declares the package"), std::string::npos);
  EXPECT_NE(Loaded({{"a.wit", "package a:b;"}, {"b.wit", "package a:c;"}})
                .error.find("b.wit:1:9: this file belongs to the package a:c"),
            std::string::npos);
  EXPECT_NE(
      Loaded({{"a.wit", "/// x\npackage a:b;"}, {"b.wit", "/// y\npackage a:b;"}}).error.find("two files document"),
      std::string::npos);
  EXPECT_NE(Loaded("package a:b; @since(version = 1.0.0) interface i {}").error.find("has no version"),
            std::string::npos);
  Resolve resolve;
  const auto missing = add_path(resolve, "no/such/file.wit");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind(), ErrorKind::kIo);
}

}  // namespace
}  // namespace ermine::component::wit

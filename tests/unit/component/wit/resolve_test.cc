// Packages, interfaces and types.
#include "component/wit/resolve.h"

#include "wit.h"

namespace ermine::component::wit {
namespace {

TEST(WitResolve, Types) {
  const Loaded l(R"(package a:b;
    interface i {
      use-later: func(x: later) -> option<later>;
      type later = result<_, e>;
      enum e { x, y }
      record r { a: list<u8>, b: list<u8>, c: list<u8, 4>, d: map<string, e> }
      variant v { none, some(tuple<s8, char>) }
      flags f { one, two }
      type g = result;
      type h = result<u8>;
      type s = stream<u8>;
      type t = future;
      type u = error-context;
    })");
  ASSERT_EQ(l.error, "");
  EXPECT_EQ(l.resolve[l.package].name.to_string(), "a:b");
  const TypeDef& r = l.type("i", "r");
  EXPECT_EQ(r.kind, TypeDefKind::kRecord);
  ASSERT_EQ(r.members.size(), 4u);
  EXPECT_EQ(r.members[0].type, r.members[1].type) << "types without name are shared";
  EXPECT_EQ(l.resolve[r.members[2].type.id].kind, TypeDefKind::kFixedList);
  EXPECT_EQ(l.resolve[r.members[2].type.id].length, 4u);
  EXPECT_EQ(print_type(l.resolve, r.members[3].type), "map<string, e>");
  EXPECT_EQ(print_type(l.resolve, l.type("i", "v").members[1].type), "tuple<s8, char>");
  EXPECT_FALSE(l.type("i", "v").members[0].type);
  const TypeDef& later = l.type("i", "later");
  EXPECT_FALSE(later.parts[0]);
  EXPECT_EQ(l.resolve[later.parts[1].id].name, "e");
  EXPECT_TRUE(l.type("i", "h").parts[0]);
  EXPECT_FALSE(l.type("i", "h").parts[1]);
  EXPECT_EQ(l.type("i", "u").parts[0].primitive, Primitive::ErrorContext);
  EXPECT_EQ(print_type(l.resolve, l.function("i", "use-later").result), "option<later>");
  // What a type consists of comes before it.
  for (uint32_t i = 0; i < l.resolve.types.size(); ++i)
    for (const Type& part : l.resolve.types[i].parts) EXPECT_TRUE(!part.id || part.id.index < i);
}

TEST(WitResolve, Resources) {
  const Loaded l(R"(package a:b;
    interface i {
      resource r {
        constructor(x: u8) -> result<r, string>;
        read: async func(other: borrow<r>) -> r;
        merge: static func(a: r);
      }
      resource s { constructor(); }
      type alias = r;
      type owned = own<r>;
      f: func(x: alias, y: list<borrow<alias>>);
    })");
  ASSERT_EQ(l.error, "");
  const Interface& i = l.interface("i");
  EXPECT_EQ(i.functions.names(), (std::vector<std::string_view>{"[constructor]r", "[method]r.read", "[static]r.merge",
                                                                "[constructor]s", "f"}));
  const Function& read = l.function("i", "[method]r.read");
  EXPECT_TRUE(read.is_async);
  EXPECT_EQ(read.kind, FunctionKind::kMethod);
  EXPECT_EQ(read.item_name(), "read");
  EXPECT_EQ(read.resource, *i.types.find("r"));
  ASSERT_EQ(read.params.size(), 2u);
  EXPECT_EQ(read.params[0].name, "self");
  EXPECT_EQ(read.params[0].type, read.params[1].type);
  EXPECT_EQ(l.resolve[read.params[0].type.id].kind, TypeDefKind::kBorrow);
  EXPECT_EQ(l.resolve[read.result.id].kind, TypeDefKind::kOwn);
  EXPECT_EQ(l.function("i", "[static]r.merge").item_name(), "merge");
  EXPECT_EQ(l.type("i", "alias").kind, TypeDefKind::kAlias);
  EXPECT_EQ(l.resolve.without_aliases(*i.types.find("alias")), *i.types.find("r"));
  EXPECT_EQ(l.type("i", "owned").kind, TypeDefKind::kOwn);
  const TypeDef& owned = l.resolve[l.function("i", "f").params[0].type.id];
  EXPECT_EQ(owned.kind, TypeDefKind::kOwn);
  EXPECT_EQ(owned.parts[0].id, *i.types.find("alias"));
  EXPECT_EQ(l.resolve[l.function("i", "[constructor]s").result.id].parts[0].id, *i.types.find("s"));
}

TEST(WitResolve, UsesAcrossFilesAndPackages) {
  const Loaded l(
      {{"1.wit",
        "package a:b;\nuse c:d/types@1.0.0 as t;\nuse local as here;\ninterface i { use t.{x}; use here.{y as z}; use "
        "other.{w}; }"},
       {"2.wit", "interface local { use c:d/types@1.0.0.{x}; type y = x; }\ninterface other { type w = u8; }"}},
      {{{"3.wit", "package c:d@1.0.0;\ninterface types { type x = u8; }"}},
       {{"4.wit", "package c:d@1.1.0;\ninterface types { type x = u16; }"}}});
  ASSERT_EQ(l.error, "");
  EXPECT_EQ(l.resolve.packages.size(), 3u);
  const Interface& i = l.interface("i");
  EXPECT_EQ(i.types.names(), (std::vector<std::string_view>{"x", "z", "w"}));
  const TypeDef& x = l.type("i", "x");
  EXPECT_EQ(l.resolve.name_of(l.resolve.used_interface(*i.types.find("x"))), "c:d/types@1.0.0");
  EXPECT_EQ(l.resolve[l.resolve.without_aliases(x.parts[0].id)].parts[0].primitive, Primitive::U8);
  EXPECT_EQ(l.resolve.used_interface(*l.interface("local").types.find("y")), InterfaceId());
  EXPECT_EQ(l.resolve.dependencies(l.package).size(), 1u);
  EXPECT_EQ(l.resolve[l.package].interfaces.names(), (std::vector<std::string_view>{"local", "other", "i"}));
}

TEST(WitResolve, NestedPackages) {
  const Loaded l(
      "package a:b;\nworld w { import c:d/i; }\npackage c:d { interface i { use e:f/j.{t}; } }\n/// Docs.\npackage e:f "
      "{ interface j { type t = u8; } }");
  ASSERT_EQ(l.error, "");
  EXPECT_EQ(l.imports("w"), "e:f/j c:d/i");
  EXPECT_EQ(l.resolve.packages[0].name.to_string(), "e:f");
  EXPECT_EQ(l.resolve.packages[0].docs, "Docs.");
}

TEST(WitResolve, Gates) {
  const std::string text = R"(package a:b@1.1.0;
    interface i {
      @since(version = 1.0.0) @deprecated(version = 1.1.0) a: func();
      @unstable(feature = x) b: func();
      @unstable(feature = x) type t = u8;
      @unstable(feature = x) resource r { @unstable(feature = x) m: func(y: t); }
      @unstable(feature = y) record s { y: t }
    }
    @unstable(feature = x) interface j { @unstable(feature = x) use i.{t}; f: func(x: t); }
    world w { @unstable(feature = x) import j; @unstable(feature = x) include v; }
    @unstable(feature = x) world v { import z: func(); })";
  const Loaded none(text);
  ASSERT_EQ(none.error, "");
  EXPECT_EQ(none.interface("i").functions.names(), (std::vector<std::string_view>{"a"}));
  EXPECT_EQ(none.function("i", "a").stability.since->to_string(), "1.0.0");
  EXPECT_EQ(none.function("i", "a").stability.deprecated->to_string(), "1.1.0");
  EXPECT_TRUE(none.interface("i").types.empty());
  EXPECT_EQ(none.resolve[none.package].interfaces.find("j"), nullptr);
  EXPECT_EQ(none.imports("w"), "");
  const Loaded x(text, {{"x"}, false});
  ASSERT_EQ(x.error, "");
  EXPECT_EQ(x.interface("i").types.names(), (std::vector<std::string_view>{"t", "r"}));
  EXPECT_EQ(x.imports("w"), "a:b/i@1.1.0 a:b/j@1.1.0 z");
  EXPECT_EQ(Loaded(text, {{"y"}, false}).error,
            "a.wit:7:44: the type 't' is left out, because its @unstable feature is not enabled");
  EXPECT_EQ(Loaded(text, {{}, true}).interface("i").types.size(), 3u);
}

TEST(WitResolve, SecondLoadSeesTheFirst) {
  Resolve resolve;
  ASSERT_TRUE(
      add_packages(resolve, {{"a.wit", "package a:b; interface i { resource r; use-r: func(x: borrow<r>); }"}}));
  auto second = add_packages(resolve, {{"b.wit", "package c:d; interface j { use a:b/i.{r}; f: func() -> r; }"}});
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(resolve.dependencies(*second).size(), 1u);
  auto again = add_packages(resolve, {{"b.wit", "package c:d;"}});
  ASSERT_FALSE(again);
  EXPECT_TRUE(again.error().message().starts_with("b.wit:1:9: the package c:d is known already"));
}

}  // namespace
}  // namespace ermine::component::wit

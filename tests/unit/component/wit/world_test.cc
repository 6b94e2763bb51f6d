// Worlds: imports, exports, include, and what is imported implicitly.
#include "component/wit/select.h"
#include "wit.h"

namespace ermine::component::wit {
namespace {

TEST(WitWorld, ImportsAndExports) {
  const Loaded l(R"(package a:b;
    interface i { type t = u8; }
    world w {
      export run: async func();
      import log: func(x: u);
      import inline: interface { use i.{t}; f: func() -> t; }
      import second: i;
      use i.{t};
      type u = t;
      resource r { m: func(); }
      export i;
    })");
  ASSERT_EQ(l.error, "");
  EXPECT_EQ(l.imports("w"), "a:b/i inline second t u r log [method]r.m");
  EXPECT_EQ(l.exports("w"), "run a:b/i");
  const World& w = l.world("w");
  EXPECT_TRUE(w.imports.find("second")->implements(l.resolve));
  EXPECT_FALSE(w.imports.find("inline")->implements(l.resolve));
  EXPECT_TRUE(w.exports.find("run")->function.is_async);
  EXPECT_EQ(w.imports.find("[method]r.m")->function.resource, w.imports.find("r")->type);
}

// WIT.md, "Transitive imports and worlds".
TEST(WitWorld, NeededInterfaces) {
  const char* text = R"(package a:b;
    interface a { resource r; }
    interface b { use a.{r}; }
    interface c { use b.{r}; }
    world imports { import c; }
    world exports { export c; }
    world both { export c; export a; export b; }
    world through-type { use c.{r}; }
    world inline { export x: interface { use c.{r}; } })";
  const Loaded l(text);
  ASSERT_EQ(l.error, "");
  EXPECT_EQ(l.imports("imports"), "a:b/a a:b/b a:b/c");
  EXPECT_EQ(l.imports("exports"), "a:b/a a:b/b");
  EXPECT_EQ(l.exports("exports"), "a:b/c");
  EXPECT_EQ(l.imports("both"), "");
  EXPECT_EQ(l.exports("both"), "a:b/a a:b/b a:b/c");
  EXPECT_EQ(l.imports("through-type"), "a:b/a a:b/b a:b/c r");
  EXPECT_EQ(l.imports("inline"), "a:b/a a:b/b a:b/c");
}

TEST(WitWorld, AnInterfaceThatIsNeededBothWays) {
  EXPECT_EQ(error_of("interface a { type t = u8; }\ninterface b { use a.{t}; }\ninterface c { use a.{t}; use b.{t as "
                     "t2}; }\nworld foo { export a; export c; }"),
            "a.wit:5:7: the export of a:b/c@1.0.0 needs an interface both as an import and as an export of this world");
  EXPECT_NE(error_of("interface a { type t = u8; }\ninterface b { use a.{t}; }\ninterface c { use b.{t}; }\nworld foo "
                     "{ export a; export c; }"),
            "");
}

TEST(WitWorld, Include) {
  const Loaded l(R"(package a:b;
    interface i { type t = u8; }
    world one { import f: func(); import i; export g: func(); import r: interface { type x = u8; } }
    world two { import f: func(); import i; resource s { constructor(); m: func() -> s; } }
    world both { include one; include two with { f as f2, s as renamed } }
    world labelled { import first: i; }
    world third { include labelled with { first as second } import first: func(); })");
  ASSERT_EQ(l.error, "");
  EXPECT_EQ(l.imports("both"), "a:b/i r renamed f f2 [constructor]renamed [method]renamed.m");
  EXPECT_EQ(l.exports("both"), "g");
  EXPECT_EQ(l.imports("third"), "second first");
  const World& both = l.world("both");
  const Function& m = both.imports.find("[method]renamed.m")->function;
  EXPECT_EQ(m.resource, both.imports.find("renamed")->type);
  EXPECT_EQ(l.resolve[m.result.id].parts[0].id, m.resource);
  EXPECT_NE(m.resource, l.world("two").imports.find("s")->type) << "each world has its own resource";
  EXPECT_NE(both.imports.find("r")->interface, l.world("one").imports.find("r")->interface);
  EXPECT_TRUE(l.world("third").imports.find("second")->implements(l.resolve));
}

// Versions of another package mean nothing in this one.
TEST(WitWorld, IncludeOfAnotherPackageDropsSince) {
  const Loaded l({{"a.wit", "package a:b@0.1.0; world w { include c:d/v@2.0.0; }"}},
                 {{{"c.wit",
                    "package c:d@2.0.0; interface i {} world v { @since(version = 1.5.0) import i; @since(version = "
                    "1.5.0) import f: func(); @since(version = 1.5.0) type t = u8; }"}}});
  ASSERT_EQ(l.error, "");
  EXPECT_EQ(l.imports("w"), "c:d/i@2.0.0 t f");
  for (const auto& [key, item] : l.world("w").imports) EXPECT_TRUE(item.stability.is_unknown());
  EXPECT_TRUE(l.world("w").imports.find("f")->function.stability.is_unknown());
  EXPECT_TRUE(l.resolve[l.world("w").imports.find("t")->type].stability.is_unknown());
}

TEST(WitWorld, DocumentationOfAnImportThatIsNeededEarlier) {
  const Loaded l(
      "package a:b; interface a { type t = u8; } interface b { use a.{t}; } world w { import b;\n/// Docs.\nimport a; "
      "}");
  ASSERT_EQ(l.error, "");
  const auto& [key, first] = *l.world("w").imports.begin();
  EXPECT_EQ(l.resolve.name_of(first), "a:b/a");
  EXPECT_EQ(first.docs, "Docs.");
}

TEST(WitWorld, ExternalIds) {
  const Loaded l(
      "package a:b; interface i { @external-id(\"one\") f: func(); } world w { @external-id(\"two\") import x: i; "
      "@external-id(\"\\u{2603}\") import g: func(); }");
  ASSERT_EQ(l.error, "");
  EXPECT_EQ(l.function("i", "f").external_id, "one");
  EXPECT_EQ(l.world("w").imports.find("x")->external_id, "two");
  EXPECT_EQ(l.world("w").imports.find("g")->function.external_id, "\xE2\x98\x83");
}

TEST(WitWorld, Selection) {
  const Loaded l({{"a.wit", "package a:b; world one {} world two { include c:d/only@1.0.0; }"}},
                 {{{"c.wit", "package c:d@1.0.0; world only {}"}},
                  {{"e.wit", "package e:f@1.0.0; world w {}"}},
                  {{"f.wit", "package e:f@2.0.0; world w {}"}}});
  ASSERT_EQ(l.error, "");
  const auto selected = [&](PackageId package, std::string_view name) {
    auto result = select_world(l.resolve, package, name);
    return result ? l.resolve.name_of(*result) : result.error().message();
  };
  const PackageId c = l.resolve.find({"c", "d", *Version::parse("1.0.0")});
  EXPECT_EQ(selected(l.package, ""), "the package a:b has several worlds (one, two); say which one is meant");
  EXPECT_EQ(selected(l.package, "two"), "a:b/two");
  EXPECT_EQ(selected(c, ""), "c:d/only@1.0.0");
  EXPECT_EQ(selected(l.package, "c:d/only"), "c:d/only@1.0.0");
  EXPECT_EQ(selected(l.package, "e:f/w@2.0.0"), "e:f/w@2.0.0");
  EXPECT_EQ(selected(l.package, "e:f/w"),
            "there are several versions of the package (e:f@1.0.0, e:f@2.0.0); say which one is meant: e:f/w@…");
  EXPECT_EQ(selected(l.package, "e:f/w@3.0.0"), "there is no version 3.0.0 of the package, but e:f@1.0.0, e:f@2.0.0");
  EXPECT_EQ(selected(l.package, "x:y/w"), "there is no package x:y");
  EXPECT_EQ(selected(l.package, "twos"), "the package a:b has no world 'twos'; did you mean 'two'?");
}

}  // namespace
}  // namespace ermine::component::wit

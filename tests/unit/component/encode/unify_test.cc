// Imports of compatible versions become one.
#include "component/wit/unify.h"

#include "../wit/wit.h"

namespace ermine::component::wit {
namespace {

std::string unified(const std::string& low, const std::string& high, const std::string& imports,
                    const std::string& world_imports) {
  Resolve resolve;
  const std::string text = "package t:t;\nworld w { " + world_imports + " }\n";
  auto package = add_packages(resolve, {{"w.wit", text}},
                              {{{"low.wit", "package a:b@" + low + "; interface i { " + imports + " }"}},
                               {{"high.wit", "package a:b@" + high +
                                                 "; interface i { record r { x: u8 } f: func(r: r); g: func(); }"
                                                 " interface j { use i.{r}; h: func() -> r; }"}}});
  if (!package) return package.error().message();
  const WorldId world = *resolve[*package].worlds.find("w");
  if (Result<void> done = unify_imports(resolve, world); !done) return done.error().message();
  std::string out;
  for (const auto& [key, item] : resolve[world].imports) out += (out.empty() ? "" : " ") + resolve.name_of(item);
  return out;
}

TEST(Unify, HighestVersionOfATrack) {
  const std::string items = "record r { x: u8 } f: func(r: r);";
  EXPECT_EQ(unified("1.2.0", "1.10.0", items, "import a:b/i@1.2.0; import a:b/i@1.10.0;"), "a:b/i@1.10.0");
  EXPECT_EQ(unified("0.2.0", "0.2.3", items, "import a:b/i@0.2.0; import a:b/i@0.2.3;"), "a:b/i@0.2.3");
  EXPECT_EQ(unified("0.1.0", "0.2.0", items, "import a:b/i@0.1.0; import a:b/i@0.2.0;"), "a:b/i@0.1.0 a:b/i@0.2.0");
  EXPECT_EQ(unified("1.0.0", "2.0.0", items, "import a:b/i@1.0.0; import a:b/i@2.0.0;"), "a:b/i@1.0.0 a:b/i@2.0.0");
}

TEST(Unify, AVersionWithMoreStays) {
  EXPECT_EQ(unified("1.0.0", "1.1.0", "extra: func();", "import a:b/i@1.0.0; import a:b/i@1.1.0;"),
            "a:b/i@1.0.0 a:b/i@1.1.0");
}

TEST(Unify, AnExportedVersionStays) {
  EXPECT_EQ(unified("1.0.0", "1.1.0", "f: func();", "import a:b/i@1.0.0; import a:b/i@1.1.0; export a:b/i@1.0.0;"),
            "a:b/i@1.0.0 a:b/i@1.1.0");
}

TEST(Unify, CompatibleNames) {
  EXPECT_EQ(compatible_name("a:b/c"), "a:b/c");
  EXPECT_EQ(compatible_name("a:b/c@1.2.3"), "a:b/c@1");
  EXPECT_EQ(compatible_name("a:b/c@0.2.3"), "a:b/c@0.2");
  EXPECT_EQ(compatible_name("a:b/c@0.0.3"), "a:b/c@0.0.3");
  EXPECT_EQ(compatible_name("a:b/c@1.0.0-rc.1"), "a:b/c@1.0.0-rc.1");
}

}  // namespace
}  // namespace ermine::component::wit

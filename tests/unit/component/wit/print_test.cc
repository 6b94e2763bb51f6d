#include "component/wit/print.h"

#include "wit.h"
#include "wit_dump.h"

namespace ermine::component::wit {
namespace {

// A text in the printer's own form is printed unchanged.
TEST(WitPrint, IsStable) {
  const std::string text = R"(/// The package.
package a:b@1.2.3-rc.1;

/// One interface.
///
///   indented
@since(version = 1.0.0)
@deprecated(version = 1.1.0)
interface i {
  /// of the function
  @external-id("a\u{26}b")
  %func: func(%type: u8) -> result<_, string>;
}

interface j {
  @unstable(feature = x)
  use i2.{t, u as v};
  use c:d/k@0.1.0.{w};

  record r {
    /// a field
    a: own-r,
    b: tuple<>,
  }

  resource own-r {
    constructor();
    /// read
    read: async func(x: borrow<own-r>) -> own-r;
    make: static func() -> result<own-r>;
  }

  type alias = own-r;

  type owned = own<own-r>;
}

)";
  ResolveOptions options;
  options.all_features = true;
  // i2 is between i and j in the order of dependencies.
  std::string source = text;
  source.replace(source.find("interface j"), 0, "interface i2 {\n  type t = u8;\n\n  type u = u8;\n}\n\n");
  source.replace(source.find("a: own-r"), 8, "a: u8");
  const Loaded l(InputGroup{{"a.wit", source}}, {{{"k.wit", "package c:d@0.1.0; interface k { type w = u8; }"}}},
                 options);
  ASSERT_EQ(l.error, "");
  EXPECT_EQ(print(l.resolve, l.package), source);
}

TEST(WitPrint, Worlds) {
  const Loaded l(R"(package a:b;
    interface i { type t = u8; }
    world w {
      /// docs of the export
      export f: func();
      export x: interface { /// inner
        g: func(); }
      use i.{t};
      import second: i;
      resource r { m: func(x: t); }
    })");
  ASSERT_EQ(l.error, "");
  const std::string printed = print(l.resolve, l.package);
  EXPECT_EQ(printed.substr(printed.find("world")), R"(world w {
  import second: i;
  import i;
  use i.{t};

  resource r {
    m: func(x: t);
  }

  /// docs of the export
  export f: func();
  export x: interface {
    /// inner
    g: func();
  }
}
)");
  const Loaded again(printed);
  EXPECT_EQ(testing::dump(again.resolve), testing::dump(l.resolve));
  PrintOptions without;
  without.docs = false;
  EXPECT_EQ(print(l.resolve, l.package, {}, without).find("///"), std::string::npos);
}

}  // namespace
}  // namespace ermine::component::wit

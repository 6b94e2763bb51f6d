// Text that is made to exhaust the stack, time or memory ends in an error, soon.
#include "component/wit/limits.h"
#include "wit.h"

namespace ermine::component::wit {
namespace {

std::string repeated(std::string_view s, size_t n) {
  std::string out;
  for (size_t i = 0; i < n; ++i) out += s;
  return out;
}

TEST(WitHostile, Nesting) {
  EXPECT_NE(error_of("interface i { type t = " + repeated("list<", 1'000'000)).find("nested more than"),
            std::string::npos);
  EXPECT_NE(error_of(repeated("/*", 1'000'000)).find("not closed"), std::string::npos);
  EXPECT_NE(error_of(repeated("package a:c { ", 100'000)).find("no packages in it"), std::string::npos);
  const std::string most = repeated("list<", kMaxTypeNesting - 1) + "u8" + repeated(">", kMaxTypeNesting - 1);
  EXPECT_EQ(error_of("interface i { type t = " + most + "; }"), "");
}

TEST(WitHostile, Chains) {
  std::string types, interfaces, worlds;
  for (int i = 0; i < 20'000; ++i) {
    types += "type t" + std::to_string(i) + " = " + (i == 0 ? "u8" : "t" + std::to_string(i - 1)) + ";\n";
    interfaces += "interface i" + std::to_string(i) + " { " +
                  (i == 0 ? "type t = u8;" : "use i" + std::to_string(i - 1) + ".{t};") + " }\n";
    worlds +=
        "world w" + std::to_string(i) + " { " + (i == 0 ? "" : "include w" + std::to_string(i - 1) + ";") + " }\n";
  }
  EXPECT_EQ(error_of("interface i { " + types + " }"), "");
  EXPECT_NE(error_of(interfaces).find("chains of more than"), std::string::npos);
  EXPECT_EQ(error_of(worlds), "");
}

// Each of many worlds has all that another one has: the text does not bound the result.
TEST(WitHostile, Includes) {
  std::string text = "world w0 { ";
  for (int i = 0; i < 3000; ++i) text += "import fn" + std::to_string(i) + ": func();\n";
  text += "}\n";
  for (int i = 1; i < 3000; ++i)
    text += "world w" + std::to_string(i) + " { include w" + std::to_string(i - 1) + "; }\n";
  EXPECT_NE(error_of(text).find("may not take more than"), std::string::npos);
  text.clear();
  for (int i = 0; i < 3000; ++i) text += "interface i" + std::to_string(i) + " { type t = u8; }\n";
  text += "interface all {\n";
  for (int i = 0; i < 3000; ++i) text += "use i" + std::to_string(i) + ".{t as t" + std::to_string(i) + "};\n";
  text += "}\n";
  for (int i = 0; i < 3000; ++i) text += "world w" + std::to_string(i) + " { import all; }\n";
  EXPECT_NE(error_of(text).find("may not take more than"), std::string::npos);
}

TEST(WitHostile, Size) {
  EXPECT_NE(Loaded("package a:b;" + std::string(kMaxSourceBytes, ' ')).error.find("are not supported"),
            std::string::npos);
  EXPECT_EQ(Loaded("package a:b;" + std::string(kMaxSourceBytes - 100, ' ')).error, "");
}

}  // namespace
}  // namespace ermine::component::wit

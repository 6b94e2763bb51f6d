#include "cli/help.h"

#include <gtest/gtest.h>

namespace ermine::cli {
namespace {

TEST(Help, LinesEndAtTheWidth) {
  const std::string ten = "123456789 ";
  std::string text;
  for (int i = 0; i < 9; ++i) text += ten;
  text.pop_back();
  // 79 columns; the next word would end at column 89.
  EXPECT_EQ(wrapped(text, 2, 0), text.substr(0, 79) + "\n  123456789");
  EXPECT_EQ(wrapped("a " + text, 0, 0), "a " + text.substr(0, 69) + "\n" + text.substr(70));
  // Up to the last column, and one column more.
  EXPECT_EQ(wrapped(std::string(39, 'x') + " " + std::string(40, 'y'), 0, 0).find('\n'), std::string::npos);
  EXPECT_EQ(wrapped(std::string(39, 'x') + " " + std::string(41, 'y'), 0, 0).find('\n'), 39u);
  EXPECT_EQ(wrapped(std::string(39, 'x') + " " + std::string(40, 'y'), 0, 1).find('\n'), 39u);
  // A word that is too long has a line of its own.
  EXPECT_EQ(wrapped("a " + std::string(100, 'x') + " b", 0, 0), "a\n" + std::string(100, 'x') + "\nb");
  EXPECT_EQ(wrapped("", 4, 4), "");
}

TEST(Help, OfAnOption) {
  OptionInfo option{.names = "-s,--size", .type = "SIZE", .help = "So large"};
  EXPECT_EQ(option_head(option), "-s, --size SIZE");
  EXPECT_EQ(full_help(option), "So large");
  option.initial = "1KiB";
  EXPECT_EQ(full_help(option), "So large [default: 1KiB]");
  option.range = "1 to 2KiB";
  EXPECT_EQ(full_help(option), "So large [1 to 2KiB; default: 1KiB]");
  option.initial.clear();
  EXPECT_EQ(full_help(option), "So large [1 to 2KiB]");
  EXPECT_EQ(option_head({.names = "--plain"}), "    --plain");
  EXPECT_EQ(option_head({.names = "-g"}), "-g");
  EXPECT_EQ(member_head({.names = "simd"}), "simd[=y|n]");
  EXPECT_EQ(member_head({.names = "fuel", .type = "N"}), "fuel=N");
}

TEST(Help, OfACommand) {
  CommandInfo command{.name = "do", .summary = "Do it", .synopsis = "[OPTIONS] FILE", .exit_codes = "0"};
  command.arguments = {{.names = "FILE", .help = "Where"}};
  command.sections = {{"Empty", {}},
                      {"Some", {{.names = "--a-name-of-twenty-chars", .help = "Help"}, {.names = "-b", .help = "B"}}}};
  command.notes = "Note.";
  command.examples = {"ermine do x"};
  const std::string text = help_text(command);
  EXPECT_TRUE(
      text.starts_with("Do it.\n\n"
                       "Usage: ermine do [OPTIONS] FILE\n\n"
                       "  FILE                      Where\n\n"
                       "Some:\n"
                       "      --a-name-of-twenty-chars\n"
                       "                            Help\n"
                       "  -b                        B\n\n"
                       "Note.\n\n"
                       "Exit codes: 0; 2 if"))
      << text;
  EXPECT_TRUE(text.ends_with("\n\nExample:\n  ermine do x\n")) << text;
}

}  // namespace
}  // namespace ermine::cli

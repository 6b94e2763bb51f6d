#include "text/lexer.h"

#include <gtest/gtest.h>

#include <vector>

namespace ermine::text {
namespace {

struct Result {
  std::string shown;  // one letter per token, with its text
  std::string error;
};

Result lex(std::string_view s) {
  static constexpr char kLetters[] = {'E', '(', ')', 'k', 'n', '$', 's', '@', 'r'};
  Lexer lexer(s.data(), s.data() + s.size());
  Result result;
  for (;;) {
    Token token = lexer.next();
    if (token.kind == TokenKind::kEof) break;
    result.shown += kLetters[static_cast<unsigned>(token.kind)];
    if (token.kind != TokenKind::kClose) result.shown += std::string(token.text) + " ";
  }
  if (lexer.error()) result.error = lexer.error();
  return result;
}

TEST(Lexer, Tokens) {
  EXPECT_EQ(lex("(module $m 1 -2.5 \"s\" nan)").shown, "(module $m n1 n-2.5 ss knan )");
  EXPECT_EQ(lex("( (;c;) func$a").shown, "(func$a ");
  EXPECT_EQ(lex("((func))").shown, "( (func ))");
  EXPECT_EQ(lex("$\"a b\"").shown, "$a b ");
  EXPECT_EQ(lex("offset=8 i32.trunc_sat_f32_s").shown, "koffset=8 ki32.trunc_sat_f32_s ");
}

TEST(Lexer, Comments) {
  EXPECT_EQ(lex(";; one\n a (; (; nested ;) ;) b ;;end").shown, "ka kb ");
  EXPECT_EQ(lex("a;;c\rb").shown, "ka kb ");
  EXPECT_EQ(lex("(;;)a").shown, "ka ");
  EXPECT_EQ(lex("(; (; ;)").error, "unclosed comment");
  EXPECT_EQ(lex("(;").error, "unclosed comment");
  EXPECT_EQ(lex("a (").shown, "ka ( ");
}

TEST(Lexer, AdjacentCharactersAreOneToken) {
  EXPECT_EQ(lex("\"a\"\"b\"").shown, "r\"a\"\"b\" ");
  EXPECT_EQ(lex("a\"b\"").shown, "ra\"b\" ");
  EXPECT_EQ(lex("(a\"b\")").shown, "( ra\"b\" )");
  EXPECT_EQ(lex("$a\"b\"").shown, "r$a\"b\" ");
  EXPECT_EQ(lex("1,2").shown, "r1,2 ");
  EXPECT_EQ(lex("\"a\"b").shown, "r\"a\"b ");
  EXPECT_EQ(lex("A").shown, "rA ");
}

TEST(Lexer, Strings) {
  EXPECT_EQ(lex(R"("\t\n\r\"\'\\\00\u{1F_600}")").error, "");
  EXPECT_EQ(unescape(R"(\t\n\r\"\'\\\41\u{e4}\u{20ac}\u{1F_600})"), "\t\n\r\"'\\A\u00e4\u20ac\U0001F600");
  EXPECT_EQ(lex("\"abc").error, "unclosed string");
  EXPECT_EQ(lex("\"abc\\").error, "unclosed string");
  for (const char* bad : {"\"\\x\"", "\"\\0\"", "\"\\u{}\"", "\"\\u{110000}\"", "\"\\u{d800}\"", "\"\\u{1__0}\"",
                          "\"\\u{_1}\"", "\"\\u{1_}\"", "\"\\u{12\"", "\"\\u12\"", "\"a\nb\"", "\"a\x01\""})
    EXPECT_NE(lex(bad).error, "") << bad;
}

TEST(Lexer, Identifiers) {
  EXPECT_EQ(lex("$").error, "empty identifier");
  EXPECT_EQ(lex("$\"\"").error, "empty identifier");
  EXPECT_EQ(lex("$ a").error, "empty identifier");
  EXPECT_EQ(lex("$!#$%&'*+-./:<=>?@\\^_`|~x").error, "");
}

TEST(Lexer, Annotations) {
  EXPECT_EQ(lex("a (@x y (z \")\" ;)(;);) , ]) (@\"q\" x) b").shown, "ka kb ");
  EXPECT_EQ(lex("(@custom \"n\" (before func) \"c\")").shown, "@custom sn (before kfunc )sc )");
  EXPECT_EQ(lex("((@x) func)").shown, "(func )");
  EXPECT_EQ(lex("(@)").error, "empty annotation id");
  EXPECT_EQ(lex("(@ x)").error, "empty annotation id");
  EXPECT_EQ(lex("(@x (y").error, "unclosed annotation");
  EXPECT_EQ(lex("(@x \"").error, "unclosed string");
  EXPECT_EQ(lex("(@x \x01)").error, "illegal character");
}

TEST(Lexer, SkipToClose) {
  std::string_view s = "(func (a) \")\" (;);) ;; )\n \"\\\")\" (@x ) b)rest";
  Lexer lexer(s.data(), s.data() + s.size());
  lexer.next();
  ASSERT_TRUE(lexer.skip_to_close());
  EXPECT_EQ(lexer.next().text, "rest");
  Lexer open(s.data(), s.data() + 10);
  open.next();
  EXPECT_FALSE(open.skip_to_close());
}

}  // namespace
}  // namespace ermine::text

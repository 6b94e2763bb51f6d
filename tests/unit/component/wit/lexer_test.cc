#include "component/wit/lexer.h"

#include "wit.h"

namespace ermine::component::wit {
namespace {

std::string tokens(std::string_view text) {
  Lexer lexer(text);
  std::string out;
  for (Token t = lexer.next(); t.kind != TokenKind::kEof; t = lexer.next())
    out += (out.empty() ? "" : "|") + std::string(t.kind == TokenKind::kKeyword ? "*" : "") + std::string(t.text);
  return lexer.error_position() == nullptr ? out : "error at " + std::to_string(lexer.error_position() - text.data());
}

TEST(WitLexer, Tokens) {
  EXPECT_EQ(tokens("a%b a-b-C1 type %type {}()<>:;,./@=->_ 12"),
            "a|b|a-b-C1|*type|type|{|}|(|)|<|>|:|;|,|.|/|@|=|->|*_|12");
  EXPECT_EQ(tokens("\xEF\xBB\xBF"
                   "a\r\n\tb\rc"),
            "a|b|c");
  EXPECT_EQ(tokens("a// b\nc/* d /* e */ f */g"), "a|c|g");
  EXPECT_EQ(tokens("error-context u8 x-u8"), "*error-context|*u8|x-u8");
  EXPECT_EQ(tokens("\"a\\u{41}\\n\\\"\\41\""), "a\\u{41}\\n\\\"\\41");
  EXPECT_EQ(string_value("a\\u{41}\\n\\\"\\41"), "aA\n\"A");
}

TEST(WitLexer, Errors) {
  EXPECT_EQ(tokens("a /* /* */"), "error at 2");
  EXPECT_EQ(tokens("a /*/"), "error at 2");
  for (const char* text : {"a--b", "a-", "-a", "aB", "a_b", "%", "%1", "\xC3\xA4", "#", "+", "-", "*", "__", "a-Bc"})
    EXPECT_EQ(tokens(text), "error at 0") << text;
  for (const char* text : {"\"", "\"a", "\"a\n\"", "\"\\ff\""}) EXPECT_EQ(tokens(text), "error at 0") << text;
  // The escape.
  for (const char* text : {"\"\\x\"", "\"\\u{110000}\"", "\"\\u{d800}\"", "\"\\u{}\"", "\"\\u{1__2}\"", "\"\\u{41x\""})
    EXPECT_EQ(tokens(text), "error at 1") << text;
}

TEST(WitLexer, ForbiddenCharacters) {
  std::string problem;
  EXPECT_EQ(forbidden_character("a\r\n\t\xE2\x80\x93", problem), nullptr);
  for (const char* text :
       {"// \xE2\x80\xAE", "\xE2\x81\xA6", "\x01", "\x7F", "\xC2\x80", "\xC5\x89", "\xE1\x9E\xA3", "\xFF", "\f"}) {
    const std::string_view view = text;
    problem.clear();
    EXPECT_NE(forbidden_character(view, problem), nullptr) << text;
    EXPECT_FALSE(problem.empty());
  }
  EXPECT_EQ(error_of("// \xE2\x80\xAE"),
            "a.wit:2:4: WIT files may not have the character U+202e: it changes the direction of text, which could "
            "hide what a file says");
}

TEST(WitLexer, Documentation) {
  EXPECT_EQ(documentation(""), "");
  EXPECT_EQ(documentation("  \n"), "");
  EXPECT_EQ(documentation("/// a\n///   b\n"), "a\n  b");
  EXPECT_EQ(documentation("///a\r\n///\r\n// b  \r\n//// c\n///\n"), "a\n\n b\n c");
  EXPECT_EQ(documentation("/** a */ /* b */"), "a\nb");
  EXPECT_EQ(documentation("/**\n   a\n     /* b */\n*/"), "a\n  /* b */");
  EXPECT_EQ(documentation("///\n"), "");
  EXPECT_EQ(documentation("/**/"), "");
}

}  // namespace
}  // namespace ermine::component::wit

#include "wasi/http/syntax.h"

#include <gtest/gtest.h>

namespace ermine::wasi::http {
namespace {

TEST(HttpSyntax, Fields) {
  EXPECT_TRUE(is_token("X-a1!#$%&'*+-.^_`|~"));
  for (const char* text : {"", " ", "a b", "a:", "a\r", "(a)", "é", "a/b"}) EXPECT_FALSE(is_token(text)) << text;
  EXPECT_TRUE(is_field_value(""));
  EXPECT_TRUE(is_field_value("a\tb \xff"));
  for (const char* text : {"a\r\nb", "\n", "\x01", "\x7f"}) EXPECT_FALSE(is_field_value(text)) << text;
  EXPECT_FALSE(is_field_value(std::string_view("\0", 1)));
  for (const char* name : {"Host", "CONNECTION", "transfer-encoding", "Upgrade", "keep-alive", "proxy-connection",
                           "Proxy-Authorization", "proxy-authenticate", "http2-settings"})
    EXPECT_TRUE(is_forbidden_field(name)) << name;
  for (const char* name : {"hosts", "te", "content-length", "cookie", "authorization"})
    EXPECT_FALSE(is_forbidden_field(name)) << name;
}

TEST(HttpSyntax, Paths) {
  for (const char* text : {"", "/", "*", "?a", "/a/%20?b={c}&d=e|f"}) EXPECT_TRUE(is_path_with_query(text)) << text;
  for (const char* text : {"a", "/a b", "/a\n", "/#a", "/\x7f", "/\xc3\xa9", "http://h/"})
    EXPECT_FALSE(is_path_with_query(text)) << text;
}

TEST(HttpSyntax, Authorities) {
  auto check = [](std::string_view text, std::string_view host, std::optional<uint16_t> port, bool user = false) {
    const std::optional<Authority> a = parse_authority(text);
    ASSERT_TRUE(a) << text;
    EXPECT_EQ(a->host, host) << text;
    EXPECT_EQ(a->port, port) << text;
    EXPECT_EQ(a->has_user, user) << text;
  };
  check("example.org", "example.org", {});
  check("example.org:", "example.org", {});
  check("EXAMPLE.org:65535", "EXAMPLE.org", 65535);
  check("[::1]", "::1", {});
  check("[2001:db8::1]:80", "2001:db8::1", 80);
  check("u:p@h:1", "h", 1, true);
  for (const char* text :
       {"",    ":80",  "h:65536", "h:-1", "h:+1",        "h:8 0",     "h:80:80", "a b",     "h/",  "h?q",
        "h#f", "[::1", "::1]",    "[]",   "[fe80::1%1]", "[1.2.3.4]", "h\r\n",   "a@b@c d", "%41", "h\xc3\xa9"})
    EXPECT_FALSE(parse_authority(text)) << text;
}

TEST(HttpSyntax, Lengths) {
  EXPECT_EQ(parse_length("0"), 0u);
  EXPECT_EQ(parse_length("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616", "1,1"})
    EXPECT_FALSE(parse_length(text)) << text;
}

}  // namespace
}  // namespace ermine::wasi::http

// Addresses: their one form, their kinds, and the ways of writing one that do not exist.
#include "wasi/net/address.h"

#include <gtest/gtest.h>

#include "wasi/net/name.h"

namespace ermine::wasi::net {
namespace {

AddressKind kind(const char* text) {
  const std::optional<IpAddress> address = parse_address(text);
  EXPECT_TRUE(address) << text;
  return address ? classify(*address).kind : AddressKind::kPublic;
}

TEST(Address, OnlyTheStandardForms) {
  for (const char* text :
       {"1.2.3.4", "255.255.255.255", "::", "::1", "2001:db8::1", "::ffff:127.0.0.1", "1:2:3:4:5:6:7:8"})
    EXPECT_TRUE(parse_address(text)) << text;
  for (const char* text : {"",
                           "127.1",
                           "0x7f.1",
                           "0x7f000001",
                           "2130706433",
                           "0177.0.0.1",
                           "127.0.0.01",
                           "127.0.0.1.",
                           " 127.0.0.1",
                           "127.0.0.1 ",
                           "127.0.0.256",
                           "1.2.3",
                           "1.2.3.4.5",
                           "[::1]",
                           "::1%lo",
                           "fe80::1%eth0",
                           "1::2::3",
                           "1:2:3:4:5:6:7",
                           "::ffff:127.1",
                           "12345::",
                           "127.0.0.1\n",
                           "１２７.0.0.1"})
    EXPECT_FALSE(parse_address(text)) << text;
  EXPECT_FALSE(parse_address(std::string_view("127.0.0.1\0x", 11)));
}

TEST(Address, Prints) {
  EXPECT_EQ(to_string(*parse_address("2001:DB8:0::1")), "2001:db8::1");
  EXPECT_EQ(to_string(Endpoint{IpAddress::v4(10, 0, 0, 1), 80}), "10.0.0.1:80");
  EXPECT_EQ(to_string(Endpoint{*parse_address("::1"), 443}), "[::1]:443");
}

TEST(Address, MappedAddressesAreIpv4) {
  EXPECT_EQ(parse_address("::ffff:10.0.0.1")->unmapped(), IpAddress::v4(10, 0, 0, 1));
  EXPECT_EQ(parse_address("::ffff:a00:1")->unmapped(), IpAddress::v4(10, 0, 0, 1));
  EXPECT_TRUE(parse_address("::fffe:a00:1")->unmapped().v6);
}

TEST(Address, Kinds) {
  for (const char* text : {"8.8.8.8", "9.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.0", "172.15.0.0",
                           "172.32.0.0", "192.167.0.0", "192.169.0.0", "223.255.255.255", "100.63.0.0", "100.128.0.0",
                           "2606:4700::1111", "2a00::1", "64:ff9b::808:808", "2002:808:808::1"})
    EXPECT_EQ(kind(text), AddressKind::kPublic) << text;
  for (const char* text :
       {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "64:ff9b::7f00:1",
        "64:ff9b::127.0.0.1", "2002:7f00:1::", "2002:7f00:1::5", "::ffff:0:127.0.0.1"})
    EXPECT_EQ(kind(text), AddressKind::kLoopback) << text;
  for (const char* text :
       {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fc00::1",
        "fdff::", "fec0::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "198.19.0.1"})
    EXPECT_EQ(kind(text), AddressKind::kPrivate) << text;
  for (const char* text : {"169.254.0.1", "169.254.255.255", "fe80::1", "febf::1", "64:ff9b::169.254.1.1"})
    EXPECT_EQ(kind(text), AddressKind::kLinkLocal) << text;
  for (const char* text : {"169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "fd00:ec2::254",
                           "100.100.100.200", "168.63.129.16", "2002:a9fe:a9fe::"})
    EXPECT_EQ(kind(text), AddressKind::kMetadata) << text;
  for (const char* text : {"224.0.0.1", "239.255.255.255", "255.255.255.255", "ff02::1", "::ffff:224.0.0.1"})
    EXPECT_EQ(kind(text), AddressKind::kMulticast) << text;
  for (const char* text : {"0.0.0.0", "0.1.2.3", "::", "::127.0.0.1", "240.0.0.1", "2001::1",
                           "2001:0:7f00:1::", "192.0.2.1", "2001:db8::1", "100::1"})
    EXPECT_EQ(kind(text), AddressKind::kReserved) << text;
}

std::string normalised(std::string_view text) {
  std::string name;
  switch (normalise_name(text, true, name)) {
    case NameError::kNone: return name;
    case NameError::kMalformed: return "malformed";
    case NameError::kNotAscii: return "not ASCII";
  }
  return {};
}

TEST(Name, HaveOneForm) {
  EXPECT_EQ(normalised("EXAMPLE.org"), "example.org");
  EXPECT_EQ(normalised("example.org."), "example.org");
  EXPECT_EQ(normalised("_srv._tcp.a-b.example"), "_srv._tcp.a-b.example");
  EXPECT_EQ(normalised("LocalHost."), "localhost");
  EXPECT_EQ(normalised("1password.com"), "1password.com");
  EXPECT_EQ(normalised("0x7f.example"), "0x7f.example");
}

// The C library would take these as addresses, or as names with a part that ends the text elsewhere.
TEST(Name, NoHistoricalAddresses) {
  for (const char* text : {"127.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.0.0.1", "127.0.0.1.", "0",
                           "0x", "a.0x1f", "a.b.017", "1.2.3.4.5"})
    EXPECT_EQ(normalised(text), "malformed") << text;
}

TEST(Name, Malformed) {
  for (std::string text : {"", ".", "..", "a..b", ".a", "a..", "-a.b", "a-.b", "a b", "a/b", "a:80", "a@b", "a%00b",
                           "*.a", "a\nb", "[::1]", "::1"})
    EXPECT_EQ(normalised(text), "malformed") << text;
  EXPECT_EQ(normalised(std::string_view("a\0b", 3)), "malformed");
  EXPECT_EQ(normalised(std::string(64, 'a')), "malformed");
  EXPECT_EQ(normalised(std::string(63, 'a')), std::string(63, 'a'));
  std::string longest;
  for (int i = 0; i < 4; ++i) longest += std::string(62, 'a') + ".";
  EXPECT_EQ(normalised(longest), longest.substr(0, longest.size() - 1));
  EXPECT_EQ(normalised(longest + "bb"), "malformed");
}

// (libidn2 is among the packages of the tests.)
TEST(Name, OtherAlphabets) {
  EXPECT_EQ(normalised("Bücher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(normalised("faß.de"), "xn--fa-hia.de");
  EXPECT_EQ(normalised("例え.jp"), "xn--r8jz45g.jp");
  // Full-width digits and dots become plain ones, and the result is checked again.
  EXPECT_EQ(normalised("１２７。０。０。１"), "malformed");
  EXPECT_EQ(normalised("ｌｏｃａｌｈｏｓｔ"), "localhost");
  EXPECT_EQ(normalised("a\xff"), "malformed");
  std::string name;
  EXPECT_EQ(normalise_name("Bücher.example", false, name), NameError::kNotAscii);
}

}  // namespace
}  // namespace ermine::wasi::net

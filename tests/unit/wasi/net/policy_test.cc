// What grants of the network permit, and what they must not.
#include "wasi/net/policy.h"

#include <gtest/gtest.h>

namespace ermine::wasi::net {
namespace {

Endpoint at(std::string_view address, uint16_t port) { return {*parse_address(address), port}; }

Policy policy(NetworkGrants grants) {
  Result<Policy> made = Policy::create(grants);
  EXPECT_TRUE(made) << made.error().message();
  return made ? *made : Policy();
}
Policy tcp(std::vector<std::string> targets) { return policy({.tcp = std::move(targets)}); }

bool permits(const Policy& policy, std::string_view address, uint16_t port, std::vector<std::string> names = {}) {
  return policy.permits(Use::kTcp, at(address, port), names);
}

TEST(Policy, NothingByDefault) {
  const Policy none;
  for (Use use : {Use::kTcp, Use::kUdp, Use::kHttp}) EXPECT_FALSE(none.permits(use, at("8.8.8.8", 80)));
  EXPECT_FALSE(none.permits_lookup(Use::kLookup, "example.org"));
  EXPECT_FALSE(none.permits_lookup(Use::kHttp, "example.org"));
  EXPECT_FALSE(none.permits_binding(Use::kUdpListen, at("127.0.0.1", 0)));
}

TEST(Policy, GrantsAreForOneUse) {
  const Policy p = tcp({"8.8.8.8:53"});
  EXPECT_TRUE(p.permits(Use::kTcp, at("8.8.8.8", 53)));
  EXPECT_FALSE(p.permits(Use::kUdp, at("8.8.8.8", 53)));
  EXPECT_FALSE(p.permits(Use::kHttp, at("8.8.8.8", 53)));
}

TEST(Policy, Ports) {
  EXPECT_TRUE(permits(tcp({"1.1.1.1:80-82"}), "1.1.1.1", 82));
  EXPECT_FALSE(permits(tcp({"1.1.1.1:80-82"}), "1.1.1.1", 83));
  EXPECT_FALSE(permits(tcp({"1.1.1.1:80-82"}), "1.1.1.1", 79));
  EXPECT_TRUE(permits(tcp({"1.1.1.1:*"}), "1.1.1.1", 65535));
  EXPECT_FALSE(permits(tcp({"1.1.1.1:*"}), "1.1.1.1", 0));
  const Policy http = policy({.http = {"example.org", "1.1.1.1:8080"}});
  EXPECT_TRUE(http.permits_lookup(Use::kHttp, "example.org", 443));
  EXPECT_TRUE(http.permits_lookup(Use::kHttp, "example.org", 80));
  EXPECT_FALSE(http.permits_lookup(Use::kHttp, "example.org", 8080));
  EXPECT_TRUE(http.permits(Use::kHttp, at("1.1.1.1", 8080)));
  EXPECT_FALSE(http.permits(Use::kHttp, at("1.1.1.1", 80)));
}

TEST(Policy, Blocks) {
  const Policy p = tcp({"10.0.0.0/8:443", "[fd00::/8]:443", "192.0.2.128/25:1"});
  EXPECT_TRUE(permits(p, "10.255.0.1", 443));
  EXPECT_FALSE(permits(p, "11.0.0.1", 443));
  EXPECT_TRUE(permits(p, "fd12::1", 443));
  EXPECT_FALSE(permits(p, "fc12::1", 443));
  EXPECT_TRUE(permits(p, "192.0.2.129", 1));
  EXPECT_FALSE(permits(p, "192.0.2.127", 1));
  // The same address in its other form; an IPv6 address of the same bits is another.
  EXPECT_TRUE(permits(p, "::ffff:10.0.0.1", 443));
  EXPECT_FALSE(permits(p, "a00::1", 443));
  EXPECT_TRUE(permits(tcp({"[::ffff:10.0.0.0/104]:1"}), "10.1.1.1", 1));
}

// What is not public has to be named.
TEST(Policy, EverythingIsWhatIsPublic) {
  for (const char* grant :
       {"*:*", "0.0.0.0/0:*", "[::/0]:*", "*.example:*", "host.example:*", "8.0.0.0/6:*", "[fc00::/6]:*"}) {
    const Policy p = tcp({grant});
    for (const char* address : {"127.0.0.1",
                                "10.0.0.1",
                                "169.254.1.1",
                                "169.254.169.254",
                                "0.0.0.0",
                                "0.0.0.1",
                                "224.0.0.1",
                                "255.255.255.255",
                                "::1",
                                "::",
                                "fe80::1",
                                "fd00::1",
                                "ff02::1",
                                "::ffff:127.0.0.1",
                                "::127.0.0.1",
                                "64:ff9b::7f00:1",
                                "64:ff9b::a00:1",
                                "2002:a00:1::",
                                "fd00:ec2::254",
                                "100.100.100.200",
                                "168.63.129.16",
                                "2001:0:1::"})
      EXPECT_FALSE(permits(p, address, 80, {"host.example", "a.example"})) << grant << " reaches " << address;
  }
  EXPECT_TRUE(permits(tcp({"*:80"}), "8.8.8.8", 80));
  EXPECT_TRUE(permits(tcp({"*:80"}), "64:ff9b::808:808", 80));
  EXPECT_TRUE(permits(tcp({"0.0.0.0/0:80"}), "8.8.8.8", 80));
  EXPECT_FALSE(permits(tcp({"0.0.0.0/0:80"}), "2606::1", 80));
}

TEST(Policy, KindsByName) {
  EXPECT_TRUE(permits(tcp({"*+private:80"}), "10.0.0.1", 80));
  EXPECT_TRUE(permits(tcp({"*+private:80"}), "8.8.8.8", 80));
  EXPECT_FALSE(permits(tcp({"*+private:80"}), "127.0.0.1", 80));
  EXPECT_TRUE(permits(tcp({"*+loopback+private:80"}), "::1", 80));
  EXPECT_TRUE(permits(tcp({"*+private:80"}), "64:ff9b::a00:1", 80));
  EXPECT_TRUE(permits(tcp({"db.example+private:80"}), "10.0.0.1", 80, {"db.example"}));
  EXPECT_FALSE(permits(tcp({"db.example+private:80"}), "10.0.0.1", 80, {"other.example"}));
  EXPECT_FALSE(permits(tcp({"db.example+private:80"}), "10.0.0.1", 80));
  // A block of link-local addresses does not name the service of credentials within it.
  EXPECT_TRUE(permits(tcp({"169.254.0.0/16:80"}), "169.254.1.1", 80));
  EXPECT_FALSE(permits(tcp({"169.254.0.0/16:80"}), "169.254.169.254", 80));
  EXPECT_FALSE(permits(tcp({"*+link-local:80"}), "169.254.169.254", 80));
  EXPECT_TRUE(permits(tcp({"169.254.0.0/16+metadata:80"}), "169.254.169.254", 80));
  EXPECT_TRUE(permits(tcp({"169.254.169.254:80"}), "169.254.169.254", 80));
  // A block of the gateway names only what it says.
  EXPECT_FALSE(permits(tcp({"[64:ff9b::/96]:80"}), "64:ff9b::7f00:1", 80));
  EXPECT_TRUE(permits(tcp({"[64:ff9b::/96]:80"}), "64:ff9b::808:808", 80));
  EXPECT_TRUE(permits(tcp({"[64:ff9b::a00:0/104]:80"}), "64:ff9b::a01:203", 80));
  EXPECT_FALSE(permits(tcp({"10.0.0.0/8:80"}), "64:ff9b::a01:203", 80));
}

TEST(Policy, Names) {
  const Policy p = tcp({"*.Example.ORG.:443", "one.test:80"});
  EXPECT_TRUE(p.permits_lookup(Use::kLookup, "a.example.org"));
  EXPECT_TRUE(p.permits_lookup(Use::kLookup, "a.b.example.org"));
  EXPECT_FALSE(p.permits_lookup(Use::kLookup, "example.org"));
  EXPECT_FALSE(p.permits_lookup(Use::kLookup, "aexample.org"));
  EXPECT_FALSE(p.permits_lookup(Use::kLookup, "a.example.org.evil.test"));
  EXPECT_FALSE(p.permits_lookup(Use::kHttp, "a.example.org"));
  EXPECT_TRUE(permits(p, "8.8.8.8", 443, {"a.example.org"}));
  EXPECT_FALSE(permits(p, "8.8.8.8", 80, {"a.example.org"}));
  EXPECT_FALSE(permits(p, "8.8.8.8", 443, {"one.test"}));
  EXPECT_FALSE(permits(p, "8.8.8.8", 443));
}

TEST(Policy, WhatALookupShows) {
  const Policy p = policy({.tcp = {"db.test:1", "10.0.0.0/8:1"}, .names = {"*.test"}});
  EXPECT_TRUE(p.permits_address(Use::kLookup, "db.test", *parse_address("8.8.8.8")));
  EXPECT_TRUE(p.permits_address(Use::kLookup, "db.test", *parse_address("10.0.0.1")));
  EXPECT_FALSE(p.permits_address(Use::kLookup, "db.test", *parse_address("192.168.0.1")));
  EXPECT_FALSE(p.permits_address(Use::kLookup, "db.test", *parse_address("127.0.0.1")));
  EXPECT_FALSE(p.permits_address(Use::kHttp, "db.test", *parse_address("8.8.8.8")));
}

TEST(Policy, Localhost) {
  const Policy p = tcp({"LOCALHOST:8080"});
  EXPECT_TRUE(permits(p, "127.0.0.1", 8080, {"localhost"}));
  EXPECT_FALSE(permits(p, "10.0.0.1", 8080, {"localhost"}));
  EXPECT_FALSE(permits(tcp({"*.localhost:80"}), "127.0.0.1", 80, {"a.localhost"}));
}

TEST(Policy, LocalAddresses) {
  const Policy p = policy({.udp_listeners = {"127.0.0.1:53", ":5353", "0.0.0.0:9", "[::1]:0"}});
  EXPECT_TRUE(p.permits_binding(Use::kUdpListen, at("127.0.0.1", 53)));
  EXPECT_FALSE(p.permits_binding(Use::kUdpListen, at("127.0.0.2", 53)));
  EXPECT_FALSE(p.permits_binding(Use::kUdpListen, at("0.0.0.0", 53)));
  EXPECT_FALSE(p.permits_binding(Use::kUdpListen, at("127.0.0.1", 54)));
  EXPECT_TRUE(p.permits_binding(Use::kUdpListen, at("::", 5353)));
  EXPECT_TRUE(p.permits_binding(Use::kUdpListen, at("127.0.0.1", 9)));
  EXPECT_FALSE(p.permits_binding(Use::kUdpListen, at("::", 9)));
  EXPECT_TRUE(p.permits_binding(Use::kUdpListen, at("::1", 0)));
  EXPECT_FALSE(p.permits_binding(Use::kUdpListen, at("::1", 1)));
}

TEST(Policy, WhatWouldBeGranted) {
  const Policy p = tcp({"db.test:5432"});
  EXPECT_EQ(p.grant_for(Use::kTcp, at("8.8.8.8", 80)), "8.8.8.8:80");
  EXPECT_EQ(p.grant_for(Use::kTcp, at("::ffff:8.8.8.8", 80)), "8.8.8.8:80");
  const std::vector<std::string> names{"db.test"};
  EXPECT_EQ(p.grant_for(Use::kTcp, at("10.0.0.1", 5432), names), "db.test+private:5432");
  const IpAddress found = *parse_address("10.0.0.1");
  EXPECT_EQ(p.grant_for_lookup("db.test", &found), "db.test+private");
}

// ---- the text of grants

std::string read(Use use, std::string_view text) {
  const Result<Rule> rule = parse_rule(use, text);
  return rule ? to_string(*rule) : rule.error().message();
}

TEST(Grant, IsReadAndPrinted) {
  for (const char* text : {"example.org:443", "*.example.org:1-2", "*:*", "*+loopback+private:80", "1.2.3.4:5",
                           "10.0.0.0/8:443", "[2001:db8::1]:443", "[fd00::/8]:*", "localhost:80", "[::1]+metadata:80"})
    EXPECT_EQ(read(Use::kTcp, text), text);
  EXPECT_EQ(read(Use::kTcp, "Example.ORG.:443"), "example.org:443");
  EXPECT_EQ(read(Use::kTcp, "[::FFFF:1.2.3.4]:1"), "1.2.3.4:1");
  EXPECT_EQ(read(Use::kTcp, "bücher.example:1"), "xn--bcher-kva.example:1");
  EXPECT_EQ(read(Use::kHttp, "example.org"), "example.org");
  EXPECT_EQ(read(Use::kLookup, "*.example.org"), "*.example.org");
}

TEST(Grant, Mistakes) {
  auto says = [](Use use, std::string_view text, std::string_view what) {
    const Result<Rule> rule = parse_rule(use, text);
    ASSERT_FALSE(rule) << text;
    EXPECT_EQ(rule.error().kind(), ErrorKind::kUsage);
    EXPECT_NE(rule.error().message().find(what), std::string::npos) << text << ": " << rule.error().message();
  };
  says(Use::kTcp, "", "the host is missing");
  says(Use::kTcp, ":80", "the host is missing");
  says(Use::kTcp, "example.org", "the port is missing");
  says(Use::kTcp, "example.org:", "the port is missing");
  for (const char* port :
       {"0", "65536", "99999999999", "-1", "80-", "-80", "90-80", "0-80", "http", "080", "+80", "8 0", "0x50", "**"})
    says(Use::kTcp, "example.org:" + std::string(port), "its port is");
  says(Use::kTcp, "2001:db8::1:80", "several colons");
  says(Use::kTcp, "[::1:80", "not closed");
  says(Use::kTcp, "[::1]80", "after the bracket");
  says(Use::kTcp, "[127.0.0.1]:80", "no IPv6 address");
  says(Use::kTcp, "[fe80::1%eth0]:80", "no IPv6 address");
  says(Use::kTcp, "10.0.0.0/33:80", "number of bits");
  says(Use::kTcp, "10.0.0.0/:80", "number of bits");
  says(Use::kTcp, "10.0.0.1/8:80", "the block is 10.0.0.0/8");
  says(Use::kTcp, "example.org/8:80", "no IPv4 address");
  says(Use::kTcp, "*example.org:80", "can only stand");
  says(Use::kTcp, "a.*.org:80", "can only stand");
  says(Use::kTcp, "*.*:80", "can only stand");
  says(Use::kTcp, "0x7f.1:80", "neither a name nor an address");
  says(Use::kTcp, "127.1:80", "neither a name nor an address");
  says(Use::kTcp, "http://example.org:80", "several colons");
  says(Use::kTcp, "example.org+public:80", "the kinds are loopback");
  says(Use::kTcp, "example.org+:80", "no kind");
  says(Use::kLookup, "example.org:80", "without a port");
  says(Use::kUdpListen, "example.org:80", "an address of this machine");
  says(Use::kUdpListen, "127.0.0.0/8:80", "a block");
  says(Use::kUdpListen, "127.0.0.1:80-90", "a number from 0");
  says(Use::kUdpListen, "127.0.0.1", "the port is missing");
}

}  // namespace
}  // namespace ermine::wasi::net

// Lookups: names are pinned to what was found and checked, in both ways of looking them up.
#include "wasi/net/network.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "wasi/net/resolver_process.h"

namespace ermine::wasi::net {
namespace {

std::shared_ptr<Network> network(NetworkGrants grants) {
  auto made = Network::create(grants);
  EXPECT_TRUE(made) << made.error().message();
  return *made;
}

// The addresses as text, or the error's number.
std::string look_up(Network& network, std::string_view name, WasiRefusals& refusals, Use use = Use::kLookup,
                    uint16_t port = 0) {
  const auto lookup = network.look_up(use, name, port, refusals);
  if (!lookup) return "error " + std::to_string(static_cast<int>(lookup.error));
  if (!(*lookup)->done()) {
    pollfd p{(*lookup)->ready_fd(), POLLIN, 0};
    EXPECT_EQ(poll(&p, 1, 60'000), 1);
  }
  std::vector<IpAddress> out;
  if (const NetError e = network.answer(use, **lookup, out, refusals); e != NetError::kNone)
    return "error " + std::to_string(static_cast<int>(e));
  std::string text;
  for (const IpAddress& a : out) text += (text.empty() ? "" : " ") + to_string(a);
  return text;
}
std::string error(NetError e) { return "error " + std::to_string(static_cast<int>(e)); }

TEST(Lookup, AddressesAreTheirOwnAnswer) {
  Network none;
  WasiRefusals refusals;
  EXPECT_EQ(look_up(none, "10.1.2.3", refusals), "10.1.2.3");
  EXPECT_EQ(look_up(none, "2001:DB8::1", refusals), "2001:db8::1");
  EXPECT_EQ(look_up(none, "[::1]", refusals), "::1");
  EXPECT_EQ(look_up(none, "::ffff:127.0.0.1", refusals), "127.0.0.1");
  for (const char* text : {"0x7f.1", "127.1", "a b", "", "a..b", "1.2.3.4.5"})
    EXPECT_EQ(look_up(none, text, refusals), error(NetError::kInvalidArgument)) << text;
}

TEST(Lookup, NeedsAGrant) {
  WasiRefusals refusals;
  Network none;
  EXPECT_EQ(look_up(none, "Example.ORG", refusals), error(NetError::kAccessDenied));
  EXPECT_EQ(refusals.dns_name, "example.org");
  WasiRefusals other;
  EXPECT_EQ(look_up(none, "example.org", other, Use::kHttp, 8080), error(NetError::kAccessDenied));
  EXPECT_EQ(other.http_target, "example.org:8080");
  EXPECT_EQ(look_up(none, "bücher.example", refusals), error(NetError::kAccessDenied));
}

TEST(Lookup, LocalhostIsKnown) {
  const auto n = network({.tcp = {"localhost:80"}});
  WasiRefusals refusals;
  EXPECT_EQ(n->check(Use::kTcp, {IpAddress::v4(127, 0, 0, 1), 80}, refusals), NetError::kNone);
  EXPECT_EQ(look_up(*n, "LOCALHOST.", refusals), "127.0.0.1 ::1");
  EXPECT_EQ(refusals.tcp_target, "");
  EXPECT_EQ(n->check(Use::kTcp, {IpAddress::v4(127, 0, 0, 1), 81}, refusals), NetError::kAccessDenied);
  EXPECT_EQ(refusals.tcp_target, "127.0.0.1:81");
  // Granted for lookups only, its addresses are not shown.
  const auto names = network({.names = {"*"}});
  EXPECT_EQ(look_up(*names, "localhost", refusals), error(NetError::kAccessDenied));
  EXPECT_EQ(refusals.dns_name, "localhost+loopback");
}

class LookupBySystem : public testing::TestWithParam<bool> {};

// The host's own name, and names that do not exist: without a network, the system's resolver answers both from files.
TEST_P(LookupBySystem, Finds) {
  char name[256] = {};
  ASSERT_EQ(gethostname(name, sizeof name - 1), 0);
  const auto n = network({.tcp = {"*+loopback+private+link-local:7"}, .resolver_process = GetParam()});
  WasiRefusals refusals;
  const std::string found = look_up(*n, name, refusals);
  // It depends on the machine whether it has an entry in the system's files.
  if (found.starts_with("error")) {
    EXPECT_NE(found, error(NetError::kAccessDenied));
    EXPECT_NE(found, error(NetError::kInvalidArgument));
  } else {
    EXPECT_EQ(look_up(*n, name, refusals), found);
    const IpAddress first = *parse_address(found.substr(0, found.find(' ')));
    EXPECT_TRUE(n->permits(Use::kTcp, {first, 7}));
  }
  const std::string missing = look_up(*n, "no-such-name.invalid", refusals);
  EXPECT_TRUE(missing == error(NetError::kNameUnresolvable) || missing == error(NetError::kTemporaryResolverFailure) ||
              missing == error(NetError::kPermanentResolverFailure))
      << missing;
}

TEST_P(LookupBySystem, ManyAtOnceAndAbandoned) {
  const auto n = network({.names = {"*.invalid"}, .resolver_process = GetParam()});
  WasiRefusals refusals;
  std::vector<std::shared_ptr<Lookup>> lookups;
  for (int i = 0; i < 400; ++i) {
    const auto lookup = n->look_up(Use::kLookup, "n" + std::to_string(i) + ".invalid", 0, refusals);
    if (lookup) lookups.push_back(*lookup);
    else EXPECT_EQ(lookup.error, NetError::kTemporaryResolverFailure);
    if (i % 3 == 0 && !lookups.empty()) lookups.erase(lookups.begin());
  }
  EXPECT_GT(lookups.size(), 0u);
  lookups.resize(std::min<size_t>(lookups.size(), 4));
  for (const auto& lookup : lookups) {
    pollfd p{lookup->ready_fd(), POLLIN, 0};
    EXPECT_EQ(poll(&p, 1, 120'000), 1);
    EXPECT_TRUE(lookup->done());
  }
}

// A process that was taken over could ask for anything.
TEST(ResolverProcess, KnowsThePolicy) {
  const Policy policy = *Policy::create({.names = {"*.invalid"}});
  auto channels = start_resolver_process(policy, 1);
  ASSERT_TRUE(channels) << channels.error().message();
  const int channel = channels->front().get();
  EXPECT_EQ(ask_resolver_process(channel, "example.org").error, NetError::kAccessDenied);
  EXPECT_EQ(ask_resolver_process(channel, "0x7f.1").error, NetError::kInvalidArgument);
  const Answer answer = ask_resolver_process(channel, "BÜCHER.invalid");
  EXPECT_EQ(answer.name, "xn--bcher-kva.invalid");
  EXPECT_NE(answer.error, NetError::kAccessDenied);
  EXPECT_EQ(ask_resolver_process(channel, std::string(5000, 'a')).error, NetError::kTemporaryResolverFailure);
}

INSTANTIATE_TEST_SUITE_P(Ways, LookupBySystem, testing::Bool(),
                         [](const auto& info) { return std::string(info.param ? "Process" : "Threads"); });

TEST(Pinned, TheFirstAddressesStay) {
  PinnedNames names;
  EXPECT_TRUE(names.pin("a.test", {*parse_address("8.8.8.8"), *parse_address("::ffff:8.8.4.4")}));
  EXPECT_TRUE(names.pin("a.test", {*parse_address("127.0.0.1")}));
  ASSERT_NE(names.find("a.test"), nullptr);
  EXPECT_EQ(names.find("a.test")->size(), 2u);
  EXPECT_EQ(names.names_of(IpAddress::v4(8, 8, 4, 4)), std::vector<std::string>{"a.test"});
  EXPECT_TRUE(names.names_of(IpAddress::v4(127, 0, 0, 1)).empty());
  size_t pinned = 1;
  while (names.pin(std::to_string(pinned) + ".test", {})) ++pinned;
  EXPECT_EQ(pinned, PinnedNames::kMostNames);
}

TEST(Quota, Counts) {
  Quota quota({.max_sockets = 2, .max_bytes = 10});
  EXPECT_TRUE(quota.take_socket());
  EXPECT_TRUE(quota.take_socket());
  EXPECT_FALSE(quota.take_socket());
  quota.give_socket_back();
  EXPECT_TRUE(quota.take_socket());
  quota.count_bytes(7);
  EXPECT_EQ(quota.bytes_left(), 3u);
  quota.count_bytes(7);
  EXPECT_EQ(quota.bytes_left(), 0u);
}

}  // namespace
}  // namespace ermine::wasi::net

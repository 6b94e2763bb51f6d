// Fuzz target: any text is a grant of the network or an error that says why not; a grant prints as text from which the
// same grant is read; and no grant of a name or of everything reaches an address that is not public, unless it says so.
// The first byte chooses what the grant is for.
//
// Seeds: seeds/network_grant.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "wasi/net/name.h"
#include "wasi/net/policy.h"

using namespace ermine;
using namespace ermine::wasi::net;

namespace {

void check(bool condition, const char* what, std::string_view detail = {}) {
  if (condition) return;
  std::fprintf(stderr, "%s\n%.*s\n", what, static_cast<int>(detail.size()), detail.data());
  std::abort();
}

constexpr const char* kNotPublic[] = {"127.0.0.1", "10.1.2.3",   "169.254.169.254", "0.0.0.0",        "224.0.0.1",
                                      "::1",       "fe80::1",    "fd00:ec2::254",   "64:ff9b::a00:1", "2002:7f00:1::",
                                      "::",        "100.64.0.1", "ff02::1",         "192.168.0.1",    "172.31.255.255"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto use = static_cast<Use>(data[0] % 5);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string name;
  if (normalise_name(text, true, name) == NameError::kNone) {
    std::string again;
    check(normalise_name(name, false, again) == NameError::kNone && again == name, "a name is not in one form", name);
    check(!parse_address(name), "a name is an address", name);
  }
  const Result<Rule> rule = parse_rule(use, text);
  if (!rule) {
    check(rule.error().kind() == ErrorKind::kUsage && !rule.error().message().empty(), "an error without a reason");
    return 0;
  }
  if (use == Use::kUdpListen) return 0;
  const std::string printed = to_string(*rule);
  const Result<Rule> again = parse_rule(use, printed);
  check(again.has_value(), "a printed grant is refused", printed);
  check(to_string(*again) == printed && again->kinds == rule->kinds && again->bits == rule->bits,
        "a printed grant is another", printed);
  if (rule->host == Rule::Host::kBlock || rule->kinds != 0) return 0;
  for (const char* address : kNotPublic)
    check(!rule->reaches(parse_address(address)->unmapped()), "a grant reaches an address that is not public", printed);
  return 0;
}

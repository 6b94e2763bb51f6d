// One grant of the network, read from its text (grants.h of the public headers has the syntax):
//
//   HOST[+KIND...][:PORTS]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ermine/result.h"
#include "wasi/net/address.h"

namespace ermine::wasi::net {

// What a grant is for.
enum class Use : uint8_t {
#define USE(id, field, noun, ports) id,
#include "wasi/net/uses.def"
};

struct PortRange {
  uint16_t first = 0, last = 0;
  bool contains(uint16_t port) const { return port >= first && port <= last; }
};
inline constexpr PortRange kAnyPort{1, 65535};

struct Rule {
  enum class Host : uint8_t {
    kAny,         // "*"
    kName,        // "example.org"
    kSubdomains,  // "*.example.org", not the domain itself
    kBlock,       // an address, or all with the same leading bits
  };
  Use use{};
  Host host = Host::kAny;
  std::string name;      // kName, kSubdomains: normalised, of the latter without "*."
  IpAddress address;     // kBlock
  unsigned bits = 0;     // kBlock
  Kinds kinds = 0;       // the kinds of addresses that the text adds
  PortRange ports[2];    // the second one may be empty

  bool contains(uint16_t port) const {
    return ports[0].contains(port) || (ports[1].last != 0 && ports[1].contains(port));
  }
  bool matches_name(std::string_view normalised) const;
  // Whether the address is of a kind that the rule reaches, and in its block if it has one. `unmapped`: the address's
  // only form.
  bool reaches(const IpAddress& unmapped) const;
};

// kUsage says what is wrong with the text.
Result<Rule> parse_rule(Use use, std::string_view text);
// Text from which the same rule is read.
std::string to_string(const Rule& rule);

}  // namespace ermine::wasi::net

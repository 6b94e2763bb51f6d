// Policy: what of the network a program may reach: its grants, and the questions that sockets, lookups and HTTP ask.
// The only place where that is decided. Immutable.
//
// A target is an endpoint, and the names under which the host itself found its address for this program (names.h). A
// grant of a name permits only addresses that were found under it; a name that the program says is not proof of
// anything.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/grants.h"
#include "ermine/result.h"
#include "wasi/net/rule.h"

namespace ermine::wasi::net {

class Policy {
 public:
  // Nothing.
  Policy() = default;
  // kUsage if the text of a grant is wrong.
  static Result<Policy> create(const NetworkGrants& grants);

  bool empty() const { return rules_.empty(); }
  bool grants(Use use) const;
  // Whether some grant can only be used after a lookup.
  bool grants_lookups() const;
  bool grants_lookups(Use use) const;  // kLookup or kHttp
  std::span<const Rule> rules() const { return rules_; }

  // Whether the host may look this normalised name up: for the program (kLookup), if a grant of TCP, UDP or lookups has
  // it, or for a request to this port (kHttp; 0: any).
  bool permits_lookup(Use use, std::string_view name, uint16_t port = 0) const;
  // Whether an address found under the name may be used at some port, and so be shown to the program.
  bool permits_address(Use use, std::string_view name, const IpAddress& address) const;
  // Whether the target may be reached: kTcp, kUdp or kHttp. `names`: those that its address was found under.
  bool permits(Use use, const Endpoint& target, std::span<const std::string> names = {}) const;
  // kUdpListen: whether a socket may be bound there. Port 0 is only permitted by a grant of port 0.
  bool permits_binding(Use use, const Endpoint& local) const;

  // The shortest grant that would permit what was refused, for messages: "10.0.0.5:80", "db.example+private:5432".
  std::string grant_for(Use use, const Endpoint& target, std::span<const std::string> names = {}) const;
  std::string grant_for_lookup(std::string_view name, const IpAddress* found = nullptr) const;

 private:
  // Whether a rule's host has the name, or the address.
  static bool covers(const Rule& rule, std::span<const std::string> names, const IpAddress& address);

  std::vector<Rule> rules_;
};

// A local address that a socket may be bound to and listen on, because of a grant: an unspecified one stands for all of
// its family, and without a host for both families.
bool covers_local(const Endpoint& granted, bool both_families, const Endpoint& local);

}  // namespace ermine::wasi::net

// Network: what a program has of the network: its policy, the names that it has looked up, and its quotas. Sockets and
// HTTP ask it before they reach anything. Without a grant there is none.
//
// For one thread at a time; the parts for other threads are Quota and Lookup.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/grants.h"
#include "ermine/result.h"
#include "ermine/wasi.h"
#include "wasi/net/connector.h"
#include "wasi/net/error.h"
#include "wasi/net/names.h"
#include "wasi/net/policy.h"
#include "wasi/net/quota.h"
#include "wasi/net/resolver.h"

namespace ermine::wasi::net {

class Network {
 public:
  // Of a program to which nothing is granted.
  Network() : Network(NetworkGrants()) {}
  // Starts the resolver process, if there is to be one and there are names that can be looked up. kUsage if a grant is
  // malformed, kIo if the process cannot be started.
  static Result<std::shared_ptr<Network>> create(const NetworkGrants& grants);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  const Policy& policy() const { return policy_; }
  const std::shared_ptr<Quota>& quota() const { return quota_; }

  // Null: the system connects.
  const Connector* connector() const { return connector_.get(); }
  std::vector<std::string> names_of(const IpAddress& address) const { return names_.names_of(address); }

  // The addresses of --listen of the program: where its sockets may be bound and listen.
  void allow_listening(const Endpoint& address, bool both_families) { listeners_.push_back({address, both_families}); }
  // A port that the system chose for such an address may be bound again.
  void remember_listening(Use use, const Endpoint& given);
  bool may_listen() const { return !listeners_.empty(); }
  // Whether there is anything to make sockets for.
  bool grants_tcp() const { return may_listen() || policy_.grants(Use::kTcp); }
  bool grants_udp() const { return policy_.grants(Use::kUdp) || policy_.grants(Use::kUdpListen); }

  // Whether the target may be reached; kAccessDenied is recorded. kTcp, kUdp or kHttp.
  NetError check(Use use, const Endpoint& target, WasiRefusals& refusals) const;
  bool permits(Use use, const Endpoint& target) const;
  // Whether a socket may be bound to this address and listen (kTcp), or receive from all senders (kUdp).
  NetError check_listening(Use use, const Endpoint& local, WasiRefusals& refusals) const;
  bool permits_listening(Use use, const Endpoint& local) const;

  // Begins to look a name up: kLookup for the program, which `port` 0 says, or kHttp for a request to this port. The
  // text is the program's. An address is its own answer. kInvalidArgument, kAccessDenied (recorded), or
  // kTemporaryResolverFailure if too many lookups are under way.
  NetOutcome<std::shared_ptr<Lookup>> look_up(Use use, std::string_view text, uint16_t port, WasiRefusals& refusals);
  // The addresses that the program may reach, in the order to try them; they are pinned to the name. kWouldBlock until
  // the lookup is done. kAccessDenied (recorded) if the name has addresses, but none that may be reached.
  NetError answer(Use use, const Lookup& lookup, std::vector<IpAddress>& out, WasiRefusals& refusals);

  // Records and returns kAccessDenied.
  NetError refuse(Use use, std::string grant, WasiRefusals& refusals) const;

 private:
  struct Listening {
    Endpoint address;
    bool both_families = false;
  };
  explicit Network(const NetworkGrants& grants)
      : quota_(std::make_shared<Quota>(grants)), connector_(grants.connector) {}

  Policy policy_;
  PinnedNames names_;
  std::vector<Listening> listeners_;
  static constexpr size_t kMostGiven = 64;
  std::vector<std::pair<Use, Endpoint>> given_;  // the last ones
  std::shared_ptr<Quota> quota_;
  std::unique_ptr<Resolver> resolver_;
  std::shared_ptr<const Connector> connector_;
};

}  // namespace ermine::wasi::net

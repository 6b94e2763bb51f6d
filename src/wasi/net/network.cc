#include "wasi/net/network.h"

#include <algorithm>

#include "ermine/printable.h"
#include "wasi/net/name.h"

namespace ermine::wasi::net {
namespace {

std::string& refusal_of(WasiRefusals& refusals, Use use) {
  switch (use) {
    case Use::kTcp: return refusals.tcp_target;
    case Use::kUdp: return refusals.udp_peer;
    case Use::kUdpListen: return refusals.udp_listener;
    case Use::kLookup: return refusals.dns_name;
    case Use::kHttp: return refusals.http_target;
  }
  return refusals.tcp_target;
}

std::string with_port(std::string host, uint16_t port) {
  return port == 0 ? host : std::move(host) + ":" + std::to_string(port);
}

}  // namespace

Result<std::shared_ptr<Network>> Network::create(const NetworkGrants& grants) {
  std::shared_ptr<Network> network(new Network(grants));
  ERMINE_ASSIGN(network->policy_, Policy::create(grants));
  if (!network->policy_.grants_lookups()) return network;
  ERMINE_ASSIGN(network->resolver_, Resolver::create(network->policy_, grants.resolver_process));
  network->names_.pin("localhost", {IpAddress::v4(127, 0, 0, 1), *parse_address("::1")});
  return network;
}

bool Network::permits(Use use, const Endpoint& target) const {
  if (policy_.permits(use, target)) return true;
  const std::vector<std::string> names = names_.names_of(target.address);
  return !names.empty() && policy_.permits(use, target, names);
}

NetError Network::check(Use use, const Endpoint& target, WasiRefusals& refusals) const {
  if (permits(use, target)) return NetError::kNone;
  return refuse(use, policy_.grant_for(use, target, names_.names_of(target.address)), refusals);
}

void Network::remember_listening(Use use, const Endpoint& given) {
  if (given_.size() == kMostGiven) given_.erase(given_.begin());
  given_.emplace_back(use, given);
}

bool Network::permits_listening(Use use, const Endpoint& local) const {
  if (std::ranges::any_of(given_, [&](const auto& given) {
        return given.first == use && given.second.port == local.port && given.second.address == local.address;
      }))
    return true;
  if (use == Use::kUdp) return policy_.permits_binding(Use::kUdpListen, local);
  return std::ranges::any_of(listeners_,
                             [&](const Listening& l) { return covers_local(l.address, l.both_families, local); });
}

NetError Network::check_listening(Use use, const Endpoint& local, WasiRefusals& refusals) const {
  if (permits_listening(use, local)) return NetError::kNone;
  if (use == Use::kUdp) return refuse(Use::kUdpListen, to_string(local), refusals);
  if (refusals.tcp_listener.empty()) refusals.tcp_listener = to_string(local);
  return NetError::kAccessDenied;
}

NetError Network::refuse(Use use, std::string grant, WasiRefusals& refusals) const {
  if (std::string& first = refusal_of(refusals, use); first.empty()) first = printable(grant);
  return NetError::kAccessDenied;
}

NetOutcome<std::shared_ptr<Lookup>> Network::look_up(Use use, std::string_view text, uint16_t port,
                                                     WasiRefusals& refusals) {
  // In the form of URLs as well.
  std::string_view address_text = text;
  if (text.starts_with('[') && text.ends_with(']')) address_text = text.substr(1, text.size() - 2);
  if (const std::optional<IpAddress> address = parse_address(address_text))
    return std::make_shared<Lookup>(Answer{.addresses = {address->unmapped()}});
  std::string name;
  switch (normalise_name(text, false, name)) {
    case NameError::kMalformed: return NetError::kInvalidArgument;
    case NameError::kNone:
      if (!policy_.permits_lookup(use, name, port))
        return refuse(use, with_port(policy_.grant_for_lookup(name), port), refusals);
      if (const std::vector<IpAddress>* known = names_.find(name))
        return std::make_shared<Lookup>(Answer{.name = name, .addresses = *known});
      break;
    case NameError::kNotAscii:
      // The resolver converts it, and checks what it becomes.
      if (!policy_.grants_lookups(use)) return refuse(use, with_port(std::string(text), port), refusals);
      name = text;
      break;
  }
  if (resolver_ == nullptr) return NetError::kTemporaryResolverFailure;
  if (std::shared_ptr<Lookup> lookup = resolver_->begin(std::move(name))) return lookup;
  return NetError::kTemporaryResolverFailure;
}

NetError Network::answer(Use use, const Lookup& lookup, std::vector<IpAddress>& out, WasiRefusals& refusals) {
  if (!lookup.done()) return NetError::kWouldBlock;
  const Answer& answer = lookup.answer();
  if (answer.name.empty() && answer.error == NetError::kNone) {
    out = answer.addresses;
    return NetError::kNone;
  }
  if (answer.error == NetError::kAccessDenied || (!answer.name.empty() && !policy_.permits_lookup(use, answer.name)))
    return refuse(use, policy_.grant_for_lookup(answer.name), refusals);
  if (answer.error != NetError::kNone) return answer.error;
  if (!names_.pin(answer.name, answer.addresses)) return NetError::kTemporaryResolverFailure;
  out.clear();
  for (const IpAddress& address : *names_.find(answer.name))
    if (policy_.permits_address(use, answer.name, address)) out.push_back(address);
  if (!out.empty()) return NetError::kNone;
  return refuse(use, policy_.grant_for_lookup(answer.name, &answer.addresses.front()), refusals);
}

}  // namespace ermine::wasi::net

#include "wasi/net/policy.h"

#include <algorithm>

#include "wasi/net/name.h"

namespace ermine::wasi::net {
namespace {

bool is_of_lookups(Use use) { return use == Use::kTcp || use == Use::kUdp || use == Use::kLookup; }

// Whether a lookup for `use` may rest on this rule.
bool serves_lookup(const Rule& rule, Use use) { return use == Use::kHttp ? rule.use == use : is_of_lookups(rule.use); }

}  // namespace

Result<Policy> Policy::create(const NetworkGrants& grants) {
  Policy policy;
#define USE(id, field, what, ports)                      \
  for (const std::string& text : grants.field) {         \
    ERMINE_ASSIGN(Rule rule, parse_rule(Use::id, text)); \
    policy.rules_.push_back(std::move(rule));            \
  }
#include "wasi/net/uses.def"
  return policy;
}

bool Policy::grants(Use use) const {
  return std::ranges::any_of(rules_, [&](const Rule& rule) { return rule.use == use; });
}

bool Policy::grants_lookups() const { return grants_lookups(Use::kLookup) || grants_lookups(Use::kHttp); }

bool Policy::grants_lookups(Use use) const {
  return std::ranges::any_of(
      rules_, [&](const Rule& rule) { return serves_lookup(rule, use) && rule.host != Rule::Host::kBlock; });
}

bool Policy::permits_lookup(Use use, std::string_view name, uint16_t port) const {
  return std::ranges::any_of(rules_, [&](const Rule& rule) {
    return serves_lookup(rule, use) && rule.matches_name(name) && (port == 0 || rule.contains(port));
  });
}

bool Policy::permits_address(Use use, std::string_view name, const IpAddress& given) const {
  const IpAddress address = given.unmapped();
  return std::ranges::any_of(rules_, [&](const Rule& rule) {
    return serves_lookup(rule, use) && (rule.host == Rule::Host::kBlock || rule.matches_name(name)) &&
           rule.reaches(address);
  });
}

bool Policy::covers(const Rule& rule, std::span<const std::string> names, const IpAddress& address) {
  const bool named = rule.host == Rule::Host::kAny || rule.host == Rule::Host::kBlock ||
                     std::ranges::any_of(names, [&](const std::string& name) { return rule.matches_name(name); });
  return named && rule.reaches(address);
}

bool Policy::permits(Use use, const Endpoint& target, std::span<const std::string> names) const {
  const IpAddress address = target.address.unmapped();
  return target.port != 0 && !address.is_unspecified() && std::ranges::any_of(rules_, [&](const Rule& rule) {
           return rule.use == use && rule.contains(target.port) && covers(rule, names, address);
         });
}

bool Policy::permits_binding(Use use, const Endpoint& local) const {
  return std::ranges::any_of(rules_, [&](const Rule& rule) {
    if (rule.use != use) return false;
    const Endpoint granted{rule.address, rule.ports[0].first};
    return covers_local(granted, rule.host == Rule::Host::kAny, local);
  });
}

std::string Policy::grant_for(Use use, const Endpoint& target, std::span<const std::string> names) const {
  const AddressKind kind = classify(target.address).kind;
  for (const Rule& rule : rules_) {
    if (rule.use != use || rule.host == Rule::Host::kBlock || !rule.contains(target.port)) continue;
    for (const std::string& name : names)
      if (rule.matches_name(name) && kind != AddressKind::kPublic && !is_localhost(name))
        return name + "+" + std::string(name_of(kind)) + ":" + std::to_string(target.port);
  }
  return to_string(Endpoint{target.address.unmapped(), target.port});
}

std::string Policy::grant_for_lookup(std::string_view name, const IpAddress* found) const {
  std::string text(name);
  if (found != nullptr)
    if (const AddressKind kind = classify(*found).kind; kind != AddressKind::kPublic) (text += '+') += name_of(kind);
  return text;
}

bool covers_local(const Endpoint& granted, bool both_families, const Endpoint& local) {
  if (granted.port != local.port) return false;
  if (both_families) return true;
  const IpAddress address = local.address.unmapped();
  return address.v6 == granted.address.v6 && (granted.address.is_unspecified() || granted.address == address);
}

}  // namespace ermine::wasi::net

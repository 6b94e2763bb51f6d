#include "wasi/net/names.h"

namespace ermine::wasi::net {

const std::vector<IpAddress>* PinnedNames::find(std::string_view name) const {
  const auto at = addresses_.find(name);
  return at == addresses_.end() ? nullptr : &at->second;
}

bool PinnedNames::pin(const std::string& name, std::vector<IpAddress> addresses) {
  if (addresses_.contains(name)) return true;
  if (addresses_.size() >= kMostNames) return false;
  if (addresses.size() > kMostAddresses) addresses.resize(kMostAddresses);
  for (IpAddress& address : addresses) {
    address = address.unmapped();
    names_.emplace(address, name);
  }
  addresses_.emplace(name, std::move(addresses));
  return true;
}

std::vector<std::string> PinnedNames::names_of(const IpAddress& address) const {
  std::vector<std::string> names;
  const auto [first, last] = names_.equal_range(address.unmapped());
  for (auto at = first; at != last; ++at) names.push_back(at->second);
  return names;
}

}  // namespace ermine::wasi::net

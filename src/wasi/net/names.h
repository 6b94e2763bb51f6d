// The names that were looked up for a program, with the addresses that were found. A name keeps its addresses until the
// program ends: what was checked is what is connected to, and a name that gets another address later (DNS rebinding)
// changes nothing. Bounded. For one thread at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wasi/net/address.h"

namespace ermine::wasi::net {

class PinnedNames {
 public:
  static constexpr size_t kMostNames = 4096, kMostAddresses = 32;

  // The addresses of a name, in the order to try them; null: it was not looked up.
  const std::vector<IpAddress>* find(std::string_view name) const;
  // The first addresses stay. False: there are too many names.
  bool pin(const std::string& name, std::vector<IpAddress> addresses);
  // The names under which an address was found.
  std::vector<std::string> names_of(const IpAddress& address) const;

 private:
  std::map<std::string, std::vector<IpAddress>, std::less<>> addresses_;
  std::multimap<IpAddress, std::string> names_;
};

}  // namespace ermine::wasi::net

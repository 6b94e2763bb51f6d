// Connector: what connects TCP sockets in place of the system (WasiConfig::connect_with). It is an interface, so that a
// program without such a function has nothing of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "wasi/net/address.h"
#include "wasi/net/error.h"

namespace ermine::wasi::net {

// What a socket shows of itself whose descriptor was given by the embedder, and may be of another family.
class ReplacedSocket {
 public:
  virtual ~ReplacedSocket() = default;
  virtual NetOutcome<int> option(int fd, int level, int name) const = 0;
  virtual NetError set_option(int fd, int level, int name, int value) = 0;

  Endpoint local, remote;
};

class Connector {
 public:
  virtual ~Connector() = default;
  // Makes `fd`, a socket of the address's family, another connection: `out` is what it shows then. Without an error and
  // without `out`: the system is to connect.
  virtual NetError connect(int fd, const Endpoint& remote, std::vector<std::string> names,
                           std::unique_ptr<ReplacedSocket>& out) const = 0;
};

}  // namespace ermine::wasi::net

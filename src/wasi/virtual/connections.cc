// Connections by a function of the embedder: WasiConfig::connect_with.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ermine/wasi.h"
#include "ermine/wasi_connect.h"
#include "wasi/host/descriptor.h"
#include "wasi/net/connector.h"
#include "wasi/net/socket.h"

namespace ermine {
namespace wasi::net {
namespace {

// Options of a TCP connection that a socket of another family does not have: their values are kept here, and are the
// socket's as well if it takes them. All others are the socket's.
class GivenSocket final : public ReplacedSocket {
 public:
  // `fd`: still the socket that is replaced. The program has perhaps set its options, and bound it.
  GivenSocket(int fd, const Endpoint& to) {
    remote = to;
    SystemAddress address;
    if (getsockname(fd, address.get(), &address.size) == 0) local = address.endpoint();
    local.address.v6 = to.address.v6;
    for (Kept& kept : kept_) {
      socklen_t size = sizeof kept.value;
      (void)getsockopt(fd, kept.level, kept.name, &kept.value, &size);
    }
  }
  NetOutcome<int> option(int fd, int level, int name) const override {
    for (const Kept& kept : kept_)
      if (kept.level == level && kept.name == name) return kept.value;
    int value = 0;
    socklen_t size = sizeof value;
    if (getsockopt(fd, level, name, &value, &size) != 0) return last_net_error();
    return value;
  }
  NetError set_option(int fd, int level, int name, int value) override {
    const bool taken = setsockopt(fd, level, name, &value, sizeof value) == 0;
    const NetError error = taken ? NetError::kNone : last_net_error();
    for (Kept& kept : kept_) {
      if (kept.level != level || kept.name != name) continue;
      kept.value = value;
      return NetError::kNone;
    }
    return error;
  }

 private:
  struct Kept {
    int level, name, value;
  };
  Kept kept_[6] = {{SOL_SOCKET, SO_KEEPALIVE, 0}, {IPPROTO_TCP, TCP_KEEPIDLE, 0}, {IPPROTO_TCP, TCP_KEEPINTVL, 0},
                   {IPPROTO_TCP, TCP_KEEPCNT, 0}, {IPPROTO_IP, IP_TTL, 0},        {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 0}};
};

bool is_stream_socket(int fd) {
  int type = 0, listens = 0;
  socklen_t size = sizeof type, other = sizeof listens;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
         getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &other) == 0 && listens == 0;
}

// Of a refusal: never one that would make the program wait, or continue.
NetError refusal(std::errc why) {
  const NetError error = net_error_of(static_cast<host::HostError>(why));
  return error == NetError::kNone || error == NetError::kWouldBlock ? NetError::kUnknown : error;
}

class EmbedderConnector final : public Connector {
 public:
  explicit EmbedderConnector(WasiConnector function) : function_(std::move(function)) {}

  NetError connect(int fd, const Endpoint& remote, std::vector<std::string> names,
                   std::unique_ptr<ReplacedSocket>& out) const override {
    const WasiConnection made = function_({to_string(remote.address), remote.port, std::move(names)});
    if (made.kind() == WasiConnection::Kind::kSystem) return NetError::kNone;
    if (made.kind() == WasiConnection::Kind::kRefused) return refusal(made.why());
    const host::UniqueFd given(made.descriptor());
    if (!given || !is_stream_socket(given.get())) return NetError::kUnknown;
    auto socket = std::make_unique<GivenSocket>(fd, remote);
    // The number stays, since others know it.
    int rc;
    do rc = dup3(given.get(), fd, O_CLOEXEC);
    while (rc < 0 && (errno == EINTR || errno == EBUSY));
    if (rc < 0) return last_net_error();
    out = std::move(socket);
    return NetError::kNone;
  }

 private:
  const WasiConnector function_;
};

}  // namespace
}  // namespace wasi::net

WasiConfig& WasiConfig::connect_with(WasiConnector function) {
  grants_.network.connector =
      function ? std::make_shared<const wasi::net::EmbedderConnector>(std::move(function)) : nullptr;
  return *this;
}

}  // namespace ermine

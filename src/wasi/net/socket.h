// What TCP and UDP sockets have in common: the descriptor, which counts to the quota, and options.
//
// A socket never waits: its operations return kWouldBlock, and its descriptor becomes ready (poll(2)) when they are
// worth another try. All options that the definitions have are here, with their rules; whatever cannot be set exactly
// is clamped.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>

#include "wasi/host/descriptor.h"
#include "wasi/net/address.h"
#include "wasi/net/connector.h"
#include "wasi/net/error.h"
#include "wasi/net/quota.h"

namespace ermine::wasi::net {

// An address of the system.
struct SystemAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  SystemAddress() = default;
  explicit SystemAddress(const Endpoint& endpoint);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  Endpoint endpoint() const;
};

// Whether an address can be the other side, or this side, of a socket of this family: kInvalidArgument, or kNone.
NetError check_remote(bool v6, const Endpoint& remote);
NetError check_local(bool v6, const Endpoint& local);

class Socket {
 public:
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int fd() const { return fd_.get(); }
  bool v6() const { return v6_; }
  const std::shared_ptr<Quota>& quota() const { return quota_; }

  // Seconds and counts are at least 1; 0 is kInvalidArgument.
  NetOutcome<uint8_t> hop_limit() const;
  NetError set_hop_limit(uint8_t value);
  NetOutcome<uint64_t> receive_buffer_size() const;
  NetError set_receive_buffer_size(uint64_t value);
  NetOutcome<uint64_t> send_buffer_size() const;
  NetError set_send_buffer_size(uint64_t value);

 protected:
  // Takes a place of the quota, which it gives back at its end.
  Socket(host::UniqueFd fd, bool v6, std::shared_ptr<Quota> quota)
      : fd_(std::move(fd)), v6_(v6), quota_(std::move(quota)) {}
  ~Socket() { quota_->give_socket_back(); }
  // kNotSupported, kNewSocketLimit, kOutOfMemory. On success the quota has taken the place. If nothing is granted,
  // there is no descriptor (-1): then binding and connecting say what would be, and the system is not asked.
  static NetOutcome<int> make(int type, bool v6, bool granted, Quota& quota);

  NetOutcome<int> option(int level, int name) const;
  NetError set_option(int level, int name, int value);
  NetOutcome<Endpoint> local_endpoint() const;
  // Any address of the family, and any free port.
  Endpoint any_local() const;
  NetOutcome<Endpoint> remote_endpoint() const;
  // Of a connection that the embedder has made; null: it is the system's.
  std::unique_ptr<ReplacedSocket> replaced_;

 private:
  host::UniqueFd fd_;
  bool v6_;
  std::shared_ptr<Quota> quota_;
};

}  // namespace ermine::wasi::net

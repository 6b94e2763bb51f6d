// UdpSocket: the states and operations of a UDP socket. Nothing waits.
//
// A socket exchanges datagrams with peers that are granted. One that is bound to an address granted for listening
// receives from all senders, and may answer: it remembers the last peers it received from.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "wasi/net/network.h"
#include "wasi/net/socket.h"

namespace ermine::wasi::net {

class UdpSocket : public Socket {
 public:
  // The longest datagram, and how many a call moves at most.
  static constexpr size_t kLongest = 65'536, kMostAtOnce = 64;
  // How many bytes of datagrams a call receives, before the last one.
  static constexpr size_t kMostReceived = 256 << 10;

  static NetOutcome<std::shared_ptr<UdpSocket>> create(const Network& network, bool v6);

  NetError start_bind(Network& network, const Endpoint& local, WasiRefusals& refusals);
  NetError finish_bind();
  // Both at once; and the same for any free port, if it is not bound.
  NetError bind(Network& network, const Endpoint& local, WasiRefusals& refusals);
  NetError bind_if_unbound(Network& network, WasiRefusals& refusals);
  bool is_bound() const { return state_ == State::kBound; }
  // Limits the socket to one peer, or none. The result numbers the association: older ones no longer work.
  NetOutcome<uint32_t> associate(const Network& network, const std::optional<Endpoint>& remote, WasiRefusals& refusals);
  uint32_t association() const { return association_; }
  // The same for a peer, of a socket that need not be bound; and without one, of a socket that has one.
  NetError connect(Network& network, const Endpoint& remote, WasiRefusals& refusals);
  NetError disconnect(const Network& network, WasiRefusals& refusals);
  NetOutcome<Endpoint> local_address() const;
  NetOutcome<Endpoint> remote_address() const;

  struct Datagram {
    std::vector<uint8_t> data;
    Endpoint from;
  };
  // Those that are there, at most this number; from peers that are not granted none. kNone with none: wait for POLLIN.
  NetError receive(const Network& network, size_t most, std::vector<Datagram>& out, WasiRefusals& refusals);
  // False: it was not sent, because the system takes none now.
  NetOutcome<bool> send(const Network& network, std::span<const uint8_t> data, const std::optional<Endpoint>& to,
                        WasiRefusals& refusals);

 private:
  enum class State : uint8_t { kUnbound, kBindStarted, kBound };
  static constexpr size_t kMostPeers = 256;
  UdpSocket(host::UniqueFd fd, bool v6, std::shared_ptr<Quota> quota) : Socket(std::move(fd), v6, std::move(quota)) {}
  bool may_exchange(const Network& network, const Endpoint& peer) const;
  void remember(const Endpoint& peer);
  NetError forget_peer();

  State state_ = State::kUnbound;
  bool listening_ = false;  // receives from all senders
  std::optional<Endpoint> remote_;
  uint32_t association_ = 0;
  std::vector<Endpoint> peers_;  // a ring
  size_t next_peer_ = 0;
};

}  // namespace ermine::wasi::net

// wasi:sockets/udp and udp-create-socket.
#include <poll.h>

#include <algorithm>

#include "wasi/preview2/functions.h"

namespace ermine::wasi::preview2 {
namespace {

// Streams of an earlier association, and of a socket for which nothing is granted, are ready, so that their users find
// out.
bool never_waits(const DatagramStream& stream) { return stream.closed() || stream.socket->fd() < 0; }
Own<Pollable> pollable_of_stream(Call& call, const DatagramStream& stream, Readiness::Kind kind) {
  return pollable_of(call, never_waits(stream) ? Readiness::Kind::kNow : kind, stream.file);
}

}  // namespace

SocketResult<Own<UdpSocket>> Functions::create_udp_socket(Call& call, AddressFamily family) {
  const auto socket = net::UdpSocket::create(call.context.network(), family == AddressFamily::kIpv6);
  if (socket.error == net::NetError::kNewSocketLimit) call.context.refusals.too_many_sockets = true;
  if (!socket) return Unexpected(socket_error_of(socket.error));
  std::shared_ptr<OpenFile> file = file_of_network(call, (*socket)->fd(), *socket);
  if (!file) return Unexpected(SocketError::kNewSocketLimit);
  return call.make<UdpSocket>(std::move(file), *socket);
}

SocketResult<void> Functions::udp_start_bind(Call& call, UdpSocket& socket, Network&, SocketAddress local) {
  return result_of(socket->start_bind(call.context.network(), to_net(local), call.context.refusals));
}
SocketResult<void> Functions::udp_finish_bind(Call&, UdpSocket& socket) { return result_of(socket->finish_bind()); }

SocketResult<UdpStreams> Functions::udp_stream(Call& call, UdpSocket& socket, std::optional<SocketAddress> remote) {
  std::optional<net::Endpoint> peer;
  if (remote) peer = to_net(*remote);
  const auto association = socket->associate(call.context.network(), peer, call.context.refusals);
  if (!association) return Unexpected(socket_error_of(association.error));
  return UdpStreams(call.make<IncomingDatagramStream>(socket, *association),
                    call.make<OutgoingDatagramStream>(socket, *association));
}

SocketResult<SocketAddress> Functions::udp_local_address(Call&, UdpSocket& socket) {
  return result_of(socket->local_address());
}
SocketResult<SocketAddress> Functions::udp_remote_address(Call&, UdpSocket& socket) {
  return result_of(socket->remote_address());
}
AddressFamily Functions::udp_address_family(Call&, UdpSocket& socket) {
  return socket->v6() ? AddressFamily::kIpv6 : AddressFamily::kIpv4;
}
SocketResult<uint8_t> Functions::udp_unicast_hop_limit(Call&, UdpSocket& socket) {
  return result_of(socket->hop_limit());
}
SocketResult<void> Functions::udp_set_unicast_hop_limit(Call&, UdpSocket& socket, uint8_t value) {
  return result_of(socket->set_hop_limit(value));
}
SocketResult<uint64_t> Functions::udp_receive_buffer_size(Call&, UdpSocket& socket) {
  return result_of(socket->receive_buffer_size());
}
SocketResult<void> Functions::udp_set_receive_buffer_size(Call&, UdpSocket& socket, uint64_t value) {
  return result_of(socket->set_receive_buffer_size(value));
}
SocketResult<uint64_t> Functions::udp_send_buffer_size(Call&, UdpSocket& socket) {
  return result_of(socket->send_buffer_size());
}
SocketResult<void> Functions::udp_set_send_buffer_size(Call&, UdpSocket& socket, uint64_t value) {
  return result_of(socket->set_send_buffer_size(value));
}
// Nothing of a UDP socket itself takes time.
Own<Pollable> Functions::udp_subscribe(Call& call, UdpSocket& socket) {
  return pollable_of(call, Readiness::Kind::kNow, socket.file);
}

SocketResult<std::vector<IncomingDatagram>> Functions::incoming_receive(Call& call, IncomingDatagramStream& stream,
                                                                        uint64_t most) {
  if (stream.closed()) return Unexpected(SocketError::kInvalidState);
  std::vector<net::UdpSocket::Datagram> received;
  const net::NetError error = stream.socket->receive(
      call.context.network(), std::min<uint64_t>(most, net::UdpSocket::kMostAtOnce), received, call.context.refusals);
  if (error != net::NetError::kNone) return Unexpected(socket_error_of(error));
  std::vector<IncomingDatagram> out;
  for (net::UdpSocket::Datagram& d : received) {
    call.moved += d.data.size();
    out.push_back({std::move(d.data), from_net(d.from)});
  }
  return out;
}
Own<Pollable> Functions::incoming_subscribe(Call& call, IncomingDatagramStream& stream) {
  return pollable_of_stream(call, stream, Readiness::Kind::kRead);
}

SocketResult<uint64_t> Functions::outgoing_check_send(Call& call, OutgoingDatagramStream& stream) {
  if (stream.closed()) return Unexpected(SocketError::kInvalidState);
  const bool ready = never_waits(stream) || is_ready(call, Readiness{Readiness::Kind::kWrite, 0, stream.file});
  stream.permitted = ready ? net::UdpSocket::kMostAtOnce : 0;
  return stream.permitted;
}

SocketResult<uint64_t> Functions::outgoing_send(Call& call, OutgoingDatagramStream& stream,
                                                const std::vector<OutgoingDatagram>& datagrams) {
  if (datagrams.size() > stream.permitted) {
    call.trap("the component sends " + std::to_string(datagrams.size()) +
              " datagrams to an outgoing-datagram-stream whose check-send permitted " +
              std::to_string(stream.permitted));
    return uint64_t{0};
  }
  stream.permitted -= datagrams.size();
  if (stream.closed()) return Unexpected(SocketError::kInvalidState);
  uint64_t sent = 0;
  host::OutputLimit& output = call.context.output;
  for (const OutgoingDatagram& d : datagrams) {
    if (output.active() && (call.stop = output.check_growth(d.data.size()))) return sent;
    std::optional<net::Endpoint> to;
    if (d.remote_address) to = to_net(*d.remote_address);
    const auto done = stream.socket->send(call.context.network(), d.data, to, call.context.refusals);
    if (!done && sent == 0) return Unexpected(socket_error_of(done.error));
    if (!done || !*done) break;
    call.moved += d.data.size();
    if (output.active()) output.count(d.data.size());
    ++sent;
  }
  return sent;
}
Own<Pollable> Functions::outgoing_subscribe(Call& call, OutgoingDatagramStream& stream) {
  return pollable_of_stream(call, stream, Readiness::Kind::kWrite);
}

}  // namespace ermine::wasi::preview2

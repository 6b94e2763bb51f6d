// wasi:sockets.
#include <poll.h>

#include <algorithm>

#include "wasi/host/clocks.h"
#include "wasi/preview2/functions.h"
#include "wasi/preview3/file_copy.h"
#include "wasi/preview3/functions.h"

namespace ermine::wasi::preview3 {
namespace {

using component::detail::Codec;
using component::detail::Cursor;
using component::detail::StreamCopy;
using net::NetError;
using preview2::OpenFile;
using preview2::SocketResult;

Expected<void, SocketError> outcome_of(NetError error) {
  if (error != NetError::kNone) return Unexpected(socket_error_of(error));
  return {};
}

// The connections of a listening socket, as a stream. Where no more sockets or files can be opened, they stay in the
// system's queue for a while; the stream does not end.
class Accepting final : public FileCopy {
 public:
  Accepting(std::shared_ptr<preview2::Counts> counts, StoreRef store, std::shared_ptr<OpenFile> listener,
            preview2::Context& context, component::StreamWriter<Own<TcpSocket>> writer)
      : FileCopy(std::move(counts), store, std::move(listener), nullptr),
        context_(context),
        writer_(std::move(writer)) {}
  uint64_t deadline() const override { return events_ == 0 ? retry_at_ : UINT64_MAX; }

 private:
  static constexpr uint32_t kMostAtOnce = 64;
  static constexpr uint64_t kPause = 10'000'000;  // nanoseconds

  StreamCopy copy() override {
    StreamCopy copy = component::detail::new_copy<Own<TcpSocket>>(kMostAtOnce);
    copy.transfer = [this](Cursor& c, uint64_t at, uint32_t count, uint32_t& moved) {
      for (moved = 0; moved < count; ++moved, at += Codec<Own<TcpSocket>>::size.of(c)) {
        Call call{context_, store_};
        const Own<TcpSocket> connection = accept(call);
        if (call.stop) return c.fail(std::move(call.stop));
        if (!connection) break;
        if (!Codec<Own<TcpSocket>>::store(c, at, connection)) return false;
      }
      return true;
    };
    return copy;
  }
  const component::detail::StreamEnd& end() const override { return writer_.end(); }
  void close() override { writer_.close(); }

  Own<TcpSocket> accept(Call& call) {
    while (true) {
      SocketResult<Own<TcpSocket>> connection = preview2::accept_connection(call, *file_->tcp);
      if (connection) return std::move(*connection);
      using preview2::SocketError;
      // It was broken off before it was taken.
      if (connection.error() == SocketError::kConnectionAborted) continue;
      const bool none = connection.error() == SocketError::kWouldBlock;
      const bool full =
          connection.error() == SocketError::kNewSocketLimit || connection.error() == SocketError::kOutOfMemory;
      events_ = none ? POLLIN : 0;
      if (full) retry_at_ = *host::clock_now(host::Clock::kMonotonic) + kPause;
      stopped(none || full ? host::HostError::kAgain : static_cast<host::HostError>(EIO));
      return nullptr;
    }
  }

  preview2::Context& context_;
  component::StreamWriter<Own<TcpSocket>> writer_;
  uint64_t retry_at_ = 0;
};

}  // namespace

// ---- TCP

SocketResult<void> Functions::tcp_bind(Call& call, TcpSocket& socket, SocketAddress local) {
  return preview2::result_of(socket->bind(call.context.network(), preview2::to_net(local), call.context.refusals));
}

void Functions::tcp_connect(Call& call, SocketReply<void> reply, TcpSocket& socket, SocketAddress remote) {
  NetError error = socket->start_connect(call.context.network(), preview2::to_net(remote), call.context.refusals);
  if (error == NetError::kNone) error = socket->finish_connect();
  if (error != NetError::kWouldBlock) return reply.complete(outcome_of(error));
  const auto attempt = [reply, file = socket.file] {
    const NetError error = file->tcp->finish_connect();
    if (error != NetError::kWouldBlock) reply.complete(outcome_of(error));
    return error != NetError::kWouldBlock;
  };
  Retry::start(call, reply,
               {.fd = socket->fd(),
                .events = POLLOUT,
                .deadline = deadline_of(*socket.file->tcp),
                .attempt = attempt,
                .abandon = [file = socket.file] { file->tcp->abandon_connect(); }});
}

SocketResult<Connections> Functions::tcp_listen(Call& call, TcpSocket& socket) {
  NetError error = socket->bind_if_unbound(call.context.network(), call.context.refusals);
  if (error == NetError::kNone) error = socket->start_listen(call.context.network(), call.context.refusals);
  if (error == NetError::kNone) error = socket->finish_listen();
  if (error != NetError::kNone) return Unexpected(preview2::socket_error_of(error));
  auto stream = component::make_stream<Own<TcpSocket>>(call.store);
  const std::shared_ptr<Accepting> accepting =
      call.make<Accepting>(call.store, socket.file, call.context, std::move(stream.writer));
  if (accepting) accepting->start(call, host::HostError::kNone);
  return std::move(stream.reader);
}

// ---- UDP

SocketResult<void> Functions::udp_bind(Call& call, UdpSocket& socket, SocketAddress local) {
  return preview2::result_of(socket->bind(call.context.network(), preview2::to_net(local), call.context.refusals));
}
SocketResult<void> Functions::udp_connect(Call& call, UdpSocket& socket, SocketAddress remote) {
  return preview2::result_of(socket->connect(call.context.network(), preview2::to_net(remote), call.context.refusals));
}
SocketResult<void> Functions::udp_disconnect(Call& call, UdpSocket& socket) {
  return preview2::result_of(socket->disconnect(call.context.network(), call.context.refusals));
}

namespace {

// False: the fuel for the bytes is used up, and the call has ended.
template <class R>
bool pay(StoreRef store, const SocketReply<R>& reply, size_t bytes) {
  Result<void> paid = store.consume_fuel(bytes / kBytesPerFuel);
  if (!paid) reply.fail(std::move(paid).error());
  return paid.has_value();
}

// False: the system takes none now.
bool try_to_send(preview2::Context& context, StoreRef store, const SocketReply<void>& reply, net::UdpSocket& socket,
                 std::span<const uint8_t> data, const std::optional<net::Endpoint>& remote) {
  host::OutputLimit& output = context.output;
  if (output.active()) {
    if (Error stop = output.check_growth(data.size())) return reply.fail(std::move(stop)), true;
  }
  const net::NetOutcome<bool> sent = socket.send(context.network(), data, remote, context.refusals);
  if (sent && !*sent) return false;
  if (sent && output.active()) output.count(data.size());
  if (!sent || pay(store, reply, data.size())) reply.complete(outcome_of(sent.error));
  return true;
}

using Received = std::tuple<std::vector<uint8_t>, SocketAddress>;
bool try_to_receive(preview2::Context& context, StoreRef store, const SocketReply<Received>& reply,
                    net::UdpSocket& socket) {
  std::vector<net::UdpSocket::Datagram> datagrams;
  const NetError error = socket.receive(context.network(), 1, datagrams, context.refusals);
  if (error != NetError::kNone) return reply.complete(Unexpected(socket_error_of(error))), true;
  if (datagrams.empty()) return false;
  if (pay(store, reply, datagrams[0].data.size()))
    reply.complete(Received(std::move(datagrams[0].data), preview2::from_net(datagrams[0].from)));
  return true;
}

}  // namespace

void Functions::udp_send(Call& call, SocketReply<void> reply, UdpSocket& socket, preview2::Contents data,
                         std::optional<SocketAddress> remote) {
  std::optional<net::Endpoint> to;
  if (remote) to = preview2::to_net(*remote);
  preview2::Context& context = call.context;
  // Arguments that are wrong do not bind it.
  if (to && net::check_remote(socket->v6(), *to) == NetError::kNone) {
    if (const NetError e = socket->bind_if_unbound(context.network(), context.refusals); e != NetError::kNone)
      return reply.complete(outcome_of(e));
  }
  if (try_to_send(context, call.store, reply, *socket.socket, data, to)) return;
  Retry::start(call, reply,
               {.fd = socket->fd(),
                .events = POLLOUT,
                .attempt = [&context, store = call.store, reply, socket = socket.socket,
                            copy = std::vector<uint8_t>(data.begin(), data.end()),
                            to] { return try_to_send(context, store, reply, *socket, copy, to); }});
}

void Functions::udp_receive(Call& call, SocketReply<Received> reply, UdpSocket& socket) {
  if (!socket->is_bound()) return reply.complete(Unexpected(socket_error_of(NetError::kInvalidState)));
  if (try_to_receive(call.context, call.store, reply, *socket.socket)) return;
  Retry::start(call, reply,
               {.fd = socket->fd(),
                .events = POLLIN,
                .attempt = [&context = call.context, store = call.store, reply, socket = socket.socket] {
                  return try_to_receive(context, store, reply, *socket);
                }});
}

// ---- Names

void Functions::resolve_addresses(Call& call,
                                  component::Reply<Expected<std::vector<preview2::IpAddress>, LookupError>> reply,
                                  preview2::Text name) {
  net::Network& network = call.context.network();
  const net::NetOutcome<std::shared_ptr<net::Lookup>> lookup =
      network.look_up(net::Use::kLookup, name, 0, call.context.refusals);
  if (!lookup) return reply.complete(Unexpected(lookup_error_of(lookup.error)));
  const auto attempt = [&network, &refusals = call.context.refusals, lookup = *lookup, reply] {
    std::vector<net::IpAddress> found;
    const NetError error = network.answer(net::Use::kLookup, *lookup, found, refusals);
    if (error == NetError::kWouldBlock) return false;
    if (error != NetError::kNone) return reply.complete(Unexpected(lookup_error_of(error))), true;
    std::vector<preview2::IpAddress> addresses;
    for (const net::IpAddress& address : found) addresses.push_back(preview2::from_net(address));
    return reply.complete(std::move(addresses)), true;
  };
  if (attempt()) return;
  const std::shared_ptr<OpenFile> file = preview2::file_of_network(call, (*lookup)->ready_fd(), *lookup);
  if (!file) return reply.complete(Unexpected(lookup_error_of(NetError::kOutOfMemory)));
  Retry::start(call, reply,
               {.fd = (*lookup)->ready_fd(), .events = POLLIN, .attempt = [file, attempt] { return attempt(); }});
}

}  // namespace ermine::wasi::preview3

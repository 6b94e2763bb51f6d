// wasi:sockets/tcp and tcp-create-socket.
#include "wasi/preview2/functions.h"

namespace ermine::wasi::preview2 {
namespace {

std::shared_ptr<OpenFile> file_of(Call& call, const std::shared_ptr<net::TcpSocket>& socket) {
  std::shared_ptr<OpenFile> file = file_of_network(call, socket->fd(), socket);
  if (!file) return nullptr;
  file->descriptor.type = host::FileType::kStreamSocket;
  file->tcp = socket.get();
  return file;
}

// A socket that was made or refused; the refusal is recorded.
SocketResult<Own<TcpSocket>> made(Call& call, const net::NetOutcome<std::shared_ptr<net::TcpSocket>>& socket) {
  if (socket.error == net::NetError::kNewSocketLimit) call.context.refusals.too_many_sockets = true;
  if (!socket) return Unexpected(socket_error_of(socket.error));
  std::shared_ptr<OpenFile> file = file_of(call, *socket);
  if (!file) return Unexpected(SocketError::kNewSocketLimit);
  return call.make<TcpSocket>(std::move(file));
}

TcpStreams streams_of(Call& call, const std::shared_ptr<OpenFile>& file) {
  return {call.make<InputStream>(file), call.make<OutputStream>(file)};
}

}  // namespace

SocketResult<Own<TcpSocket>> Functions::create_tcp_socket(Call& call, AddressFamily family) {
  return made(call, net::TcpSocket::create(call.context.network(), family == AddressFamily::kIpv6));
}

SocketResult<void> Functions::tcp_start_bind(Call& call, TcpSocket& socket, Network&, SocketAddress local) {
  return result_of(socket->start_bind(call.context.network(), to_net(local), call.context.refusals));
}
SocketResult<void> Functions::tcp_finish_bind(Call&, TcpSocket& socket) { return result_of(socket->finish_bind()); }
SocketResult<void> Functions::tcp_start_connect(Call& call, TcpSocket& socket, Network&, SocketAddress remote) {
  return result_of(socket->start_connect(call.context.network(), to_net(remote), call.context.refusals));
}
SocketResult<TcpStreams> Functions::tcp_finish_connect(Call& call, TcpSocket& socket) {
  if (const net::NetError e = socket->finish_connect(); e != net::NetError::kNone)
    return Unexpected(socket_error_of(e));
  return streams_of(call, socket.file);
}
SocketResult<void> Functions::tcp_start_listen(Call& call, TcpSocket& socket) {
  return result_of(socket->start_listen(call.context.network(), call.context.refusals));
}
SocketResult<void> Functions::tcp_finish_listen(Call&, TcpSocket& socket) { return result_of(socket->finish_listen()); }

SocketResult<Own<TcpSocket>> accept_connection(Call& call, net::TcpSocket& listener) {
  // Before a connection is taken that would be lost.
  if (call.at_file_limit()) return Unexpected(SocketError::kNewSocketLimit);
  return made(call, listener.accept());
}
SocketResult<TcpConnection> Functions::tcp_accept(Call& call, TcpSocket& socket) {
  SocketResult<Own<TcpSocket>> connection = accept_connection(call, *socket.file->tcp);
  if (!connection) return Unexpected(connection.error());
  if (call.stop) return TcpConnection();
  TcpStreams streams = streams_of(call, (*connection)->file);
  return TcpConnection(std::move(*connection), std::move(std::get<0>(streams)), std::move(std::get<1>(streams)));
}

SocketResult<SocketAddress> Functions::tcp_local_address(Call&, TcpSocket& socket) {
  return result_of(socket->local_address());
}
SocketResult<SocketAddress> Functions::tcp_remote_address(Call&, TcpSocket& socket) {
  return result_of(socket->remote_address());
}
bool Functions::tcp_is_listening(Call&, TcpSocket& socket) { return socket->is_listening(); }
AddressFamily Functions::tcp_address_family(Call&, TcpSocket& socket) {
  return socket->v6() ? AddressFamily::kIpv6 : AddressFamily::kIpv4;
}
SocketResult<void> Functions::tcp_set_listen_backlog_size(Call&, TcpSocket& socket, uint64_t value) {
  return result_of(socket->set_listen_backlog_size(value));
}
SocketResult<bool> Functions::tcp_keep_alive_enabled(Call&, TcpSocket& socket) {
  return result_of(socket->keep_alive_enabled());
}
SocketResult<void> Functions::tcp_set_keep_alive_enabled(Call&, TcpSocket& socket, bool value) {
  return result_of(socket->set_keep_alive_enabled(value));
}
SocketResult<uint64_t> Functions::tcp_keep_alive_idle_time(Call&, TcpSocket& socket) {
  return result_of(socket->keep_alive_idle_time());
}
SocketResult<void> Functions::tcp_set_keep_alive_idle_time(Call&, TcpSocket& socket, uint64_t value) {
  return result_of(socket->set_keep_alive_idle_time(value));
}
SocketResult<uint64_t> Functions::tcp_keep_alive_interval(Call&, TcpSocket& socket) {
  return result_of(socket->keep_alive_interval());
}
SocketResult<void> Functions::tcp_set_keep_alive_interval(Call&, TcpSocket& socket, uint64_t value) {
  return result_of(socket->set_keep_alive_interval(value));
}
SocketResult<uint32_t> Functions::tcp_keep_alive_count(Call&, TcpSocket& socket) {
  return result_of(socket->keep_alive_count());
}
SocketResult<void> Functions::tcp_set_keep_alive_count(Call&, TcpSocket& socket, uint32_t value) {
  return result_of(socket->set_keep_alive_count(value));
}
SocketResult<uint8_t> Functions::tcp_hop_limit(Call&, TcpSocket& socket) { return result_of(socket->hop_limit()); }
SocketResult<void> Functions::tcp_set_hop_limit(Call&, TcpSocket& socket, uint8_t value) {
  return result_of(socket->set_hop_limit(value));
}
SocketResult<uint64_t> Functions::tcp_receive_buffer_size(Call&, TcpSocket& socket) {
  return result_of(socket->receive_buffer_size());
}
SocketResult<void> Functions::tcp_set_receive_buffer_size(Call&, TcpSocket& socket, uint64_t value) {
  return result_of(socket->set_receive_buffer_size(value));
}
SocketResult<uint64_t> Functions::tcp_send_buffer_size(Call&, TcpSocket& socket) {
  return result_of(socket->send_buffer_size());
}
SocketResult<void> Functions::tcp_set_send_buffer_size(Call&, TcpSocket& socket, uint64_t value) {
  return result_of(socket->set_send_buffer_size(value));
}
Own<Pollable> Functions::tcp_subscribe(Call& call, TcpSocket& socket) {
  return pollable_of(call, Readiness::Kind::kSocket, socket.file);
}
SocketResult<void> Functions::tcp_shutdown(Call&, TcpSocket& socket, ShutdownType what) {
  constexpr host::Shutdown kWhat[] = {host::Shutdown::kReading, host::Shutdown::kWriting, host::Shutdown::kBoth};
  return result_of(socket->shut_down(kWhat[static_cast<unsigned>(what)]));
}

}  // namespace ermine::wasi::preview2

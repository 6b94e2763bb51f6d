// wasi:sockets. Nothing of the network is granted, so nothing makes sockets or finds names. The functions of sockets
// exist (functions.def), but are never called.
#include "wasi/preview2/functions.h"

namespace ermine::wasi::preview2 {

std::optional<SocketError> Functions::network_error_code(Call&, IoError&) { return std::nullopt; }
Own<Network> Functions::instance_network(Call& call) { return call.make<Network>(); }
SocketResult<Own<TcpSocket>> Functions::create_tcp_socket(Call& call, AddressFamily) {
  call.context.refusals.network = true;
  return Unexpected(SocketError::kAccessDenied);
}
SocketResult<Own<UdpSocket>> Functions::create_udp_socket(Call& call, AddressFamily) {
  call.context.refusals.network = true;
  return Unexpected(SocketError::kAccessDenied);
}
SocketResult<Own<ResolveAddressStream>> Functions::resolve_addresses(Call& call, Network&, Text) {
  call.context.refusals.network = true;
  return Unexpected(SocketError::kAccessDenied);
}

}  // namespace ermine::wasi::preview2

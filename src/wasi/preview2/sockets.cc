// wasi:sockets: what is common to its interfaces, and lookups of names.
#include "wasi/preview2/functions.h"

namespace ermine::wasi::preview2 {

std::shared_ptr<OpenFile> file_of_network(Call& call, int fd, std::shared_ptr<void> owner) {
  if (call.at_file_limit()) return nullptr;
  auto file = std::make_shared<OpenFile>(call.context.counts());
  file->descriptor = {.host_fd = fd, .borrowed = true, .waiting = host::Waiting::kSocket};
  file->owner = std::move(owner);
  return file;
}

Own<Pollable> pollable_of(Call& call, Readiness::Kind kind, const std::shared_ptr<OpenFile>& file) {
  return call.make<Pollable>(Readiness{kind, 0, file});
}

IpAddress from_net(const net::IpAddress& address) {
  const auto& b = address.bytes;
  if (!address.v6) return Ipv4Address{b[0], b[1], b[2], b[3]};
  uint16_t g[8];
  for (unsigned i = 0; i < 8; ++i) g[i] = static_cast<uint16_t>(b[2 * i] << 8 | b[2 * i + 1]);
  return Ipv6Address{g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7]};
}

SocketAddress from_net(const net::Endpoint& e) {
  const IpAddress address = from_net(e.address);
  if (const auto* v4 = std::get_if<Ipv4Address>(&address)) return Ipv4SocketAddress{e.port, *v4};
  return Ipv6SocketAddress{e.port, e.flow_info, std::get<Ipv6Address>(address), e.scope};
}

net::Endpoint to_net(const SocketAddress& address) {
  net::Endpoint e;
  auto& b = e.address.bytes;
  if (const auto* v4 = std::get_if<Ipv4SocketAddress>(&address)) {
    std::tie(b[0], b[1], b[2], b[3]) = v4->address;
    e.port = v4->port;
    return e;
  }
  const auto& v6 = std::get<Ipv6SocketAddress>(address);
  e.address.v6 = true;
  e.port = v6.port;
  e.flow_info = v6.flow_info;
  e.scope = v6.scope_id;
  uint16_t g[8];
  std::tie(g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7]) = v6.address;
  for (unsigned i = 0; i < 8; ++i) {
    b[2 * i] = static_cast<uint8_t>(g[i] >> 8);
    b[2 * i + 1] = static_cast<uint8_t>(g[i]);
  }
  return e;
}

Own<Network> Functions::instance_network(Call& call) { return call.make<Network>(); }

SocketResult<Own<ResolveAddressStream>> Functions::resolve_addresses(Call& call, Network&, Text name) {
  net::NetOutcome<std::shared_ptr<net::Lookup>> lookup =
      call.context.network().look_up(net::Use::kLookup, name, 0, call.context.refusals);
  if (!lookup) return Unexpected(socket_error_of(lookup.error));
  std::shared_ptr<OpenFile> file;
  if (const int fd = (*lookup)->ready_fd(); fd >= 0) {
    file = file_of_network(call, fd, *lookup);
    if (!file) return Unexpected(SocketError::kOutOfMemory);
  }
  return call.make<ResolveAddressStream>(*lookup, std::move(file));
}

SocketResult<std::optional<IpAddress>> Functions::resolve_next_address(Call& call, ResolveAddressStream& stream) {
  if (!stream.answered) {
    stream.error =
        call.context.network().answer(net::Use::kLookup, *stream.lookup, stream.addresses, call.context.refusals);
    if (stream.error == net::NetError::kWouldBlock) return Unexpected(SocketError::kWouldBlock);
    stream.answered = true;
  }
  if (stream.error != net::NetError::kNone) return Unexpected(socket_error_of(stream.error));
  if (stream.next >= stream.addresses.size()) return std::optional<IpAddress>();
  return std::optional(from_net(stream.addresses[stream.next++]));
}

Own<Pollable> Functions::resolve_subscribe(Call& call, ResolveAddressStream& stream) {
  return pollable_of(call, stream.file ? Readiness::Kind::kRead : Readiness::Kind::kNow, stream.file);
}

}  // namespace ermine::wasi::preview2

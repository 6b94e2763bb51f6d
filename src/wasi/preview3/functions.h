// The functions of WASI 0.3 that 0.2 has not; functions.def says which WIT function each is. What both have is written
// once, in preview2/, and its values are converted (types.h). A function that must end the program sets Call::stop.
#pragma once

#include <optional>
#include <string>
#include <tuple>

#include "ermine/component/reply.h"
#include "wasi/preview2/functions.h"
#include "wasi/preview3/types.h"

namespace ermine::wasi::preview3 {

using preview2::Call;
using preview2::FileDescriptor;
using preview2::Own;
using preview2::SocketAddress;
using preview2::TcpSocket;
using preview2::UdpSocket;
// Of what answers later.
template <class T>
using SocketReply = component::Reply<Expected<T, SocketError>>;
using Connections = component::StreamReader<Own<TcpSocket>>;

struct Functions {
  // wasi:cli: streams.cc
  static std::tuple<Bytes, EndFuture<CliError>> read_stdin(Call& call);
  static EndFuture<CliError> write_stdout(Call& call, Bytes data);
  static EndFuture<CliError> write_stderr(Call& call, Bytes data);

  // wasi:clocks: time.cc
  static void wait_until(Call& call, component::Reply<> reply, uint64_t when);
  static void wait_for(Call& call, component::Reply<> reply, uint64_t duration);
  static uint64_t system_resolution(Call& call);
  static std::optional<std::string> timezone_id(Call& call);
  static std::optional<int64_t> timezone_offset(Call& call, Instant when);
  static std::string timezone_text(Call& call);

  // wasi:filesystem: paths.cc
  static void open_at(Call& call, component::Reply<Expected<Own<FileDescriptor>, ErrorCode>> reply, FileDescriptor& d,
                      preview2::PathFlags path_flags, preview2::Text path, preview2::OpenFlags open_flags,
                      preview2::DescriptorFlags flags);
  static preview2::FileResult<void> remove_directory_at(Call& call, FileDescriptor& d, preview2::Text path);

  // wasi:filesystem: streams.cc
  static std::tuple<Bytes, EndFuture<ErrorCode>> read_via_stream(Call& call, FileDescriptor& d, uint64_t offset);
  static EndFuture<ErrorCode> write_via_stream(Call& call, FileDescriptor& d, Bytes data, uint64_t offset);
  static EndFuture<ErrorCode> append_via_stream(Call& call, FileDescriptor& d, Bytes data);
  static std::tuple<component::StreamReader<DirectoryEntry>, EndFuture<ErrorCode>> read_directory(Call& call,
                                                                                                  FileDescriptor& d);

  // wasi:sockets: sockets.cc; send and receive of TCP: streams.cc
  static preview2::SocketResult<void> tcp_bind(Call& call, TcpSocket& socket, SocketAddress local);
  static void tcp_connect(Call& call, SocketReply<void> reply, TcpSocket& socket, SocketAddress remote);
  static preview2::SocketResult<Connections> tcp_listen(Call& call, TcpSocket& socket);
  static EndFuture<SocketError> tcp_send(Call& call, TcpSocket& socket, Bytes data);
  static std::tuple<Bytes, EndFuture<SocketError>> tcp_receive(Call& call, TcpSocket& socket);
  static preview2::SocketResult<void> udp_bind(Call& call, UdpSocket& socket, SocketAddress local);
  static preview2::SocketResult<void> udp_connect(Call& call, UdpSocket& socket, SocketAddress remote);
  static preview2::SocketResult<void> udp_disconnect(Call& call, UdpSocket& socket);
  static void udp_send(Call& call, SocketReply<void> reply, UdpSocket& socket, preview2::Contents data,
                       std::optional<SocketAddress> remote);
  static void udp_receive(Call& call, SocketReply<std::tuple<std::vector<uint8_t>, SocketAddress>> reply,
                          UdpSocket& socket);
  static void resolve_addresses(Call& call,
                                component::Reply<Expected<std::vector<preview2::IpAddress>, LookupError>> reply,
                                preview2::Text name);
};

}  // namespace ermine::wasi::preview3

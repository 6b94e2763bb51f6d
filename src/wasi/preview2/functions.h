// The functions of WASI 0.2; functions.def says which WIT function each is. Parameters and results are types of
// types.h. A function that must end the program sets Call::stop.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "wasi/preview2/call.h"
#include "wasi/preview2/resources.h"
#include "wasi/preview2/types.h"

namespace ermine::wasi::preview2 {

// Random bytes, made in the component's memory.
struct RandomBytes {
  Call* call = nullptr;
  uint64_t size = 0;
  bool fill(component::detail::Cursor& cursor, uint64_t at) const;
};

using Text = std::string_view;
using Contents = std::span<const uint8_t>;
template <class T>
using Own = std::unique_ptr<T>;
using TcpStreams = std::tuple<Own<InputStream>, Own<OutputStream>>;
using TcpConnection = std::tuple<Own<TcpSocket>, Own<InputStream>, Own<OutputStream>>;
using UdpStreams = std::tuple<Own<IncomingDatagramStream>, Own<OutgoingDatagramStream>>;

struct Functions {
  // wasi:io: errors.cc, poll.cc, streams.cc
  static std::string error_to_debug_string(Call& call, IoError& error);
  static bool pollable_ready(Call& call, Pollable& pollable);
  static void pollable_block(Call& call, Pollable& pollable);
  static std::vector<uint32_t> poll(Call& call, const std::vector<Pollable*>& in);
  static StreamResult<Bytes> read(Call& call, InputStream& stream, uint64_t length);
  static StreamResult<Bytes> blocking_read(Call& call, InputStream& stream, uint64_t length);
  static StreamResult<uint64_t> skip(Call& call, InputStream& stream, uint64_t length);
  static StreamResult<uint64_t> blocking_skip(Call& call, InputStream& stream, uint64_t length);
  static Own<Pollable> subscribe_input(Call& call, InputStream& stream);
  static StreamResult<uint64_t> check_write(Call& call, OutputStream& stream);
  static StreamResult<void> write(Call& call, OutputStream& stream, Contents contents);
  static StreamResult<void> blocking_write_and_flush(Call& call, OutputStream& stream, Contents contents);
  static StreamResult<void> flush(Call& call, OutputStream& stream);
  static StreamResult<void> blocking_flush(Call& call, OutputStream& stream);
  static Own<Pollable> subscribe_output(Call& call, OutputStream& stream);
  static StreamResult<void> write_zeroes(Call& call, OutputStream& stream, uint64_t length);
  static StreamResult<void> blocking_write_zeroes_and_flush(Call& call, OutputStream& stream, uint64_t length);
  static StreamResult<uint64_t> splice(Call& call, OutputStream& stream, InputStream& source, uint64_t length);
  static StreamResult<uint64_t> blocking_splice(Call& call, OutputStream& stream, InputStream& source, uint64_t length);

  // wasi:cli: cli.cc
  static std::vector<std::tuple<std::string, std::string>> get_environment(Call& call);
  static std::vector<std::string> get_arguments(Call& call);
  static std::optional<std::string> initial_cwd(Call& call);
  static void exit(Call& call, Expected<void, std::monostate> status);
  static void exit_with_code(Call& call, uint8_t code);
  static Own<InputStream> get_stdin(Call& call);
  static Own<OutputStream> get_stdout(Call& call);
  static Own<OutputStream> get_stderr(Call& call);
  static std::optional<Own<TerminalInput>> get_terminal_stdin(Call& call);
  static std::optional<Own<TerminalOutput>> get_terminal_stdout(Call& call);
  static std::optional<Own<TerminalOutput>> get_terminal_stderr(Call& call);

  // wasi:clocks, wasi:random: time.cc
  static uint64_t monotonic_now(Call& call);
  static uint64_t monotonic_resolution(Call& call);
  static Own<Pollable> subscribe_instant(Call& call, uint64_t when);
  static Own<Pollable> subscribe_duration(Call& call, uint64_t duration);
  static Datetime wall_now(Call& call);
  static Datetime wall_resolution(Call& call);
  static TimezoneDisplay timezone_display(Call& call, Datetime when);
  static int32_t timezone_utc_offset(Call& call, Datetime when);
  static RandomBytes random_bytes(Call& call, uint64_t length);
  static uint64_t random_u64(Call& call);
  static std::tuple<uint64_t, uint64_t> random_seed(Call& call);

  // wasi:filesystem: descriptors.cc, paths.cc
  static FileResult<Own<InputStream>> read_via_stream(Call& call, FileDescriptor& d, uint64_t offset);
  static FileResult<Own<OutputStream>> write_via_stream(Call& call, FileDescriptor& d, uint64_t offset);
  static FileResult<Own<OutputStream>> append_via_stream(Call& call, FileDescriptor& d);
  static FileResult<void> advise(Call& call, FileDescriptor& d, uint64_t offset, uint64_t length,
                                 AdviceArgument advice);
  static FileResult<void> sync_data(Call& call, FileDescriptor& d);
  static FileResult<DescriptorFlags> get_flags(Call& call, FileDescriptor& d);
  static FileResult<DescriptorType> get_type(Call& call, FileDescriptor& d);
  static FileResult<void> set_size(Call& call, FileDescriptor& d, uint64_t size);
  static FileResult<void> set_times(Call& call, FileDescriptor& d, NewTimestamp accessed, NewTimestamp modified);
  static FileResult<std::tuple<Bytes, bool>> read_file(Call& call, FileDescriptor& d, uint64_t length, uint64_t offset);
  static FileResult<uint64_t> write_file(Call& call, FileDescriptor& d, Contents buffer, uint64_t offset);
  static FileResult<Own<DirectoryEntryStream>> read_directory(Call& call, FileDescriptor& d);
  static FileResult<void> sync(Call& call, FileDescriptor& d);
  static FileResult<void> create_directory_at(Call& call, FileDescriptor& d, Text path);
  static FileResult<DescriptorStat> stat(Call& call, FileDescriptor& d);
  static FileResult<DescriptorStat> stat_at(Call& call, FileDescriptor& d, PathFlags flags, Text path);
  static FileResult<void> set_times_at(Call& call, FileDescriptor& d, PathFlags flags, Text path, NewTimestamp accessed,
                                       NewTimestamp modified);
  static FileResult<void> link_at(Call& call, FileDescriptor& d, PathFlags flags, Text old_path, FileDescriptor& to,
                                  Text new_path);
  static FileResult<Own<FileDescriptor>> open_at(Call& call, FileDescriptor& d, PathFlags path_flags, Text path,
                                                 OpenFlags open_flags, DescriptorFlags flags);
  static FileResult<std::string> readlink_at(Call& call, FileDescriptor& d, Text path);
  static FileResult<void> remove_directory_at(Call& call, FileDescriptor& d, Text path);
  static FileResult<void> rename_at(Call& call, FileDescriptor& d, Text old_path, FileDescriptor& to, Text new_path);
  static FileResult<void> symlink_at(Call& call, FileDescriptor& d, Text old_path, Text new_path);
  static FileResult<void> unlink_file_at(Call& call, FileDescriptor& d, Text path);
  static bool is_same_object(Call& call, FileDescriptor& d, FileDescriptor& other);
  static FileResult<MetadataHash> metadata_hash(Call& call, FileDescriptor& d);
  static FileResult<MetadataHash> metadata_hash_at(Call& call, FileDescriptor& d, PathFlags flags, Text path);
  static FileResult<std::optional<DirectoryEntry>> read_directory_entry(Call& call, DirectoryEntryStream& stream);
  static std::optional<ErrorCode> filesystem_error_code(Call& call, IoError& error);
  static std::vector<std::tuple<Own<FileDescriptor>, std::string>> get_directories(Call& call);

  // wasi:sockets: sockets.cc, tcp.cc, udp.cc
  static std::optional<SocketError> network_error_code(Call& call, IoError& error);
  static Own<Network> instance_network(Call& call);
  static SocketResult<Own<TcpSocket>> create_tcp_socket(Call& call, AddressFamily family);
  static SocketResult<Own<UdpSocket>> create_udp_socket(Call& call, AddressFamily family);
  static SocketResult<Own<ResolveAddressStream>> resolve_addresses(Call& call, Network& network, Text name);
  static SocketResult<std::optional<IpAddress>> resolve_next_address(Call& call, ResolveAddressStream& stream);
  static Own<Pollable> resolve_subscribe(Call& call, ResolveAddressStream& stream);
  static SocketResult<void> tcp_start_bind(Call& call, TcpSocket& socket, Network& network, SocketAddress local);
  static SocketResult<void> tcp_finish_bind(Call& call, TcpSocket& socket);
  static SocketResult<void> tcp_start_connect(Call& call, TcpSocket& socket, Network& network, SocketAddress remote);
  static SocketResult<TcpStreams> tcp_finish_connect(Call& call, TcpSocket& socket);
  static SocketResult<void> tcp_start_listen(Call& call, TcpSocket& socket);
  static SocketResult<void> tcp_finish_listen(Call& call, TcpSocket& socket);
  static SocketResult<TcpConnection> tcp_accept(Call& call, TcpSocket& socket);
  static SocketResult<SocketAddress> tcp_local_address(Call& call, TcpSocket& socket);
  static SocketResult<SocketAddress> tcp_remote_address(Call& call, TcpSocket& socket);
  static bool tcp_is_listening(Call& call, TcpSocket& socket);
  static AddressFamily tcp_address_family(Call& call, TcpSocket& socket);
  static SocketResult<void> tcp_set_listen_backlog_size(Call& call, TcpSocket& socket, uint64_t value);
  static SocketResult<bool> tcp_keep_alive_enabled(Call& call, TcpSocket& socket);
  static SocketResult<void> tcp_set_keep_alive_enabled(Call& call, TcpSocket& socket, bool value);
  static SocketResult<uint64_t> tcp_keep_alive_idle_time(Call& call, TcpSocket& socket);
  static SocketResult<void> tcp_set_keep_alive_idle_time(Call& call, TcpSocket& socket, uint64_t value);
  static SocketResult<uint64_t> tcp_keep_alive_interval(Call& call, TcpSocket& socket);
  static SocketResult<void> tcp_set_keep_alive_interval(Call& call, TcpSocket& socket, uint64_t value);
  static SocketResult<uint32_t> tcp_keep_alive_count(Call& call, TcpSocket& socket);
  static SocketResult<void> tcp_set_keep_alive_count(Call& call, TcpSocket& socket, uint32_t value);
  static SocketResult<uint8_t> tcp_hop_limit(Call& call, TcpSocket& socket);
  static SocketResult<void> tcp_set_hop_limit(Call& call, TcpSocket& socket, uint8_t value);
  static SocketResult<uint64_t> tcp_receive_buffer_size(Call& call, TcpSocket& socket);
  static SocketResult<void> tcp_set_receive_buffer_size(Call& call, TcpSocket& socket, uint64_t value);
  static SocketResult<uint64_t> tcp_send_buffer_size(Call& call, TcpSocket& socket);
  static SocketResult<void> tcp_set_send_buffer_size(Call& call, TcpSocket& socket, uint64_t value);
  static Own<Pollable> tcp_subscribe(Call& call, TcpSocket& socket);
  static SocketResult<void> tcp_shutdown(Call& call, TcpSocket& socket, ShutdownType what);
  static SocketResult<void> udp_start_bind(Call& call, UdpSocket& socket, Network& network, SocketAddress local);
  static SocketResult<void> udp_finish_bind(Call& call, UdpSocket& socket);
  static SocketResult<UdpStreams> udp_stream(Call& call, UdpSocket& socket, std::optional<SocketAddress> remote);
  static SocketResult<SocketAddress> udp_local_address(Call& call, UdpSocket& socket);
  static SocketResult<SocketAddress> udp_remote_address(Call& call, UdpSocket& socket);
  static AddressFamily udp_address_family(Call& call, UdpSocket& socket);
  static SocketResult<uint8_t> udp_unicast_hop_limit(Call& call, UdpSocket& socket);
  static SocketResult<void> udp_set_unicast_hop_limit(Call& call, UdpSocket& socket, uint8_t value);
  static SocketResult<uint64_t> udp_receive_buffer_size(Call& call, UdpSocket& socket);
  static SocketResult<void> udp_set_receive_buffer_size(Call& call, UdpSocket& socket, uint64_t value);
  static SocketResult<uint64_t> udp_send_buffer_size(Call& call, UdpSocket& socket);
  static SocketResult<void> udp_set_send_buffer_size(Call& call, UdpSocket& socket, uint64_t value);
  static Own<Pollable> udp_subscribe(Call& call, UdpSocket& socket);
  static SocketResult<std::vector<IncomingDatagram>> incoming_receive(Call& call, IncomingDatagramStream& stream,
                                                                      uint64_t most);
  static Own<Pollable> incoming_subscribe(Call& call, IncomingDatagramStream& stream);
  static SocketResult<uint64_t> outgoing_check_send(Call& call, OutgoingDatagramStream& stream);
  static SocketResult<uint64_t> outgoing_send(Call& call, OutgoingDatagramStream& stream,
                                              const std::vector<OutgoingDatagram>& datagrams);
  static Own<Pollable> outgoing_subscribe(Call& call, OutgoingDatagramStream& stream);

  // wasi:config, wasi:logging: host_services.cc
  static Expected<std::optional<std::string>, ConfigError> get_config(Call& call, Text key);
  static Expected<std::vector<std::tuple<std::string, std::string>>, ConfigError> get_all_config(Call& call);
  static void log(Call& call, LogLevel level, Text context, Text message);
};

// Writes, and counts what it wrote; waits for what may wait. `offset`: for Where::kOffset. The output limit may end the
// program. The buffers are changed.
host::Outcome<size_t> write_once(Call& call, const host::Descriptor& d, OutputStream::Where where, uint64_t offset,
                                 iovec* buffers, int count);
// Without waiting (kAgain), also for an end that is no end yet: a fifo that was not opened for writing. `offset`: none
// for the file's own position. 0: the end.
host::Outcome<size_t> read_now(const OpenFile& file, std::optional<uint64_t>& offset, uint8_t* to, size_t size,
                               WasiRefusals& refusals);
// The same, and counts what it wrote. `stop`: why the program must be ended instead.
host::Outcome<size_t> write_now(Context& context, const OpenFile& file, OutputStream::Where where, uint64_t& offset,
                                const uint8_t* from, size_t size, Error& stop);
// A directory of its own for a stream of entries, since the position in it is the stream's. Null with an error.
std::shared_ptr<OpenFile> reopen(Call& call, const FileDescriptor& d, host::HostError& error);
// As open-at. If it must not wait for the other side of a fifo, then without a reader the error is no-such-device, and
// the code that reads asks whether there has been a writer.
FileResult<Own<FileDescriptor>> open_path(Call& call, FileDescriptor& d, PathFlags path_flags, Text path,
                                          OpenFlags open_flags, DescriptorFlags flags, bool waits);
// Waits until it is ready; the program may be ended.
void wait_for(Call& call, const Readiness& readiness);
bool is_ready(Call& call, const Readiness& readiness);
// "last-operation-failed"
StreamError failed(Call& call, host::HostError error, bool of_network = false, host::Cause cause = {});
// A file of the program for a descriptor of the network, which `owner` keeps open; null if it may not have more.
std::shared_ptr<OpenFile> file_of_network(Call& call, int fd, std::shared_ptr<void> owner);
// A connection that waits at a listening socket.
SocketResult<Own<TcpSocket>> accept_connection(Call& call, net::TcpSocket& listener);
Own<Pollable> pollable_of(Call& call, Readiness::Kind kind, const std::shared_ptr<OpenFile>& file);
IpAddress from_net(const net::IpAddress& address);
SocketAddress from_net(const net::Endpoint& endpoint);

// The result of an operation of the host.
inline SocketResult<void> result_of(net::NetError error) {
  if (error != net::NetError::kNone) return Unexpected(socket_error_of(error));
  return {};
}
template <class T>
SocketResult<T> result_of(const net::NetOutcome<T>& outcome) {
  if (!outcome) return Unexpected(socket_error_of(outcome.error));
  return *outcome;
}
inline SocketResult<SocketAddress> result_of(const net::NetOutcome<net::Endpoint>& outcome) {
  if (!outcome) return Unexpected(socket_error_of(outcome.error));
  return from_net(*outcome);
}
net::Endpoint to_net(const SocketAddress& address);
DescriptorStat stat_of(const host::FileStat& stat);
MetadataHash hash_of(const host::FileStat& stat);
// False: no time that the host has.
bool time_change(const NewTimestamp& timestamp, host::TimeChange& out);

}  // namespace ermine::wasi::preview2

namespace ermine::component::detail {

template <>
struct Codec<wasi::preview2::RandomBytes>
    : PointerPair<Codec<wasi::preview2::RandomBytes>, wasi::preview2::RandomBytes> {
  [[gnu::noinline]] static const TypeShape& shape() {
    static const TypeShape made = make_shape(ValueKind::kList, &Codec<uint8_t>::shape());
    return made;
  }
  static bool write(Cursor& c, const wasi::preview2::RandomBytes& v, uint64_t& at, uint64_t& n) {
    n = v.size;
    return c.allocate_list(n, 1, 1, at) && v.fill(c, at);
  }
};

}  // namespace ermine::component::detail

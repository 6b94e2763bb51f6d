// HostGrants: what a program is granted by its host, whatever interface it uses. A plain value: nothing of it is opened
// before the program's state is made (Wasi::create).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ermine/detail/language.h"
#include "ermine/http.h"
#include "ermine/keyvalue.h"
#include "ermine/tls.h"

namespace ermine {

namespace wasi::host {
class VirtualFileSource;
}
namespace wasi::net {
class Connector;
}

// What a program may do beneath a directory.
enum class DirectoryAccess : uint8_t { kReadWrite, kReadOnly };

// A directory under the name that the program knows.
struct DirectoryGrant {
  std::string host_path, guest_path;
  DirectoryAccess access = DirectoryAccess::kReadWrite;
  // A VirtualDirectory, in place of `host_path`.
  std::shared_ptr<const wasi::host::VirtualFileSource> source{};
};
// Input, output and errors, where the embedder has streams of its own for them.
using StreamGrants = std::array<std::shared_ptr<const wasi::host::VirtualFileSource>, 3>;

// What of the network a program may reach: nothing but what is named here. Each text is
//
//   HOST[+KIND...][:PORTS]
//
//   HOST    a name (example.org), all names below a domain (*.example.org, not the domain itself), any name or address
//           (*), an address (192.0.2.1), or a block of addresses (10.0.0.0/8); IPv6 in brackets: [2001:db8::1],
//           [fd00::/8]. localhost is 127.0.0.1 and ::1.
//   +KIND   addresses of this kind are granted, too: loopback, private, link-local, multicast, metadata or reserved.
//           Otherwise a name and * reach public addresses only, and a block reaches addresses of such a kind only if it
//           lies within their range: 10.0.0.0/8 is private, 0.0.0.0/0 is every public address.
//   :PORTS  a port, a range (8000-8010) or * for all
//
// The host looks a name up once, and what it then finds is checked and kept until the program ends.
struct NetworkGrants {
  std::vector<std::string> tcp;  // targets of connections
  std::vector<std::string> udp;  // peers that datagrams are sent to and received from
  // Addresses, with a port, on which all datagrams are received, of whatever sender, and answered: "127.0.0.1:5353",
  // ":53".
  std::vector<std::string> udp_listeners;
  std::vector<std::string> names;  // without ports: may be looked up. Names of `tcp` and `udp` are among them.
  std::vector<std::string> http;  // targets of requests; without a port, 80 and 443
  uint32_t max_sockets = 1000;  // open at the same time
  uint64_t max_bytes = ~uint64_t{0};  // sent and received, together
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds(30);
  // A connection is broken after this time; max() is none.
  std::chrono::nanoseconds max_connection_time = std::chrono::nanoseconds::max();
  // Names are looked up in a process of its own, which is started with the program's state: for a host that confines
  // itself afterwards, so that it can no longer read the resolver's files.
  bool resolver_process = false;
  // Makes the connections of `tcp` (WasiConfig::connect_with); null: the system.
  std::shared_ptr<const wasi::net::Connector> connector;

  // Whether anything is granted.
  bool any() const { return !(tcp.empty() && udp.empty() && udp_listeners.empty() && names.empty() && http.empty()); }
};

// How requests over HTTP are made; where they may go is NetworkGrants::http.
struct HttpGrants {
  // The connections; without, a pool of the program's own is made for its first request.
  std::optional<HttpPool> pool;
  HttpPoolOptions pool_options;  // of that
  uint32_t max_requests = 256;  // under way at the same time
  // Bytes of the fields of a request, and of a response; its trailers may take as many again.
  uint64_t max_head_bytes = 128 << 10;
  uint64_t max_request_bytes = ~uint64_t{0}, max_response_bytes = ~uint64_t{0};  // of a body
  // For connecting (with NetworkGrants::connect_timeout), for the first byte of the response, and between bytes, where
  // the program says nothing else.
  std::chrono::nanoseconds timeout = std::chrono::minutes(10);
};

struct HostGrants {
  std::vector<std::string> arguments;  // the first is the program's name
  std::vector<std::string> environment;  // "NAME=value"
  std::vector<std::pair<std::string, std::string>> config;  // names and values of wasi:config
  // Host descriptors for input, output and errors; they stay the caller's and must outlive the program. Without them
  // the program reads nothing, and its output is discarded.
  std::optional<std::array<int, 3>> stdio;
  // In place of these; null: none. Copies of the grants share it.
  std::shared_ptr<const StreamGrants> streams;
  std::vector<DirectoryGrant> directories;
  // Addresses of listening TCP sockets, "host:port". Modules get the sockets; components may listen there.
  std::vector<std::string> listeners;
  NetworkGrants network;
  HttpGrants http;
  // wasi:tls: what encrypts connections, or what is opened for the program alone; neither: none is granted.
  std::optional<TlsClient> tls;
  std::optional<TlsOptions> tls_options;
  // Stores of keys and values; null: none. Copies of the grants share it.
  std::shared_ptr<const KeyValueGrants> key_value;
  uint32_t max_open_files = 4096;
  uint64_t max_written_bytes = ~uint64_t{0};
  // Called with one line for each call of the program to its host.
  std::function<void(std::string_view)> trace;
};

}  // namespace ermine

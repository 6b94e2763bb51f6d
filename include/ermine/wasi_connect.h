// TCP connections of programs that an embedder makes itself (WasiConfig::connect_with): to a server in the same
// process, to a proxy, over a transport of its own. It returns one end of a socketpair(2), or any connected socket, and
// serves the other end as it likes.
//
//   config.allow_tcp("db.internal+private:5432");
//   config.connect_with([&](const ermine::WasiRemote& remote) {
//     int ends[2];
//     if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return ermine::WasiConnection::refuse();
//     server.serve(ends[1]);
//     return ermine::WasiConnection::use(ends[0]);
//   });
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <system_error>
#include <vector>

namespace ermine {

// Where a program wants to connect to. It is granted.
struct WasiRemote {
  std::string address;  // "192.0.2.1", "2001:db8::1"
  uint16_t port = 0;
  // The names under which the program has looked the address up, in lower case; none if it came by the address itself.
  std::vector<std::string> names;
};

class WasiConnection {
 public:
  // A connected stream socket of any family, or one that is connecting; the library owns it from now on, and reads and
  // writes it without waiting, whether or not it is non-blocking. The program gets the error "unknown" if it is none.
  static WasiConnection use(int descriptor) { return {Kind::kDescriptor, descriptor, {}}; }
  // The program gets this error: connection_refused, host_unreachable, timed_out, permission_denied ("access-denied")
  // and so on; "unknown" for one that connecting does not have.
  static WasiConnection refuse(std::errc why = std::errc::connection_refused) { return {Kind::kRefused, -1, why}; }
  // The system connects, as without the function.
  static WasiConnection by_system() { return {Kind::kSystem, -1, {}}; }

  enum class Kind : uint8_t { kDescriptor, kRefused, kSystem };
  Kind kind() const { return kind_; }
  int descriptor() const { return descriptor_; }
  std::errc why() const { return why_; }

 private:
  WasiConnection(Kind kind, int descriptor, std::errc why) : kind_(kind), descriptor_(descriptor), why_(why) {}
  Kind kind_;
  int descriptor_;
  std::errc why_;
};

// Called for each TCP connection of a component, after the check that it is granted, on the thread that runs the
// program; for programs on several threads at the same time. It must neither wait nor use the program's store, and
// nothing may be thrown. Copies of the WasiConfig share it.
using WasiConnector = std::function<WasiConnection(const WasiRemote&)>;

}  // namespace ermine

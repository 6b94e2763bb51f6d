// Connections from listeners that were granted. transfers.cc moves bytes over them.

#include "wasi/host/sockets.h"
#include "wasi/preview1/functions.h"

namespace ermine::wasi::preview1 {
namespace {

bool is_socket(const Descriptor& d) { return d.waiting == host::Waiting::kSocket; }

}  // namespace

Errno CommonFunctions::sock_accept(Call& call, Fd fd, FdflagsArg flags, Out<uint32_t> connection) {
  const Descriptor* listener = call.table().get(fd.number);
  if (listener == nullptr || !listener->listener) {
    if (!call.context.grants_listeners()) call.context.refusals.no_listener = true;
    if (listener == nullptr) return Errno::kBadf;
    return is_socket(*listener) ? Errno::kInval : Errno::kNotsock;
  }
  if (Errno e = listener->check(rights::kSockAccept); e != Errno::kSuccess) return e;
  if ((flags & ~fdflags::kNonblock) != 0) return Errno::kInval;
  if (call.at_limit()) return Errno::kMfile;
  auto d = std::make_unique<Descriptor>();
  if (host::HostError e = host::accept_connection(*listener, flags != 0, call.interrupts(), *d);
      e != host::HostError::kNone)
    return errno_of(e);
  d->grant(rights::kAll, 0);
  Outcome<uint32_t> number = call.table().insert(std::move(d));
  if (!number) return number.error;
  connection.set(*number);
  return Errno::kSuccess;
}

Errno CommonFunctions::sock_shutdown(Call& call, Fd fd, SdflagsArg how) {
  Descriptor* const d = call.table().get(fd.number);
  if (d == nullptr) return Errno::kBadf;
  if (!is_socket(*d)) return Errno::kNotsock;
  if (Errno e = d->check(rights::kSockShutdown); e != Errno::kSuccess) return e;
  switch (how) {
    case sdflags::kRd: return errno_of(host::shut_down(*d, host::Shutdown::kReading));
    case sdflags::kWr: return errno_of(host::shut_down(*d, host::Shutdown::kWriting));
    case sdflags::kAll: return errno_of(host::shut_down(*d, host::Shutdown::kBoth));
    default: return Errno::kInval;
  }
}

}  // namespace ermine::wasi::preview1

// Connections from listeners that were granted. What moves bytes over them is in transfers.cc.

#include "wasi/host/sockets.h"
#include "wasi/preview1/functions.h"

namespace ermine::wasi {
namespace {

bool is_socket(const Descriptor& d) { return d.waiting == Waiting::kSocket; }

}  // namespace

Errno CommonFunctions::sock_accept(Call& call, Fd fd, FdflagsArg flags, Out<uint32_t> connection) {
  DescriptorRef listener = call.table().get(fd.number);
  if (!listener || !listener->listener) {
    if (!call.context.grants_listeners()) call.context.refusals.no_listener = true;
    if (!listener) return Errno::kBadf;
    return is_socket(*listener) ? Errno::kInval : Errno::kNotsock;
  }
  if (Errno e = listener->check(rights::kSockAccept); e != Errno::kSuccess) return e;
  if (call.full()) return Errno::kMfile;
  auto d = std::make_unique<Descriptor>();
  if (Errno e = accept_connection(*listener, flags, call.interrupts(), *d); e != Errno::kSuccess) return e;
  Outcome<uint32_t> number = call.table().insert(std::move(d));
  if (!number) return number.error;
  connection.set(*number);
  return Errno::kSuccess;
}

Errno CommonFunctions::sock_shutdown(Call& call, Fd fd, SdflagsArg how) {
  DescriptorRef d = call.table().get(fd.number);
  if (!d) return Errno::kBadf;
  if (!is_socket(*d)) return Errno::kNotsock;
  if (Errno e = d->check(rights::kSockShutdown); e != Errno::kSuccess) return e;
  return shut_down(*d, how);
}

}  // namespace ermine::wasi

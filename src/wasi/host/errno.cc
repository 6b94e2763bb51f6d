#include "wasi/host/errno.h"

#include <cerrno>

namespace ermine::wasi {

Errno errno_from_host(int host_errno) {
  // ENOTSUP and EWOULDBLOCK are synonyms of codes in the table on every Linux.
  switch (host_errno) {
    // A code without a host's own gets a case that no errno is.
#define ERRNO(id, value, name, host) \
  case (host) != 0 || (value) == 0 ? (host): -(value) : return Errno::id;
#include "wasi/host/errno.def"
    default: return Errno::kIo;
  }
}

std::string_view errno_name(Errno error) {
  switch (error) {
#define ERRNO(id, value, name, host) \
  case Errno::id: return name;
#include "wasi/host/errno.def"
  }
  return "unknown";
}

}  // namespace ermine::wasi

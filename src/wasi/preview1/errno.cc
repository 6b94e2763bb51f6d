#include "wasi/preview1/errno.h"

#include <cerrno>

namespace ermine::wasi::preview1 {

Errno errno_of(host::HostError error) {
  if (error == host::HostError::kOutside) return Errno::kPerm;
  // ENOTSUP and EWOULDBLOCK are synonyms of codes in the table on every Linux.
  switch (static_cast<int>(error)) {
    // A code without one of the host gets a case that no error has.
#define ERRNO(id, value, name, host) \
  case (host) != 0 || (value) == 0 ? (host): -1000 - (value) : return Errno::id;
#include "wasi/preview1/errno.def"
    default: return Errno::kIo;
  }
}

std::string_view errno_name(Errno error) {
  switch (error) {
#define ERRNO(id, value, name, host) \
  case Errno::id: return name;
#include "wasi/preview1/errno.def"
  }
  return "unknown";
}

}  // namespace ermine::wasi::preview1

#include "cli/standard_streams.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace ermine::cli {

bool open_closed_streams() {
  pollfd streams[3] = {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}};
  // One call in the usual case. If it fails, all three are checked.
  const bool known = poll(streams, 3, 0) >= 0;
  for (const pollfd& s : streams) {
    if (known ? (s.revents & POLLNVAL) == 0 : fcntl(s.fd, F_GETFD) >= 0) continue;
    // The lowest free number is assigned, which is this one. Not O_CLOEXEC, because standard streams are not.
    if (open("/dev/null", s.fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != s.fd) return false;
  }
  return true;
}

}  // namespace ermine::cli

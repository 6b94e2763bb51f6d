#include "wasi/host/grants.h"

#include <fcntl.h>

#include <cstring>

#include "ermine/printable.h"
#include "wasi/host/path.h"
#include "wasi/host/sockets.h"
#include "wasi/host/virtual_file.h"

namespace ermine::wasi::host {
namespace {

Result<void> check_text(const std::string& text, const char* what) {
  if (text.find('\0') != text.npos)
    return Error(ErrorKind::kUsage,
                 std::string("the ") + what + " '" + printable(text.c_str()) + "' contains a NUL character");
  if (!is_utf8(text))
    return Error(ErrorKind::kUsage, std::string("the ") + what + " '" + printable(text) + "' is not valid UTF-8");
  return {};
}

Error failed(const char* to_do, const std::string& name, HostError why) {
  return Error(ErrorKind::kIo,
               std::string("cannot ") + to_do + " '" + printable(name) + "': " + std::strerror(static_cast<int>(why)));
}

Opened open_stream(const HostGrants& grants, unsigned number) {
  Opened stream;
  Descriptor& d = stream.descriptor;
  if (grants.streams && (*grants.streams)[number]) {
    (*grants.streams)[number]->open(d);
    return stream;
  }
  d.borrowed = grants.stdio.has_value();
  if (d.borrowed) {
    d.host_fd = (*grants.stdio)[number];
  } else {
    stream.owned.reset(open("/dev/null", (number == 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC));
    d.host_fd = stream.owned.get();
  }
  const int flags = d.host_fd < 0 ? -1 : fcntl(d.host_fd, F_GETFL);
  if (flags < 0) return {};
  const int mode = flags & O_ACCMODE;
  d.readable = mode != O_WRONLY;
  d.writable = mode != O_RDONLY;
  if ((flags & O_APPEND) != 0) d.status |= status::kAppend;
  if (inspect(d) != HostError::kNone) return {};
  return stream;
}

Result<OpenedDirectory> open_directory(const DirectoryGrant& grant) {
  ERMINE_TRY(check_text(grant.guest_path, "directory name"));
  OpenedDirectory opened;
  opened.guest_path = grant.guest_path;
  opened.read_only = grant.access == DirectoryAccess::kReadOnly;
  Descriptor& d = opened.directory.descriptor;
  if (grant.source) {
    grant.source->open(d);
    return opened;
  }
  opened.directory.owned.reset(open(grant.host_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  d.host_fd = opened.directory.owned.get();
  if (d.host_fd < 0) return failed("open the directory", grant.host_path, last_error());
  d.writable = false;
  if (HostError e = inspect(d); e != HostError::kNone) return failed("examine the directory", grant.host_path, e);
  return opened;
}

Result<OpenedListener> open_listener(const std::string& address) {
  ERMINE_ASSIGN(const int socket, listen_on(address));
  OpenedListener listener{.any_host = address.starts_with(':'), .any_port = address.ends_with(":0")};
  Opened& opened = listener.socket;
  opened.owned.reset(socket);
  opened.descriptor.host_fd = socket;
  if (HostError e = inspect(opened.descriptor); e != HostError::kNone)
    return failed("examine the socket on", address, e);
  return listener;
}

}  // namespace

Result<OpenedGrants> open_grants(const HostGrants& grants) {
  for (const std::string& a : grants.arguments) ERMINE_TRY(check_text(a, "argument"));
  for (const std::string& e : grants.environment) ERMINE_TRY(check_text(e, "environment variable"));
  OpenedGrants opened;
  for (unsigned i = 0; i < 3; ++i) opened.stdio[i] = open_stream(grants, i);
  for (const DirectoryGrant& grant : grants.directories) {
    ERMINE_ASSIGN(OpenedDirectory directory, open_directory(grant));
    opened.directories.push_back(std::move(directory));
  }
  for (const std::string& address : grants.listeners) {
    ERMINE_ASSIGN(OpenedListener listener, open_listener(address));
    opened.listeners.push_back(std::move(listener));
  }
  return opened;
}

}  // namespace ermine::wasi::host

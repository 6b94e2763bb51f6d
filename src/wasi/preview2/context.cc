#include "wasi/preview2/context.h"

#include <unistd.h>

#include "wasi/net/socket.h"

namespace ermine::wasi::preview2 {

OpenFile::~OpenFile() {
  --counts_->files;
  if (descriptor.host_fd >= 0 && !descriptor.borrowed) ::close(descriptor.host_fd);
  host::close_virtual(descriptor);
}

std::shared_ptr<OpenFile> Context::adopt(host::Opened&& opened) {
  auto file = std::make_shared<OpenFile>(counts_);
  file->descriptor = opened.release();
  return file;
}

Context::Context(host::Program&& program, std::shared_ptr<net::Network> network)
    : Program(std::move(program)), network_(std::move(network)) {
  host::OpenedGrants opened = take_grants();
  for (unsigned i = 0; i < 3; ++i) streams_[i] = adopt(std::move(opened.stdio[i]));
  for (host::OpenedDirectory& o : opened.directories) {
    preopens_.push_back({adopt(std::move(o.directory)), std::move(o.guest_path)});
    preopens_.back().directory->read_only = o.read_only;
  }
  // Components make their sockets themselves, so those that were opened for modules are closed again.
  for (const host::OpenedListener& l : opened.listeners) {
    net::SystemAddress address;
    if (getsockname(l.socket.descriptor.host_fd, address.get(), &address.size) != 0) continue;
    net::Endpoint granted = address.endpoint();
    if (l.any_port) granted.port = 0;
    this->network().allow_listening(granted, l.any_host);
  }
}

}  // namespace ermine::wasi::preview2

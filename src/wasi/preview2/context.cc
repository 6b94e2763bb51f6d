#include "wasi/preview2/context.h"

#include <unistd.h>

namespace ermine::wasi::preview2 {

OpenFile::~OpenFile() {
  --counts_->files;
  if (descriptor.host_fd >= 0 && !descriptor.borrowed) ::close(descriptor.host_fd);
}

std::shared_ptr<OpenFile> Context::adopt(host::Opened&& opened) {
  auto file = std::make_shared<OpenFile>(counts_);
  file->descriptor = opened.descriptor;
  opened.owned.release();
  return file;
}

Context::Context(host::Program&& program) : Program(std::move(program)) {
  host::OpenedGrants opened = take_grants();
  for (unsigned i = 0; i < 3; ++i) streams_[i] = adopt(std::move(opened.stdio[i]));
  for (host::OpenedDirectory& o : opened.directories) {
    preopens_.push_back({adopt(std::move(o.directory)), std::move(o.guest_path)});
    preopens_.back().directory->read_only = o.read_only;
  }
}

}  // namespace ermine::wasi::preview2

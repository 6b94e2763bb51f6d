#include "wasi/preview1/context.h"

namespace ermine::wasi::preview1 {
namespace {

std::unique_ptr<Descriptor> adopt(host::Opened&& opened, Rights inheriting) {
  auto d = std::make_unique<Descriptor>(opened.release());
  d->grant(rights::kAll, inheriting);
  return d;
}

}  // namespace

// The number of grants is bounded (Program::create), so that all of them fit in the table.
Context::Context(host::Program&& program) : Program(std::move(program)) {
  host::OpenedGrants opened = take_grants();
  for (host::Opened& stream : opened.stdio) (void)*descriptors_.insert(adopt(std::move(stream), 0));
  // The process itself was started with this stream closed, so the guest's is closed as well.
  for (uint32_t i = 0; i < 3; ++i)
    if (!descriptors_.get(i)->is_open()) (void)descriptors_.close(i);
  // From 3 on, even if standard streams are closed.
  for (host::OpenedDirectory& o : opened.directories) {
    std::unique_ptr<Descriptor> d = adopt(std::move(o.directory), rights::kAll);
    d->read_only = o.read_only;
    d->preopen = true;
    d->guest_path = std::move(o.guest_path);
    (void)*descriptors_.insert_from(3, std::move(d));
  }
  for (host::OpenedListener& listener : opened.listeners)
    (void)*descriptors_.insert_from(3, adopt(std::move(listener.socket), 0));
  // Server programs find the sockets that they inherit here, by the convention of systemd. The host's own variables of
  // that name are about other sockets.
  if (grants_listeners()) set_variable("LISTEN_FDS", std::to_string(opened.listeners.size()));
  descriptors_.set_limit(max_open_files());
}

}  // namespace ermine::wasi::preview1

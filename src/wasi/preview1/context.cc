#include "wasi/preview1/context.h"

#include "wasi/host/path.h"
#include "wasi/preview1/bind.h"

extern char** environ;

namespace ermine {

WasiConfig& WasiConfig::args(std::vector<std::string> args) {
  grants_.arguments = std::move(args);
  return *this;
}
WasiConfig& WasiConfig::env(std::string name, std::string value) {
  std::string prefix = std::move(name) + '=';
  // A later value replaces an earlier one, as putenv() does.
  std::erase_if(grants_.environment, [&](const std::string& e) { return e.starts_with(prefix); });
  grants_.environment.push_back(prefix + value);
  return *this;
}
WasiConfig& WasiConfig::inherit_env() {
  for (char** e = environ; e != nullptr && *e != nullptr; ++e) {
    std::string_view text(*e);
    size_t equals = text.find('=');
    if (equals != text.npos && equals > 0 && wasi::host::is_utf8(text))
      env(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
  }
  return *this;
}
WasiConfig& WasiConfig::inherit_stdio() { return stdio(0, 1, 2); }
WasiConfig& WasiConfig::stdio(int in, int out, int err) {
  grants_.stdio = {in, out, err};
  return *this;
}
WasiConfig& WasiConfig::preopen_dir(std::string host_path, std::string guest_path, DirectoryAccess access) {
  grants_.directories.push_back({std::move(host_path), std::move(guest_path), access});
  return *this;
}
WasiConfig& WasiConfig::listen(std::string address) {
  grants_.listeners.push_back(std::move(address));
  return *this;
}
WasiConfig& WasiConfig::max_open_files(uint32_t count) {
  grants_.max_open_files = count;
  return *this;
}
WasiConfig& WasiConfig::max_written_bytes(uint64_t bytes) {
  grants_.max_written_bytes = bytes;
  return *this;
}
WasiConfig& WasiConfig::trace(std::function<void(std::string_view)> sink) {
  grants_.trace = std::move(sink);
  return *this;
}

Result<Wasi> Wasi::create(WasiConfig config) {
  ERMINE_ASSIGN(auto context, wasi::preview1::Context::create(std::move(config).grants()));
  return Wasi(std::move(context));
}
const WasiRefusals& Wasi::refusals() const { return impl_->refusals; }

Result<void> Wasi::add_to_linker(Linker& linker) const { return wasi::preview1::define_all(linker, {.fixed = impl_}); }
Result<void> Wasi::add_to_linker(Linker& linker, const Module& module) const {
  return wasi::preview1::define_all(linker, {.fixed = impl_}, &module);
}
Result<void> Wasi::add_to_linker(Linker& linker, Find find, std::shared_ptr<void> context) {
  return wasi::preview1::define_all(linker, {.fixed = nullptr, .find = find, .find_context = std::move(context)});
}

namespace wasi::preview1 {
namespace {

Error too_many(const char* what) {
  return Error(ErrorKind::kLimit, std::string("more ") + what + " than files may be open")
      .with_limit(Limit::kOpenFiles);
}

std::unique_ptr<Descriptor> adopt(host::Opened&& opened, Rights inheriting) {
  auto d = std::make_unique<Descriptor>(opened.descriptor);
  opened.owned.release();
  d->grant(rights::kAll, inheriting);
  return d;
}

}  // namespace

Result<std::shared_ptr<Context>> Context::create(HostGrants&& grants) {
  std::shared_ptr<Context> context(new Context());
  ERMINE_ASSIGN(host::OpenedGrants opened, host::open_grants(grants));
  context->args_ = std::move(grants.arguments);
  context->env_ = std::move(grants.environment);
  context->trace_ = std::move(grants.trace);
  context->max_written_ = grants.max_written_bytes;
  ERMINE_TRY(context->take(std::move(opened)));
  context->descriptors_.set_limit(grants.max_open_files);
  return context;
}

Result<void> Context::take(host::OpenedGrants&& opened) {
  for (host::Opened& stream : opened.stdio) (void)*descriptors_.insert(adopt(std::move(stream), 0));
  // The process itself was started with this stream closed, so the guest's is closed as well.
  for (uint32_t i = 0; i < 3; ++i)
    if (descriptors_.get(i)->host_fd < 0) (void)descriptors_.close(i);
  // From 3 on, even if standard streams are closed.
  grants_directories_ = !opened.directories.empty();
  for (host::OpenedDirectory& o : opened.directories) {
    std::unique_ptr<Descriptor> d = adopt(std::move(o.directory), rights::kAll);
    d->read_only = o.read_only;
    d->preopen = true;
    d->guest_path = std::move(o.guest_path);
    if (!descriptors_.insert_from(3, std::move(d))) return too_many("directories");
  }
  grants_listeners_ = !opened.listeners.empty();
  for (host::Opened& listener : opened.listeners)
    if (!descriptors_.insert_from(3, adopt(std::move(listener), 0))) return too_many("sockets");
  // Server programs find the sockets that they inherit here, by the convention of systemd. The host's own variables of
  // that name are about other sockets.
  if (grants_listeners_) {
    std::erase_if(env_, [](const std::string& e) { return e.starts_with("LISTEN_FDS="); });
    env_.push_back("LISTEN_FDS=" + std::to_string(opened.listeners.size()));
  }
  return {};
}

}  // namespace wasi::preview1
}  // namespace ermine

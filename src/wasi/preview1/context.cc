#include "wasi/preview1/context.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ermine/printable.h"
#include "wasi/host/sockets.h"
#include "wasi/preview1/bind.h"

extern char** environ;

namespace ermine {

WasiConfig& WasiConfig::args(std::vector<std::string> args) {
  args_ = std::move(args);
  return *this;
}
WasiConfig& WasiConfig::env(std::string name, std::string value) {
  std::string prefix = std::move(name) + '=';
  // A later value replaces an earlier one, as putenv() does.
  std::erase_if(env_, [&](const std::string& e) { return e.starts_with(prefix); });
  env_.push_back(prefix + value);
  return *this;
}
WasiConfig& WasiConfig::inherit_env() {
  for (char** e = environ; e != nullptr && *e != nullptr; ++e) {
    std::string_view text(*e);
    size_t equals = text.find('=');
    if (equals != text.npos && equals > 0 && wasi::is_utf8(text))
      env(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
  }
  return *this;
}
WasiConfig& WasiConfig::inherit_stdio() { return stdio(0, 1, 2); }
WasiConfig& WasiConfig::stdio(int in, int out, int err) {
  with_stdio_ = true;
  stdio_[0] = in, stdio_[1] = out, stdio_[2] = err;
  return *this;
}
WasiConfig& WasiConfig::preopen_dir(std::string host_path, std::string guest_path, WasiDirAccess access) {
  directories_.push_back({std::move(host_path), std::move(guest_path), access});
  return *this;
}
WasiConfig& WasiConfig::listen(std::string address) {
  listeners_.push_back(std::move(address));
  return *this;
}
WasiConfig& WasiConfig::max_open_files(uint32_t count) {
  max_open_files_ = count;
  return *this;
}
WasiConfig& WasiConfig::max_written_bytes(uint64_t bytes) {
  max_written_bytes_ = bytes;
  return *this;
}
WasiConfig& WasiConfig::trace(std::function<void(std::string_view)> sink) {
  trace_ = std::move(sink);
  return *this;
}

Result<Wasi> Wasi::create(WasiConfig config) {
  ERMINE_ASSIGN(auto context, wasi::Context::create(std::move(config)));
  return Wasi(std::move(context));
}
const WasiRefusals& Wasi::refusals() const { return impl_->refusals; }

Result<void> Wasi::add_to_linker(Linker& linker) const { return wasi::define_all(linker, {impl_, nullptr}); }
Result<void> Wasi::add_to_linker(Linker& linker, const Module& module) const {
  return wasi::define_all(linker, {impl_, nullptr}, &module);
}
Result<void> Wasi::add_to_linker(Linker& linker, Wasi* (*find)(Caller& caller)) {
  return wasi::define_all(linker, {nullptr, find});
}

namespace wasi {
namespace {

Result<void> check_text(const std::string& text, const char* what) {
  if (text.find('\0') != text.npos)
    return Error(ErrorKind::kUsage,
                 std::string("the ") + what + " '" + printable(text.c_str()) + "' contains a NUL character");
  if (!is_utf8(text))
    return Error(ErrorKind::kUsage, std::string("the ") + what + " '" + printable(text) + "' is not valid UTF-8");
  return {};
}

Error too_many(const char* what) {
  return Error(ErrorKind::kLimit, std::string("more ") + what + " than files may be open")
      .with_limit(Limit::kOpenFiles);
}

}  // namespace

Result<std::shared_ptr<Context>> Context::create(WasiConfig&& config) {
  std::shared_ptr<Context> context(new Context());
  for (const std::string& a : config.args_) ERMINE_TRY(check_text(a, "argument"));
  for (const std::string& e : config.env_) ERMINE_TRY(check_text(e, "environment variable"));
  context->args_ = std::move(config.args_);
  context->env_ = std::move(config.env_);
  ERMINE_TRY(context->open(config));
  context->trace_ = std::move(config.trace_);
  context->max_written_ = config.max_written_bytes_;
  context->descriptors_.set_limit(config.max_open_files_);
  return context;
}

Result<void> Context::open(const WasiConfig& config) {
  ERMINE_TRY(add_stdio(config));
  for (const auto& d : config.directories_)
    ERMINE_TRY(add_directory(d.host, d.guest, d.access == WasiDirAccess::kReadOnly));
  for (const std::string& address : config.listeners_) ERMINE_TRY(add_listener(address));
  // Server programs look here for the sockets they inherit, by the convention of systemd. What the host's own service
  // manager told the host is not about these.
  if (grants_listeners_) {
    std::erase_if(env_, [](const std::string& e) { return e.starts_with("LISTEN_FDS="); });
    env_.push_back("LISTEN_FDS=" + std::to_string(config.listeners_.size()));
  }
  return {};
}

Result<void> Context::add_stdio(const WasiConfig& config) {
  for (int i = 0; i < 3; ++i) {
    auto d = std::make_unique<Descriptor>();
    d->borrowed = config.with_stdio_;
    d->host_fd =
        config.with_stdio_ ? config.stdio_[i] : ::open("/dev/null", (i == 0 ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
    int host = d->host_fd < 0 ? -1 : fcntl(d->host_fd, F_GETFL);
    if (host < 0) {
      // The process itself was started with this one closed; so is the guest's.
      d->host_fd = -1;
      d->borrowed = true;
      d->readable = d->writable = false;
      (void)*descriptors_.insert(std::move(d));
      continue;
    }
    int mode = host & O_ACCMODE;
    d->readable = mode != O_WRONLY;
    d->writable = mode != O_RDONLY;
    if ((host & O_APPEND) != 0) d->flags |= fdflags::kAppend;
    (void)classify(*d, rights::kAll, 0);
    (void)*descriptors_.insert(std::move(d));
  }
  for (uint32_t i = 0; i < 3; ++i)
    if (descriptors_.get(i)->host_fd < 0) (void)descriptors_.close(i);
  return {};
}

Result<void> Context::add_directory(const std::string& host, const std::string& guest, bool read_only) {
  ERMINE_TRY(check_text(guest, "directory name"));
  auto d = std::make_unique<Descriptor>();
  d->host_fd = ::open(host.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (d->host_fd < 0)
    return Error(ErrorKind::kIo, "cannot open the directory '" + printable(host) + "': " + std::strerror(errno));
  d->writable = false;
  d->read_only = read_only;
  d->preopen = true;
  d->guest_path = guest;
  if (Errno e = classify(*d, rights::kAll, rights::kAll); e != Errno::kSuccess)
    return Error(ErrorKind::kIo,
                 "cannot examine the directory '" + printable(host) + "': " + std::string(errno_name(e)));
  grants_directories_ = true;
  // Insertion fills the lowest number, which must be above the standard streams even if those are closed.
  Outcome<uint32_t> fd = descriptors_.insert_from(3, std::move(d));
  if (!fd) return too_many("directories");
  return {};
}

Result<void> Context::add_listener(const std::string& address) {
  ERMINE_ASSIGN(int socket, listen_on(address));
  auto d = std::make_unique<Descriptor>();
  d->host_fd = socket;
  if (Errno e = classify(*d, rights::kAll, rights::kAll); e != Errno::kSuccess)
    return Error(ErrorKind::kIo,
                 "cannot examine the socket on " + printable(address) + ": " + std::string(errno_name(e)));
  grants_listeners_ = true;
  if (!descriptors_.insert_from(3, std::move(d))) return too_many("sockets");
  return {};
}

}  // namespace wasi
}  // namespace ermine

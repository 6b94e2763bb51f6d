#include "wasi/tls/session.h"

#include <utility>

#include "ermine/detail/library_file.h"
#include "ermine/printable.h"

namespace ermine::wasi::tls {
namespace {

using host::HostError;
using host::Outcome;

constexpr PluginFile kPlugin{
    "TLS needs", ERMINE_TLS_PLUGIN_FILE, ERMINE_TLS_PLUGIN_ENTRY,
    "it is built and installed with ermine if Debian's package libssl-dev is there, and needs the package libssl3"};

Result<const ErmineTlsPlugin*> opened(const std::string& named) {
  // It stays open: clients of other programs may use it.
  ERMINE_ASSIGN(void* const entry, open_plugin(kPlugin, named));
  const ErmineTlsPlugin* const plugin = reinterpret_cast<ErmineTlsPluginEntry>(entry)();
  if (plugin == nullptr || plugin->version != ERMINE_TLS_PLUGIN_VERSION) return of_another_version(kPlugin);
  return plugin;
}

}  // namespace

Result<std::shared_ptr<Client>> Client::open(const TlsOptions& options) {
  ERMINE_ASSIGN(const ErmineTlsPlugin* const plugin, opened(options.plugin));
  char problem[512] = {};
  void* const client =
      plugin->open(options.ca_file.empty() ? nullptr : options.ca_file.c_str(), problem, sizeof problem);
  if (client == nullptr) return Error(ErrorKind::kIo, printable(problem));
  return std::shared_ptr<Client>(new Client(*plugin, client));
}

void Session::open(const Client* client, const std::string& server_name, WasiRefusals& refusals) {
  if (client == nullptr) {
    refusals.tls = true;
    return fail("the program may not use TLS");
  }
  if (server_name.empty() || server_name.contains('\0')) return fail("this is no name of a server");
  char problem[512] = {};
  plugin_ = &client->plugin_;
  session_ = plugin_->connect(client->client_, server_name.c_str(), problem, sizeof problem);
  if (session_ == nullptr) fail(printable(problem));
}

void Session::fail(std::string problem) {
  if (problem_.empty()) problem_ = std::move(problem);
}

HostError Session::result_of(ErmineTlsState state) {
  if (state == ERMINE_TLS_DONE) return HostError::kNone;
  if (state == ERMINE_TLS_WAIT) return HostError::kAgain;
  fail(printable(plugin_->problem(session_)));
  return HostError::kTls;
}

HostError Session::handshake() {
  if (has_failed()) return HostError::kTls;
  if (session_ == nullptr) return HostError::kAgain;
  const HostError error = connected_ ? HostError::kNone : result_of(plugin_->handshake(session_));
  connected_ = error == HostError::kNone;
  return error;
}

Outcome<size_t> Session::read(uint8_t* to, size_t size) {
  if (has_failed()) return HostError::kTls;
  if (!connected_) return HostError::kAgain;
  size_t done = 0;
  const HostError error = result_of(plugin_->read(session_, to, size, &done));
  moves_ += done > 0;
  return error == HostError::kNone ? Outcome<size_t>(done) : Outcome<size_t>(error);
}

bool Session::can_read() {
  return has_failed() || (connected_ && result_of(plugin_->readable(session_)) != HostError::kAgain);
}

Outcome<size_t> Session::room() const {
  if (has_failed()) return HostError::kTls;
  if (finishing_) return HostError::kClosed;
  return connected_ ? plugin_->room(session_) : 0;
}

HostError Session::write(const uint8_t* from, size_t size) {
  if (has_failed()) return HostError::kTls;
  if (size == 0) return HostError::kNone;
  ++moves_;
  return result_of(plugin_->write(session_, from, size));
}

void Session::finish() {
  finishing_ = true;
  if (connected_ && !finished_ && !has_failed()) finished_ = result_of(plugin_->finish(session_)) != HostError::kAgain;
}

std::span<uint8_t> Session::space() {
  if (session_ == nullptr) return {};
  uint8_t* at = nullptr;
  const size_t size = plugin_->space(session_, &at);
  return {at, size};
}
void Session::received(size_t size) {
  ++moves_;
  plugin_->received(session_, size);
}
void Session::received_all() {
  ++moves_;
  if (session_ != nullptr) plugin_->received_all(session_);
}

std::span<const uint8_t> Session::pending() const {
  if (session_ == nullptr) return {};
  const uint8_t* at = nullptr;
  const size_t size = plugin_->pending(session_, &at);
  return {at, size};
}
void Session::sent(size_t size) {
  ++moves_;
  plugin_->sent(session_, size);
  if (finishing_ && !finished_) finish();
}

}  // namespace ermine::wasi::tls

namespace ermine {

Result<TlsClient> TlsClient::open(const TlsOptions& options) {
  ERMINE_ASSIGN(auto client, wasi::tls::Client::open(options));
  return TlsClient(std::move(client));
}

}  // namespace ermine

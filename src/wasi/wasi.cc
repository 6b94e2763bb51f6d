// WasiConfig and Wasi: the public side of all versions of WASI.
#include "ermine/wasi.h"

#include "wasi/host/path.h"
#include "wasi/keyvalue/interfaces.h"
#include "wasi/preview1/bind.h"
#include "wasi/state.h"

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
WasiConfig& WasiConfig::config_var(std::string name, std::string value) {
  std::erase_if(grants_.config, [&](const auto& other) { return other.first == name; });
  grants_.config.emplace_back(std::move(name), std::move(value));
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
WasiConfig& WasiConfig::allow_tcp(std::string target) {
  grants_.network.tcp.push_back(std::move(target));
  return *this;
}
WasiConfig& WasiConfig::allow_udp(std::string peer) {
  grants_.network.udp.push_back(std::move(peer));
  return *this;
}
WasiConfig& WasiConfig::listen_udp(std::string address) {
  grants_.network.udp_listeners.push_back(std::move(address));
  return *this;
}
WasiConfig& WasiConfig::allow_dns(std::string name) {
  grants_.network.names.push_back(std::move(name));
  return *this;
}
WasiConfig& WasiConfig::allow_http(std::string target) {
  grants_.network.http.push_back(std::move(target));
  return *this;
}
WasiConfig& WasiConfig::http_pool(HttpPool pool) {
  grants_.http.pool = std::move(pool);
  return *this;
}
WasiConfig& WasiConfig::tls(TlsClient client) {
  grants_.tls = std::move(client);
  return *this;
}
WasiConfig& WasiConfig::http_limits(uint32_t max_requests, uint64_t max_head_bytes, uint64_t max_request_bytes,
                                    uint64_t max_response_bytes) {
  grants_.http.max_requests = max_requests;
  grants_.http.max_head_bytes = max_head_bytes;
  grants_.http.max_request_bytes = max_request_bytes;
  grants_.http.max_response_bytes = max_response_bytes;
  return *this;
}
WasiConfig& WasiConfig::http_timeout(std::chrono::nanoseconds time) {
  grants_.http.timeout = time;
  return *this;
}
// Other copies of the grants keep theirs.
KeyValueGrants& WasiConfig::key_value() {
  auto own =
      grants_.key_value ? std::make_shared<KeyValueGrants>(*grants_.key_value) : std::make_shared<KeyValueGrants>();
  KeyValueGrants& grants = *own;
  grants_.key_value = std::move(own);
  return grants;
}
WasiConfig& WasiConfig::key_value_store(std::string name, std::string url) {
  key_value().stores.push_back({.name = std::move(name), .url = std::move(url)});
  return *this;
}
WasiConfig& WasiConfig::key_value_store(std::string name, std::shared_ptr<KeyValueStore> store) {
  key_value().stores.push_back({.name = std::move(name), .store = std::move(store)});
  return *this;
}
WasiConfig& WasiConfig::key_value_limits(uint64_t max_value_bytes, uint64_t max_memory_bytes) {
  KeyValueGrants& grants = key_value();
  grants.max_value_bytes = max_value_bytes;
  grants.max_memory_bytes = max_memory_bytes;
  return *this;
}
WasiConfig& WasiConfig::key_value_timeout(std::chrono::nanoseconds time) {
  key_value().timeout = time;
  return *this;
}
WasiConfig& WasiConfig::key_value_process(bool on) {
  key_value().store_process = on;
  return *this;
}
WasiConfig& WasiConfig::key_value_plugin(std::string file) {
  key_value().plugin = std::move(file);
  return *this;
}
WasiConfig& WasiConfig::max_sockets(uint32_t count) {
  grants_.network.max_sockets = count;
  return *this;
}
WasiConfig& WasiConfig::max_network_bytes(uint64_t bytes) {
  grants_.network.max_bytes = bytes;
  return *this;
}
WasiConfig& WasiConfig::connect_timeout(std::chrono::nanoseconds time) {
  grants_.network.connect_timeout = time;
  return *this;
}
WasiConfig& WasiConfig::max_connection_time(std::chrono::nanoseconds time) {
  grants_.network.max_connection_time = time;
  return *this;
}
WasiConfig& WasiConfig::resolver_process(bool on) {
  grants_.network.resolver_process = on;
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
  HostGrants grants = std::move(config).grants();
  std::shared_ptr<wasi::net::Network> network;
  if (grants.network.any() || !grants.listeners.empty()) {
    ERMINE_ASSIGN(network, wasi::net::Network::create(grants.network));
  }
  std::shared_ptr<void> stores;
  if (grants.key_value && grants.key_value->any()) {
    ERMINE_ASSIGN(stores, wasi::keyvalue::open_stores(*grants.key_value));
  }
  if (!grants.tls && grants.tls_options) { ERMINE_ASSIGN(grants.tls, TlsClient::open(*grants.tls_options)); }
  ERMINE_ASSIGN(wasi::host::Program program, wasi::host::Program::create(std::move(grants)));
  program.key_value_stores = std::move(stores);
  return Wasi(std::make_shared<wasi::State>(std::move(program), std::move(network)));
}
const WasiRefusals& Wasi::refusals() const { return impl_->program().refusals; }

Result<void> Wasi::add_to_linker(Linker& linker) const {
  ERMINE_ASSIGN(auto context, impl_->modules());
  return wasi::preview1::define_all(linker, {.fixed = std::move(context)});
}
Result<void> Wasi::add_to_linker(Linker& linker, const Module& module) const {
  ERMINE_ASSIGN(auto context, impl_->modules());
  return wasi::preview1::define_all(linker, {.fixed = std::move(context)}, &module);
}
Result<void> Wasi::add_to_linker(Linker& linker, Find find, std::shared_ptr<void> context) {
  return wasi::preview1::define_all(linker, {.fixed = nullptr, .find = find, .find_context = std::move(context)});
}

namespace wasi {

Result<std::shared_ptr<preview1::Context>> State::modules() {
  if (components_) return Error(ErrorKind::kUsage, "this Wasi already serves a component; modules need another one");
  if (!modules_) {
    modules_ = std::make_shared<preview1::Context>(*std::move(unused_));
    unused_.reset();
  }
  return modules_;
}

preview1::Context* State::modules_of_call() {
  if (modules_) [[likely]]
    return modules_.get();
  auto made = modules();
  return made ? made->get() : nullptr;
}

}  // namespace wasi
}  // namespace ermine

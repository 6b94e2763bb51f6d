// WASI: the host interface of command-line programs compiled to WebAssembly. Preview 1 (and its predecessor
// wasi_unstable) for modules, WASI 0.2 and 0.3 for components. A program sees only what its WasiConfig grants: it
// reaches no other directory, socket or environment variable.
//
//   ermine::WasiConfig config;
//   config.args({"app", "--verbose"}).inherit_stdio();
//   config.preopen_dir("/srv/data", "/data", ermine::WasiDirAccess::kReadOnly);
//   auto wasi = ermine::Wasi::create(std::move(config));
//   wasi->add_to_linker(linker);  // a Linker or a ComponentLinker
//
// Writing to a descriptor whose other end is closed sends SIGPIPE to the host process unless it ignores that signal;
// servers should ignore it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ermine/caller.h"
#include "ermine/grants.h"
#include "ermine/linker.h"
#include "ermine/result.h"
#include "ermine/wasi_connect.h"

namespace ermine {

class Component;
class ComponentCaller;
class ComponentLinker;
class VirtualDirectory;
class WasiInputStream;
class WasiOutputStream;

namespace wasi {
class State;
}

using WasiDirAccess = DirectoryAccess;

// Builds the HostGrants of a program.
class WasiConfig {
 public:
  WasiConfig() = default;
  explicit WasiConfig(HostGrants grants) : grants_(std::move(grants)) {}
  // args[0] is the program's name.
  WasiConfig& args(std::vector<std::string> args);
  WasiConfig& env(std::string name, std::string value);
  // A value that a component finds under its name by wasi:config.
  WasiConfig& config_var(std::string name, std::string value);
  // All variables of the host.
  WasiConfig& inherit_env();
  // Grants the process's own descriptors 0, 1 and 2. Without this they read nothing and discard what is written. A
  // guest that closes them closes only its own numbers.
  WasiConfig& inherit_stdio();
  // Host descriptors for the guest's 0, 1 and 2; they stay the caller's and must outlive the Wasi.
  WasiConfig& stdio(int in, int out, int err);
  // Streams of the embedder (wasi_stream.h) for the guest's 0, 1 and 2, in place of what inherit_stdio() or stdio()
  // give; null takes that back. The WasiConfig and each Wasi made of it keep them.
  WasiConfig& stdin_stream(std::shared_ptr<WasiInputStream> stream);
  WasiConfig& stdout_stream(std::shared_ptr<WasiOutputStream> stream);
  WasiConfig& stderr_stream(std::shared_ptr<WasiOutputStream> stream);
  // Grants a directory under the guest's name, as 3, 4, … in the order of the calls.
  WasiConfig& preopen_dir(std::string host_path, std::string guest_path,
                          WasiDirAccess access = WasiDirAccess::kReadWrite);
  // A directory in memory (virtual_directory.h); not null. The same may be granted to several programs, and more
  // than once.
  WasiConfig& preopen_dir(std::shared_ptr<VirtualDirectory> directory, std::string guest_path,
                          WasiDirAccess access = WasiDirAccess::kReadWrite);
  // Grants a listening TCP socket on "host:port". A module gets it open, and its number follows the directories'; a
  // component may bind a socket to this address and listen.
  WasiConfig& listen(std::string address);
  // Grant parts of the network to components; NetworkGrants says how targets are written. Modules have no functions for
  // that. kUsage from Wasi::create if a text is wrong.
  WasiConfig& allow_tcp(std::string target);
  // NetworkGrants::udp
  WasiConfig& allow_udp(std::string peer);
  // NetworkGrants::udp_listeners
  WasiConfig& listen_udp(std::string address);
  // NetworkGrants::names
  WasiConfig& allow_dns(std::string name);
  // NetworkGrants::http
  WasiConfig& allow_http(std::string target);
  // TCP connections of components are made by this function (wasi_connect.h) and not by the system; null takes that
  // back. Grants, limits and quotas are the same. Requests over HTTP, listening sockets and UDP are not concerned.
  WasiConfig& connect_with(WasiConnector function);
  // The connections of requests, and limits on them.
  WasiConfig& http_pool(HttpPool pool);
  // HttpGrants
  WasiConfig& http_limits(uint32_t max_requests, uint64_t max_head_bytes, uint64_t max_request_bytes,
                          uint64_t max_response_bytes);
  // HttpGrants::timeout
  WasiConfig& http_timeout(std::chrono::nanoseconds time);
  // Lets components encrypt connections by wasi:tls.
  WasiConfig& tls(TlsClient client);
  // Grant a store of keys and values to components, by the URL of one (KeyValueGrant::url) or as an object of the
  // embedder; an empty name is the default store. Of several grants of a name, the last one counts.
  WasiConfig& key_value_store(std::string name, std::string url);
  // As above, with an object.
  WasiConfig& key_value_store(std::string name, std::shared_ptr<KeyValueStore> store);
  // Limits on stores (KeyValueGrants).
  WasiConfig& key_value_limits(uint64_t max_value_bytes, uint64_t max_memory_bytes);
  // KeyValueGrants::timeout
  WasiConfig& key_value_timeout(std::chrono::nanoseconds time);
  // KeyValueGrants::store_process
  WasiConfig& key_value_process(bool on);
  // KeyValueGrants::plugin
  WasiConfig& key_value_plugin(std::string file);
  // Maximal number of sockets open at the same time; opening more gives the guest the error "new-socket-limit".
  WasiConfig& max_sockets(uint32_t count);
  // Maximal number of bytes sent and received, together; then sockets fail with "access-denied".
  WasiConfig& max_network_bytes(uint64_t bytes);
  // The time that connecting may take; then it fails with "timeout".
  WasiConfig& connect_timeout(std::chrono::nanoseconds time);
  // The time after which a connection is broken; reading and writing then fail with "timeout".
  WasiConfig& max_connection_time(std::chrono::nanoseconds time);
  // NetworkGrants::resolver_process
  WasiConfig& resolver_process(bool on);
  // Maximal number of open descriptors; opening more gives the guest the error "mfile" (in WASI 0.2, which has no such
  // code, "insufficient-memory").
  WasiConfig& max_open_files(uint32_t count);
  // Maximal number of bytes written, to all descriptors together; writing more stops the program with an error of kind
  // kLimit. Bytes by which files become larger without being written count as well: reserved space (fd_allocate: the
  // whole request), a size that is set, and the gap before a write beyond the end, whether or not it takes space on the
  // disk. Overwriting counts like writing, and making files smaller gives nothing back.
  WasiConfig& max_written_bytes(uint64_t bytes);
  // Called with one line for each call of the program, with arguments and results in the style of strace: text from the
  // program is cut to 128 bytes and escaped as by printable().
  WasiConfig& trace(std::function<void(std::string_view)> sink);

  const HostGrants& grants() const& { return grants_; }
  HostGrants&& grants() && { return std::move(grants_); }

 private:
  KeyValueGrants& key_value();
  HostGrants grants_;
};

// The accesses that a program requested and was refused, so that an embedder can say how to grant them. Paths are
// printable() (ermine/printable.h).
struct WasiRefusals {
  // It looked for granted directories, and there were none.
  bool no_directories = false;
  // A path led outside of its directory; the first such path.
  std::string escaping_path;
  // It tried to change something beneath a read-only directory; the first such path.
  std::string read_only_path;
  // It tried to accept a connection without a granted listener.
  bool no_listener = false;
  // What of the network it was refused first, as the text with which it would be granted, by WasiConfig::allow_tcp,
  // allow_udp, listen, listen_udp, allow_dns and allow_http.
  std::string tcp_target, udp_peer, tcp_listener, udp_listener, dns_name, http_target;
  // It tried to use TLS, and was not granted it: WasiConfig::tls.
  bool tls = false;
  // Why it cannot make HTTP requests that are granted: the plug-in or the certificates are missing.
  std::string http_problem;
  // The name of the first store of keys and values that it opened and was not granted; for WasiConfig::key_value_store.
  std::optional<std::string> key_value_store;
  // It reached one of these limits: WasiConfig::max_sockets, max_network_bytes, max_connection_time.
  bool too_many_sockets = false, too_many_network_bytes = false, connection_time_over = false;
  // It had the maximal number of files open, and tried to open another.
  bool too_many_files = false;
};

// The state of one running program: descriptors, arguments, environment. Used by one store at a time. A
// reference-counted handle.
class Wasi {
 public:
  // Opens everything that the configuration names. kIo with the path or address if one cannot be opened; kUsage if a
  // name is not UTF-8 or contains NUL.
  static Result<Wasi> create(WasiConfig config);

  // Defines all functions of wasi_snapshot_preview1 and wasi_unstable. The Linker keeps this Wasi alive.
  Result<void> add_to_linker(Linker& linker) const;
  // Only the functions that `module` imports: faster, for a Linker that links this one module.
  Result<void> add_to_linker(Linker& linker, const Module& module) const;
  // The same for a Linker that serves many stores: `find` returns the Wasi of the calling store, or null, which makes
  // the call fail. It may be called on several threads. As in
  //   Wasi::add_to_linker(linker, [](Caller& caller) { return &caller.data_as<Session>().wasi; });
  template <class F>
    requires std::is_invocable_r_v<Wasi*, F&, Caller&>
  static Result<void> add_to_linker(Linker& linker, F find) {
    return add_to_linker(
        linker, [](void* context, Caller& caller) -> Wasi* { return (*static_cast<F*>(context))(caller); },
        std::make_shared<F>(std::move(find)));
  }
  // The same with a plain function; the Linker keeps `context`.
  using Find = Wasi* (*)(void* context, Caller& caller);
  static Result<void> add_to_linker(Linker& linker, Find find, std::shared_ptr<void> context);

  // The same for components: defines the interfaces of WASI 0.2.12 and 0.3.1, which serve imports of all versions 0.2
  // and 0.3; a component may use both. A Wasi serves modules or components: kUsage if it was added to a Linker.
  // kUnsupported if the library was built without components.
  Result<void> add_to_linker(ComponentLinker& linker) const;
  // Only what `component` imports: faster, for a ComponentLinker that links this one component.
  Result<void> add_to_linker(ComponentLinker& linker, const Component& component) const;
  template <class F>
    requires std::is_invocable_r_v<Wasi*, F&, ComponentCaller&>
  static Result<void> add_to_linker(ComponentLinker& linker, F find) {
    return add_to_linker(
        linker, [](void* context, ComponentCaller& caller) -> Wasi* { return (*static_cast<F*>(context))(caller); },
        std::make_shared<F>(std::move(find)));
  }
  using ComponentFind = Wasi* (*)(void* context, ComponentCaller& caller);
  static Result<void> add_to_linker(ComponentLinker& linker, ComponentFind find, std::shared_ptr<void> context);

  const WasiRefusals& refusals() const;

  // For the library's own code.
  explicit Wasi(std::shared_ptr<wasi::State> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<wasi::State>& impl() const { return impl_; }

 private:
  std::shared_ptr<wasi::State> impl_;
};

}  // namespace ermine

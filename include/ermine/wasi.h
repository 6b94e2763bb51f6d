// WASI preview 1 (and its forerunner wasi_unstable): what a command-line program compiled to WebAssembly
// expects of its host. A program sees only what its WasiConfig grants: no directory, socket or environment
// variable reaches it otherwise.
//
//   ermine::WasiConfig config;
//   config.args({"app", "--verbose"}).inherit_stdio();
//   config.preopen_dir("/srv/data", "/data", ermine::WasiDirAccess::kReadOnly);
//   auto wasi = ermine::Wasi::create(std::move(config));
//   wasi->add_to_linker(linker);
//
// A descriptor whose other end has closed makes the host process receive SIGPIPE unless it ignores that
// signal; servers do.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ermine/caller.h"
#include "ermine/grants.h"
#include "ermine/linker.h"
#include "ermine/result.h"

namespace ermine {

namespace wasi::preview1 {
class Context;
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
  // All of the host's variables.
  WasiConfig& inherit_env();
  // Descriptors 0, 1 and 2 are the process's own. Without this they read nothing and swallow what is
  // written. A guest that closes them closes only its own numbers.
  WasiConfig& inherit_stdio();
  // Host descriptors for the guest's 0, 1 and 2; they stay the caller's and must outlive the Wasi.
  WasiConfig& stdio(int in, int out, int err);
  // Grants a directory under the guest's name, as 3, 4, … in the order of the calls.
  WasiConfig& preopen_dir(std::string host_path, std::string guest_path,
                          WasiDirAccess access = WasiDirAccess::kReadWrite);
  // Grants a listening TCP socket on "host:port"; its number follows the directories'.
  WasiConfig& listen(std::string address);
  // Most descriptors open at once; opening more gives the guest the error "mfile".
  WasiConfig& max_open_files(uint32_t count);
  // Most bytes written, to all descriptors together; going on stops the program with an error of kind kLimit. What
  // files become larger by without being written counts as well: space that is reserved (fd_allocate, all that it is
  // asked for), a size that is set, and the gap before a write beyond the end, whether or not it takes room on the
  // disk. Overwriting counts like writing, and making files smaller gives nothing back.
  WasiConfig& max_written_bytes(uint64_t bytes);
  // Called with one line for each call of the program, its arguments and results, as strace prints them: text of the
  // program is cut to 128 bytes and escaped as printable() does.
  WasiConfig& trace(std::function<void(std::string_view)> sink);

  const HostGrants& grants() const& { return grants_; }
  HostGrants&& grants() && { return std::move(grants_); }

 private:
  HostGrants grants_;
};

// What a program asked for and was refused, so that an embedder can say how to grant it. Paths are printable()
// (ermine/printable.h).
struct WasiRefusals {
  // It looked for granted directories, and there were none.
  bool no_directories = false;
  // A path led outside of its directory; the first such path.
  std::string escaping_path;
  // It wanted to change something beneath a read-only directory; the first such path.
  std::string read_only_path;
  // It tried to accept a connection without a granted listener.
  bool no_listener = false;
  // It had as many files open as it may, and wanted another.
  bool too_many_files = false;
};

// The state of one running program: descriptors, arguments, environment. Used by one store at a time.
// A counted handle.
class Wasi {
 public:
  // Opens what the configuration names. kIo with the path or address if one cannot be opened; kUsage if a
  // name is not UTF-8 or contains NUL.
  static Result<Wasi> create(WasiConfig config);

  // Defines all functions of wasi_snapshot_preview1 and wasi_unstable. The Linker keeps this Wasi alive.
  Result<void> add_to_linker(Linker& linker) const;
  // Only those that `module` imports: quicker, for a Linker that links this one module.
  Result<void> add_to_linker(Linker& linker, const Module& module) const;
  // The same for a Linker that serves many stores: `find` gives the Wasi of the calling store, or null, which fails the
  // call. It may be called on several threads. As in
  //   Wasi::add_to_linker(linker, [](Caller& caller) { return &caller.data_as<Session>().wasi; });
  template <class F>
    requires std::is_invocable_r_v<Wasi*, F&, Caller&>
  static Result<void> add_to_linker(Linker& linker, F find) {
    return add_to_linker(
        linker, [](void* context, Caller& caller) -> Wasi* { return (*static_cast<F*>(context))(caller); },
        std::make_shared<F>(std::move(find)));
  }
  // Its plain form; the Linker keeps `context`.
  using Find = Wasi* (*)(void* context, Caller& caller);
  static Result<void> add_to_linker(Linker& linker, Find find, std::shared_ptr<void> context);

  const WasiRefusals& refusals() const;

  // For the library's own use.
  const std::shared_ptr<wasi::preview1::Context>& impl() const { return impl_; }

 private:
  explicit Wasi(std::shared_ptr<wasi::preview1::Context> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<wasi::preview1::Context> impl_;
};

}  // namespace ermine

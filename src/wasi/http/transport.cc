#include "wasi/http/transport.h"

#include <dlfcn.h>

#include "ermine/detail/library_file.h"
#include "ermine/printable.h"
#include "wasi/http/exchange.h"

namespace ermine::wasi::http {
namespace {

constexpr const char* kInstall =
    "; it is built and installed with ermine if Debian's package libcurl4-openssl-dev is there, and needs the package "
    "libcurl4";

Result<const ErmineHttpPlugin*> open_plugin(const std::string& named) {
  // It stays open: its thread may run until the process ends.
  void* const library = open_library(named, ERMINE_HTTP_PLUGIN_FILE);
  if (library == nullptr)
    return Error(ErrorKind::kUnsupported,
                 "HTTP needs the plug-in " ERMINE_HTTP_PLUGIN_FILE ": " + printable(dlerror()) + kInstall);
  const auto entry = reinterpret_cast<ErmineHttpPluginEntry>(dlsym(library, ERMINE_HTTP_PLUGIN_ENTRY));
  const ErmineHttpPlugin* plugin = entry != nullptr ? entry() : nullptr;
  if (plugin == nullptr || plugin->version != ERMINE_HTTP_PLUGIN_VERSION)
    return Error(ErrorKind::kUnsupported, "the plug-in " ERMINE_HTTP_PLUGIN_FILE " has version " +
                                              (plugin != nullptr ? std::to_string(plugin->version) : std::string("0")) +
                                              ", and version " + std::to_string(ERMINE_HTTP_PLUGIN_VERSION) +
                                              " is needed: install the one of this ermine");
  return plugin;
}

}  // namespace

Result<std::shared_ptr<Pool>> Pool::open(const HttpPoolOptions& options) {
  ERMINE_ASSIGN(const ErmineHttpPlugin* const plugin, open_plugin(options.plugin));
  const ErmineHttpPoolOptions out{&Exchange::kCallbacks,
                                  {options.ca_file.empty() ? nullptr : options.ca_file.data(), options.ca_file.size()},
                                  options.max_connections};
  char problem[512] = {};
  void* const pool = plugin->open(&out, problem, sizeof problem);
  if (pool == nullptr) return Error(ErrorKind::kIo, printable(problem));
  return std::shared_ptr<Pool>(new Pool(*plugin, pool));
}

Pool::~Pool() { plugin_.close(pool_); }

}  // namespace ermine::wasi::http

namespace ermine {

Result<HttpPool> HttpPool::open(HttpPoolOptions options) {
  ERMINE_ASSIGN(auto pool, wasi::http::Pool::open(options));
  return HttpPool(std::move(pool));
}

}  // namespace ermine

#include "wasi/http/transport.h"

#include "ermine/detail/library_file.h"
#include "ermine/printable.h"
#include "wasi/http/exchange.h"

namespace ermine::wasi::http {
namespace {

constexpr PluginFile kPlugin{"HTTP needs", ERMINE_HTTP_PLUGIN_FILE, ERMINE_HTTP_PLUGIN_ENTRY,
                             "it is built and installed with ermine if Debian's package libcurl4-openssl-dev is there, "
                             "and needs the package libcurl4"};

Result<const ErmineHttpPlugin*> opened(const std::string& named) {
  // It stays open: its thread may run until the process ends.
  ERMINE_ASSIGN(void* const entry, open_plugin(kPlugin, named));
  const ErmineHttpPlugin* const plugin = reinterpret_cast<ErmineHttpPluginEntry>(entry)();
  if (plugin == nullptr || plugin->version != ERMINE_HTTP_PLUGIN_VERSION) return of_another_version(kPlugin);
  return plugin;
}

}  // namespace

Result<std::shared_ptr<Pool>> Pool::open(const HttpPoolOptions& options) {
  ERMINE_ASSIGN(const ErmineHttpPlugin* const plugin, opened(options.plugin));
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

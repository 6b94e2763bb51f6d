// The entry of the plug-in.
#include "wasi/http/plugin.h"

#include <algorithm>
#include <cstring>

#include "wasi/http/plugin/pool.h"

namespace {

using ermine::http_plugin::Pool;

Pool& pool_of(void* pool) { return *static_cast<Pool*>(pool); }

void* open(const ErmineHttpPoolOptions* options, char* problem, size_t size) {
  auto pool = std::make_unique<Pool>(*options->callbacks);
  if (pool->open(*options)) return pool.release();
  const size_t n = std::min(size - 1, pool->problem().size());
  std::memcpy(problem, pool->problem().data(), n);
  problem[n] = 0;
  return nullptr;
}

constexpr ErmineHttpPlugin kPlugin{
    ERMINE_HTTP_PLUGIN_VERSION,
    open,
    [](void* pool) { delete static_cast<Pool*>(pool); },
    [](void* pool, const ErmineHttpRequest* request, void* exchange) {
      return pool_of(pool).start(*request, exchange);
    },
    [](void* pool, uint64_t number) { pool_of(pool).resume(number); },
    [](void* pool, uint64_t number) { pool_of(pool).cancel(number); },
};

}  // namespace

extern "C" [[gnu::visibility("default")]] const ErmineHttpPlugin* ermine_http_plugin(void) { return &kPlugin; }

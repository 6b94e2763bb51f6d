// Pool: the connections of HTTP requests, by the plug-in (plugin.h), which is opened when the first pool is made. A
// pool may be used by many programs, on many threads.
#pragma once

#include <memory>

#include "ermine/http.h"
#include "ermine/result.h"
#include "wasi/http/plugin.h"

namespace ermine::wasi::http {

class Pool {
 public:
  // kUnsupported if the plug-in is not there or of another version, with what to install; kIo if the certificates
  // cannot be read.
  static Result<std::shared_ptr<Pool>> open(const HttpPoolOptions& options);
  // Not on the pool's own thread: whatever a callback may destroy must not own a pool.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  uint64_t start(const ErmineHttpRequest& request, void* exchange) { return plugin_.start(pool_, &request, exchange); }
  void resume(uint64_t number) { plugin_.resume(pool_, number); }
  void cancel(uint64_t number) { plugin_.cancel(pool_, number); }

 private:
  Pool(const ErmineHttpPlugin& plugin, void* pool) : plugin_(plugin), pool_(pool) {}
  const ErmineHttpPlugin& plugin_;
  void* const pool_;
};

}  // namespace ermine::wasi::http

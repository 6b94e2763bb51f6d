// Pool: connections that are kept, and the thread that drives all transfers over them, by libcurl's multi interface.
//
// A connection has one transfer at a time, over HTTP/2 as well: a transfer whose program does not read would stop the
// others of its connection, since libcurl then reads no more from it.
#pragma once

#include <curl/curl.h>

#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "wasi/http/plugin/transfer.h"
#include "wasi/http/plugin/trust.h"

namespace ermine::http_plugin {

class Pool {
 public:
  explicit Pool(const ErmineHttpCallbacks& callbacks) : callbacks_(callbacks) {}
  // False: see problem().
  bool open(const ErmineHttpPoolOptions& options);
  const std::string& problem() const { return problem_; }
  ~Pool();

  uint64_t start(const ErmineHttpRequest& request, void* exchange);
  void resume(uint64_t number) { send({Order::kResume, number, nullptr}); }
  void cancel(uint64_t number) { send({Order::kCancel, number, nullptr}); }

 private:
  struct Order {
    enum Kind : uint8_t { kStart, kResume, kCancel } kind;
    uint64_t number;
    std::unique_ptr<Transfer> transfer;
  };
  void send(Order order);
  void run();
  void obey(Order& order);
  void conclude();
  // Ends what has waited too long, and returns the time until that may be so of another.
  std::chrono::milliseconds expire();
  std::unique_ptr<Transfer> remove(uint64_t number);

  const ErmineHttpCallbacks callbacks_;
  std::string problem_;
  CURLM* multi_ = nullptr;
  Trust trust_;
  std::mutex lock_;
  std::vector<Order> orders_;  // of other threads
  uint64_t last_number_ = 0;
  bool stopping_ = false;
  std::thread thread_;  // runs from the first transfer on

  std::map<uint64_t, std::unique_ptr<Transfer>> transfers_;  // of the thread alone
};

}  // namespace ermine::http_plugin

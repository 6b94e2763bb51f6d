#include "wasi/http/plugin/pool.h"

#include <signal.h>

#include <algorithm>
#include <utility>

namespace ermine::http_plugin {

bool Pool::open(const ErmineHttpPoolOptions& options) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::string file =
      options.ca_file.data != nullptr ? std::string(options.ca_file.data, options.ca_file.size) : std::string();
  multi_ = ready == CURLE_OK ? curl_multi_init() : nullptr;
  if (multi_ == nullptr) {
    problem_ = "libcurl cannot be initialised";
    return false;
  }
  // A host without certificates can still use http.
  if (!trust_.read(file) && !file.empty()) {
    problem_ = trust_.problem();
    return false;
  }
  const long most = static_cast<long>(std::max<uint32_t>(options.max_connections, 1));
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, most);
  curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, most);
  return true;
}

Pool::~Pool() {
  if (thread_.joinable()) {
    {
      const std::lock_guard hold(lock_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
  }
  if (multi_ != nullptr) curl_multi_cleanup(multi_);
}

uint64_t Pool::start(const ErmineHttpRequest& request, void* exchange) {
  uint64_t number = 0;
  {
    const std::lock_guard hold(lock_);
    number = ++last_number_;
  }
  auto transfer = std::make_unique<Transfer>(callbacks_, exchange, number, trust_);
  if (!transfer->prepare(request)) transfer->finish(CURLE_FAILED_INIT);
  else send({Order::kStart, number, std::move(transfer)});
  return number;
}

void Pool::send(Order order) {
  {
    const std::lock_guard hold(lock_);
    orders_.push_back(std::move(order));
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  curl_multi_wakeup(multi_);
}

void Pool::run() {
  // Signals are the program's threads' concern; writing to a closed connection is an error here.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::vector<Order> orders;
  while (true) {
    {
      const std::lock_guard hold(lock_);
      if (stopping_) break;
      orders.swap(orders_);
    }
    for (Order& order : orders) obey(order);
    orders.clear();
    int running = 0;
    curl_multi_perform(multi_, &running);
    conclude();
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(expire().count()), nullptr);
  }
  while (!transfers_.empty()) (void)remove(transfers_.begin()->first);
  const std::lock_guard hold(lock_);
  orders_.clear();
}

void Pool::obey(Order& order) {
  if (order.kind == Order::kStart) {
    Transfer& transfer = *order.transfer;
    transfers_.emplace(order.number, std::move(order.transfer));
    curl_multi_add_handle(multi_, transfer.easy());
  } else if (const auto at = transfers_.find(order.number); at == transfers_.end()) {
    return;
  } else if (order.kind == Order::kResume) {
    at->second->resume();
  } else {
    (void)remove(order.number);
  }
}

std::unique_ptr<Transfer> Pool::remove(uint64_t number) {
  const auto at = transfers_.find(number);
  std::unique_ptr<Transfer> transfer = std::move(at->second);
  transfers_.erase(at);
  // A connection with an unfinished response is closed.
  curl_multi_remove_handle(multi_, transfer->easy());
  return transfer;
}

void Pool::conclude() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    char* self = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
    Transfer& transfer = *reinterpret_cast<Transfer*>(self);
    transfer.finish(code);
    (void)remove(transfer.number());
  }
}

std::chrono::milliseconds Pool::expire() {
  const Instant now = std::chrono::steady_clock::now();
  std::chrono::milliseconds wait(60'000);
  std::vector<uint64_t> expired;
  for (const auto& [number, transfer] : transfers_) {
    const std::optional<Instant> deadline = transfer->deadline();
    if (!deadline) continue;
    if (*deadline <= now) expired.push_back(number);
    else wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(*deadline - now));
  }
  for (const uint64_t number : expired) remove(number)->expire();
  return wait;
}

}  // namespace ermine::http_plugin

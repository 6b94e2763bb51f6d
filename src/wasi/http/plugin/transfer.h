// Transfer: one request and its response, as an easy handle of libcurl. Made on the thread that starts it, and then
// used by the pool's thread alone.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "wasi/http/failure.h"
#include "wasi/http/plugin.h"
#include "wasi/http/plugin/trust.h"

namespace ermine::http_plugin {

namespace http = wasi::http;
using Instant = std::chrono::steady_clock::time_point;

class Transfer {
 public:
  Transfer(const ErmineHttpCallbacks& callbacks, void* exchange, uint64_t number, Trust& trust);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // False: libcurl refuses an option.
  bool prepare(const ErmineHttpRequest& request);
  CURL* easy() const { return easy_; }
  uint64_t number() const { return number_; }
  // Continues where a callback had nothing to give or to take.
  void resume();
  // When it has waited too long for the other side; nothing while it waits for the program.
  std::optional<Instant> deadline() const;
  // Ends it: by libcurl's result, or because of the deadline. After cancel() nothing is reported.
  void finish(CURLcode code);
  void expire();

 private:
  static size_t take(char* to, size_t size, size_t count, void* self);
  static size_t put(char* from, size_t size, size_t count, void* self);
  static size_t header(char* line, size_t size, size_t count, void* self);
  static int trailers(curl_slist** list, void* self);
  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int connected(void* self, char*, char*, int, int);
  static CURLcode secure(CURL*, void* context, void* self);

  bool head();
  size_t refuse(http::Failure failure);
  void fail(const http::Failure& failure);
  http::Failure failure_of(CURLcode code) const;
  bool trailers_are_lost() const;
  void progress() { last_progress_ = std::chrono::steady_clock::now(); }

  const ErmineHttpCallbacks& callbacks_;
  void* const exchange_;
  const uint64_t number_;
  Trust& trust_;
  CURL* easy_;
  curl_slist *headers_ = nullptr, *addresses_ = nullptr;
  char problem_[CURL_ERROR_SIZE] = {};
  uint64_t max_head_bytes_ = 0, head_bytes_ = 0;
  size_t head_fields_ = 0;
  std::chrono::milliseconds first_byte_timeout_{}, between_bytes_timeout_{};
  Instant last_progress_{};
  bool connected_ = false, has_head_ = false, ended_ = false;
  bool waits_to_take_ = false, waits_to_put_ = false;  // for the program
  int64_t body_left_ = 0;  // bytes of the request's body that are not sent yet; -1: unknown
  bool sent_trailers_ = false;
  bool prohibited_ = false;  // an address
  std::optional<http::Failure> refused_;  // by a callback
};

}  // namespace ermine::http_plugin

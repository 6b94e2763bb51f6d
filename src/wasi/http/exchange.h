// Exchange: a request that was made, and its response. The plug-in's thread fills it; the program reads it. At most
// kCapacity bytes of the response's body are kept; then the transport waits.
//
// Sending begins when the request's body is complete or too large to be kept, or when the program looks for the
// response. A body that is complete by then is sent with its length, which servers prefer for methods that usually have
// no body. First the host's name is looked up and the addresses are checked; only these are connected to.
//
// The program's side has one thread, on which the Pool is alive. The plug-in's side owns a reference of its own until
// `release`.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "wasi/host/channel.h"
#include "wasi/http/failure.h"
#include "wasi/http/request_body.h"
#include "wasi/http/transport.h"
#include "wasi/net/network.h"

namespace ermine::wasi::http {

struct Request {
  std::string method, host, path;
  uint16_t port = 0;
  bool tls = false;
  Fields fields;  // without content-length
  std::optional<uint64_t> content_length{};
  std::shared_ptr<RequestBody> body{};  // may be null
  uint64_t connect_timeout_ms = 0, first_byte_timeout_ms = 0, between_bytes_timeout_ms = 0;
  uint64_t max_head_bytes = 0, max_response_bytes = 0;
};

// What a program has for its requests; it outlives their use.
struct Surroundings {
  std::shared_ptr<net::Network> network;
  WasiRefusals* refusals = nullptr;
  std::shared_ptr<const host::Signal> signal;
  std::shared_ptr<std::atomic<uint32_t>> exchanges;  // that exist
};

class Exchange final : public std::enable_shared_from_this<Exchange>, public BodySender {
 public:
  static constexpr size_t kCapacity = 64 << 10;
  static constexpr uint64_t kLongestTimeout = 1'000'000'000;  // ms
  static const ErmineHttpCallbacks kCallbacks;

  Exchange(Request request, Pool& pool, const Surroundings& surroundings, std::shared_ptr<net::Lookup> lookup);
  ~Exchange();
  // Connects the body; once, before everything else.
  void prepare();

  // ---- The program's side
  void wake() override;
  void proceed() override;
  host::Awaited::Wait wait() const override;
  // The head or a failure is there.
  bool has_answer();
  // After has_answer().
  struct Answer {
    std::optional<Failure> failure;
    uint16_t status = 0;
    std::shared_ptr<const Fields> fields;
  };
  Answer answer() const;
  // The body: see host::ByteSource. kHttp: failure().
  bool can_read() const;
  host::Outcome<size_t> read(uint8_t* to, size_t size);
  // The program reads no more of the body.
  void discard();
  // The trailers, or a failure, are there.
  bool has_ended() const;
  std::shared_ptr<const Fields> trailers() const;
  std::optional<Failure> failure() const;
  // The program is no longer interested: what is not complete is broken off.
  void abandon();

 private:
  struct Callbacks;
  void begin();
  bool choose_addresses();
  void start();
  void conclude(std::optional<Failure> failure, Fields trailers);

  const Request request_;
  Pool& pool_;
  const std::shared_ptr<net::Quota> quota_;
  const std::shared_ptr<const host::Signal> signal_;
  const std::shared_ptr<std::atomic<uint32_t>> exchanges_;
  // Of the program's thread.
  std::shared_ptr<net::Network> network_;  // until the start: it must not be destroyed on the pool's thread
  WasiRefusals* const refusals_;
  const std::shared_ptr<net::Lookup> lookup_;
  host::Descriptor lookup_descriptor_;
  uint64_t lookup_deadline_ = UINT64_MAX;
  enum class Stage : uint8_t { kWaiting, kLookingUp, kStarted } stage_ = Stage::kWaiting;
  uint64_t number_ = 0;
  std::vector<net::IpAddress> addresses_;  // does not change after the start

  mutable std::mutex lock_;
  uint16_t status_ = 0;  // 0: none yet
  std::shared_ptr<const Fields> fields_, trailers_;
  std::string bytes_;
  size_t begin_ = 0;  // in bytes_
  uint64_t received_ = 0;
  std::optional<Failure> failure_;
  bool ended_ = false;
  bool discards_ = false, abandoned_ = false;
  bool asleep_ = false;  // the transport waits for room
  bool over_quota_ = false;
};

}  // namespace ermine::wasi::http

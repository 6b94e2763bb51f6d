// RequestBody: the body that a program writes, between its output stream and the thread that sends it. At most
// kCapacity bytes are kept; a program that is faster must wait. Thread-safe, except that a program has one thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wasi/host/channel.h"
#include "wasi/http/failure.h"

namespace ermine::wasi::http {

// In the order of the transport; names as they were given.
using Fields = std::vector<std::pair<std::string, std::string>>;
// The bytes that they take on the transport, at least.
uint64_t size_of(const Fields& fields);

// What sends a body; its functions are called on the program's thread.
class BodySender {
 public:
  // Sending must begin, because the body is complete or nothing more can be kept; and from then on, there is something
  // to take() after it had nothing.
  virtual void wake() = 0;
  // Continues what does not continue by itself.
  virtual void proceed() = 0;
  virtual host::Awaited::Wait wait() const = 0;

 protected:
  ~BodySender() = default;
};

class RequestBody {
 public:
  static constexpr size_t kCapacity = 64 << 10;

  // `length`: that of content-length. `signal` is raised when there is room again.
  RequestBody(std::shared_ptr<const host::Signal> signal, std::optional<uint64_t> length, uint64_t most)
      : signal_(std::move(signal)), length_(length), most_(most) {}

  // ---- The program's side
  // See host::ByteSink.
  bool ready();
  host::Awaited::Wait wait() const;
  host::Outcome<size_t> room();
  host::HostError write(const uint8_t* from, size_t size);
  // The reason of kHttp.
  Failure failure() const;
  // The body is complete. A failure if it has not the length that content-length says: then it is broken off.
  std::optional<Failure> finish(Fields trailers);
  // It will not be completed.
  void abandon();

  // ---- The side that sends it
  // Once, on the program's thread; it may be destroyed.
  void attach(std::weak_ptr<BodySender> sender);
  struct Taken {
    enum class State : uint8_t { kBytes, kNothingYet, kEnd, kAbandoned } state;
    size_t bytes = 0;
  };
  Taken take(uint8_t* to, size_t size);
  Fields trailers() const;
  // Nothing more is sent; of a failure if there is one.
  void close(std::optional<Failure> failure);

  // What is known before the transport begins.
  struct Outlook {
    bool finished = false;
    size_t bytes = 0;  // that wait
    bool trailers = false;
  };
  Outlook outlook() const;
  std::optional<uint64_t> declared_length() const { return length_; }

 private:
  void wake();

  const std::shared_ptr<const host::Signal> signal_;
  const std::optional<uint64_t> length_;
  const uint64_t most_;
  mutable std::mutex lock_;
  std::string bytes_;
  size_t begin_ = 0;  // in bytes_
  uint64_t written_ = 0;
  enum class State : uint8_t { kOpen, kFinished, kAbandoned, kClosed } state_ = State::kOpen;
  bool asleep_ = true;  // take() had nothing, or was not called yet
  bool sending_ = false;  // it was called, or will be
  Fields trailers_;
  std::optional<Failure> failure_;
  std::weak_ptr<BodySender> sender_;  // of the program's thread
};

}  // namespace ermine::wasi::http

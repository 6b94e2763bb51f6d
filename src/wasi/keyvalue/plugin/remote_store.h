// RemoteStore: a store that a worker (worker.h) has. The program waits for the worker's answers where an interrupt or
// its deadline can end that.
#pragma once

#include <memory>

#include "wasi/host/descriptor.h"
#include "wasi/keyvalue/plugin/wire.h"

namespace ermine::wasi::keyvalue {

// The connection to a worker, of one program and all of its stores. For one thread at a time.
class Channel {
 public:
  Channel(host::UniqueFd socket, std::chrono::nanoseconds timeout) : socket_(std::move(socket)), timeout_(timeout) {}
  // The answer to a request; empty: an error that `problem` says. After an error nothing can be asked any more: what
  // comes later answers another request.
  std::string ask(KeyValueCall& call, std::string frame, std::string& problem);

 private:
  // The worker keeps the timeout; if it does not answer even then, it is stuck.
  static constexpr std::chrono::seconds kPatience{5};
  bool send(KeyValueCall& call, std::string_view bytes, Clock::time_point deadline, std::string& problem);
  bool receive(KeyValueCall& call, size_t size, std::string& to, Clock::time_point deadline, std::string& problem);
  bool wait(KeyValueCall& call, bool write, Clock::time_point deadline, std::string& problem);

  host::UniqueFd socket_;
  const std::chrono::nanoseconds timeout_;
};

class RemoteStore final : public KeyValueStore {
 public:
  RemoteStore(std::shared_ptr<Channel> channel, uint32_t number) : channel_(std::move(channel)), number_(number) {}

  KeyValueResult<std::optional<Bytes>> get(KeyValueCall& call, const std::string& key) override {
    return ask<std::optional<Bytes>>(call, Operation::kGet, key);
  }
  KeyValueResult<void> set(KeyValueCall& call, const std::string& key, const Bytes& value) override {
    return ask<void>(call, Operation::kSet, key, value);
  }
  KeyValueResult<void> remove(KeyValueCall& call, const std::string& key) override {
    return ask<void>(call, Operation::kRemove, key);
  }
  KeyValueResult<bool> exists(KeyValueCall& call, const std::string& key) override {
    return ask<bool>(call, Operation::kExists, key);
  }
  KeyValueResult<Keys> list(KeyValueCall& call, const std::optional<std::string>& cursor) override {
    return ask<Keys>(call, Operation::kList, cursor);
  }
  KeyValueResult<int64_t> increment(KeyValueCall& call, const std::string& key, int64_t delta) override {
    return ask<int64_t>(call, Operation::kIncrement, key, delta);
  }
  KeyValueResult<Versioned> read_version(KeyValueCall& call, const std::string& key) override {
    return ask<Versioned>(call, Operation::kReadVersion, key);
  }
  KeyValueResult<bool> swap(KeyValueCall& call, const std::string& key, const std::string& version,
                            const Bytes& value) override {
    return ask<bool>(call, Operation::kSwap, key, version, value);
  }
  KeyValueResult<std::vector<std::optional<Bytes>>> get_many(KeyValueCall& call,
                                                             std::span<const std::string> keys) override {
    return ask<std::vector<std::optional<Bytes>>>(call, Operation::kGetMany, keys);
  }
  KeyValueResult<void> set_many(KeyValueCall& call, std::span<const Pair> pairs) override {
    return ask<void>(call, Operation::kSetMany, pairs);
  }
  KeyValueResult<void> remove_many(KeyValueCall& call, std::span<const std::string> keys) override {
    return ask<void>(call, Operation::kRemoveMany, keys);
  }

 private:
  template <class T, class... A>
  KeyValueResult<T> ask(KeyValueCall& call, Operation operation, const A&... arguments) {
    WireWriter request;
    request.put(static_cast<uint8_t>(operation));
    request.put(number_);
    (request.put(arguments), ...);
    std::string frame = std::move(request).frame(), problem;
    if (frame.empty()) return failed("the request is too large");
    const std::string answer = channel_->ask(call, std::move(frame), problem);
    if (answer.empty()) return failed(std::move(problem));
    WireReader in(answer);
    bool ok = false;
    if (!in.get(ok)) return broken();
    if (!ok) {
      if (!in.get(problem)) return broken();
      return failed(std::move(problem));
    }
    if constexpr (std::is_void_v<T>) {
      return {};
    } else {
      T value{};
      if (!in.get(value) || !in.done()) return broken();
      return value;
    }
  }
  static Unexpected<KeyValueError> broken() { return failed("the worker of the store has answered nonsense"); }

  const std::shared_ptr<Channel> channel_;
  const uint32_t number_;
};

}  // namespace ermine::wasi::keyvalue

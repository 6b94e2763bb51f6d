// RedisStore: "redis://…". A key of the program is a key of the server. For one thread. It waits by KeyValueCall::wait
// and connects again if the connection is lost, but sends no command twice.
#pragma once

#include <netdb.h>

#include <memory>

#include "wasi/host/descriptor.h"
#include "wasi/keyvalue/plugin/common.h"
#include "wasi/keyvalue/plugin/resp.h"

namespace ermine::wasi::keyvalue {

struct RedisAddress {
  std::string host, port = "6379", user, password, database = "0";
};
// What follows "redis://". Empty text: it was understood; otherwise what is wrong.
std::string parse_redis(std::string_view text, RedisAddress& out);

class RedisStore final : public KeyValueStore, private ByteReader {
 public:
  RedisStore(RedisAddress address, const KeyValueGrants& grants);
  // Connects; otherwise the first operation does. Empty: done.
  std::string connect_now(KeyValueCall& call);

  KeyValueResult<std::optional<Bytes>> get(KeyValueCall& call, const std::string& key) override;
  KeyValueResult<void> set(KeyValueCall& call, const std::string& key, const Bytes& value) override;
  KeyValueResult<void> remove(KeyValueCall& call, const std::string& key) override;
  KeyValueResult<bool> exists(KeyValueCall& call, const std::string& key) override;
  KeyValueResult<Keys> list(KeyValueCall& call, const std::optional<std::string>& cursor) override;
  KeyValueResult<int64_t> increment(KeyValueCall& call, const std::string& key, int64_t delta) override;
  KeyValueResult<Versioned> read_version(KeyValueCall& call, const std::string& key) override;
  KeyValueResult<bool> swap(KeyValueCall& call, const std::string& key, const std::string& version,
                            const Bytes& value) override;
  KeyValueResult<std::vector<std::optional<Bytes>>> get_many(KeyValueCall& call,
                                                             std::span<const std::string> keys) override;
  KeyValueResult<void> set_many(KeyValueCall& call, std::span<const Pair> pairs) override;
  KeyValueResult<void> remove_many(KeyValueCall& call, std::span<const std::string> keys) override;

 private:
  using Words = std::vector<std::string_view>;
  // The reply to a command, which is of this kind; or kNothing, if `or_nothing`.
  KeyValueResult<Reply> ask(KeyValueCall& call, const Words& words, Reply::Kind kind, bool or_nothing = false);
  KeyValueResult<Reply> exchange(KeyValueCall& call, const Words& words);
  std::string connect(KeyValueCall& call);
  bool connect_to(KeyValueCall& call, const addrinfo& address);
  std::string introduce(KeyValueCall& call);
  std::string send(KeyValueCall& call, std::string_view bytes);
  bool read(std::string& to, size_t most) override;
  void disconnect();
  // Whether the connection was closed, or has sent what was not asked for.
  bool is_stale() const;
  std::string why_no_reply() const;

  const RedisAddress address_;
  const std::chrono::nanoseconds timeout_;
  const uint64_t max_value_bytes_;
  host::UniqueFd socket_;
  std::unique_ptr<ReplyReader> replies_;
  // Of the operation.
  KeyValueCall* call_ = nullptr;
  Clock::time_point deadline_{};
  KeyValueCall::Wait waited_ = KeyValueCall::Wait::kReady;
};

}  // namespace ermine::wasi::keyvalue

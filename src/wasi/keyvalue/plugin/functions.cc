#include "wasi/keyvalue/plugin/functions.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "ermine/printable.h"
#include "wasi/host/path.h"

namespace ermine::wasi::keyvalue {
namespace {

using Clock = KeyValueCall::Clock;

class GuestCall final : public KeyValueCall {
 public:
  explicit GuestCall(Call& call) : call_(call) {}
  Wait wait(int fd, bool write, Clock::time_point deadline) override {
    while (true) {
      pollfd fds[] = {{fd, static_cast<short>(write ? POLLOUT : POLLIN), 0}, {call_.interrupts().fd(), POLLIN, 0}};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      const int64_t ms = std::clamp<int64_t>(left.count(), 0, 1'000'000'000);
      const int n = poll(fds, 2, static_cast<int>(ms));
      if ((n < 0 && errno == EINTR) || (n > 0 && fds[1].revents != 0)) {
        if (!call_.pause()) return Wait::kStopped;
        continue;
      }
      if (n != 0) return Wait::kReady;
      if (Clock::now() >= deadline) return Wait::kTimeout;
    }
  }

 private:
  Call& call_;
};

StoreError error_of(KeyValueError error) {
  switch (error.code) {
    case KeyValueError::Code::kNoSuchStore: return StoreError(std::in_place_index<0>);
    case KeyValueError::Code::kAccessDenied: return StoreError(std::in_place_index<1>);
    case KeyValueError::Code::kOther: break;
  }
  // An embedder's text need not be one.
  if (!host::is_utf8(error.message)) error.message = printable(error.message);
  return StoreError(std::in_place_index<2>, std::move(error.message));
}
Unexpected<StoreError> other(std::string message) {
  return Unexpected(StoreError(std::in_place_index<2>, std::move(message)));
}

const Stores& stores_of(Call& call) { return *static_cast<const Stores*>(call.context.key_value_stores.get()); }

// Empty: the key and the value may be passed to a store.
std::string problem_of(Call& call, const std::string& key, const Bytes* value = nullptr) {
  call.moved += key.size() + (value != nullptr ? value->size() : 0);
  if (key.size() > KeyValueGrants::kMaxKeyBytes)
    return "a key has " + std::to_string(key.size()) + " bytes, and at most " +
           std::to_string(KeyValueGrants::kMaxKeyBytes) + " are allowed";
  if (const uint64_t most = stores_of(call).max_value_bytes; value != nullptr && value->size() > most)
    return "a value has " + std::to_string(value->size()) + " bytes, and at most " + std::to_string(most) +
           " are allowed";
  return {};
}
std::string problem_of_batch(uint64_t bytes) {
  if (bytes <= KeyValueGrants::kMaxBatchBytes) return {};
  return "a batch has more than " + std::to_string(KeyValueGrants::kMaxBatchBytes) + " bytes";
}
std::string problem_of(Call& call, const std::vector<std::string>& keys) {
  uint64_t bytes = 0;
  for (const std::string& key : keys) {
    if (std::string problem = problem_of(call, key); !problem.empty()) return problem;
    bytes += key.size() + 16;
  }
  return problem_of_batch(bytes);
}

// Calls a store's function, and makes its result the program's.
template <class T, class... A, class... B>
StoreResult<T> ask(Call& call, KeyValueStore& store, KeyValueResult<T> (KeyValueStore::*function)(KeyValueCall&, A...),
                   const B&... arguments) {
  GuestCall guest(call);
  KeyValueResult<T> result = (store.*function)(guest, arguments...);
  if (!result) return Unexpected(error_of(std::move(result).error()));
  if constexpr (std::is_void_v<T>) return {};
  else return *std::move(result);
}

// Reads the version that a handle has from now on.
StoreResult<std::optional<Bytes>> refresh(Call& call, Cas& cas) {
  StoreResult<KeyValueStore::Versioned> now = ask(call, *cas.store, &KeyValueStore::read_version, cas.key);
  if (!now) return Unexpected(std::move(now).error());
  if (!cas.set_version(std::move(now->version)))
    return other("the handles for compare-and-swap would keep more than " + std::to_string(Stores::kMostVersionBytes) +
                 " bytes");
  return std::move(now->value);
}

}  // namespace

bool Cas::set_version(std::string version) {
  if (*bytes_ - version_.size() + version.size() > Stores::kMostVersionBytes) return false;
  *bytes_ += version.size() - version_.size();
  version_ = std::move(version);
  return true;
}

StoreResult<std::unique_ptr<Bucket>> Functions::open(Call& call, std::string identifier) {
  const auto* const stores = static_cast<const Stores*>(call.context.key_value_stores.get());
  if (stores != nullptr)
    if (const auto found = stores->by_name.find(identifier); found != stores->by_name.end())
      return call.make<Bucket>(found->second);
  if (auto& refused = call.context.refusals.key_value_store; !refused) refused = printable(identifier);
  return Unexpected(stores == nullptr ? StoreError(std::in_place_index<1>) : StoreError(std::in_place_index<0>));
}

StoreResult<std::optional<Bytes>> Functions::get(Call& call, Bucket& bucket, std::string key) {
  if (std::string problem = problem_of(call, key); !problem.empty()) return other(std::move(problem));
  StoreResult<std::optional<Bytes>> value = ask(call, *bucket.store, &KeyValueStore::get, key);
  if (value && *value) call.moved += (*value)->size();
  return value;
}

StoreResult<void> Functions::set(Call& call, Bucket& bucket, std::string key, Bytes value) {
  if (std::string problem = problem_of(call, key, &value); !problem.empty()) return other(std::move(problem));
  return ask(call, *bucket.store, &KeyValueStore::set, key, value);
}

StoreResult<void> Functions::remove(Call& call, Bucket& bucket, std::string key) {
  if (std::string problem = problem_of(call, key); !problem.empty()) return other(std::move(problem));
  return ask(call, *bucket.store, &KeyValueStore::remove, key);
}

StoreResult<bool> Functions::exists(Call& call, Bucket& bucket, std::string key) {
  if (std::string problem = problem_of(call, key); !problem.empty()) return other(std::move(problem));
  return ask(call, *bucket.store, &KeyValueStore::exists, key);
}

StoreResult<KeyResponse> Functions::list_keys(Call& call, Bucket& bucket, std::optional<std::string> cursor) {
  if (cursor)
    if (std::string problem = problem_of(call, *cursor); !problem.empty()) return other(std::move(problem));
  StoreResult<KeyValueStore::Keys> keys = ask(call, *bucket.store, &KeyValueStore::list, cursor);
  if (!keys) return Unexpected(std::move(keys).error());
  for (const std::string& key : keys->keys) call.moved += key.size() + 8;
  return KeyResponse{std::move(keys->keys), std::move(keys->cursor)};
}

StoreResult<std::unique_ptr<Cas>> Functions::cas_new(Call& call, Bucket& bucket, std::string key) {
  if (std::string problem = problem_of(call, key); !problem.empty()) return other(std::move(problem));
  auto cas = call.make<Cas>(bucket.store, std::move(key), stores_of(call).version_bytes);
  if (cas == nullptr) return cas;
  StoreResult<std::optional<Bytes>> value = refresh(call, *cas);
  if (!value) return Unexpected(std::move(value).error());
  return cas;
}

StoreResult<std::optional<Bytes>> Functions::cas_current(Call& call, Cas& cas) {
  StoreResult<std::optional<Bytes>> value = refresh(call, cas);
  if (value && *value) call.moved += (*value)->size();
  return value;
}

StoreResult<int64_t> Functions::increment(Call& call, Bucket& bucket, std::string key, int64_t delta) {
  if (std::string problem = problem_of(call, key); !problem.empty()) return other(std::move(problem));
  return ask(call, *bucket.store, &KeyValueStore::increment, key, delta);
}

Expected<void, CasError> Functions::swap(Call& call, std::unique_ptr<Cas> cas, Bytes value) {
  if (std::string problem = problem_of(call, cas->key, &value); !problem.empty())
    return Unexpected(CasError(StoreError(std::in_place_index<2>, std::move(problem))));
  StoreResult<bool> swapped = ask(call, *cas->store, &KeyValueStore::swap, cas->key, cas->version(), value);
  if (!swapped) return Unexpected(CasError(std::move(swapped).error()));
  if (*swapped) return {};
  if (StoreResult<std::optional<Bytes>> now = refresh(call, *cas); !now)
    return Unexpected(CasError(std::move(now).error()));
  return Unexpected(CasError(std::move(cas)));
}

StoreResult<std::vector<std::optional<std::tuple<std::string, Bytes>>>> Functions::get_many(
    Call& call, Bucket& bucket, std::vector<std::string> keys) {
  if (std::string problem = problem_of(call, keys); !problem.empty()) return other(std::move(problem));
  std::vector<std::optional<std::tuple<std::string, Bytes>>> out;
  if (keys.empty()) return out;
  auto values = ask(call, *bucket.store, &KeyValueStore::get_many, keys);
  if (!values) return Unexpected(std::move(values).error());
  if (values->size() != keys.size()) return other("the store has answered with another number of values");
  uint64_t bytes = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    std::optional<Bytes>& value = (*values)[i];
    if (!value) {
      out.emplace_back();
      continue;
    }
    bytes += keys[i].size() + value->size();
    out.emplace_back(std::in_place, std::move(keys[i]), *std::move(value));
  }
  call.moved += bytes;
  return out;
}

StoreResult<void> Functions::set_many(Call& call, Bucket& bucket,
                                      std::vector<std::tuple<std::string, Bytes>> key_values) {
  std::vector<KeyValueStore::Pair> pairs;
  uint64_t bytes = 0;
  for (auto& [key, value] : key_values) {
    if (std::string problem = problem_of(call, key, &value); !problem.empty()) return other(std::move(problem));
    bytes += key.size() + value.size() + 32;
    pairs.emplace_back(std::move(key), std::move(value));
  }
  if (std::string problem = problem_of_batch(bytes); !problem.empty()) return other(std::move(problem));
  if (pairs.empty()) return {};
  return ask(call, *bucket.store, &KeyValueStore::set_many, pairs);
}

StoreResult<void> Functions::delete_many(Call& call, Bucket& bucket, std::vector<std::string> keys) {
  if (std::string problem = problem_of(call, keys); !problem.empty()) return other(std::move(problem));
  if (keys.empty()) return {};
  return ask(call, *bucket.store, &KeyValueStore::remove_many, keys);
}

}  // namespace ermine::wasi::keyvalue

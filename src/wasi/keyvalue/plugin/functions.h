// The functions of wasi:keyvalue; functions.def says which WIT function each is.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "ermine/keyvalue.h"
#include "wasi/preview2/call.h"
#include "wasi/preview2/resources.h"

namespace ermine::wasi::keyvalue {

using component::Expected;
using component::Unexpected;
using preview2::Call;
using Bytes = KeyValueStore::Bytes;

// What one program is granted.
struct Stores {
  // Bytes of versions that all of its handles for compare-and-swap may keep, together.
  static constexpr uint64_t kMostVersionBytes = 64 << 20;

  std::map<std::string, std::shared_ptr<KeyValueStore>, std::less<>> by_name;
  uint64_t max_value_bytes = 0;
  std::shared_ptr<uint64_t> version_bytes = std::make_shared<uint64_t>(0);
};

class Bucket : public preview2::Resource {
 public:
  Bucket(std::shared_ptr<preview2::Counts> counts, std::shared_ptr<KeyValueStore> store)
      : Resource(std::move(counts)), store(std::move(store)) {}
  const std::shared_ptr<KeyValueStore> store;
};
ERMINE_RESOURCE(Bucket, "bucket")

class Cas : public preview2::Resource {
 public:
  Cas(std::shared_ptr<preview2::Counts> counts, std::shared_ptr<KeyValueStore> store, std::string key,
      std::shared_ptr<uint64_t> bytes)
      : Resource(std::move(counts)), store(std::move(store)), key(std::move(key)), bytes_(std::move(bytes)) {}
  ~Cas() { *bytes_ -= version_.size(); }
  const std::string& version() const { return version_; }
  // False: the program's handles would keep too much.
  bool set_version(std::string version);

  const std::shared_ptr<KeyValueStore> store;
  const std::string key;

 private:
  std::string version_;
  const std::shared_ptr<uint64_t> bytes_;
};
ERMINE_RESOURCE(Cas, "cas")

// no-such-store, access-denied, other
struct StoreError : std::variant<std::monostate, std::monostate, std::string> {
  using variant::variant;
};
ERMINE_VARIANT(StoreError, "no-such-store", "access-denied", "other")
template <class T>
using StoreResult = Expected<T, StoreError>;
// store-error, cas-failed
struct CasError : std::variant<StoreError, std::unique_ptr<Cas>> {
  using variant::variant;
};
ERMINE_VARIANT(CasError, "store-error", "cas-failed")
struct KeyResponse {
  std::vector<std::string> keys;
  std::optional<std::string> cursor;
};
ERMINE_RECORD(KeyResponse, keys, cursor)

struct Functions {
  static StoreResult<std::unique_ptr<Bucket>> open(Call& call, std::string identifier);
  static StoreResult<std::optional<Bytes>> get(Call& call, Bucket& bucket, std::string key);
  static StoreResult<void> set(Call& call, Bucket& bucket, std::string key, Bytes value);
  static StoreResult<void> remove(Call& call, Bucket& bucket, std::string key);
  static StoreResult<bool> exists(Call& call, Bucket& bucket, std::string key);
  static StoreResult<KeyResponse> list_keys(Call& call, Bucket& bucket, std::optional<std::string> cursor);
  static StoreResult<std::unique_ptr<Cas>> cas_new(Call& call, Bucket& bucket, std::string key);
  static StoreResult<std::optional<Bytes>> cas_current(Call& call, Cas& cas);
  static StoreResult<int64_t> increment(Call& call, Bucket& bucket, std::string key, int64_t delta);
  static Expected<void, CasError> swap(Call& call, std::unique_ptr<Cas> cas, Bytes value);
  static StoreResult<std::vector<std::optional<std::tuple<std::string, Bytes>>>> get_many(
      Call& call, Bucket& bucket, std::vector<std::string> keys);
  static StoreResult<void> set_many(Call& call, Bucket& bucket, std::vector<std::tuple<std::string, Bytes>> key_values);
  static StoreResult<void> delete_many(Call& call, Bucket& bucket, std::vector<std::string> keys);
};

}  // namespace ermine::wasi::keyvalue

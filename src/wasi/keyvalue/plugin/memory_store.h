// MemoryStore: "memory:". Thread-safe. Nothing waits.
#pragma once

#include <map>
#include <mutex>

#include "wasi/keyvalue/plugin/common.h"

namespace ermine::wasi::keyvalue {

class MemoryStore final : public KeyValueStore {
 public:
  explicit MemoryStore(uint64_t max_bytes) : max_bytes_(max_bytes) {}

  KeyValueResult<std::optional<Bytes>> get(KeyValueCall& call, const std::string& key) override;
  KeyValueResult<void> set(KeyValueCall& call, const std::string& key, const Bytes& value) override;
  KeyValueResult<void> remove(KeyValueCall& call, const std::string& key) override;
  KeyValueResult<bool> exists(KeyValueCall& call, const std::string& key) override;
  KeyValueResult<Keys> list(KeyValueCall& call, const std::optional<std::string>& cursor) override;
  KeyValueResult<int64_t> increment(KeyValueCall& call, const std::string& key, int64_t delta) override;
  KeyValueResult<Versioned> read_version(KeyValueCall& call, const std::string& key) override;
  KeyValueResult<bool> swap(KeyValueCall& call, const std::string& key, const std::string& version,
                            const Bytes& value) override;

 private:
  // What a key takes besides its bytes, at least.
  static constexpr uint64_t kPerKey = 128;
  struct Entry {
    Bytes value;
    uint64_t version = 0;
  };
  KeyValueResult<void> put(const std::string& key, Bytes value);  // under the lock
  std::string version_of(const std::string& key) const;

  const uint64_t max_bytes_;
  std::mutex lock_;
  std::map<std::string, Entry, std::less<>> entries_;
  uint64_t bytes_ = 0;
  uint64_t last_version_ = 0;
};

}  // namespace ermine::wasi::keyvalue

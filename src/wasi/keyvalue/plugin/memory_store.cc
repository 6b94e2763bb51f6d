#include "wasi/keyvalue/plugin/memory_store.h"

namespace ermine::wasi::keyvalue {

KeyValueResult<void> MemoryStore::put(const std::string& key, Bytes value) {
  const auto found = entries_.find(key);
  const uint64_t before = found == entries_.end() ? 0 : kPerKey + key.size() + found->second.value.size();
  const uint64_t after = kPerKey + key.size() + value.size();
  if (bytes_ - before + after > max_bytes_)
    return failed("the store in memory is full: at most " + std::to_string(max_bytes_) + " bytes are allowed");
  bytes_ += after - before;
  value.shrink_to_fit();
  Entry entry{std::move(value), ++last_version_};
  if (found == entries_.end()) entries_.emplace(key, std::move(entry));
  else found->second = std::move(entry);
  return {};
}

// Versions are never used again, so a key that was removed and set again has another one.
std::string MemoryStore::version_of(const std::string& key) const {
  const auto found = entries_.find(key);
  return std::to_string(found == entries_.end() ? 0 : found->second.version);
}

KeyValueResult<std::optional<Bytes>> MemoryStore::get(KeyValueCall&, const std::string& key) {
  const std::lock_guard hold(lock_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::optional<Bytes>();
  return std::optional(found->second.value);
}

KeyValueResult<void> MemoryStore::set(KeyValueCall&, const std::string& key, const Bytes& value) {
  const std::lock_guard hold(lock_);
  return put(key, value);
}

KeyValueResult<void> MemoryStore::remove(KeyValueCall&, const std::string& key) {
  const std::lock_guard hold(lock_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return {};
  bytes_ -= kPerKey + key.size() + found->second.value.size();
  entries_.erase(found);
  return {};
}

KeyValueResult<bool> MemoryStore::exists(KeyValueCall&, const std::string& key) {
  const std::lock_guard hold(lock_);
  return entries_.contains(key);
}

// The cursor is the last key of the page before.
KeyValueResult<KeyValueStore::Keys> MemoryStore::list(KeyValueCall&, const std::optional<std::string>& cursor) {
  const std::lock_guard hold(lock_);
  Keys out;
  size_t bytes = 0;
  for (auto at = cursor ? entries_.upper_bound(*cursor) : entries_.begin(); at != entries_.end(); ++at) {
    if (out.keys.size() == kMostListed || (bytes += at->first.size()) > kMostListedBytes) {
      out.cursor = out.keys.back();
      break;
    }
    out.keys.push_back(at->first);
  }
  return out;
}

KeyValueResult<int64_t> MemoryStore::increment(KeyValueCall&, const std::string& key, int64_t delta) {
  const std::lock_guard hold(lock_);
  const auto found = entries_.find(key);
  KeyValueResult<int64_t> sum =
      add(found == entries_.end() ? std::nullopt : std::optional(view_of(found->second.value)), delta);
  if (!sum) return sum;
  if (KeyValueResult<void> done = put(key, bytes_of(std::to_string(*sum))); !done)
    return Unexpected(std::move(done).error());
  return sum;
}

KeyValueResult<KeyValueStore::Versioned> MemoryStore::read_version(KeyValueCall&, const std::string& key) {
  const std::lock_guard hold(lock_);
  Versioned out{std::nullopt, version_of(key)};
  if (const auto found = entries_.find(key); found != entries_.end()) out.value = found->second.value;
  return out;
}

KeyValueResult<bool> MemoryStore::swap(KeyValueCall&, const std::string& key, const std::string& version,
                                       const Bytes& value) {
  const std::lock_guard hold(lock_);
  if (version_of(key) != version) return false;
  if (KeyValueResult<void> done = put(key, value); !done) return Unexpected(std::move(done).error());
  return true;
}

}  // namespace ermine::wasi::keyvalue

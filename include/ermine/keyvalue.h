// Stores of keys and values for programs (wasi:keyvalue), and what a program is granted of them
// (WasiConfig::key_value_store).
//
// The interfaces, and the stores that URLs name, are in a plug-in, libermine-keyvalue.so, which is opened when a
// program is granted the first store.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ermine/component/expected.h"
#include "ermine/detail/language.h"

namespace ermine {

// Why an operation of a store has failed.
struct KeyValueError {
  enum class Code : uint8_t { kNoSuchStore, kAccessDenied, kOther };
  Code code = Code::kOther;
  std::string message{};  // of kOther; the program sees it. UTF-8
};
// What an operation of a store returns.
template <class T>
using KeyValueResult = component::Expected<T, KeyValueError>;

// The call of the program that a store works for, on the thread that calls the store. Valid until the store returns.
class KeyValueCall {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Wait : uint8_t {
    kReady,
    kTimeout,
    kStopped,  // the program is being ended: return an error at once, whatever it says
  };
  // Waits until the descriptor can be read from or, with `write`, written to, and ends when the program is to be
  // stopped by its deadline or an interrupt. Whatever a store waits for should be waited for by this.
  virtual Wait wait(int fd, bool write, Clock::time_point deadline) = 0;

 protected:
  KeyValueCall() = default;
  ~KeyValueCall() = default;
};

// A store, as an embedder may implement it: from keys, which are texts in UTF-8, to bytes. The library keeps the store
// as long as a program has it. A store that several programs have is called on all of their threads, and must be
// thread-safe then. Arguments are valid during the call; their sizes are within KeyValueGrants. Nothing may be thrown.
class KeyValueStore {
 public:
  using Bytes = std::vector<uint8_t>;
  using Pair = std::pair<std::string, Bytes>;
  struct Keys {
    std::vector<std::string> keys;
    std::optional<std::string> cursor;  // of the next page; nothing: this was the last one
  };
  // A value, or that there is none, with what tells it from those before and after it: two reads of a key have the same
  // version only if the key was not changed between them. `version` means something to the store alone.
  struct Versioned {
    std::optional<Bytes> value;
    std::string version;
  };

  virtual ~KeyValueStore() = default;

  virtual KeyValueResult<std::optional<Bytes>> get(KeyValueCall& call, const std::string& key) = 0;
  virtual KeyValueResult<void> set(KeyValueCall& call, const std::string& key, const Bytes& value) = 0;
  // Not an error if there is no such key.
  virtual KeyValueResult<void> remove(KeyValueCall& call, const std::string& key) = 0;
  virtual KeyValueResult<bool> exists(KeyValueCall& call, const std::string& key) = 0;
  // `cursor`: of the page before, or text that the program made up.
  virtual KeyValueResult<Keys> list(KeyValueCall& call, const std::optional<std::string>& cursor) = 0;

  // Atomic: no other change of the key comes between reading and writing.
  // Adds to a number in decimal digits, and returns the sum; without the key, the number is 0. An error if the value is
  // no such number, or the sum is not in the range of int64_t.
  virtual KeyValueResult<int64_t> increment(KeyValueCall& call, const std::string& key, int64_t delta) = 0;
  virtual KeyValueResult<Versioned> read_version(KeyValueCall& call, const std::string& key) = 0;
  // False, and nothing is changed, if the key has another version now.
  virtual KeyValueResult<bool> swap(KeyValueCall& call, const std::string& key, const std::string& version,
                                    const Bytes& value) = 0;

  // Several at once; need not be atomic. Unless a store has something better, one after the other.
  virtual KeyValueResult<std::vector<std::optional<Bytes>>> get_many(KeyValueCall& call,
                                                                     std::span<const std::string> keys) {
    std::vector<std::optional<Bytes>> values;
    for (const std::string& key : keys) {
      KeyValueResult<std::optional<Bytes>> value = get(call, key);
      if (!value) return component::Unexpected(std::move(value).error());
      values.push_back(*std::move(value));
    }
    return values;
  }
  virtual KeyValueResult<void> set_many(KeyValueCall& call, std::span<const Pair> pairs) {
    for (const auto& [key, value] : pairs)
      if (KeyValueResult<void> done = set(call, key, value); !done) return done;
    return {};
  }
  virtual KeyValueResult<void> remove_many(KeyValueCall& call, std::span<const std::string> keys) {
    for (const std::string& key : keys)
      if (KeyValueResult<void> done = remove(call, key); !done) return done;
    return {};
  }
};

// A store under the name that the program knows.
struct KeyValueGrant {
  std::string name;  // by which the program opens it; empty: the default store
  // memory:             in the memory of this process, for this program; empty at first
  // sqlite:PATH         a file of SQLite, made if it is not there; processes may share it
  // redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]
  std::string url{};
  std::shared_ptr<KeyValueStore> store{};  // instead of a URL: the embedder's own
};

// The stores of a program, and limits on them.
struct KeyValueGrants {
  std::vector<KeyValueGrant> stores;  // of several with one name, the last
  // What the default store has at first, which is then in memory.
  std::vector<std::pair<std::string, std::string>> memory_data;
  // Bytes of one value. A program gets an error for a larger one.
  uint64_t max_value_bytes = 16 << 20;
  // Bytes of all keys and values of a store in memory, together, with 128 for each key.
  uint64_t max_memory_bytes = 64 << 20;
  // For one operation of a store that a URL names; afterwards the program gets an error.
  std::chrono::nanoseconds timeout = std::chrono::seconds(30);
  // Files and connections belong to a process of their own, which is started with the program's state: for a host that
  // confines itself afterwards. Otherwise they belong to a thread. A process that has had stores of SQLite in a thread
  // cannot have them in processes.
  bool store_process = false;
  // The file of the plug-in; empty: ../lib/ beside the running program, or where the system searches for libraries.
  std::string plugin;

  // Whether anything is granted.
  bool any() const { return !stores.empty() || !memory_data.empty(); }

  static constexpr uint64_t kMaxKeyBytes = 4096;
  // Of all keys and values of a batch, together.
  static constexpr uint64_t kMaxBatchBytes = 64 << 20;
};

}  // namespace ermine

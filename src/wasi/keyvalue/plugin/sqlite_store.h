// SqliteStore: "sqlite:PATH", one table in a file of SQLite. For one thread; other threads and processes may use the
// file by stores of their own. An operation waits for their locks within the timeout, in SQLite.
#pragma once

#include <sqlite3.h>

#include <memory>

#include "wasi/keyvalue/plugin/common.h"

namespace ermine::wasi::keyvalue {

class SqliteStore final : public KeyValueStore {
 public:
  // Null: `problem` says why.
  static std::unique_ptr<SqliteStore> open(const std::string& path, const KeyValueGrants& grants, std::string& problem);
  ~SqliteStore() override;

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
  enum Statement : uint8_t { kBegin, kBeginReading, kCommit, kRollback, kGet, kSet, kRemove, kExists, kListAll, kList };
  static constexpr size_t kStatements = kList + 1;
  class Use;

  SqliteStore() = default;
  bool prepare(Clock::time_point deadline);
  std::string last_problem() const;
  Unexpected<KeyValueError> last_error() const { return failed(last_problem()); }
  // Runs `f` in a transaction: KeyValueResult<T> f(). Rolls back if it fails.
  template <class F>
  auto in_transaction(Statement begin, F f) -> decltype(f());
  KeyValueResult<Versioned> read(const std::string& key);
  KeyValueResult<void> write(const std::string& key, std::string_view value);
  KeyValueResult<void> run(Statement statement);

  sqlite3* database_ = nullptr;
  sqlite3_stmt* statements_[kStatements] = {};
  uint64_t max_value_bytes_ = 0;
};

}  // namespace ermine::wasi::keyvalue

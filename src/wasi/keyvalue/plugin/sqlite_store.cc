#include "wasi/keyvalue/plugin/sqlite_store.h"

#include <algorithm>

#include "wasi/host/path.h"

namespace ermine::wasi::keyvalue {
namespace {

// A version is a random number: that a key which is removed and set again gets the same one, is as good as impossible,
// and there is no counter that all writers would have to share. Keys are compared byte by byte.
constexpr char kSchema[] =
    "CREATE TABLE IF NOT EXISTS ermine_keyvalue("
    "key TEXT NOT NULL PRIMARY KEY COLLATE BINARY, value BLOB NOT NULL, version INTEGER NOT NULL)";
// Write-ahead logging: what was committed survives a crash of the process; of a crash of the system, the file survives,
// and perhaps not the last changes. A file that was tampered with must not run functions by its schema.
constexpr char kSettings[] =
    "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA journal_mode=WAL; "
    "PRAGMA synchronous=NORMAL";
constexpr const char* kTexts[] = {
    "BEGIN IMMEDIATE",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SELECT value, version FROM ermine_keyvalue WHERE key=?1",
    ("INSERT INTO ermine_keyvalue(key,value,version) VALUES(?1,?2,random()) "
     "ON CONFLICT(key) DO UPDATE SET value=excluded.value, version=excluded.version"),
    "DELETE FROM ermine_keyvalue WHERE key=?1",
    "SELECT 1 FROM ermine_keyvalue WHERE key=?1",
    "SELECT key FROM ermine_keyvalue ORDER BY key",
    "SELECT key FROM ermine_keyvalue WHERE key>?1 ORDER BY key",
};

}  // namespace

// A statement with its arguments, which is reset at the end.
class SqliteStore::Use {
 public:
  Use(SqliteStore& store, Statement which) : statement_(store.statements_[which]) {}
  ~Use() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  Use& text(int at, std::string_view v) {
    sqlite3_bind_text64(statement_, at, v.data(), v.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
  }
  Use& blob(int at, std::string_view v) {
    // A null pointer would be NULL.
    sqlite3_bind_blob64(statement_, at, v.empty() ? "" : v.data(), v.size(), SQLITE_STATIC);
    return *this;
  }
  int step() { return sqlite3_step(statement_); }
  std::string_view column(int at) {
    const void* data = sqlite3_column_blob(statement_, at);
    return {static_cast<const char*>(data), static_cast<size_t>(sqlite3_column_bytes(statement_, at))};
  }
  int64_t number(int at) { return sqlite3_column_int64(statement_, at); }

 private:
  sqlite3_stmt* const statement_;
};

std::string SqliteStore::last_problem() const {
  switch (sqlite3_errcode(database_)) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "the store is in use by another process for too long";
    case SQLITE_FULL: return "the disk is full";
    case SQLITE_READONLY: return "the store can only be read";
    default: return std::string("SQLite: ") + sqlite3_errmsg(database_);
  }
}

std::unique_ptr<SqliteStore> SqliteStore::open(const std::string& path, const KeyValueGrants& grants,
                                               std::string& problem) {
  std::unique_ptr<SqliteStore> store(new SqliteStore());
  store->max_value_bytes_ = grants.max_value_bytes;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path.c_str(), &store->database_, kFlags, nullptr) != SQLITE_OK) {
    problem = store->database_ != nullptr ? sqlite3_errmsg(store->database_) : "out of memory";
    return nullptr;
  }
  const int64_t ms =
      std::clamp<int64_t>(std::chrono::ceil<std::chrono::milliseconds>(grants.timeout).count(), 1, 1'000'000'000);
  sqlite3_busy_timeout(store->database_, static_cast<int>(ms));
  sqlite3_db_config(store->database_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  const uint64_t longest = std::max<uint64_t>(grants.max_value_bytes, KeyValueGrants::kMaxKeyBytes) + 4096;
  sqlite3_limit(store->database_, SQLITE_LIMIT_LENGTH, static_cast<int>(std::min<uint64_t>(longest, 1'000'000'000)));
  if (!store->prepare(Clock::now() + std::chrono::milliseconds(ms))) {
    problem = store->last_problem();
    return nullptr;
  }
  return store;
}

bool SqliteStore::prepare(Clock::time_point deadline) {
  for (const char* text : {kSettings, kSchema}) {
    // Changing the kind of the journal does not wait for others, as everything else does.
    while (sqlite3_exec(database_, text, nullptr, nullptr, nullptr) != SQLITE_OK) {
      if (sqlite3_errcode(database_) != SQLITE_BUSY || Clock::now() >= deadline) return false;
      sqlite3_sleep(10);
    }
  }
  for (size_t i = 0; i < kStatements; ++i)
    if (sqlite3_prepare_v3(database_, kTexts[i], -1, SQLITE_PREPARE_PERSISTENT, &statements_[i], nullptr) != SQLITE_OK)
      return false;
  return true;
}

SqliteStore::~SqliteStore() {
  for (sqlite3_stmt* statement : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

KeyValueResult<void> SqliteStore::run(Statement statement) {
  if (Use(*this, statement).step() != SQLITE_DONE) return last_error();
  return {};
}

template <class F>
auto SqliteStore::in_transaction(Statement begin, F f) -> decltype(f()) {
  if (KeyValueResult<void> begun = run(begin); !begun) return Unexpected(std::move(begun).error());
  auto result = f();
  if (result) {
    KeyValueResult<void> done = run(kCommit);
    if (done) return result;
    result = Unexpected(std::move(done).error());
  }
  // Some errors have rolled back already.
  if (sqlite3_get_autocommit(database_) == 0) (void)run(kRollback);
  return result;
}

KeyValueResult<KeyValueStore::Versioned> SqliteStore::read(const std::string& key) {
  Use get(*this, kGet);
  const int code = get.text(1, key).step();
  if (code == SQLITE_DONE) return Versioned{};
  if (code != SQLITE_ROW) return last_error();
  const std::string_view value = get.column(0);
  if (value.size() > max_value_bytes_)
    return failed("the value has " + std::to_string(value.size()) + " bytes, and at most " +
                  std::to_string(max_value_bytes_) + " are allowed");
  return Versioned{bytes_of(value), std::to_string(get.number(1))};
}

KeyValueResult<void> SqliteStore::write(const std::string& key, std::string_view value) {
  if (Use(*this, kSet).text(1, key).blob(2, value).step() != SQLITE_DONE) return last_error();
  return {};
}

KeyValueResult<std::optional<Bytes>> SqliteStore::get(KeyValueCall&, const std::string& key) {
  KeyValueResult<Versioned> found = read(key);
  if (!found) return Unexpected(std::move(found).error());
  return std::move(found->value);
}

KeyValueResult<void> SqliteStore::set(KeyValueCall&, const std::string& key, const Bytes& value) {
  return write(key, view_of(value));
}

KeyValueResult<void> SqliteStore::remove(KeyValueCall&, const std::string& key) {
  if (Use(*this, kRemove).text(1, key).step() != SQLITE_DONE) return last_error();
  return {};
}

KeyValueResult<bool> SqliteStore::exists(KeyValueCall&, const std::string& key) {
  const int code = Use(*this, kExists).text(1, key).step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return last_error();
  return code == SQLITE_ROW;
}

// The cursor is the last key of the page before.
KeyValueResult<KeyValueStore::Keys> SqliteStore::list(KeyValueCall&, const std::optional<std::string>& cursor) {
  Use keys(*this, cursor ? kList : kListAll);
  if (cursor) keys.text(1, *cursor);
  Keys out;
  size_t bytes = 0;
  while (true) {
    const int code = keys.step();
    if (code == SQLITE_DONE) return out;
    if (code != SQLITE_ROW) return last_error();
    const std::string_view key = keys.column(0);
    // Another program may have written what no program could have.
    if (!host::is_utf8(key) || key.size() > KeyValueGrants::kMaxKeyBytes) continue;
    if (!out.keys.empty() && (out.keys.size() == kMostListed || (bytes += key.size()) > kMostListedBytes)) {
      out.cursor = out.keys.back();
      return out;
    }
    out.keys.emplace_back(key);
  }
}

KeyValueResult<int64_t> SqliteStore::increment(KeyValueCall&, const std::string& key, int64_t delta) {
  return in_transaction(kBegin, [&]() -> KeyValueResult<int64_t> {
    KeyValueResult<Versioned> now = read(key);
    if (!now) return Unexpected(std::move(now).error());
    KeyValueResult<int64_t> sum = add(now->value ? std::optional(view_of(*now->value)) : std::nullopt, delta);
    if (!sum) return sum;
    if (KeyValueResult<void> done = write(key, std::to_string(*sum)); !done) return Unexpected(std::move(done).error());
    return sum;
  });
}

KeyValueResult<KeyValueStore::Versioned> SqliteStore::read_version(KeyValueCall&, const std::string& key) {
  return read(key);
}

KeyValueResult<bool> SqliteStore::swap(KeyValueCall&, const std::string& key, const std::string& version,
                                       const Bytes& value) {
  return in_transaction(kBegin, [&]() -> KeyValueResult<bool> {
    KeyValueResult<Versioned> now = read(key);
    if (!now) return Unexpected(std::move(now).error());
    if (now->version != version) return false;
    if (KeyValueResult<void> done = write(key, view_of(value)); !done) return Unexpected(std::move(done).error());
    return true;
  });
}

KeyValueResult<std::vector<std::optional<Bytes>>> SqliteStore::get_many(KeyValueCall&,
                                                                        std::span<const std::string> keys) {
  return in_transaction(kBeginReading, [&]() -> KeyValueResult<std::vector<std::optional<Bytes>>> {
    std::vector<std::optional<Bytes>> out;
    uint64_t bytes = 0;
    for (const std::string& key : keys) {
      KeyValueResult<Versioned> found = read(key);
      if (!found) return Unexpected(std::move(found).error());
      if (found->value && (bytes += found->value->size()) > KeyValueGrants::kMaxBatchBytes)
        return failed("the values have more than " + std::to_string(KeyValueGrants::kMaxBatchBytes) + " bytes");
      out.push_back(std::move(found->value));
    }
    return out;
  });
}

KeyValueResult<void> SqliteStore::set_many(KeyValueCall&, std::span<const Pair> pairs) {
  return in_transaction(kBegin, [&]() -> KeyValueResult<void> {
    for (const auto& [key, value] : pairs)
      if (KeyValueResult<void> done = write(key, view_of(value)); !done) return done;
    return {};
  });
}

KeyValueResult<void> SqliteStore::remove_many(KeyValueCall& call, std::span<const std::string> keys) {
  return in_transaction(kBegin, [&]() -> KeyValueResult<void> {
    for (const std::string& key : keys)
      if (KeyValueResult<void> done = remove(call, key); !done) return done;
    return {};
  });
}

}  // namespace ermine::wasi::keyvalue

// wasi:keyvalue as a component sees it, with each kind of store.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "tests/wasi/guest.h"
#include "tests/wasi/keyvalue_guest.h"
#include "tests/wasi/redis_server.h"

namespace ermine {
namespace {

using component::Resource;
using component::Value;
using std::chrono::milliseconds, std::chrono::seconds;
using test::bytes;
using test::KeyValueGuest;
using test::kRedisServer;
using test::listener;
using test::must;
using test::RedisServer;
using test::TempDir;
using test::text;

// ---- What all stores have in common

class KeyValue : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string kind = GetParam();
    if (kind == "redis") {
      if (access(kRedisServer, X_OK) != 0) GTEST_SKIP() << "NOT TESTED: there is no redis-server";
      redis_.emplace();
    }
#ifndef ERMINE_HAS_SQLITE
    if (kind == "sqlite") GTEST_SKIP() << "NOT TESTED: the plug-in was built without SQLite";
#endif
  }
  std::string url() const {
    const std::string kind = GetParam();
    if (kind == "sqlite") return "sqlite:" + directory_.path() + "/store.db";
    return redis_ ? redis_->url() : "memory:";
  }
  WasiConfig config() const {
    return std::move(WasiConfig().key_value_store("", url()).key_value_process(test::in_process()));
  }
  bool is_memory() const { return std::string_view(GetParam()) == "memory"; }

  TempDir directory_;
  std::optional<RedisServer> redis_;
};

TEST_P(KeyValue, ValuesAreKept) {
  KeyValueGuest guest(config());
  const Resource b = guest.bucket();
  EXPECT_EQ(guest.get(b, "a"), "none");
  EXPECT_EQ(guest.ask("exists", {guest.of(b), text("a")}), "false");
  EXPECT_EQ(guest.ask("delete", {guest.of(b), text("a")}), "ok");
  EXPECT_EQ(guest.set(b, "a", "one"), "ok");
  EXPECT_EQ(guest.get(b, "a"), "one");
  EXPECT_EQ(guest.set(b, "a", std::string_view("\0\xff\r\n", 4)), "ok");
  EXPECT_EQ(guest.get(b, "a"), std::string_view("\0\xff\r\n", 4));
  EXPECT_EQ(guest.set(b, "empty", ""), "ok");
  EXPECT_EQ(guest.get(b, "empty"), "");
  EXPECT_EQ(guest.ask("exists", {guest.of(b), text("empty")}), "true");
  // Keys are texts: of any characters, and with none.
  for (const std::string_view key : {std::string_view(""), std::string_view("a\0b", 3), std::string_view("\r\n*1"),
                                     std::string_view("schlüssel"), std::string_view("' OR 1=1 --")}) {
    EXPECT_EQ(guest.set(b, key, "of " + std::string(key)), "ok");
    EXPECT_EQ(guest.get(b, key), "of " + std::string(key));
  }
  EXPECT_EQ(guest.ask("delete", {guest.of(b), text("a")}), "ok");
  EXPECT_EQ(guest.get(b, "a"), "none");
  // Another handle is the same store.
  EXPECT_EQ(guest.get(guest.bucket(), "empty"), "");
}

TEST_P(KeyValue, AnotherProgramSeesWhatIsKeptOutsideOfMemory) {
  {
    KeyValueGuest first(config());
    EXPECT_EQ(first.set(first.bucket(), "a", "one"), "ok");
  }
  KeyValueGuest second(config());
  EXPECT_EQ(second.get(second.bucket(), "a"), is_memory() ? "none" : "one");
}

TEST_P(KeyValue, KeysAreListedInPages) {
  KeyValueGuest guest(config());
  const Resource b = guest.bucket();
  EXPECT_TRUE(guest.all_keys(b).empty());
  std::vector<std::string> keys;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (int i = 0; i < 2500; ++i) {
    keys.push_back("key-" + std::to_string(100000 + i));
    pairs.emplace_back(keys.back(), "v");
  }
  EXPECT_EQ(guest.ask("set-many", {guest.of(b), guest.pairs(pairs)}), "ok");
  size_t pages = 0;
  EXPECT_EQ(guest.all_keys(b, &pages), keys);
  EXPECT_GE(pages, 3u);
  // Cursors that no store has given.
  for (const char* cursor : {"", "nonsense", "99999999999999999999999", "18446744073709551615", "-1"}) {
    const Value answer = guest.call("list", {guest.of(b), Value::some(text(cursor))});
    if (!answer.is_ok()) EXPECT_EQ(answer.payload()->case_name(), "other") << cursor;
  }
}

TEST_P(KeyValue, Increment) {
  KeyValueGuest guest(config());
  const Resource b = guest.bucket();
  EXPECT_EQ(guest.increment(b, "n", 5), "5");
  EXPECT_EQ(guest.increment(b, "n", -7), "-2");
  EXPECT_EQ(guest.get(b, "n"), "-2");
  EXPECT_EQ(guest.set(b, "n", "9223372036854775806"), "ok");
  EXPECT_EQ(guest.increment(b, "n", 1), "9223372036854775807");
  const auto is_error = [](const std::string& answer) { return answer.starts_with("(other: "); };
  EXPECT_PRED1(is_error, guest.increment(b, "n", 1));
  EXPECT_EQ(guest.get(b, "n"), "9223372036854775807");
  EXPECT_EQ(guest.set(b, "n", "-9223372036854775808"), "ok");
  EXPECT_PRED1(is_error, guest.increment(b, "n", -1));
  for (const char* value : {"", "x", "1.0", " 1", "1 ", "+1", "01", "-0", "9223372036854775808", "0x10"}) {
    EXPECT_EQ(guest.set(b, "t", value), "ok");
    EXPECT_PRED1(is_error, guest.increment(b, "t", 1)) << value;
    EXPECT_EQ(guest.get(b, "t"), value);
  }
}

TEST_P(KeyValue, CompareAndSwap) {
  KeyValueGuest guest(config());
  const Resource b = guest.bucket();
  const auto cas = [&](const char* key) { return guest.make("cas", {guest.of(b), text(key)}); };
  const auto swap = [&](Resource handle, const char* value) {
    return guest.call("swap", {std::move(handle).into_value(), bytes(value)});
  };
  // A key that is not there.
  Resource first = cas("k"), second = cas("k");
  EXPECT_EQ(guest.ask("current", {guest.of(first)}), "none");
  EXPECT_EQ(guest.show(swap(std::move(first), "one")), "ok");
  EXPECT_EQ(guest.get(b, "k"), "one");
  // It has changed since: the handle in the error has the newest version.
  Value failed = swap(std::move(second), "two");
  EXPECT_EQ(guest.show(failed), "(cas-failed)");
  EXPECT_EQ(guest.get(b, "k"), "one");
  Resource again = must(Resource::from_value(*failed.payload()->payload()));
  EXPECT_EQ(guest.ask("current", {guest.of(again)}), "one");
  EXPECT_EQ(guest.show(swap(std::move(again), "three")), "ok");
  EXPECT_EQ(guest.get(b, "k"), "three");
  // A change by another function.
  Resource third = cas("k");
  EXPECT_EQ(guest.set(b, "k", "other"), "ok");
  EXPECT_EQ(guest.show(swap(std::move(third), "four")), "(cas-failed)");
  // current() reads the newest value, and its version is the one that counts then.
  Resource fourth = cas("k");
  EXPECT_EQ(guest.set(b, "k", "newer"), "ok");
  EXPECT_EQ(guest.ask("current", {guest.of(fourth)}), "newer");
  EXPECT_EQ(guest.show(swap(std::move(fourth), "five")), "ok");
  // Removed.
  Resource fifth = cas("k");
  EXPECT_EQ(guest.ask("delete", {guest.of(b), text("k")}), "ok");
  EXPECT_EQ(guest.show(swap(std::move(fifth), "six")), "(cas-failed)");
  EXPECT_EQ(guest.get(b, "k"), "none");
  // Removed and set to the same value: only Redis, which compares values, cannot see that.
  EXPECT_EQ(guest.set(b, "k", "same"), "ok");
  Resource sixth = cas("k");
  EXPECT_EQ(guest.ask("delete", {guest.of(b), text("k")}), "ok");
  EXPECT_EQ(guest.set(b, "k", "same"), "ok");
  EXPECT_EQ(guest.show(swap(std::move(sixth), "seven")), redis_ ? "ok" : "(cas-failed)");
}

TEST_P(KeyValue, Batches) {
  KeyValueGuest guest(config());
  const Resource b = guest.bucket();
  EXPECT_EQ(guest.ask("set-many", {guest.of(b), guest.pairs({{"a", "1"}, {"b", ""}, {"c", "3"}, {"a", "4"}})}), "ok");
  EXPECT_EQ(guest.ask("get-many", {guest.of(b), guest.list({"a", "x", "b", "a"})}), "[a=4 none b= a=4]");
  EXPECT_EQ(guest.ask("delete-many", {guest.of(b), guest.list({"a", "x", "a"})}), "ok");
  EXPECT_EQ(guest.ask("get-many", {guest.of(b), guest.list({"a", "c"})}), "[none c=3]");
  EXPECT_EQ(guest.ask("get-many", {guest.of(b), guest.list({})}), "[]");
  EXPECT_EQ(guest.ask("set-many", {guest.of(b), guest.pairs({})}), "ok");
  EXPECT_EQ(guest.ask("delete-many", {guest.of(b), guest.list({})}), "ok");
}

TEST_P(KeyValue, LimitsOfSizes) {
  WasiConfig small = config();
  KeyValueGuest guest(std::move(small.key_value_limits(1000, 10'000)));
  const Resource b = guest.bucket();
  EXPECT_EQ(guest.set(b, "k", std::string(1000, 'x')), "ok");
  EXPECT_EQ(guest.set(b, "k", std::string(1001, 'x')), "(other: a value has 1001 bytes, and at most 1000 are allowed)");
  EXPECT_EQ(guest.set(b, std::string(4096, 'k'), "x"), "ok");
  EXPECT_EQ(guest.get(b, std::string(4097, 'k')), "(other: a key has 4097 bytes, and at most 4096 are allowed)");
  EXPECT_TRUE(guest.ask("set-many", {guest.of(b), guest.pairs({{"a", "1"}, {"b", std::string(1001, 'x')}})})
                  .starts_with("(other: "));
  EXPECT_EQ(guest.get(b, "a"), "none");
  if (is_memory()) {
    std::string answer = "ok";
    int kept = 0;
    for (; kept < 100 && answer == "ok"; ++kept)
      answer = guest.set(b, "key" + std::to_string(kept), std::string(1000, 'y'));
    EXPECT_LT(kept, 10);
    EXPECT_EQ(answer, "(other: the store in memory is full: at most 10000 bytes are allowed)");
    // What is removed or overwritten gives room back.
    EXPECT_EQ(guest.ask("delete", {guest.of(b), text("k")}), "ok");
    EXPECT_EQ(guest.set(b, "another", std::string(900, 'y')), "ok");
  } else {
    // What another program has written, and is too large for this one.
    KeyValueGuest other(config());
    EXPECT_EQ(other.set(other.bucket(), "large", std::string(5000, 'x')), "ok");
    EXPECT_EQ(guest.get(b, "large"), "(other: the value has 5000 bytes, and at most 1000 are allowed)");
  }
}

TEST_P(KeyValue, LargeValues) {
  KeyValueGuest guest(config());
  const Resource b = guest.bucket();
  std::string large(3 << 20, '\0');
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 7919 >> 8);
  EXPECT_EQ(guest.set(b, "large", large), "ok");
  EXPECT_EQ(guest.get(b, "large"), large);
}

TEST_P(KeyValue, ManyProgramsIncrementOneNumber) {
  if (is_memory()) return;  // each program has its own
  constexpr int kPrograms = 4, kTimes = 50;
  std::vector<std::thread> threads;
  for (int i = 0; i < kPrograms; ++i)
    threads.emplace_back([this] {
      KeyValueGuest guest(config());
      const Resource b = guest.bucket();
      for (int n = 0; n < kTimes; ++n) EXPECT_FALSE(guest.increment(b, "n", 1).starts_with("("));
      // The same by compare-and-swap.
      for (int n = 0; n < kTimes;) {
        Resource cas = guest.make("cas", {guest.of(b), text("m")});
        const std::string now = guest.ask("current", {guest.of(cas)});
        const int next = now == "none" ? 1 : std::stoi(now) + 1;
        const std::string swapped = guest.ask("swap", {std::move(cas).into_value(), bytes(std::to_string(next))});
        if (swapped == "ok") ++n;
        else EXPECT_EQ(swapped, "(cas-failed)");
      }
    });
  for (std::thread& t : threads) t.join();
  KeyValueGuest guest(config());
  EXPECT_EQ(guest.get(guest.bucket(), "n"), std::to_string(kPrograms * kTimes));
  EXPECT_EQ(guest.get(guest.bucket(), "m"), std::to_string(kPrograms * kTimes));
}

TEST_P(KeyValue, HandlesAreCountedAndStoresEndWithTheProgram) {
  // Without the memory for machine code, which the engine keeps from the first function that is compiled.
  const auto descriptors = [] {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code closed;
      const std::filesystem::path target = std::filesystem::read_symlink(entry.path(), closed);
      count += !closed && target.string().find("memfd:ermine-code") == std::string::npos;
    }
    return count;
  };
  const int before = descriptors();
  {
    KeyValueGuest guest(config());
    std::vector<Resource> buckets;
    for (int i = 0; i < 1000; ++i) buckets.push_back(guest.bucket());
    EXPECT_EQ(guest.set(buckets.front(), "a", "b"), "ok");
    buckets.clear();
  }
  // The worker's thread closes its own after the program's.
  for (int i = 0; i < 500 && descriptors() > before; ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_LE(descriptors(), before);
}

INSTANTIATE_TEST_SUITE_P(Stores, KeyValue, testing::Values("memory", "sqlite", "redis"),
                         [](const auto& info) { return std::string(info.param); });

// ---- Stores of embedders

class OwnStore final : public KeyValueStore {
 public:
  KeyValueResult<std::optional<Bytes>> get(KeyValueCall& call, const std::string& key) override {
    if (key == "denied") return component::Unexpected(KeyValueError{KeyValueError::Code::kAccessDenied});
    if (key == "bad text") return component::Unexpected(KeyValueError{KeyValueError::Code::kOther, "\xff\x1b"});
    if (key == "wait") {
      int ends[2];
      EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
      waited = call.wait(ends[0], false, KeyValueCall::Clock::now() + seconds(100));
      close(ends[0]);
      close(ends[1]);
    }
    if (key == "time out") waited = call.wait(-1, false, KeyValueCall::Clock::now() + milliseconds(20));
    const auto found = values.find(key);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  }
  KeyValueResult<void> set(KeyValueCall&, const std::string& key, const Bytes& value) override {
    values[key] = value;
    return {};
  }
  KeyValueResult<void> remove(KeyValueCall&, const std::string& key) override {
    values.erase(key);
    return {};
  }
  KeyValueResult<bool> exists(KeyValueCall&, const std::string& key) override { return values.contains(key); }
  KeyValueResult<Keys> list(KeyValueCall&, const std::optional<std::string>&) override {
    Keys out;
    for (const auto& [key, value] : values) out.keys.push_back(key);
    return out;
  }
  KeyValueResult<int64_t> increment(KeyValueCall&, const std::string&, int64_t delta) override { return delta; }
  KeyValueResult<Versioned> read_version(KeyValueCall&, const std::string&) override {
    return Versioned{std::nullopt, std::string(version_size, 'v')};
  }
  KeyValueResult<bool> swap(KeyValueCall&, const std::string&, const std::string&, const Bytes&) override {
    return false;
  }

  std::map<std::string, Bytes> values;
  KeyValueCall::Wait waited = KeyValueCall::Wait::kReady;
  size_t version_size = 1;
};

// ---- Grants

TEST(KeyValueGrant, NothingIsGrantedByDefault) {
  KeyValueGuest guest{WasiConfig()};
  EXPECT_EQ(guest.ask("open", {text("")}), "(access-denied)");
  EXPECT_EQ(guest.ask("open", {text("x\x1b[1m")}), "(access-denied)");
  EXPECT_EQ(guest.wasi().refusals().key_value_store, "");
}

TEST(KeyValueGrant, StoresHaveNames) {
  KeyValueGuest guest(WasiConfig().key_value_store("one", "memory:").key_value_store("two", "memory:"));
  EXPECT_EQ(guest.ask("open", {text("")}), "(no-such-store)");
  EXPECT_EQ(guest.wasi().refusals().key_value_store, "");
  const Resource one = guest.bucket("one"), two = guest.bucket("two");
  EXPECT_EQ(guest.set(one, "a", "1"), "ok");
  EXPECT_EQ(guest.get(two, "a"), "none");
  EXPECT_EQ(guest.ask("open", {text("three\x1b")}), "(no-such-store)");
}

TEST(KeyValueGrant, FirstContents) {
  WasiConfig config;
  config.key_value_store("", "memory:");
  HostGrants grants = std::move(config).grants();
  auto stores = std::make_shared<KeyValueGrants>(*grants.key_value);
  stores->memory_data = {{"a", "1"}, {"b", "2=3"}};
  grants.key_value = stores;
  KeyValueGuest guest{WasiConfig(grants)};
  EXPECT_EQ(guest.get(guest.bucket(), "a"), "1");
  EXPECT_EQ(guest.get(guest.bucket(), "b"), "2=3");
  // Without a default store, they make one.
  stores = std::make_shared<KeyValueGrants>(*stores);
  stores->stores[0].name = "other";
  grants.key_value = stores;
  KeyValueGuest second{WasiConfig(grants)};
  EXPECT_EQ(second.get(second.bucket(), "a"), "1");
  EXPECT_EQ(second.get(second.bucket("other"), "a"), "none");
  WasiConfig wrong(std::move(grants));
  wrong.key_value_store("", std::make_shared<OwnStore>());
  EXPECT_EQ(Wasi::create(std::move(KeyValueGuest::with_plugin(wrong))).error().kind(), ErrorKind::kUsage);
}

TEST(KeyValueGrant, WhatCannotBeOpenedIsAnError) {
  TempDir directory;
  std::ofstream(directory.path() + "/text") << "this is no database, but a text that is long enough to be one\n";
  const auto error = [](const std::string& url) {
    WasiConfig config;
    config.key_value_store("s", url).key_value_process(test::in_process());
    Result<Wasi> wasi = Wasi::create(std::move(KeyValueGuest::with_plugin(config)));
    if (wasi) {
      ADD_FAILURE() << url;
      return std::string();
    }
    return wasi.error().message();
  };
  const auto contains = [](const std::string& all, const char* part) { return all.find(part) != all.npos; };
  const std::string forms = "memory:, sqlite:PATH or redis://HOST[:PORT][/DATABASE]";
  for (const char* url : {"", "file", "sqlite:", "http://x", "memory", "memory:x", "redis:x"})
    EXPECT_PRED2(contains, error(url), forms.c_str()) << url;
  EXPECT_PRED2(contains, error("rediss://h"), "TLS");
  EXPECT_PRED2(contains, error("redis://"), "no host");
  EXPECT_PRED2(contains, error("redis://h:0"), "port");
  EXPECT_PRED2(contains, error("redis://h:65536"), "port");
  EXPECT_PRED2(contains, error("redis://h:1x"), "port");
  EXPECT_PRED2(contains, error("redis://h/x"), "database");
  EXPECT_PRED2(contains, error("redis://secret@h"), "no password");
  EXPECT_PRED2(contains, error("redis://:%zz@h"), "hexadecimal");
  EXPECT_PRED2(contains, error("redis://:%a"), "no host");
  EXPECT_PRED2(contains, error("redis://[::1"), "]");
  // No password is in a message.
  const auto [fd, port] = listener();
  close(fd);
  const std::string refused = error("redis://u:secret@127.0.0.1:" + std::to_string(port));
  EXPECT_PRED2(contains, refused, "cannot open the store 's': cannot connect to the store: Connection refused");
  EXPECT_FALSE(contains(refused, "secret"));
#ifdef ERMINE_HAS_SQLITE
  EXPECT_PRED2(contains, error("sqlite:" + directory.path() + "/none/x.db"), "cannot open the store 's'");
  EXPECT_PRED2(contains, error("sqlite:" + directory.path() + "/text"), "not a database");
#endif
}

TEST(KeyValueGrant, AMissingPlugin) {
  // In a process of its own from the beginning: this one may have opened the plug-in already.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        WasiConfig config;
        config.key_value_store("", "memory:").key_value_plugin("/nothing/libermine-keyvalue.so");
        const Result<Wasi> wasi = Wasi::create(std::move(config));
        const bool right = !wasi && wasi.error().kind() == ErrorKind::kUnsupported;
        if (!wasi) std::fputs(wasi.error().message().c_str(), stderr);
        _exit(right ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(KeyValueOwn, AnObjectOfTheEmbedder) {
  const auto own = std::make_shared<OwnStore>();
  KeyValueGuest guest(WasiConfig().key_value_store("", own));
  const Resource b = guest.bucket();
  EXPECT_EQ(guest.set(b, "a", "1"), "ok");
  EXPECT_EQ(own->values.size(), 1u);
  EXPECT_EQ(guest.get(b, "a"), "1");
  EXPECT_EQ(guest.get(b, "denied"), "(access-denied)");
  EXPECT_EQ(guest.get(b, "bad text"), "(other: \\ff\\1b)");
  EXPECT_EQ(guest.ask("set-many", {guest.of(b), guest.pairs({{"b", "2"}, {"c", "3"}})}), "ok");
  EXPECT_EQ(guest.ask("get-many", {guest.of(b), guest.list({"c", "x", "a"})}), "[c=3 none a=1]");
  EXPECT_EQ(guest.ask("get-many", {guest.of(b), guest.list({"c", "denied"})}), "(access-denied)");
  EXPECT_EQ(guest.ask("delete-many", {guest.of(b), guest.list({"a", "b"})}), "ok");
  EXPECT_EQ(guest.all_keys(b), std::vector<std::string>{"c"});
  EXPECT_EQ(guest.increment(b, "n", 3), "3");
  EXPECT_EQ(guest.get(b, "time out"), "none");
  EXPECT_EQ(own->waited, KeyValueCall::Wait::kTimeout);
}

TEST(KeyValueOwn, ItsWaitsEndWithTheDeadline) {
  const auto own = std::make_shared<OwnStore>();
  KeyValueGuest guest(WasiConfig().key_value_store("", own));
  const Resource b = guest.bucket();
  guest.store().set_timeout(milliseconds(100));
  const Result<std::optional<Value>> ended = guest.attempt("get", {guest.of(b), text("wait")});
  EXPECT_FALSE(ended);
  EXPECT_EQ(ended.error().limit(), Limit::kDeadline);
  EXPECT_EQ(own->waited, KeyValueCall::Wait::kStopped);
}

// The versions that handles keep are bounded, and given back.
TEST(KeyValueOwn, VersionsAreBounded) {
  const auto own = std::make_shared<OwnStore>();
  own->version_size = 16 << 20;
  KeyValueGuest guest(WasiConfig().key_value_store("", own));
  const Resource b = guest.bucket();
  for (int round = 0; round < 2; ++round) {
    std::vector<Resource> handles;
    for (int i = 0; i < 4; ++i) handles.push_back(guest.make("cas", {guest.of(b), text("k")}));
    EXPECT_TRUE(guest.ask("cas", {guest.of(b), text("k")}).starts_with("(other: "));
  }
}

// ---- Fuel, and traces

TEST(KeyValueCost, BytesCostFuel) {
  KeyValueGuest guest(WasiConfig().key_value_store("", "memory:"), test::metered());
  must(guest.store().set_fuel(100'000'000));
  const Resource b = guest.bucket();
  const auto cost = [&](size_t size) {
    const uint64_t before = *guest.store().fuel();
    EXPECT_EQ(guest.set(b, "k", std::string(size, 'x')), "ok");
    return before - *guest.store().fuel();
  };
  const uint64_t small = cost(16), large = cost(16 + 160'000);
  EXPECT_GE(large - small, 10'000u);
}

TEST(KeyValueCost, CallsAreTraced) {
  std::vector<std::string> lines;
  KeyValueGuest guest(
      WasiConfig().key_value_store("", "memory:").trace([&](std::string_view line) { lines.emplace_back(line); }));
  const Resource b = guest.bucket();
  EXPECT_EQ(guest.set(b, "key", "value"), "ok");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[1].find("bucket.set"), std::string::npos) << lines[1];
  EXPECT_NE(lines[1].find("\"key\""), std::string::npos) << lines[1];
}

}  // namespace
}  // namespace ermine

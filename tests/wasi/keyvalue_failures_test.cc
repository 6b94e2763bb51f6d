// wasi:keyvalue with stores that do not work as they should: servers that die, wait or lie, files that are damaged or
// locked, a worker that is killed.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "tests/wasi/guest.h"
#include "tests/wasi/keyvalue_guest.h"
#include "tests/wasi/redis_server.h"

namespace ermine {
namespace {

using component::Resource;
using component::Value;
using std::chrono::milliseconds, std::chrono::seconds;
using test::KeyValueGuest;
using test::kRedisServer;
using test::loopback;
using test::LyingServer;
using test::must;
using test::RedisServer;
using test::tcp_socket;
using test::TempDir;
using test::text;

WasiConfig with(const std::string& url, std::chrono::nanoseconds time = seconds(20)) {
  WasiConfig config;
  config.key_value_store("", url).key_value_process(test::in_process()).key_value_timeout(time);
  return config;
}

TEST(KeyValueRedis, Logins) {
  if (access(kRedisServer, X_OK) != 0) GTEST_SKIP() << "NOT TESTED: there is no redis-server";
  const RedisServer server({"--requirepass", "p@ss:word/1"});
  KeyValueGuest guest(with(server.url(":p%40ss%3Aword%2F1@") + "/3"));
  EXPECT_EQ(guest.set(guest.bucket(), "a", "1"), "ok");
  KeyValueGuest other(with(server.url("default:p%40ss%3aword%2f1@")));
  EXPECT_EQ(other.get(other.bucket(), "a"), "none");  // another database
  for (const std::string& login : {std::string(), std::string(":wrong@")}) {
    WasiConfig config = with(server.url(login) + "/1");
    Result<Wasi> wasi = Wasi::create(std::move(KeyValueGuest::with_plugin(config)));
    ASSERT_FALSE(wasi);
    EXPECT_NE(wasi.error().message().find("the store answered: "), std::string::npos) << wasi.error().message();
  }
  WasiConfig config = with(server.url(":p%40ss%3Aword%2F1@") + "/9999");
  EXPECT_FALSE(Wasi::create(std::move(KeyValueGuest::with_plugin(config))));
}

TEST(KeyValueRedis, AServerThatDiesAndComesBack) {
  if (access(kRedisServer, X_OK) != 0) GTEST_SKIP() << "NOT TESTED: there is no redis-server";
  {
    RedisServer server;
    KeyValueGuest guest(with(server.url()));
    const Resource b = guest.bucket();
    EXPECT_EQ(guest.set(b, "a", "1"), "ok");
    server.stop();
    EXPECT_EQ(guest.get(b, "a"), "(other: cannot connect to the store: Connection refused)");
    server.start();
    EXPECT_EQ(guest.get(b, "a"), "none");
    EXPECT_EQ(guest.set(b, "a", "2"), "ok");
    EXPECT_EQ(guest.get(b, "a"), "2");
  }
}

TEST(KeyValueRedis, KeysOfOtherKinds) {
  if (access(kRedisServer, X_OK) != 0) GTEST_SKIP() << "NOT TESTED: there is no redis-server";
  const RedisServer server;
  KeyValueGuest guest(with(server.url()));
  const Resource b = guest.bucket();
  const int fd = tcp_socket();
  const std::string port = server.url().substr(server.url().rfind(':') + 1);
  const sockaddr_in address = loopback(static_cast<uint16_t>(std::stoi(port)));
  ASSERT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const std::string commands = "LPUSH list x\r\nSET \"\\xff\" x\r\n";
  ASSERT_EQ(send(fd, commands.data(), commands.size(), 0), static_cast<ssize_t>(commands.size()));
  char answer[64];
  ASSERT_GT(recv(fd, answer, sizeof answer, 0), 0);
  for (int i = 0; i < 100 && guest.ask("exists", {guest.of(b), text("list")}) != "true"; ++i)
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_TRUE(guest.get(b, "list").starts_with("(other: the store answered: WRONGTYPE"));
  EXPECT_EQ(guest.all_keys(b), std::vector<std::string>{"list"});
  close(fd);
}

TEST(KeyValueRedis, AServerThatDoesNotAnswer) {
  {
    const LyingServer server([] { return std::string(); });
    {
      KeyValueGuest guest(with(server.url(), milliseconds(200)));
      const Resource b = guest.bucket();
      EXPECT_EQ(guest.get(b, "a"), "(other: the store has not answered in time)");
      EXPECT_EQ(guest.get(b, "a"), "(other: the store has not answered in time)");
    }
    // The program's deadline comes first.
    KeyValueGuest guest(with(server.url(), seconds(100)));
    const Resource b = guest.bucket();
    const auto start = std::chrono::steady_clock::now();
    guest.store().set_timeout(milliseconds(200));
    const Result<std::optional<Value>> ended = guest.attempt("get", {guest.of(b), text("a")});
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().limit(), Limit::kDeadline);
    EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(10));
  }
}

TEST(KeyValueRedis, Interrupts) {
  const LyingServer server([] { return std::string(); });
  KeyValueGuest guest(with(server.url(), seconds(100)));
  const Resource b = guest.bucket();
  std::thread other([handle = guest.store().interrupt_handle()] {
    std::this_thread::sleep_for(milliseconds(100));
    handle.interrupt();
  });
  const Result<std::optional<Value>> ended = guest.attempt("get", {guest.of(b), text("a")});
  other.join();
  EXPECT_FALSE(ended);
}

TEST(KeyValueRedis, AServerThatLies) {
  const std::string garbage = "(other: the store does not speak the protocol of Redis)",
                    large = "(other: the store's answer is larger than allowed)",
                    lost = "(other: the connection to the store was lost)";
  const std::pair<std::string, std::string> answers[] = {
      {"close", lost},
      {"HTTP/1.1 400 Bad Request\r\n\r\n", garbage},
      {"\r\n", garbage},
      {"$4\r\nab\r\nc\r\n", garbage},
      {"$-2\r\n", garbage},
      {"$x\r\n", garbage},
      {"$99999999999\r\n", large},
      {"$999999999999999999999\r\n", garbage},
      {"*2\r\n$1\r\na\r\n$1\r\nb\r\n", garbage},
      {"*2147483647\r\n", large},
      {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", garbage},
      {":1\r\n", garbage},
      {"+OK\r\n", garbage},
      {std::string(100'000, '+'), garbage},
      {"-ERR \x1b[31m\xff\r\n", "(other: the store answered: ERR \\1b[31m\\ff)"},
      {"$1\r\na\r\n$1\r\nb\r\n", "a"},  // an answer too many: the connection is given up before the next command
  };
  for (const auto& [answer, expected] : answers) {
    const LyingServer server([answer = answer] { return answer; });
    KeyValueGuest guest(with(server.url(), seconds(30)));
    const Resource b = guest.bucket();
    for (int i = 0; i < 2; ++i) EXPECT_EQ(guest.get(b, "a"), expected) << answer.substr(0, 60);
    // An error is an answer; after anything else the connection is given up.
    if (!answer.starts_with('-')) EXPECT_GE(server.connections(), 2) << answer.substr(0, 60);
  }
  // Of lists.
  for (const char* answer : {"*0\r\n", "*1\r\n$1\r\n0\r\n", "*2\r\n$1\r\nx\r\n*0\r\n", "*2\r\n:0\r\n*0\r\n"}) {
    const LyingServer server([answer] { return std::string(answer); });
    KeyValueGuest guest(with(server.url()));
    const Resource b = guest.bucket();
    EXPECT_EQ(guest.ask("list", {guest.of(b), Value::none()}), garbage) << answer;
    EXPECT_EQ(guest.ask("get-many", {guest.of(b), guest.list({"a", "b", "c"})}), garbage) << answer;
  }
  // No value, where there is always one.
  for (const char* answer : {"$-1\r\n", "*-1\r\n"}) {
    const LyingServer server([answer] { return std::string(answer); });
    KeyValueGuest guest(with(server.url()));
    const Resource b = guest.bucket();
    EXPECT_EQ(guest.set(b, "a", "b"), garbage) << answer;
    EXPECT_EQ(guest.ask("list", {guest.of(b), Value::none()}), garbage) << answer;
  }
  // A page without end: each is answered, and the program decides.
  const LyingServer server([] { return std::string("*2\r\n$1\r\n1\r\n*0\r\n"); });
  KeyValueGuest guest(with(server.url()));
  const Resource b = guest.bucket();
  EXPECT_TRUE(guest.call("list", {guest.of(b), Value::none()}).is_ok());
}

TEST(KeyValueRedis, AnAnswerByteByByte) {
  int at = 0;
  const std::string whole = "$3\r\nabc\r\n";
  // Each packet of the program is answered, so the answer has to come after one.
  const LyingServer server([&] { return at++ == 0 ? whole.substr(0, 5) : whole.substr(5); });
  KeyValueGuest guest(with(server.url(), milliseconds(300)));
  const Resource b = guest.bucket();
  EXPECT_EQ(guest.get(b, "a"), "(other: the store has not answered in time)");
}

#ifdef ERMINE_HAS_SQLITE
// The file of a store, tampered with.
TEST(KeyValueSqlite, ADamagedFile) {
  TempDir directory;
  const std::string path = directory.path() + "/store.db";
  {
    KeyValueGuest guest(with("sqlite:" + path));
    const Resource b = guest.bucket();
    for (int i = 0; i < 200; ++i) EXPECT_EQ(guest.set(b, "key" + std::to_string(i), std::string(300, 'x')), "ok");
  }
  std::this_thread::sleep_for(milliseconds(200));
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    for (int i = 0; i < 40000; ++i) file.put(static_cast<char>(i * 31));
  }
  WasiConfig config = with("sqlite:" + path, seconds(2));
  Result<Wasi> wasi = Wasi::create(WasiConfig(KeyValueGuest::with_plugin(config)));
  if (!wasi) return;  // seen at once
  KeyValueGuest guest(std::move(config));
  const Resource b = guest.bucket();
  int errors = 0;
  for (int i = 0; i < 200; ++i) errors += guest.get(b, "key" + std::to_string(i)).starts_with("(other: ") ? 1 : 0;
  EXPECT_GT(errors, 0);
}

// Another process has the file locked for longer than the timeout.
TEST(KeyValueSqlite, ALockedFile) {
  TempDir directory;
  const std::string url = "sqlite:" + directory.path() + "/store.db";
  KeyValueGuest guest(with(url, milliseconds(300)));
  const Resource b = guest.bucket();
  EXPECT_EQ(guest.set(b, "a", "1"), "ok");
  // The lock for writing of write-ahead logging: byte 120 of the shared memory file.
  const int fd = open((directory.path() + "/store.db-shm").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = 120;
  lock.l_len = 1;
  const pid_t child = fork();
  if (child == 0) {
    if (fcntl(fd, F_SETLK, &lock) != 0) _exit(1);
    std::this_thread::sleep_for(seconds(2));
    _exit(0);
  }
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_EQ(guest.set(b, "a", "2"), "(other: the store is in use by another process for too long)");
  EXPECT_EQ(guest.get(b, "a"), "1");
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(guest.set(b, "a", "3"), "ok");
  close(fd);
}

// A worker's process that is killed.
TEST(KeyValueProcess, AWorkerThatDies) {
  if (!test::in_process()) return;  // a thread cannot be killed
  TempDir directory;
  KeyValueGuest guest(with("sqlite:" + directory.path() + "/store.db"));
  const Resource b = guest.bucket();
  EXPECT_EQ(guest.set(b, "a", "1"), "ok");
  // It has this process's directory in its list of files.
  int killed = 0;
  DIR* const all = opendir("/proc");
  while (const dirent* entry = readdir(all)) {
    std::ifstream comm(std::string("/proc/") + entry->d_name + "/comm");
    std::string name;
    std::getline(comm, name);
    if (name != "ermine-keyvalue") continue;
    const std::string files = std::string("/proc/") + entry->d_name + "/fd";
    DIR* const dir = opendir(files.c_str());
    bool ours = false;
    while (const dirent* file = dir != nullptr ? readdir(dir) : nullptr) {
      char target[512] = {};
      if (readlink((files + "/" + file->d_name).c_str(), target, sizeof target - 1) > 0)
        ours |= std::string_view(target).starts_with(directory.path());
    }
    if (dir != nullptr) closedir(dir);
    if (ours) killed += kill(std::atoi(entry->d_name), SIGKILL) == 0 ? 1 : 0;
  }
  closedir(all);
  ASSERT_EQ(killed, 1);
  EXPECT_EQ(guest.get(b, "a"), "(other: the worker of the store has ended)");
  EXPECT_EQ(guest.get(b, "a"), "(other: the worker of the store has ended)");
}
#endif

}  // namespace
}  // namespace ermine

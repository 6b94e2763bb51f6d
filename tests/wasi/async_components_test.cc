// WASI 0.3 as a component sees it: results of its functions, its streams, what waits at the same time, and the attacks
// that the tests of preview 1 and WASI 0.2 try.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <set>
#include <thread>

#include "ermine/component/call.h"
#include "ermine/component/event_loop.h"
#include "tests/wasi/async_component_caller.h"
#include "tests/wasi/guest_directory.h"

namespace ermine {
namespace {

using component::Resource;
using component::ResourceRef;
using component::Value;
using test::AsyncGuest;
using test::bytes;
using test::flags;
using test::follow;
using test::GuestDirectory;
using test::must;
using test::number;
using test::TempDir;
using test::text;
using test::Values;

constexpr uint64_t kMillisecond = 1'000'000;
constexpr uint64_t kStatusBadDescriptor = 3, kStatusInvalid = 12, kStatusIsDirectory = 14, kStatusNotDirectory = 24,
                   kStatusNotUtf8 = 9, kStatusTooManyFiles = 22;

using Contents = AsyncGuest::Contents;

WasiConfig in(const TempDir& directory, WasiDirAccess access = WasiDirAccess::kReadWrite) {
  WasiConfig config;
  config.preopen_dir(directory.path(), "/", access);
  return config;
}
uint64_t milliseconds_of(auto f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count());
}

struct Pipe {
  int ends[2];
  Pipe() { EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0); }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(int end) {
    if (ends[end] >= 0) close(ends[end]);
    ends[end] = -1;
  }
};

TEST(WasiAsync, EveryVersionIsServed) {
  for (const char* version : {"0.3.0", "0.3.1"}) {
    AsyncGuest guest(WasiConfig().args({"app", "one"}).env("A", "b=c"), version);
    EXPECT_EQ(guest.call("arguments").elements()[1].as_string(), "one");
    EXPECT_EQ(guest.call("environment").elements()[0].elements()[1].as_string(), "b=c");
    EXPECT_EQ(guest.call("cwd").payload(), nullptr);
    EXPECT_EQ(guest.call("terminal").payload(), nullptr);
  }
}

TEST(WasiAsync, Exit) {
  const auto code = [](const char* name, Value argument) {
    AsyncGuest guest{WasiConfig()};
    return guest.attempt(name, {std::move(argument)}).error().exit_code();
  };
  EXPECT_EQ(code("exit-with-code", Value::integer(component::ValueKind::kU8, 42)), 42);
  EXPECT_EQ(code("exit", Value::result(true)), 0);
  EXPECT_EQ(code("exit", Value::result(false)), 1);
}

TEST(WasiAsync, ClocksAndRandomNumbers) {
  AsyncGuest guest{WasiConfig()};
  const uint64_t before = guest.call("now").as_unsigned();
  must(guest.attempt("wait-for", {number(20 * kMillisecond)}));
  const uint64_t after = guest.call("now").as_unsigned();
  EXPECT_GE(after, before + 20 * kMillisecond);
  must(guest.attempt("wait-until", {number(after + 10 * kMillisecond)}));
  EXPECT_GE(guest.call("now").as_unsigned(), after + 10 * kMillisecond);
  // In the past, and for no time.
  must(guest.attempt("wait-until", {number(0)}));
  must(guest.attempt("wait-for", {number(0)}));
  EXPECT_GT(guest.call("resolution").as_unsigned(), 0u);
  EXPECT_GT(guest.call("system-resolution").as_unsigned(), 0u);
  const Value now = guest.call("system-now");
  EXPECT_NEAR(static_cast<double>(now.field("seconds")->as_signed()), static_cast<double>(time(nullptr)), 5);
  EXPECT_LT(now.field("nanoseconds")->as_unsigned(), 1'000'000'000u);
  EXPECT_EQ(guest.call("iana-id").payload(), nullptr);
  EXPECT_EQ(guest.call("utc-offset", {now.clone()}).payload(), nullptr);
  EXPECT_FALSE(guest.call("zone-text").as_string().empty());
  EXPECT_EQ(guest.call("random-bytes", {number(1000)}).size(), 1000u);
  EXPECT_NE(guest.call("random").as_unsigned(), guest.call("random").as_unsigned());
  EXPECT_TRUE(guest.call("seed") == guest.call("seed"));
  EXPECT_FALSE(guest.call("seed") == AsyncGuest(WasiConfig()).call("seed"));
}

TEST(WasiAsync, ManyTimersWaitAtOnce) {
  AsyncGuest guest{WasiConfig()};
  const uint64_t took =
      milliseconds_of([&] { must(guest.attempt("timers", {Value::u32(1000), number(100 * kMillisecond)})); });
  EXPECT_GE(took, 100u);
  EXPECT_LT(took, 20'000u);  // one after the other would take 100 s
}

TEST(WasiAsync, TimersAreCancelledAtOnce) {
  AsyncGuest guest{WasiConfig()};
  constexpr uint64_t kCancelledBeforeReturned = 4;
  EXPECT_EQ(guest.status("cancel-timer"), kCancelledBeforeReturned);
}

TEST(WasiAsync, ATaskThatIsAlwaysReadyDoesNotStopTheClock) {
  AsyncGuest guest{WasiConfig()};
  guest.store().set_timeout(std::chrono::seconds(20));
  must(guest.attempt("spin", {number(10 * kMillisecond)}));
}

TEST(WasiAsync, WaitsEndAtTheDeadline) {
  Pipe input;
  const auto ends = [&](const char* name, Values arguments) {
    AsyncGuest guest(WasiConfig().stdio(input.ends[0], 1, 2));
    guest.store().set_timeout(std::chrono::milliseconds(30));
    Result<std::optional<Value>> r = guest.attempt(name, std::move(arguments));
    ASSERT_FALSE(r) << name;
    EXPECT_EQ(r.error().trap_code(), TrapCode::kInterrupted) << name << ": " << r.error().to_string();
  };
  ends("wait-for", {number(~uint64_t{0})});
  ends("stdin-all", {});
  ends("read-or-timeout", {number(~uint64_t{0})});
}

TEST(WasiAsync, StandardInputWaitsWithoutBlockingOthers) {
  constexpr uint64_t kSubtask = 1, kStreamRead = 2;
  Pipe input;
  AsyncGuest guest(WasiConfig().stdio(input.ends[0], 1, 2));
  // The timer comes first; the end of the unused stream is a success.
  EXPECT_EQ(guest.status("read-or-timeout", {number(10 * kMillisecond)}), kSubtask);
  ASSERT_EQ(write(input.ends[1], "data", 4), 4);
  EXPECT_EQ(guest.status("read-or-timeout", {number(3600'000 * kMillisecond)}), kStreamRead);
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(write(input.ends[1], "more", 4), 4);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(write(input.ends[1], " data", 5), 5);
    input.close_end(1);
  });
  EXPECT_EQ(guest.contents("stdin-all"), (Contents{"more data", 0}));
  later.join();
  EXPECT_EQ(guest.contents("stdin-all"), (Contents{"", 0}));
}

// An embedder that has a loop of its own learns from one descriptor when to run the store's.
TEST(WasiAsync, AnEmbeddersLoopHearsWhatHappens) {
  Pipe input;
  AsyncGuest guest(WasiConfig().stdio(input.ends[0], 1, 2));
  const component::EventLoop loop(guest.store());
  pollfd fd{must(loop.event_fd()), POLLIN, 0};  // before anything waits
  int waits = 0;
  const auto run = [&](const char* name, Values arguments) {
    ComponentCall<std::optional<Value>> call = must(guest.func(name).call_async(arguments));
    waits = 0;
    while (!call.done()) {
      if (must(loop.run_some()) || call.done()) continue;
      ++waits;
      if (poll(&fd, 1, 10'000) != 1) return ADD_FAILURE() << name << " is not heard", std::optional<Value>();
    }
    return must(call.take());
  };
  const auto few = [&] { return waits >= 1 && waits < 20; };
  EXPECT_GE(milliseconds_of([&] { run("wait-for", {number(30 * kMillisecond)}); }), 30u);
  EXPECT_TRUE(few()) << waits;
  // Many at once, and one after the other.
  run("timers", {Value::u32(100), number(10 * kMillisecond)});
  EXPECT_TRUE(few()) << waits;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(write(input.ends[1], "some", 4), 4);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(write(input.ends[1], " data", 5), 5);
    input.close_end(1);
  });
  const std::optional<Value> all = run("stdin-all", {});
  later.join();
  ASSERT_TRUE(all);
  const auto span = all->elements()[0].numbers<uint8_t>();
  EXPECT_EQ(std::string(span.begin(), span.end()), "some data");
  EXPECT_TRUE(few()) << waits;
  // The loop of the library itself waits as before, and also a function of the embedder.
  must(guest.attempt("wait-for", {number(kMillisecond)}));
  loop.set_wait([&]() -> Result<void> {
    EXPECT_EQ(poll(&fd, 1, 10'000), 1);
    return {};
  });
  must(guest.attempt("wait-for", {number(20 * kMillisecond)}));
}

TEST(WasiAsync, StandardOutputWaitsForItsReader) {
  Pipe output;
  AsyncGuest guest(WasiConfig().stdio(0, output.ends[1], 2));
  const std::string much(1 << 20, 'x');  // more than a pipe holds
  std::string read_back;
  std::thread reader([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::string buffer(1 << 16, '\0');
    while (read_back.size() < much.size()) {
      const ssize_t n = read(output.ends[0], buffer.data(), buffer.size());
      if (n <= 0) return;
      read_back.append(buffer, 0, static_cast<size_t>(n));
    }
  });
  EXPECT_EQ(guest.status("stdout-all", {bytes(much)}), 0u);
  reader.join();
  EXPECT_TRUE(read_back == much);
  output.close_end(0);
  ASSERT_NE(signal(SIGPIPE, SIG_IGN), SIG_ERR);  // as the command does
  constexpr uint64_t kStatusPipe = 3;
  EXPECT_EQ(guest.status("stdout-all", {bytes("x")}), kStatusPipe);
}

// With a directory of the host, and with one in memory.
class WasiAsyncFiles : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, WasiAsyncFiles, testing::Bool(), GuestDirectory::name);

TEST_P(WasiAsyncFiles, FileStreams) {
  const GuestDirectory directory(GetParam());
  AsyncGuest guest(directory.config());
  const Resource dir = guest.directory();
  EXPECT_EQ(guest.opened(dir, "file"), "no-entry");
  const Resource file = guest.file(dir, "file", {"create"}, {"read", "write"});
  EXPECT_EQ(guest.status("write-all", {guest.of(file), number(2), bytes("some text")}), 0u);
  EXPECT_EQ(directory.contents("file"), std::string("\0\0some text", 11));
  EXPECT_EQ(guest.status("append-all", {guest.of(file), bytes(", end")}), 0u);
  EXPECT_EQ(guest.contents("read-all", {guest.of(file), number(2)}), (Contents{"some text, end", 0}));
  EXPECT_EQ(guest.contents("read-all", {guest.of(file), number(16)}), (Contents{"", 0}));
  EXPECT_EQ(guest.contents("read-all", {guest.of(file), number(1000)}), (Contents{"", 0}));
  EXPECT_EQ(guest.contents("read-all", {guest.of(file), number(~uint64_t{0})}), (Contents{"", kStatusInvalid}));
  EXPECT_EQ(guest.status("write-all", {guest.of(file), number(~uint64_t{0}), bytes("x")}), kStatusInvalid);
  EXPECT_EQ(guest.status("write-all", {guest.of(file), number(0), bytes("")}), 0u);
  // What it was not opened for.
  const Resource reading = guest.file(dir, "file"), writing = guest.file(dir, "file", {}, {"write"});
  EXPECT_EQ(guest.status("write-all", {guest.of(reading), number(0), bytes("x")}), kStatusBadDescriptor);
  EXPECT_EQ(guest.status("append-all", {guest.of(reading), bytes("x")}), kStatusBadDescriptor);
  EXPECT_EQ(guest.contents("read-all", {guest.of(writing), number(0)}), (Contents{"", kStatusBadDescriptor}));
  EXPECT_EQ(guest.contents("read-all", {guest.of(dir), number(0)}), (Contents{"", kStatusIsDirectory}));
  EXPECT_EQ(guest.status("write-all", {guest.of(dir), number(0), bytes("x")}), kStatusIsDirectory);
  // Large ones, in both directions, and from one file to the other.
  std::string large(3'000'000, '\0');
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i % 251);
  EXPECT_EQ(guest.status("write-all", {guest.of(file), number(0), bytes(large)}), 0u);
  EXPECT_TRUE(directory.contents("file") == large);
  EXPECT_TRUE(guest.contents("read-all", {guest.of(file), number(0)}) == (Contents{large, 0}));
  const Resource copy = guest.file(dir, "copy", {"create"}, {"write"});
  EXPECT_EQ(guest.status("copy-all", {guest.of(file), guest.of(copy)}), 0u);
  EXPECT_TRUE(directory.contents("copy") == large);
  EXPECT_EQ(guest.status("copy-all", {guest.of(copy), guest.of(copy)}), kStatusBadDescriptor);
}

TEST_P(WasiAsyncFiles, Files) {
  const GuestDirectory directory(GetParam());
  AsyncGuest guest(directory.config());
  const Resource dir = guest.directory();
  const Resource file = guest.file(dir, "file", {"create"}, {"read", "write"});
  EXPECT_EQ(guest.outcome("set-size", {guest.of(file), number(5)}), "ok");
  const Value stat = guest.call("stat", {guest.of(file)});
  EXPECT_EQ(stat.payload()->field("size")->as_unsigned(), 5u);
  EXPECT_EQ(stat.payload()->field("type")->case_name(), "regular-file");
  EXPECT_EQ(guest.call("get-type", {guest.of(dir)}).payload()->case_name(), "directory");
  EXPECT_EQ(guest.call("get-flags", {guest.of(dir)}).payload()->flag_names(),
            (std::vector<std::string>{"read", "mutate-directory"}));
  for (const char* sync : {"sync", "sync-data"}) EXPECT_EQ(guest.outcome(sync, {guest.of(file)}), "ok");
  EXPECT_EQ(guest.outcome("advise", {guest.of(file), number(0), number(4), Value::enumeration("will-need")}), "ok");
  EXPECT_EQ(guest.outcome("set-size", {guest.of(guest.file(dir, "file")), number(0)}), "invalid");
  // What is created can be written; what was not asked for anything is read.
  const auto flags_of = [&](std::string_view path, std::vector<std::string> how, std::vector<std::string> mode) {
    return guest.call("get-flags", {guest.of(guest.file(dir, path, std::move(how), std::move(mode)))})
        .payload()
        ->flag_names();
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(flags_of("file", {"create"}, {}), (Names{"read", "write"}));
  EXPECT_EQ(flags_of("file", {"create"}, {"read"}), (Names{"read", "write"}));
  EXPECT_EQ(flags_of("file", {"create"}, {"write"}), Names{"write"});
  EXPECT_EQ(flags_of("file", {}, {}), Names{"read"});
  EXPECT_EQ(flags_of(".", {}, {}), Names{"read"});
  EXPECT_EQ(flags_of(".", {"directory"}, {"read", "mutate-directory"}), (Names{"read", "mutate-directory"}));
  EXPECT_EQ(guest.outcome("create-directory", {guest.of(file), text("x")}), "not-directory");
  EXPECT_EQ(guest.opened(dir, "file", {"create", "exclusive"}, {"write"}), "exist");
  EXPECT_EQ(guest.opened(dir, "file", {"directory"}), "not-directory");
  EXPECT_TRUE(guest.call("is-same", {guest.of(file), guest.of(guest.file(dir, "file"))}).as_bool());
  EXPECT_FALSE(guest.call("is-same", {guest.of(file), guest.of(dir)}).as_bool());
  const Value hash = guest.call("hash", {guest.of(file)});
  EXPECT_EQ(hash, guest.call("hash-at", {guest.of(dir), follow(), text("file")}));
  // Times.
  const auto time = [](int64_t seconds, uint32_t nanoseconds) {
    std::vector<component::NamedValue> fields;
    fields.push_back({"seconds", Value::s64(seconds)});
    fields.push_back({"nanoseconds", Value::u32(nanoseconds)});
    return Value::variant("timestamp", Value::record(std::move(fields)));
  };
  const auto unchanged = [] { return Value::variant("no-change"); };
  const auto set_times = [&](Value accessed, Value modified) {
    return guest.outcome("set-times-at",
                         {guest.of(dir), follow(), text("file"), std::move(accessed), std::move(modified)});
  };
  EXPECT_EQ(set_times(time(5, 6), unchanged()), "ok");
  const Value changed = guest.call("stat-at", {guest.of(dir), follow(), text("file")});
  EXPECT_EQ(changed.payload()->field("data-access-timestamp")->payload()->field("seconds")->as_signed(), 5);
  EXPECT_EQ(changed.payload()->field("data-access-timestamp")->payload()->field("nanoseconds")->as_unsigned(), 6u);
  EXPECT_EQ(set_times(time(5, 1'000'000'000), unchanged()), "invalid");
  EXPECT_EQ(set_times(time(-1, 0), unchanged()), "invalid");
  EXPECT_EQ(guest.outcome("set-times", {guest.of(file), Value::variant("now"), time(7, 0)}), "ok");
}

TEST_P(WasiAsyncFiles, Names) {
  const GuestDirectory directory(GetParam());
  AsyncGuest guest(directory.config());
  const Resource dir = guest.directory();
  const auto at = [&](const char* what, std::string_view path) {
    return guest.outcome(what, {guest.of(dir), text(path)});
  };
  EXPECT_EQ(at("create-directory", "sub"), "ok");
  EXPECT_EQ(at("create-directory", "sub"), "exist");
  EXPECT_EQ(guest.opened(dir, "sub/a", {"create"}, {"write"}), "ok");
  EXPECT_EQ(at("remove-directory", "sub"), "not-empty");
  EXPECT_EQ(at("unlink", "sub"), "is-directory");
  const auto link = [&](std::string_view from, std::string_view to, bool follows = false) {
    return guest.outcome("link", {guest.of(dir), follows ? follow() : flags(), text(from), guest.of(dir), text(to)});
  };
  EXPECT_EQ(link("sub/a", "b"), "ok");
  EXPECT_EQ(link("sub/a", "b"), "exist");
  EXPECT_EQ(link("sub/a", "c", true), "invalid");
  EXPECT_EQ(link("sub", "c"), "not-permitted");
  EXPECT_EQ(guest.outcome("rename", {guest.of(dir), text("b"), guest.of(dir), text("c")}), "ok");
  EXPECT_EQ(guest.outcome("symlink", {guest.of(dir), text("c"), text("s")}), "ok");
  EXPECT_EQ(guest.call("readlink", {guest.of(dir), text("s")}).payload()->as_string(), "c");
  EXPECT_EQ(guest.opened(dir, "s", {}, {"read"}, false), "loop");
  // The entries, without "." and "..": all of them, and afterwards the error for a name that is not Unicode.
  if (!directory.in_memory()) ASSERT_EQ(mkfifo((directory.host() + "/fifo").c_str(), 0600), 0);
  for (int i = 0; i < 20; ++i) directory.write(std::to_string(i));
  const bool has_not_unicode = !directory.in_memory() && std::ofstream(directory.host() + "/\xff");
  const Value listed = guest.call("list-all", {guest.of(dir)});
  std::set<std::string> found;
  for (const Value& entry : listed.elements()[0].elements())
    found.insert(entry.field("name")->as_string() + " " + entry.field("type")->case_name());
  std::set<std::string> expected = {"sub directory", "c regular-file", "s symbolic-link"};
  if (!directory.in_memory()) expected.insert("fifo fifo");
  for (int i = 0; i < 20; ++i) expected.insert(std::to_string(i) + " regular-file");
  EXPECT_EQ(found, expected);
  EXPECT_EQ(listed.elements()[1].as_unsigned(), has_not_unicode ? kStatusNotUtf8 : 0);
  EXPECT_EQ(guest.call("list-all", {guest.of(guest.file(dir, "c"))}).elements()[1].as_unsigned(), kStatusNotDirectory);
  EXPECT_EQ(at("unlink", "sub/a"), "ok");
  EXPECT_EQ(at("remove-directory", "sub"), "ok");
}

TEST(WasiAsync, FifosDoNotBlockOthers) {
  TempDir directory;
  const std::string path = directory.path() + "/fifo";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  AsyncGuest guest(in(directory));
  guest.store().set_timeout(std::chrono::seconds(60));
  const Resource dir = guest.directory();
  // Writing waits for a reader.
  const auto late = [&](uint64_t time) {
    return guest.status("open-or-timeout", {guest.of(dir), text("fifo"), number(time)});
  };
  EXPECT_EQ(late(30 * kMillisecond), 1u);
  std::thread reader([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_GE(fd, 0);
    close(fd);
  });
  EXPECT_EQ(late(3600'000 * kMillisecond), 0u);
  reader.join();
  // Reading does not; the stream waits for the writer.
  const Resource fifo = guest.file(dir, "fifo");
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    std::ofstream(path) << "data";
  });
  EXPECT_EQ(guest.contents("read-all", {guest.of(fifo), number(0)}), (Contents{"data", 0}));
  writer.join();
}

TEST_P(WasiAsyncFiles, NothingLeadsOutside) {
  const GuestDirectory directory(GetParam());
  directory.link("../secret", "up");
  directory.link(directory.secret_path(), "absolute");
  directory.link("..", "parent");
  directory.link("nothing", "dangling");
  directory.link(".", "self");
  directory.write("file", "file");
  AsyncGuest guest(directory.config());
  const Resource dir = guest.directory();
  for (const char* path : {"../secret", "/etc/passwd", "up", "absolute", "parent/secret", "./../secret",
                           "file/../../secret", "parent", "..", "x/../../secret"}) {
    const std::string got = guest.opened(dir, path);
    EXPECT_TRUE(got == "not-permitted" || got == "no-entry" || got == "not-directory") << path << ": " << got;
    EXPECT_NE(guest.outcome("stat-at", {guest.of(dir), follow(), text(path)}), "ok") << path;
    EXPECT_NE(guest.opened(dir, path, {"create", "truncate"}, {"write"}), "ok") << path;
    EXPECT_NE(guest.outcome("hash-at", {guest.of(dir), follow(), text(path)}), "ok") << path;
  }
  for (const char* path : {"../new", "parent/new", "/tmp/new"}) {
    EXPECT_EQ(guest.outcome("create-directory", {guest.of(dir), text(path)}), "not-permitted") << path;
    EXPECT_EQ(guest.outcome("symlink", {guest.of(dir), text("x"), text(path)}), "not-permitted") << path;
    EXPECT_EQ(guest.outcome("rename", {guest.of(dir), text("file"), guest.of(dir), text(path)}), "not-permitted");
    EXPECT_EQ(guest.outcome("rename", {guest.of(dir), text("../secret"), guest.of(dir), text("got")}), "not-permitted");
    EXPECT_EQ(guest.outcome("link", {guest.of(dir), flags(), text("file"), guest.of(dir), text(path)}),
              "not-permitted");
    EXPECT_EQ(guest.outcome("link", {guest.of(dir), flags(), text("../secret"), guest.of(dir), text("got")}),
              "not-permitted");
  }
  for (const char* path : {"../secret", "parent/secret"})
    EXPECT_EQ(guest.outcome("unlink", {guest.of(dir), text(path)}), "not-permitted") << path;
  // A link to a place of the host can neither be made nor read.
  EXPECT_EQ(guest.outcome("symlink", {guest.of(dir), text("/etc/passwd"), text("new")}), "not-permitted");
  EXPECT_EQ(guest.outcome("readlink", {guest.of(dir), text("absolute")}), "not-permitted");
  // Names that are none.
  EXPECT_EQ(guest.opened(dir, ""), "no-entry");
  EXPECT_EQ(guest.opened(dir, std::string_view("a\0b", 3)), "invalid");
  EXPECT_EQ(guest.opened(dir, std::string(5000, 'x')), "name-too-long");
  // Trailing slashes mean directories.
  EXPECT_EQ(guest.opened(dir, "file/"), "not-directory");
  EXPECT_NE(guest.opened(dir, "new/", {"create"}, {"write"}), "ok");
  EXPECT_EQ(guest.outcome("unlink", {guest.of(dir), text("file/")}), "not-directory");
  EXPECT_EQ(guest.outcome("remove-directory", {guest.of(dir), text("parent/")}), "not-permitted");
  for (const char* path : {"file/", "dangling/", "self/"})
    EXPECT_EQ(guest.outcome("remove-directory", {guest.of(dir), text(path)}), "not-directory") << path;
  EXPECT_EQ(guest.outcome("link", {guest.of(dir), flags(), text("up/"), guest.of(dir), text("got")}), "not-permitted");
  EXPECT_EQ(directory.secret(), "secret");
  EXPECT_EQ(guest.wasi().refusals().escaping_path, "../secret");
  EXPECT_FALSE(directory.has_beside("new"));
}

TEST_P(WasiAsyncFiles, ReadOnlyStaysAsItIs) {
  const GuestDirectory directory(GetParam());
  directory.write("file", "text");
  directory.mkdir("sub");
  AsyncGuest guest(directory.config(WasiDirAccess::kReadOnly));
  const Resource dir = guest.directory();
  const Resource sub = guest.file(dir, "sub", {"directory"});
  EXPECT_EQ(guest.opened(dir, "file"), "ok");
  EXPECT_EQ(guest.opened(dir, "file", {}, {"write"}), "read-only");
  EXPECT_EQ(guest.opened(dir, "file", {"truncate"}), "read-only");
  EXPECT_EQ(guest.opened(dir, "new", {"create"}), "read-only");
  EXPECT_EQ(guest.opened(dir, "sub", {"directory"}, {"read", "mutate-directory"}), "read-only");
  EXPECT_EQ(guest.opened(sub, "new", {"create"}, {"write"}), "read-only");
  EXPECT_EQ(guest.outcome("create-directory", {guest.of(sub), text("x")}), "read-only");
  EXPECT_EQ(guest.outcome("remove-directory", {guest.of(dir), text("sub")}), "read-only");
  EXPECT_EQ(guest.outcome("unlink", {guest.of(dir), text("file")}), "read-only");
  EXPECT_EQ(guest.outcome("rename", {guest.of(dir), text("file"), guest.of(dir), text("x")}), "read-only");
  EXPECT_EQ(guest.outcome("link", {guest.of(dir), flags(), text("file"), guest.of(dir), text("x")}), "read-only");
  EXPECT_EQ(guest.outcome("symlink", {guest.of(dir), text("file"), text("x")}), "read-only");
  const auto now = [] { return Value::variant("now"); };
  EXPECT_EQ(guest.outcome("set-times-at", {guest.of(dir), follow(), text("file"), now(), now()}), "read-only");
  const Resource file = guest.file(dir, "file");
  EXPECT_EQ(guest.outcome("set-times", {guest.of(file), now(), now()}), "read-only");
  EXPECT_EQ(guest.outcome("set-size", {guest.of(file), number(0)}), "invalid");
  EXPECT_EQ(guest.status("write-all", {guest.of(file), number(0), bytes("x")}), kStatusBadDescriptor);
  EXPECT_EQ(directory.contents("file"), "text");
  EXPECT_EQ(guest.wasi().refusals().read_only_path, "file");
}

TEST_P(WasiAsyncFiles, LinksBetweenGrantsNeedBoth) {
  const GuestDirectory read_only(GetParam()), writable(GetParam());
  read_only.write("file", "text");
  WasiConfig config;
  read_only.grant(config, "/ro", WasiDirAccess::kReadOnly);
  writable.grant(config, "/rw");
  AsyncGuest guest(std::move(config));
  const std::vector<Resource> dirs = guest.directories();
  EXPECT_EQ(guest.outcome("link", {guest.of(dirs[0]), flags(), text("file"), guest.of(dirs[1]), text("x")}),
            "read-only");
  EXPECT_EQ(guest.outcome("rename", {guest.of(dirs[0]), text("file"), guest.of(dirs[1]), text("x")}), "read-only");
}

TEST_P(WasiAsyncFiles, OutputIsLimited) {
  const GuestDirectory directory(GetParam());
  const auto fails = [](Result<std::optional<Value>> r) { return !r && r.error().limit() == Limit::kWrittenBytes; };
  {
    AsyncGuest guest(directory.config().max_written_bytes(10));
    const Resource file = guest.file(guest.directory(), "a", {"create"}, {"write"});
    EXPECT_EQ(guest.status("write-all", {guest.of(file), number(0), bytes("12345678")}), 0u);
    EXPECT_TRUE(fails(guest.attempt("write-all", {guest.of(file), number(8), bytes("12345678")})));
    EXPECT_EQ(directory.contents("a"), "1234567812");
  }
  {
    AsyncGuest guest(directory.config().max_written_bytes(10));
    const Resource file = guest.file(guest.directory(), "b", {"create"}, {"write"});
    EXPECT_TRUE(fails(guest.attempt("set-size", {guest.of(file), number(11)})));
  }
  // Between two streams of the host no code of the program could be ended, so the future says it.
  AsyncGuest guest(directory.config().max_written_bytes(4));
  const Resource dir = guest.directory();
  constexpr uint64_t kStatusQuota = 6;
  EXPECT_EQ(
      guest.status("copy-all", {guest.of(guest.file(dir, "a")), guest.of(guest.file(dir, "c", {"create"}, {"write"}))}),
      kStatusQuota);
  EXPECT_EQ(directory.contents("c"), "1234");
}

// What streams move costs fuel, the same in every tier, whether a component or the host has the other end.
TEST(WasiAsync, MovedBytesCostFuel) {
  constexpr uint64_t kMuch = 1'000'000'000;
  std::vector<uint64_t> first;
  for (const auto& [name, tier] : Config::tiers()) {
    SCOPED_TRACE(std::string(name));
    Config engine = AsyncGuest::with_async();
    engine.consume_fuel = true;
    engine.tier = tier;
    engine.tier_up_calls = engine.tier_up_rounds = 2;
    std::vector<uint64_t> costs;
    // In a store of its own, so that no remainder of another stream is paid for.
    const auto cost = [&](const char* function, size_t size) {
      TempDir directory, names;
      std::ofstream(directory.path() + "/from") << std::string(size, 'x');
      // The lengths of their names are the only difference between two lists.
      for (int i = 0; i < 8; ++i) std::ofstream(names.path() + "/" + std::string(size % 256, 'a') + std::to_string(i));
      const int out = ::open("/dev/null", O_WRONLY | O_CLOEXEC),
                in = ::open((directory.path() + "/from").c_str(), O_RDONLY);
      AsyncGuest guest(
          WasiConfig().preopen_dir(directory.path(), "/").preopen_dir(names.path(), "/n").stdio(in, out, out), "0.3.1",
          engine);
      must(guest.store().set_fuel(kMuch));
      std::vector<Resource> directories = guest.directories();
      const Resource from = guest.file(directories[0], "from"),
                     to = guest.file(directories[0], "to", {"create"}, {"write"});
      const std::string_view call = function;
      const std::string data(size, 'y');
      Values arguments;
      if (call == "read-all") arguments = {AsyncGuest::of(from), number(0)};
      if (call == "write-all") arguments = {AsyncGuest::of(to), number(0), bytes(data)};
      if (call == "append-all") arguments = {AsyncGuest::of(to), bytes(data)};
      if (call == "stdout-all") arguments = {bytes(data)};
      if (call == "copy-all") arguments = {AsyncGuest::of(from), AsyncGuest::of(to)};
      if (call == "list-all") arguments = {AsyncGuest::of(directories[1])};
      must(guest.store().set_fuel(kMuch));
      (void)guest.call(function, std::move(arguments));
      costs.push_back(kMuch - *guest.store().fuel());
      ::close(out);
      ::close(in);
      return costs.back();
    };
    for (const char* function : {"read-all", "stdin-all", "write-all", "append-all", "stdout-all"})
      EXPECT_EQ(cost(function, 32'000) - cost(function, 16'000), 1000u) << function;
    // Read and written.
    EXPECT_EQ(cost("copy-all", 32'000) - cost("copy-all", 16'000), 2 * 1000u);
    EXPECT_EQ(cost("copy-all", 3'200'000) - cost("copy-all", 1'600'000), 2 * 100'000u);
    EXPECT_EQ(cost("list-all", 48) - cost("list-all", 16), 8 * 32 / 16u);
    if (first.empty()) first = costs;
    EXPECT_TRUE(costs == first);
  }
}

TEST(WasiAsync, StreamsEndWithTheFuel) {
  TempDir directory;
  std::ofstream(directory.path() + "/from") << std::string(8 << 20, 'x');
  Config engine = AsyncGuest::with_async();
  engine.consume_fuel = true;
  AsyncGuest guest(in(directory), "0.3.1", engine);
  must(guest.store().set_fuel(100'000));
  const Resource root = guest.directory();
  const auto refused = [&](const char* function, Values arguments) {
    must(guest.store().set_fuel(3'000));
    const Result<std::optional<Value>> r = guest.attempt(function, std::move(arguments));
    return r ? TrapCode::kNone : r.error().trap_code();
  };
  const Resource from = guest.file(root, "from"), to = guest.file(root, "to", {"create"}, {"write"});
  EXPECT_EQ(refused("copy-all", {AsyncGuest::of(from), AsyncGuest::of(to)}), TrapCode::kOutOfFuel);
  // At most one piece is on credit.
  EXPECT_LE(std::filesystem::file_size(directory.path() + "/to"), 2u << 20);
}

// No code runs while one file is copied to another: the loop sees interrupts.
TEST(WasiAsync, AnEndlessCopyEndsAtTheDeadline) {
  AsyncGuest guest(WasiConfig().preopen_dir("/dev", "/"));
  const Resource root = guest.directory();
  const Resource from = guest.file(root, "zero"), to = guest.file(root, "null", {}, {"write"});
  guest.store().set_timeout(std::chrono::milliseconds(50));
  const Result<std::optional<Value>> r = guest.attempt("copy-all", {AsyncGuest::of(from), AsyncGuest::of(to)});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().trap_code(), TrapCode::kInterrupted);
}

TEST_P(WasiAsyncFiles, FilesAreLimited) {
  const GuestDirectory directory(GetParam());
  directory.write("file");
  AsyncGuest guest(directory.config().max_open_files(6));  // the standard streams and the directory are four
  const Resource dir = guest.directory();
  {
    const Resource one = guest.file(dir, "file"), two = guest.file(dir, "file");
    EXPECT_EQ(guest.opened(dir, "file"), "insufficient-memory");
    EXPECT_EQ(guest.call("list-all", {guest.of(dir)}).elements()[1].as_unsigned(), kStatusTooManyFiles);
    EXPECT_TRUE(guest.wasi().refusals().too_many_files);
  }
  // What a stream has opened is closed with it.
  for (int i = 0; i < 10; ++i) EXPECT_EQ(guest.call("list-all", {guest.of(dir)}).elements()[1].as_unsigned(), 0u);
  EXPECT_EQ(guest.opened(dir, "file"), "ok");
}

TEST(WasiAsync, StreamsOutliveNothing) {
  TempDir directory;
  std::ofstream(directory.path() + "/file") << "text";
  Pipe input;
  WasiConfig config = in(directory);
  config.stdio(input.ends[0], 1, 2);
  AsyncGuest guest(std::move(config));
  const Resource file = guest.file(guest.directory(), "file");
  // Streams and futures that nothing reads, of a file and of a pipe; the store ends with them.
  for (int i = 0; i < 100; ++i) {
    (void)guest.call("read-via", {guest.of(file), number(0)});
    (void)guest.call("stdin");
  }
}

TEST(WasiAsync, Traces) {
  TempDir directory;
  std::vector<std::string> lines;
  WasiConfig config = in(directory);
  config.trace([&](std::string_view line) { lines.emplace_back(line); });
  AsyncGuest guest(std::move(config));
  const Resource dir = guest.directory();
  EXPECT_EQ(guest.opened(dir, "none"), "no-entry");
  (void)guest.call("stat", {guest.of(dir)});
  must(guest.attempt("wait-for", {number(1000)}));
  must(guest.attempt("timers", {Value::u32(1), number(50 * kMillisecond)}));
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_NE(lines[1].find(", {symlink-follow}, \"none\", {}, {read})"), std::string::npos) << lines[1];
  EXPECT_EQ(lines[2], "filesystem/types.[method]descriptor.open-at = err(no-entry)");
  EXPECT_NE(lines[3].find("= ok({type: directory, link-count: "), std::string::npos) << lines[3];
  EXPECT_EQ(lines[4], "clocks/monotonic-clock.wait-for(1000)");
  EXPECT_EQ(lines[5], "clocks/monotonic-clock.wait-for(50000000)");
}

}  // namespace
}  // namespace ermine

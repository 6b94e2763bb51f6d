// WASI 0.2 as a component sees it: results of its functions, and the attacks that the tests of preview 1 try.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <set>
#include <thread>

#include "tests/wasi/component_caller.h"
#include "tests/wasi/guest_directory.h"

namespace ermine {
namespace {

using component::Resource;
using component::ResourceRef;
using component::Value;
using test::must;
using test::TempDir;

using test::bytes;
using test::ComponentGuest;
using test::flags;
using test::follow;
using test::GuestDirectory;
using test::metered;
using test::number;
using test::text;
using test::Values;

WasiConfig in(const TempDir& directory, WasiDirAccess access = WasiDirAccess::kReadWrite) {
  WasiConfig config;
  config.preopen_dir(directory.path(), "/", access);
  return config;
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

TEST(WasiComponents, EveryVersionIsServed) {
  for (const char* version : {"0.2.0", "0.2.6", "0.2.12"}) {
    ComponentGuest guest(WasiConfig().args({"app", "one"}).env("A", "b=c"), version);
    const Value arguments = guest.call("arguments");
    ASSERT_EQ(arguments.elements().size(), 2u);
    EXPECT_EQ(arguments.elements()[1].as_string(), "one");
    const Value environment = guest.call("environment");
    ASSERT_EQ(environment.elements().size(), 1u);
    EXPECT_EQ(environment.elements()[0].elements()[0].as_string(), "A");
    EXPECT_EQ(environment.elements()[0].elements()[1].as_string(), "b=c");
    EXPECT_EQ(guest.call("cwd").payload(), nullptr);
  }
  // Not another one.
  Engine engine;
  ComponentLinker linker(engine);
  Store store(engine);
  must(must(Wasi::create(WasiConfig())).add_to_linker(linker));
  const Component other = must(Component::from_text(engine, test::component_of_all("0.3.0")));
  EXPECT_EQ(linker.instantiate(store, other).error().kind(), ErrorKind::kLink);
}

TEST(WasiComponents, OneWasiServesOneKindOfProgram) {
  Engine engine;
  ComponentLinker components(engine);
  Linker modules(engine);
  const Wasi first = must(Wasi::create(WasiConfig())), second = must(Wasi::create(WasiConfig()));
  must(first.add_to_linker(components));
  EXPECT_EQ(first.add_to_linker(modules).error().kind(), ErrorKind::kUsage);
  must(second.add_to_linker(modules));
  EXPECT_EQ(second.add_to_linker(components).error().kind(), ErrorKind::kUsage);
}

TEST(WasiComponents, Exit) {
  ComponentGuest guest{WasiConfig()};
  const auto code = [](Result<std::optional<Value>> r) { return r.error().exit_code(); };
  EXPECT_EQ(code(guest.attempt("exit-with-code", {Value::integer(component::ValueKind::kU8, 42)})), 42);
  ComponentGuest ok{WasiConfig()}, failed{WasiConfig()};
  EXPECT_EQ(code(ok.attempt("exit", {Value::result(true)})), 0);
  EXPECT_EQ(code(failed.attempt("exit", {Value::result(false)})), 1);
}

TEST(WasiComponents, WhichStreamsAreTerminals) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  Pipe other;
  for (const unsigned which : {0u, 1u, 2u, 3u}) {  // 3: none
    int streams[] = {other.ends[0], other.ends[1], other.ends[1]};
    if (which < 3) streams[which] = terminal;
    ComponentGuest guest(WasiConfig().stdio(streams[0], streams[1], streams[2]));
    EXPECT_EQ(guest.call("terminal-stdin").payload() != nullptr, which == 0) << which;
    EXPECT_EQ(guest.call("terminal-stdout").payload() != nullptr, which == 1) << which;
    EXPECT_EQ(guest.call("terminal-stderr").payload() != nullptr, which == 2) << which;
  }
  close(terminal);
}

// With a directory of the host, and with one in memory.
class WasiComponentFiles : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, WasiComponentFiles, testing::Bool(), GuestDirectory::name);

TEST_P(WasiComponentFiles, Files) {
  const GuestDirectory directory(GetParam());
  ComponentGuest guest(directory.config());
  const Resource dir = guest.directory();
  EXPECT_EQ(guest.opened(dir, "file"), "no-entry");
  Resource file = guest.file(dir, "file", {"create"}, {"read", "write"});
  EXPECT_EQ(guest.call("write-file", {guest.of(file), bytes("some text"), number(2)}).payload()->as_unsigned(), 9u);
  EXPECT_EQ(directory.contents("file"), std::string("\0\0some text", 11));
  const Value read = guest.call("read-file", {guest.of(file), number(4), number(2)});
  EXPECT_EQ(*read.payload(), Value::tuple(Values{bytes("some"), Value::boolean(false)}));
  EXPECT_TRUE(guest.call("read-file", {guest.of(file), number(4), number(11)}).payload()->elements()[1].as_bool());
  EXPECT_EQ(guest.outcome("set-size", {guest.of(file), number(5)}), "ok");
  const Value stat = guest.call("stat", {guest.of(file)});
  EXPECT_EQ(stat.payload()->field("size")->as_unsigned(), 5u);
  EXPECT_EQ(stat.payload()->field("type")->case_name(), "regular-file");
  EXPECT_EQ(guest.call("get-type", {guest.of(dir)}).payload()->case_name(), "directory");
  EXPECT_EQ(guest.call("get-flags", {guest.of(dir)}).payload()->flag_names(),
            (std::vector<std::string>{"read", "mutate-directory"}));
  for (const char* sync : {"sync", "sync-data"}) EXPECT_EQ(guest.outcome(sync, {guest.of(file)}), "ok");
  EXPECT_EQ(guest.outcome("advise", {guest.of(file), number(0), number(4), Value::enumeration("will-need")}), "ok");
  // What it was not opened for.
  const Resource reading = guest.file(dir, "file");
  EXPECT_EQ(guest.outcome("write-file", {guest.of(reading), bytes("x"), number(0)}), "bad-descriptor");
  EXPECT_EQ(guest.outcome("write-via", {guest.of(reading), number(0)}), "bad-descriptor");
  EXPECT_EQ(guest.outcome("append-via", {guest.of(reading)}), "bad-descriptor");
  EXPECT_EQ(guest.outcome("set-size", {guest.of(reading), number(0)}), "invalid");
  const Resource writing = guest.file(dir, "file", {}, {"write"});
  EXPECT_EQ(guest.outcome("read-file", {guest.of(writing), number(1), number(0)}), "bad-descriptor");
  EXPECT_EQ(guest.outcome("read-via", {guest.of(writing), number(0)}), "bad-descriptor");
  EXPECT_EQ(guest.outcome("read-file", {guest.of(dir), number(1), number(0)}), "is-directory");
  EXPECT_EQ(guest.outcome("read-directory", {guest.of(file)}), "not-directory");
  EXPECT_EQ(guest.outcome("create-directory", {guest.of(file), text("x")}), "not-directory");
  EXPECT_EQ(guest.opened(dir, "file", {"create", "exclusive"}, {"write"}), "exist");
  EXPECT_EQ(guest.opened(dir, "file", {"directory"}), "not-directory");
  EXPECT_EQ(guest.opened(dir, "file", {"truncate"}), "ok");
  EXPECT_EQ(directory.contents("file"), "");
  // Identity.
  EXPECT_TRUE(guest.call("is-same", {guest.of(file), guest.of(reading)}).as_bool());
  EXPECT_FALSE(guest.call("is-same", {guest.of(file), guest.of(dir)}).as_bool());
  const Value hash = guest.call("hash", {guest.of(file)});
  EXPECT_EQ(hash, guest.call("hash-at", {guest.of(dir), follow(), text("file")}));
  EXPECT_FALSE(hash == guest.call("hash", {guest.of(dir)}));
}

TEST_P(WasiComponentFiles, Names) {
  const GuestDirectory directory(GetParam());
  ComponentGuest guest(directory.config());
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
  const auto rename = [&](std::string_view from, std::string_view to) {
    return guest.outcome("rename", {guest.of(dir), text(from), guest.of(dir), text(to)});
  };
  EXPECT_EQ(rename("b", "c"), "ok");
  EXPECT_EQ(rename("b", "c"), "no-entry");
  EXPECT_EQ(guest.outcome("symlink", {guest.of(dir), text("c"), text("s")}), "ok");
  EXPECT_EQ(guest.call("readlink", {guest.of(dir), text("s")}).payload()->as_string(), "c");
  EXPECT_EQ(at("readlink", "c"), "invalid");
  const auto type = [&](bool follows) {
    return guest.call("stat-at", {guest.of(dir), follows ? follow() : flags(), text("s")})
        .payload()
        ->field("type")
        ->case_name();
  };
  EXPECT_EQ(type(true), "regular-file");
  EXPECT_EQ(type(false), "symbolic-link");
  EXPECT_EQ(guest.opened(dir, "s", {}, {"read"}, false), "loop");
  // Times.
  const auto time = [](uint64_t seconds, uint32_t nanoseconds) {
    std::vector<component::NamedValue> fields;
    fields.push_back({"seconds", Value::u64(seconds)});
    fields.push_back({"nanoseconds", Value::u32(nanoseconds)});
    return Value::variant("timestamp", Value::record(std::move(fields)));
  };
  EXPECT_EQ(
      guest.outcome("set-times-at", {guest.of(dir), follow(), text("c"), time(5, 6), Value::variant("no-change")}),
      "ok");
  const Value stat = guest.call("stat-at", {guest.of(dir), follow(), text("c")});
  const Value* accessed = stat.payload()->field("data-access-timestamp")->payload();
  EXPECT_EQ(accessed->field("seconds")->as_unsigned(), 5u);
  EXPECT_EQ(accessed->field("nanoseconds")->as_unsigned(), 6u);
  EXPECT_EQ(guest.outcome("set-times-at",
                          {guest.of(dir), follow(), text("c"), time(5, 1'000'000'000), Value::variant("now")}),
            "invalid");
  EXPECT_EQ(guest.outcome("set-times", {guest.of(guest.file(dir, "c")), Value::variant("now"), time(7, 0)}), "ok");
  // The entries, without "." and "..".
  if (!directory.in_memory()) ASSERT_EQ(mkfifo((directory.host() + "/fifo").c_str(), 0600), 0);
  const std::string not_unicode = directory.host() + "/\xff";
  const bool has_not_unicode = !directory.in_memory() && std::ofstream(not_unicode);
  const Resource stream = guest.make("read-directory", {guest.of(dir)});
  std::set<std::string> found;
  for (int i = 0; i < 10; ++i) {
    const Value v = guest.call("next-entry", {guest.of(stream)});
    if (!v.is_ok()) {
      found.insert(v.payload()->case_name());
      continue;
    }
    if (v.payload()->payload() == nullptr) break;
    const Value& entry = *v.payload()->payload();
    found.insert(entry.field("name")->as_string() + " " + entry.field("type")->case_name());
  }
  std::set<std::string> expected = {"sub directory", "c regular-file", "s symbolic-link"};
  if (!directory.in_memory()) expected.insert("fifo fifo");
  if (has_not_unicode) expected.insert("illegal-byte-sequence");
  EXPECT_EQ(found, expected);
  EXPECT_EQ(at("unlink", "sub/a"), "ok");
  EXPECT_EQ(at("remove-directory", "sub"), "ok");
}

TEST_P(WasiComponentFiles, NothingLeadsOutside) {
  const GuestDirectory directory(GetParam());
  directory.link("../secret", "up");
  directory.link(directory.secret_path(), "absolute");
  directory.link("..", "parent");
  directory.write("file", "file");
  ComponentGuest guest(directory.config());
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
  EXPECT_EQ(guest.call("readlink", {guest.of(dir), text("up")}).payload()->as_string(), "../secret");
  // Names that are none.
  EXPECT_EQ(guest.opened(dir, ""), "no-entry");
  EXPECT_EQ(guest.opened(dir, std::string_view("a\0b", 3)), "invalid");
  EXPECT_EQ(guest.opened(dir, std::string(5000, 'x')), "name-too-long");
  // Trailing slashes mean directories.
  EXPECT_EQ(guest.opened(dir, "file/"), "not-directory");
  EXPECT_NE(guest.opened(dir, "new/", {"create"}, {"write"}), "ok");
  EXPECT_EQ(guest.outcome("unlink", {guest.of(dir), text("file/")}), "not-directory");
  EXPECT_EQ(guest.outcome("link", {guest.of(dir), flags(), text("up/"), guest.of(dir), text("got")}), "not-permitted");
  EXPECT_EQ(directory.secret(), "secret");
  EXPECT_EQ(guest.wasi().refusals().escaping_path, "../secret");
  EXPECT_FALSE(directory.has_beside("new"));
}

TEST_P(WasiComponentFiles, ReadOnlyStaysAsItIs) {
  const GuestDirectory directory(GetParam());
  directory.write("file", "text");
  directory.mkdir("sub");
  ComponentGuest guest(directory.config(WasiDirAccess::kReadOnly));
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
  EXPECT_EQ(directory.contents("file"), "text");
  EXPECT_EQ(guest.wasi().refusals().read_only_path, "file");
}

TEST_P(WasiComponentFiles, LinksBetweenGrantsNeedBoth) {
  const GuestDirectory read_only(GetParam()), writable(GetParam());
  read_only.write("file", "text");
  WasiConfig config;
  read_only.grant(config, "/ro", WasiDirAccess::kReadOnly);
  writable.grant(config, "/rw");
  ComponentGuest guest(std::move(config));
  const std::vector<Resource> dirs = guest.directories();
  EXPECT_EQ(guest.outcome("link", {guest.of(dirs[0]), flags(), text("file"), guest.of(dirs[1]), text("x")}),
            "read-only");
  EXPECT_EQ(guest.outcome("rename", {guest.of(dirs[0]), text("file"), guest.of(dirs[1]), text("x")}), "read-only");
}

TEST_P(WasiComponentFiles, FileStreams) {
  const GuestDirectory directory(GetParam());
  ComponentGuest guest(directory.config());
  const Resource dir = guest.directory();
  const Resource file = guest.file(dir, "file", {"create"}, {"read", "write"});
  const Resource out = guest.make("write-via", {guest.of(file), number(0)});
  EXPECT_GE(guest.call("check-write", {guest.of(out)}).payload()->as_unsigned(), 4096u);
  EXPECT_EQ(guest.outcome("write", {guest.of(out), bytes("one two")}), "ok");
  EXPECT_EQ(guest.outcome("write", {guest.of(out), bytes(" three")}), "ok");
  EXPECT_EQ(guest.outcome("zeroes", {guest.of(out), number(2)}), "ok");
  EXPECT_EQ(guest.outcome("flush", {guest.of(out)}), "ok");
  const Resource end = guest.make("append-via", {guest.of(file)});
  EXPECT_EQ(guest.outcome("write-flush", {guest.of(end), bytes("end")}), "ok");
  EXPECT_EQ(directory.contents("file"), std::string("one two three\0\0end", 18));
  // The first stream still has its own position.
  EXPECT_EQ(guest.outcome("write-flush", {guest.of(out), bytes("X")}), "ok");
  EXPECT_EQ(directory.contents("file"), std::string("one two three\0\0Xnd", 18));
  const Resource input = guest.make("read-via", {guest.of(file), number(4)});
  EXPECT_EQ(guest.read(input, 0), "");
  EXPECT_EQ(guest.read(input, 3), "two");
  EXPECT_EQ(guest.call("skip", {guest.of(input), number(3)}).payload()->as_unsigned(), 3u);
  EXPECT_EQ(guest.read(input, 100, "blocking-read"), std::string("ree\0\0Xnd", 8));
  EXPECT_EQ(guest.read(input, 1), "closed");
  EXPECT_EQ(guest.read(input, 0), "closed");
  const Resource ready = guest.make("subscribe-in", {guest.of(input)});
  EXPECT_TRUE(guest.call("ready", {guest.of(ready)}).as_bool());
  // Splicing.
  const Resource again = guest.make("read-via", {guest.of(file), number(0)});
  const Resource copy = guest.make("write-via", {guest.of(guest.file(dir, "copy", {"create"}, {"write"})), number(0)});
  EXPECT_EQ(guest.call("splice", {guest.of(copy), guest.of(again), number(3)}).payload()->as_unsigned(), 3u);
  EXPECT_EQ(guest.call("blocking-splice", {guest.of(copy), guest.of(again), number(100)}).payload()->as_unsigned(),
            15u);
  EXPECT_EQ(guest.outcome("splice", {guest.of(copy), guest.of(again), number(1)}), "closed");
  EXPECT_EQ(directory.contents("copy"), directory.contents("file"));
}

TEST_P(WasiComponentFiles, AWriteThatIsNotPermittedTraps) {
  const GuestDirectory directory(GetParam());
  const auto attempt = [&](const char* what, Value argument) {
    ComponentGuest guest(directory.config());
    const Resource file = guest.file(guest.directory(), "file", {"create"}, {"write"});
    const Resource out = guest.make("write-via", {guest.of(file), number(0)});
    Result<std::optional<Value>> r = guest.attempt(what, {guest.of(out), std::move(argument)});
    EXPECT_FALSE(r) << what;
    return r ? TrapCode::kNone : r.error().trap_code();
  };
  EXPECT_EQ(attempt("write", bytes("x")), TrapCode::kHost);
  EXPECT_EQ(attempt("zeroes", number(1)), TrapCode::kHost);
  EXPECT_EQ(attempt("write-flush", bytes(std::string(4097, 'x'))), TrapCode::kHost);
  EXPECT_EQ(directory.contents("file"), "");
}

TEST(WasiComponents, PipesDoNotBlock) {
  Pipe input, output;
  ComponentGuest guest(WasiConfig().stdio(input.ends[0], output.ends[1], 2));
  const Resource in = guest.make("stdin"), out = guest.make("stdout");
  EXPECT_EQ(guest.read(in, 10), "");
  const Resource readable = guest.make("subscribe-in", {guest.of(in)});
  EXPECT_FALSE(guest.call("ready", {guest.of(readable)}).as_bool());
  const Resource soon = guest.make("after", {number(1'000'000)});
  EXPECT_EQ(guest.call("poll-two", {Value::list(Values{guest.of(readable), guest.of(soon)})}),
            Value::numbers<uint32_t>(std::vector<uint32_t>{1}));
  ASSERT_EQ(write(input.ends[1], "data", 4), 4);
  EXPECT_TRUE(guest.call("ready", {guest.of(readable)}).as_bool());
  (void)must(guest.attempt("block", {guest.of(readable)}));
  EXPECT_EQ(guest.read(in, 10), "data");
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(write(input.ends[1], "more", 4), 4);
  });
  EXPECT_EQ(guest.read(in, 10, "blocking-read"), "more");
  later.join();
  input.close_end(1);
  EXPECT_EQ(guest.read(in, 10), "closed");
  // Fill the output: then nothing is permitted, until the other end is read.
  const Resource writable = guest.make("subscribe-out", {guest.of(out)});
  for (int i = 0; i < 1000; ++i) {
    const uint64_t permitted = guest.call("check-write", {guest.of(out)}).payload()->as_unsigned();
    if (permitted == 0) break;
    ASSERT_LE(permitted, 4096u);
    EXPECT_EQ(guest.outcome("write", {guest.of(out), bytes(std::string(permitted, 'x'))}), "ok");
  }
  EXPECT_EQ(guest.call("check-write", {guest.of(out)}).payload()->as_unsigned(), 0u);
  EXPECT_FALSE(guest.call("ready", {guest.of(writable)}).as_bool());
  char buffer[8192];
  EXPECT_GT(read(output.ends[0], buffer, sizeof buffer), 0);
  EXPECT_TRUE(guest.call("ready", {guest.of(writable)}).as_bool());
  EXPECT_GT(guest.call("check-write", {guest.of(out)}).payload()->as_unsigned(), 0u);
}

TEST(WasiComponents, WaitsEndAtTheDeadline) {
  Pipe input, output;
  const auto ends = [&](const char* name, auto prepare) {
    ComponentGuest guest(WasiConfig().stdio(input.ends[0], output.ends[1], 2));
    Values arguments = prepare(guest);
    guest.store().set_timeout(std::chrono::milliseconds(30));
    Result<std::optional<Value>> r = guest.attempt(name, std::move(arguments));
    EXPECT_FALSE(r) << name;
    if (!r) EXPECT_EQ(r.error().trap_code(), TrapCode::kInterrupted) << name << ": " << r.error().to_string();
  };
  Resource kept;
  const auto with = [&](const char* make, Values made_with, Values more) {
    return [&, make, made_with = std::move(made_with), more = std::move(more)](ComponentGuest& guest) mutable {
      kept = guest.make(make, std::move(made_with));
      Values arguments;
      arguments.push_back(guest.of(kept));
      for (Value& v : more) arguments.push_back(std::move(v));
      return arguments;
    };
  };
  ends("block", with("after", {number(~uint64_t{0})}, {}));
  ends("blocking-read", with("stdin", {}, {number(1)}));
  const std::string filled(1 << 20, 'x');
  ASSERT_EQ(fcntl(output.ends[1], F_SETFL, O_NONBLOCK), 0);
  while (write(output.ends[1], filled.data(), filled.size()) > 0) {}
  ends("write-flush", with("stdout", {}, {bytes("x")}));
  kept = {};
}

TEST_P(WasiComponentFiles, OutputIsLimited) {
  const GuestDirectory directory(GetParam());
  const auto limited = [&] { return directory.config().max_written_bytes(10); };
  const auto fails = [](Result<std::optional<Value>> r) { return !r && r.error().limit() == Limit::kWrittenBytes; };
  {
    ComponentGuest guest(limited());
    const Resource file = guest.file(guest.directory(), "a", {"create"}, {"write"});
    EXPECT_EQ(guest.call("write-file", {guest.of(file), bytes("12345678"), number(0)}).payload()->as_unsigned(), 8u);
    EXPECT_EQ(guest.call("write-file", {guest.of(file), bytes("12345678"), number(8)}).payload()->as_unsigned(), 2u);
    EXPECT_TRUE(fails(guest.attempt("write-file", {guest.of(file), bytes("1"), number(10)})));
  }
  {
    ComponentGuest guest(limited());
    const Resource file = guest.file(guest.directory(), "b", {"create"}, {"write"});
    EXPECT_TRUE(fails(guest.attempt("set-size", {guest.of(file), number(11)})));
  }
  {
    ComponentGuest guest(limited());
    const Resource file = guest.file(guest.directory(), "c", {"create"}, {"write"});
    const Resource out = guest.make("write-via", {guest.of(file), number(9)});
    EXPECT_TRUE(fails(guest.attempt("write-flush", {guest.of(out), bytes("12")})));
    EXPECT_EQ(directory.contents("c"), std::string(9, '\0') + "1");
  }
}

TEST_P(WasiComponentFiles, FilesAndResourcesAreLimited) {
  const GuestDirectory directory(GetParam());
  directory.write("file");
  ComponentGuest guest(directory.config().max_open_files(6));  // the standard streams and the directory are four
  const Resource dir = guest.directory();
  {
    const Resource one = guest.file(dir, "file"), two = guest.file(dir, "file");
    EXPECT_EQ(guest.opened(dir, "file"), "insufficient-memory");
    EXPECT_EQ(guest.outcome("read-directory", {guest.of(dir)}), "insufficient-memory");
    EXPECT_TRUE(guest.wasi().refusals().too_many_files);
  }
  EXPECT_EQ(guest.opened(dir, "file"), "ok");
  // A stream keeps its file open.
  std::optional<Resource> file = guest.file(dir, "file");
  const Resource stream = guest.make("read-via", {guest.of(*file), number(0)});
  file.reset();
  const Resource other = guest.file(dir, "file");
  EXPECT_EQ(guest.opened(dir, "file"), "insufficient-memory");
  EXPECT_EQ(guest.read(stream, 1), "closed");
}

TEST(WasiComponents, ClocksAndRandomNumbers) {
  ComponentGuest guest{WasiConfig()};
  const uint64_t before = guest.call("now").as_unsigned();
  const Resource timer = guest.make("after", {number(20'000'000)});
  EXPECT_FALSE(guest.call("ready", {guest.of(timer)}).as_bool());
  (void)must(guest.attempt("block", {guest.of(timer)}));
  EXPECT_GE(guest.call("now").as_unsigned(), before + 20'000'000);
  EXPECT_TRUE(guest.call("ready", {guest.of(timer)}).as_bool());
  EXPECT_TRUE(guest.call("ready", {guest.of(guest.make("at", {number(0)}))}).as_bool());
  const Value wall = guest.call("wall-now");
  EXPECT_NEAR(static_cast<double>(wall.field("seconds")->as_unsigned()), static_cast<double>(time(nullptr)), 5);
  const Value some = guest.call("random-bytes", {number(3'000'000)});
  const auto random = some.numbers<uint8_t>();
  ASSERT_EQ(random.size(), 3'000'000u);
  EXPECT_EQ(std::set<uint8_t>(random.end() - 100'000, random.end()).size(), 256u);
  EXPECT_EQ(guest.call("random-bytes", {number(0)}).size(), 0u);
  EXPECT_NE(guest.call("random").as_unsigned(), guest.call("random").as_unsigned());
  // The component's allocator has less.
  EXPECT_FALSE(guest.attempt("random-bytes", {number(~uint64_t{0})}));
}

TEST(WasiComponents, MovedBytesCostFuel) {
  ComponentGuest guest(WasiConfig(), "0.2.0", metered());
  must(guest.store().set_fuel(1'000'000));
  (void)guest.call("random-bytes", {number(1'000'000)});
  const uint64_t left = *guest.store().fuel();
  EXPECT_LT(left, 1'000'000 - 1'000'000 / 16);
  EXPECT_GT(left, 1'000'000 - 1'000'000 / 16 - 1000);
  must(guest.store().set_fuel(1000));
  Result<std::optional<Value>> r = guest.attempt("random-bytes", {number(1'000'000)});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().trap_code(), TrapCode::kOutOfFuel);
}

TEST(WasiComponents, ErrorsOfStreams) {
  TempDir directory;
  ComponentGuest guest(in(directory));
  const Resource file = guest.file(guest.directory(), "file", {"create"}, {"write"});
  const Resource out = guest.make("write-via", {guest.of(file), number(~uint64_t{0})});
  const Value v = guest.call("write-flush", {guest.of(out), bytes("x")});
  ASSERT_FALSE(v.is_ok());
  ASSERT_EQ(v.payload()->case_name(), "last-operation-failed");
  const Resource error = must(Resource::from_value(*v.payload()->payload()));
  EXPECT_EQ(guest.call("error-code", {guest.of(error)}).payload()->case_name(), "invalid");
  EXPECT_FALSE(guest.call("debug", {guest.of(error)}).as_string().empty());
  EXPECT_EQ(guest.outcome("check-write", {guest.of(out)}), "closed");
  EXPECT_EQ(guest.outcome("write-flush", {guest.of(out), bytes("x")}), "closed");
}

TEST(WasiComponents, Traces) {
  TempDir directory;
  std::vector<std::string> lines;
  WasiConfig config = in(directory);
  config.trace([&](std::string_view line) { lines.emplace_back(line); });
  ComponentGuest guest(std::move(config));
  const Resource dir = guest.directory();
  EXPECT_EQ(guest.opened(dir, "no\nne", {"create", "exclusive"}, {"read", "write"}), "ok");
  EXPECT_EQ(guest.opened(dir, "none"), "no-entry");
  const Value stat = guest.call("stat", {guest.of(dir)});
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], "filesystem/preopens.get-directories() = [1 elements]");
  EXPECT_TRUE(lines[1].starts_with("filesystem/types.[method]descriptor.open-at(#")) << lines[1];
  EXPECT_NE(lines[1].find(", {symlink-follow}, \"no\\0ane\", {create, exclusive}, {read, write}) = ok(#"),
            std::string::npos)
      << lines[1];
  EXPECT_NE(lines[2].find("= err(no-entry)"), std::string::npos) << lines[2];
  EXPECT_NE(lines[3].find("= ok({type: directory, link-count: "), std::string::npos) << lines[3];
}

TEST(WasiComponents, OneLinkerForManyStores) {
  Engine engine;
  ComponentLinker linker(engine);
  must(Wasi::add_to_linker(linker, [](ComponentCaller& caller) { return static_cast<Wasi*>(caller.data()); }));
  const Component component = must(Component::from_text(engine, test::component_of_all("0.2.0")));
  for (const char* argument : {"a", "b"}) {
    Wasi wasi = must(Wasi::create(WasiConfig().args({argument})));
    Store store(engine);
    const ComponentInstance instance = must(linker.instantiate(store, component));
    EXPECT_FALSE(instance.get_func("arguments")->call({}));  // no state yet
    const ComponentInstance other = must(linker.instantiate(store, component));
    store.set_data(&wasi);
    EXPECT_EQ(must(other.get_func("arguments")->call({}))->elements()[0].as_string(), argument);
  }
}

}  // namespace
}  // namespace ermine

// WASI 0.2 and 0.3 for components whose memory has 64-bit addresses: what lies in memory lies elsewhere than with
// 32-bit ones. All else is tested with those.
#include <fcntl.h>
#include <unistd.h>

#include <set>

#include "tests/wasi/async_component_caller.h"
#include "tests/wasi/guest_directory.h"

namespace ermine {
namespace {

using component::Resource;
using component::Value;
using test::AsyncGuest;
using test::bytes;
using test::ComponentGuest;
using test::follow;
using test::GuestDirectory;
using test::must;
using test::number;
using test::text;
using test::Values;

Config with_all() {
  Config config;
  config.enable_all_features();
  return config;
}
ComponentGuest guest_of(WasiConfig config) {
  return {std::move(config), with_all(), test::component_of_all("0.2.3", true)};
}

TEST(Wasi64, Arguments) {
  ComponentGuest guest = guest_of(WasiConfig().args({"app", "one", ""}).env("A", "b=c").env("D", ""));
  EXPECT_EQ(guest.call("arguments"), Value::list(Values{text("app"), text("one"), text("")}));
  EXPECT_EQ(guest.call("environment"), Value::list(Values{Value::tuple(Values{text("A"), text("b=c")}),
                                                          Value::tuple(Values{text("D"), text("")})}));
  EXPECT_EQ(guest.call("cwd").payload(), nullptr);
  EXPECT_EQ(guest.call("random-bytes", {number(100)}).numbers<uint8_t>().size(), 100u);
}

TEST(Wasi64, Files) {
  const GuestDirectory directory(true);
  std::vector<std::string> lines;
  WasiConfig config = directory.config();
  config.trace([&](std::string_view line) { lines.emplace_back(line); });
  ComponentGuest guest = guest_of(std::move(config));
  const Resource dir = guest.directory();
  EXPECT_EQ(guest.opened(dir, "file"), "no-entry");
  const Resource file = guest.file(dir, "file", {"create"}, {"read", "write"});
  EXPECT_EQ(guest.call("write-file", {guest.of(file), bytes("some text"), number(2)}).payload()->as_unsigned(), 9u);
  EXPECT_EQ(directory.contents("file"), std::string("\0\0some text", 11));
  const Value read = guest.call("read-file", {guest.of(file), number(4), number(2)});
  EXPECT_EQ(*read.payload(), Value::tuple(Values{bytes("some"), Value::boolean(false)}));
  const Value stat = guest.call("stat-at", {guest.of(dir), follow(), text("file")});
  EXPECT_EQ(stat.payload()->field("size")->as_unsigned(), 11u);
  EXPECT_EQ(guest.outcome("symlink", {guest.of(dir), text("file"), text("link")}), "ok");
  EXPECT_EQ(*guest.call("readlink", {guest.of(dir), text("link")}).payload(), text("file"));
  EXPECT_EQ(guest.outcome("rename", {guest.of(dir), text("file"), guest.of(dir), text("other")}), "ok");
  std::set<std::string> names;
  const Resource entries = guest.make("read-directory", {guest.of(dir)});
  for (;;) {
    const Value entry = guest.call("next-entry", {guest.of(entries)});
    if (!entry.payload()->payload()) break;
    names.emplace(entry.payload()->payload()->field("name")->as_string());
  }
  EXPECT_EQ(names, (std::set<std::string>{"link", "other"}));
  const Resource in = guest.make("read-via", {guest.of(file), number(2)});
  EXPECT_EQ(guest.read(in, 100), "some text");
  EXPECT_EQ(guest.read(in, 100), "closed");
  EXPECT_EQ(lines[0], "filesystem/preopens.get-directories() = [1 elements]");
  EXPECT_NE(lines[1].find(", {symlink-follow}, \"file\", {}, {read}) = err(no-entry)"), std::string::npos) << lines[1];
  EXPECT_NE(lines[3].find(", [9 bytes], 2) = ok(9)"), std::string::npos) << lines[3];
}

// The functions of async_component_guest.h whose names end in -all, for 64-bit addresses.
test::ComponentExtra extra64() {
  test::ComponentExtra extra;
  extra.built_ins = R"(
    (type $bytes (stream u8)) (type $entries (stream $directory-entry))
    (type $file-end (future (result (error $error-code)))) (type $cli-end (future (result (error $cli-error)))))";
  const auto built_in = [&](std::string_view name, std::string_view canon, std::string_view type) {
    add_built_in(extra, name, canon, type);
  };
  constexpr std::string_view kCopy = "(param i32 i64 i64) (result i64)", kGet = "(param i32 i64) (result i32)";
  constexpr std::string_view kDrop = "(param i32)";
  built_in("new-bytes", "stream.new $bytes", "(result i64)");
  built_in("read-bytes", "stream.read $bytes (memory $m \"memory\")", kCopy);
  built_in("write-bytes", "stream.write $bytes (memory $m \"memory\")", kCopy);
  built_in("drop-reader", "stream.drop-readable $bytes", kDrop);
  built_in("drop-writer", "stream.drop-writable $bytes", kDrop);
  built_in("read-entries", "stream.read $entries (memory $m \"memory\") (realloc (func $m \"realloc\"))", kCopy);
  built_in("drop-entries", "stream.drop-readable $entries", kDrop);
  built_in("file-end", "future.read $file-end (memory $m \"memory\") (realloc (func $m \"realloc\"))", kGet);
  built_in("drop-file-end", "future.drop-readable $file-end", kDrop);
  built_in("cli-end", "future.read $cli-end (memory $m \"memory\")", kGet);
  built_in("drop-cli-end", "future.drop-readable $cli-end", kDrop);
  extra.guest += R"(
    (func $file-status (param $f i32) (result i32)
      (drop (call $file-end (local.get $f) (i64.const 32)))
      (call $drop-file-end (local.get $f))
      (if (result i32) (i32.load8_u (i64.const 32))
        (then (i32.add (i32.load8_u (i64.const 40)) (i32.const 1))) (else (i32.const 0))))
    (func $result (param $n i64) (param $status i32) (result i64)
      (i64.store (i64.const 96) (i64.const 0x1000000))
      (i64.store (i64.const 104) (local.get $n))
      (i32.store (i64.const 112) (local.get $status))
      (i64.const 96))
    (func (export "read-all") (param $d i32) (param $at i64) (result i64)
      (local $code i64) (local $n i64)
      (call $read-via (local.get $d) (local.get $at) (i64.const 64))
      (call $drop-descriptor (local.get $d))
      (loop $again
        (local.set $code
          (call $read-bytes (i32.load (i64.const 64)) (i64.add (i64.const 0x1000000) (local.get $n)) (i64.const 70000)))
        (local.set $n (i64.add (local.get $n) (i64.shr_u (local.get $code) (i64.const 4))))
        (br_if $again (i64.eqz (i64.and (local.get $code) (i64.const 15)))))
      (call $drop-reader (i32.load (i64.const 64)))
      (call $result (local.get $n) (call $file-status (i32.load (i64.const 68)))))
    (func $fill (param $ends i64) (param $at i64) (param $n i64)
      (local $end i32)
      (local.set $end (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
      (drop (call $write-bytes (local.get $end) (local.get $at) (local.get $n)))
      (call $drop-writer (local.get $end)))
    (func (export "write-all") (param $d i32) (param $at i64) (param $data i64) (param $n i64) (result i32)
      (local $ends i64) (local $f i32)
      (local.set $ends (call $new-bytes))
      (local.set $f (call $write-via (local.get $d) (i32.wrap_i64 (local.get $ends)) (local.get $at)))
      (call $drop-descriptor (local.get $d))
      (call $fill (local.get $ends) (local.get $data) (local.get $n))
      (call $file-status (local.get $f)))
    (func (export "stdout-all") (param $data i64) (param $n i64) (result i32)
      (local $ends i64) (local $f i32)
      (local.set $ends (call $new-bytes))
      (local.set $f (call $stdout (i32.wrap_i64 (local.get $ends))))
      (call $fill (local.get $ends) (local.get $data) (local.get $n))
      (drop (call $cli-end (local.get $f) (i64.const 32)))
      (call $drop-cli-end (local.get $f))
      (i32.load8_u (i64.const 32)))
    (func (export "list-all") (param $d i32) (result i64)
      (local $code i64) (local $n i64)
      (call $read-directory (local.get $d) (i64.const 64))
      (call $drop-descriptor (local.get $d))
      (loop $again
        (local.set $code (call $read-entries (i32.load (i64.const 64))
          (i64.add (i64.const 0x1000000) (i64.mul (local.get $n) (i64.const 48))) (i64.const 7)))
        (local.set $n (i64.add (local.get $n) (i64.shr_u (local.get $code) (i64.const 4))))
        (br_if $again (i64.eqz (i64.and (local.get $code) (i64.const 15)))))
      (call $drop-entries (i32.load (i64.const 64)))
      (call $result (local.get $n) (call $file-status (i32.load (i64.const 68)))))
)";
  const std::string self = "(param \"self\" (borrow $descriptor))";
  add_export(extra, "read-all", self + " (param \"at\" u64) (result (tuple (list u8) u32))");
  add_export(extra, "write-all", self + " (param \"at\" u64) (param \"data\" (list u8)) (result u32)");
  add_export(extra, "stdout-all", "(param \"data\" (list u8)) (result u32)");
  add_export(extra, "list-all", self + " (result (tuple (list $directory-entry) u32))");
  return extra;
}
AsyncGuest async_guest_of(WasiConfig config) {
  return {std::move(config), with_all(),
          test::component_of("0.3.0", test::kAsyncInterfaces, test::kAsyncFunctions, "d", extra64(), true)};
}

TEST(Wasi64, AsyncFiles) {
  const GuestDirectory directory(false);
  AsyncGuest guest = async_guest_of(directory.config().args({"app", "one"}));
  EXPECT_EQ(guest.call("arguments"), Value::list(Values{text("app"), text("one")}));
  const Resource dir = guest.directory();
  EXPECT_EQ(guest.opened(dir, "file"), "no-entry");
  const Resource file = guest.file(dir, "file", {"create"}, {"read", "write"});
  EXPECT_EQ(guest.status("write-all", {guest.of(file), number(2), bytes("some text")}), 0u);
  EXPECT_EQ(directory.contents("file"), std::string("\0\0some text", 11));
  std::string large(300'000, '\0');
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i % 251);
  EXPECT_EQ(guest.status("write-all", {guest.of(file), number(0), bytes(large)}), 0u);
  EXPECT_EQ(guest.contents("read-all", {guest.of(file), number(0)}), (AsyncGuest::Contents{large, 0}));
  // The end of a stream that failed has the error.
  const Resource reading = guest.file(dir, "file");
  constexpr uint64_t kBadDescriptor = 3;
  EXPECT_EQ(guest.status("write-all", {guest.of(reading), number(0), bytes("x")}), kBadDescriptor);
  const Value stat = guest.call("stat", {guest.of(file)});
  EXPECT_EQ(stat.payload()->field("size")->as_unsigned(), 300'000u);
  EXPECT_EQ(stat.payload()->field("type")->case_name(), "regular-file");
  // Names come as elements of a stream.
  std::set<std::string> expected{"file"}, names;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "file" + std::to_string(i);
    directory.write(name);
    expected.insert(name);
  }
  const Value entries = guest.call("list-all", {guest.of(dir)});
  EXPECT_EQ(entries.elements()[1].as_unsigned(), 0u);
  for (const Value& entry : entries.elements()[0].elements()) {
    EXPECT_EQ(entry.field("type")->case_name(), "regular-file");
    names.emplace(entry.field("name")->as_string());
  }
  EXPECT_EQ(names, expected);
}

TEST(Wasi64, AsyncOutput) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  AsyncGuest guest = async_guest_of(WasiConfig().stdio(ends[0], ends[1], ends[1]));
  EXPECT_EQ(guest.status("stdout-all", {bytes("hello")}), 0u);
  char out[16];
  EXPECT_EQ(std::string_view(out, static_cast<size_t>(read(ends[0], out, sizeof out))), "hello");
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace ermine

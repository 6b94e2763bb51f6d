// Programs that are malicious at run time.
#include "ermine/wasi.h"
#include "tests/abuse/attack.h"

namespace ermine::abuse {
namespace {

TEST(Abuse, MemoryBombs) {
  expect_contained("a minimum", from_text("(module (memory 65536))", "StoreLimits::memory_bytes"));
  expect_contained("many of them",
                   from_text("(module (memory 600) (memory 600))", "StoreLimits::instance_memory_bytes"));
  expect_contained("shared", from_text("(module (memory 600 700 shared) (memory 600 700 shared))",
                                       "StoreLimits::total_memory_bytes"));
  expect_contained("64 bits", from_text("(module (memory i64 0x1000000000))", "StoreLimits::memory_bytes"));
  // Grows as far as it can and touches everything, then continues to request more.
  const char* grow = R"((module (memory $m 0) (memory $n 0)
    (func (export "run") (local $i i32)
      (loop $l
        (drop (memory.grow $m (i32.const 1))) (drop (memory.grow $n (i32.const 1)))
        (memory.fill $m (i32.const 0) (i32.const 1) (i32.mul (memory.size $m) (i32.const 65536)))
        (memory.fill $n (i32.const 0) (i32.const 1) (i32.mul (memory.size $n) (i32.const 65536)))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000)))))))";
  Attack a = from_text(grow, "");
  a.timeout = std::chrono::seconds(60);
  a.limits.memory_bytes = 20 << 20;
  a.limits.instance_memory_bytes = 32 << 20;
  expect_contained("growing", a);
  a.limits.fail_on_grow = true;
  a.expected = "StoreLimits::instance_memory_bytes";
  expect_contained("growing to a stop", a);
  // Segments far apart: one byte of the module is one page of memory.
  std::string apart = "(module (memory 1024)";
  for (int i = 0; i < 1024; ++i) apart += "(data (i32.const " + std::to_string(i * 65536) + ") \"x\")";
  expect_contained("segments far apart", from_text(apart + ")", ""));
  // One segment, unpacked repeatedly.
  std::string packed =
      "(module (memory 1000) (data $d \"" + std::string(60'000, 'z') + R"(") (func (export "run") (local i32)
    (loop $l (memory.init $d (i32.rem_u (local.get 0) (i32.const 65000000)) (i32.const 0) (i32.const 60000))
      (local.set 0 (i32.add (local.get 0) (i32.const 4096))) (br $l)))))";
  Attack unpack = from_text(packed, "consumed");
  unpack.fuel = true;
  expect_contained("unpacking", unpack);
}

TEST(Abuse, TableBombs) {
  expect_contained("a minimum", from_text("(module (table 4294967295 funcref))", "StoreLimits::table_elements"));
  expect_contained("one beyond", from_text("(module (table 10000001 funcref))", "elements"));
  std::string many = "(module (func $f) (elem declare func $f)";
  for (int i = 0; i < 1000; ++i) many += "(table 10000000 funcref (ref.func $f))";
  Attack a = from_text(many + ")", "StoreLimits::total_table_elements");
  a.limits.total_table_elements = 5'000'000;
  expect_contained("many", a);
  Attack grow = from_text(R"((module (table $t 0 externref) (func (export "run")
    (loop $l (drop (table.grow $t (ref.null extern) (i32.const 1000))) (br $l)))))",
                          "interrupted");
  grow.timeout = std::chrono::milliseconds(500);
  grow.limits.table_elements = 1'000'000;
  expect_contained("growing", grow);
}

TEST(Abuse, EndlessRecursion) {
  expect_contained("plain", from_text(R"((module (func $f (export "run") (call $f))))", "call stack exhausted"));
  expect_contained("large frames", from_text(R"((module (func $f (export "run") (local v128 v128 v128 v128 v128 v128)
    (call $f) (drop (i8x16.splat (i32.const 1))))))",
                                             "call stack exhausted"));
  expect_contained("through a table", from_text(R"((module (type $t (func)) (table 1 funcref) (elem (i32.const 0) $f)
    (func $f (export "run") (call_indirect (type $t) (i32.const 0)))))",
                                                "call stack exhausted"));
  expect_contained("caught and begun again",
                   from_text(R"((module (func $f (export "run") (block $b (try_table (catch_all $b) (call $f))))))",
                             "call stack exhausted"));
#ifdef ERMINE_SANITIZED
  const std::vector<int> kinds = {0, 1};  // 2 uses up all mappings, which AddressSanitizer does not survive
#else
  const std::vector<int> kinds = {0, 1, 2};
#endif
  for (const int kind : kinds) {
    Attack a = from_text(R"((module (import "host" "again" (func $again)) (func (export "run") (call $again))))",
                         "call stack exhausted");
    a.imports = [kind](Linker& linker) {
      (void)linker.func_wrap("host", "again", [kind](Caller& caller) -> Result<void> {
        Func run = *caller.get_export("run")->func();
        if (kind == 0) return run.call({}, {});
        if (kind == 1) {
          ERMINE_ASSIGN(auto typed, run.typed<void()>());
          return typed();
        }
        // A stack of its own for each: these must be bounded.
        ERMINE_ASSIGN(Execution e, Execution::create(run, {}));
        ERMINE_ASSIGN(auto state, e.run());
        return state == Execution::State::kReturned
                   ? Result<void>()
                   : Result<void>(Error(ErrorKind::kLimit, "call stack exhausted by time"));
      });
    };
    if (kind == 2) {
      a.expected = "call stack exhausted|no memory for the stacks|interrupted";
      a.most_mb = 2000;
    }
    expect_contained("through host calls " + std::to_string(kind), a);
  }
  Attack start = from_text(R"((module (import "host" "again" (func $again)) (start $again)))", "there is no run");
  start.imports = [](Linker& linker) {
    (void)linker.func_wrap("host", "again", [](Caller& caller) -> Result<void> {
      if (!caller.get_export("run")) return Error(ErrorKind::kUsage, "there is no run");
      return {};
    });
  };
  expect_contained("nothing behind it", start);
}

TEST(Abuse, EndlessStart) {
  const char* loop = "(module (func $f (loop $l (br $l))) (start $f))";
  Attack by_time = from_text(loop, "interrupted");
  by_time.timeout = std::chrono::milliseconds(100);
  expect_contained("by time", by_time);
  Attack by_fuel = from_text(loop, "consumed");
  by_fuel.fuel = true;
  by_fuel.timeout = std::chrono::seconds(60);
  expect_contained("by fuel", by_fuel);
  expect_contained("by depth", from_text("(module (func $f (call $f)) (start $f))", "call stack exhausted"));
  Attack tail = from_text("(module (func $f (return_call $f)) (start $f))", "interrupted");
  tail.timeout = std::chrono::milliseconds(100);
  expect_contained("by tail calls", tail);
}

TEST(Abuse, HeapBombs) {
  expect_contained(
      "a list", from_text(R"((module (type $l (struct (field (ref null $l)))) (func (export "run") (local (ref null $l))
    (loop $m (local.set 0 (struct.new $l (local.get 0))) (br $m)))))",
                          "heap exhausted"));
  expect_contained("an array", from_text(R"((module (type $a (array (mut i64))) (func (export "run")
    (drop (array.new_default $a (i32.const -1))))))",
                                         "allocation size too large"));
  expect_contained("a constant array", from_text(R"((module (type $a (array (mut i64)))
    (global (ref $a) (array.new $a (i64.const 1) (i32.const 500000000)))))",
                                                 "allocation size too large"));
  expect_contained("many constant arrays",
                   from_text(
                       [] {
                         std::string all = "(module (type $a (array (mut i8)))";
                         for (int i = 0; i < 100; ++i)
                           all += "(global (ref $a) (array.new $a (i32.const 1) (i32.const 1000000)))";
                         return all + ")";
                       }(),
                       "heap exhausted"));
  expect_contained("arrays of arrays",
                   from_text(R"((module (type $a (array (mut anyref))) (func (export "run") (local anyref)
    (loop $m (local.set 0 (array.new $a (local.get 0) (i32.const 1000))) (br $m)))))",
                             "heap exhausted"));
  expect_contained("exceptions", from_text(R"((module (tag $t (param exnref)) (func (export "run") (local exnref)
    (loop $m (local.set 0 (block $b (result exnref) (try_table (catch_all_ref $b) (throw $t (local.get 0))) (unreachable))) (br $m)))))",
                                           "heap exhausted"));
  // Garbage alone never fills it.
  Attack garbage = from_text(R"((module (type $a (array (mut i8))) (func (export "run")
    (loop $m (drop (array.new_default $a (i32.const 100000))) (br $m)))))",
                             "interrupted");
  garbage.timeout = std::chrono::milliseconds(500);
  expect_contained("garbage", garbage);
}

// Data that a program makes the host keep: descriptors, polls, directory buffers, paths, random bytes, strings.
TEST(Abuse, HostTables) {
  const char* text = R"((module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1000)
    (data (i32.const 0) ".")
    (func (export "run") (local $i i32)
      (loop $l
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 8)))
        (drop (call $readdir (local.get $i) (i32.const 1000000) (i32.const 60000000) (i64.const 0) (i32.const 8)))
        (drop (call $renumber (i32.const 5) (i32.const 2000000000)))
        (drop (call $write (i32.const 1) (i32.const 64) (i32.const 8000000) (i32.const 8)))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 6000))))
      (drop (call $poll (i32.const 64) (i32.const 64) (i32.const 1000000) (i32.const 8))))))";
  Attack a = from_text(text, "");
  a.timeout = std::chrono::seconds(100);
  a.most_mb = 350;  // 4096 directories with 32 KiB each, and the guest's own memory
  std::optional<Wasi> wasi;
  a.imports = [&](Linker& linker) {
    WasiConfig config;
    config.preopen_dir("/", "/", WasiDirAccess::kReadOnly);
    wasi.emplace(*Wasi::create(std::move(config)));
    (void)wasi->add_to_linker(linker);
  };
  expect_contained("host tables", a);
}

}  // namespace
}  // namespace ermine::abuse

// Linking and instantiation: the order of effects, errors and their wording, shared definitions.
#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/api/wat.h"

namespace ermine::instantiate_test {
namespace {

using test::must;
using test::wat;

TEST(Link, UnknownAndIncompatibleImports) {
  Engine engine;
  Store store(engine);
  Linker linker(engine);
  Module needs_func = wat(engine, R"((module (import "env" "f" (func (param i32) (result i64)))))");
  auto unknown = linker.instantiate(store, needs_func);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind(), ErrorKind::kLink);
  EXPECT_EQ(unknown.error().message().rfind("unknown import", 0), 0u) << unknown.error().message();
  EXPECT_NE(unknown.error().message().find("\"env\" \"f\""), std::string::npos);
  EXPECT_NE(unknown.error().message().find("[i32] -> [i64]"), std::string::npos);

  must(linker.func_wrap("env", "f", [](int32_t) {}));
  auto wrong = linker.instantiate(store, needs_func);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message().rfind("incompatible import type", 0), 0u) << wrong.error().message();
  EXPECT_NE(wrong.error().message().find("expected a function [i32] -> [i64], found a function [i32] -> []"),
            std::string::npos)
      << wrong.error().message();
}

TEST(Link, Matching) {
  Engine engine;
  Store store(engine);
  Linker linker(engine);
  auto memory = must(Memory::create(store, MemoryType{.min = 2, .max = 5}));
  must(linker.define("e", "m", memory));
  auto table = must(Table::create(store, TableType{ValType::funcref(), 3, 10}, Func()));
  must(linker.define("e", "t", table));
  auto global = must(Global::create(store, GlobalType{ValType::i32(), true}, 7));
  must(linker.define("e", "g", global));
  auto constant = must(Global::create(store, GlobalType{ValType::i64(), false}, int64_t{7}));
  must(linker.define("e", "c", constant));
  auto fits = [&](std::string import) {
    auto r = linker.instantiate(store, wat(engine, "(module (import \"e\" " + import + "))"));
    if (!r) EXPECT_EQ(r.error().kind(), ErrorKind::kLink);
    return r.has_value();
  };
  EXPECT_TRUE(fits("\"m\" (memory 2 5)"));
  EXPECT_TRUE(fits("\"m\" (memory 0 6)"));
  EXPECT_FALSE(fits("\"m\" (memory 3)"));
  EXPECT_FALSE(fits("\"m\" (memory 2 4)"));
  EXPECT_FALSE(fits("\"m\" (memory i64 2)"));
  EXPECT_FALSE(fits("\"m\" (memory 2 5 shared)"));
  EXPECT_TRUE(fits("\"t\" (table 3 10 funcref)"));
  EXPECT_FALSE(fits("\"t\" (table 3 9 funcref)"));
  EXPECT_FALSE(fits("\"t\" (table 4 funcref)"));
  EXPECT_FALSE(fits("\"t\" (table 3 externref)"));
  EXPECT_TRUE(fits("\"g\" (global (mut i32))"));
  EXPECT_FALSE(fits("\"g\" (global i32)"));
  EXPECT_TRUE(fits("\"c\" (global i64)"));
  EXPECT_FALSE(fits("\"c\" (global (mut i64))"));
  EXPECT_FALSE(fits("\"c\" (func)"));
  // The current size counts.
  must(memory.grow(1));
  EXPECT_TRUE(fits("\"m\" (memory 3)"));
}

// The address type bounds the size.
TEST(Link, MemoriesThatNoTypeAllows) {
  Engine engine;
  Store store(engine);
  const auto possible = [&](const MemoryType& type) {
    auto made = Memory::create(store, type);
    if (!made) EXPECT_EQ(made.error().kind(), ErrorKind::kUsage) << made.error().to_string();
    return made.has_value();
  };
  constexpr uint64_t kMost32 = uint64_t{1} << 32, kMost64 = uint64_t{1} << 48;
  EXPECT_TRUE(possible({.max = 65536}));
  EXPECT_FALSE(possible({.max = 65537}));
  EXPECT_FALSE(possible({.min = 65537}));
  EXPECT_TRUE(possible({.max = kMost32 - 1, .page_log2 = 0}));
  EXPECT_FALSE(possible({.max = kMost32, .page_log2 = 0}));
  EXPECT_TRUE(possible({.max = kMost64, .is64 = true}));
  EXPECT_FALSE(possible({.max = kMost64 + 1, .is64 = true}));
  EXPECT_FALSE(possible({.min = kMost64 + 1, .is64 = true}));
  EXPECT_TRUE(possible({.max = ~uint64_t{0}, .is64 = true, .page_log2 = 0}));
  EXPECT_FALSE(possible({.min = 2, .max = 1}));
  EXPECT_FALSE(possible({.page_log2 = 12}));
}

TEST(Link, DefinitionsAndAliases) {
  Engine engine;
  Store store(engine);
  Linker linker(engine);
  must(linker.func_wrap("a", "f", [] { return 1; }));
  auto again = linker.func_wrap("a", "f", [] { return 2; });
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind(), ErrorKind::kUsage);
  Linker other = linker.clone();
  other.allow_shadowing(true);
  must(other.func_wrap("a", "f", [] { return 3; }));
  must(linker.alias("a", "f", "b", "g"));
  must(linker.alias_module("b", "c"));
  Module m = wat(engine, R"((module (import "c" "g" (func $g (result i32))) (export "g" (func $g))))");
  Instance i = must(linker.instantiate(store, m));
  EXPECT_EQ(must(must(i.get_typed_func<int32_t()>("g"))()), 1);
  EXPECT_EQ(must(must(other.get(store, "a", "f")->func()->typed<int32_t()>())()), 3);
  EXPECT_FALSE(linker.alias("nothing", "x", "y", "z"));
  // One function of a linker is one function of a store.
  EXPECT_EQ(*linker.get(store, "a", "f")->func(), *i.get_func("g"));
  // Instances' exports under a name.
  must(linker.instance("inst", i));
  EXPECT_TRUE(linker.has("inst", "g"));
  // Host functions serve any store; items of one store serve only that store.
  Store second(engine);
  must(linker.instantiate(second, m));
  auto foreign = linker.instantiate(second, wat(engine, R"((module (import "inst" "g" (func (result i32)))))"));
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().kind(), ErrorKind::kUsage);
}

TEST(Link, UnknownImportsAsTrapsAndDefaults) {
  Engine engine;
  Store store(engine);
  Module m = wat(engine, R"((module
    (import "x" "f" (func $f (param i32) (result i64)))
    (func (export "run") (result i64) (call $f (i32.const 1)))))");
  Linker traps(engine);
  must(traps.define_unknown_imports_as_traps(m));
  auto r = must(must(traps.instantiate(store, m)).get_typed_func<int64_t()>("run"))();
  ASSERT_FALSE(r);
  EXPECT_NE(r.error().message().find("\"x\" \"f\""), std::string::npos);
  Linker defaults(engine);
  Module more = wat(engine, R"((module
    (import "x" "f" (func $f (param i32) (result i64)))
    (import "x" "m" (memory 1)) (import "x" "t" (table 2 funcref)) (import "x" "g" (global (mut f32)))
    (func (export "run") (result i64) (call $f (i32.const 1)))))");
  must(defaults.define_unknown_imports_as_defaults(store, more));
  EXPECT_EQ(must(must(must(defaults.instantiate(store, more)).get_typed_func<int64_t()>("run"))()), 0);
}

TEST(Instantiate, GlobalsAndSegments) {
  Engine engine;
  Store store(engine);
  Linker linker(engine);
  must(linker.define("e", "base", must(Global::create(store, GlobalType{ValType::i32(), false}, 100))));
  Module m = wat(engine, R"((module
    (import "e" "base" (global $base i32))
    (global $a (export "a") i32 (i32.add (global.get $base) (i32.mul (i32.const 3) (i32.const 4))))
    (global $b (export "b") i64 (i64.sub (i64.const 5) (i64.const 7)))
    (global (export "v") v128 (v128.const i64x2 1 2))
    (global (export "f") (mut funcref) (ref.func $f))
    (global (export "d") f64 (f64.const 0.5))
    (memory (export "memory") 1)
    (data (global.get $base) "hello")
    (data (offset (i32.add (global.get $base) (i32.const 5))) " world")
    (table (export "t") 10 funcref)
    (elem (i32.const 2) func $f $f)
    (elem (table 0) (i32.const 5) funcref (ref.null func) (ref.func $f))
    (func $f (export "func"))))");
  Instance i = must(linker.instantiate(store, m));
  EXPECT_EQ(i.get_global("a")->get().i32(), 112);
  EXPECT_EQ(i.get_global("b")->get().i64(), -2);
  EXPECT_EQ(i.get_global("v")->get().v128().bytes[8], 2);
  EXPECT_EQ(i.get_global("f")->get().func(), *i.get_func("func"));
  EXPECT_EQ(i.get_global("d")->get().f64(), 0.5);
  Memory memory = *i.get_memory("memory");
  char text[11];
  ASSERT_TRUE(memory.read(100, text, 11));
  EXPECT_EQ(std::string_view(text, 11), "hello world");
  Table t = *i.get_table("t");
  EXPECT_TRUE(must(t.get(1)).is_null());
  EXPECT_EQ(must(t.get(3)).func(), *i.get_func("func"));
  EXPECT_TRUE(must(t.get(5)).is_null());
  EXPECT_EQ(must(t.get(6)).func(), *i.get_func("func"));
  EXPECT_FALSE(t.get(10));
  EXPECT_EQ(*i.get_global("a"), *i.get_global("a"));
  EXPECT_EQ(i.exports().size(), 8u);
}

// Segments are applied in order; writes before one that does not fit are kept (section 4.7.2).
TEST(Instantiate, SegmentsThatDoNotFit) {
  Engine engine;
  Store store(engine);
  Linker linker(engine);
  auto memory = must(Memory::create(store, MemoryType{.min = 1}));
  auto table = must(Table::create(store, TableType{ValType::funcref(), 4}, Func()));
  must(linker.define("e", "m", memory));
  must(linker.define("e", "t", table));
  auto bad_data = linker.instantiate(store, wat(engine, R"((module
    (import "e" "m" (memory 1)) (import "e" "t" (table 4 funcref))
    (func $f (result i32) (i32.const 77))
    (elem (i32.const 1) func $f)
    (data (i32.const 0) "abc")
    (data (i32.const 65535) "xy")
    (data (i32.const 10) "never")))"));
  ASSERT_FALSE(bad_data);
  EXPECT_EQ(bad_data.error().trap_code(), TrapCode::kMemoryOutOfBounds);
  EXPECT_EQ(bad_data.error().message().rfind("out of bounds memory access", 0), 0u);
  EXPECT_NE(bad_data.error().message().find("data segment 1"), std::string::npos);
  EXPECT_EQ(memory.load<char>(2), 'c');
  EXPECT_EQ(memory.load<char>(65535), 0);
  EXPECT_EQ(memory.load<char>(10), 0);
  // The function remains in the table.
  Func f = must(table.get(1)).func();
  ASSERT_TRUE(f);
  EXPECT_EQ(must(must(f.typed<int32_t()>())()), 77);
  auto bad_elem = linker.instantiate(store, wat(engine, R"((module
    (import "e" "t" (table 4 funcref)) (func $f) (elem (i32.const 3) func $f $f)))"));
  ASSERT_FALSE(bad_elem);
  EXPECT_EQ(bad_elem.error().trap_code(), TrapCode::kTableOutOfBounds);
}

// From its second instance on, a module with much data is mapped copy-on-write, without a visible difference. In the
// system's list of mappings, the mapping of an address is then one of its own, of a file in memory.
bool is_of_a_file(const uint8_t* address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0, end = 0;
    char dash = 0;
    std::string flags, offset, device;
    uint64_t inode = 0;
    std::istringstream(line) >> std::hex >> begin >> dash >> end >> flags >> offset >> device >> std::dec >> inode;
    const auto at = reinterpret_cast<uintptr_t>(address);
    if (at >= begin && at < end) return inode != 0;
  }
  ADD_FAILURE() << "nothing is mapped there";
  return false;
}

TEST(Instantiate, DataImages) {
  Engine engine;
  std::string big(100000, 'x');
  Module m = wat(engine, R"((module
    (memory (export "memory") 4) (memory (export "second") 2)
    (data (i32.const 4090) ")" +
                             big + R"(")
    (data (i32.const 4095) "over")
    (data (i32.const 262140) "last")
    (data (memory 1) (i32.const 131071) "!")
    (data $passive "p")
    (func (export "again") (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 1)))
    (func (export "grow") (result i32) (memory.grow (i32.const 3)))))");
  Linker linker(engine);
  for (int n = 0; n < 4; ++n) {
    Store store(engine);
    Instance i = must(linker.instantiate(store, m));
    Memory memory = *i.get_memory("memory");
    std::span<uint8_t> s = memory.span();
    EXPECT_EQ(is_of_a_file(s.data() + 4096), n >= 1) << n;  // it is made for the second instance
    EXPECT_EQ(s[4089], 0);
    EXPECT_EQ(s[4090], 'x');
    EXPECT_EQ(std::string(s.begin() + 4094, s.begin() + 4100), "xoverx");
    EXPECT_EQ(s[104089], 'x');
    EXPECT_EQ(s[104090], 0);
    EXPECT_EQ(std::string(s.end() - 5, s.end()), std::string("\0last", 5));
    EXPECT_EQ(i.get_memory("second")->span().back(), '!');
    s[5000] = 'y';  // the next instance has an 'x' there
    EXPECT_EQ(s[5001], 'x');
    must(must(i.get_typed_func<void()>("again"))());
    EXPECT_EQ(s[0], 'p');
    EXPECT_EQ(must(must(i.get_typed_func<int32_t()>("grow"))()), 4);
    EXPECT_EQ(memory.span()[5000], 'y');
    EXPECT_EQ(memory.span()[262144], 0);
  }
  // Copied every time: little data, and data at an offset that the module does not contain itself.
  for (const std::string& rest : {"(data (i32.const 0) \"" + big.substr(0, 60000) + "\")",
                                  "(global $g i32 (i32.const 1)) (data (global.get $g) \"" + big + "\")"}) {
    Module copied = wat(engine, "(module (memory (export \"memory\") 4) " + rest + ")");
    for (int n = 0; n < 3; ++n) {
      Store store(engine);
      Instance i = must(linker.instantiate(store, copied));
      EXPECT_EQ(i.get_memory("memory")->span()[5000], 'x');
      EXPECT_FALSE(is_of_a_file(i.get_memory("memory")->data() + 4096));
    }
  }
  // Segments that do not fit trap in every instance.
  Module bad = wat(engine, R"((module (memory 1) (data (i32.const 0) ")" + big.substr(0, 65536) +
                               R"(") (data (i32.const 65536) "x")))");
  Store store(engine);
  for (int n = 0; n < 3; ++n)
    EXPECT_EQ(linker.instantiate(store, bad).error().trap_code(), TrapCode::kMemoryOutOfBounds);
}

TEST(Instantiate, StartFunction) {
  Engine engine;
  Store store(engine);
  Linker linker(engine);
  int started = 0;
  must(linker.func_wrap("", "note", [&started] { ++started; }));
  must(linker.instantiate(store, wat(engine, R"((module (import "" "note" (func $n)) (start $n)))")));
  EXPECT_EQ(started, 1);
  auto trap = linker.instantiate(store, wat(engine, R"((module (func $s unreachable) (start $s)))"));
  ASSERT_FALSE(trap);
  EXPECT_EQ(trap.error().trap_code(), TrapCode::kUnreachable);
}

TEST(Instantiate, BulkAndDrops) {
  Engine engine;
  Store store(engine);
  Module m = wat(engine, R"((module
    (memory (export "memory") 1)
    (data $p "passive") (data $a (i32.const 0) "active")
    (table 4 funcref) (elem $e func $f) (func $f)
    (func (export "init") (param i32 i32 i32) (memory.init $p (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init_active") (memory.init $a (i32.const 0) (i32.const 0) (i32.const 1)))
    (func (export "drop") (data.drop $p) (elem.drop $e))
    (func (export "elem") (table.init $e (i32.const 0) (i32.const 0) (i32.const 1)))))");
  Instance i = must(Linker(engine).instantiate(store, m));
  auto init = must(i.get_typed_func<void(int32_t, int32_t, int32_t)>("init"));
  must(init(16, 1, 3));
  EXPECT_EQ(i.get_memory("memory")->load<uint32_t>(16), 0x737361u);  // "ass"
  EXPECT_EQ(init(16, 5, 3).error().trap_code(), TrapCode::kMemoryOutOfBounds);
  EXPECT_EQ(init(65534, 0, 3).error().trap_code(), TrapCode::kMemoryOutOfBounds);
  EXPECT_EQ(must(i.get_typed_func<void()>("init_active"))().error().trap_code(), TrapCode::kMemoryOutOfBounds);
  auto elem = must(i.get_typed_func<void()>("elem"));
  must(elem());
  must(must(i.get_typed_func<void()>("drop"))());
  EXPECT_EQ(init(0, 0, 1).error().trap_code(), TrapCode::kMemoryOutOfBounds);
  must(init(0, 0, 0));
  EXPECT_EQ(elem().error().trap_code(), TrapCode::kTableOutOfBounds);
}

TEST(Instantiate, ManyThreadsOneModule) {
  Engine engine;
  Module m = wat(engine, R"((module (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))))");
  Linker linker(engine);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20; ++n) {
        Store store(engine);
        Instance i = must(linker.instantiate(store, m));
        right += must(must(i.get_typed_func<int32_t(int32_t)>("fib"))(15)) == 610;
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(right, 80);
}

TEST(Module, Introspection) {
  Engine engine;
  Module m = wat(engine, R"((module $mod
    (import "a" "f" (func (param i32)))
    (import "a" "g" (global i64))
    (memory (export "mem") 1 3)
    (table (export "tab") 0 externref)
    (func $named (export "run") (result v128) (v128.const i32x4 0 0 0 0))
    (@custom "note" "text")))");
  EXPECT_EQ(m.name(), "mod");
  ASSERT_EQ(m.imports().size(), 2u);
  EXPECT_EQ(m.imports()[0].type.to_string(), "(func (param i32))");
  EXPECT_EQ(m.imports()[1].type.to_string(), "(global i64)");
  ASSERT_EQ(m.exports().size(), 3u);
  EXPECT_EQ(m.exports()[0].type.to_string(), "(memory 1 3)");
  EXPECT_EQ(m.get_export("tab")->to_string(), "(table 0 externref)");
  EXPECT_FALSE(m.get_export("nothing"));
  EXPECT_EQ(m.function_name(1), "named");
  ASSERT_TRUE(m.custom_section("note"));
  EXPECT_EQ(m.custom_section("note")->size(), 4u);
  ModuleSummary s = m.summary();
  EXPECT_EQ(s.functions, 1u);
  EXPECT_EQ(s.imports, 2u);
  EXPECT_EQ(s.memory_types[0].to_string(), "1 3");
  EXPECT_NE(std::find(s.features.begin(), s.features.end(), "simd"), s.features.end());
  EXPECT_NE(std::find(s.features.begin(), s.features.end(), "reference-types"), s.features.end());
  EXPECT_EQ(std::find(s.features.begin(), s.features.end(), "threads"), s.features.end());
  const uint8_t junk[] = {0, 'a', 's', 'm', 2, 0, 0, 0};
  auto bad = Module::compile(engine, junk);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind(), ErrorKind::kMalformed);
  EXPECT_EQ(Module::from_file(engine, "/does/not/exist").error().kind(), ErrorKind::kIo);
  EXPECT_EQ(Module::from_descriptor(engine, -1, "none").error().kind(), ErrorKind::kIo);
}

// Text is not mistaken for a damaged binary, and the error says which file it is.
TEST(Module, FilesThatAreText) {
  Engine engine;
  char path[] = "/tmp/ermine-text-XXXXXX";
  const int fd = mkstemp(path);
  ASSERT_GE(fd, 0);
  for (const std::string_view text : {"(module)", ";; a comment\n(module)", "\n\t (module)"}) {
    ASSERT_EQ(ftruncate(fd, 0), 0);
    ASSERT_EQ(pwrite(fd, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    for (const auto& module : {Module::from_file(engine, path), Module::from_descriptor(engine, fd, path)}) {
      ASSERT_FALSE(module);
      EXPECT_NE(module.error().message().find("Module::from_text()"), std::string::npos) << module.error().message();
    }
    EXPECT_TRUE(Module::from_file(engine, path).error().to_string().starts_with(path));
    EXPECT_TRUE(Module::from_text(engine, text));
  }
  close(fd);
  unlink(path);
}

TEST(Config, Features) {
  Config config;
  EXPECT_TRUE(config.has_feature("simd"));
  must(config.set_feature("simd", false));
  EXPECT_FALSE(config.has_feature("simd"));
  auto bad = config.set_feature("smid", true);
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message().find("simd"), std::string::npos);
  Engine engine(config);
  auto m = Module::compile(engine, test::wat_bytes("(module (func (result v128) (v128.const i32x4 0 0 0 0)))"));
  ASSERT_FALSE(m);
}

// Making all code at once changes only the time at which it is made, in any tier, also while functions run.
TEST(CompileFunctions, ManyThreads) {
  for (const TierName& tier : Config::tiers()) {
    Config config;
    config.tier = tier.tier;
    Engine engine(config);
    const Module module = wat(engine, R"((module
      (func $even (export "even") (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
      (func $odd (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))))");
    std::atomic<bool> stop = false;
    std::thread other([&] {
      Store store(engine);
      Func even = *must(Linker(engine).instantiate(store, module)).get_func("even");
      while (!stop) EXPECT_EQ(must(even.call({Val(100)}))[0].i32(), 1);
    });
    for (int n = 0; n < 3; ++n) must(module.compile_functions());
    stop = true;
    other.join();
    Store store(engine);
    Func even = *must(Linker(engine).instantiate(store, module)).get_func("even");
    EXPECT_EQ(must(even.call({Val(1001)}))[0].i32(), 0);
  }
}

// An engine reports how many functions have machine code, so that interpreting is not mistaken for it.
TEST(CompileFunctions, AreCounted) {
  for (const TierName& tier : Config::tiers()) {
    Config config;
    config.tier = tier.tier;
    Engine engine(config);
    EXPECT_EQ(engine.code_counts().compiled, 0u);
    const Module module = wat(engine, R"((module (func (export "f") (result i32) (i32.const 7)) (func (nop)) (func)))");
    Store store(engine);
    Func f = *must(Linker(engine).instantiate(store, module)).get_func("f");
    EXPECT_EQ(must(f.call({}))[0].i32(), 7);
    const bool native = engine.code_counts().available && tier.tier != Tier::kInterp;
    EXPECT_EQ(engine.code_counts().compiled, native && tier.tier != Tier::kAuto ? 1u : 0u) << tier.name;
    must(module.compile_functions());
    EXPECT_EQ(engine.code_counts().compiled, native ? 3u : 0u) << tier.name;
    EXPECT_EQ(engine.code_counts().failed, 0u);
    EXPECT_EQ(engine.code_counts().refused, 0u);
  }
}

}  // namespace
}  // namespace ermine::instantiate_test

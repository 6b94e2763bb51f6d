// Config::profile and Config::debug_info: each function is reported once, by whatever thread it is compiled, and
// removed with its module. On processors without machine code there is nothing to report.
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/api/wat.h"

// The debugger's interface.
extern "C" {
struct jit_descriptor {
  uint32_t version, action;
  void* relevant_entry;
  void* first_entry;
};
extern jit_descriptor __jit_debug_descriptor;
}

namespace ermine::profile_test {
namespace {

namespace fs = std::filesystem;
using test::must;
using test::wat;

constexpr std::string_view kCalls = R"((module
  (func $a (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $b (param i32) (result i32) (i32.mul (call $a (local.get 0)) (i32.const 3)))
  (func (export "c") (param i32) (result i32) (i32.sub (call $b (local.get 0)) (call $a (local.get 0))))))";

class Profiling : public testing::Test {
 protected:
  Profiling() : before_(fs::current_path()) {
    std::string name = (fs::temp_directory_path() / "ermine-profile-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    fs::current_path(directory_);
  }
  ~Profiling() override {
    fs::current_path(before_);
    fs::remove_all(directory_);
  }
  static int32_t run(const Engine& engine, const Module& module) {
    Store store(engine);
    Instance i = must(Linker(engine).instantiate(store, module));
    return must(must(i.get_typed_func<int32_t(int32_t)>("c"))(5));
  }
  // Of the process's file for perf, without the padding between them.
  struct Record {
    uint32_t id = 0;
    std::string content;  // behind the header
    template <class T>
    T number(size_t at) const {
      T v{};
      if (at + sizeof v <= content.size()) std::memcpy(&v, content.data() + at, sizeof v);
      return v;
    }
  };
  static std::vector<Record> records() {
    std::ifstream in("jit-" + std::to_string(getpid()) + ".dump", std::ios::binary);
    const std::string file{std::istreambuf_iterator<char>(in), {}};
    std::vector<Record> all;
    uint32_t size = 0;
    for (size_t at = 40; at + 16 <= file.size(); at += size) {
      Record record;
      std::memcpy(&record.id, file.data() + at, 4);
      std::memcpy(&size, file.data() + at + 4, 4);
      EXPECT_TRUE(size >= 16 && at + size <= file.size());
      if (size < 16 || at + size > file.size()) return {};
      record.content = file.substr(at + 16, size - 16);
      all.push_back(std::move(record));
    }
    return all;
  }

  fs::path before_, directory_;
};

TEST_F(Profiling, FunctionsAreUnregisteredWithTheirModule) {
  Config config;
  config.tier = Tier::kBaseline;
  config.debug_info = true;
  Engine engine(config);
  {
    Module module = wat(engine, kCalls);
    EXPECT_EQ(run(engine, module), 12);
    if (__jit_debug_descriptor.first_entry == nullptr) GTEST_SKIP() << "no machine code on this machine";
  }
  EXPECT_EQ(__jit_debug_descriptor.first_entry, nullptr);
}

// The debugger's list contains the functions with machine code.
TEST_F(Profiling, FunctionsTierUpAfterTheConfiguredCalls) {
  Config config;
  config.debug_info = true;
  config.tier_up_calls = 3;
  Engine engine(config);
  Module module = wat(engine, R"((module (func (export "f") (param i32) (result i32)
    (i32.add (local.get 0) (i32.const 1)))))");
  Store store(engine);
  Instance instance = must(Linker(engine).instantiate(store, module));
  auto f = must(instance.get_typed_func<int32_t(int32_t)>("f"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(must(f(i)), i + 1);
    EXPECT_EQ(__jit_debug_descriptor.first_entry, nullptr) << i;
  }
  EXPECT_EQ(must(f(3)), 4);
  if (__jit_debug_descriptor.first_entry != nullptr) return;
  config.tier = Tier::kBaseline;
  Engine at_once(config);
  Module calls = wat(at_once, kCalls);
  EXPECT_EQ(run(at_once, calls), 12);
  ASSERT_EQ(__jit_debug_descriptor.first_entry, nullptr) << "there is machine code, but not for the fourth call";
  GTEST_SKIP() << "no machine code on this machine";
}

TEST_F(Profiling, OffIsOff) {
  Config config;
  config.tier = Tier::kBaseline;
  Engine engine(config);
  Module module = wat(engine, kCalls);
  EXPECT_EQ(run(engine, module), 12);
  EXPECT_EQ(__jit_debug_descriptor.first_entry, nullptr);
  EXPECT_TRUE(fs::is_empty(directory_));
}

TEST_F(Profiling, ThreadsShareOneFile) {
  constexpr int kThreads = 4, kModules = 8;
  {
    Config config;
    config.tier = Tier::kBaseline;
    config.profile = Profile::kJitDump;
    Engine one(config), two(config);  // both write to the process's file
    std::vector<Module> modules;
    for (int i = 0; i < kModules; ++i) modules.push_back(wat(i % 2 ? one : two, kCalls, "m" + std::to_string(i)));
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&] {
        for (const Module& m : modules) EXPECT_EQ(run(m.engine(), m), 12);
      });
    for (std::thread& t : threads) t.join();
  }
  const std::vector<Record> file = records();
  ASSERT_FALSE(file.empty());
  EXPECT_EQ(file.back().id, 3u);  // complete, now that the engines are destroyed
  const auto functions = std::ranges::count(file, 0u, &Record::id);
  if (functions == 0) GTEST_SKIP() << "no machine code on this machine";
  EXPECT_EQ(functions, 3 * kModules);
}

// The lines of a function are the offsets of its instructions in the module.
TEST_F(Profiling, LinesAreOffsets) {
  const std::vector<uint8_t> bytes = test::wat_bytes(kCalls);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const size_t code = text.find(std::string_view("\x20\x00\x41\x01\x6A", 5)) - 1;  // the first body
  ASSERT_LT(code, bytes.size());
  {
    Config config;
    config.tier = Tier::kBaseline;
    config.profile = Profile::kJitDump;
    Engine engine(config);
    EXPECT_EQ(run(engine, must(Module::compile(engine, bytes))), 12);
  }
  const std::vector<Record> file = records();
  if (std::ranges::count(file, 0u, &Record::id) == 0) GTEST_SKIP() << "no machine code on this machine";
  int with_lines = 0;
  for (const Record& record : file) {
    if (record.id != 2) continue;  // JIT_CODE_DEBUG_INFO: address, number; for each address, line, 4 bytes, name
    ++with_lines;
    const auto count = record.number<uint64_t>(8);
    EXPECT_GE(count, 2u);
    size_t at = 16;
    uint64_t address = 0;
    uint32_t line = 0;
    for (uint64_t i = 0; i < count; ++i) {
      EXPECT_GT(record.number<uint64_t>(at), address);
      EXPECT_NE(record.number<uint32_t>(at + 8), line);
      address = record.number<uint64_t>(at);
      line = record.number<uint32_t>(at + 8);
      EXPECT_GE(line, code);
      EXPECT_LT(line, bytes.size());
      at = record.content.find('\0', at + 16) + 1;
      ASSERT_NE(at, 0u);
    }
  }
  EXPECT_EQ(with_lines, 3);
}

TEST_F(Profiling, WriteErrorsAreErrorsOfCompiling) {
  fs::create_directory("jit-" + std::to_string(getpid()) + ".dump");
  Config config;
  config.profile = Profile::kJitDump;
  Engine engine(config);
  auto module = Module::compile(engine, test::wat_bytes(kCalls));
  ASSERT_FALSE(module.has_value());
  EXPECT_EQ(module.error().kind(), ErrorKind::kIo) << module.error().to_string();
}

TEST_F(Profiling, MemoryIsLaidOutForOneOfTheTwo) {
  Config config;
  config.debug_info = true;
  config.profile = Profile::kPerfMap;
  Engine engine(config);
  auto module = Module::compile(engine, test::wat_bytes(kCalls));
  if (module.has_value()) GTEST_SKIP() << "no machine code on this machine";
  EXPECT_EQ(module.error().kind(), ErrorKind::kUsage) << module.error().to_string();
}

}  // namespace
}  // namespace ermine::profile_test

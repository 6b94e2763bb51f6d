// The files for perf: read back in perf's way, written by several threads.
#include "platform/code_listener.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

// As debuggers declare it.
extern "C" {
struct jit_code_entry {
  jit_code_entry* next_entry;
  jit_code_entry* prev_entry;
  const char* symfile_addr;
  uint64_t symfile_size;
};
struct jit_descriptor {
  uint32_t version;
  uint32_t action_flag;
  jit_code_entry* relevant_entry;
  jit_code_entry* first_entry;
};
extern jit_descriptor __jit_debug_descriptor;
}

namespace ermine::platform {
namespace {

namespace fs = std::filesystem;

constexpr uint8_t kCode[] = {0x90, 0x90, 0xc3};

NewCode some_code(std::string_view name, const uint8_t* at = kCode, uint32_t size = sizeof kCode) {
  return {.name = name, .file = "app.wasm", .begin = at, .size = size, .lines = {}, .depths = {}};
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

// Every test has a current directory of its own, where jit-PID.dump goes.
class Listeners : public testing::Test {
 protected:
  Listeners() : before_(fs::current_path()) {
    std::string name = (fs::temp_directory_path() / "ermine-listener-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    fs::current_path(directory_);
  }
  ~Listeners() override {
    fs::current_path(before_);
    fs::remove_all(directory_);
    fs::remove(map_path());
  }
  static std::string map_path() { return "/tmp/perf-" + std::to_string(getpid()) + ".map"; }
  std::string dump_path() const { return (directory_ / ("jit-" + std::to_string(getpid()) + ".dump")).string(); }

  fs::path before_, directory_;
};

TEST_F(Listeners, PerfMapHasOneLinePerFunction) {
  auto map = open_perf_map();
  ASSERT_TRUE(map.has_value()) << map.error().to_string();
  (*map)->added(some_code("one"));
  (*map)->added(some_code("two words", kCode + 1, 2));
  const auto at = reinterpret_cast<uintptr_t>(kCode);
  std::stringstream expected;
  expected << std::hex << at << " 3 one\n" << at + 1 << " 2 two words\n";
  EXPECT_EQ(read(map_path()), expected.str());  // written immediately, even if the process crashes later
}

TEST_F(Listeners, NamesCannotForgeLines) {
  auto map = open_perf_map();
  ASSERT_TRUE(map.has_value());
  (*map)->added(some_code("evil\n0 ffffffff main\r\x1b[2J"));
  const std::string text = read(map_path());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_NE(text.find(" evil\\0a0 ffffffff main\\0d\\1b[2J\n"), text.npos) << text;
  (*map)->added(some_code(std::string(100'000, 'x')));
  EXPECT_LT(read(map_path()).size(), text.size() + 1100);
}

TEST_F(Listeners, AFileLeftByAnotherProcessIsReplacedNotFollowed) {
  std::ofstream("precious") << "precious";
  fs::remove(map_path());
  fs::create_symlink(directory_ / "precious", map_path());
  auto map = open_perf_map();
  ASSERT_TRUE(map.has_value()) << map.error().to_string();
  (*map)->added(some_code("f"));
  EXPECT_EQ(read("precious"), "precious");
  EXPECT_FALSE(fs::is_symlink(map_path()));
}

TEST_F(Listeners, OneFilePerProcess) {
  auto a = open_perf_map(), b = open_perf_map();
  ASSERT_TRUE(a.has_value() && b.has_value());
  EXPECT_EQ(*a, *b);
}

TEST_F(Listeners, AFileThatCannotBeWrittenIsAnError) {
  fs::create_directory(dump_path());
  auto dump = open_jit_dump();
  ASSERT_FALSE(dump.has_value());
  EXPECT_EQ(dump.error().kind(), ErrorKind::kIo);
  EXPECT_NE(dump.error().message().find("jit-" + std::to_string(getpid())), std::string::npos);
}

TEST_F(Listeners, OnAFullDiskTheFileEndsAfterTheLastCompleteEntry) {
  auto map = open_perf_map();
  ASSERT_TRUE(map.has_value()) << map.error().to_string();
  (*map)->added(some_code("one"));
  const std::string before = read(map_path());
  // A limit on the size of files: like a full disk, it cuts a write short and refuses the next.
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  rlimit lower = limit;
  lower.rlim_cur = before.size() + 5;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &lower), 0);
  (*map)->added(some_code("two"));
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, handler);
  (*map)->added(some_code("three"));  // nothing follows what is missing
  EXPECT_EQ(read(map_path()), before);
}

// What perf reads: the layout is the specification's, not the writer's.
template <class T>
T take(std::string_view& in) {
  T v{};
  EXPECT_GE(in.size(), sizeof v);
  if (in.size() < sizeof v) return v;
  std::memcpy(&v, in.data(), sizeof v);
  in.remove_prefix(sizeof v);
  return v;
}
std::string take_text(std::string_view& in) {
  const size_t end = in.find('\0');
  EXPECT_NE(end, in.npos);
  std::string s(in.substr(0, end));
  in.remove_prefix(std::min(in.size(), end + 1));
  return s;
}

TEST_F(Listeners, JitDumpIsWhatItsFormatSays) {
  constexpr int kThreads = 4, kEach = 50;
  {
    auto opened = open_jit_dump();
    ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
    CodeListener& dump = **opened;
    EXPECT_TRUE(dump.wants_layout());
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&dump, t] {
        const NewCode::Line lines[] = {{0, 10}, {2, 20}};
        for (int i = 0; i < kEach; ++i) {
          const std::string name = "f" + std::to_string(t * kEach + i);
          NewCode code = some_code(name);
          code.lines = lines;
          dump.added(code);
        }
      });
    }
    for (std::thread& t : threads) t.join();
  }
  const std::string file = read(dump_path());
  std::string_view in = file;
  EXPECT_EQ(take<uint32_t>(in), 0x4A695444u);
  EXPECT_EQ(take<uint32_t>(in), 1u);
  EXPECT_EQ(take<uint32_t>(in), 40u);
  EXPECT_NE(take<uint32_t>(in), 0u);  // machine
  take<uint32_t>(in);
  EXPECT_EQ(take<uint32_t>(in), static_cast<uint32_t>(getpid()));
  uint64_t time = take<uint64_t>(in);
  EXPECT_EQ(take<uint64_t>(in), 0u);

  std::map<std::string, int> seen;
  uint64_t index = 0;
  bool lines_before = false, closed = false;
  while (!in.empty()) {
    ASSERT_FALSE(closed);
    ASSERT_GE(in.size(), 16u);
    std::string_view record = in;
    const auto kind = take<uint32_t>(record);
    const auto size = take<uint32_t>(record);
    const auto when = take<uint64_t>(record);
    ASSERT_GE(size, 16u);
    ASSERT_LE(size, in.size());
    record = in.substr(16, size - 16);
    in.remove_prefix(size);
    EXPECT_GE(when, time);
    time = when;
    const auto address = reinterpret_cast<uint64_t>(kCode);
    if (kind == 2) {
      EXPECT_EQ(take<uint64_t>(record), address);
      ASSERT_EQ(take<uint64_t>(record), 2u);
      for (uint32_t i = 0; i < 2; ++i) {
        EXPECT_EQ(take<uint64_t>(record), address + 2 * i);
        EXPECT_EQ(take<uint32_t>(record), 10 + 10 * i);
        take<uint32_t>(record);
        EXPECT_EQ(take_text(record), "app.wasm");
      }
      lines_before = true;
    } else if (kind == 0) {
      EXPECT_TRUE(lines_before);
      lines_before = false;
      EXPECT_EQ(take<uint32_t>(record), static_cast<uint32_t>(getpid()));
      EXPECT_NE(take<uint32_t>(record), 0u);
      EXPECT_EQ(take<uint64_t>(record), address);
      EXPECT_EQ(take<uint64_t>(record), address);
      EXPECT_EQ(take<uint64_t>(record), sizeof kCode);
      EXPECT_EQ(take<uint64_t>(record), index++);
      ++seen[take_text(record)];
      EXPECT_EQ(record, std::string_view(reinterpret_cast<const char*>(kCode), sizeof kCode));
      record = {};
    } else {
      EXPECT_EQ(kind, 3u);
      closed = true;
    }
    EXPECT_TRUE(record.empty());
  }
  EXPECT_TRUE(closed);
  EXPECT_EQ(seen.size(), size_t{kThreads * kEach});
}

// --- gdb's list

// The functions in the list, from their object files: name -> address.
std::map<std::string, uint64_t> listed() {
  std::map<std::string, uint64_t> functions;
  const jit_code_entry* before = nullptr;
  for (const jit_code_entry* e = __jit_debug_descriptor.first_entry; e != nullptr; before = e, e = e->next_entry) {
    EXPECT_EQ(e->prev_entry, before);
    const std::string_view file(e->symfile_addr, e->symfile_size);
    auto at = [&file]<class T>(uint64_t offset, T* out) {
      ASSERT_LE(offset + sizeof(T), file.size());
      std::memcpy(out, file.data() + offset, sizeof(T));
    };
    Elf64_Ehdr header{};
    at(0, &header);
    EXPECT_EQ(std::memcmp(header.e_ident, ELFMAG, SELFMAG), 0);
    auto section = [&](unsigned i) {
      Elf64_Shdr s{};
      at(header.e_shoff + i * sizeof s, &s);
      return s;
    };
    for (unsigned i = 0; i < header.e_shnum; ++i) {
      const Elf64_Shdr s = section(i);
      if (s.sh_type != SHT_SYMTAB) continue;
      const Elf64_Shdr strings = section(s.sh_link);
      for (uint64_t n = 1; n < s.sh_size / sizeof(Elf64_Sym); ++n) {
        Elf64_Sym symbol{};
        at(s.sh_offset + n * sizeof symbol, &symbol);
        EXPECT_EQ(ELF64_ST_TYPE(symbol.st_info), STT_FUNC);
        const Elf64_Shdr code = section(symbol.st_shndx);
        EXPECT_EQ(code.sh_type, static_cast<uint32_t>(SHT_NOBITS));
        EXPECT_EQ(code.sh_size, symbol.st_size);
        functions[file.data() + strings.sh_offset + symbol.st_name] = code.sh_addr + symbol.st_value;
      }
    }
  }
  return functions;
}

TEST(GdbInterface, ListsTheRegisteredCode) {
  EXPECT_EQ(__jit_debug_descriptor.version, 1u);
  const NewCode::StackDepth depths[] = {{1, 8}, {2, 16}, {200, 0}};
  auto gdb = gdb_interface();
  EXPECT_TRUE(gdb->wants_layout());
  const char* const names[] = {"first", "second\x1b[1m", "third"};
  for (int i = 0; i < 3; ++i) {
    NewCode code = some_code(names[i], kCode + i, 1);
    code.depths = depths;
    gdb->added(code);
  }
  const auto at = reinterpret_cast<uint64_t>(kCode);
  using Functions = std::map<std::string, uint64_t>;
  EXPECT_EQ(listed(), (Functions{{"first", at}, {"second\\1b[1m", at + 1}, {"third", at + 2}}));
  gdb->removed(kCode + 1);  // in the middle
  gdb->removed(kCode + 1);  // no longer there
  EXPECT_EQ(listed(), (Functions{{"first", at}, {"third", at + 2}}));
  gdb->removed(kCode + 2);  // the head
  gdb->removed(kCode);
  EXPECT_EQ(__jit_debug_descriptor.first_entry, nullptr);
}

TEST(GdbInterface, SeveralThreads) {
  auto gdb = gdb_interface();
  std::vector<std::thread> threads;
  static uint8_t code[4][64];
  for (auto& piece : code) {
    threads.emplace_back([&gdb, &piece] {
      for (int round = 0; round < 50; ++round) {
        for (uint8_t& at : piece) gdb->added(some_code("f", &at, 1));
        for (uint8_t& at : piece) gdb->removed(&at);
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(__jit_debug_descriptor.first_entry, nullptr);
}

}  // namespace
}  // namespace ermine::platform

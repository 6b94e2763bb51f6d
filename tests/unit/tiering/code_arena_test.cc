// The memory for machine code, of each possible kind. There is one arena per process: each test has a process of its
// own.
#include "tiering/code_arena.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

namespace ermine::tiering {
namespace {

using Kind = CodeArena::Kind;

#define CHECK_HERE(condition)                                      \
  do {                                                             \
    if (!(condition)) {                                            \
      std::fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
      _exit(1);                                                    \
    }                                                              \
  } while (false)

// The system's description of the mapping of an address: "r-xs /memfd:…"
std::string mapping_of(const void* address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0, end = 0;
    char dash = 0;
    std::string flags, offset, device, inode, name;
    std::stringstream in(line);
    in >> std::hex >> begin >> dash >> end >> flags >> offset >> device >> inode;
    std::getline(in, name);
    const auto at = reinterpret_cast<uintptr_t>(address);
    if (at >= begin && at < end) return flags + name;
  }
  return "none";
}

// The number of writable mappings of memory for code in the process.
int writable_mappings() {
  std::ifstream maps("/proc/self/maps");
  int n = 0;
  for (std::string line; std::getline(maps, line);) {
    const bool code = line.find("ermine-code") != std::string::npos || line.find("/dev/zero") != std::string::npos;
    n += code && line.find(" rw") != std::string::npos;
  }
  return n;
}

#if defined(__x86_64__)
void write_return(CodeArena* arena, const uint8_t* at, uint8_t value) {
  const uint8_t code[] = {0xb8, value, 0, 0, 0, 0xc3};  // mov eax, value; ret
  CHECK_HERE(arena->write(at, code));
}
// Without the check of function types, which reads data before the code.
[[clang::no_sanitize("function")]] int call(const uint8_t* at) {
  int (*f)();
  std::memcpy(&f, &at, sizeof f);
  return f();
}

void use(Kind kind) {
  CodeArena* arena = CodeArena::get();
  CHECK_HERE(arena->choose(kind) && arena->kind() == kind);
  for (Kind other : {Kind::kFile, Kind::kAnonymous, Kind::kPrivate})
    CHECK_HERE(arena->choose(other) == (other == kind));  // too late for another kind

  const CodeArena::Block block = arena->allocate(5000);
  CHECK_HERE(block.size == 8192);
  CHECK_HERE(mapping_of(block.execute).starts_with(kind == Kind::kPrivate ? "r-xp" : "r-xs"));
  CHECK_HERE(mapping_of(block.execute).find("/dev/zero") != std::string::npos == (kind == Kind::kAnonymous));
  write_return(arena, block.execute, 42);
  CHECK_HERE(call(block.execute) == 42);
  // Across a page's end, beside code that is in use.
  write_return(arena, block.execute + 4093, 41);
  CHECK_HERE(call(block.execute + 4093) == 41 && call(block.execute) == 42);
  CHECK_HERE(writable_mappings() == 0);

  // A debugger changes an instruction, here: the returned value.
  const int memory = open("/proc/self/mem", O_RDWR);
  const uint8_t seven = 7;
  const auto at = static_cast<off_t>(reinterpret_cast<uintptr_t>(block.execute) + 1);
  const bool changed = memory >= 0 && pwrite(memory, &seven, 1, at) == 1;
  if (kind == Kind::kPrivate) {
    CHECK_HERE(changed);
    CHECK_HERE(call(block.execute) == 7);
  }

  // The next code at that place is executed as it was written.
  arena->free(block);
  const CodeArena::Block next = arena->allocate(5000);
  CHECK_HERE(next.execute == block.execute);
  CHECK_HERE(next.execute[0] == 0);  // the system has taken it back
  write_return(arena, next.execute, 43);
  CHECK_HERE(call(next.execute) == 43);
  CHECK_HERE(writable_mappings() == 0);
  _exit(0);
}

TEST(CodeArena, File) { EXPECT_EXIT(use(Kind::kFile), testing::ExitedWithCode(0), ""); }
TEST(CodeArena, Anonymous) { EXPECT_EXIT(use(Kind::kAnonymous), testing::ExitedWithCode(0), ""); }
TEST(CodeArena, Private) { EXPECT_EXIT(use(Kind::kPrivate), testing::ExitedWithCode(0), ""); }

// A process that may not write large files is not killed because of its code; the code is in memory without a file.
TEST(CodeArena, ShortFiles) {
  auto run = [] {
    const rlimit limit{1 << 20, 1 << 20};
    CHECK_HERE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CodeArena* arena = CodeArena::get();
    const CodeArena::Block first = arena->allocate(2 << 20), block = arena->allocate(100);
    CHECK_HERE(first.size != 0 && block.size != 0 && arena->kind() == Kind::kAnonymous);
    write_return(arena, block.execute, 42);
    CHECK_HERE(call(block.execute) == 42);
    _exit(0);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

// The host has closed all descriptors that it did not open, and has opened a file of its own: that file is not written
// to.
TEST(CodeArena, ForeignDescriptor) {
  auto run = [] {
    CodeArena* arena = CodeArena::get();
    const CodeArena::Block block = arena->allocate(100);
    CHECK_HERE(block.size != 0);
    write_return(arena, block.execute, 42);
    for (int fd = 3; fd < 100; ++fd) close(fd);
    int theirs[90];
    for (int& fd : theirs) fd = memfd_create("theirs", 0);
    const uint8_t more[] = {1, 2, 3};
    CHECK_HERE(!arena->write(block.execute + 32, more));
    arena->free(block);
    for (int fd : theirs) CHECK_HERE(fd >= 0 && lseek(fd, 0, SEEK_END) == 0);
    _exit(0);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}
#endif

// In a process without standard streams, the file does not become one.
TEST(CodeArena, NoStandardStreams) {
  auto run = [] {
    for (int fd : {0, 1, 2}) close(fd);
    const CodeArena::Block block = CodeArena::get()->allocate(100);
    if (block.size == 0) _exit(1);
    for (int fd : {0, 1, 2})
      if (fcntl(fd, F_GETFD) != -1) _exit(2);
    _exit(0);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

int watched = 0;
const uint8_t *watched_begin, *watched_end;
void watch(const uint8_t* begin, const uint8_t* end) {
  ++watched;
  watched_begin = begin;
  watched_end = end;
}

// The addresses of all code are known before any code is there, and to a watcher that comes later.
TEST(CodeArena, Watcher) {
  auto run = [] {
    CodeArena* arena = CodeArena::get();
    arena->watch(watch);
    CHECK_HERE(watched == 0);
    const CodeArena::Block first = arena->allocate(100), last = arena->allocate((1 << 30) - 65536);
    CHECK_HERE(watched == 1 && first.size != 0 && last.size != 0);
    CHECK_HERE(first.execute >= watched_begin && first.execute + first.size <= watched_end);
    CHECK_HERE(last.execute >= watched_begin && last.execute + last.size <= watched_end);
    const uint8_t *begin = watched_begin, *end = watched_end;
    arena->watch(watch);
    CHECK_HERE(watched == 2 && watched_begin == begin && watched_end == end);
    _exit(0);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

// Without addresses there is no code, then and later.
TEST(CodeArena, NoAddresses) {
  auto run = [] {
    CodeArena* arena = CodeArena::get();
    arena->watch(watch);
    rlimit limit{};
    CHECK_HERE(getrlimit(RLIMIT_AS, &limit) == 0);
    const rlimit lower{1 << 20, limit.rlim_max};
    CHECK_HERE(setrlimit(RLIMIT_AS, &lower) == 0);
    CHECK_HERE(arena->allocate_table(1).bytes == 0 && arena->allocate(1).size == 0);
    CHECK_HERE(setrlimit(RLIMIT_AS, &limit) == 0);
    CHECK_HERE(arena->allocate_table(1).bytes == 0 && arena->allocate(1).size == 0 && watched == 0);
    _exit(0);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

TEST(CodeArena, Tables) {
  auto run = [] {
    CodeArena* arena = CodeArena::get();
    arena->watch(watch);
    CHECK_HERE(watched == 0);  // nothing is reserved yet
    const CodeArena::Table a = arena->allocate_table(1000), b = arena->allocate_table(1);
    CHECK_HERE(a.bytes >= 8000 && b.bytes >= 8 && a.slots.data() != b.slots.data());
    CHECK_HERE(a.slots[999].load() == nullptr && mapping_of(a.slots.data()).starts_with("rw-p"));
    a.slots[999].store(&a);
    // Code refers to them by 32 bits.
    CHECK_HERE(watched == 1);
    const auto distance = watched_end - reinterpret_cast<const uint8_t*>(a.slots.data());
    CHECK_HERE(distance > 0 && distance < INT32_MAX);
    // The memory of a freed module is zero for the next, and inaccessible in between.
    arena->free_table(a);
    CHECK_HERE(mapping_of(a.slots.data()).starts_with("---p"));
    const CodeArena::Table next = arena->allocate_table(1000);
    CHECK_HERE(next.slots.data() == a.slots.data() && next.slots[999].load() == nullptr);
    // They count as code.
    arena->lower_limit(next.bytes + b.bytes);
    CHECK_HERE(arena->allocate_table(1).bytes == 0);
    arena->free_table(b);
    CHECK_HERE(arena->allocate_table(1).bytes != 0 && arena->allocate(1).size == 0);
    _exit(0);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

TEST(FreeRanges, NeighboursMerge) {
  FreeRanges free(100);
  EXPECT_EQ(free.take(40), 0u);
  EXPECT_EQ(free.take(40), 40u);
  EXPECT_FALSE(free.take(40));
  EXPECT_EQ(free.take(20), 80u);
  free.give_back(0, 40);
  free.give_back(80, 20);
  EXPECT_FALSE(free.take(41));
  EXPECT_EQ(free.take(10), 0u);
  free.give_back(40, 40);
  EXPECT_EQ(free.take(90), 10u);
  free.give_back(0, 10);
  free.give_back(10, 90);
  EXPECT_EQ(free.take(100), 0u);
}

}  // namespace
}  // namespace ermine::tiering

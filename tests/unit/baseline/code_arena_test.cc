// The memory for machine code, of each kind that it can be. There is one arena a process: each test has its own.
#include "baseline/code_arena.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

namespace ermine::baseline {
namespace {

using Kind = CodeArena::Kind;

#define CHECK_HERE(condition)                                      \
  do {                                                             \
    if (!(condition)) {                                            \
      std::fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
      _exit(1);                                                    \
    }                                                              \
  } while (false)

// The system's record of the mapping that an address is in: "rw-s /memfd:…"
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

#if defined(__x86_64__)
void write_return(const CodeArena::Block& block, uint8_t value) {
  const uint8_t code[] = {0xb8, value, 0, 0, 0, 0xc3};  // mov eax, value; ret
  std::memcpy(block.write, code, sizeof code);
}
// Without the check of function types, which looks for them in front of the code.
[[clang::no_sanitize("function")]] int call(const CodeArena::Block& block) {
  int (*f)();
  std::memcpy(&f, &block.execute, sizeof f);
  return f();
}

void use(Kind kind) {
  CodeArena* arena = CodeArena::get();
  CHECK_HERE(arena != nullptr && arena->choose(kind) && arena->kind() == kind);
  for (Kind other : {Kind::kFile, Kind::kAnonymous, Kind::kPrivate})
    CHECK_HERE(arena->choose(other) == (other == kind));  // too late for another

  const CodeArena::Block block = arena->allocate(5000);
  CHECK_HERE(block.size == 8192);
  CHECK_HERE(mapping_of(block.write).starts_with("rw-s"));
  CHECK_HERE(mapping_of(block.execute).starts_with(kind == Kind::kPrivate ? "r-xp" : "r-xs"));
  CHECK_HERE(mapping_of(block.execute).find("/dev/zero") != std::string::npos == (kind == Kind::kAnonymous));
  write_return(block, 42);
  CHECK_HERE(call(block) == 42);

  // A debugger changes an instruction, here: what is returned.
  const int memory = open("/proc/self/mem", O_RDWR);
  const uint8_t seven = 7;
  const auto at = static_cast<off_t>(reinterpret_cast<uintptr_t>(block.execute) + 1);
  const bool changed = memory >= 0 && pwrite(memory, &seven, 1, at) == 1;
  if (kind == Kind::kPrivate) {
    CHECK_HERE(changed);
    CHECK_HERE(call(block) == 7);
    CHECK_HERE(block.write[1] == 42);  // only where it is executed
  }

  // What comes to lie there next is executed as it was written.
  arena->free(block);
  const CodeArena::Block next = arena->allocate(5000);
  CHECK_HERE(next.execute == block.execute);
  CHECK_HERE(next.write[0] == 0);  // the system took it back
  write_return(next, 43);
  CHECK_HERE(call(next) == 43);
  _exit(0);
}

TEST(CodeArena, File) { EXPECT_EXIT(use(Kind::kFile), testing::ExitedWithCode(0), ""); }
TEST(CodeArena, Anonymous) { EXPECT_EXIT(use(Kind::kAnonymous), testing::ExitedWithCode(0), ""); }
TEST(CodeArena, Private) { EXPECT_EXIT(use(Kind::kPrivate), testing::ExitedWithCode(0), ""); }
#endif

}  // namespace
}  // namespace ermine::baseline

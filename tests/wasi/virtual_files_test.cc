// Directories in memory, as programs see them: what the tests of functions and components, which run in one as well, do
// not show.
#include <thread>

#include "ermine/virtual_directory.h"
#include "tests/wasi/async_component_caller.h"
#include "tests/wasi/component_caller.h"
#include "tests/wasi/guest.h"

namespace ermine {
namespace {

using component::Resource;
using component::Value;
using test::AsyncGuest;
using test::bytes;
using test::ComponentGuest;
using test::flags;
using test::Guest;
using test::must;
using test::number;
using test::TempDir;
using test::text;

enum : uint32_t { kSuccess = 0, kBadf = 8, kNoent = 44, kNospc = 51, kRofs = 69, kXdev = 75 };
constexpr uint64_t kAll = (1u << 30) - 1;
constexpr uint64_t kReading = kAll & ~uint64_t{1 << 6 | 1 << 8 | 1 << 22};
constexpr uint32_t kCreate = 1, kTruncate = 8;
constexpr uint32_t kAppend = 1;

WasiConfig in(const std::shared_ptr<VirtualDirectory>& directory, WasiDirAccess access = WasiDirAccess::kReadWrite) {
  return WasiConfig().preopen_dir(directory, "/", access);
}

class Files : public Guest {
 public:
  using Guest::Guest;
  uint32_t open(std::string_view name, uint32_t how = 0, uint32_t status = 0, uint32_t in = 3, uint64_t rights = kAll) {
    put_text(1024, name);
    EXPECT_EQ(call("path_open", {in, 0, 1024, name.size(), how, rights, kAll, status, 64}), kSuccess) << name;
    return at<uint32_t>(64);
  }
  uint32_t write(uint32_t fd, std::string_view bytes) {
    put_text(2048, bytes);
    buffer(32, 2048, static_cast<uint32_t>(bytes.size()));
    return call("fd_write", {fd, 32, 1, 64});
  }
  std::string read(uint32_t fd) {
    buffer(32, 4096, 1000);
    EXPECT_EQ(call("fd_read", {fd, 32, 1, 64}), kSuccess);
    return text(4096, at<uint32_t>(64));
  }
  uint32_t names(const char* function, std::string_view a, std::string_view b, uint32_t to = 3) {
    put_text(1024, a);
    put_text(1536, b);
    if (std::string_view(function) == "path_link") return call(function, {3, 0, 1024, a.size(), to, 1536, b.size()});
    return call(function, {3, 1024, a.size(), to, 1536, b.size()});
  }
  uint32_t name(const char* function, std::string_view a) {
    put_text(1024, a);
    return call(function, {3, 1024, a.size()});
  }
};

TEST(VirtualFiles, AreReadAndWrittenByModules) {
  const auto directory = VirtualDirectory::create();
  must(directory->write_file("in/data", "some data"));
  Files guest(in(directory));
  // Read-only, by the path that is fast for files of the host; twice, so that a closed one would be used again.
  for (int i = 0; i < 2; ++i) {
    const uint32_t fd = guest.open("in/data", 0, 0, 3, kReading);
    EXPECT_EQ(guest.read(fd), "some data");
    EXPECT_EQ(guest.read(fd), "");
    EXPECT_EQ(guest.write(fd, "x"), kBadf);
    EXPECT_EQ(guest.call("fd_close", {fd}), kSuccess);
    EXPECT_EQ(guest.call("fd_close", {fd}), kBadf);
  }
  const uint32_t dir = guest.open("in", 2, 0, 3, kReading);
  const uint32_t plain = guest.open("data", 0, 0, dir, kReading);
  EXPECT_EQ(guest.read(plain), "some data");
  const uint32_t out = guest.open("out", kCreate);
  EXPECT_EQ(guest.write(out, "12345"), kSuccess);
  EXPECT_EQ(guest.call("fd_seek", {out, ~uint64_t{1}, 1, 64}), kSuccess);  // -2
  EXPECT_EQ(guest.write(out, "x"), kSuccess);
  EXPECT_EQ(*directory->read_file("out"), "123x5");
  EXPECT_EQ(guest.call("fd_tell", {out, 64}), kSuccess);
  EXPECT_EQ(guest.at<uint64_t>(64), 4u);
  // A gap is zeros; the size can be set.
  EXPECT_EQ(guest.call("fd_seek", {out, 7, 0, 64}), kSuccess);
  EXPECT_EQ(guest.write(out, "y"), kSuccess);
  EXPECT_EQ(*directory->read_file("out"), std::string("123x5\0\0y", 8));
  EXPECT_EQ(guest.call("fd_filestat_set_size", {out, 2}), kSuccess);
  EXPECT_EQ(*directory->read_file("out"), "12");
  EXPECT_EQ(guest.call("fd_sync", {out}), kSuccess);
  EXPECT_EQ(guest.call("fd_datasync", {out}), kSuccess);
  // Appending, also by a flag that is set later.
  const uint32_t end = guest.open("out", 0, kAppend);
  EXPECT_EQ(guest.write(end, "3"), kSuccess);
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", {out, kAppend}), kSuccess);
  EXPECT_EQ(guest.call("fd_seek", {out, 0, 0, 64}), kSuccess);
  EXPECT_EQ(guest.write(out, "4"), kSuccess);
  EXPECT_EQ(*directory->read_file("out"), "1234");
  EXPECT_EQ(guest.call("fd_fdstat_set_flags", {out, 0}), kSuccess);
  EXPECT_EQ(guest.call("fd_seek", {out, 0, 0, 64}), kSuccess);
  EXPECT_EQ(guest.write(out, "A"), kSuccess);
  EXPECT_EQ(*directory->read_file("out"), "A234");
  // Times.
  EXPECT_EQ(guest.call("fd_filestat_set_times", {out, 5, 7, 1 | 4}), kSuccess);
  EXPECT_EQ(guest.call("fd_filestat_get", {out, 256}), kSuccess);
  EXPECT_EQ(guest.at<uint64_t>(256 + 40), 5u);
  EXPECT_EQ(guest.at<uint64_t>(256 + 48), 7u);
  EXPECT_EQ(guest.call("fd_renumber", {out, end}), kSuccess);
  EXPECT_EQ(guest.write(end, "B"), kSuccess);
  EXPECT_EQ(*directory->read_file("out"), "AB34");
}

TEST(VirtualFiles, AreReadyAtOnce) {
  const auto directory = VirtualDirectory::create();
  must(directory->write_file("file", "12345"));
  Files guest(in(directory));
  const uint32_t fd = guest.open("file");
  std::memset(guest.bytes() + 1024, 0, 48);
  guest.put<uint8_t>(1024 + 8, 1);
  guest.put<uint32_t>(1024 + 16, fd);
  ASSERT_EQ(guest.call("poll_oneoff", {1024, 2048, 1, 64}), kSuccess);
  EXPECT_EQ(guest.at<uint32_t>(64), 1u);
  EXPECT_EQ(guest.at<uint64_t>(2048 + 16), 5u);  // bytes that can be read
}

TEST(VirtualFiles, NamesOfModules) {
  const auto directory = VirtualDirectory::create(), other = VirtualDirectory::create();
  must(directory->write_file("file", "1"));
  TempDir host;
  Files guest(in(directory).preopen_dir(other, "/other").preopen_dir(host.path(), "/host"));
  EXPECT_EQ(guest.names("path_rename", "file", "moved", 4), kXdev);
  EXPECT_EQ(guest.names("path_rename", "file", "moved", 5), kXdev);
  EXPECT_EQ(guest.names("path_link", "file", "moved", 4), kXdev);
  EXPECT_EQ(guest.names("path_rename", "file", "moved"), kSuccess);
  EXPECT_EQ(guest.names("path_link", "moved", "link"), kSuccess);
  const uint32_t fd = guest.open("moved");
  EXPECT_EQ(guest.name("path_unlink_file", "moved"), kSuccess);
  EXPECT_EQ(guest.name("path_unlink_file", "moved"), kNoent);
  EXPECT_EQ(guest.name("path_unlink_file", "link"), kSuccess);
  // It is still open.
  EXPECT_EQ(guest.read(fd), "1");
  EXPECT_GT(directory->used_bytes(), 0u);
  EXPECT_EQ(guest.call("fd_close", {fd}), kSuccess);
  EXPECT_EQ(directory->used_bytes(), 0u);
}

TEST(VirtualFiles, TheLimitIsAnErrorOfThePrograms) {
  const auto small = [] { return VirtualDirectory::create({.max_bytes = 2000}); };
  const std::string much(3000, 'm');
  {
    const auto directory = small();
    Files guest(in(directory));
    const uint32_t fd = guest.open("file", kCreate);
    EXPECT_EQ(guest.write(fd, much), kSuccess);  // a part
    EXPECT_LT(guest.at<uint32_t>(64), 2000u);
    EXPECT_EQ(guest.write(fd, much), kNospc);
    guest.put_text(1024, "second");
    EXPECT_EQ(guest.call("path_open", {3, 0, 1024, 6, kCreate, kAll, kAll, 0, 64}), kNospc);
    EXPECT_EQ(guest.name("path_create_directory", "d"), kNospc);
  }
  {
    ComponentGuest guest(in(small()));
    const Resource dir = guest.directory(), file = guest.file(dir, "file", {"create"}, {"write"});
    EXPECT_EQ(guest.outcome("set-size", {guest.of(file), number(3000)}), "insufficient-space");
    const Resource out = guest.make("write-via", {guest.of(file), number(0)});
    EXPECT_EQ(guest.outcome("write-flush", {guest.of(out), bytes(much)}), "last-operation-failed");
    EXPECT_EQ(guest.outcome("create-directory", {guest.of(dir), text("d")}), "insufficient-space");
  }
  {
    AsyncGuest guest(in(small()));
    const Resource dir = guest.directory(), file = guest.file(dir, "file", {"create"}, {"write"});
    constexpr uint64_t kStatusInsufficientSpace = 23;
    EXPECT_EQ(guest.status("write-all", {guest.of(file), number(0), bytes(much)}), kStatusInsufficientSpace);
    EXPECT_EQ(guest.outcome("create-directory", {guest.of(dir), text("d")}), "insufficient-space");
  }
}

TEST(VirtualFiles, ComponentsCannotMoveNamesAcrossTrees) {
  const auto a = VirtualDirectory::create(), b = VirtualDirectory::create();
  must(a->write_file("file", "1"));
  ComponentGuest guest(in(a).preopen_dir(b, "/b").preopen_dir(a, "/again"));
  const std::vector<Resource> dirs = guest.directories();
  const auto rename = [&](size_t to) {
    return guest.outcome("rename", {guest.of(dirs[0]), text("file"), guest.of(dirs[to]), text("x")});
  };
  EXPECT_EQ(rename(1), "cross-device");
  EXPECT_EQ(guest.outcome("link", {guest.of(dirs[0]), flags(), text("file"), guest.of(dirs[1]), text("x")}),
            "cross-device");
  EXPECT_TRUE(guest.call("is-same", {guest.of(dirs[0]), guest.of(dirs[2])}).as_bool());
  EXPECT_FALSE(guest.call("is-same", {guest.of(dirs[0]), guest.of(dirs[1])}).as_bool());
  EXPECT_EQ(rename(2), "ok");
  AsyncGuest async(in(a).preopen_dir(b, "/b"));
  const std::vector<Resource> others = async.directories();
  EXPECT_EQ(async.outcome("rename", {async.of(others[0]), text("x"), async.of(others[1]), text("x")}), "cross-device");
}

// One directory, granted once for writing and once read-only.
TEST(VirtualFiles, AccessIsThatOfTheGrant) {
  const auto directory = VirtualDirectory::create();
  must(directory->write_file("file", "1"));
  Files writer(in(directory)), reader(in(directory, WasiDirAccess::kReadOnly));
  const uint32_t fd = reader.open("file", 0, 0, 3, kReading);
  EXPECT_EQ(writer.write(writer.open("file", kTruncate), "new"), kSuccess);
  EXPECT_EQ(reader.read(fd), "new");
  EXPECT_EQ(reader.name("path_unlink_file", "file"), kRofs);
  reader.put_text(1024, "file");
  EXPECT_EQ(reader.call("path_open", {3, 0, 1024, 4, kTruncate, kAll, kAll, 0, 64}), kRofs);
  EXPECT_EQ(reader.wasi().refusals().read_only_path, "file");
}

// The directory lives as long as a program has something of it.
TEST(VirtualFiles, OutliveTheEmbeddersPointer) {
  auto directory = VirtualDirectory::create();
  must(directory->write_file("file", "1"));
  std::weak_ptr<VirtualDirectory> watched = directory;
  Files guest(in(directory));
  const uint32_t fd = guest.open("file");
  directory.reset();
  EXPECT_TRUE(watched.expired());
  EXPECT_EQ(guest.call("fd_close", {3}), kSuccess);
  EXPECT_EQ(guest.read(fd), "1");
}

// Programs of all versions on many threads, several on each, with one directory.
TEST(VirtualFiles, AreSharedByProgramsOnManyThreads) {
  constexpr int kThreads = 4, kLines = 60;
  const auto directory = VirtualDirectory::create();
  must(directory->write_file("log", ""));
  const auto run = [&](int n) {
    Files modules[2] = {Files(in(directory)), Files(in(directory))};
    ComponentGuest component(in(directory));
    AsyncGuest async(in(directory));
    const std::string line = std::string(9, static_cast<char>('a' + n)) + "\n", own = "own" + std::to_string(n);
    const Resource dir = component.directory(), other = async.directory();
    const Resource log = component.file(dir, "log", {}, {"write"}), async_log = async.file(other, "log", {}, {"write"});
    for (int i = 0; i < kLines; ++i) {
      for (Files& guest : modules) {
        const uint32_t fd = guest.open("log", 0, kAppend);
        EXPECT_EQ(guest.write(fd, line), kSuccess);
        EXPECT_EQ(guest.call("fd_close", {fd}), kSuccess);
        // Its own names, beside those of others.
        EXPECT_EQ(guest.name("path_create_directory", own), kSuccess);
        EXPECT_EQ(guest.names("path_rename", own, own + "x"), kSuccess);
        EXPECT_EQ(guest.name("path_remove_directory", own + "x"), kSuccess);
        EXPECT_EQ(guest.call("fd_readdir", {3, 4096, 1000, 0, 64}), kSuccess);
      }
      EXPECT_EQ(component.outcome("write-flush",
                                  {component.of(component.make("append-via", {component.of(log)})), bytes(line)}),
                "ok");
      EXPECT_EQ(async.status("append-all", {async.of(async_log), bytes(line)}), 0u);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(run, i);
  for (std::thread& t : threads) t.join();
  const std::string all = *directory->read_file("log");
  ASSERT_EQ(all.size(), size_t{10} * kThreads * kLines * 4);
  for (size_t i = 0; i < all.size(); i += 10) ASSERT_EQ(all.substr(i, 10), std::string(9, all[i]) + "\n");
  EXPECT_EQ(directory->list()->size(), 1u);
}

}  // namespace
}  // namespace ermine

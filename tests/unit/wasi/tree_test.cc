// Directories in memory: what the tests of paths and files do not show.
#include <atomic>
#include <random>
#include <thread>

#include "ermine/virtual_directory.h"
#include "temp_dir.h"
#include "wasi/host/directory.h"
#include "wasi/virtual/file_data.h"

namespace ermine::wasi::host {
namespace {

constexpr auto kNoSpace = static_cast<HostError>(ENOSPC);

iovec of(std::string& bytes) { return {bytes.data(), bytes.size()}; }
std::string read_all(const FileData& data, uint64_t at, size_t size) {
  std::string bytes(size, '?');
  const iovec v = of(bytes);
  bytes.resize(data.read(at, &v, 1));
  return bytes;
}

// Compared with a string to which the same is done.
TEST(FileData, IsLikeAString) {
  std::mt19937 random(1);
  FileData data;
  std::string model;
  for (int i = 0; i < 2000; ++i) {
    const uint64_t at = random() % 300'000;
    const size_t size = random() % (i % 10 == 0 ? 200'000 : 500);
    switch (random() % 4) {
      case 0:
        data.resize(at);
        model.resize(at);
        break;
      case 1: {
        const std::string expected = at < model.size() ? model.substr(at, size) : "";
        ASSERT_EQ(read_all(data, at, size), expected);
        break;
      }
      default: {
        std::string bytes(size, '\0');
        for (char& c : bytes) c = static_cast<char>(random());
        // In two pieces, one of which may be empty.
        const size_t cut = size == 0 ? 0 : random() % size;
        const iovec v[2] = {{bytes.data(), cut}, {bytes.data() + cut, size - cut}};
        ASSERT_EQ(data.write(at, v, 2, size), size);
        if (size > 0 && model.size() < at + size) model.resize(at + size);
        model.replace(at, size, bytes);
      }
    }
    ASSERT_EQ(data.size(), model.size());
  }
  EXPECT_EQ(read_all(data, 0, model.size() + 1), model);
}

TEST(FileData, HolesTakeNothing) {
  FileData data;
  data.resize(FileData::kMostBytes - 1);
  EXPECT_EQ(read_all(data, FileData::kMostBytes - 5, 100), std::string(4, '\0'));
  EXPECT_EQ(read_all(data, FileData::kMostBytes - 1, 100), "");
}

class Trees : public testing::Test {
 protected:
  explicit Trees(uint64_t max_bytes = 1 << 20) : tree_(std::make_shared<Tree>(max_bytes)) {}
  HostError open(const std::string& path, OpenRequest request, OwnDescriptor& d) {
    return open_file(*root_, P(path), request, -1, d);
  }
  HostError write(const std::string& path, std::string contents) {
    OwnDescriptor d;
    const HostError e = open(path, {.write = true, .create = true, .truncate = true}, d);
    if (e != HostError::kNone) return e;
    iovec v = of(contents);
    return write_some(d, &v, 1, -1).error;
  }
  // Owns the directory.
  struct Root : OwnDescriptor {
    explicit Root(const std::shared_ptr<Tree>& tree) { describe_directory(TreeDirectory::root_of(tree), *this); }
  };
  std::shared_ptr<Tree> tree_;
  std::unique_ptr<Root> root_ = std::make_unique<Root>(tree_);
};

TEST_F(Trees, RenameFollowsTheRulesOfTheSystem) {
  // The same on both: what is renamed to what, and the outcome.
  struct Case {
    const char *from, *to;
    HostError expected;
  };
  const Case cases[] = {
      {"file", "file", HostError::kNone},
      {"file", "other", HostError::kNone},
      {"file", "dir", HostError::kIsDirectory},
      {"dir", "file", HostError::kNotDirectory},
      {"dir", "full", HostError::kNotEmpty},
      {"full", "dir", HostError::kNone},
      {"dir", "dir/sub", HostError::kInvalid},
      {"full", "full/x/y", HostError::kInvalid},
      {"full/x", "full", HostError::kNotEmpty},
      {"full/f", "full", HostError::kNotEmpty},
      {"dir", "dir", HostError::kNone},
      {"none", "file", HostError::kNoEntry},
      {"none", "none2", HostError::kNoEntry},
      {"file/", "other", HostError::kNotDirectory},
      {"file", "new/", HostError::kNotDirectory},
      {"dir", "new/", HostError::kNone},
      {"file", "none/x", HostError::kNoEntry},
      {"file", "other/x", HostError::kNotDirectory},
      {"link", "file", HostError::kNone},
      {"file", "link", HostError::kNone},
      {"hard", "file", HostError::kNone},
      {"dirlink/", "x", HostError::kNotDirectory},
      {"dir", "dirlink", HostError::kNotDirectory},
      {".", "x", HostError::kBusy},
      {"dir", ".", HostError::kBusy},
      {"dir", "full/..", HostError::kBusy},
      {"..", "x", HostError::kOutside},
      {"file", "../x", HostError::kOutside},
  };
  for (const Resolves how : {Resolves::kKernel, Resolves::kVirtual})
    for (const Case& c : cases) {
      const Place in(how);
      in.write("file", "1");
      in.write("other", "2");
      in.mkdir("dir");
      in.mkdir("full");
      in.mkdir("full/x");
      in.write("full/f");
      in.symlink("file", "link");
      in.symlink("dir", "dirlink");
      ASSERT_EQ(link_path(in.ref(), P("file"), in.ref(), P("hard")), HostError::kNone);
      EXPECT_EQ(rename_path(in.ref(), P(c.from), in.ref(), P(c.to)), c.expected)
          << c.from << " to " << c.to << (in.is_virtual() ? ", virtual" : "");
    }
}

TEST_F(Trees, NamesAcrossTreesAreRefused) {
  auto second = std::make_shared<Tree>(1 << 20);
  const Root other(second), same(tree_);
  TempDir host;
  ASSERT_EQ(write("file", "1"), HostError::kNone);
  for (const FileRef to : {FileRef(other), FileRef(host.fd())}) {
    EXPECT_EQ(rename_path(*root_, P("file"), to, P("x")), static_cast<HostError>(EXDEV));
    EXPECT_EQ(rename_path(to, P("file"), *root_, P("x")), static_cast<HostError>(EXDEV));
    EXPECT_EQ(link_path(*root_, P("file"), to, P("x")), static_cast<HostError>(EXDEV));
  }
  EXPECT_EQ(rename_path(*root_, P("file"), same, P("x")), HostError::kNone);
  EXPECT_NE(stat_file(other)->device, stat_file(same)->device);
}

TEST_F(Trees, FilesLiveAsLongAsTheyAreOpenOrHaveANameAndCountSoLong) {
  const uint64_t before = tree_->used();
  OwnDescriptor open_file_;
  ASSERT_EQ(write("file", std::string(1000, 'x')), HostError::kNone);
  ASSERT_EQ(open("file", {.read = true, .write = true}, open_file_), HostError::kNone);
  EXPECT_EQ(stat_file(open_file_)->links, 1u);
  ASSERT_EQ(link_path(*root_, P("file"), *root_, P("second")), HostError::kNone);
  EXPECT_EQ(stat_file(open_file_)->links, 2u);
  EXPECT_EQ(stat_path(*root_, P("second"), true)->inode, stat_file(open_file_)->inode);
  EXPECT_EQ(unlink_file(*root_, P("file")), HostError::kNone);
  EXPECT_EQ(unlink_file(*root_, P("second")), HostError::kNone);
  EXPECT_EQ(stat_file(open_file_)->links, 0u);
  EXPECT_EQ(tree_->used(), before + 1000);
  std::string bytes(2000, 'y');
  iovec v = of(bytes);
  EXPECT_EQ(*read_some(open_file_, &v, 1, -1), 1000u);
  EXPECT_EQ(*write_some(open_file_, &v, 1, -1), 2000u);
  EXPECT_EQ(tree_->used(), before + 3000);
  EXPECT_EQ(set_size(open_file_, 10), HostError::kNone);
  EXPECT_EQ(tree_->used(), before + 10);
  close_virtual(open_file_);
  EXPECT_EQ(tree_->used(), before);
}

TEST_F(Trees, RemovedDirectoriesAreEmpty) {
  OwnDescriptor d;
  ASSERT_EQ(create_directory(*root_, P("d")), HostError::kNone);
  ASSERT_EQ(open("d", {.read = true}, d), HostError::kNone);
  ASSERT_EQ(remove_directory(*root_, P("d")), HostError::kNone);
  EXPECT_EQ(create_directory(d, P("x")), HostError::kNoEntry);
  EXPECT_EQ(symlink_path(P("x"), d, P("y")), HostError::kNoEntry);
  OwnDescriptor file;
  EXPECT_EQ(open_file(d, P("x"), {.write = true, .create = true}, -1, file), HostError::kNoEntry);
  EXPECT_EQ(write("f", "1"), HostError::kNone);
  EXPECT_EQ(rename_path(*root_, P("f"), d, P("f")), HostError::kNoEntry);
  DirStream stream;
  DirEntry entry;
  ASSERT_TRUE(*stream.seek(d, 0));
  EXPECT_FALSE(*stream.next(d, entry));
  EXPECT_EQ(stat_file(d)->links, 0u);
}

class FullTrees : public Trees {
 protected:
  FullTrees() : Trees(10'000) {}
};

TEST_F(FullTrees, TheLimitIsAnErrorAndHoldsForEverything) {
  OwnDescriptor d;
  ASSERT_EQ(open("file", {.read = true, .write = true, .create = true}, d), HostError::kNone);
  const uint64_t room = tree_->left();
  std::string bytes(20'000, 'x');
  iovec v = of(bytes);
  EXPECT_EQ(*write_some(d, &v, 1, -1), room);  // as much as there is room for
  v = of(bytes);
  EXPECT_EQ(write_some(d, &v, 1, -1).error, kNoSpace);
  EXPECT_EQ(*write_at(d, &v, 1, 0), room);  // in place
  EXPECT_EQ(write_at(d, &v, 1, room).error, kNoSpace);
  EXPECT_EQ(write_at_end(d, &v, 1).error, kNoSpace);
  EXPECT_EQ(write_at(d, &v, 1, INT64_MAX).error, kNoSpace);
  EXPECT_EQ(set_size(d, room + 1), kNoSpace);
  EXPECT_EQ(set_size(d, INT64_MAX), kNoSpace);
  EXPECT_EQ(allocate(d, room, 1), kNoSpace);
  EXPECT_EQ(allocate(d, INT64_MAX, INT64_MAX), static_cast<HostError>(EFBIG));
  EXPECT_EQ(write("other", ""), kNoSpace);
  EXPECT_EQ(create_directory(*root_, P("d")), kNoSpace);
  EXPECT_EQ(symlink_path(P("t"), *root_, P("l")), kNoSpace);
  EXPECT_EQ(link_path(*root_, P("file"), *root_, P("l")), kNoSpace);
  EXPECT_EQ(rename_path(*root_, P("file"), *root_, P("longer")), kNoSpace);
  EXPECT_EQ(rename_path(*root_, P("file"), *root_, P("f")), HostError::kNone);
  EXPECT_EQ(stat_path(*root_, P("f"), true)->size, room);
  // A gap counts.
  EXPECT_EQ(set_size(d, 0), HostError::kNone);
  v = {bytes.data(), 1};
  EXPECT_EQ(write_at(d, &v, 1, 9'999).error, kNoSpace);
  EXPECT_EQ(*write_at(d, &v, 1, 5'000), 1u);
  EXPECT_LT(tree_->left(), 5'000u);
  EXPECT_EQ(unlink_file(*root_, P("f")), HostError::kNone);
  close_virtual(d);
  EXPECT_EQ(tree_->used(), 0u);
  // Until nothing fits: the number of files is bounded as well.
  int files = 0;
  while (write("n" + std::to_string(files), "") == HostError::kNone) ASSERT_LT(++files, 100);
  EXPECT_GT(files, 10);
}

TEST_F(FullTrees, WhatFailsTakesNothing) {
  const uint64_t before = tree_->used();
  std::string target(4000, 't');
  ASSERT_EQ(symlink_path(P(target), *root_, P("a")), HostError::kNone);
  ASSERT_EQ(symlink_path(P(target), *root_, P("b")), HostError::kNone);
  const uint64_t two = tree_->used();
  EXPECT_EQ(symlink_path(P(target), *root_, P("c")), kNoSpace);
  EXPECT_EQ(tree_->used(), two);
  // There is room for the text, but not for the name.
  target.resize(tree_->left() - 100);
  EXPECT_EQ(symlink_path(P(target), *root_, P("c")), kNoSpace);
  EXPECT_EQ(tree_->used(), two);
  EXPECT_EQ(unlink_file(*root_, P("a")), HostError::kNone);
  EXPECT_EQ(unlink_file(*root_, P("b")), HostError::kNone);
  EXPECT_EQ(tree_->used(), before);
}

// Directories within each other, more than a recursion could follow, by relative names.
TEST(VirtualDirectories, MayBeDeep) {
  const auto directory = VirtualDirectory::create({.max_bytes = 200 << 20});
  {
    OwnDescriptor here;
    describe_directory(TreeDirectory::root_of(directory->impl()), here);
    for (int i = 0; i < 200'000; ++i) {
      ASSERT_EQ(create_directory(here, P("d")), HostError::kNone);
      OwnDescriptor next;
      ASSERT_EQ(open_file(here, P("d"), {.read = true}, -1, next), HostError::kNone);
      std::swap(static_cast<Descriptor&>(here), static_cast<Descriptor&>(next));
    }
    OwnDescriptor root;
    describe_directory(TreeDirectory::root_of(directory->impl()), root);
    EXPECT_EQ(rename_path(root, P("d"), here, P("x")), HostError::kInvalid);
    ASSERT_TRUE(directory->create_directory("other"));
    EXPECT_TRUE(directory->remove("d"));
    EXPECT_EQ(create_directory(here, P("d")), HostError::kNoEntry);
  }
  EXPECT_EQ(directory->used_bytes(), Tree::kEntryBytes + 5);
}

TEST(VirtualDirectories, ArePreparedAndReadByTheEmbedder) {
  const auto d = VirtualDirectory::create();
  EXPECT_TRUE(d->write_file("a/b/file", "contents"));
  EXPECT_TRUE(d->write_file("a/b/file", "new"));
  EXPECT_EQ(*d->read_file("a/b/file"), "new");
  EXPECT_TRUE(d->create_directory("a/c/"));
  EXPECT_TRUE(d->create_directory("a/c"));
  EXPECT_TRUE(d->create_link("a/link", "b"));
  EXPECT_EQ(*d->read_file("a/link/file"), "new");
  EXPECT_TRUE(d->write_file("a/link/other", ""));
  using Kind = VirtualDirectory::Entry::Kind;
  const auto entries = *d->list("a");
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].name, "b");
  EXPECT_EQ(entries[0].kind, Kind::kDirectory);
  EXPECT_EQ(entries[2].name, "link");
  EXPECT_EQ(entries[2].kind, Kind::kSymbolicLink);
  EXPECT_EQ(d->list()->size(), 1u);
  EXPECT_EQ(d->find("a/b/file")->size, 3u);
  EXPECT_EQ(d->find("a/b/file")->name, "file");
  EXPECT_EQ(d->find("a/b/")->name, "b");
  EXPECT_FALSE(d->find("a/none"));

  const auto reason = [](const auto& result) {
    return result ? std::string("ok") : std::string(result.error().message());
  };
  EXPECT_TRUE(reason(d->read_file("none")).contains("'none'")) << reason(d->read_file("none"));
  EXPECT_TRUE(reason(d->read_file("../x")).contains("leads out"));
  EXPECT_TRUE(reason(d->write_file("/etc/x", "")).contains("leads out"));
  EXPECT_EQ(d->write_file(std::string_view("a\0b", 3), "").error().kind(), ErrorKind::kUsage);
  EXPECT_EQ(d->write_file("a\xff", "").error().kind(), ErrorKind::kUsage);
  EXPECT_FALSE(d->write_file("a/b/file/x", ""));
  EXPECT_FALSE(d->write_file("a/b", ""));
  EXPECT_FALSE(d->write_file("a/", ""));
  EXPECT_FALSE(d->read_file("a"));
  EXPECT_FALSE(d->create_directory("a/b/file"));
  EXPECT_FALSE(d->create_link("l", "/etc"));
  EXPECT_FALSE(d->create_link("a", "b"));
  EXPECT_FALSE(d->list("a/b/file"));
  EXPECT_FALSE(d->remove("none"));
  EXPECT_FALSE(d->remove("."));
  EXPECT_TRUE(d->remove("a"));
  EXPECT_EQ(d->used_bytes(), 0u);
  const auto small = VirtualDirectory::create({.max_bytes = 1000});
  EXPECT_FALSE(small->write_file("f", std::string(1000, 'x')));
}

// A thread keeps exchanging a directory for a link that leads out while paths through it are opened, and others write.
TEST_F(Trees, NoRaceLeadsOutOrBreaksAFile) {
  ASSERT_EQ(create_directory(*root_, P("real")), HostError::kNone);
  ASSERT_EQ(write("real/file", "inside"), HostError::kNone);
  GuestPath outside;
  ASSERT_EQ(outside.assign_link_target("../../x"), HostError::kNone);
  ASSERT_EQ(root_->virtual_file->symlink(outside, P("evil")), HostError::kNone);
  std::atomic<bool> stop{false};
  std::thread racer([&] {
    const Root own(tree_);
    while (!stop.load(std::memory_order_relaxed)) {
      EXPECT_EQ(rename_path(own, P("real"), own, P("aside")), HostError::kNone);
      EXPECT_EQ(rename_path(own, P("evil"), own, P("real")), HostError::kNone);
      EXPECT_EQ(rename_path(own, P("real"), own, P("evil")), HostError::kNone);
      EXPECT_EQ(rename_path(own, P("aside"), own, P("real")), HostError::kNone);
    }
  });
  const auto use = [&](char c) {
    const Root own(tree_);
    for (int i = 0; i < 5000; ++i) {
      OwnDescriptor d;
      const HostError e = open_file(own, P("real/file"), {.read = true, .write = true}, -1, d);
      if (e != HostError::kNone) {
        EXPECT_TRUE(e == HostError::kNoEntry || e == HostError::kOutside) << static_cast<int>(e);
        continue;
      }
      // Six equal bytes at once, so that they are equal whenever they are read.
      std::string bytes(6, c);
      iovec v = of(bytes);
      EXPECT_EQ(*write_at(d, &v, 1, 0), 6u);
      EXPECT_EQ(*read_at(d, &v, 1, 0), 6u);
      EXPECT_EQ(bytes, std::string(6, bytes[0]));
    }
  };
  std::thread a([&] { use('a'); }), b([&] { use('b'); });
  a.join();
  b.join();
  stop = true;
  racer.join();
}

}  // namespace
}  // namespace ermine::wasi::host

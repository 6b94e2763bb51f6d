// VirtualDirectory, by the operations that programs have.
#include "ermine/virtual_directory.h"

#include <algorithm>
#include <cstring>

#include "ermine/printable.h"
#include "ermine/wasi.h"
#include "wasi/virtual/tree_files.h"

namespace ermine {
namespace wasi::host {
namespace {

class TreeSource final : public VirtualFileSource {
 public:
  explicit TreeSource(std::shared_ptr<Tree> tree) : tree_(std::move(tree)) {}
  void open(Descriptor& out) const override {
    describe_directory(TreeDirectory::root_of(tree_), out);
    out.writable = false;
  }

 private:
  const std::shared_ptr<Tree> tree_;
};

// Deletes what was opened.
struct OpenedFile : Descriptor {
  OpenedFile() = default;
  OpenedFile(const OpenedFile&) = delete;
  OpenedFile& operator=(const OpenedFile&) = delete;
  ~OpenedFile() { close_virtual(*this); }
};

Error tree_error(const char* what, std::string_view path, HostError why) {
  const char* reason =
      why == HostError::kOutside ? "the path leads out of the directory" : std::strerror(static_cast<int>(why));
  const bool is_path = why != HostError::kInvalid && why != HostError::kNotUtf8;
  return Error(is_path ? ErrorKind::kIo : ErrorKind::kUsage,
               std::string("cannot ") + what + " '" + printable(path) + "' of a VirtualDirectory: " + reason);
}

// A path, or the error of what is done with it.
struct Path : GuestPath {
  HostError error;
  explicit Path(std::string_view text) : error(assign(text)) {}
};

// Those that are missing.
HostError make_directories(TreeDirectory& root, std::string_view path) {
  for (size_t end = path.find('/'); true; end = path.find('/', end + 1)) {
    const Path part(path.substr(0, end));
    HostError e = part.error;
    if (e == HostError::kNone) e = root.create_directory(part);
    if (e == HostError::kExists) {
      const Outcome<FileStat> there = root.stat_path(part, true);
      e = !there ? there.error : there->type == FileType::kDirectory ? HostError::kNone : HostError::kNotDirectory;
    }
    if (e != HostError::kNone || end == path.npos) return e;
  }
}

VirtualDirectory::Entry entry_of(std::string_view name, const FileStat& stat) {
  using Kind = VirtualDirectory::Entry::Kind;
  return {std::string(name),
          stat.type == FileType::kDirectory      ? Kind::kDirectory
          : stat.type == FileType::kSymbolicLink ? Kind::kSymbolicLink
                                                 : Kind::kFile,
          stat.size};
}

}  // namespace
}  // namespace wasi::host

std::shared_ptr<VirtualDirectory> VirtualDirectory::create(const VirtualDirectoryOptions& options) {
  using namespace wasi::host;
  return std::make_shared<VirtualDirectory>(std::make_shared<Tree>(options.max_bytes));
}

Result<void> VirtualDirectory::write_file(std::string_view path, std::string_view contents) {
  using namespace wasi::host;
  constexpr const char* kWhat = "write the file";
  const Path name(path);
  if (name.error != HostError::kNone) return tree_error(kWhat, path, name.error);
  const auto root = TreeDirectory::root_of(impl_);
  if (const size_t slash = path.rfind('/'); slash != path.npos) {
    if (HostError e = make_directories(*root, path.substr(0, slash)); e != HostError::kNone)
      return tree_error(kWhat, path, e);
  }
  OpenedFile file;
  const OpenRequest request{.follow = true, .write = true, .create = true, .truncate = true};
  if (HostError e = root->open(name, request, file); e != HostError::kNone) return tree_error(kWhat, path, e);
  const iovec buffer{const_cast<char*>(contents.data()), contents.size()};
  const Outcome<size_t> n = file.virtual_file->write(&buffer, 1, false);
  if (!n) return tree_error(kWhat, path, n.error);
  return *n == contents.size() ? Result<void>() : tree_error(kWhat, path, static_cast<HostError>(ENOSPC));
}

Result<void> VirtualDirectory::create_directory(std::string_view path) {
  using namespace wasi::host;
  const auto root = TreeDirectory::root_of(impl_);
  const size_t end = path.find_last_not_of('/');
  const std::string_view trimmed = end == path.npos ? path : path.substr(0, end + 1);
  if (HostError e = make_directories(*root, trimmed); e != HostError::kNone)
    return tree_error("make the directory", path, e);
  return {};
}

Result<void> VirtualDirectory::create_link(std::string_view path, std::string_view target) {
  using namespace wasi::host;
  constexpr const char* kWhat = "make the link";
  const Path name(path), to(target);
  if (name.error != HostError::kNone) return tree_error(kWhat, path, name.error);
  if (to.error != HostError::kNone) return tree_error("make a link to", target, to.error);
  const auto root = TreeDirectory::root_of(impl_);
  if (const size_t slash = path.rfind('/'); slash != path.npos) {
    if (HostError e = make_directories(*root, path.substr(0, slash)); e != HostError::kNone)
      return tree_error(kWhat, path, e);
  }
  if (HostError e = root->symlink(to, name); e != HostError::kNone) return tree_error(kWhat, path, e);
  return {};
}

Result<std::string> VirtualDirectory::read_file(std::string_view path) const {
  using namespace wasi::host;
  constexpr const char* kWhat = "read the file";
  const Path name(path);
  if (name.error != HostError::kNone) return tree_error(kWhat, path, name.error);
  OpenedFile file;
  HostError e = TreeDirectory::root_of(impl_)->open(name, {.follow = true, .read = true}, file);
  if (e == HostError::kNone && file.type == FileType::kDirectory) e = HostError::kIsDirectory;
  if (e != HostError::kNone) return tree_error(kWhat, path, e);
  std::string contents;
  // A program may be changing it.
  while (true) {
    const Outcome<FileStat> stat = file.virtual_file->stat();
    contents.resize(stat->size + 1);
    const iovec buffer{contents.data(), contents.size()};
    const Outcome<size_t> n = file.virtual_file->read_at(&buffer, 1, 0);
    if (!n) return tree_error(kWhat, path, n.error);
    if (*n == contents.size()) continue;
    contents.resize(*n);
    return contents;
  }
}

Result<std::vector<VirtualDirectory::Entry>> VirtualDirectory::list(std::string_view path) const {
  using namespace wasi::host;
  constexpr const char* kWhat = "list the directory";
  const Path name(path);
  if (name.error != HostError::kNone) return tree_error(kWhat, path, name.error);
  OpenedFile directory;
  HostError e = TreeDirectory::root_of(impl_)->open(name, {.follow = true, .read = true, .directory = true}, directory);
  if (e != HostError::kNone) return tree_error(kWhat, path, e);
  std::vector<Entry> entries;
  DirEntry entry;
  while (*directory.virtual_file->next_entry(entry)) {
    if (entry.name == "." || entry.name == "..") continue;
    // It may have been removed in the meantime.
    const Outcome<FileStat> stat = directory.virtual_file->stat_path(Path(entry.name), false);
    if (stat) entries.push_back(entry_of(entry.name, *stat));
  }
  return entries;
}

std::optional<VirtualDirectory::Entry> VirtualDirectory::find(std::string_view path) const {
  using namespace wasi::host;
  const Path name(path);
  if (name.error != HostError::kNone) return std::nullopt;
  const Outcome<FileStat> stat = TreeDirectory::root_of(impl_)->stat_path(name, false);
  if (!stat) return std::nullopt;
  const size_t end = path.find_last_not_of('/') + 1, slash = path.rfind('/', end - 1);
  const size_t begin = slash == path.npos ? 0 : slash + 1;
  return entry_of(path.substr(begin, end - begin), *stat);
}

Result<void> VirtualDirectory::remove(std::string_view path) {
  using namespace wasi::host;
  constexpr const char* kWhat = "remove";
  const Path name(path);
  if (name.error != HostError::kNone) return tree_error(kWhat, path, name.error);
  const std::lock_guard lock(impl_->mutex());
  Found found;
  if (HostError e = walk(impl_->root(), path, FollowLast::kNever, found); e != HostError::kNone)
    return tree_error(kWhat, path, e);
  if (found.last != Found::Last::kName) return tree_error(kWhat, path, HostError::kBusy);
  if (!found.node) return tree_error(kWhat, path, HostError::kNoEntry);
  if (found.slash && !found.node->is_directory()) return tree_error(kWhat, path, HostError::kNotDirectory);
  Tree::remove_contents(*found.node);
  impl_->remove_name(*found.directory, found.name);
  return {};
}

uint64_t VirtualDirectory::used_bytes() const {
  using namespace wasi::host;
  const std::lock_guard lock(impl_->mutex());
  return impl_->used();
}

WasiConfig& WasiConfig::preopen_dir(std::shared_ptr<VirtualDirectory> directory, std::string guest_path,
                                    WasiDirAccess access) {
  grants_.directories.push_back(
      {{}, std::move(guest_path), access, std::make_shared<const wasi::host::TreeSource>(directory->impl())});
  return *this;
}

}  // namespace ermine

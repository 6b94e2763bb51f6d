// Operations on names beneath a directory of a Tree. Their errors are those that Linux has.
#include <algorithm>
#include <cstring>

#include "wasi/virtual/tree_files.h"

namespace ermine::wasi::host {
namespace {

// Whether `node` is `directory`, or one that it is in.
bool contains(const Node& node, const Node& directory) {
  for (const Node* d = &directory; d != nullptr; d = d->parent)
    if (d == &node) return true;
  return false;
}

// The place of a name to be made or removed. `for_dot`, `for_dotdot`: the errors of paths that end so.
HostError find_name(const NodePtr& base, const GuestPath& path, HostError for_dot, HostError for_dotdot, Found& out) {
  if (const HostError e = walk(base, path.view(), FollowLast::kNever, out); e != HostError::kNone) return e;
  if (out.last == Found::Last::kName) return HostError::kNone;
  return out.last == Found::Last::kDot ? for_dot : for_dotdot;
}

// The same for a new one. Only a directory may be made with a slash at its end.
HostError find_free_name(const NodePtr& base, const GuestPath& path, bool for_directory, Found& out) {
  if (const HostError e = find_name(base, path, HostError::kExists, HostError::kExists, out); e != HostError::kNone)
    return e;
  if (out.node) return HostError::kExists;
  return out.slash && !for_directory ? HostError::kNoEntry : HostError::kNone;
}

}  // namespace

std::unique_ptr<TreeDirectory> TreeDirectory::root_of(const std::shared_ptr<Tree>& tree) {
  const std::lock_guard lock(tree->mutex());
  return std::make_unique<TreeDirectory>(tree, tree->root());
}

void describe_directory(std::unique_ptr<TreeDirectory> directory, Descriptor& out) {
  out.virtual_file = directory.release();
  out.waiting = Waiting::kVirtual;
  out.type = FileType::kDirectory;
}

HostError TreeDirectory::open(const GuestPath& path, const OpenRequest& request, Descriptor& out) {
  const std::lock_guard lock(tree_->mutex());
  const FollowLast follow = request.create && request.exclusive ? FollowLast::kNever
                            : request.follow                    ? FollowLast::kAlways
                                                                : FollowLast::kBeforeSlash;
  Found found;
  if (const HostError e = walk(node_, path.view(), follow, found); e != HostError::kNone) return e;
  if (request.create && found.slash && found.last == Found::Last::kName) return HostError::kIsDirectory;
  if (found.node) {
    if (request.create && request.exclusive) return HostError::kExists;
    if (found.node->type == FileType::kSymbolicLink)
      return request.directory ? HostError::kNotDirectory : HostError::kLoop;
    if (found.node->is_directory() && (request.create || request.write || request.truncate))
      return HostError::kIsDirectory;
    if (!found.node->is_directory() && (request.directory || found.slash)) return HostError::kNotDirectory;
  } else {
    if (!request.create) return HostError::kNoEntry;
    if (const HostError e = tree_->make(*found.directory, found.name, FileType::kRegularFile, found.node);
        e != HostError::kNone)
      return e;
  }
  out.readable = request.read || !request.write;
  out.writable = request.write;
  out.status = request.status;
  if (found.node->is_directory()) {
    describe_directory(std::make_unique<TreeDirectory>(tree_, found.node), out);
    return HostError::kNone;
  }
  if (request.truncate && found.node->data.size() > 0) {
    tree_->give_back(found.node->data.size());
    found.node->data.resize(0);
    found.node->touch();
  }
  out.virtual_file = new TreeFile(tree_, found.node, out.readable, out.writable);
  out.waiting = Waiting::kVirtual;
  out.type = FileType::kRegularFile;
  return HostError::kNone;
}

HostError TreeDirectory::find(const GuestPath& path, bool follow, NodePtr& out) const {
  Found found;
  const FollowLast last = follow ? FollowLast::kAlways : FollowLast::kBeforeSlash;
  if (const HostError e = walk(node_, path.view(), last, found); e != HostError::kNone) return e;
  if (!found.node) return HostError::kNoEntry;
  if (found.slash && !found.node->is_directory()) return HostError::kNotDirectory;
  out = std::move(found.node);
  return HostError::kNone;
}

Outcome<FileStat> TreeDirectory::stat_path(const GuestPath& path, bool follow) {
  const std::lock_guard lock(tree_->mutex());
  NodePtr node;
  if (const HostError e = find(path, follow, node); e != HostError::kNone) return e;
  return node->stat();
}

HostError TreeDirectory::set_times_path(const GuestPath& path, bool follow, TimeChange accessed, TimeChange modified) {
  const std::lock_guard lock(tree_->mutex());
  NodePtr node;
  if (const HostError e = find(path, follow, node); e != HostError::kNone) return e;
  node->set_times(accessed, modified);
  return HostError::kNone;
}

HostError TreeDirectory::create_directory(const GuestPath& path) {
  const std::lock_guard lock(tree_->mutex());
  Found found;
  if (const HostError e = find_free_name(node_, path, true, found); e != HostError::kNone) return e;
  return tree_->make(*found.directory, found.name, FileType::kDirectory, found.node);
}

HostError TreeDirectory::remove_directory(const GuestPath& path) {
  const std::lock_guard lock(tree_->mutex());
  Found found;
  if (const HostError e = find_name(node_, path, HostError::kInvalid, HostError::kNotEmpty, found);
      e != HostError::kNone)
    return e;
  if (!found.node) return HostError::kNoEntry;
  if (!found.node->is_directory()) return HostError::kNotDirectory;
  if (!found.node->entries.empty()) return HostError::kNotEmpty;
  tree_->remove_name(*found.directory, found.name);
  return HostError::kNone;
}

HostError TreeDirectory::unlink(const GuestPath& path) {
  const std::lock_guard lock(tree_->mutex());
  Found found;
  if (const HostError e = find_name(node_, path, HostError::kIsDirectory, HostError::kIsDirectory, found);
      e != HostError::kNone)
    return e;
  if (!found.node) return HostError::kNoEntry;
  if (found.node->is_directory()) return HostError::kIsDirectory;
  if (found.slash) return HostError::kNotDirectory;
  tree_->remove_name(*found.directory, found.name);
  return HostError::kNone;
}

HostError TreeDirectory::rename(const GuestPath& path, VirtualFile& new_directory, const GuestPath& new_path) {
  const std::lock_guard lock(tree_->mutex());
  const NodePtr& new_base = static_cast<TreeDirectory&>(new_directory).node_;  // of the same tree
  Found from, to;
  if (const HostError e = find_name(node_, path, HostError::kBusy, HostError::kBusy, from); e != HostError::kNone)
    return e;
  if (const HostError e = find_name(new_base, new_path, HostError::kBusy, HostError::kBusy, to); e != HostError::kNone)
    return e;
  if (!from.node) return HostError::kNoEntry;
  const bool moves_directory = from.node->is_directory();
  if ((from.slash || to.slash) && !moves_directory) return HostError::kNotDirectory;
  if (to.directory->links == 0) return HostError::kNoEntry;
  if (from.node == to.node) return HostError::kNone;
  if (moves_directory && contains(*from.node, *to.directory)) return HostError::kInvalid;
  if (to.node && contains(*to.node, *from.directory)) return HostError::kNotEmpty;
  if (to.node) {
    if (moves_directory != to.node->is_directory())
      return moves_directory ? HostError::kNotDirectory : HostError::kIsDirectory;
    if (!to.node->entries.empty()) return HostError::kNotEmpty;
    tree_->remove_name(*to.directory, to.name);
  } else if (to.name.size() > from.name.size() && to.name.size() - from.name.size() > tree_->left()) {
    return static_cast<HostError>(ENOSPC);
  }
  tree_->remove_name(*from.directory, from.name);
  return tree_->add_name(*to.directory, to.name, from.node);
}

HostError TreeDirectory::link(const GuestPath& path, VirtualFile& new_directory, const GuestPath& new_path) {
  const std::lock_guard lock(tree_->mutex());
  const NodePtr& new_base = static_cast<TreeDirectory&>(new_directory).node_;
  Found from, to;
  if (const HostError e = find_name(node_, path, HostError::kNotPermitted, HostError::kNotPermitted, from);
      e != HostError::kNone)
    return e;
  if (const HostError e = find_free_name(new_base, new_path, false, to); e != HostError::kNone) return e;
  // A slash means what a link leads to, which must be a directory.
  if (from.slash) {
    NodePtr directory;
    if (const HostError e = find(path, true, directory); e != HostError::kNone) return e;
    return HostError::kNotPermitted;
  }
  if (!from.node) return HostError::kNoEntry;
  if (from.node->is_directory()) return HostError::kNotPermitted;
  return tree_->add_name(*to.directory, to.name, from.node);
}

HostError TreeDirectory::symlink(const GuestPath& target, const GuestPath& path) {
  const std::lock_guard lock(tree_->mutex());
  Found found;
  if (const HostError e = find_free_name(node_, path, false, found); e != HostError::kNone) return e;
  const std::string_view text = target.view();
  if (!tree_->take(text.size())) return static_cast<HostError>(ENOSPC);
  const HostError e = tree_->make(*found.directory, found.name, FileType::kSymbolicLink, found.node);
  found.node->target = text;  // which gives its bytes back
  return e;
}

Outcome<size_t> TreeDirectory::readlink(const GuestPath& path, char* buffer, size_t size) {
  const std::lock_guard lock(tree_->mutex());
  NodePtr node;
  if (const HostError e = find(path, false, node); e != HostError::kNone) return e;
  if (node->type != FileType::kSymbolicLink) return HostError::kInvalid;
  const size_t n = std::min(size, node->target.size());
  std::memcpy(buffer, node->target.data(), n);
  return n;
}

}  // namespace ermine::wasi::host

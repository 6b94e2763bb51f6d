// Operations on open files and directories of a Tree; names are in tree_names.cc.
#include "wasi/virtual/tree_files.h"

#include <algorithm>

namespace ermine::wasi::host {
namespace {

constexpr auto kNoSpace = static_cast<HostError>(ENOSPC), kTooLarge = static_cast<HostError>(EFBIG);
constexpr auto kMostOffset = static_cast<uint64_t>(INT64_MAX);

}  // namespace

Outcome<FileStat> OpenNode::stat() {
  const std::lock_guard lock(tree_->mutex());
  return node_->stat();
}
HostError OpenNode::set_times(TimeChange accessed, TimeChange modified) {
  const std::lock_guard lock(tree_->mutex());
  node_->set_times(accessed, modified);
  return HostError::kNone;
}

// ---- Files

Outcome<size_t> TreeFile::read_at(const iovec* buffers, int count, uint64_t offset) {
  if (!readable_) return HostError::kBadFd;
  const std::lock_guard lock(tree_->mutex());
  return node_->data.read(offset, buffers, count);
}
Outcome<size_t> TreeFile::read(const iovec* buffers, int count) {
  const Outcome<size_t> n = read_at(buffers, count, position_);
  if (n) position_ += *n;
  return n;
}

// As much as the tree has room for, at least a byte.
Outcome<size_t> TreeFile::put(const iovec* buffers, int count, uint64_t offset) {
  FileData& data = node_->data;
  uint64_t wanted = 0;
  for (int i = 0; i < count; ++i) wanted += buffers[i].iov_len;
  if (wanted == 0) return size_t{0};
  const uint64_t end = data.size() + tree_->left();  // of the largest that the file can be
  if (offset >= end) return kNoSpace;
  const size_t most = std::min(wanted, end - offset);
  const uint64_t before = data.size();
  const size_t n = data.write(offset, buffers, count, most);
  (void)tree_->take(data.size() - before);
  if (n == 0) return kNoSpace;
  node_->touch();
  return n;
}

Outcome<size_t> TreeFile::write_at(const iovec* buffers, int count, uint64_t offset) {
  if (!writable_) return HostError::kBadFd;
  const std::lock_guard lock(tree_->mutex());
  return put(buffers, count, offset);
}
Outcome<size_t> TreeFile::write(const iovec* buffers, int count, bool at_end) {
  if (!writable_) return HostError::kBadFd;
  const std::lock_guard lock(tree_->mutex());
  const uint64_t at = at_end ? node_->data.size() : position_;
  const Outcome<size_t> n = put(buffers, count, at);
  if (n) position_ = at + *n;
  return n;
}

HostError TreeFile::grow(uint64_t size) {
  if (!tree_->take(size - node_->data.size())) return kNoSpace;
  node_->data.resize(size);
  node_->touch();
  return HostError::kNone;
}

HostError TreeFile::set_size(uint64_t size) {
  if (!writable_) return HostError::kInvalid;
  const std::lock_guard lock(tree_->mutex());
  if (size > node_->data.size()) return grow(size);
  tree_->give_back(node_->data.size() - size);
  node_->data.resize(size);
  node_->touch();
  return HostError::kNone;
}

HostError TreeFile::allocate(uint64_t offset, uint64_t length) {
  if (!writable_) return HostError::kBadFd;
  if (length == 0) return HostError::kInvalid;
  if (length > kMostOffset - offset) return kTooLarge;
  const std::lock_guard lock(tree_->mutex());
  return offset + length > node_->data.size() ? grow(offset + length) : HostError::kNone;
}

Outcome<uint64_t> TreeFile::seek(int64_t offset, Whence whence) {
  const std::lock_guard lock(tree_->mutex());
  const uint64_t from = whence == Whence::kBegin ? 0 : whence == Whence::kEnd ? node_->data.size() : position_;
  int64_t to;
  if (__builtin_add_overflow(static_cast<int64_t>(from), offset, &to)) return static_cast<HostError>(EOVERFLOW);
  if (to < 0) return HostError::kInvalid;
  return position_ = static_cast<uint64_t>(to);
}

// ---- Entries of directories

HostError TreeDirectory::seek_entry(uint64_t cookie) {
  cookie_ = cookie;
  return HostError::kNone;
}

Outcome<bool> TreeDirectory::next_entry(DirEntry& entry) {
  const std::lock_guard lock(tree_->mutex());
  // A directory that was removed while it is open has no more entries.
  if (node_->links == 0) return false;
  if (cookie_ < Node::kFirstNumber) {
    // The parent may lie outside of what was granted; as in a root directory, it is the directory itself.
    name_ = cookie_ == 0 ? "." : "..";
    entry = {++cookie_, node_->inode, FileType::kDirectory, name_};
    return true;
  }
  const auto next = node_->by_number.lower_bound(cookie_);
  if (next == node_->by_number.end()) return false;
  name_ = next->second->first;
  cookie_ = next->first + 1;
  const Node& node = *next->second->second.node;
  entry = {cookie_, node.inode, node.type, name_};
  return true;
}

}  // namespace ermine::wasi::host

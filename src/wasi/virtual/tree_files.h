// Open files and directories of a Tree.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "wasi/host/virtual_file.h"
#include "wasi/virtual/tree.h"

namespace ermine::wasi::host {

class OpenNode : public VirtualFile {
 public:
  // With the tree's mutex.
  OpenNode(std::shared_ptr<Tree> tree, NodePtr node) : tree_(std::move(tree)), node_(std::move(node)) {}
  ~OpenNode() override {
    const std::lock_guard lock(tree_->mutex());
    node_.reset();
  }
  Outcome<FileStat> stat() override;
  HostError set_times(TimeChange accessed, TimeChange modified) override;
  HostError sync() override { return HostError::kNone; }

 protected:
  const std::shared_ptr<Tree> tree_;
  NodePtr node_;
};

class TreeFile final : public OpenNode {
 public:
  TreeFile(std::shared_ptr<Tree> tree, NodePtr node, bool readable, bool writable)
      : OpenNode(std::move(tree), std::move(node)), readable_(readable), writable_(writable) {}
  Outcome<size_t> read(const iovec* buffers, int count) override;
  Outcome<size_t> write(const iovec* buffers, int count, bool at_end) override;
  Outcome<size_t> read_at(const iovec* buffers, int count, uint64_t offset) override;
  Outcome<size_t> write_at(const iovec* buffers, int count, uint64_t offset) override;
  HostError allocate(uint64_t offset, uint64_t length) override;
  HostError set_size(uint64_t size) override;
  Outcome<uint64_t> seek(int64_t offset, Whence whence) override;

 private:
  // With the mutex.
  Outcome<size_t> put(const iovec* buffers, int count, uint64_t offset);
  HostError grow(uint64_t size);

  const bool readable_, writable_;
  uint64_t position_ = 0;
};

class TreeDirectory final : public OpenNode {
 public:
  using OpenNode::OpenNode;
  // The root.
  static std::unique_ptr<TreeDirectory> root_of(const std::shared_ptr<Tree>& tree);

  HostError open(const GuestPath& path, const OpenRequest& request, Descriptor& out) override;
  Outcome<FileStat> stat_path(const GuestPath& path, bool follow) override;
  HostError set_times_path(const GuestPath& path, bool follow, TimeChange accessed, TimeChange modified) override;
  HostError create_directory(const GuestPath& path) override;
  HostError remove_directory(const GuestPath& path) override;
  HostError unlink(const GuestPath& path) override;
  HostError rename(const GuestPath& path, VirtualFile& new_directory, const GuestPath& new_path) override;
  HostError link(const GuestPath& path, VirtualFile& new_directory, const GuestPath& new_path) override;
  HostError symlink(const GuestPath& target, const GuestPath& path) override;
  Outcome<size_t> readlink(const GuestPath& path, char* buffer, size_t size) override;
  HostError seek_entry(uint64_t cookie) override;
  Outcome<bool> next_entry(DirEntry& entry) override;
  const void* tree() const override { return tree_.get(); }

 private:
  // With the mutex: an existing file.
  HostError find(const GuestPath& path, bool follow, NodePtr& out) const;

  uint64_t cookie_ = 0;
  std::string name_;  // of the entry that was given last
};

// The descriptor of a directory, which owns its file.
void describe_directory(std::unique_ptr<TreeDirectory> directory, Descriptor& out);

}  // namespace ermine::wasi::host

// The tree of files of a VirtualDirectory, in memory.
//
// One mutex guards a tree with everything in it; whatever holds a Node does so while it has the mutex, and gives it
// back while it has it. A Node lives as long as it has a name or is open. Directories refer to their parents by plain
// pointers, which are valid as long as they have a name, because their parent's entry keeps them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "wasi/host/error.h"
#include "wasi/host/path.h"
#include "wasi/host/types.h"
#include "wasi/virtual/file_data.h"

namespace ermine::wasi::host {

class Tree;

class Node {
 public:
  Node(Tree& tree, FileType type);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  bool is_directory() const { return type == FileType::kDirectory; }
  FileStat stat() const;
  void set_times(TimeChange accessed, TimeChange modified);
  void touch();  // the contents have changed

  // Of a directory. Entries are numbered in the order in which they were made, and keep their numbers.
  struct Entry {
    std::shared_ptr<Node> node;
    uint64_t number = 0;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  std::shared_ptr<Node> find(std::string_view name) const;
  void insert(std::string name, std::shared_ptr<Node> node);
  // The entry must exist.
  std::shared_ptr<Node> erase(std::string_view name);

  Tree& tree;
  const FileType type;
  const uint64_t inode;
  uint64_t links = 0;  // names; of the root 1
  uint64_t accessed = 0, modified = 0, changed = 0;
  FileData data;  // of a regular file
  std::string target;  // of a symbolic link
  Node* parent = nullptr;  // of a directory with a name
  Entries entries;
  std::map<uint64_t, const Entries::value_type*> by_number;

 private:
  uint64_t next_number_ = kFirstNumber;

 public:
  // 0 and 1 are those of "." and "..".
  static constexpr uint64_t kFirstNumber = 2;
};
using NodePtr = std::shared_ptr<Node>;

class Tree {
 public:
  // What an entry of a directory takes, besides its name.
  static constexpr uint64_t kEntryBytes = 512;

  explicit Tree(uint64_t max_bytes);
  ~Tree();

  std::mutex& mutex() { return mutex_; }
  const NodePtr& root() const { return root_; }
  uint64_t device() const { return device_; }
  uint64_t new_inode() { return ++last_inode_; }

  // Bytes of files, names and entries.
  uint64_t left() const { return max_bytes_ - used_; }
  uint64_t used() const { return used_; }
  bool take(uint64_t bytes) {
    if (bytes > left()) return false;
    used_ += bytes;
    return true;
  }
  void give_back(uint64_t bytes) { used_ -= bytes; }

  // A node with a name, or why it cannot be made. `directory` has no such name.
  HostError make(Node& directory, std::string_view name, FileType type, NodePtr& out);
  // Gives a node another name in that directory.
  HostError add_name(Node& directory, std::string_view name, const NodePtr& node);
  void remove_name(Node& directory, std::string_view name);
  // Removes what is beneath a directory, however deep it is.
  static void remove_contents(Node& directory);

 private:
  std::mutex mutex_;
  const uint64_t max_bytes_, device_;
  uint64_t used_ = 0, last_inode_ = 0;
  NodePtr root_;
};

// What a path leads to.
struct Found {
  enum class Last : uint8_t { kName, kDot, kDotDot } last = Last::kName;
  NodePtr directory;  // that has, or could have, the last name; null for "." and ".."
  std::string name;
  NodePtr node;  // null: there is no such name
  bool slash = false;  // the path ends with a slash, so it must be a directory
};
// When a symbolic link at the end is followed; all others are.
enum class FollowLast : uint8_t { kNever, kBeforeSlash, kAlways };
// Never leaves `base`: kOutside.
HostError walk(const NodePtr& base, std::string_view path, FollowLast follow, Found& out);

}  // namespace ermine::wasi::host

#include "wasi/virtual/tree.h"

#include <algorithm>
#include <atomic>
#include <climits>
#include <vector>

#include "wasi/host/clocks.h"

namespace ermine::wasi::host {
namespace {

constexpr size_t kMostName = 255;
constexpr int kMostLinks = 40;  // followed in one resolution, as by the kernel

// No file system of the system has such numbers.
std::atomic<uint64_t> g_device{uint64_t{1} << 48};

uint64_t now() { return *clock_now(Clock::kRealtime); }

}  // namespace

// ---- Node

Node::Node(Tree& tree, FileType type) : tree(tree), type(type), inode(tree.new_inode()) {
  accessed = modified = changed = now();
}
Node::~Node() { tree.give_back(data.size() + target.size()); }

FileStat Node::stat() const {
  return {.device = tree.device(),
          .inode = inode,
          .type = type,
          .links = links,
          .size = type == FileType::kSymbolicLink ? target.size() : data.size(),
          .accessed = accessed,
          .modified = modified,
          .changed = changed};
}

void Node::set_times(TimeChange to_accessed, TimeChange to_modified) {
  changed = now();
  const auto set = [&](uint64_t& time, TimeChange change) {
    if (change.to == TimeChange::To::kNow) time = changed;
    if (change.to == TimeChange::To::kTime) time = change.time;
  };
  set(accessed, to_accessed);
  set(modified, to_modified);
}

void Node::touch() { modified = changed = now(); }

NodePtr Node::find(std::string_view name) const {
  const auto entry = entries.find(name);
  return entry == entries.end() ? nullptr : entry->second.node;
}

void Node::insert(std::string name, NodePtr node) {
  if (node->is_directory()) node->parent = this;
  ++node->links;
  node->changed = now();
  const auto [entry, is_new] = entries.emplace(std::move(name), Entry{std::move(node), next_number_});
  by_number.emplace(next_number_++, &*entry);
  touch();
}

NodePtr Node::erase(std::string_view name) {
  const auto entry = entries.find(name);
  NodePtr node = std::move(entry->second.node);
  by_number.erase(entry->second.number);
  entries.erase(entry);
  node->parent = nullptr;
  --node->links;
  node->changed = now();
  touch();
  return node;
}

// ---- Tree

Tree::Tree(uint64_t max_bytes) : max_bytes_(std::min(max_bytes, FileData::kMostBytes)), device_(g_device.fetch_add(1)) {
  root_ = std::make_shared<Node>(*this, FileType::kDirectory);
  root_->links = 1;
}
Tree::~Tree() {
  remove_contents(*root_);
  root_.reset();
}

HostError Tree::add_name(Node& directory, std::string_view name, const NodePtr& node) {
  // It was removed while it was open.
  if (directory.links == 0) return HostError::kNoEntry;
  if (!take(kEntryBytes + name.size())) return static_cast<HostError>(ENOSPC);
  directory.insert(std::string(name), node);
  return HostError::kNone;
}

HostError Tree::make(Node& directory, std::string_view name, FileType type, NodePtr& out) {
  out = std::make_shared<Node>(*this, type);
  return add_name(directory, name, out);
}

void Tree::remove_name(Node& directory, std::string_view name) {
  give_back(kEntryBytes + name.size());
  (void)directory.erase(name);
}

// Not by recursion: a program may have made more directories within each other than the stack has room for.
void Tree::remove_contents(Node& directory) {
  std::vector<NodePtr> removed;
  const auto take_out = [&](Node& from) {
    while (!from.entries.empty()) {
      const std::string name = from.entries.begin()->first;
      from.tree.give_back(kEntryBytes + name.size());
      removed.push_back(from.erase(name));
    }
  };
  take_out(directory);
  while (!removed.empty()) {
    const NodePtr node = std::move(removed.back());
    removed.pop_back();
    if (node->is_directory()) take_out(*node);
  }
}

// ---- Paths

namespace {

class TreeWalker {
 public:
  TreeWalker(const NodePtr& base, std::string_view path) : base_(base), rest_(path) {}

  HostError walk(FollowLast follow, Found& out) {
    while (true) {
      if (rest_.empty()) return HostError::kNoEntry;
      if (rest_[0] == '/') return HostError::kOutside;
      const size_t end = rest_.find('/');
      const std::string name = rest_.substr(0, end);
      const bool slash = end != rest_.npos;
      const size_t next = slash ? rest_.find_first_not_of('/', end) : rest_.npos;
      const bool last = next == rest_.npos;
      rest_ = last ? std::string() : rest_.substr(next);

      if (name == "." || name == "..") {
        if (name == "..") {
          if (stack_.empty()) return HostError::kOutside;
          stack_.pop_back();
        }
        if (!last) continue;
        out = {name == "." ? Found::Last::kDot : Found::Last::kDotDot, nullptr, {}, here(), slash};
        return HostError::kNone;
      }
      if (name.size() > kMostName) return HostError::kNameTooLong;
      NodePtr node = here()->find(name);
      const bool is_link = node && node->type == FileType::kSymbolicLink;
      if (last) {
        if (is_link && (follow == FollowLast::kAlways || (slash && follow == FollowLast::kBeforeSlash))) {
          if (const HostError e = expand(*node, slash ? "/" : ""); e != HostError::kNone) return e;
          continue;
        }
        out = {Found::Last::kName, here(), name, std::move(node), slash};
        return HostError::kNone;
      }
      if (!node) return HostError::kNoEntry;
      if (is_link) {
        if (const HostError e = expand(*node, ""); e != HostError::kNone) return e;
        continue;
      }
      if (!node->is_directory()) return HostError::kNotDirectory;
      stack_.push_back(std::move(node));
    }
  }

 private:
  const NodePtr& here() const { return stack_.empty() ? base_ : stack_.back(); }

  // Puts the contents of a link, and then `suffix`, before the rest.
  HostError expand(const Node& link, std::string_view suffix) {
    if (++links_ > kMostLinks) return HostError::kLoop;
    if (link.target.starts_with('/')) return HostError::kOutside;
    std::string expanded = link.target;
    expanded += suffix;
    if (!rest_.empty()) (expanded += '/') += rest_;
    if (expanded.size() >= PATH_MAX) return HostError::kNameTooLong;
    rest_ = std::move(expanded);
    return HostError::kNone;
  }

  const NodePtr& base_;
  std::vector<NodePtr> stack_;  // the directories entered since
  std::string rest_;
  int links_ = 0;
};

}  // namespace

HostError walk(const NodePtr& base, std::string_view path, FollowLast follow, Found& out) {
  return TreeWalker(base, path).walk(follow, out);
}

}  // namespace ermine::wasi::host

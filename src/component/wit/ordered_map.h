// Named things in the order in which they were added, with lookup by name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ermine::component::wit {

template <class T>
class OrderedMap {
 public:
  struct Entry {
    std::string name;
    T value;
  };

  // False, without a change, if the name exists.
  bool add(std::string name, T value) {
    if (!index_.try_emplace(name, static_cast<uint32_t>(entries_.size())).second) return false;
    entries_.push_back({std::move(name), std::move(value)});
    return true;
  }
  const T* find(std::string_view name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? nullptr : &entries_[found->second].value;
  }
  T* find(std::string_view name) {
    const auto found = index_.find(name);
    return found == index_.end() ? nullptr : &entries_[found->second].value;
  }
  std::vector<std::string_view> names() const {
    std::vector<std::string_view> out;
    out.reserve(entries_.size());
    for (const Entry& entry : entries_) out.push_back(entry.name);
    return out;
  }

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  auto begin() { return entries_.begin(); }
  auto end() { return entries_.end(); }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return a == b; }
  };
  std::vector<Entry> entries_;
  std::unordered_map<std::string, uint32_t, Hash, Equal> index_;
};

}  // namespace ermine::component::wit

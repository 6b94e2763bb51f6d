#include "wasm/name_map.h"

#include <algorithm>

#include "base/leb128.h"
#include "base/sort.h"
#include "base/utf8.h"
#include "wasm/module.h"

namespace ermine::wasm {

namespace {
bool read_u32(const uint8_t*& p, const uint8_t* end, uint32_t& out) {
  uint64_t value = 0;
  base::ReadStatus status{};
  const uint8_t* next = base::read_leb(p, end, 32, false, value, status);
  if (!next) return false;
  p = next;
  out = static_cast<uint32_t>(value);
  return true;
}

bool read_name(const uint8_t*& p, const uint8_t* end, std::string_view& out) {
  uint32_t size = 0;
  if (!read_u32(p, end, size) || size > static_cast<size_t>(end - p)) return false;
  out = {reinterpret_cast<const char*>(p), size};
  p += size;
  return base::is_utf8(out);
}
}  // namespace

std::shared_ptr<NameMap> NameMap::decode(const Module& module) {
  auto map = std::make_shared<NameMap>();
  for (const CustomSection& section : module.customs) {
    if (section.name != "name") continue;
    map->read_section(module, section.bytes.data(), section.bytes.data() + section.bytes.size());
    break;
  }
  return map;
}

void NameMap::read_section(const Module& module, const uint8_t* p, const uint8_t* end) {
  while (p < end) {
    const uint8_t id = *p++;
    uint32_t size = 0;
    if (!read_u32(p, end, size) || size > static_cast<size_t>(end - p)) return;
    const uint8_t* sub = p;
    p += size;
    if (id == 0) {
      std::string_view name;
      if (read_name(sub, p, name)) module_name_ = name;
    } else if (id == 1) {
      read_map(sub, p, module.functions.size(), functions_);
    } else if (id == 11) {
      read_map(sub, p, module.tags.size(), tags_);
    }
  }
}

void NameMap::read_map(const uint8_t* p, const uint8_t* end, size_t most, std::vector<Entry>& map) {
  uint32_t count = 0;
  if (!read_u32(p, end, count)) return;
  // More names than named items are an error; an entry takes 24 bytes for 2 bytes of the module.
  count = static_cast<uint32_t>(std::min<size_t>(count, most));
  map.reserve(count);
  bool sorted = true;
  for (uint32_t i = 0; i < count; ++i) {
    Entry entry{};
    if (!read_u32(p, end, entry.index) || !read_name(p, end, entry.name)) break;
    if (!map.empty() && map.back().index >= entry.index) sorted = false;
    map.push_back(entry);
  }
  if (!sorted)
    base::sort(std::span(map), [](const Entry& a, const Entry& b) {
      return a.index != b.index ? a.index < b.index : a.name.data() < b.name.data();
    });
}

std::string_view NameMap::find(const std::vector<Entry>& map, uint32_t index) {
  auto it = std::lower_bound(map.begin(), map.end(), index,
                             [](const Entry& entry, uint32_t wanted) { return entry.index < wanted; });
  if (it == map.end() || it->index != index) return {};
  return it->name;
}

}  // namespace ermine::wasm

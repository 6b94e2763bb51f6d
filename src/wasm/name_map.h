// NameMap: the parts of the name section that errors and backtraces show. A malformed name section is not an error,
// like any malformed custom section: the names before the malformed part are used.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace ermine::wasm {

struct Module;

class NameMap {
 public:
  static std::shared_ptr<NameMap> decode(const Module& module);

  std::string_view module_name() const { return module_name_; }
  std::string_view function_name(uint32_t func_index) const { return find(functions_, func_index); }  // "" if unknown
  std::string_view tag_name(uint32_t tag_index) const { return find(tags_, tag_index); }  // "" if unknown
  size_t function_count() const { return functions_.size(); }

 private:
  struct Entry {
    uint32_t index;
    std::string_view name;  // into Module::bytes
  };
  void read_section(const Module& module, const uint8_t* p, const uint8_t* end);
  static void read_map(const uint8_t* p, const uint8_t* end, size_t most, std::vector<Entry>& map);
  static std::string_view find(const std::vector<Entry>& map, uint32_t index);

  std::string_view module_name_;
  std::vector<Entry> functions_, tags_;  // by index
};

}  // namespace ermine::wasm

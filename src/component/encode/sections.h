// Custom sections of core modules: those with the types of components, and producers
// (https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/result.h"

namespace ermine::component {

// A section of a module or component, as it is in the bytes.
struct RawSection {
  uint8_t id = 0;
  std::string_view name;  // of a custom section
  std::span<const uint8_t> contents;  // without the name
  std::span<const uint8_t> whole;
};
// The sections of a module or component that was decoded before. Stops at bytes that are not well-formed.
std::vector<RawSection> raw_sections(std::span<const uint8_t> binary);

// The contents of producers sections: which tools made a module, by field ("language", "processed-by", "sdk").
class Producers {
 public:
  struct Value {
    std::string name, version;
  };
  struct Field {
    std::string name;
    std::vector<Value> values;
  };
  // Adds those of a section. What is malformed is left out: the section informs people, nothing depends on it.
  void add_section(std::span<const uint8_t> contents);
  void add(std::string_view field, std::string_view name, std::string_view version);
  void add(const Producers& other);
  const std::vector<Field>& fields() const { return fields_; }
  bool empty() const { return fields_.empty(); }
  std::vector<uint8_t> encode() const;

 private:
  std::vector<Field> fields_;
};

}  // namespace ermine::component

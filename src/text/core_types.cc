// See core_types.h.
#include "text/core_types.h"

namespace ermine::text {

using binary::Section;

std::optional<uint32_t> CoreTypes::find(std::string_view name) {
  const uint32_t* index = symbols_[static_cast<unsigned>(Space::kType)].find(name);
  return index ? std::optional(*index) : std::nullopt;
}

bool CoreTypes::add(std::string_view name) {
  if (name.data() != nullptr && !symbols_[static_cast<unsigned>(Space::kType)].insert(name, count()).is_new)
    return false;
  types_.push_back({.is_opaque = true});
  counts_[static_cast<unsigned>(Space::kType)] = count();
  return true;
}

const char* CoreTypes::definition(const char* at, ByteBuffer& out) {
  restart(at);
  const bool is_group = tok_.text == "rec";
  counts_[static_cast<unsigned>(Space::kType)] = count();
  if (is_group) bind_group();
  else bind_definition(Space::kType);
  restart(at);
  if (!is_group) {
    type_definition(out, false);
    return next();
  }
  advance();
  ByteBuffer group;
  uint32_t size = 0;
  for (; at_open("type"); ++size) type_definition(group, true);
  expect_close();
  out.u8(0x4E);
  out.leb(size);
  out.bytes(group.view());
  return next();
}

const char* CoreTypes::read_value_type(const char* at, ByteBuffer& out) {
  restart(at);
  write_type(out, value_type());
  return next();
}

const char* CoreTypes::extern_type(const char* at, ByteBuffer& out, ByteBuffer& definition) {
  restart(at);
  module_.body(Section::kType).clear();
  import_descriptor(out, true);
  definition.bytes(module_.body(Section::kType).view());
  counts_[static_cast<unsigned>(Space::kType)] = count();
  return next();
}

}  // namespace ermine::text

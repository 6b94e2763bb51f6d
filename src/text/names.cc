// Writing the name section. See names.h.
#include "text/names.h"

#include <algorithm>

namespace ermine::text {

namespace {

using binary::ByteBuffer;

void subsection(ByteBuffer& out, uint8_t id, const ByteBuffer& contents) {
  out.u8(id);
  out.leb(contents.size());
  out.bytes(contents.view());
}

void write_map(ByteBuffer& out, uint8_t id, const std::vector<NameEntry>& entries) {
  if (entries.empty()) return;
  ByteBuffer contents;
  contents.leb(entries.size());
  for (const NameEntry& e : entries) {
    contents.leb(e.index);
    contents.name(e.name);
  }
  subsection(out, id, contents);
}

void write_indirect(ByteBuffer& out, uint8_t id, const std::vector<IndirectNameEntry>& entries) {
  if (entries.empty()) return;
  ByteBuffer groups;
  size_t count = 0;
  for (size_t i = 0; i < entries.size();) {
    size_t j = i;
    while (j < entries.size() && entries[j].outer == entries[i].outer) ++j;
    groups.leb(entries[i].outer);
    groups.leb(j - i);
    for (; i < j; ++i) {
      groups.leb(entries[i].inner);
      groups.name(entries[i].name);
    }
    ++count;
  }
  ByteBuffer contents;
  contents.leb(count);
  contents.bytes(groups.view());
  subsection(out, id, contents);
}

}  // namespace

bool ModuleNames::empty() const {
  return !has_module && locals.empty() && labels.empty() && fields.empty() &&
         std::all_of(spaces.begin(), spaces.end(), [](const auto& s) { return s.empty(); });
}

std::vector<uint8_t> ModuleNames::encode() const {
  ByteBuffer out;
  auto space = [&](NameSpace s) -> const std::vector<NameEntry>& { return spaces[static_cast<unsigned>(s)]; };
  if (has_module) {
    ByteBuffer contents;
    contents.name(module);
    subsection(out, 0, contents);
  }
  write_map(out, 1, space(NameSpace::kFunc));
  write_indirect(out, 2, locals);
  write_indirect(out, 3, labels);
  write_map(out, 4, space(NameSpace::kType));
  write_map(out, 5, space(NameSpace::kTable));
  write_map(out, 6, space(NameSpace::kMemory));
  write_map(out, 7, space(NameSpace::kGlobal));
  write_map(out, 8, space(NameSpace::kElem));
  write_map(out, 9, space(NameSpace::kData));
  write_indirect(out, 10, fields);
  write_map(out, 11, space(NameSpace::kTag));
  return out.take();
}

}  // namespace ermine::text

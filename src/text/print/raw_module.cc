// Splits a binary module. See raw_module.h.
#include "text/print/raw_module.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "binary/encoder.h"

namespace ermine::text {

using binary::Reader;

namespace {

// The place of a section id in the order of the specification, or -1.
int section_rank(uint8_t id) {
  auto found = std::find(binary::kSectionIds.begin(), binary::kSectionIds.end(), id);
  return found == binary::kSectionIds.end() ? -1 : static_cast<int>(found - binary::kSectionIds.begin());
}

void skip_field_type(Reader& in) {
  skip_value_type(in);
  in.byte();
}

void read_map(Reader& in, std::vector<NameEntry>& out) {
  for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
    uint32_t index = in.u32();
    out.push_back({index, in.name()});
  }
}

void read_indirect(Reader& in, std::vector<IndirectNameEntry>& out) {
  for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
    uint32_t outer = in.u32();
    for (uint32_t m = in.length(); m > 0 && in.ok(); --m) {
      uint32_t inner = in.u32();
      out.push_back({outer, inner, in.name()});
    }
  }
}

bool ascending(const std::vector<NameEntry>& entries) {
  return std::adjacent_find(entries.begin(), entries.end(),
                            [](const NameEntry& a, const NameEntry& b) { return a.index >= b.index; }) == entries.end();
}

bool ascending(const std::vector<IndirectNameEntry>& entries) {
  return std::adjacent_find(entries.begin(), entries.end(), [](const IndirectNameEntry& a, const IndirectNameEntry& b) {
           return a.outer > b.outer || (a.outer == b.outer && a.inner >= b.inner);
         }) == entries.end();
}

// False if the section is malformed, or its entries are not in order.
bool read_names(Reader in, const RawModule& module, ModuleNames& names) {
  while (!in.at_end() && in.ok()) {
    uint8_t id = in.byte();
    uint32_t size = in.u32();
    if (!in.ok() || size > in.left()) return false;
    Reader sub = module.reader(in.offset(), in.offset() + size);
    in.bytes(size);
    constexpr int8_t kSpaces[] = {-1, 0, -1, -1, 1, 2, 3, 4, 5, 6, -1, 7};
    if (id == 0) {
      names.has_module = true;
      names.module = sub.name();
    } else if (id == 2 || id == 3 || id == 10) {
      auto& entries = id == 2 ? names.locals : id == 3 ? names.labels : names.fields;
      read_indirect(sub, entries);
      if (!ascending(entries)) return false;
    } else if (id < std::size(kSpaces)) {
      auto& entries = names.spaces[static_cast<unsigned>(kSpaces[id])];
      read_map(sub, entries);
      if (!ascending(entries)) return false;
    } else {
      continue;
    }
    if (!sub.ok()) return false;
  }
  return in.ok();
}

}  // namespace

void skip_value_type(Reader& in) {
  uint8_t code = in.byte();
  if (code == 0x63 || code == 0x64) in.s33();
}

void skip_limits(Reader& in) {
  uint8_t flags = in.byte();
  in.u64();
  if (flags & 1) in.u64();
  if (flags & 8) in.u32();
}

void skip_descriptor(uint8_t kind, Reader& in) {
  if (kind == 1 || kind == 3) skip_value_type(in);
  if (kind == 1 || kind == 2) skip_limits(in);
  if (kind == 3 || kind == 4) in.byte();
  if (kind == 0 || kind == 4) in.u32();
}

Result<std::unique_ptr<RawModule>> RawModule::read(std::span<const uint8_t> bytes) {
  Result<void> broken;
  std::unique_ptr<RawModule> out = read_some(bytes, broken);
  if (!broken) return std::move(broken).error();
  return out;
}

std::unique_ptr<RawModule> RawModule::read_some(std::span<const uint8_t> bytes, Result<void>& broken) {
  std::unique_ptr<RawModule> out(new RawModule);
  out->module.bytes = bytes;
  out->module.features = wasm::FeatureSet::all();
  constexpr uint8_t kMagic[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  if (bytes.size() > wasm::kMaxModuleSize)
    broken = Error(ErrorKind::kUnsupported, fmt::format("the module has {} bytes: more than {} are not supported",
                                                        bytes.size(), wasm::kMaxModuleSize));
  else if (bytes.size() < 4 || !std::equal(kMagic, kMagic + 4, bytes.begin()))
    broken = Error(ErrorKind::kMalformed, "magic header not detected: this is not a binary module", 0);
  else if (bytes.size() < 8 || !std::equal(kMagic, kMagic + 8, bytes.begin()))
    broken = Error(ErrorKind::kMalformed, "unknown binary version", 4);
  else broken = out->read_sections();
  return out;
}

Result<void> RawModule::frame_sections() {
  Reader in(module, 8, module.bytes.size());
  int rank = -1;
  while (!in.at_end() && in.ok()) {
    RawSection s{};
    s.start = in.offset();
    s.id = in.byte();
    uint32_t size = in.u32();
    if (!in.ok()) break;
    s.begin = in.offset();
    bool cut = size > in.left();
    s.end = s.begin + (cut ? static_cast<uint32_t>(in.left()) : size);
    in.bytes(s.end - s.begin);
    if (s.id == 0 && !cut) {
      Reader name = reader(s);
      s.name = name.name();
      if (!name.ok()) return name.take_error();
      s.begin = name.offset();
    } else if (s.id != 0) {
      int own = section_rank(s.id);
      if (own < 0) return Error(ErrorKind::kMalformed, fmt::format("malformed section id {}", s.id), s.start);
      if (own <= rank)
        return Error(ErrorKind::kMalformed, "unexpected content after last section: sections are out of order",
                     s.start);
      rank = own;
    }
    sections.push_back(s);
    if (cut)
      return Error(ErrorKind::kMalformed, "length out of bounds: the section is longer than the module", s.begin);
  }
  if (!in.ok()) return in.take_error();
  return {};
}

Result<void> RawModule::read_sections() {
  Result<void> broken = frame_sections();
  auto keep = [&broken](Result<void> next) {
    if (broken && !next) broken = std::move(next);
  };
  for (const RawSection& s : sections)
    if (s.id == 1) keep(read_types(s));
  // A module that names types that it does not have is invalid, but can be printed.
  module.types.resize(std::max<size_t>(types.size(), 4096));
  for (uint32_t i = 0; i < module.types.size(); ++i) module.types[i] = i;
  for (const RawSection& s : sections) {
    switch (s.id) {
      case 2: keep(read_imports(s)); break;
      case 3: keep(read_indices(s, functions, false)); break;
      case 13: keep(read_indices(s, tags, true)); break;
      case 4:
      case 5:
      case 6:
      case 9:
      case 11: {
        Reader vector = reader(s);
        NameSpace space = s.id == 4   ? NameSpace::kTable
                          : s.id == 5 ? NameSpace::kMemory
                          : s.id == 6 ? NameSpace::kGlobal
                          : s.id == 9 ? NameSpace::kElem
                                      : NameSpace::kData;
        counts[static_cast<unsigned>(space)] += vector.length();
        if (!vector.ok()) keep(vector.take_error());
        break;
      }
      case 0:
        if (s.name == "name" && !name_section) {
          ModuleNames found;
          if (read_names(reader(s), *this, found)) {
            names = std::move(found);
            name_section = &s;
          }
        }
        break;
      default: break;
    }
  }
  counts[static_cast<unsigned>(NameSpace::kFunc)] = static_cast<uint32_t>(functions.size());
  counts[static_cast<unsigned>(NameSpace::kType)] = static_cast<uint32_t>(types.size());
  counts[static_cast<unsigned>(NameSpace::kTable)] += imported[1];
  counts[static_cast<unsigned>(NameSpace::kMemory)] += imported[2];
  counts[static_cast<unsigned>(NameSpace::kGlobal)] += imported[3];
  counts[static_cast<unsigned>(NameSpace::kTag)] = static_cast<uint32_t>(tags.size());
  return broken;
}

Result<void> RawModule::read_types(const RawSection& s) {
  Reader in = reader(s);
  for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
    uint32_t members = 1;
    if (in.peek() == 0x4E) {
      in.byte();
      members = in.length();
    }
    for (; members > 0 && in.ok(); --members) {
      if (in.peek() == 0x50 || in.peek() == 0x4F) {
        in.byte();
        for (uint32_t supers = in.length(); supers > 0 && in.ok(); --supers) in.u32();
      }
      RawType type;
      uint32_t at = in.offset();
      switch (uint8_t kind = in.byte()) {
        case 0x60:
          type.signature = in.offset();
          type.params = in.length();
          for (uint32_t i = 0; i < type.params && in.ok(); ++i) skip_value_type(in);
          type.results = in.length();
          for (uint32_t i = 0; i < type.results && in.ok(); ++i) skip_value_type(in);
          break;
        case 0x5F:
          type.fields = in.length();
          for (uint32_t i = 0; i < type.fields && in.ok(); ++i) skip_field_type(in);
          break;
        case 0x5E: skip_field_type(in); break;
        default:
          if (in.ok()) in.malformed(at, fmt::format("malformed type 0x{:02x}", kind));
      }
      if (in.ok()) types.push_back(type);
    }
  }
  if (in.ok() && !in.at_end()) in.malformed(in.offset(), "section size mismatch");
  if (!in.ok()) return in.take_error();
  return {};
}

Result<void> RawModule::read_imports(const RawSection& s) {
  Reader in = reader(s);
  auto descriptor = [&](uint8_t kind, uint32_t count) {
    uint32_t at = in.offset();
    if (kind > 4) return in.malformed(at - 1, "malformed import kind");
    if (kind == 0 || kind == 4) {
      if (kind == 4) in.byte();
      auto& indices = kind == 0 ? functions : tags;
      indices.insert(indices.end(), count, in.u32());
    } else {
      skip_descriptor(kind, in);
    }
    imported[kind] += count;
  };
  for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
    in.name();
    bool empty = in.name().empty();
    uint8_t kind = in.byte();
    if (empty && kind == 0x7F) {
      uint32_t count = in.length();
      empty_import_groups += count == 0;
      for (; count > 0 && in.ok(); --count) {
        in.name();
        descriptor(in.byte(), 1);
      }
    } else if (empty && kind == 0x7E) {
      // The number of items follows the type they share.
      uint32_t type_at = in.offset();
      descriptor(in.byte(), 0);
      uint32_t count = in.length();
      empty_import_groups += count == 0;
      for (uint32_t i = 0; i < count && in.ok(); ++i) in.name();
      if (!in.ok()) break;
      uint32_t after = in.offset();
      in.seek(type_at);
      descriptor(in.byte(), count);
      in.seek(after);
    } else {
      descriptor(kind, 1);
    }
  }
  imported_functions = static_cast<uint32_t>(functions.size());
  if (!in.ok()) return in.take_error();
  return {};
}

Result<void> RawModule::read_indices(const RawSection& s, std::vector<uint32_t>& out, bool tags) {
  Reader in = reader(s);
  uint32_t count = in.length();
  out.reserve(out.size() + count);
  for (; count > 0 && in.ok(); --count) {
    if (tags) in.byte();
    out.push_back(in.u32());
  }
  if (!in.ok()) return in.take_error();
  return {};
}

}  // namespace ermine::text

// Object files of stencils, and the tool's interface to a processor.
#pragma once

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "baseline/stencil_ids.h"

namespace ermine::baseline {

[[noreturn]] void fail(const std::string& what);

struct Object {
  std::string path;
  std::vector<char> bytes;
  const Elf64_Ehdr* header = nullptr;
  std::vector<const Elf64_Shdr*> sections;
  const Elf64_Sym* symbols = nullptr;
  const char* strings = nullptr;
  const char* section_names = nullptr;
  std::vector<std::vector<Elf64_Rela>> relocations;  // by section

  explicit Object(const std::string& file) : path(file) {
    std::ifstream in(file, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
    if (bytes.size() < sizeof(Elf64_Ehdr) || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0)
      fail(file + ": not an ELF object");
    header = reinterpret_cast<const Elf64_Ehdr*>(bytes.data());
    for (unsigned i = 0; i < header->e_shnum; ++i)
      sections.push_back(reinterpret_cast<const Elf64_Shdr*>(bytes.data() + header->e_shoff + i * header->e_shentsize));
    section_names = bytes.data() + sections[header->e_shstrndx]->sh_offset;
    relocations.resize(sections.size());
    for (const Elf64_Shdr* s : sections) {
      if (s->sh_type == SHT_SYMTAB) {
        symbols = reinterpret_cast<const Elf64_Sym*>(bytes.data() + s->sh_offset);
        strings = bytes.data() + sections[s->sh_link]->sh_offset;
      } else if (s->sh_type == SHT_RELA) {
        auto* first = reinterpret_cast<const Elf64_Rela*>(bytes.data() + s->sh_offset);
        relocations[s->sh_info].assign(first, first + s->sh_size / sizeof(Elf64_Rela));
      }
    }
    for (auto& r : relocations)
      std::sort(r.begin(), r.end(), [](const Elf64_Rela& a, const Elf64_Rela& b) { return a.r_offset < b.r_offset; });
  }
  std::string symbol_name(const Elf64_Sym& s) const { return strings + s.st_name; }
  const char* data(unsigned section) const { return bytes.data() + sections[section]->sh_offset; }
};

// A stencil: its code and the holes in it, ascending.
struct Body {
  std::vector<uint8_t> code;
  std::vector<Hole> holes;
  auto operator<=>(const Body& o) const {
    auto flat = [](const Body& b) {
      std::string s(b.code.begin(), b.code.end());
      for (const Hole& h : b.holes) s.append(reinterpret_cast<const char*>(&h), sizeof h);
      return s;
    };
    return flat(*this) <=> flat(o);
  }
};

struct Target {
  uint16_t machine;  // as in ELF's header
  MarkedConstants marked;
  // Sets patch and addend of a hole whose kind is known, for a relocation of the instruction at `at`; `datum` is the
  // referenced position (for HoleKind::kData). False: there is no such hole.
  bool (*read_relocation)(const Elf64_Rela& relocation, const uint8_t* at, Hole& hole, int64_t& datum);
  // Adds the holes of the marked constant. False: they cannot be found.
  bool (*compare_pair)(Body& body, const Body& other, Marker marker);
  // Removes jumps to the next stencil.
  void (*shorten)(Body& body);
  // For proving (prove.cc): machine_*.h.
  const uint8_t* pin_registers;
  uint8_t acc_register;
  void (*mark_bits)(const Hole& hole, const uint8_t* at, uint8_t* mask);
  void (*put_constant)(uint8_t* at, const Hole& hole, int64_t v);
  // Fills in the distance to the next stencil.
  void (*put_next)(uint8_t* at, unsigned patch, int64_t distance);
};
extern const Target kX86_64, kAArch64;

// Whether the two functions of a marker pair have the same holes so far, as they must.
inline bool same_holes(const Body& a, const Body& b) {
  return a.code.size() == b.code.size() && a.holes.size() == b.holes.size() &&
         (a.holes.empty() || std::memcmp(a.holes.data(), b.holes.data(), a.holes.size() * sizeof(Hole)) == 0);
}
inline void sort_holes(Body& body) {
  std::sort(body.holes.begin(), body.holes.end(),
            [](const Hole& a, const Hole& b) { return a.at != b.at ? a.at < b.at : a.patch_change < b.patch_change; });
}

}  // namespace ermine::baseline

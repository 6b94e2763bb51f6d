// Reads the objects that src/baseline/stencils/ compile to and writes the tables of the baseline compiler: the
// bytes of each stencil and the holes in them. Runs at build time.
//
//   make_stencils OUTPUT OBJECT…
//
// The list of stencils is the section ermine_stencils (see stencils/stencil.h: Entry). A hole is a relocation
// against one of the ermine_* symbols, or what differs between a function and its twin. A stencil that has
// something else (a call, an unknown relocation, a marker that cannot be found) is left out and counted; the
// compiler then leaves the instruction to the interpreter's handler. Those without which nothing works
// (Special) must be there.
//
// Output, little-endian: Header, Stencil[stencils], Hole[holes], 16-byte constants, code.
#include <elf.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "baseline/stencil_file.h"
#include "baseline/stencil_ids.h"

namespace {

using namespace ermine::baseline;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "make_stencils: %s\n", what.c_str());
  std::exit(1);
}

enum class Marker : uint32_t { kNone, kImm, kNeg, kShift32, kShift64 };  // as in stencils/stencil.h
constexpr uint32_t kMarker[] = {0x12345678, 0x5a6b7c3d};
constexpr uint32_t kShiftMarker[] = {13, 21};

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
      fail(file + ": no ELF object");
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

std::vector<std::array<uint8_t, 16>> constants;

int32_t constant_number(const Object& o, unsigned section, uint64_t offset) {
  std::array<uint8_t, 16> value{};
  const Elf64_Shdr* s = o.sections[section];
  if (offset >= s->sh_size) fail(o.path + ": a constant outside its section");
  std::memcpy(value.data(), o.data(section) + offset, std::min<uint64_t>(16, s->sh_size - offset));
  for (size_t i = 0; i < constants.size(); ++i)
    if (constants[i] == value) return static_cast<int32_t>(i);
  constants.push_back(value);
  return static_cast<int32_t>(constants.size() - 1);
}

struct NamedHole {
  const char* name;
  HoleKind kind;
  bool relative;
};
constexpr NamedHole kNamed[] = {
    {"ermine_slot_a", HoleKind::kSlotA, false},
    {"ermine_slot_b", HoleKind::kSlotB, false},
    {"ermine_slot_c", HoleKind::kSlotC, false},
    {"ermine_slot_d", HoleKind::kSlotD, false},
    {"ermine_offset", HoleKind::kOffset, false},
    {"ermine_count", HoleKind::kCount, false},
    {"ermine_pc", HoleKind::kPc, false},
    {"ermine_pool", HoleKind::kPool, true},
    {"ermine_next", HoleKind::kNext, true},
    {"ermine_taken", HoleKind::kTaken, true},
    {"ermine_trap", HoleKind::kTrap, true},
    {"ermine_island", HoleKind::kIsland, true},
    {"ermine_call_table", HoleKind::kCallTable, true},
};

// A function with its relocations as holes; nothing if it has one that is unknown.
std::optional<Body> read_function(const Object& o, unsigned section, uint64_t offset, std::string& why) {
  const Elf64_Shdr* s = o.sections[section];
  if (offset != 0) fail(o.path + ": functions must have sections of their own");
  Body body;
  body.code.assign(o.data(section), o.data(section) + s->sh_size);
  for (const Elf64_Rela& r : o.relocations[section]) {
    const Elf64_Sym& symbol = o.symbols[ELF64_R_SYM(r.r_info)];
    auto type = ELF64_R_TYPE(r.r_info);
    Hole hole{static_cast<uint16_t>(r.r_offset), HoleKind::kData, 4, static_cast<int32_t>(r.r_addend)};
    bool relative = type == R_X86_64_PC32 || type == R_X86_64_PLT32;
    if (type == R_X86_64_64) hole.width_change = 8;
    else if (!relative && type != R_X86_64_32 && type != R_X86_64_32S) {
      why = "relocation type " + std::to_string(type);
      return {};
    }
    if (symbol.st_shndx == SHN_UNDEF) {
      std::string name = o.symbol_name(symbol);
      const NamedHole* named = nullptr;
      for (const NamedHole& n : kNamed)
        if (name == n.name) named = &n;
      if (named == nullptr || named->relative != relative) {
        why = "needs " + name;
        return {};
      }
      hole.kind = named->kind;
      if (relative) hole.addend += 4;  // from the end of the field
    } else {
      if (!relative || (o.sections[symbol.st_shndx]->sh_flags & SHF_EXECINSTR)) {
        why = "refers to other code or data by its address";
        return {};
      }
      hole.addend = constant_number(o, symbol.st_shndx, symbol.st_value + r.r_addend + 4);
    }
    body.holes.push_back(hole);
  }
  return body;
}

// What the marker of a twin becomes at a place.
std::optional<std::pair<unsigned, Change>> recognise(const uint8_t* a, const uint8_t* b, size_t room, Marker marker) {
  auto matches = [&](unsigned width, auto value_of) {
    if (width > room) return false;
    auto field = [width](const uint8_t* p) {
      uint32_t v = 0;
      std::memcpy(&v, p, width);
      return v;
    };
    uint32_t mask = width == 4 ? ~0u : (1u << (8 * width)) - 1;
    return field(a) == (value_of(0) & mask) && field(b) == (value_of(1) & mask);
  };
  if (marker == Marker::kShift32 || marker == Marker::kShift64) {
    unsigned bits = marker == Marker::kShift32 ? 32 : 64;
    if (matches(1, [](int i) { return kShiftMarker[i]; })) return {{1, Change::kNone}};
    if (matches(1, [bits](int i) { return bits - kShiftMarker[i]; }))
      return {{1, bits == 32 ? Change::kFrom32 : Change::kFrom64}};
    return {};
  }
  auto value = [marker](int i) { return marker == Marker::kNeg ? 0u - kMarker[i] : kMarker[i]; };
  for (unsigned width : {4u, 2u, 1u}) {
    if (matches(width, value)) return {{width, Change::kNone}};
    if (width != 4) continue;
    if (matches(4, [&](int i) { return 0u - value(i); })) return {{4, Change::kNegated}};
    if (matches(4, [&](int i) { return value(i) - 1; })) return {{4, Change::kMinusOne}};
    if (matches(4, [&](int i) { return value(i) + 1; })) return {{4, Change::kPlusOne}};
  }
  return {};
}

// Adds the holes of the marked constant. False: they cannot be told.
bool compare_twins(Body& body, const Body& twin, Marker marker) {
  if (body.code.size() != twin.code.size() || body.holes.size() != twin.holes.size()) return false;
  for (size_t i = 0; i < body.holes.size(); ++i)
    if (std::memcmp(&body.holes[i], &twin.holes[i], sizeof(Hole)) != 0) return false;
  bool found = false;
  for (size_t at = 0; at < body.code.size();) {
    if (body.code[at] == twin.code[at]) {
      ++at;
      continue;
    }
    auto what = recognise(&body.code[at], &twin.code[at], body.code.size() - at, marker);
    if (!what) return false;
    body.holes.push_back({static_cast<uint16_t>(at), HoleKind::kImm,
                          static_cast<uint8_t>(what->first | static_cast<unsigned>(what->second) << 4), 0});
    at += what->first;
    found = true;
  }
  std::sort(body.holes.begin(), body.holes.end(), [](const Hole& a, const Hole& b) { return a.at < b.at; });
  return found;
}

// The tail call at the end vanishes: the next stencil follows. "jcc next; jmp taken" becomes "jncc taken".
void cut_tail(Body& body) {
  auto& code = body.code;
  auto ends_in_jump = [&](HoleKind kind) {
    return code.size() >= 5 && code[code.size() - 5] == 0xe9 && !body.holes.empty() && body.holes.back().kind == kind &&
           body.holes.back().at == code.size() - 4;
  };
  if (ends_in_jump(HoleKind::kTaken) && body.holes.size() >= 2) {
    size_t jump = code.size() - 5;
    Hole& before = body.holes[body.holes.size() - 2];
    bool conditional = before.kind == HoleKind::kNext && before.at + 4u == jump && before.at >= 2 &&
                       code[before.at - 2] == 0x0f && (code[before.at - 1] & 0xf0) == 0x80;
    // Nothing else may jump to the jump that goes away. (Bytes that only look like such a jump cost little.)
    for (size_t i = 0; conditional && i + 2 <= jump; ++i) {
      bool is_short = (code[i] & 0xf0) == 0x70 || code[i] == 0xeb;
      if (is_short && i + 2 + static_cast<size_t>(static_cast<int8_t>(code[i + 1])) == jump) conditional = false;
    }
    if (conditional) {
      code[before.at - 1] ^= 1;
      before.kind = HoleKind::kTaken;
      body.holes.pop_back();
      code.resize(jump);
    }
  } else if (ends_in_jump(HoleKind::kNext)) {
    body.holes.pop_back();
    code.resize(code.size() - 5);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) fail("usage: make_stencils OUTPUT OBJECT…");
  std::vector<Stencil> stencils(kStencilCount);
  std::vector<Hole> holes;
  std::vector<uint8_t> code;
  std::map<Body, Stencil> known;
  unsigned made = 0, left_out = 0;
  const bool verbose = std::getenv("VERBOSE") != nullptr;
  for (int i = 2; i < argc; ++i) {
    Object o(argv[i]);
    unsigned list = 0;
    for (unsigned s = 0; s < o.sections.size(); ++s)
      if (std::strcmp(o.section_names + o.sections[s]->sh_name, "ermine_stencils") == 0) list = s;
    if (list == 0) fail(o.path + ": has no list of stencils");
    struct Record {
      uint64_t code, twin;
      uint32_t id;
      Marker marker;
    };
    size_t n = o.sections[list]->sh_size / sizeof(Record);
    std::map<uint64_t, const Elf64_Rela*> pointers;
    for (const Elf64_Rela& r : o.relocations[list]) pointers[r.r_offset] = &r;
    auto function_at = [&](uint64_t offset, std::string& why) -> std::optional<Body> {
      auto it = pointers.find(offset);
      if (it == pointers.end()) fail(o.path + ": an entry without a function");
      const Elf64_Sym& symbol = o.symbols[ELF64_R_SYM(it->second->r_info)];
      return read_function(o, symbol.st_shndx, symbol.st_value + static_cast<uint64_t>(it->second->r_addend), why);
    };
    for (size_t e = 0; e < n; ++e) {
      Record record;
      std::memcpy(&record, o.data(list) + e * sizeof record, sizeof record);
      if (record.id >= kStencilCount) fail(o.path + ": a stencil's number is out of range");
      std::string why = "its constant cannot be found";
      auto body = function_at(e * sizeof record, why);
      if (body && record.marker != Marker::kNone && pointers.contains(e * sizeof record + 8)) {
        auto twin = function_at(e * sizeof record + 8, why);
        if (!twin || !compare_twins(*body, *twin, record.marker)) body.reset();
      }
      if (!body || body->code.size() > UINT16_MAX) {
        ++left_out;
        if (verbose)
          std::fprintf(stderr, "left out: %s entry %zu, id %u: %s\n", o.path.c_str(), e, record.id, why.c_str());
        if (record.id >= rest_id(static_cast<Rest>(0))) fail("a necessary stencil cannot be used: " + why);
        continue;
      }
      cut_tail(*body);
      ++made;
      auto [it, is_new] = known.try_emplace(*body);
      if (is_new) {
        it->second = {static_cast<uint32_t>(code.size()), static_cast<uint16_t>(body->code.size()),
                      static_cast<uint8_t>(body->holes.size()), 1, static_cast<uint32_t>(holes.size())};
        code.insert(code.end(), body->code.begin(), body->code.end());
        holes.insert(holes.end(), body->holes.begin(), body->holes.end());
      }
      stencils[record.id] = it->second;
    }
  }
  code.resize(code.size() + 16);  // copying may read beyond a stencil's end
  StencilFile header{static_cast<uint32_t>(stencils.size()), static_cast<uint32_t>(holes.size()),
                     static_cast<uint32_t>(constants.size()), static_cast<uint32_t>(code.size())};
  std::ofstream out(argv[1], std::ios::binary);
  auto write = [&](const void* p, size_t size) {
    out.write(static_cast<const char*>(p), static_cast<std::streamsize>(size));
  };
  write(&header, sizeof header);
  write(stencils.data(), stencils.size() * sizeof(Stencil));
  write(holes.data(), holes.size() * sizeof(Hole));
  write(constants.data(), constants.size() * 16);
  write(code.data(), code.size());
  out.close();
  if (!out) fail(std::string("cannot write ") + argv[1]);
  std::printf("%u stencils (%zu different, %zu bytes of code), %u left to handlers, %zu bytes of tables\n", made,
              known.size(), code.size(), left_out,
              sizeof header + stencils.size() * sizeof(Stencil) + holes.size() * sizeof(Hole));
  return 0;
}

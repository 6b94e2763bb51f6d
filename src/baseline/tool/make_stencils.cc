// Reads the object files compiled from src/baseline/stencils/ and writes the tables of the baseline compiler: the bytes
// of each stencil and the holes in them. Runs at build time.
//
//   make_stencils OUTPUT OBJECT…
//   make_stencils --faults SEED COUNT USED OUTPUT OBJECT…             lists faults (faults.h)
//   make_stencils --faults SEED COUNT USED --write N OUTPUT OBJECT…   writes the tables with fault N of the list
//
// USED names a file with the numbers of the stencils that may get a fault.
//
// The objects may be of another processor: object.h (Target) is the interface to the processor-dependent files.
//
// The list of stencils is the section ermine_stencils (see stencils/stencil.h: Entry). A hole is a relocation against
// one of the ermine_* symbols, or the difference between a function and the same one with the other marker. A stencil
// that contains anything else (a call, an unknown relocation, a marker that cannot be found) is left out and counted;
// the compiler then uses the interpreter's handler for the instruction. The stencils of StencilGroup are required. A
// stencil that is another one followed by a store is put together here.
//
// Output, little-endian: Header, Stencil[stencils], Hole[holes], 16-byte constants, code.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "baseline/stencil_file.h"
#include "baseline/tool/faults.h"
#include "baseline/tool/object.h"
#include "baseline/tool/prove.h"

namespace ermine::baseline {

void fail(const std::string& what) {
  std::fprintf(stderr, "make_stencils: %s\n", what.c_str());
  std::exit(1);
}

}  // namespace ermine::baseline

namespace {

using namespace ermine::baseline;

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

constexpr size_t kMostBytes = 32'767;  // of a stencil; of one that is stored, twice as many

struct NamedHole {
  const char* name;
  HoleKind kind;
};
constexpr NamedHole kNamed[] = {
    {"ermine_slot_a", HoleKind::kSlotA},
    {"ermine_slot_b", HoleKind::kSlotB},
    {"ermine_slot_c", HoleKind::kSlotC},
    {"ermine_slot_d", HoleKind::kSlotD},
    {"ermine_offset", HoleKind::kOffset},
    {"ermine_count", HoleKind::kCount},
    {"ermine_pc", HoleKind::kPc},
    {"ermine_pool", HoleKind::kPool},
    {"ermine_next", HoleKind::kNext},
    {"ermine_taken", HoleKind::kTaken},
    {"ermine_trap", HoleKind::kTrap},
    {"ermine_record", HoleKind::kRecord},
    {"ermine_call_table", HoleKind::kCallTable},
};

// A function with its relocations as holes; nothing if one of them is unknown.
std::optional<Body> read_function(const Object& o, const Target& target, unsigned section, uint64_t offset,
                                  std::string& why) {
  const Elf64_Shdr* s = o.sections[section];
  if (offset != 0) fail(o.path + ": functions must have sections of their own");
  Body body;
  body.code.assign(o.data(section), o.data(section) + s->sh_size);
  for (const Elf64_Rela& r : o.relocations[section]) {
    const Elf64_Sym& symbol = o.symbols[ELF64_R_SYM(r.r_info)];
    Hole hole{static_cast<uint16_t>(r.r_offset), HoleKind::kData, 0, 0};
    int64_t datum = 0;
    const bool is_constant = symbol.st_shndx != SHN_UNDEF;
    if (!is_constant) {
      std::string name = o.symbol_name(symbol);
      const NamedHole* named = nullptr;
      for (const NamedHole& n : kNamed)
        if (name == n.name) named = &n;
      if (named == nullptr) {
        why = "needs " + name;
        return {};
      }
      hole.kind = named->kind;
    } else if (o.sections[symbol.st_shndx]->sh_flags & SHF_EXECINSTR) {
      why = "refers to other code";
      return {};
    }
    if (!target.read_relocation(r, body.code.data() + r.r_offset, hole, datum)) {
      why = "relocation type " + std::to_string(ELF64_R_TYPE(r.r_info)) + " at a place that cannot have it";
      return {};
    }
    if (is_constant) hole.addend = constant_number(o, symbol.st_shndx, symbol.st_value + static_cast<uint64_t>(datum));
    body.holes.push_back(hole);
  }
  return body;
}

// The one followed by the other.
Body join(const Target& target, const Body& first, const Body& second) {
  const size_t size = first.code.size();
  Body both{first.code, {}};
  both.code.insert(both.code.end(), second.code.begin(), second.code.end());
  for (const Hole& h : first.holes) {
    if (h.kind == HoleKind::kNext) target.put_next(&both.code[h.at], h.patch(), static_cast<int64_t>(size) - h.at);
    else both.holes.push_back(h);
  }
  for (Hole h : second.holes) {
    h.at = static_cast<uint16_t>(h.at + size);
    both.holes.push_back(h);
  }
  return both;
}

// The stencils, by number, that this build does not need: it leaves out their instructions, or their fusion with a
// branch.
std::vector<bool> find_unneeded() {
  std::vector<bool> result(kStencilCount);
  auto mark = [&](StencilId from, StencilId to) { std::fill(result.begin() + from, result.begin() + to, true); };
  for (unsigned i = 0; i < ermine::wasm::kOpCount; ++i) {
    const auto op = static_cast<Op>(i);
    const StencilId branches = branch_id(op, kSlot, kSlot, false);
    const StencilId end =
        i + 1 < ermine::wasm::kOpCount ? formed_base(static_cast<Op>(i + 1)) : group_id(StencilGroup{});
    if (!ermine::wasm::FeatureSet::all().has(ermine::wasm::op_info(op).feature)) mark(formed_base(op), end);
    else if (!ermine::ir::is_branchable(op)) mark(branches, end);
  }
  return result;
}

// The tables of stencils, while they are made.
class Tables {
 public:
  // `place`: for messages. A stencil of x86-64 is proved safe, unless `is_proved`.
  void add(const Target& target, const Body& body, const std::string& place, const Use& use, bool is_proved) {
    if (!is_proved && &target == &kX86_64)
      if (const std::string problem = prove(target, body, use.marker, use.result); !problem.empty())
        unproved_.try_emplace(problem,
                              place + ": stencil " + std::to_string(use.id) + " is not proved safe: " + problem);
    ++made_;
    auto [it, is_new] = known_.try_emplace(body);
    if (is_new) it->second = append(body);
    stencils_[use.id] = it->second;
  }
  // The compiler will use a handler.
  void leave_out(const std::string& place, StencilId id, const std::string& why) {
    ++left_out_;
    if (std::getenv("VERBOSE") != nullptr)
      std::fprintf(stderr, "left out: %s, id %u: %s\n", place.c_str(), id, why.c_str());
    if (id >= control_id(static_cast<ControlStencil>(0))) fail("a necessary stencil cannot be used: " + why);
  }
  // Puts a faulty stencil in the place of others.
  void replace(const Body& body, const std::vector<Use>& uses) {
    const Stencil s = append(body);
    for (const Use& use : uses) stencils_[use.id] = s;
  }
  void write(const char* path) {
    if (!unproved_.empty()) {
      constexpr size_t kShown = 20;
      size_t shown = 0;
      for (const auto& [problem, text] : unproved_)
        if (shown++ < kShown) std::fprintf(stderr, "make_stencils: %s\n", text.c_str());
      fail("stencils are not proved safe, in " + std::to_string(unproved_.size()) + " ways");
    }
    code_.resize(code_.size() + 16);  // copying may read beyond a stencil's end
    const StencilFile header{static_cast<uint32_t>(stencils_.size()), static_cast<uint32_t>(holes_.size()),
                             static_cast<uint32_t>(constants.size()), static_cast<uint32_t>(code_.size())};
    std::ofstream out(path, std::ios::binary);
    auto put = [&](const void* p, size_t size) {
      out.write(static_cast<const char*>(p), static_cast<std::streamsize>(size));
    };
    put(&header, sizeof header);
    put(stencils_.data(), stencils_.size() * sizeof(Stencil));
    put(holes_.data(), holes_.size() * sizeof(Hole));
    put(constants.data(), constants.size() * 16);
    put(code_.data(), code_.size());
    out.close();
    if (!out) fail(std::string("cannot write ") + path);
    std::printf("%u stencils (%zu different, %zu bytes of code), %u left to handlers, %zu bytes of tables\n", made_,
                known_.size(), code_.size(), left_out_,
                sizeof header + stencils_.size() * sizeof(Stencil) + holes_.size() * sizeof(Hole));
  }

 private:
  Stencil append(const Body& body) {
    const Stencil s{static_cast<uint32_t>(code_.size()), static_cast<uint16_t>(body.code.size()),
                    static_cast<uint8_t>(body.holes.size()), 1, static_cast<uint32_t>(holes_.size())};
    code_.insert(code_.end(), body.code.begin(), body.code.end());
    holes_.insert(holes_.end(), body.holes.begin(), body.holes.end());
    return s;
  }

  std::vector<Stencil> stencils_ = std::vector<Stencil>(kStencilCount);
  std::vector<Hole> holes_;
  std::vector<uint8_t> code_;
  std::map<Body, Stencil> known_;
  std::map<std::string, std::string> unproved_;  // an example of each problem
  unsigned made_ = 0, left_out_ = 0;
};

// As Entry, in an object's list.
struct Record {
  uint64_t code, other;
  Use use;
  StencilId stored, store;
  uint32_t stored_result, padding[2];
};
static_assert(sizeof(Record) == 48);

// A stencil that is to be stored as well.
struct Stored {
  Body body;
  std::string place;
  Record record;
};

// Options for faults: see tools/mutate.py.
struct FaultOptions {
  unsigned count = 0;  // 0: none
  uint64_t seed = 0;
  std::vector<bool> may_have = std::vector<bool>(kStencilCount);
  std::optional<uint64_t> write;

  // Removes them from the front.
  void read(int& argc, char**& argv) {
    auto next = [&] { return argc > 1 ? (--argc, *++argv) : ""; };
    auto next_is = [&](std::string_view name) { return argc > 1 && name == argv[1] && (next(), true); };
    if (!next_is("--faults")) return;
    seed = std::strtoull(next(), nullptr, 10);
    count = static_cast<unsigned>(std::strtoul(next(), nullptr, 10));
    std::ifstream used(next());
    for (size_t id; used >> id;)
      if (id < may_have.size()) may_have[id] = true;
    if (next_is("--write")) write = std::strtoull(next(), nullptr, 10);
    if (count == 0 || argc < 3) fail("faults take a seed, how many, a file with numbers of stencils, and the rest");
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) fail("usage: make_stencils OUTPUT OBJECT…");
  FaultOptions faulty;
  faulty.read(argc, argv);
  Bodies bodies;
  const Target* machine = nullptr;
  const std::vector<bool> unneeded = find_unneeded();
  Tables tables;
  auto add = [&](const Body& body, const std::string& place, const Use& use) {
    if (faulty.count != 0 && faulty.may_have[use.id]) bodies[body].push_back(use);
    tables.add(*machine, body, place, use, faulty.count != 0);
  };
  std::vector<Stored> stored;
  std::map<StencilId, Body> groups;  // the stores are among them, maybe in an object behind those that are stored
  for (int i = 2; i < argc; ++i) {
    Object o(argv[i]);
    machine = o.header->e_machine == kX86_64.machine ? &kX86_64 : &kAArch64;
    if (o.header->e_machine != machine->machine) fail(o.path + ": stencils of this machine are not known");
    unsigned list = 0;
    for (unsigned s = 0; s < o.sections.size(); ++s)
      if (std::strcmp(o.section_names + o.sections[s]->sh_name, "ermine_stencils") == 0) list = s;
    if (list == 0) fail(o.path + ": has no list of stencils");
    const size_t n = o.sections[list]->sh_size / sizeof(Record);
    std::map<uint64_t, const Elf64_Rela*> pointers;
    for (const Elf64_Rela& r : o.relocations[list]) pointers[r.r_offset] = &r;
    auto function_at = [&](uint64_t offset, std::string& why) -> std::optional<Body> {
      auto it = pointers.find(offset);
      if (it == pointers.end()) fail(o.path + ": an entry without a function");
      const Elf64_Sym& symbol = o.symbols[ELF64_R_SYM(it->second->r_info)];
      return read_function(o, *machine, symbol.st_shndx, symbol.st_value + static_cast<uint64_t>(it->second->r_addend),
                           why);
    };
    for (size_t e = 0; e < n; ++e) {
      Record record;
      std::memcpy(&record, o.data(list) + e * sizeof record, sizeof record);
      const auto [id, marker, result] = record.use;
      const bool is_stored = record.stored != kNoStencil;
      if (id == kNoStencil) continue;
      if (id >= kStencilCount || (is_stored && record.stored >= kStencilCount))
        fail(o.path + ": a stencil's number is out of range");
      if (unneeded[id]) continue;
      const std::string place = o.path + ", entry " + std::to_string(e);
      std::string why = "its constant cannot be found";
      auto body = function_at(e * sizeof record, why);
      if (body && marker != Marker::kNone && pointers.contains(e * sizeof record + 8)) {
        auto other = function_at(e * sizeof record + 8, why);
        if (!other || !machine->compare_pair(*body, *other, marker)) body.reset();
      }
      if (!body || body->code.size() > kMostBytes) {
        tables.leave_out(place, id, why);
        if (is_stored) tables.leave_out(place, record.stored, why);
        continue;
      }
      machine->shorten(*body);
      add(*body, place, record.use);
      if (id >= group_id(StencilGroup{})) groups[id] = *body;
      if (is_stored) stored.push_back({std::move(*body), place, record});
    }
  }
  for (const Stored& s : stored) {
    const auto store = groups.find(s.record.store);
    if (store == groups.end()) fail(s.place + ": the stencil that stores its result is missing");
    add(join(*machine, s.body, store->second), s.place, {s.record.stored, s.record.use.marker, s.record.stored_result});
  }
  if (faulty.count != 0) {
    const std::vector<Fault> faults = make_faults(*machine, bodies, faulty.seed, faulty.count);
    if (!faulty.write) {
      list_faults(faults, bodies, argv[1]);
      return 0;
    }
    if (*faulty.write >= faults.size()) fail("there is no such fault");
    const Fault& fault = faults[*faulty.write];
    tables.replace(fault.altered, std::next(bodies.begin(), static_cast<ptrdiff_t>(fault.body))->second);
  }
  tables.write(argv[1]);
  return 0;
}

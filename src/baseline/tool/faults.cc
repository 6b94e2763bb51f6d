#include "baseline/tool/faults.h"

#include <algorithm>
#include <set>

#include "baseline/tool/prove.h"

namespace ermine::baseline {

namespace {

// The same numbers everywhere.
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  size_t below(size_t n) { return static_cast<size_t>(next() % n); }
  template <class T>
  void shuffle(std::vector<T>& list) {
    for (size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[below(i)]);
  }

 private:
  uint64_t state_;
};

constexpr const char* kGroupNames[] = {
    "move int",          "move f32",        "move f64",    "move v128",      "move narrow",
    "select int",        "select f32",      "select f64",  "select v128",    "global int",
    "global f32",        "global f64",      "global v128", "set global int", "set global f32",
    "set global f64",    "set global v128", "return int",  "return f32",     "return f64",
    "table of branches", "indirect call",   "rest"};
static_assert(std::size(kGroupNames) == static_cast<unsigned>(StencilGroup::kCount));
constexpr const char* kControlNames[] = {"return",
                                         "entry",
                                         "entry from elsewhere",
                                         "zero a slot",
                                         "zero slots",
                                         "poll",
                                         "fuel",
                                         "sample",
                                         "leave for a handler",
                                         "call",
                                         "call by reference",
                                         "call of an import",
                                         "check of a reference",
                                         "imported function",
                                         "tail call",
                                         "tail call by reference",
                                         "tail call of an import",
                                         "use another memory",
                                         "trap",
                                         "jump"};
static_assert(std::size(kControlNames) == static_cast<unsigned>(ControlStencil::kCount));

struct Group {
  std::string name;
  // What its stencils handle besides numbers.
  bool is_control = false;  // calls, checks, entries and exits
  bool limits = false;      // how long the guest runs
  bool moves = false;       // values that may be references
  bool chooses = false;     // by a condition of the guest
  bool set_divisor = false;
};

Group group_of(StencilId id) {
  for (unsigned n = static_cast<unsigned>(StencilGroup::kCount); n-- > 0;) {
    const auto special = static_cast<StencilGroup>(n);
    if (id < group_id(special)) continue;
    Group g{.name = kGroupNames[n]};
    if (special == StencilGroup::kControl) {
      const auto rest = static_cast<ControlStencil>(id - group_id(special));
      g.name = kControlNames[static_cast<unsigned>(rest)];
      g.limits = rest == ControlStencil::kPoll || rest == ControlStencil::kFuel;
      g.is_control = true;
    }
    g.is_control |= special == StencilGroup::kTable || special == StencilGroup::kTableCall;
    g.moves = special == StencilGroup::kMoveInt || special == StencilGroup::kSelectInt ||
              special == StencilGroup::kGlobalInt || special == StencilGroup::kSetGlobalInt ||
              special == StencilGroup::kReturnInt;
    g.chooses = special >= StencilGroup::kSelectInt && special <= StencilGroup::kSelectV128;
    return g;
  }
  for (unsigned i = wasm::kOpCount; i-- > 0;) {
    const auto op = static_cast<Op>(i);
    if (id < formed_base(op) || ir::family_of(op) == ir::Family::kNone) continue;
    if (ir::is_branchable(op) && id >= branch_id(op, kSlot, kSlot, false))
      return {.name = "compare and branch", .chooses = true};
    const char letter = wasm::op_info(op).sig()[0];
    const std::string type = letter == 'i' ? "i32" : letter == 'l' ? "i64" : letter == 'f' ? "f32" : "f64";
    switch (ir::family_of(op)) {
      case ir::Family::kBinary:
        if (is_division(op)) return {.name = "division of " + type, .set_divisor = true};
        if (is_shift(op)) return {.name = "shift of " + type};
        return {.name = (ir::is_compare(op) ? "comparison of " : "binary operation of ") + type};
      case ir::Family::kUnary: return {.name = "unary operation of " + type};
      case ir::Family::kLoad: return {.name = "load"};
      case ir::Family::kStore: return {.name = "store"};
      case ir::Family::kVector:
        switch (vector_shape(op)) {
          case VectorShape::kLoad:
          case VectorShape::kStore:
          case VectorShape::kLoadLane:
          case VectorShape::kStoreLane: return {.name = "vectors and memory"};
          case VectorShape::kExtract:
          case VectorShape::kTest: return {.name = "vectors to integers"};
          default: return {.name = "vectors"};
        }
      default: break;
    }
  }
  return {.name = "others"};
}

Risk risk_of(Alteration how, const Altered& a, const Group& family, const std::vector<Use>& uses, const Hole* hole) {
  if (family.limits) return Risk::kLimit;
  if (family.is_control || a.breaks_off || how == Alteration::kHoleMoved) return Risk::kControl;
  if (a.fixed) return Risk::kAccess;
  if (how == Alteration::kHoleKind) {
    // Another slot of the stencil, or another target.
    if (hole->kind <= HoleKind::kSlotD) return a.writes_memory ? Risk::kAccess : Risk::kNumber;
    return hole->kind >= HoleKind::kNext && hole->kind <= HoleKind::kTrap ? Risk::kWay : Risk::kControl;
  }
  if (a.memory && a.address) return Risk::kAccess;
  if (a.jumps || a.compares || a.chooses)
    return family.set_divisor ? Risk::kStop : family.chooses ? Risk::kWay : Risk::kNumber;
  if (a.vector) return Risk::kNumber;
  if (family.moves && !a.pin) return Risk::kReference;  // a reference is in no pinned register
  if (how == Alteration::kDestination) return Risk::kIndex;
  for (const Use& u : uses) {
    const unsigned location = u.result & kResultLocation;  // 0, or the ordinal + 1
    if (!(u.result & kNarrowResult) || !a.wide || location == 0) continue;
    const auto l = static_cast<Location>(location - 1);
    const unsigned r = l == kAcc ? kX86_64.acc_register : kX86_64.pin_registers[register_of(l)];
    if (a.registers >> r & 1) return Risk::kIndex;
  }
  return Risk::kNumber;
}

constexpr const char* kRiskNames[] = {"number", "way", "stop", "reference", "index", "limit", "access", "control"};

}  // namespace

std::vector<Fault> make_faults(const Target& target, const Bodies& bodies, uint64_t seed, unsigned count) {
  if (&target != &kX86_64) fail("faults are made in x86-64 code");
  struct Origin {
    size_t number;
    const Body* body;
    const std::vector<Use>* uses;
  };
  std::map<std::string, std::pair<Group, std::vector<Origin>>> families;
  size_t number = 0;
  for (const auto& [body, uses] : bodies) {
    Group family = group_of(uses.front().id);
    for (const Use& u : uses)  // the use with the gravest risk
      if (const Group other = group_of(u.id); other.is_control || (other.moves && !family.is_control)) family = other;
    auto& entry = families[family.name];
    entry.first = family;
    entry.second.push_back({number++, &body, &uses});
  }
  std::vector<std::string> names;
  for (const auto& [name, family] : families) names.push_back(name);

  Numbers numbers(seed);
  std::vector<Fault> faults;
  std::set<std::pair<size_t, std::string>> seen;
  constexpr auto kKinds = static_cast<unsigned>(Alteration::kCount);
  for (unsigned kind = 0; kind < kKinds; ++kind) {
    const auto how = static_cast<Alteration>(kind);
    const size_t want = count * (kind + 1) / kKinds;
    numbers.shuffle(names);
    for (unsigned round = 0; round < 40 && faults.size() < want; ++round) {
      for (const std::string& name : names) {
        if (faults.size() >= want) break;
        const auto& [family, origins] = families[name];
        for (unsigned attempt = 0; attempt < 200; ++attempt) {
          const Origin& origin = origins[numbers.below(origins.size())];
          Altered altered;
          const uint64_t where = numbers.next() >> 8, variant = numbers.next() >> 8;
          if (!alter(*origin.body, how, where, variant, altered)) continue;
          if (!seen.emplace(origin.number, altered.text).second) continue;
          Fault f{.kind = name_of(how),
                  .family = name,
                  .risk = risk_of(how, altered, family, *origin.uses, altered.hole ? &*altered.hole : nullptr),
                  .body = origin.number,
                  .altered = std::move(altered.body),
                  .text = std::move(altered.text),
                  .refusal = {}};
          for (const Use& u : *origin.uses)
            if (f.refusal.empty()) f.refusal = prove(target, f.altered, u.marker, u.result);
          faults.push_back(std::move(f));
          break;
        }
      }
    }
  }
  return faults;
}

void list_faults(const std::vector<Fault>& faults, const Bodies& bodies, const std::string& path) {
  std::vector<const std::vector<Use>*> uses;
  for (const auto& [body, list] : bodies) uses.push_back(&list);
  std::ofstream out(path);
  for (size_t i = 0; i < faults.size(); ++i) {
    const Fault& f = faults[i];
    out << i << '\t' << f.kind << '\t' << f.family << '\t' << kRiskNames[static_cast<unsigned>(f.risk)] << '\t'
        << f.refusal << '\t' << uses[f.body]->size() << '\t' << f.text << '\n';
  }
  out.close();
  if (!out) fail("cannot write " + path);
}

}  // namespace ermine::baseline

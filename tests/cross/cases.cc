#include "cases.h"

#include <array>
#include <cstdio>

namespace ermine::cross {

namespace {

// Bytes that the operations themselves use: a window must not overlap them.
constexpr uint32_t kScratch = 0x70000000, kScratchEnd = 0x70004000;
constexpr unsigned kRounds = 2;  // of the loop
constexpr uint64_t kMix = 0x9e3779b97f4a7c15;  // results are combined into one number: sum = sum * kMix + result

bool is_narrow(char type) { return type == 'i' || type == 'f'; }

// The contents of the 64-bit parameters: the operand with a non-zero upper half, or with another upper half if it has
// one.
Bits disguised(char type, Bits v) {
  if (is_narrow(type)) return v | uint64_t{0xdeadbeef} << 32;
  return type == 'l' ? v ^ 0x5555 : v;
}
std::string undisguised(char type, std::string_view local) {
  const std::string get = "(local.get " + std::string(local) + ")";
  switch (type) {
    case 'i': return "(i32.wrap_i64 " + get + ")";
    case 'l': return "(i64.xor " + get + " (i64.const 0x5555))";
    case 'f': return "(f32.reinterpret_i32 (i32.wrap_i64 " + get + "))";
    default: return "(f64.reinterpret_i64 " + get + ")";
  }
}

class Chooser {
 public:
  Chooser(const Operation& op, unsigned stride, std::vector<Case>& out) : op_(op), stride_(stride), out_(out) {}

  void run() {
    if (op_.operands.size() == 1) {
      stride_ = stride_ == 1   ? 1
                : stride_ < 10 ? 2
                               : 5;  // there are few; not a multiple of 3, so that locations change
      for (Bits a : edges(op_.operands[0]))
        for (unsigned i = 0; i < 3; ++i) {
          static constexpr Place kPlaces[] = {Place::kLocal, Place::kStack, Place::kConstant};
          add(a, 0, kPlaces[i], Place::kConstant);
        }
      return;
    }
    const char type = op_.operands[0];
    const auto& all = edges(type);
    for (size_t i = 0; i < all.size(); ++i)
      for (bool is_last : {true, false}) {
        // Partners: one for which the result is a small number, which is an existing index, and others in turn.
        std::vector<Bits> partners{all[(i * 7 + 3) % all.size()], all[(i * 5 + 11) % all.size()]};
        if (const auto small = small_partner(all[i], is_last)) partners.push_back(*small);
        for (Bits p : partners) {
          const Bits a = is_last ? p : all[i], b = is_last ? all[i] : p;
          // The constant as a constant operand, in the most likely form; then the other forms in turn.
          const Place other = turn_ & 1 ? Place::kLocal : Place::kStack;
          add(a, b, is_last ? other : Place::kConstant, is_last ? Place::kConstant : other);
          static constexpr Place kPairs[][2] = {
              {Place::kLocal, Place::kLocal},       {Place::kStack, Place::kLocal},
              {Place::kLocal, Place::kStack},       {Place::kStack, Place::kStack},
              {Place::kConstant, Place::kStack},    {Place::kStack, Place::kConstant},
              {Place::kConstant, Place::kConstant}, {Place::kConstant, Place::kLocal}};
          const auto& pair = kPairs[turn_ / 2 % std::size(kPairs)];
          add(a, b, pair[0], pair[1]);
        }
      }
  }

 private:
  std::optional<uint32_t> value(Bits a, Bits b) const {
    const auto r = op_.value(a, b);
    return r ? std::optional(static_cast<uint32_t>(*r)) : std::nullopt;
  }
  std::optional<Bits> small_partner(Bits edge, bool is_last) const {
    if (op_.result != op_.operands[0]) return {};  // a comparison's results are small anyway
    const Bits mask = is_narrow(op_.operands[0]) ? 0xffffffff : ~Bits{0};
    for (Bits p : {edge ^ 5, edge + 6, 7 - edge, edge - 8, ~edge ^ 9, Bits{3}, Bits{0x100000003}}) {
      p &= mask;
      const auto v = is_last ? value(p, edge) : value(edge, p);
      if (v && *v != 0 && *v < 60) return p;
    }
    return {};
  }
  void add(Bits a, Bits b, Place pa, Place pb) {
    const unsigned turn = turn_++;
    if (turn % stride_ != 0) return;
    const auto v = value(a, b);
    if (!v || (*v + uint64_t{kWindow} > kScratch && *v < kScratchEnd)) return;
    out_.push_back({&op_, {a, b}, {pa, pb}, turn / stride_ % 3 == 1 ? Home::kSlots : Home::kRegisters, *v});
  }

  const Operation& op_;
  unsigned stride_;
  std::vector<Case>& out_;
  unsigned turn_ = 0;
};

std::string operand(const Case& c, unsigned i) {
  const char type = c.operation->operands[i];
  switch (c.places[i]) {
    case Place::kConstant: return constant(type, c.operands[i]);
    case Place::kLocal: return i == 0 ? "(local.get $a)" : "(local.get $b)";
    default: return undisguised(type, i == 0 ? "$wide_a" : "$wide_b");
  }
}

// The number that uses get, an i32.
std::string expression(const Case& c) {
  std::string e = replaced(c.operation->text, "%a", operand(c, 0));
  if (c.operation->operands.size() > 1) e = replaced(std::move(e), "%b", operand(c, 1));
  switch (c.operation->result) {
    case 'i': return e;
    case 'l': return "(i32.wrap_i64 " + e + ")";
    case 'f': return "(i32.reinterpret_f32 " + e + ")";
    default: return "(i32.wrap_i64 (i64.reinterpret_f64 " + e + "))";
  }
}

// A loop so hot that its six locals live in registers.
constexpr std::string_view kHotter = R"(
    (local.set $n (i32.const 2))
    (loop $outer
      (local.set $t (i32.const 2))
      (loop $inner
        (local.set $d0 (i64.add (local.get $d0) (local.get $d1)))
        (local.set $d1 (i64.xor (local.get $d1) (local.get $d2)))
        (local.set $d2 (i64.add (local.get $d2) (local.get $d3)))
        (local.set $d3 (i64.xor (local.get $d3) (local.get $d4)))
        (local.set $d4 (i64.add (local.get $d4) (local.get $d5)))
        (local.set $d5 (i64.sub (local.get $d5) (local.get $d0)))
        (br_if $inner (local.tee $t (i32.sub (local.get $t) (i32.const 1)))))
      (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.set $n (i32.const 1))
)";

}  // namespace

std::string Case::describe() const {
  static constexpr const char* kPlaces[] = {"constant", "local", "stack"};
  std::string s = operation->text;
  for (unsigned i = 0; i < operation->operands.size(); ++i)
    s += std::string(i == 0 ? " with %a = " : ", %b = ") + constant(operation->operands[i], operands[i]) + " (" +
         kPlaces[static_cast<unsigned>(places[i])] + ")";
  return s + (home == Home::kRegisters ? ", locals in registers" : ", locals in slots");
}

std::vector<Case> cases(std::string_view group, unsigned stride) {
  std::vector<Case> out;
  for (const Operation& op : operations())
    if (op.group == group) Chooser(op, stride, out).run();
  return out;
}

std::string Trial::text(size_t name) const {
  const std::string e = expression(of);
  const std::string_view types[2] = {type_name(of.operation->operands[0]),
                                     type_name(of.operation->operands.size() > 1 ? of.operation->operands[1] : 'i')};
  std::string s =
      "  (func (export \"" + std::to_string(name) + "\") (param $wide_a i64) (param $wide_b i64) (result i64)\n";
  s += "    (local $a " + std::string(types[0]) + ") (local $b " + std::string(types[1]) + ")";
  s += " (local $n i32) (local $t i32) (local $sum i64)";
  s += " (local $d0 i64) (local $d1 i64) (local $d2 i64) (local $d3 i64) (local $d4 i64) (local $d5 i64)\n";
  s += "    (local.set $a " + undisguised(of.operation->operands[0], "$wide_a") + ")";
  if (of.operation->operands.size() > 1)
    s += " (local.set $b " + undisguised(of.operation->operands[1], "$wide_b") + ")";
  if (of.home == Home::kSlots) s += kHotter;
  else s += "\n    (local.set $n (i32.const " + std::to_string(kRounds) + "))\n";
  auto filled = [&](const Use& u) { return replaced(replaced(u.text, "%v", e), "%c", constant('i', of.value)); };
  if (uses.size() == 1 && uses[0]->kind == Use::kLast) return s + "    " + filled(*uses[0]) + ")\n";
  if (of.home == Home::kRegisters) s += "    (loop $again\n";
  for (const Use* u : uses) {
    if (u->has_result)
      s += "      (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const " +
           std::to_string(static_cast<int64_t>(kMix)) + ")) " + filled(*u) + "))\n";
    else s += "      " + filled(*u) + "\n";
  }
  if (of.home == Home::kRegisters) s += "      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))\n";
  return s + "    (local.get $sum))\n";
}

uint64_t Trial::argument(unsigned i) const {
  return i < of.operation->operands.size() ? disguised(of.operation->operands[i], of.operands[i]) : ~uint64_t{0};
}

uint64_t Trial::expected(uint8_t* window) const {
  if (uses.size() == 1 && uses[0]->kind == Use::kLast) return uses[0]->seen(of.value, window);
  uint64_t sum = 0;
  for (unsigned round = 0; round < (of.home == Home::kRegisters ? kRounds : 1); ++round)
    for (const Use* u : uses) {
      const uint64_t r = u->seen(of.value, window);
      if (u->has_result) sum = sum * kMix + r;
    }
  return sum;
}

void add_trials(const Case& c, unsigned turn, std::vector<Trial>& out) {
  std::array<Trial, 2> together{Trial{.of = c, .uses = {}}, Trial{.of = c, .uses = {}}};
  std::vector<Trial> traps, last;
  for (const Use& u : uses()) {
    if (u.fits(c.value) && u.is_aligned(c.value)) {
      if (u.kind == Use::kLast) last.push_back({.of = c, .uses = {&u}});
      else together[u.kind == Use::kHeavy].uses.push_back(&u);
    } else if (u.trap != nullptr && u.is_aligned(c.value)) {
      traps.push_back({.of = c, .uses = {&u}, .trap = u.trap});
    } else if (u.fits(c.value)) {
      traps.push_back({.of = c, .uses = {&u}, .trap = "unaligned atomic"});
    }
  }
  // Cases that are run by handlers are less informative: a third of them at a time.
  auto& heavy = together[1].uses;
  for (size_t i = heavy.size(); i-- > 0;)
    if ((i + turn) % 3 != 0) heavy.erase(heavy.begin() + static_cast<std::ptrdiff_t>(i));
  for (Trial& t : together)
    if (!t.uses.empty()) out.push_back(std::move(t));
  for (unsigned i = 0; i < 2 && i < traps.size(); ++i) out.push_back(std::move(traps[(turn * 2 + i) % traps.size()]));
  if (!last.empty()) out.push_back(std::move(last[turn % last.size()]));
}

}  // namespace ermine::cross

// Abstract interpretation of one piece of machine code. The decoders of the processors (x86_64.cc, aarch64.cc) describe
// the effect of each instruction on registers and memory; this class decides, for all processors alike, what is allowed
// and which facts hold afterwards.
//
// A piece is entered with the frame, the context and the base of the memory that loads and stores access in their
// registers, and any values in the others. It must preserve those three, the native stack and the registers that native
// callers preserve; it may replace the base by another memory's at its end. Around the call of a function of another
// instance, the context is that function's, and afterwards it is read back from the native stack and the base from the
// context. It accesses memory in
// these forms only (runtime/context.h): the frame plus a constant; fields of the context, ExecContext and of function
// references that are listed in load() and store(); the globals; elements of tables below their size; constants beside
// the code; words of the native stack that the piece pushed; and that memory's base plus a constant that is not
// negative plus, at most, one index whose upper 32 bits are zero.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "verify/facts.h"

namespace ermine::verify {

class Decoder;

// The registers and their meaning.
struct Machine {
  unsigned frame, context, memory, accumulator, pc, stack;
  unsigned link;  // holds the return address; kRegisters: it is on the native stack
  unsigned call;  // tells an interpreted callee which call it is (interp/stubs.h)
  unsigned result;  // of a call: whatever the callee leaves there counts as the function's own value
  uint32_t values;  // which hold the guest's numbers between pieces
  uint32_t vectors;  // the same, of vector registers
  RegisterSet accumulators;  // in which calls and handlers leave their results
  uint32_t kept;  // registers that every piece must preserve
  uint32_t kept_by_host;  // those that a host function preserves
  std::array<uint8_t, 3> host_arguments;
  // Decodes `code`; `mask` has a bit for each bit of it that may differ between uses of the same piece. `constants` may
  // be null.
  void (*decode)(Decoder& decoder, std::span<const uint8_t> code, const uint8_t* mask, Facts& facts,
                 std::vector<Constant>* constants);
  int capstone_arch, capstone_mode;
};
extern const Machine kX86_64, kAArch64;

enum class Condition : uint8_t { kEqual, kNotEqual, kBelow, kAboveOrEqual, kAbove, kBelowOrEqual, kOther };
Condition inverse(Condition c);

// A value, and the register that it was read from (kRegisters: none).
struct Operand {
  Value value{};
  unsigned reg = kRegisters;
  bool low = false;  // its lower 32 bits only

  bool is_current(const Value& now) const;
};

struct State {
  std::array<Value, kRegisters> r{};
  uint32_t vectors_written = 0, vectors_left = 0;  // by the piece; by a call
  std::map<int64_t, Value> stack;  // words pushed, by distance from the native stack pointer on entry
  struct FrameStore {
    Term term;
    Value value;
    unsigned size;
  };
  std::vector<FrameStore> frame_stores;
  std::map<int64_t, Value> exec_stores;
  bool compared = false;
  Operand left, right;  // of the last comparison
  unsigned bounded = kRegisters;  // a register whose lower half is known to be at most `bound`
  Term bound{};
  std::vector<std::pair<Value, Value>> equal;  // values that comparisons have shown to be equal
  bool frame_checked = false, native_checked = false, polled = false;
  bool exec_written = false;  // for a host call that follows
  bool unanswered = false;  // a host call may have failed
  bool operator==(const State& o) const {  // as far as it matters for joins
    return r == o.r && vectors_written == o.vectors_written && vectors_left == o.vectors_left && stack == o.stack &&
           equal == o.equal && frame_checked == o.frame_checked && native_checked == o.native_checked &&
           polled == o.polled && exec_written == o.exec_written && unanswered == o.unanswered;
  }
};

class Analysis {
 public:
  Analysis(const Machine& machine, Facts& facts, uint32_t size);

  State& state() { return state_; }
  // The value of a register, to move it elsewhere.
  const Value& reg(unsigned r) const { return state_.r[r]; }
  // The same, for any other purpose: it must not be what other code left there.
  const Value& use(unsigned r);
  void use_vector(unsigned r);
  void set_vector(unsigned r);
  Operand operand(unsigned r, bool is_low = false) { return {is_low ? low(use(r)) : use(r), r, is_low}; }
  bool reachable() const { return reachable_; }

  // The instruction at `at` begins. False: it is not reached, or something was refused.
  bool begin(uint32_t at);
  void refuse(const char* why);

  // a + b * scale.
  Value sum(const Value& a, const Value& b, unsigned scale = 1);
  Value difference(const Value& a, const Value& b);
  Value shifted_right(const Value& a, unsigned by);
  // Writes a result: one of 32 bits (or less) is zero-extended.
  void set(unsigned r, const Value& v, unsigned bytes);
  // The result of a bit field move (facts.h).
  Value bit_field(const Term& immr, const Term& imms);
  // A 64-bit register read as 32 bits.
  static Value low(const Value& v);
  // Whether the upper half of its value is known to be zero.
  static bool is_narrow(const Value& v);

  // `bytes` read and extended to a register of `to` bytes.
  Value load(const Value& address, unsigned bytes, bool is_signed, unsigned to);
  void store(const Value& address, unsigned bytes, const Value& value);
  void push(const Value& v);
  Value pop();

  void compare(const Operand& a, const Operand& b);
  void forget_comparison() { state_.compared = false; }
  Value choose(Condition c, const Operand& if_true, const Operand& if_false);

  // Control. A `target` is an offset in the piece if it has no fields.
  void jump(const Term& target, bool known, uint32_t offset);
  void branch(Condition c, const Term& target, bool known, uint32_t offset);
  void jump_to(const Value& address);
  void jump_through(const Value& address);
  void call_to(const Value& address);
  void call_through(const Value& address);
  void ret(const Value& to);
  void finish();
  // Whether the piece must be analysed once more, because a backward branch provides less than was assumed at its
  // target.
  bool again();

 private:
  void restart();
  void check_stack();
  void check(Check::Kind kind, unsigned size, const Term& term, const Term& other = {});
  void refine(State& s, Condition c);
  void refine_side(State& s, Condition c, const Operand& a, const Operand& b);
  void leave(State& s, Exit::Kind kind, const Term& target = {});
  void end_way();
  bool loops() const;
  void go(const State& s, Exit::Kind kind, const Term& target, bool known, uint32_t offset);
  void call_guest(bool by_reference);
  void call_other(const Value& entry);
  bool switches_instance(const Value& entry);
  bool has_header();
  void return_from_guest();
  bool identifies_call(bool by_reference);
  void tail_call(Check::Kind callee, const Term& entry);
  void call_host(const Value& function);
  void set_memory(const State& s, Exit& exit, Exit::Kind kind);
  State join(const State& a, const State& b);
  void use_entry(unsigned r) { facts_.needs_own |= 1u << r & machine_.values; }
  void leave_vectors(uint32_t results);
  Value load_ref(const Value& ref, unsigned bytes);

  const Machine& machine_;
  Facts& facts_;
  uint32_t size_;
  uint32_t at_ = 0;
  State state_;
  bool reachable_ = true;
  std::map<uint32_t, State> pending_;
  std::map<uint32_t, State> back_;  // facts from backward branches, by target
  size_t back_seen_ = 0;
  struct Branch {
    uint32_t at, to;
  };
  std::vector<Branch> branches_;  // within the piece
  std::vector<uint32_t> ends_;  // instructions after which the next one is not reached; ascending
  bool again_ = false;
  unsigned rounds_ = 0;
};

}  // namespace ermine::verify

// What is known at one place of the machine code: the values of registers, of the native stack and of the frame.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "verify/optimized/value.h"

namespace ermine::verify::optimized {

// In the processor's encoding.
enum Register : uint8_t { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15, kRegisters };

// The native stack has room for as much where a function has checked it (kMostFrameBytes of the plug-in).
inline constexpr int64_t kNativeReserve = 16 << 10;

// The processor's conditions, in its encoding; the lowest bit inverts.
enum class Condition : uint8_t {
  kBelow = 2,
  kAboveOrEqual = 3,
  kEqual = 4,
  kNotEqual = 5,
  kBelowOrEqual = 6,
  kAbove = 7,
  kNegative = 8,
  kNotNegative = 9,
  kLess = 12,
  kGreaterOrEqual = 13,
  kLessOrEqual = 14,
  kGreater = 15
};
inline Condition inverse(Condition c) { return static_cast<Condition>(static_cast<uint8_t>(c) ^ 1); }

// What the flags are of: a comparison of two values.
struct Flags {
  bool known = false;
  Value a{}, b{};
  uint8_t bytes = 8;  // as numbers of which they are compared
  bool only_equality = false;  // nothing is known but whether they are equal
  bool operator==(const Flags&) const = default;
};

// A fact about what a name was given to.
struct Fact {
  enum Kind : uint8_t {
    kAtMost,  // `value`
    kNotNull,
    kOwn,  // the FuncRef is of this instance, or, `value`, of that of the import with the name
    kTyped,  // its type is `value`
    kGuest,  // of import_name(): the imported function is not the host's
    kIs,  // of import_name(): it is that of the FuncCode at `value`
    kBelowTable,  // less than the size of table `value`
    kSizeAbove  // of table_name() or memory_name(): the size is greater than `value`
  };
  Kind kind;
  uint32_t id;
  uint64_t value;
  bool operator==(const Fact&) const = default;
};

// Names of what has a size. Sizes never become less.
inline constexpr uint32_t kSizeNames = uint32_t{1} << 29;
constexpr uint32_t table_name(uint32_t table) { return kSizeNames + 2 * table; }
constexpr uint32_t memory_name(uint32_t memory) { return kSizeNames + 2 * memory + 1; }

// Names of imported functions, which never change.
inline constexpr uint32_t kImportNames = uint32_t{1} << 28;
constexpr uint32_t import_name(uint32_t import) { return kImportNames + import; }

struct Slot {
  int64_t at;
  Value value;
  unsigned bytes = 8;
  bool operator==(const Slot&) const = default;
};

// Numbers of up to 8 bytes by their offset.
class Slots {
 public:
  // Null: not known, or not as many bytes.
  Value* find(int64_t at, unsigned bytes = 8);
  // Something has been written to these bytes.
  void clear(int64_t at, unsigned bytes);
  void set(int64_t at, const Value& v, unsigned bytes = 8);
  std::vector<Slot>& all() { return slots_; }
  const std::vector<Slot>& all() const { return slots_; }
  bool operator==(const Slots&) const = default;

 private:
  std::vector<Slot> slots_;  // ascending
};

struct State {
  std::array<Value, kRegisters> r{};
  Slots stack, frame;
  std::vector<Fact> facts;
  Flags flags;
  int64_t frame_end = 0;  // bytes of the frame that may be used
  bool native_checked = false;  // the native stack was compared with its limit

  bool operator==(const State&) const = default;

  bool has(Fact::Kind kind, uint32_t id, uint64_t value = 0) const;
  void add(Fact::Kind kind, uint32_t id, uint64_t value = 0);
  // The value, with what facts say about its name.
  Value known(Value v) const;
  // Whether a size is known to be greater.
  bool is_above(uint32_t name, uint64_t value) const;
  Value places(const Value& v) const;
  // Gives the value a name if it can have one.
  void give_name(Value& v, uint32_t id);
  void forget(uint32_t id);
  // Changes all places that have this value.
  template <class F>
  void each(const Value& v, F&& change) {
    for (Value& r : this->r)
      if (r == v) change(r);
    for (Slot& s : stack.all())
      if (s.value == v) change(s.value);
    if (flags.a == v) change(flags.a);
    if (flags.b == v) change(flags.b);
  }
  // After a call, which preserves the registers in `kept`.
  void call(uint32_t kept);
  // After one that moves nothing.
  void lose_registers(uint32_t kept);
  // Joins what is known on another way to the same place. Whether something has changed. Where both have a name for
  // what is in a register or in a word of the stack, it gets another: `name_of`, which belongs to both places.
  bool join(State other, unsigned joins, const std::function<uint32_t(int64_t)>& name_of);
  // The comparison has this outcome. False: it cannot have.
  bool refine(Condition c, Flags f);

 private:
  struct Half {
    int64_t place;
    uint32_t name;
    uint64_t most;  // of the lower 32 bits
  };
  std::vector<Half> bounded_halves(State& other, bool widen, const std::function<uint32_t(int64_t)>& name_of);
  bool mentions(uint32_t id) const;
  bool rename(State& other, const std::function<uint32_t(int64_t)>& name_of);
  void refine_lower(const Value& v, uint64_t least);
  void refine_upper(const Value& v, uint64_t most);
  void refine_less(const Flags& f, bool is_strict);
  void refine_part(Condition c, const Value& part, const Value& with);
  void refine_size(const Value& size, uint64_t above);
};

}  // namespace ermine::verify::optimized

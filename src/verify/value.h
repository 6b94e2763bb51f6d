// The verifier's knowledge about the contents of a register: which pointer it is, or that its upper half is zero.
//
// Numbers in instructions are *terms*, sums of bit fields of the code. So a piece of code that recurs with other
// constants is analysed once (analysis.h), and only its terms are evaluated again.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

namespace ermine::verify {

// A bit field of the code: `bits` bits from `low` on of the 8 bytes at offset `at`, shifted left by `shift`.
struct Field {
  uint16_t at = 0;
  uint8_t low = 0, bits = 0, shift = 0;
  bool is_signed = false;
  bool operator==(const Field&) const = default;

  [[gnu::always_inline]] int64_t of(const uint8_t* code) const {
    uint64_t word;
    std::memcpy(&word, code + at, sizeof word);
    word = word >> low << (64 - bits);
    return static_cast<int64_t>(is_signed ? static_cast<uint64_t>(static_cast<int64_t>(word) >> (64 - bits))
                                          : word >> (64 - bits))
           << shift;
  }
};

// Sums of constants wrap as in the processor.
constexpr int64_t wrapped(uint64_t v) { return static_cast<int64_t>(v); }

struct Term {
  static constexpr unsigned kMostFields = 6;
  int64_t constant = 0;
  uint8_t count = 0;
  bool failed = false;  // more fields than fit
  // The term is an address: of the piece plus the sum; with `page_at`, of the page of the instruction there plus the
  // sum.
  bool is_address = false;
  uint16_t page_at = kNoPage;
  static constexpr uint16_t kNoPage = 0xffff;
  std::array<Field, kMostFields> fields{};

  Term() = default;
  explicit Term(int64_t c) : constant(c) {}
  explicit Term(const Field& f) : count(1) { fields[0] = f; }

  bool operator==(const Term& o) const {
    if (constant != o.constant || count != o.count || is_address != o.is_address || page_at != o.page_at) return false;
    for (unsigned i = 0; i < count; ++i)
      if (!(fields[i] == o.fields[i])) return false;
    return !failed && !o.failed;
  }
  Term plus(const Term& o) const {
    Term t = *this;
    t.constant = wrapped(static_cast<uint64_t>(constant) + static_cast<uint64_t>(o.constant));
    t.is_address |= o.is_address;
    t.failed |= o.failed || (is_address && o.is_address);
    if (t.page_at == kNoPage) t.page_at = o.page_at;
    for (unsigned i = 0; i < o.count; ++i) {
      if (t.count == kMostFields) t.failed = true;
      else t.fields[t.count++] = o.fields[i];
    }
    return t;
  }
  // `code` has at least 8 readable bytes after the piece. Addresses are those of execution.
  [[gnu::always_inline]] int64_t value(const uint8_t* code, uint64_t execute) const {
    if (count == 1 && !is_address) [[likely]]
      return wrapped(static_cast<uint64_t>(constant) + static_cast<uint64_t>(fields[0].of(code)));
    return general_value(code, execute);
  }

 private:
  int64_t general_value(const uint8_t* code, uint64_t execute) const {
    auto sum = static_cast<uint64_t>(constant);
    for (unsigned i = 0; i < count; ++i) sum += static_cast<uint64_t>(fields[i].of(code));
    if (!is_address) return wrapped(sum);
    const uint64_t base = page_at == kNoPage ? execute : (execute + page_at) & ~uint64_t{0xfff};
    return wrapped(base + sum);
  }
};

// A number that is the same in all uses of the piece.
inline bool is_known(const Term& t) { return t.count == 0 && !t.is_address; }
inline bool is_known(const Term& t, int64_t v) { return is_known(t) && t.constant == v; }

struct Value {
  enum Kind : uint8_t {
    kAny,       // any 64 bits
    kNarrow,    // the upper 32 are zero
    kLeft,      // what a call left in the register
    kEntry,     // the value of register `reg` when the piece was entered
    kConst,     // `term`
    kCode,      // an address in the code or beside it: `term`
    kStack,     // the native stack pointer on entry, plus `term`
    kReturn,    // the return address of the function (AArch64: the value of x30)
    // From the runtime's records (runtime/context.h):
    kFrame,     // the frame, plus `term` bytes
    kSlot,      // 8 bytes read from the frame at `term`
    kContext,   // the instance's context, plus `term`
    kExec,      // ExecContext
    kExecField,  // the value of its field at `term`
    kFuelLeft,  // the fuel, less `term`
    kHalfFrame,  // the frame's address / 2; with the native stack pointer added: kStackSum
    kStackSum,
    kMemory,    // the memory that loads and stores access, plus `term` (which must not be negative)
    kMemoryAt,  // the same plus an index below 2^32
    kMemory0,   // memory 0, not to be accessed before the piece's end
    kFuncRefs,
    kGlobals,
    kTables,  // the context's arrays
    kTable,     // the TableView at `term` bytes into the array
    kTableSize,  // of the table at `term`
    kElements,  // of the table at `term`
    kGlobal,    // 8 bytes read from a global; with kOwn, from `term` bytes into the context
    kCell,      // of the imported global at `term`
    kRef,       // a FuncRef, see `facts`
    kHostFn,
    kHostEnv,  // of a host function's FuncRef
    kAnswer,   // of a host function: in its lowest byte 1, or 0 if it failed
    kRefIndex,  // func_index of a FuncRef of this instance
    kRefType,
    kRefCtx,  // its type_id and ctx
    kRefCode,  // its code,
    kRefEntry,  // that code's entry,
    kRefTarget,  // and the address there
    kRefMemory,  // memory 0 of its ctx
    // Numbers known to be small:
    kAtMost,    // 0 to `term`
    kBelowSize,  // below kTableSize of `term`, or equal
    kDistance,  // read from the jump table at `term`: added to that table's address it is a target
    kTarget,    // that target
    kBitField,  // moved by `type` (immr) and `term` (imms)
    kFlag       // 0 or 1
  };
  // Of a reference, and of what was read from it.
  enum Fact : uint8_t { kNonNull = 1, kOfTable = 2, kOwn = 4, kTyped = 8, kHost = 16, kImport = 32, kGuest = 64 };

  Kind kind = kAny;
  uint8_t reg = 0;
  uint8_t facts = 0;
  uint8_t origin = 0;   // for kAtMost, kBelowSize: 1 + the register whose value on entry it is; 0: none
  uint8_t mixed = 0;    // 1 + the register whose value on entry it is if control came one way; 0: none
  bool narrow = false;  // for kConst: written by a 32-bit operation
  bool is_assumed = false;  // for kRef: each use of the piece must establish that it is a reference
  uint16_t id = 0;  // for kRef, kSlot and values read through them: which one, 0 for none
  Term term{};
  Term type{};  // for a kRef with kTyped: its type's number

  // A host address other than a reference.
  bool is_address() const {
    switch (kind) {
      case kCode:
      case kStack:
      case kReturn:
      case kFrame:
      case kContext:
      case kExec:
      case kMemory:
      case kMemoryAt:
      case kMemory0:
      case kRefCtx:
      case kRefCode:
      case kRefEntry:
      case kRefTarget:
      case kRefMemory:
      case kFuncRefs:
      case kGlobals:
      case kTables:
      case kTable:
      case kElements:
      case kCell:
      case kHostFn:
      case kHostEnv: return true;
      case kTarget: return facts != kImport;  // which may be a constant beside the code
      default: return false;
    }
  }

  Value() = default;
  Value(Kind k) : kind(k) {}
  Value(Kind k, const Term& t) : kind(k), term(t) {}
  static Value entry(unsigned reg) {
    Value v(kEntry);
    v.reg = static_cast<uint8_t>(reg);
    return v;
  }
  bool operator==(const Value&) const = default;
};

}  // namespace ermine::verify

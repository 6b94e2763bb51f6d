// The canonical ABI once more, for comparison with adapters: types, values, and how they lie in memory and in core
// values, written from the specification's definitions.py and independent of src/component/.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace reference {

enum class Kind : uint8_t {
  kBool,
  kS8,
  kU8,
  kS16,
  kU16,
  kS32,
  kU32,
  kS64,
  kU64,
  kF32,
  kF64,
  kChar,
  kString,
  kRecord,
  kTuple,
  kVariant,
  kEnum,
  kOption,
  kResult,
  kFlags,
  kList,
  kFixedList,
  kMap,
  kNone,
};

struct Type {
  Kind kind = Kind::kNone;
  std::vector<Type> parts;  // fields, cases (kNone: without payload), the element, the key and the value
  uint32_t count = 0;       // of labels, of the elements of a fixed-length list

  std::string text() const;  // in the text format of components
};

struct Value {
  uint64_t number = 0;  // of numbers the bits, of flags the set, of variants the case
  std::u32string text;
  std::vector<Value> parts;
};

enum class Encoding : uint8_t { kUtf8, kUtf16, kLatin1Utf16 };

struct Side {
  Encoding encoding = Encoding::kUtf8;
  bool is64 = false;
  std::function<std::span<uint8_t>()> memory;
  std::function<uint64_t(uint64_t alignment, uint64_t size)> allocate;
  // For the choices that the ABI leaves to the guest, such as bits that do not count.
  std::mt19937_64* random = nullptr;
  // Values come from an adapter: lifting aborts if bits that do not count are set.
  bool exact = false;

  uint32_t pointer_size() const { return is64 ? 8 : 4; }
  char pointer() const { return is64 ? 'I' : 'i'; }
};

uint32_t alignment(const Type& type, const Side& side);
uint32_t size(const Type& type, const Side& side);
std::string flatten(const Type& type, const Side& side);  // of i, I, f, F

Value load(const Side& side, uint64_t pointer, const Type& type);
void store(const Side& side, const Value& value, const Type& type, uint64_t pointer);
Value lift(const Side& side, std::span<const uint64_t>& flat, const Type& type);
void lower(const Side& side, const Value& value, const Type& type, std::vector<uint64_t>& flat);

// Compares, any NaN being equal to any other.
bool equal(const Value& a, const Value& b, const Type& type);
std::string show(const Value& value, const Type& type);

Type random_type(std::mt19937_64& random, unsigned depth);
Value random_value(std::mt19937_64& random, const Type& type);

}  // namespace reference

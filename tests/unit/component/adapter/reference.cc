#include "reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

namespace reference {

namespace {

constexpr const char* kPrimitiveNames[] = {"bool", "s8",  "u8",  "s16", "u16",  "s32",   "u32",
                                           "s64",  "u64", "f32", "f64", "char", "string"};
constexpr uint32_t kPrimitiveSizes[] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 4};

void require(bool condition) {
  if (!condition) std::abort();
}

Type despecialize(const Type& type) {
  switch (type.kind) {
    case Kind::kTuple: return {Kind::kRecord, type.parts, 0};
    case Kind::kEnum: return {Kind::kVariant, std::vector<Type>(type.count), 0};
    case Kind::kOption: return {Kind::kVariant, {Type(), type.parts[0]}, 0};
    case Kind::kResult: return {Kind::kVariant, type.parts, 0};
    case Kind::kMap: return {Kind::kList, {{Kind::kRecord, type.parts, 0}}, 0};
    default: return type;
  }
}

uint64_t align_to(uint64_t pointer, uint64_t alignment) { return (pointer + alignment - 1) / alignment * alignment; }

uint32_t discriminant_size(const Type& variant) {
  const size_t n = variant.parts.size();
  return n <= 256 ? 1 : n <= 65536 ? 2 : 4;
}
uint32_t max_case_alignment(const Type& variant, const Side& side) {
  uint32_t a = 1;
  for (const Type& part : variant.parts)
    if (part.kind != Kind::kNone) a = std::max(a, alignment(part, side));
  return a;
}
uint32_t flags_size(const Type& type) { return type.count <= 8 ? 1 : type.count <= 16 ? 2 : 4; }

char join(char a, char b) {
  if (a == b) return a;
  if ((a == 'i' && b == 'f') || (a == 'f' && b == 'i')) return 'i';
  return 'I';
}

uint64_t load_int(const Side& side, uint64_t pointer, uint32_t bytes) {
  const std::span<uint8_t> memory = side.memory();
  require(pointer <= memory.size() && memory.size() - pointer >= bytes);
  uint64_t value = 0;
  std::memcpy(&value, memory.data() + pointer, bytes);
  return value;
}
void store_int(const Side& side, uint64_t value, uint64_t pointer, uint32_t bytes) {
  const std::span<uint8_t> memory = side.memory();
  require(pointer <= memory.size() && memory.size() - pointer >= bytes);
  std::memcpy(memory.data() + pointer, &value, bytes);
}

uint64_t low_bits(uint64_t value, uint32_t bits) { return bits == 64 ? value : value & ((uint64_t{1} << bits) - 1); }

uint64_t truth(const Side& side, uint64_t value) {
  require(!side.exact || value <= 1);
  return value != 0;
}
uint64_t labels(const Side& side, uint64_t value, uint32_t count) {
  require(!side.exact || value == low_bits(value, count));
  return low_bits(value, count);
}

std::vector<uint16_t> utf16(const std::u32string& text) {
  std::vector<uint16_t> units;
  for (const char32_t c : text) {
    if (c < 0x10000) {
      units.push_back(static_cast<uint16_t>(c));
    } else {
      units.push_back(static_cast<uint16_t>(0xD800 + ((c - 0x10000) >> 10)));
      units.push_back(static_cast<uint16_t>(0xDC00 + ((c - 0x10000) & 0x3FF)));
    }
  }
  return units;
}
std::vector<uint8_t> utf8(const std::u32string& text) {
  std::vector<uint8_t> bytes;
  const auto put = [&](uint32_t byte) { bytes.push_back(static_cast<uint8_t>(byte)); };
  for (const char32_t c : text) {
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0 | c >> 6), put(0x80 | (c & 63));
    } else if (c < 0x10000) {
      put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
    } else {
      put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 63)), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
    }
  }
  return bytes;
}

std::u32string load_text(const Side& side, uint64_t begin, uint64_t tagged) {
  const uint64_t tag = side.is64 ? uint64_t{1} << 63 : uint64_t{1} << 31;
  std::u32string text;
  if (side.encoding == Encoding::kUtf8) {
    for (uint64_t i = 0; i < tagged;) {
      const uint64_t first = load_int(side, begin + i, 1);
      const uint32_t n = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
      uint64_t c = n == 1 ? first : first & (0x7F >> n);
      for (uint32_t k = 1; k < n; ++k) c = c << 6 | (load_int(side, begin + i + k, 1) & 63);
      text += static_cast<char32_t>(c);
      i += n;
    }
    return text;
  }
  require(begin % 2 == 0);
  if (side.encoding == Encoding::kLatin1Utf16 && !(tagged & tag)) {
    for (uint64_t i = 0; i < tagged; ++i) text += static_cast<char32_t>(load_int(side, begin + i, 1));
    return text;
  }
  const uint64_t units = side.encoding == Encoding::kLatin1Utf16 ? tagged ^ tag : tagged;
  for (uint64_t i = 0; i < units; ++i) {
    uint64_t c = load_int(side, begin + 2 * i, 2);
    if (c >= 0xD800 && c < 0xDC00) c = 0x10000 + ((c - 0xD800) << 10 | (load_int(side, begin + 2 * ++i, 2) - 0xDC00));
    text += static_cast<char32_t>(c);
  }
  return text;
}

std::pair<uint64_t, uint64_t> store_text(const Side& side, const std::u32string& text) {
  const uint64_t tag = side.is64 ? uint64_t{1} << 63 : uint64_t{1} << 31;
  const bool latin1 = std::ranges::all_of(text, [](char32_t c) { return c < 0x100; });
  if (side.encoding == Encoding::kUtf8) {
    const std::vector<uint8_t> bytes = utf8(text);
    const uint64_t pointer = side.allocate(1, bytes.size());
    for (size_t i = 0; i < bytes.size(); ++i) store_int(side, bytes[i], pointer + i, 1);
    return {pointer, bytes.size()};
  }
  if (side.encoding == Encoding::kLatin1Utf16 && latin1 && (*side.random)() % 4 != 0) {
    const uint64_t pointer = side.allocate(2, text.size());
    for (size_t i = 0; i < text.size(); ++i) store_int(side, text[i], pointer + i, 1);
    return {pointer, text.size()};
  }
  const std::vector<uint16_t> units = utf16(text);
  const uint64_t pointer = side.allocate(2, 2 * units.size());
  for (size_t i = 0; i < units.size(); ++i) store_int(side, units[i], pointer + 2 * i, 2);
  return {pointer, units.size() | (side.encoding == Encoding::kLatin1Utf16 ? tag : 0)};
}

uint64_t extended(uint64_t value, Kind kind) {
  switch (kind) {
    case Kind::kS8: return static_cast<uint32_t>(static_cast<int32_t>(static_cast<int8_t>(value)));
    case Kind::kS16: return static_cast<uint32_t>(static_cast<int32_t>(static_cast<int16_t>(value)));
    default: return value;
  }
}

}  // namespace

std::string Type::text() const {
  std::string out;
  const auto list = [&](std::string_view word, std::string_view before) {
    out = fmt::format("({}", word);
    for (size_t i = 0; i < parts.size(); ++i) {
      if (before.empty()) out += " " + parts[i].text();
      else if (parts[i].kind == Kind::kNone) out += fmt::format(" ({} \"l{}\")", before, i);
      else out += fmt::format(" ({} \"l{}\" {})", before, i, parts[i].text());
    }
    return out + ")";
  };
  const auto labels = [&](std::string_view word) {
    out = fmt::format("({}", word);
    for (uint32_t i = 0; i < count; ++i) out += fmt::format(" \"l{}\"", i);
    return out + ")";
  };
  switch (kind) {
    case Kind::kRecord: return list("record", "field");
    case Kind::kVariant: return list("variant", "case");
    case Kind::kTuple: return list("tuple", "");
    case Kind::kOption: return list("option", "");
    case Kind::kList: return list("list", "");
    case Kind::kMap: return list("map", "");
    case Kind::kEnum: return labels("enum");
    case Kind::kFlags: return labels("flags");
    case Kind::kFixedList: return fmt::format("(list {} {})", parts[0].text(), count);
    case Kind::kResult:
      return fmt::format("(result{}{})", parts[0].kind == Kind::kNone ? "" : " " + parts[0].text(),
                         parts[1].kind == Kind::kNone ? "" : fmt::format(" (error {})", parts[1].text()));
    case Kind::kNone: return "";
    default: return kPrimitiveNames[static_cast<size_t>(kind)];
  }
}

uint32_t alignment(const Type& original, const Side& side) {
  const Type type = despecialize(original);
  switch (type.kind) {
    case Kind::kString:
    case Kind::kList: return side.pointer_size();
    case Kind::kRecord: {
      uint32_t a = 1;
      for (const Type& part : type.parts) a = std::max(a, alignment(part, side));
      return a;
    }
    case Kind::kVariant: return std::max(discriminant_size(type), max_case_alignment(type, side));
    case Kind::kFlags: return flags_size(type);
    case Kind::kFixedList: return alignment(type.parts[0], side);
    default: return kPrimitiveSizes[static_cast<size_t>(type.kind)];
  }
}

uint32_t size(const Type& original, const Side& side) {
  const Type type = despecialize(original);
  switch (type.kind) {
    case Kind::kString:
    case Kind::kList: return 2 * side.pointer_size();
    case Kind::kRecord: {
      uint64_t s = 0;
      for (const Type& part : type.parts) s = align_to(s, alignment(part, side)) + size(part, side);
      return static_cast<uint32_t>(align_to(s, alignment(type, side)));
    }
    case Kind::kVariant: {
      uint32_t payload = 0;
      for (const Type& part : type.parts)
        if (part.kind != Kind::kNone) payload = std::max(payload, size(part, side));
      return static_cast<uint32_t>(
          align_to(align_to(discriminant_size(type), max_case_alignment(type, side)) + payload, alignment(type, side)));
    }
    case Kind::kFlags: return flags_size(type);
    case Kind::kFixedList: return type.count * size(type.parts[0], side);
    default: return kPrimitiveSizes[static_cast<size_t>(type.kind)];
  }
}

std::string flatten(const Type& original, const Side& side) {
  const Type type = despecialize(original);
  std::string flat;
  switch (type.kind) {
    case Kind::kS64:
    case Kind::kU64: return "I";
    case Kind::kF32: return "f";
    case Kind::kF64: return "F";
    case Kind::kString:
    case Kind::kList: return std::string(2, side.pointer());
    case Kind::kRecord:
      for (const Type& part : type.parts) flat += flatten(part, side);
      return flat;
    case Kind::kVariant:
      for (const Type& part : type.parts) {
        if (part.kind == Kind::kNone) continue;
        const std::string payload = flatten(part, side);
        for (size_t i = 0; i < payload.size(); ++i) {
          if (i < flat.size()) flat[i] = join(flat[i], payload[i]);
          else flat += payload[i];
        }
      }
      return "i" + flat;
    case Kind::kFixedList:
      for (uint32_t i = 0; i < type.count; ++i) flat += flatten(type.parts[0], side);
      return flat;
    default: return "i";
  }
}

Value load(const Side& side, uint64_t pointer, const Type& original) {
  const Type type = despecialize(original);
  require(pointer % alignment(type, side) == 0);
  Value value;
  switch (type.kind) {
    case Kind::kBool: value.number = truth(side, load_int(side, pointer, 1)); break;
    case Kind::kString:
      value.text = load_text(side, load_int(side, pointer, side.pointer_size()),
                             load_int(side, pointer + side.pointer_size(), side.pointer_size()));
      break;
    case Kind::kList: {
      const uint64_t begin = load_int(side, pointer, side.pointer_size());
      const uint64_t length = load_int(side, pointer + side.pointer_size(), side.pointer_size());
      for (uint64_t i = 0; i < length; ++i)
        value.parts.push_back(load(side, begin + i * size(type.parts[0], side), type.parts[0]));
      break;
    }
    case Kind::kRecord:
      for (const Type& part : type.parts) {
        pointer = align_to(pointer, alignment(part, side));
        value.parts.push_back(load(side, pointer, part));
        pointer += size(part, side);
      }
      break;
    case Kind::kVariant: {
      value.number = load_int(side, pointer, discriminant_size(type));
      require(value.number < type.parts.size());
      pointer = align_to(pointer + discriminant_size(type), max_case_alignment(type, side));
      const Type& part = type.parts[value.number];
      if (part.kind != Kind::kNone) value.parts.push_back(load(side, pointer, part));
      break;
    }
    case Kind::kFlags: value.number = labels(side, load_int(side, pointer, flags_size(type)), type.count); break;
    case Kind::kFixedList:
      for (uint32_t i = 0; i < type.count; ++i)
        value.parts.push_back(load(side, pointer + i * size(type.parts[0], side), type.parts[0]));
      break;
    default: value.number = load_int(side, pointer, kPrimitiveSizes[static_cast<size_t>(type.kind)]); break;
  }
  return value;
}

void store(const Side& side, const Value& value, const Type& original, uint64_t pointer) {
  const Type type = despecialize(original);
  require(pointer % alignment(type, side) == 0);
  switch (type.kind) {
    case Kind::kBool: store_int(side, value.number ? 1 + (*side.random)() % 255 : 0, pointer, 1); break;
    case Kind::kString: {
      const auto [begin, length] = store_text(side, value.text);
      store_int(side, begin, pointer, side.pointer_size());
      store_int(side, length, pointer + side.pointer_size(), side.pointer_size());
      break;
    }
    case Kind::kList: {
      const uint32_t element = size(type.parts[0], side);
      const uint64_t begin = side.allocate(alignment(type.parts[0], side), element * value.parts.size());
      for (size_t i = 0; i < value.parts.size(); ++i) store(side, value.parts[i], type.parts[0], begin + i * element);
      store_int(side, begin, pointer, side.pointer_size());
      store_int(side, value.parts.size(), pointer + side.pointer_size(), side.pointer_size());
      break;
    }
    case Kind::kRecord:
      for (size_t i = 0; i < type.parts.size(); ++i) {
        pointer = align_to(pointer, alignment(type.parts[i], side));
        store(side, value.parts[i], type.parts[i], pointer);
        pointer += size(type.parts[i], side);
      }
      break;
    case Kind::kVariant: {
      store_int(side, value.number, pointer, discriminant_size(type));
      pointer = align_to(pointer + discriminant_size(type), max_case_alignment(type, side));
      const Type& part = type.parts[value.number];
      if (part.kind != Kind::kNone) store(side, value.parts[0], part, pointer);
      break;
    }
    case Kind::kFlags:
      store_int(side, value.number | ((*side.random)() & ~low_bits(~uint64_t{0}, type.count)), pointer,
                flags_size(type));
      break;
    case Kind::kFixedList:
      for (uint32_t i = 0; i < type.count; ++i)
        store(side, value.parts[i], type.parts[0], pointer + i * size(type.parts[0], side));
      break;
    default: store_int(side, value.number, pointer, kPrimitiveSizes[static_cast<size_t>(type.kind)]); break;
  }
}

Value lift(const Side& side, std::span<const uint64_t>& flat, const Type& original) {
  const Type type = despecialize(original);
  const auto next = [&] {
    require(!flat.empty());
    const uint64_t value = flat.front();
    flat = flat.subspan(1);
    return value;
  };
  Value value;
  switch (type.kind) {
    case Kind::kBool: value.number = truth(side, next()); break;
    case Kind::kString: {
      const uint64_t begin = next();
      value.text = load_text(side, begin, next());
      break;
    }
    case Kind::kList: {
      const uint64_t begin = next(), length = next();
      for (uint64_t i = 0; i < length; ++i)
        value.parts.push_back(load(side, begin + i * size(type.parts[0], side), type.parts[0]));
      break;
    }
    case Kind::kRecord:
      for (const Type& part : type.parts) value.parts.push_back(lift(side, flat, part));
      break;
    case Kind::kFixedList:
      for (uint32_t i = 0; i < type.count; ++i) value.parts.push_back(lift(side, flat, type.parts[0]));
      break;
    case Kind::kVariant: {
      const size_t after = flat.size() - flatten(type, side).size();
      value.number = next();
      require(value.number < type.parts.size());
      const Type& part = type.parts[value.number];
      // A value of 32 bits in a joined i64 is in its low half: bits are all that these numbers are.
      if (part.kind != Kind::kNone) {
        std::string have = flatten(part, side);
        std::vector<uint64_t> payload(flat.begin(), flat.begin() + static_cast<ptrdiff_t>(have.size()));
        for (size_t i = 0; i < have.size(); ++i) {
          if (have[i] != 'i' && have[i] != 'f') continue;
          require(!side.exact || payload[i] < uint64_t{1} << 32);
          payload[i] = low_bits(payload[i], 32);
        }
        std::span<const uint64_t> rest(payload);
        value.parts.push_back(lift(side, rest, part));
      }
      flat = flat.subspan(flat.size() - after);
      break;
    }
    case Kind::kFlags: value.number = labels(side, next(), type.count); break;
    default: {
      const uint64_t given = next();
      value.number = low_bits(given, 8 * kPrimitiveSizes[static_cast<size_t>(type.kind)]);
      // What a function receives is extended.
      if (side.exact) require(given == extended(value.number, type.kind));
      break;
    }
  }
  return value;
}

void lower(const Side& side, const Value& value, const Type& original, std::vector<uint64_t>& flat) {
  const Type type = despecialize(original);
  const auto noise = [&](uint32_t bits) { return low_bits((*side.random)(), 32) & ~low_bits(~uint64_t{0}, bits); };
  switch (type.kind) {
    case Kind::kBool: flat.push_back(value.number ? 1 + (*side.random)() % 0xFFFF'FFFF : 0); break;
    case Kind::kString: {
      const auto [begin, length] = store_text(side, value.text);
      flat.insert(flat.end(), {begin, length});
      break;
    }
    case Kind::kList: {
      const uint32_t element = size(type.parts[0], side);
      const uint64_t begin = side.allocate(alignment(type.parts[0], side), element * value.parts.size());
      for (size_t i = 0; i < value.parts.size(); ++i) store(side, value.parts[i], type.parts[0], begin + i * element);
      flat.insert(flat.end(), {begin, value.parts.size()});
      break;
    }
    case Kind::kRecord:
      for (size_t i = 0; i < type.parts.size(); ++i) lower(side, value.parts[i], type.parts[i], flat);
      break;
    case Kind::kFixedList:
      for (uint32_t i = 0; i < type.count; ++i) lower(side, value.parts[i], type.parts[0], flat);
      break;
    case Kind::kVariant: {
      const std::string types = flatten(type, side);
      const size_t end = flat.size() + types.size();
      flat.push_back(value.number);
      const Type& part = type.parts[value.number];
      if (part.kind != Kind::kNone) {
        const size_t begin = flat.size();
        lower(side, value.parts[0], part, flat);
        const std::string have = flatten(part, side);
        // The upper half of a joined i64 does not count.
        for (size_t i = 0; i < have.size(); ++i)
          if (types[1 + i] == 'I' && (have[i] == 'i' || have[i] == 'f')) flat[begin + i] |= (*side.random)() << 32;
      }
      while (flat.size() < end)
        flat.push_back(low_bits((*side.random)(), types[types.size() - (end - flat.size())] == 'I' ||
                                                          types[types.size() - (end - flat.size())] == 'F'
                                                      ? 64
                                                      : 32));
      break;
    }
    case Kind::kFlags: flat.push_back(value.number | noise(type.count)); break;
    case Kind::kU8:
    case Kind::kS8: flat.push_back(value.number | noise(8)); break;
    case Kind::kU16:
    case Kind::kS16: flat.push_back(value.number | noise(16)); break;
    default: flat.push_back(value.number); break;
  }
}

bool equal(const Value& a, const Value& b, const Type& original) {
  const Type type = despecialize(original);
  const auto nan32 = [](uint64_t bits) { return (bits & 0x7FFF'FFFF) > 0x7F80'0000; };
  const auto nan64 = [](uint64_t bits) { return (bits & ~(uint64_t{1} << 63)) > 0x7FF0'0000'0000'0000; };
  if (type.kind == Kind::kF32 && nan32(a.number) && nan32(b.number)) return true;
  if (type.kind == Kind::kF64 && nan64(a.number) && nan64(b.number)) return true;
  if (a.number != b.number || a.text != b.text || a.parts.size() != b.parts.size()) return false;
  for (size_t i = 0; i < a.parts.size(); ++i) {
    const Type& part = type.kind == Kind::kRecord    ? type.parts[i]
                       : type.kind == Kind::kVariant ? type.parts[a.number]
                                                     : type.parts[0];
    if (!equal(a.parts[i], b.parts[i], part)) return false;
  }
  return true;
}

std::string show(const Value& value, const Type& original) {
  const Type type = despecialize(original);
  if (type.kind == Kind::kString) {
    std::string out = "\"";
    for (const char32_t c : value.text)
      out += c < 0x80 && c >= 0x20 ? std::string(1, static_cast<char>(c)) : fmt::format("\\{:x}", uint32_t{c});
    return out + "\"";
  }
  if (type.kind < Kind::kString || type.kind == Kind::kFlags) return fmt::format("{:x}", value.number);
  std::string out = type.kind == Kind::kVariant ? fmt::format("{}(", value.number) : "(";
  for (size_t i = 0; i < value.parts.size(); ++i)
    out += show(value.parts[i], type.kind == Kind::kRecord    ? type.parts[i]
                                : type.kind == Kind::kVariant ? type.parts[value.number]
                                                              : type.parts[0]) +
           ",";
  return out + ")";
}

Type random_type(std::mt19937_64& random, unsigned depth) {
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  Type type;
  if (depth == 0 || below(5) == 0) {
    type.kind = static_cast<Kind>(below(13));
    return type;
  }
  type.kind = static_cast<Kind>(13 + below(10));
  const auto parts = [&](uint32_t n, bool optional) {
    for (uint32_t i = 0; i < n; ++i)
      type.parts.push_back(optional && below(3) == 0 ? Type() : random_type(random, depth - 1));
  };
  switch (type.kind) {
    case Kind::kRecord:
    case Kind::kTuple: parts(1 + below(5), false); break;
    case Kind::kVariant: parts(1 + below(6), true); break;
    case Kind::kEnum: type.count = below(8) == 0 ? 250 + below(20) : 1 + below(5); break;
    case Kind::kFlags: type.count = 1 + below(32); break;
    case Kind::kOption:
    case Kind::kList: parts(1, false); break;
    case Kind::kResult: parts(2, true); break;
    case Kind::kFixedList:
      parts(1, false);
      type.count = 1 + below(5);
      break;
    case Kind::kMap:
      type.parts = {{static_cast<Kind>(below(9)), {}, 0}, random_type(random, depth - 1)};  // keys: no floats
      if (below(2)) type.parts[0].kind = Kind::kString;
      break;
    default: break;
  }
  return type;
}

Value random_value(std::mt19937_64& random, const Type& original) {
  const Type type = despecialize(original);
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  const auto character = [&](uint32_t level) -> char32_t {
    switch (level) {
      case 0: return below(0x80);
      case 1: return below(0x100);
      case 2: {
        const uint32_t c = below(0xF800);
        return c < 0xD800 ? c : c + 0x800;
      }
      default: {
        const uint32_t c = below(0x10F800);
        return c < 0xD800 ? c : c + 0x800;
      }
    }
  };
  Value value;
  switch (type.kind) {
    case Kind::kBool: value.number = below(2); break;
    case Kind::kChar: value.number = character(below(4)); break;
    case Kind::kF32: value.number = below(8) == 0 ? 0x7F80'0000 | below(1 << 23) : low_bits(random(), 32); break;
    case Kind::kString: {
      const uint32_t length = below(4) == 0 ? below(60) : below(12), level = below(4);
      for (uint32_t i = 0; i < length; ++i) value.text += character(below(level + 1));
      break;
    }
    case Kind::kList: {
      const uint32_t length = below(5);
      for (uint32_t i = 0; i < length; ++i) value.parts.push_back(random_value(random, type.parts[0]));
      break;
    }
    case Kind::kFixedList:
      for (uint32_t i = 0; i < type.count; ++i) value.parts.push_back(random_value(random, type.parts[0]));
      break;
    case Kind::kRecord:
      for (const Type& part : type.parts) value.parts.push_back(random_value(random, part));
      break;
    case Kind::kVariant:
      value.number = below(static_cast<uint32_t>(type.parts.size()));
      if (type.parts[value.number].kind != Kind::kNone)
        value.parts.push_back(random_value(random, type.parts[value.number]));
      break;
    case Kind::kFlags: value.number = low_bits(random(), type.count); break;
    default: value.number = low_bits(random(), 8 * kPrimitiveSizes[static_cast<size_t>(type.kind)]); break;
  }
  return value;
}

}  // namespace reference

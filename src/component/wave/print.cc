// Prints values. See wave.h. Recursion is as deep as the value, which is as deep as its type (kMaxValueDepth); deeper
// values, which only a program can make, are refused.
#include "base/format.h"
#include "base/utf8.h"
#include "component/wave/lexer.h"
#include "component/wave/wave.h"

namespace ermine::component::wave {
namespace {

class Printer {
 public:
  // False: refused, see error.
  bool value(const Value& v, unsigned depth = 0);
  std::string out;
  Error error;

 private:
  bool refuse(std::string message) {
    error = Error(ErrorKind::kUnsupported, std::move(message));
    return false;
  }
  void label(std::string_view name) {
    if (is_keyword(name)) out += '%';
    out += name;
  }
  void character(std::string_view utf8, uint32_t c);
  bool list(const std::vector<Value>& values, unsigned depth);
  bool record(const std::vector<NamedValue>& fields, unsigned depth);
  bool payload(const Value* v, unsigned depth);
};

void Printer::character(std::string_view utf8, uint32_t c) {
  static constexpr std::pair<char, std::string_view> kEscapes[] = {{'\\', "\\\\"}, {'"', "\\\""}, {'\'', "\\'"},
                                                                   {'\n', "\\n"},  {'\r', "\\r"}, {'\t', "\\t"}};
  for (const auto& [plain, escape] : kEscapes)
    if (c == static_cast<uint32_t>(plain)) {
      out += escape;
      return;
    }
  const auto* bytes = reinterpret_cast<const uint8_t*>(utf8.data());
  if (base::printable_length(bytes, bytes + utf8.size()) != 0) out += utf8;
  else out += base::format("\\u{:t}{:x}}", "{", c);
}

bool Printer::list(const std::vector<Value>& values, unsigned depth) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ", ";
    if (!value(values[i], depth)) return false;
  }
  return true;
}

// Fields that are none are left out.
bool Printer::record(const std::vector<NamedValue>& fields, unsigned depth) {
  out += '{';
  bool first = true;
  for (const NamedValue& field : fields) {
    if (field.value.kind() == ValueKind::kOption && field.value.payload() == nullptr) continue;
    if (!first) out += ", ";
    first = false;
    out += field.name;
    out += ": ";
    if (!value(field.value, depth)) return false;
  }
  out += first ? ":}" : "}";
  return true;
}

bool Printer::payload(const Value* v, unsigned depth) {
  if (v == nullptr) return true;
  out += '(';
  if (!value(*v, depth)) return false;
  out += ')';
  return true;
}

// A code point in UTF-8; it is one, because the value has been checked.
std::string utf8_of(uint32_t c) {
  std::string s;
  if (c < 0x80) return std::string(1, static_cast<char>(c));
  const unsigned length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  static constexpr uint32_t kLead[] = {0, 0, 0xC0, 0xE0, 0xF0};
  for (unsigned i = 0; i < length; ++i) {
    const uint32_t bits = c >> (6 * (length - 1 - i));
    s += static_cast<char>(i == 0 ? kLead[length] | bits : 0x80 | (bits & 0x3F));
  }
  return s;
}

bool Printer::value(const Value& v, unsigned depth) {
  if (depth > kMaxValueDepth)
    return refuse(base::format("values that nest more than {} deep are not printed", kMaxValueDepth));
  if (is_handle(v.kind())) return refuse(base::format("a value of type {:t} has no text", kind_name(v.kind())));
  switch (v.kind()) {
    case ValueKind::kBool: out += v.as_bool() ? "true" : "false"; return true;
    case ValueKind::kS8:
    case ValueKind::kS16:
    case ValueKind::kS32:
    case ValueKind::kS64: out += std::to_string(v.as_signed()); return true;
    case ValueKind::kF32: out += v.as_f32() != v.as_f32() ? "nan" : base::shortest(v.as_f32()); return true;
    case ValueKind::kF64: out += v.as_f64() != v.as_f64() ? "nan" : base::shortest(v.as_f64()); return true;
    case ValueKind::kChar: {
      out += '\'';
      const auto c = static_cast<uint32_t>(v.as_char());
      character(utf8_of(c), c);
      out += '\'';
      return true;
    }
    case ValueKind::kString: {
      out += '"';
      const std::string& s = v.as_string();
      const auto* const end = reinterpret_cast<const uint8_t*>(s.data() + s.size());
      for (const auto* p = reinterpret_cast<const uint8_t*>(s.data()); p != end;) {
        const unsigned length = base::utf8_length(p, end);
        if (length == 0) return refuse("a string that is not UTF-8 has no text");
        uint32_t c = length == 1 ? *p : *p & (0x7FU >> length);
        for (unsigned i = 1; i < length; ++i) c = c << 6 | (p[i] & 0x3FU);
        character({reinterpret_cast<const char*>(p), length}, c);
        p += length;
      }
      out += '"';
      return true;
    }
    case ValueKind::kList:
    case ValueKind::kFixedList:
    case ValueKind::kTuple: {
      const bool is_tuple = v.kind() == ValueKind::kTuple;
      out += is_tuple ? '(' : '[';
      if (v.is_packed()) {
        for (size_t i = 0; i < v.size(); ++i) {
          if (i != 0) out += ", ";
          if (!value(v.at(i), depth + 1)) return false;
        }
      } else if (!list(v.elements(), depth + 1)) {
        return false;
      }
      out += is_tuple ? ')' : ']';
      return true;
    }
    case ValueKind::kMap: {
      out += '[';
      bool first = true;
      for (const auto& [key, entry] : v.entries()) {
        out += first ? "(" : ", (";
        first = false;
        if (!value(key, depth + 1)) return false;
        out += ", ";
        if (!value(entry, depth + 1)) return false;
        out += ')';
      }
      out += ']';
      return true;
    }
    case ValueKind::kRecord: return record(v.fields(), depth + 1);
    case ValueKind::kVariant: label(v.case_name()); return payload(v.payload(), depth + 1);
    case ValueKind::kEnum: label(v.case_name()); return true;
    case ValueKind::kOption:
    case ValueKind::kResult: out += v.case_name(); return payload(v.payload(), depth + 1);
    case ValueKind::kFlags: {
      out += '{';
      bool first = true;
      for (const std::string& name : v.flag_names()) {
        if (!first) out += ", ";
        first = false;
        out += name;
      }
      out += '}';
      return true;
    }
    default: out += std::to_string(v.as_unsigned()); return true;  // kU8 to kU64
  }
}

}  // namespace

Result<std::string> print(const Value& value) {
  Printer printer;
  if (!printer.value(value)) return std::move(printer.error);
  return std::move(printer.out);
}

Result<std::string> print_call(std::string_view name, const std::vector<Value>& arguments) {
  Printer printer;
  printer.out = std::string(name) + "(";
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0) printer.out += ", ";
    if (!printer.value(arguments[i])) return std::move(printer.error);
  }
  return printer.out + ")";
}

}  // namespace ermine::component::wave

// Values of components in scripts. See component_values.h.
#include "text/wast/component_values.h"

#include <fmt/format.h>

#include "base/fixed_text.h"
#include "base/utf8.h"
#include "ermine/printable.h"
#include "text/number.h"

namespace ermine::text {

namespace {

constexpr unsigned kMaxValueNesting = 100;

// What follows the word of a constant.
enum class ValueForm : uint8_t {
  kBool,
  kInteger,
  kChar,
  kString,
  kValues,    // any number of values
  kFields,    // any number of (field "name" value)
  kCase,      // the name of a case, and a value if it has a payload
  kName,      // the name of a case
  kNothing,
  kValue,
  kOptional,  // a value or nothing
  kNames,
};

struct ValueWord {
  base::FixedText<15> word;
  base::FixedText<7> shown;
  ScriptValueKind kind;
  ValueForm form;
  unsigned bits = 0;  // of integers
  bool is_signed = false;
};
constexpr ValueWord kWords[] = {
    {"bool.const", "bool", ScriptValueKind::kBool, ValueForm::kBool},
    {"u8.const", "u8", ScriptValueKind::kU8, ValueForm::kInteger, 8},
    {"s8.const", "s8", ScriptValueKind::kS8, ValueForm::kInteger, 8, true},
    {"u16.const", "u16", ScriptValueKind::kU16, ValueForm::kInteger, 16},
    {"s16.const", "s16", ScriptValueKind::kS16, ValueForm::kInteger, 16, true},
    {"u32.const", "u32", ScriptValueKind::kU32, ValueForm::kInteger, 32},
    {"s32.const", "s32", ScriptValueKind::kS32, ValueForm::kInteger, 32, true},
    {"u64.const", "u64", ScriptValueKind::kU64, ValueForm::kInteger, 64},
    {"s64.const", "s64", ScriptValueKind::kS64, ValueForm::kInteger, 64, true},
    {"char.const", "char", ScriptValueKind::kChar, ValueForm::kChar},
    {"str.const", "string", ScriptValueKind::kString, ValueForm::kString},
    {"list.const", "list", ScriptValueKind::kList, ValueForm::kValues},
    {"record.const", "record", ScriptValueKind::kRecord, ValueForm::kFields},
    {"tuple.const", "tuple", ScriptValueKind::kTuple, ValueForm::kValues},
    {"variant.const", "variant", ScriptValueKind::kVariant, ValueForm::kCase},
    {"enum.const", "enum", ScriptValueKind::kEnum, ValueForm::kName},
    {"option.none", "none", ScriptValueKind::kOptionNone, ValueForm::kNothing},
    {"option.some", "some", ScriptValueKind::kOptionSome, ValueForm::kValue},
    {"result.ok", "ok", ScriptValueKind::kResultOk, ValueForm::kOptional},
    {"result.err", "err", ScriptValueKind::kResultErr, ValueForm::kOptional},
    {"flags.const", "flags", ScriptValueKind::kFlags, ValueForm::kNames},
};

// The code point of a text of one character.
std::optional<uint32_t> only_character(std::string_view text) {
  const auto* p = reinterpret_cast<const uint8_t*>(text.data());
  if (text.empty() || base::utf8_length(p, p + text.size()) != text.size()) return std::nullopt;
  uint32_t value = text.size() == 1 ? p[0] : p[0] & (0xFFu >> (text.size() + 1));
  for (size_t i = 1; i < text.size(); ++i) value = value << 6 | (p[i] & 0x3F);
  return value;
}

std::string quoted_text(std::string_view text) { return "\"" + printable(text) + "\""; }

}  // namespace

// What follows `word`, without the closing parenthesis.
bool ScriptReader::component_value(ScriptValue& out, std::string_view word, bool pattern, unsigned depth) {
  const ValueWord* found = nullptr;
  for (const ValueWord& candidate : kWords)
    if (candidate.word == word) found = &candidate;
  if (found == nullptr) return fail("expected a constant");
  if (depth >= kMaxValueNesting) return fail("values are nested too deeply");
  out.kind = found->kind;
  advance();
  auto part = [&] { return value(out.parts.emplace_back(), pattern, depth + 1); };
  switch (found->form) {
    case ValueForm::kBool:
      if (tok_.kind != TokenKind::kKeyword || (tok_.text != "true" && tok_.text != "false"))
        return fail("expected true or false");
      out.bits = tok_.text == "true" ? 1 : 0;
      advance();
      break;
    case ValueForm::kInteger: {
      // A sign that the type does not have makes the number malformed.
      const std::string_view text = tok_.text;
      const bool negative = text.starts_with('-');
      uint64_t magnitude = 0;
      const uint64_t limit = uint64_t{1} << (found->bits - 1);
      if (tok_.kind != TokenKind::kNumber || (!found->is_signed && (negative || text.starts_with('+'))) ||
          parse_unsigned(text.substr(negative || text.starts_with('+') ? 1 : 0), found->bits, magnitude) !=
              NumberStatus::kOk ||
          (found->is_signed && magnitude > (negative ? limit : limit - 1)))
        return fail(fmt::format("expected a number of the type {}", found->shown.view()));
      out.bits = negative ? 0 - magnitude : magnitude;
      advance();
      break;
    }
    case ValueForm::kChar: {
      std::string text;
      if (!string(text)) return false;
      const std::optional<uint32_t> character = only_character(text);
      if (!character) return fail("the string before is not one character");
      out.bits = *character;
      break;
    }
    case ValueForm::kString:
    case ValueForm::kName:
      if (!string(out.label)) return false;
      break;
    case ValueForm::kCase:
      if (!string(out.label)) return false;
      [[fallthrough]];
    case ValueForm::kOptional:
      if (tok_.kind == TokenKind::kOpen && !part()) return false;
      break;
    case ValueForm::kValues:
      while (tok_.kind == TokenKind::kOpen)
        if (!part()) return false;
      break;
    case ValueForm::kFields:
      while (at_open("field")) {
        advance();
        if (!string(out.labels.emplace_back())) return false;
        // The value of a field stands without parentheses.
        if (tok_.kind == TokenKind::kOpen ? !part() : !bare_value(out.parts.emplace_back(), pattern, depth + 1))
          return false;
        if (!close()) return false;
      }
      break;
    case ValueForm::kNothing: break;
    case ValueForm::kValue:
      if (!part()) return false;
      break;
    case ValueForm::kNames:
      while (tok_.kind == TokenKind::kString)
        if (!string(out.labels.emplace_back())) return false;
      break;
  }
  return true;
}

bool ScriptReader::bare_value(ScriptValue& out, bool pattern, unsigned depth) {
  if (tok_.kind != TokenKind::kKeyword) return fail("expected a constant");
  const std::string_view word = tok_.text;
  if (word != "f32.const" && word != "f64.const") return component_value(out, word, pattern, depth);
  out.kind = word == "f32.const" ? ScriptValueKind::kF32 : ScriptValueKind::kF64;
  advance();
  return number(out, pattern);
}

std::string component_text(const ScriptValue& value) {
  const ValueWord* word = nullptr;
  for (const ValueWord& candidate : kWords)
    if (candidate.kind == value.kind) word = &candidate;
  if (word == nullptr) return value.to_string();
  std::string inner;
  for (size_t i = 0; i < value.parts.size(); ++i) {
    if (!inner.empty()) inner += ' ';
    if (i < value.labels.size()) inner += value.labels[i] + "=";
    inner += value.parts[i].to_string();
  }
  switch (word->form) {
    case ValueForm::kBool: return value.bits != 0 ? "bool:true" : "bool:false";
    case ValueForm::kInteger:
      return word->is_signed ? fmt::format("{}:{}", word->shown.view(), static_cast<int64_t>(value.bits))
                             : fmt::format("{}:{}", word->shown.view(), value.bits);
    case ValueForm::kChar: return fmt::format("char:U+{:04X}", value.bits);
    case ValueForm::kString: return "string:" + quoted_text(value.label);
    case ValueForm::kName: return fmt::format("{}:{}", word->shown.view(), printable(value.label));
    case ValueForm::kCase:
      return inner.empty() ? "variant:" + printable(value.label)
                           : fmt::format("variant:{}({})", printable(value.label), inner);
    case ValueForm::kNothing: return std::string(word->shown.view());
    case ValueForm::kNames: return fmt::format("flags({})", fmt::join(value.labels, " "));
    default: return fmt::format("{}({})", word->shown.view(), inner);
  }
}

}  // namespace ermine::text

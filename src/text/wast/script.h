// The script language of the official test suites (.wast): modules and components, actions on them, and assertions,
// read into plain values one directive at a time. src/script runs them.
//
// Module texts in a script are kept as positions in the source, so that their errors show the script's own lines; the
// contents of quoted and binary modules are unescaped. The same holds for components.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ermine/result.h"
#include "text/lexer.h"
#include "text/source.h"

namespace ermine::text {

// A heap type by its name in constants and patterns: "func", "extern", "any", ...
using HeapName = std::string;

enum class ScriptValueKind : uint8_t {
  kI32,
  kI64,
  kF32,
  kF64,
  kV128,
  kRefNull,    // (ref.null heap), or (ref.null), which any null matches
  kRefExtern,  // (ref.extern n): the host's value n; without n, in results: any such value
  kRefHost,    // (ref.host n): the same, in the any hierarchy
  // In results only: any non-null reference of that kind.
  kRefFunc,
  kRefAny,
  kRefEq,
  kRefI31,
  kRefStruct,
  kRefArray,
  kRefExn,
  kEither,     // one of several
  // Values of components, whose floats are kF32 and kF64.
  kBool,
  kU8,
  kS8,
  kU16,
  kS16,
  kU32,
  kS32,
  kU64,
  kS64,
  kChar,
  kString,
  kList,
  kRecord,
  kTuple,
  kVariant,
  kEnum,
  kOptionNone,
  kOptionSome,
  kResultOk,
  kResultErr,
  kFlags,
};
inline bool is_component_value(ScriptValueKind kind) { return kind >= ScriptValueKind::kBool; }

enum class NanPattern : uint8_t { kNone, kCanonical, kArithmetic };

// An argument, or the pattern of a result.
struct ScriptValue {
  ScriptValueKind kind = ScriptValueKind::kI32;
  uint64_t bits = 0;  // numbers; n of references; kBool; kChar: the code point; signed integers of
                      // components are extended to 64 bits
  bool has_number = false;  // of kRefExtern
  NanPattern nan = NanPattern::kNone;  // kF32, kF64
  std::array<uint8_t, 16> bytes{};  // kV128
  std::array<NanPattern, 4> lane_nans{};  // kV128 of floats
  uint8_t lane_bytes = 0;  // kV128: size of a lane if any lane has a NaN pattern, else 0
  std::string_view shape;  // kV128: "i32x4", as in the script
  HeapName heap;  // kRefNull; may be empty
  std::vector<ScriptValue> parts;  // kEither: the choices; elements, fields; a payload if there is one
  std::string label;  // kString: the string; kVariant, kEnum: the case
  std::vector<std::string> labels;  // kRecord: of the parts; kFlags: those that are set
  std::string to_string() const;
};

// A vector in the notation of ScriptValue::to_string(), "v128:i32x4(1 2 3 4)".
std::string vector_text(std::span<const uint8_t, 16> bytes, std::string_view shape);

enum class ModuleForm : uint8_t {
  kText,  // fields in the script itself
  kBinary,  // bytes
  kQuote,  // text in strings
};

struct ScriptModule {
  ModuleForm form = ModuleForm::kText;
  bool is_component = false;
  std::string id;  // without $; may be empty
  const char* begin = nullptr;  // kText: the fields or definitions
  const char* end = nullptr;
  std::string contents;  // kBinary, kQuote
};

struct ScriptAction {
  enum Kind : uint8_t { kInvoke, kGet } kind = kInvoke;
  std::string module;  // identifier; empty: the current one
  std::string name;
  std::vector<ScriptValue> arguments;
};

enum class DirectiveKind : uint8_t {
  kModule,  // define and instantiate
  kModuleDefinition,  // define only
  kModuleInstance,  // instantiate a definition
  kRegister,
  kAction,
  kAssertReturn,
  kAssertTrap,  // of an action, or of a module's instantiation
  kAssertExhaustion,
  kAssertException,
  kAssertSuspension,
  kAssertMalformed,
  kAssertInvalid,
  kAssertUnlinkable,
  kAssertMalformedCustom,
  kAssertInvalidCustom,
  kThread,  // run `body` on a thread of its own
  kWait,  // for the thread with that name
};
inline constexpr unsigned kDirectiveKindCount = static_cast<unsigned>(DirectiveKind::kWait) + 1;
std::string_view directive_name(DirectiveKind kind);  // "assert_return"

struct Directive {
  DirectiveKind kind = DirectiveKind::kModule;
  const char* start = nullptr;  // in the source
  size_t line = 0;
  bool is_component = false;  // it is about a component, where its kind names a module
  std::optional<ScriptModule> module;  // kModule, kModuleDefinition, and assertions about modules
  std::optional<ScriptAction> action;
  std::string id;  // kModuleInstance, kThread, kWait: the instance or thread; kRegister: the module
  std::string name;  // kRegister: as what; kModuleInstance: the definition's identifier, or empty
  std::string message;  // the expected message
  std::vector<ScriptValue> results;  // kAssertReturn
  std::vector<std::string> shared;  // kThread: instances of the starting thread that the thread may use
  std::vector<Directive> body;  // kThread
};

class ScriptReader {
 public:
  // `source` must outlive the reader and its results.
  explicit ScriptReader(const Source& source);

  // The next directive; nothing at the end of the script or after an error.
  std::optional<Directive> next();
  // The error that ended the reading, if any, and its directive as far as it was read.
  Error take_error() { return std::exchange(error_, {}); }
  const Directive& unread() const { return unread_; }
  // After an error: continues after that directive. False if its end cannot be found.
  bool skip_unread();

 private:
  void advance() { tok_ = lexer_.next(); }
  bool fail(std::string_view message);
  bool at_open(std::string_view keyword) const { return tok_.kind == TokenKind::kOpen && tok_.text == keyword; }
  bool close();
  bool optional_id(std::string& out);
  bool string(std::string& out);
  bool directive(Directive& out, unsigned depth);
  bool module(Directive& out);
  bool module_body(ScriptModule& out);
  bool at_module() const { return at_open("module") || at_open("component"); }
  bool asserted_module(Directive& out);
  bool action(ScriptAction& out);
  bool assertion(Directive& out, DirectiveKind kind);
  bool thread(Directive& out, unsigned depth);
  bool value(ScriptValue& out, bool pattern, unsigned depth = 0);
  bool number(ScriptValue& out, bool pattern);
  bool component_value(ScriptValue& out, std::string_view word, bool pattern, unsigned depth);
  bool bare_value(ScriptValue& out, bool pattern, unsigned depth);
  bool vector(ScriptValue& out, bool pattern);
  bool float_lane(unsigned bits, bool pattern, uint64_t& out, NanPattern& nan);
  size_t line_of(const char* at);

  const Source& source_;
  Lexer lexer_;
  Token tok_;
  Error error_;
  Directive unread_;
  const char* counted_to_;  // lines are counted while the reader proceeds
  size_t line_ = 1;
};

}  // namespace ermine::text

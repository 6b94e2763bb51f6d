// Errors of a module that was assembled from text are shown in the text.
#include "text/source_map.h"

#include <gtest/gtest.h>

#include "binary/decoder.h"
#include "binary/instr_reader.h"
#include "binary/validator.h"
#include "text/lexer.h"
#include "text/text.h"
#include "wasm/type_registry.h"

namespace ermine::text {
namespace {

// Every syntactic form of instructions.
constexpr std::string_view kModule = R"((module
  (import "m" "f" (func $imp (param i32)))
  (memory 1)
  (tag $e (param i32))
  (func $first (param i32) (result i32) (local i64 f32) local.get 0 i32.const 7 i32.add)
  (func $main (param $p i32) (result f32) (local $l v128)
    (block $b (result f32)
      (loop $lo (br_if $lo (i32.eqz (local.get $p))) (br_if 1 (f32.const nan:0x1) (i32.const 5)) (drop))
      (if (result f32) (i32.load offset=4 align=1 (i32.const 0)) (then f32.const inf f32.neg) (else (f32.const 1))))
    block $h
      (try_table (catch $e $h) (catch_all $h) (throw $e (i32.const 1)))
      i32.const 3
      if
        nop
      else
        (drop (i64.add (i64.const 1) (i64.mul (i64.const 2) (i64.const 3))))
        return
      end
    end)
  (func $start
    (try $tr (do (call $imp (i32.const 1))) (catch $e (drop)) (catch_all (rethrow $tr)))
    (try (do (nop)) (delegate 0))
    try nop catch $e drop catch_all unreachable end
    loop try nop delegate 0 end))
)";

ParseOptions all() {
  ParseOptions options;
  options.features = wasm::FeatureSet::all();
  options.file_name = "f.wat";
  return options;
}

TEST(SourceMap, EveryInstructionComesFromItsWord) {
  SourceMap map;
  ParseOptions options = all();
  options.source_map = &map;
  const auto bytes = parse(kModule, options);
  ASSERT_TRUE(bytes) << bytes.error().message();
  const auto module = binary::decode(*bytes, nullptr, std::make_shared<wasm::TypeRegistry>(), wasm::FeatureSet::all());
  ASSERT_TRUE(module) << module.error().message();
  unsigned seen = 0;
  for (const wasm::Function& f : (*module)->functions) {
    if (f.body_offset == 0) continue;
    // The locals: one byte for the number of groups, two for each group.
    const uint32_t locals = 1 + 2 * (*bytes)[f.body_offset];
    binary::InstrReader reader(**module, f.body_offset + locals, f.body_size - locals);
    for (binary::Instr in; reader.next(in); ++seen) {
      const char* const at = map.find(*bytes, in.offset);
      ASSERT_NE(at, nullptr) << in.offset;
      Lexer lexer(at, kModule.data() + kModule.size());
      const Token token = lexer.next();
      const std::string_view name = wasm::op_info(in.op).text();
      // A block ends with a parenthesis or the word `end`; errors about the end of a folded if are shown at the
      // parenthesis.
      if (in.op == wasm::Op::end) EXPECT_TRUE(token.kind == TokenKind::kClose || token.text == "end") << token.text;
      else EXPECT_EQ(token.text, name) << "at " << at - kModule.data();
    }
    EXPECT_FALSE(reader.failed());
  }
  EXPECT_GT(seen, 50u);
}

// The place that the error names, in the form "line:column: message".
std::string error_of(std::string_view source, const ParseOptions& options) {
  const auto bytes = parse(source, options);
  if (!bytes) return "does not parse: " + bytes.error().message();
  auto module = binary::decode(*bytes, nullptr, std::make_shared<wasm::TypeRegistry>(), wasm::FeatureSet::all());
  Error error;
  if (!module) error = std::move(module).error();
  else if (Result<void> valid = binary::validate(**module); !valid) error = std::move(valid).error();
  else return "valid";
  const Error placed = in_text(source, options, *bytes, error);
  EXPECT_EQ(placed.kind(), error.kind());
  if (placed.offset() != Error::kNoOffset) return "not placed: " + placed.message();
  return placed.message();
}

TEST(SourceMap, ErrorsAreShownInTheText) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"(module\n  (memory 65537))", "f.wat:2:3: memory size must be"},
      {"(module\n  (memory 1 1)\n\n  (memory 9 1))", "f.wat:4:3: size minimum must not be greater"},
      {"(module (type $t (func))\n (type $u (sub $t (struct))))", "f.wat:2:2: "},
      {"(module\n(import \"a\" \"b\" (func (type 7))))", "f.wat:2:1: "},
      {"(module (func)\n  (func (type 9)))", "f.wat:2:3: "},
      {"(module\n  (global i32 (i32.const 1))\n  (global i32 (f32.const 1)))", "f.wat:3:3: type mismatch"},
      {"(module\n  (export \"a\" (func 3)))", "f.wat:2:3: unknown function 3"},
      {"(module (func)\n  (export \"a\" (func 0))\n  (export \"a\" (func 0)))", "f.wat:3:3: duplicate export name"},
      {"(module\n  (func (param i32))\n  (start 0))", "f.wat:3:3: "},
      {"(module\n  (elem (i32.const 0) func))", "f.wat:2:3: unknown table 0"},
      {"(module\n  (func)\n (data (i32.const 0) \"x\"))", "f.wat:3:2: unknown memory 0"},
      {"(module (tag $e (result i32)))", "f.wat:1:9: "},
      {"(module (func\n  i32.const 1\n  f32.neg\n drop))", "f.wat:3:3: type mismatch"},
      {"(module (func (result i32)\n  (i32.add (i32.const 1)\n    (i64.const 2))))", "f.wat:2:3: type mismatch"},
      {"(module (func\n  (if (i32.const 1)\n    (then (i32.const 1)))))", "f.wat:3:25: type mismatch"},
      {"(module (func\n  (block\n    (drop))))", "f.wat:3:5: type mismatch"},
      {"(module (func\n  (if (f32.const 1)\n    (then))))", "f.wat:2:3: type mismatch"},
      {"(module (func (result i32)\n  nop\n))", "f.wat:3:1: type mismatch"},
      {"(module (func (local i32)\n  block\n  end\n  (local.set 1 (i32.const 0))))", "f.wat:4:3: unknown local 1"},
      {"(module (func (local i32)\r\n\t(local.set 0 (i64.const 0))))", "f.wat:2:2: type mismatch"},
  };
  for (const auto& [source, expected] : cases) {
    const std::string error = error_of(source, all());
    EXPECT_TRUE(error.starts_with(expected)) << source << "\nexpected " << expected << "\ngot      " << error;
    EXPECT_NE(error.find("\n  "), std::string::npos) << "no source line: " << error;
  }
}

// An encoding that the parser does not choose itself invalidates the map: errors keep their offset only.
TEST(SourceMap, OtherEncodingsKeepTheirOffsets) {
  const std::string_view source = "(module (func nop))";
  const auto bytes = parse(source, all());
  ASSERT_TRUE(bytes);
  std::vector<uint8_t> other = *bytes;
  other.push_back(0);
  const Error error(ErrorKind::kInvalid, "message", 20);
  EXPECT_EQ(in_text(source, all(), other, error).offset(), 20u);
  EXPECT_EQ(in_text(source, all(), *bytes, Error(ErrorKind::kInvalid, "no offset")).message(), "no offset");
  EXPECT_EQ(in_text(source, all(), *bytes, Error(ErrorKind::kInvalid, "beyond", 1000)).offset(), 1000u);
}

}  // namespace
}  // namespace ermine::text

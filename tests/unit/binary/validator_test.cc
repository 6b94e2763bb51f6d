#include "binary/validator.h"

#include <gtest/gtest.h>

#include "binary/decoder.h"
#include "binary/signatures.h"
#include "bytes.h"
#include "wasm/limits.h"
#include "wasm/type_registry.h"

namespace ermine::binary {
namespace {

using wasm::FeatureSet;

// "" if valid, else the error.
std::string check(const Bytes& bytes, unsigned threads = 1, FeatureSet features = FeatureSet::defaults()) {
  auto registry = std::make_shared<wasm::TypeRegistry>();
  auto module = decode({bytes.data(), bytes.size()}, nullptr, registry, features);
  if (!module) return "decode: " + module.error().to_string();
  auto valid = validate(**module, {.threads = threads});
  return valid ? "" : valid.error().to_string();
}

// The offset of the error in a module that is at an offset of a larger binary.
uint64_t offset_within(uint64_t base_offset, const Bytes& bytes, unsigned threads = 1) {
  auto module = decode({bytes.data(), bytes.size()}, nullptr, std::make_shared<wasm::TypeRegistry>(),
                       FeatureSet::defaults(), base_offset);
  if (!module) return module.error().offset();
  auto valid = validate(**module, {.threads = threads});
  return valid ? Error::kNoOffset : valid.error().offset();
}

constexpr uint8_t kEnd = 0x0B, kI32 = 0x7F, kI64 = 0x7E;

TEST(Signatures, FollowTheTable) {
  EXPECT_EQ(kSignatures[static_cast<unsigned>(wasm::Op::i32_add)].shape, Shape::kBinary);
  EXPECT_EQ(kSignatures[static_cast<unsigned>(wasm::Op::i32_load)].shape, Shape::kLoad);
  EXPECT_EQ(kSignatures[static_cast<unsigned>(wasm::Op::i64_store8)].shape, Shape::kStore);
  EXPECT_EQ(kSignatures[static_cast<unsigned>(wasm::Op::block)].shape, Shape::kOwnRule);
  EXPECT_EQ(kSignatures[static_cast<unsigned>(wasm::Op::nop)].shape, Shape::kNone);
  const Signature& add128 = kSignatures[static_cast<unsigned>(wasm::Op::i64_add128)];
  EXPECT_EQ(add128.shape, Shape::kGeneral);
  EXPECT_EQ(add128.param_count, 4);
  EXPECT_EQ(add128.result_count, 2);
}

TEST(Validator, AddsTwoParameters) {
  EXPECT_EQ(check(one_function({2, kI32, kI32, 1, kI32}, {0, 0x20, 0, 0x20, 1, 0x6A, kEnd})), "");
}

TEST(Validator, SaysWhatWasExpectedAndWhatWasFound) {
  EXPECT_EQ(check(one_function({1, kI64, 1, kI32}, {0, 0x20, 0, 0x41, 1, 0x6A, kEnd})),
            "type mismatch: instruction requires [i32 i32] but stack has [i64 i32], at i32.add (in function 0) at "
            "offset 0x1d");
  EXPECT_EQ(check(one_function({0, 1, kI32}, {0, kEnd})),
            "type mismatch: instruction requires [i32] but stack has [], at end (in function 0) at offset 0x18");
  EXPECT_TRUE(check(one_function({0, 0}, {0, 0x41, 0, kEnd}))
                  .starts_with("type mismatch: block requires [] but stack has [i32]"));
}

// The byte behind such a body says what is wrong: nothing, an end that its size leaves out, or another section.
TEST(Validator, ABodyWithoutItsLastEnd) {
  const Bytes cut = one_function({0, 0}, {0, 0x02, 0x40, kEnd});
  EXPECT_TRUE(check(cut).starts_with("unexpected end of section or function: an end instruction is missing"));
  EXPECT_TRUE(check(cut + Bytes{kEnd, 1, 0}).starts_with("section size mismatch: the function body stops short"));
  EXPECT_TRUE(check(cut + section(0, text("a"))).starts_with("END opcode expected: the function body stops short"));
}

TEST(Validator, NamesTheFunction) {
  Bytes bytes =
      one_function({0, 0}, {0, 0x10, 9, kEnd}) + section(0, text("name") + Bytes{1, 7, 1, 0, 4, 'm', 'a', 'i', 'n'});
  EXPECT_EQ(check(bytes), "unknown function 9, at call (in function 0 \"main\") at offset 0x17");
}

TEST(Validator, OffsetsOfANestedModuleCountFromTheWholeBinary) {
  // Found by the decoder, by its second pass over the bodies, and by the validator inside bodies and outside.
  const Bytes bad_size = header() + section(1, {1, 0x60, 0, 0, 0});
  const Bytes bad_form = one_function({0, 0}, {0, 0xFF, kEnd}) + Bytes{99, 0};
  const Bytes bad_body = one_function({0, 0}, {0, 0x10, 9, kEnd});
  const Bytes bad_start = header() + section(8, {7});
  for (const Bytes& bytes : {bad_size, bad_form, bad_body, bad_start}) {
    const uint64_t at = offset_within(0, bytes);
    ASSERT_LT(at, bytes.size());
    EXPECT_EQ(offset_within(0x1'0000'0003, bytes), at + 0x1'0000'0003);
    EXPECT_EQ(offset_within(0x1'0000'0003, bytes, 2), at + 0x1'0000'0003);
  }
  const Bytes& bytes = bad_body;
  auto module =
      decode({bytes.data(), bytes.size()}, nullptr, std::make_shared<wasm::TypeRegistry>(), FeatureSet::defaults(), 64);
  ASSERT_TRUE(module);
  EXPECT_EQ(validate_function(**module, 0).error().offset(), 64 + offset_within(0, bytes));
}

TEST(Validator, UnreachableCodeIsPolymorphic) {
  EXPECT_EQ(check(one_function({0, 1, kI32}, {0, 0x00, 0x6A, kEnd})), "");
  EXPECT_EQ(check(one_function({0, 1, kI32}, {0, 0x00, 0x1B, kEnd})), "");             // select
  EXPECT_EQ(check(one_function({0, 0}, {0, 0x00, 0xD4, 0x1A, kEnd})), "");             // ref.as_non_null, drop
  EXPECT_NE(check(one_function({0, 1, kI32}, {0, 0x00, 0x42, 0, 0x6A, kEnd})), "");    // i64 for i32
  EXPECT_NE(check(one_function({0, 0}, {0, 0x00, 0x41, 0, kEnd})), "");                // one too many
}

TEST(Validator, BodiesMustEndOnce) {
  EXPECT_TRUE(check(one_function({0, 0}, {0, 0x01})).starts_with("unexpected end of section or function"));
  EXPECT_TRUE(check(one_function({0, 0}, {0, kEnd, kEnd})).starts_with("section size mismatch"));
  EXPECT_TRUE(check(one_function({0, 0}, {0, 0x05, kEnd})).starts_with("END opcode expected"));
}

TEST(Validator, LocalsWithoutDefaultAreSetBeforeUse) {
  // (local (ref func)): a get needs a set before it, in the same block or around it.
  const Bytes type{0, 0};
  EXPECT_TRUE(check(one_function(type, {1, 1, 0x64, 0x70, 0x20, 0, 0x1A, kEnd})).starts_with("uninitialized local 0"));
  auto with = [&](const Bytes& code) {
    return header() + section(1, {1, 0x60, 0, 0}) + section(3, {1, 0}) +
           section(7, Bytes{1} + text("f") + Bytes{0, 0}) +
           section(10, Bytes{1} + body(Bytes{1, 1, 0x64, 0x70} + code));
  };
  const Bytes set{0xD2, 0, 0x21, 0}, get{0x20, 0, 0x1A};
  EXPECT_EQ(check(with(set + get + Bytes{kEnd})), "");
  EXPECT_EQ(check(with(set + Bytes{0x02, 0x40} + get + Bytes{kEnd, kEnd})), "");
  EXPECT_NE(check(with(Bytes{0x02, 0x40} + set + Bytes{kEnd} + get + Bytes{kEnd})), "");
  EXPECT_NE(check(with(Bytes{0x41, 0, 0x04, 0x40} + set + Bytes{0x05} + get + Bytes{kEnd, kEnd})), "");
}

TEST(Validator, RefFuncNeedsADeclaration) {
  EXPECT_TRUE(check(one_function({0, 0}, {0, 0xD2, 0, 0x1A, kEnd})).starts_with("undeclared function reference 0"));
}

TEST(Validator, DataIndicesNeedTheCount) {
  Bytes code{0, 0xFC, 9, 0, kEnd};
  Bytes head = header() + section(1, {1, 0x60, 0, 0}) + section(3, {1, 0});
  Bytes data = section(11, {1, 1, 0});
  EXPECT_TRUE(check(head + section(10, Bytes{1} + body(code)) + data).starts_with("data count section required"));
  EXPECT_EQ(check(head + section(12, {1}) + section(10, Bytes{1} + body(code)) + data), "");
}

TEST(Validator, LegacyExceptions) {
  const Bytes tag = section(13, {1, 0, 0});
  auto with = [&](const Bytes& code) {
    return header() + section(1, {2, 0x60, 1, kI32, 0, 0x60, 0, 0}) + section(3, {1, 1}) + tag +
           section(10, Bytes{1} + body(Bytes{0} + code));
  };
  EXPECT_EQ(check(with({0x06, 0x40, 0x41, 1, 0x08, 0, 0x07, 0, 0x1A, 0x19, 0x09, 0, kEnd, kEnd})),
            "");  // try throw catch drop catch_all rethrow
  EXPECT_TRUE(check(with({0x06, 0x40, 0x19, 0x07, 0, kEnd, kEnd}))
                  .starts_with("END opcode expected"));  // catch after catch_all
  EXPECT_TRUE(check(with({0x06, 0x40, 0x09, 0, 0x19, kEnd, kEnd})).starts_with("invalid rethrow label"));
  EXPECT_EQ(check(with({0x06, 0x40, 0x06, 0x40, 0x18, 0, 0x19, kEnd, kEnd})), "");  // delegate to the try around
  EXPECT_TRUE(check(with({0x06, 0x40, 0x18, 1, kEnd})).starts_with("unknown label 1"));
  EXPECT_EQ(check(with({0x06, 0x40, 0x18, 0, kEnd})), "");  // to the caller
}

TEST(Validator, ConstantExpressions) {
  auto global = [](const Bytes& init) { return header() + section(6, Bytes{1, kI32, 0} + init); };
  EXPECT_EQ(check(global({0x41, 1, 0x41, 2, 0x6A, kEnd})), "");
  EXPECT_TRUE(check(global({0x01, 0x41, 1, kEnd})).starts_with("constant expression required, at nop"));
  EXPECT_TRUE(check(global({0x23, 0, kEnd})).starts_with("unknown global 0"));
  EXPECT_EQ(check(global({0x42, 1, kEnd})),
            "type mismatch: instruction requires [i32] but stack has [i64], at end (in global 0) at offset 0xf");
  FeatureSet mvp;
  EXPECT_NE(check(global({0x41, 1, 0x41, 2, 0x6A, kEnd}), 1, mvp).find("extended-const"), std::string::npos);
}

TEST(Validator, FeaturesThatAreOffAreNamed) {
  FeatureSet features = FeatureSet::defaults();
  features.remove(wasm::Feature::SignExtension);
  EXPECT_EQ(check(one_function({1, kI32, 1, kI32}, {0, 0x20, 0, 0xC0, kEnd}), 1, features),
            "i32.extend8_s (opcode c0) requires the sign-extension feature (in function 0) at offset 0x1b");
}

TEST(Validator, FramesHaveALimit) {
  // 59,999 operands and a local just fit.
  auto operands = [](unsigned count, uint8_t op_locals) {
    Bytes code = op_locals ? Bytes{1, op_locals, kI32} : Bytes{0};
    for (unsigned i = 0; i < count; ++i) code.insert(code.end(), {0x41, 0});
    code.insert(code.end(), {0x0F, kEnd});
    return one_function({0, 0}, code);
  };
  EXPECT_EQ(check(operands(wasm::kMaxFrameSlots - 1, 1)), "");
  EXPECT_TRUE(check(operands(wasm::kMaxFrameSlots, 1)).starts_with("too many locals and operands"));
  EXPECT_TRUE(check(operands(wasm::kMaxFrameSlots + 1, 0)).starts_with("too many operands"));
}

TEST(Validator, NestingHasALimit) {
  auto nested = [](unsigned depth) {
    Bytes code{0};
    for (unsigned i = 0; i < depth; ++i) code.insert(code.end(), {0x02, 0x40});
    code.insert(code.end(), depth + 1, kEnd);
    return one_function({0, 0}, code);
  };
  EXPECT_EQ(check(nested(wasm::kMaxNesting)), "");
  EXPECT_TRUE(check(nested(wasm::kMaxNesting + 1)).starts_with("blocks nested too deep"));
}

TEST(Validator, ThreadsReportTheFirstDefect) {
  // Many batches; the functions 1,000 and 30,000 are invalid.
  constexpr uint32_t kCount = 40'000;
  Bytes functions, bodies;
  append_u32(functions, kCount);
  append_u32(bodies, kCount);
  for (uint32_t i = 0; i < kCount; ++i) {
    functions.push_back(0);
    Bytes code{0};
    for (unsigned n = 0; n < 8; ++n) code.insert(code.end(), {0x41, 0, 0x1A});
    if (i == 1'000 || i == 30'000) code.push_back(0x1A);
    code.push_back(kEnd);
    bodies = std::move(bodies) + body(code);
  }
  Bytes bytes = header() + section(1, {1, 0x60, 0, 0}) + section(3, functions) + section(10, bodies);
  const std::string expected = check(bytes, 1);
  EXPECT_NE(expected.find("in function 1000)"), std::string::npos) << expected;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(check(bytes, 4), expected);
}

// Bodies made of the instructions that cost most per byte. No time bound is asserted; a rule whose time depends on the
// type instead of on the values that the body pushes would exceed the test's time limit.
TEST(Validator, FewBytesCannotAskForMuchWork) {
  auto repeated = [](const Bytes& types, const Bytes& prologue, const Bytes& code) {
    Bytes content = Bytes{0} + prologue;
    while (content.size() < 150'000) content.insert(content.end(), code.begin(), code.end());
    content.insert(content.end(), {0x00, kEnd});
    return header() + types + section(3, {1, 0}) + section(10, Bytes{1} + body(content));
  };
  Bytes values;
  append_u32(values, wasm::kMaxParams);
  values.insert(values.end(), wasm::kMaxParams, kI32);
  // A call of the function itself, with a thousand parameters and results.
  EXPECT_EQ(check(repeated(section(1, Bytes{1, 0x60} + values + values), {0x00}, {0x10, 0})), "");
  // In unreachable code: array.new_fixed of 10,000 elements; struct.new and struct.new_default of 10,000 fields.
  Bytes fields;
  append_u32(fields, wasm::kMaxStructFields);
  for (uint32_t i = 0; i < wasm::kMaxStructFields; ++i) fields.insert(fields.end(), {kI32, 0});
  const Bytes types = section(1, Bytes{3, 0x60, 0, 0, 0x5E, kI32, 0, 0x5F} + fields);
  EXPECT_EQ(check(repeated(types, {0x00}, {0xFB, 8, 1, 0x90, 0x4E, 0x1A})), "");
  EXPECT_EQ(check(repeated(types, {0x00}, {0xFB, 0, 2, 0x1A})), "");
  EXPECT_EQ(check(repeated(types, {0x00}, {0xFB, 1, 2, 0x1A})), "");
}

TEST(Validator, OneFunctionAlone) {
  Bytes bytes = one_function({0, 0}, {0, 0x1A, kEnd});
  auto module = decode({bytes.data(), bytes.size()}, nullptr, std::make_shared<wasm::TypeRegistry>());
  ASSERT_TRUE(module);
  auto result = validate_function(**module, 0);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::kInvalid);
}

}  // namespace
}  // namespace ermine::binary

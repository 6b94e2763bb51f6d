#include "binary/decoder.h"

#include <gtest/gtest.h>

#include "binary/instr_reader.h"
#include "bytes.h"
#include "wasm/type_registry.h"

namespace ermine::binary {
namespace {

using wasm::FeatureSet;
using wasm::Module;

Result<std::shared_ptr<const Module>> decode(const Bytes& bytes, FeatureSet features = FeatureSet::defaults()) {
  auto copy = std::make_shared<const Bytes>(bytes);
  return binary::decode({copy->data(), copy->size()}, copy, std::make_shared<wasm::TypeRegistry>(), features);
}

std::string error_of(const Bytes& bytes, FeatureSet features = FeatureSet::defaults()) {
  auto module = decode(bytes, features);
  return module ? "" : module.error().to_string();
}

TEST(Decoder, AnEmptyModule) {
  auto module = decode(header());
  ASSERT_TRUE(module);
  EXPECT_TRUE((*module)->functions.empty());
}

TEST(Decoder, Heads) {
  EXPECT_EQ(error_of({}), "unexpected end of section or function at offset 0x0");
  EXPECT_TRUE(error_of({1, 'a', 's', 'm', 1, 0, 0, 0}).starts_with("magic header not detected"));
  EXPECT_TRUE(error_of({0, 'a', 's', 'm', 2, 0, 0, 0}).starts_with("unknown binary version"));
  EXPECT_NE(error_of({0, 'a', 's', 'm', 0x0D, 0, 1, 0}).find("component"), std::string::npos);
}

TEST(Decoder, OneFunction) {
  auto module = decode(one_function({2, 0x7F, 0x7E, 1, 0x7F}, {1, 3, 0x7C, 0x20, 0, 0x0B}));
  ASSERT_TRUE(module) << module.error().to_string();
  const Module& m = **module;
  ASSERT_EQ(m.functions.size(), 1u);
  EXPECT_EQ(m.func_type(0).params, (std::vector<wasm::ValType>{wasm::kI32, wasm::kI64}));
  EXPECT_EQ(m.func_type(0).param_slots, 2u);
  uint32_t locals = 0;
  auto first = read_locals(m, m.functions[0], [&](uint32_t count, wasm::ValType type) {
    locals += count;
    EXPECT_EQ(type, wasm::kF64);
  });
  ASSERT_TRUE(first);
  EXPECT_EQ(locals, 3u);
  InstrReader in(m, *first, m.functions[0].body_offset + m.functions[0].body_size - *first);
  Instr instr;
  ASSERT_TRUE(in.next(instr));
  EXPECT_EQ(instr.op, Op::local_get);
  EXPECT_EQ(instr.offset, *first);
  ASSERT_TRUE(in.next(instr));
  EXPECT_EQ(instr.op, Op::end);
  EXPECT_FALSE(in.next(instr));
  EXPECT_FALSE(in.failed());
}

TEST(Decoder, SectionsOnceAndInOrder) {
  EXPECT_TRUE(
      error_of(header() + section(2, {0}) + section(1, {0})).starts_with("unexpected content after last section"));
  EXPECT_TRUE(
      error_of(header() + section(1, {0}) + section(1, {0})).starts_with("unexpected content after last section"));
  EXPECT_TRUE(error_of(header() + section(14, {0})).starts_with("malformed section id"));
  EXPECT_EQ(error_of(header() + section(1, {0}) + section(5, {0}) + section(13, {0}) + section(6, {0})), "");
}

TEST(Decoder, SizesMustFit) {
  EXPECT_TRUE(error_of(header() + section(1, {1, 0x60, 0, 0, 0})).starts_with("section size mismatch"));
  EXPECT_TRUE(error_of(header() + Bytes{1, 9, 0}).starts_with("length out of bounds"));
  EXPECT_EQ(error_of(header() + section(1, {1, 0x60, 0, 0, 0})),
            "section size mismatch: 5 bytes declared, 4 used by the content (in the type section) at offset 0xa");
}

TEST(Decoder, ADefectInABodyComesBeforeOneBehindIt) {
  Bytes bytes = one_function({0, 0}, {0, 0xFF, 0x0B}) + Bytes{99, 0};
  EXPECT_TRUE(error_of(bytes).starts_with("illegal opcode ff")) << error_of(bytes);
  bytes = header() + section(1, {1, 0x60, 0, 0}) + section(3, {1, 0}) + section(10, {1, 0}) + Bytes{99, 0};
  EXPECT_TRUE(error_of(bytes).contains("in function 0")) << error_of(bytes);
}

TEST(Decoder, EqualTypesAreOne) {
  auto registry = std::make_shared<wasm::TypeRegistry>();
  Bytes bytes = header() + section(1, {3, 0x60, 1, 0x7F, 0, 0x60, 0, 0, 0x60, 1, 0x7F, 0});
  auto module = binary::decode(bytes, nullptr, registry, FeatureSet::defaults());
  ASSERT_TRUE(module);
  EXPECT_EQ((*module)->types[0], (*module)->types[2]);
  EXPECT_NE((*module)->types[0], (*module)->types[1]);
  auto again = binary::decode(bytes, nullptr, registry, FeatureSet::defaults());
  ASSERT_TRUE(again);
  EXPECT_EQ((*module)->types, (*again)->types);
}

TEST(Decoder, FeaturesThatAreOffAreNamed) {
  FeatureSet none;
  EXPECT_NE(error_of(header() + section(1, {1, 0x5F, 0}), none).find("requires the gc feature"), std::string::npos);
  EXPECT_NE(error_of(header() + section(1, {1, 0x60, 1, 0x7B, 0}), none).find("requires the simd feature"),
            std::string::npos);
  EXPECT_NE(error_of(header() + section(13, {0}), none).find("requires the exceptions feature"), std::string::npos);
  EXPECT_TRUE(error_of(header() + section(5, {1, 4, 0}), none).starts_with("malformed limits flags"));
}

TEST(Decoder, CompactImports) {
  Bytes types = section(1, {1, 0x60, 0, 0});
  Bytes named = Bytes{1} + text("m") + Bytes{0, 0x7F, 2} + text("a") + Bytes{0, 0} + text("b") + Bytes{3, 0x7F, 0};
  auto module = decode(header() + types + section(2, named));
  ASSERT_TRUE(module) << module.error().to_string();
  ASSERT_EQ((*module)->imports.size(), 2u);
  EXPECT_EQ((*module)->imports[1].name, "b");
  EXPECT_EQ((*module)->imports[1].module, "m");
  EXPECT_EQ((*module)->imports[1].kind, wasm::ExternKind::kGlobal);
  Bytes same = Bytes{1} + text("m") + Bytes{0, 0x7E, 0, 0, 2} + text("a") + text("b");
  module = decode(header() + types + section(2, same));
  ASSERT_TRUE(module) << module.error().to_string();
  EXPECT_EQ((*module)->imported_functions, 2u);
}

TEST(Decoder, NamesOfFunctions) {
  Bytes names = text("name") + Bytes{0, 2, 1, 'm'} + Bytes{1, 4, 1, 0, 1, 'f'};
  Bytes bytes = one_function({0, 0}, {0, 0x0B}) + section(0, names);
  auto module = decode(bytes);
  ASSERT_TRUE(module);
  EXPECT_EQ((*module)->function_name(0), "f");
  EXPECT_EQ((*module)->module_name(), "m");
  EXPECT_EQ((*module)->function_name(7), "");
}

}  // namespace
}  // namespace ermine::binary

#include "component/binary/decoder.h"

#include <gtest/gtest.h>

#include "bytes.h"
#include "component/model/limits.h"

namespace ermine::component {
namespace {

using binary::operator+;
using binary::Bytes;
using binary::section;
using binary::text;

const Bytes kHead{0x00, 'a', 's', 'm', 0x0D, 0, 1, 0};

Result<std::shared_ptr<const Component>> decode(const Bytes& bytes) {
  auto copy = std::make_shared<const Bytes>(bytes);
  return component::decode({copy->data(), copy->size()}, copy);
}
std::string error_of(const Bytes& bytes) {
  const auto component = decode(bytes);
  return component ? "" : component.error().to_string();
}
// The only definition of a component with this section.
template <class F>
void with(uint8_t id, const Bytes& content, F&& check) {
  const auto component = decode(kHead + section(id, content));
  ASSERT_TRUE(component) << component.error().to_string();
  ASSERT_EQ((*component)->body.definitions.size(), 1u);
  check((*component)->body.definitions[0]);
}

TEST(ComponentDecoder, Heads) {
  EXPECT_TRUE(is_component(kHead));
  EXPECT_FALSE(is_component(binary::header()));
  EXPECT_FALSE(is_component(Bytes{0, 'a', 's', 'm', 0x0D, 0, 1}));
  EXPECT_TRUE(is_component(Bytes{0, 'a', 's', 'm', 0x0E, 0, 1, 0}));
  EXPECT_EQ(error_of(kHead), "");
  EXPECT_TRUE(error_of({}).starts_with("unexpected end-of-file"));
  EXPECT_TRUE(error_of(Bytes{0, 'a', 's', 'm', 0x0D}).starts_with("unexpected end-of-file"));
  EXPECT_TRUE(error_of({1, 'a', 's', 'm', 0x0D, 0, 1, 0}).starts_with("magic header not detected"));
  EXPECT_TRUE(error_of({0, 'a', 's', 'm', 0x0E, 0, 1, 0}).starts_with("unknown binary version"));
  EXPECT_TRUE(error_of(binary::header()).starts_with("expected a version header for a component"));
}

TEST(ComponentDecoder, Sections) {
  EXPECT_TRUE(error_of(kHead + Bytes{13, 0}).starts_with("malformed section id: 13"));
  EXPECT_TRUE(error_of(kHead + Bytes{7, 5, 1}).starts_with("unexpected end-of-file"));
  EXPECT_TRUE(error_of(kHead + section(7, {1, 0x7F, 0x7F})).starts_with("unexpected content at the end"));
  EXPECT_TRUE(error_of(kHead + section(7, {2, 0x7F})).starts_with("unexpected end-of-file"));
  // They may be repeated, in any order, and empty.
  const auto component = decode(kHead + section(8, {0}) + section(7, {1, 0x7F}) + section(7, {1, 0x73}));
  ASSERT_TRUE(component);
  EXPECT_EQ((*component)->body.definitions.size(), 2u);
}

// The offset of an error is that of the byte that the message names.
TEST(ComponentDecoder, ErrorsPointAtTheByte) {
  const struct {
    uint8_t section;
    Bytes content;
    uint64_t at;  // in the content
    std::string_view message;
  } cases[] = {
      {2, {1, 2}, 1, "invalid leading byte (0x2) for core instance"},
      {2, {1, 0, 0, 1, 1, 'a', 0x11, 0}, 6, "invalid leading byte (0x11) for instantiation arg kind"},
      {2, {1, 1, 1, 1, 'a', 0x10, 0}, 5, "invalid leading byte (0x10) for external kind"},
      {3, {1, 0x50, 1, 9}, 3, "invalid leading byte (0x9) for type definition"},
      {3, {1, 0x50, 1, 2, 0x11, 1}, 4, "invalid leading byte (0x11) for outer alias kind"},
      {3, {1, 0x50, 1, 2, 0x10, 2}, 5, "invalid leading byte (0x2) for outer alias target"},
      {3, {1, 0x50, 1, 3, 1, 'a', 9}, 6, "invalid leading byte (0x9) for external kind"},
      {6, {1, 9, 0, 0, 0}, 1, "invalid leading byte (0x9) for component external kind"},
      {6, {1, 0, 0x10, 0, 0, 0}, 2, "invalid leading byte (0x10) for component external kind"},
      {6, {1, 1, 1, 0, 0}, 1, "invalid leading byte (0x1) for core instance export kind"},
      {6, {1, 0, 0x11, 1, 0, 0}, 2, "invalid leading byte (0x11) for external kind"},
      {6, {1, 5, 2, 0, 0}, 1, "invalid leading byte (0x5) for component outer alias kind"},
      {6, {1, 0, 2, 2, 0, 0}, 2, "invalid leading byte (0x2) for component outer alias kind"},
      {6, {1, 1, 3}, 2, "invalid leading byte (0x3) for alias"},
      {7, {1, 0x40, 0, 2}, 3, "invalid leading byte (0x2) for component function results"},
      {7, {1, 0x40, 0, 1, 5}, 4, "invalid leading byte (0x5) for number of results"},
      {7, {1, 0x6A, 2}, 2, "invalid leading byte (0x2) for optional component value type"},
      {10, {1, 0, 1, 'a', 3, 2}, 5, "invalid leading byte (0x2) for type bound"},
  };
  for (const auto& one : cases) {
    const auto component = decode(kHead + section(one.section, one.content));
    ASSERT_FALSE(component) << one.message;
    EXPECT_TRUE(component.error().message().starts_with(one.message)) << component.error().message();
    EXPECT_EQ(component.error().offset(), kHead.size() + 2 + one.at) << one.message;
  }
}

TEST(ComponentDecoder, OffsetsCountFromTheOutermostBinary) {
  const Bytes inner = kHead + section(7, {1, 0x3E});
  EXPECT_EQ(error_of(kHead + section(4, inner)),
            "invalid leading byte (0x3e) for component defined type (in the type section) at offset 0x15");
}

TEST(ComponentDecoder, CustomSectionsKnowTheirPlace) {
  const auto component =
      decode(kHead + section(7, {1, 0x7F}) + section(0, text("note") + Bytes{1, 2}) + section(7, {1, 0x73}));
  ASSERT_TRUE(component);
  ASSERT_EQ((*component)->body.customs.size(), 1u);
  const CustomSection& custom = (*component)->body.customs[0];
  EXPECT_EQ(custom.name, "note");
  EXPECT_EQ(custom.bytes.size(), 2u);
  EXPECT_EQ(custom.before, 1u);
  EXPECT_EQ(custom.offset, 8u + 4 + 2 + 5);
}

TEST(ComponentDecoder, ModulesAreDelimited) {
  with(1, binary::header(), [](const Definition& d) {
    EXPECT_EQ(d.core_module().offset, 10u);
    EXPECT_EQ(d.core_module().bytes.size(), 8u);
  });
  EXPECT_TRUE(error_of(kHead + section(1, kHead)).starts_with("expected a version header for a module"));
}

TEST(ComponentDecoder, Instances) {
  with(2, Bytes{1, 0, 3, 1} + text("env") + Bytes{0x12, 4}, [](const Definition& d) {
    EXPECT_TRUE(d.core_instance().instantiates);
    EXPECT_EQ(d.core_instance().target, 3u);
    ASSERT_EQ(d.core_instance().items.size(), 1u);
    EXPECT_EQ(d.core_instance().items[0].name.name, "env");
    EXPECT_EQ(d.core_instance().items[0].sort, Sort::CoreInstance);
  });
  with(5, Bytes{1, 1, 1, 0} + text("m") + Bytes{0, 0x11, 2}, [](const Definition& d) {
    EXPECT_FALSE(d.instance().instantiates);
    EXPECT_EQ(d.instance().items[0].sort, Sort::CoreModule);
    EXPECT_EQ(d.instance().items[0].index, 2u);
  });
  EXPECT_TRUE(error_of(kHead + section(5, {1, 2})).starts_with("invalid leading byte (0x2) for instance"));
}

TEST(ComponentDecoder, Aliases) {
  with(6, Bytes{1, 1, 0, 7} + text("f"), [](const Definition& d) {
    EXPECT_EQ(d.alias().target, Alias::kExport);
    EXPECT_EQ(d.alias().sort, Sort::Func);
    EXPECT_EQ(d.alias().instance, 7u);
    EXPECT_EQ(d.alias().name, "f");
  });
  with(6, Bytes{1, 0, 2, 1, 0} + text("m"), [](const Definition& d) {
    EXPECT_EQ(d.alias().target, Alias::kCoreExport);
    EXPECT_EQ(d.alias().sort, Sort::CoreMemory);
  });
  with(6, {1, 3, 2, 1, 5}, [](const Definition& d) {
    EXPECT_EQ(d.alias().target, Alias::kOuter);
    EXPECT_EQ(d.alias().count, 1u);
    EXPECT_EQ(d.alias().index, 5u);
  });
  EXPECT_TRUE(
      error_of(kHead + section(6, {1, 5, 2, 0, 0})).starts_with("invalid leading byte (0x5) for component outer"));
}

TEST(ComponentDecoder, Types) {
  with(7, Bytes{1, 0x72, 2} + text("a") + Bytes{0x79} + text("b") + Bytes{0x00}, [](const Definition& d) {
    EXPECT_EQ(d.type().kind, TypeKind::Record);
    ASSERT_EQ(d.type().fields.size(), 2u);
    EXPECT_EQ(d.type().fields[0].type, TypeUse(Primitive::U32));
    EXPECT_EQ(d.type().fields[1].label, "b");
    EXPECT_EQ(d.type().fields[1].type, TypeUse::index(0));
  });
  with(7, Bytes{1, 0x43, 1} + text("p") + Bytes{0x73, 0, 0x7F}, [](const Definition& d) {
    EXPECT_EQ(d.type().kind, TypeKind::Func);
    EXPECT_TRUE(d.type().is_async);
    EXPECT_EQ(d.type().first, TypeUse(Primitive::Bool));
  });
  with(7, {1, 0x6A, 0, 1, 0x73}, [](const Definition& d) {
    EXPECT_TRUE(d.type().first.is_none());
    EXPECT_EQ(d.type().second, TypeUse(Primitive::String));
  });
  with(7, {1, 0x3F, 0x7F, 1, 9}, [](const Definition& d) {
    EXPECT_EQ(d.type().rep, wasm::kI32);
    EXPECT_TRUE(d.type().has_destructor);
    EXPECT_EQ(d.type().number, 9u);
  });
  with(7, Bytes{1, 0x42, 2, 1, 0x7F, 4, 0} + text("t") + Bytes{3, 1}, [](const Definition& d) {
    ASSERT_EQ(d.type().declarators.size(), 2u);
    EXPECT_EQ(d.type().declarators[1].export_decl().type.bound, ExternType::kSubResource);
  });
  // An import is possible in a component type only.
  EXPECT_TRUE(error_of(kHead + section(7, {1, 0x42, 1, 3}))
                  .starts_with("invalid leading byte (0x3) for component or instance type declaration"));
  EXPECT_TRUE(
      error_of(kHead + section(7, {1, 0x71, 1, 1, 'a', 0, 1})).starts_with("invalid leading byte (0x1) for zero"));
}

TEST(ComponentDecoder, CoreTypes) {
  with(3, {1, 0x60, 1, 0x64, 5, 0}, [](const Definition& d) {
    ASSERT_EQ(d.core_type().types.size(), 1u);
    // The index stays as it is written.
    EXPECT_EQ(d.core_type().types[0].params[0].heap().type_id(), 5u);
  });
  with(3, {1, 0, 0x50, 0, 0x60, 0, 0}, [](const Definition& d) {
    EXPECT_FALSE(d.core_type().is_module);
    EXPECT_FALSE(d.core_type().types[0].is_final);
  });
  with(3, Bytes{1, 0x50, 2, 0} + text("a") + text("b") + Bytes{2, 0, 1, 3} + text("c") + Bytes{3, 0x7F, 1},
       [](const Definition& d) {
         EXPECT_TRUE(d.core_type().is_module);
         ASSERT_EQ(d.core_type().declarators.size(), 2u);
         EXPECT_EQ(d.core_type().declarators[0].type->memory.limits.min, 1u);
         EXPECT_TRUE(d.core_type().declarators[1].type->global.is_mutable);
       });
}

TEST(ComponentDecoder, CanonicalDefinitions) {
  with(8, {1, 0, 0, 3, 2, 0x03, 1, 0x06, 4}, [](const Definition& d) {
    EXPECT_EQ(d.canon().op, CanonOp::Lift);
    EXPECT_EQ(d.canon().index, 3u);
    EXPECT_EQ(d.canon().type, 4u);
    ASSERT_EQ(d.canon().options.size(), 2u);
    EXPECT_EQ(d.canon().options[0].kind, CanonOptionKind::Memory);
    EXPECT_EQ(d.canon().options[1].kind, CanonOptionKind::Async);
  });
  with(8, {1, 0x0A, 0x7F, 1}, [](const Definition& d) {
    EXPECT_EQ(d.canon().op, CanonOp::ContextGet);
    EXPECT_EQ(d.canon().core_type, wasm::kI32);
    EXPECT_EQ(d.canon().index, 1u);
  });
  EXPECT_TRUE(error_of(kHead + section(8, {1, 0x07})).starts_with("invalid leading byte (0x7) for canonical function"));
  EXPECT_TRUE(error_of(kHead + section(8, {1, 0x06, 2})).starts_with("invalid boolean value"));
}

TEST(ComponentDecoder, Names) {
  with(10, Bytes{1, 2} + text("a") + Bytes{2, 0} + text("b:c/d") + Bytes{2} + text("id") + Bytes{1, 0},
       [](const Definition& d) {
         const ExternName& name = d.import().name;
         EXPECT_EQ(name.name, "a");
         EXPECT_EQ(name.attributes->implements, "b:c/d");
         EXPECT_EQ(name.attributes->external_id, "id");
         EXPECT_FALSE(name.attributes->version_suffix);
       });
  EXPECT_TRUE(error_of(kHead + section(10, Bytes{1, 2} + text("a") + Bytes{2, 0} + text("b") + Bytes{0} + text("c") +
                                               Bytes{1, 0}))
                  .starts_with("duplicate 'implements' option"));
  EXPECT_TRUE(error_of(kHead + section(10, {1, 0, 2, 0xC3, 0x28, 1, 0})).starts_with("malformed UTF-8 encoding"));
}

TEST(ComponentDecoder, NestingIsBounded) {
  Bytes component = kHead;
  for (uint32_t i = 0; i < kMaxNesting; ++i) component = kHead + section(4, component);
  EXPECT_EQ(error_of(component), "");
  EXPECT_TRUE(error_of(kHead + section(4, component)).starts_with("components are nested too deeply"));
  Bytes type{0x42, 0};
  for (uint32_t i = 1; i < kMaxNesting; ++i) type = Bytes{0x42, 1, 1} + type;
  EXPECT_EQ(error_of(kHead + section(7, Bytes{1} + type)), "");
  EXPECT_TRUE(error_of(kHead + section(7, Bytes{1, 0x42, 1, 1} + type)).starts_with("types are nested too deeply"));
}

TEST(ComponentDecoder, CountsAreBounded) {
  EXPECT_TRUE(error_of(kHead + section(7, {0xFF, 0xFF, 0xFF, 0xFF, 0x0F})).starts_with("unexpected end-of-file"));
  EXPECT_TRUE(error_of(kHead + section(8, {1, 0, 0, 0, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0}))
                  .starts_with("too many canonical options"));
}

TEST(ComponentDecoder, EveryPrefixIsAnError) {
  const Bytes whole = kHead + section(7, Bytes{1, 0x72, 1} + text("a") + Bytes{0x79}) +
                      section(10, Bytes{1, 0} + text("f") + Bytes{1, 0}) + section(8, {1, 1, 0, 0, 0});
  for (size_t size = 0; size < whole.size(); ++size) {
    const Bytes prefix(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    const auto component = decode(prefix);
    if (!component) EXPECT_LE(component.error().offset(), size);
  }
}

}  // namespace
}  // namespace ermine::component

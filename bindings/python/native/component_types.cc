// Types of WIT from their text, as the C API gives it: `record { x: u32 }`, `list<u8>`, `result<_, string>`, names of
// types that the same interface defines.
#include "component.h"

namespace ermine_python {

namespace {

using Definitions = std::map<std::string, std::string>;

constexpr int kDeepest = 100;  // as deep as types are

const std::map<std::string_view, ermine_component_valkind_t>& primitives() {
  static const auto* const made = new std::map<std::string_view, ermine_component_valkind_t>{
      {"bool", ERMINE_COMPONENT_BOOL},     {"s8", ERMINE_COMPONENT_S8},
      {"u8", ERMINE_COMPONENT_U8},         {"s16", ERMINE_COMPONENT_S16},
      {"u16", ERMINE_COMPONENT_U16},       {"s32", ERMINE_COMPONENT_S32},
      {"u32", ERMINE_COMPONENT_U32},       {"s64", ERMINE_COMPONENT_S64},
      {"u64", ERMINE_COMPONENT_U64},       {"f32", ERMINE_COMPONENT_F32},
      {"f64", ERMINE_COMPONENT_F64},       {"char", ERMINE_COMPONENT_CHAR},
      {"string", ERMINE_COMPONENT_STRING}, {"error-context", ERMINE_COMPONENT_HANDLE}};
  return *made;
}

class Reader {
 public:
  Reader(std::string_view text, const Definitions& definitions, int depth)
      : text_(text), definitions_(definitions), depth_(depth) {}

  FuncSignature signature() {
    FuncSignature out;
    out.is_async = take("async ");
    expect("func(");
    if (!take(")")) {
      do {
        out.names.push_back(word());
        expect(": ");
        out.params.push_back(type());
      } while (take(", "));
      expect(")");
    }
    if (take(" -> ")) out.result = type();
    return end(), out;
  }

  TypeRef whole_type() {
    TypeRef out = type();
    return end(), out;
  }

 private:
  [[noreturn]] void fail() const {
    throw_error("WasmError", "the type of a function of the component cannot be used here: " + std::string(text_));
  }
  bool take(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  void expect(std::string_view what) {
    if (!take(what)) fail();
  }
  void end() const {
    if (at_ != text_.size()) fail();
  }
  std::string word() {
    const size_t end = std::min(text_.find_first_of(" :,<>(){}", at_), text_.size());
    std::string out(text_.substr(at_, end - at_));
    if (out.empty()) fail();
    at_ = end;
    return out;
  }

  // The parts in angle brackets, of which "_" is none.
  std::vector<TypeRef> angles() {
    std::vector<TypeRef> out;
    if (!take("<")) return out;
    do out.push_back(take("_") ? nullptr : type());
    while (take(", "));
    expect(">");
    return out;
  }
  // `name: type`, `name(type)` or `name`, in braces.
  void braces(Type& out) {
    expect(" { ");
    do {
      out.names.push_back(word());
      TypeRef part;
      if (take(": ")) part = type();
      else if (take("(")) part = type(), expect(")");
      out.parts.push_back(std::move(part));
    } while (take(", "));
    expect(" }");
  }

  TypeRef type() {
    if (++depth_ > kDeepest) fail();
    Type out;
    const std::string name = word();
    const auto primitive = primitives().find(name);
    const auto is = [&](std::string_view what, ermine_component_valkind_enum kind) {
      if (name != what) return false;
      out.kind = static_cast<ermine_component_valkind_t>(kind);
      return true;
    };
    if (primitive != primitives().end()) {
      out.kind = primitive->second;
    } else if (is("record", ERMINE_COMPONENT_RECORD) || is("variant", ERMINE_COMPONENT_VARIANT) ||
               is("enum", ERMINE_COMPONENT_ENUM) || is("flags", ERMINE_COMPONENT_FLAGS)) {
      braces(out);
    } else if (is("list", ERMINE_COMPONENT_LIST)) {
      expect("<");
      out.parts.push_back(type());
      if (take(", ")) (void)word();  // a fixed length, which the engine checks
      expect(">");
    } else if (is("tuple", ERMINE_COMPONENT_TUPLE) || is("option", ERMINE_COMPONENT_OPTION) ||
               is("map", ERMINE_COMPONENT_MAP)) {
      out.parts = angles();
      if (out.parts.size() < (out.kind == ERMINE_COMPONENT_MAP ? 2 : 1)) fail();
    } else if (is("result", ERMINE_COMPONENT_RESULT)) {
      out.parts = angles();
      out.parts.resize(2);
    } else if (is("own", ERMINE_COMPONENT_RESOURCE) || is("borrow", ERMINE_COMPONENT_RESOURCE)) {
      expect("<");
      (void)word();
      expect(">");
    } else if (is("stream", ERMINE_COMPONENT_HANDLE) || is("future", ERMINE_COMPONENT_HANDLE)) {
      (void)angles();
    } else {
      const auto definition = definitions_.find(name);
      if (definition == definitions_.end()) fail();
      --depth_;
      return Reader(definition->second, definitions_, depth_ + 1).whole_type();
    }
    --depth_;
    return std::make_shared<const Type>(std::move(out));
  }

  const std::string_view text_;
  const Definitions& definitions_;
  int depth_;
  size_t at_ = 0;
};

}  // namespace

FuncSignature read_signature(std::string_view text, const Definitions& definitions) {
  return Reader(text, definitions, 0).signature();
}

TypeRef read_type(std::string_view text) { return Reader(text, {}, 0).whole_type(); }

}  // namespace ermine_python

// CoreTypes: the types of core WebAssembly in the text of a component. A component, and each module type in it, has an
// index space of core types; one CoreTypes holds its identifiers and reads the definitions and descriptors that use
// them, by the parser of modules.
//
// All reading functions start at the token at `at` and return the position of the token that follows, or null after an
// error (take_error()).
#pragma once

#include <optional>
#include <string_view>

#include "text/parser.h"

namespace ermine::text {

class CoreTypes : private Parser {
 public:
  // `source` and `options` outlive the object.
  CoreTypes(const Source& source, const ParseOptions& options)
      : Parser(source, source.text.data(), source.text.data() + source.text.size(), options) {
    emit_names_ = true;
    reuse_inline_types_ = false;
  }

  uint32_t count() const { return static_cast<uint32_t>(types_.size()); }
  std::optional<uint32_t> find(std::string_view name);
  // An index is taken by a type whose definition is elsewhere: an alias, an import, the type of a module. `name` is its
  // identifier, or null. False if the identifier is taken. The caller keeps the characters alive.
  bool add(std::string_view name);
  // The names of the types that definition() has read: identifiers or @name annotations, in the order of their indices.
  const std::vector<NameEntry>& names() const { return names_.spaces[static_cast<unsigned>(NameSpace::kType)]; }

  // "(type ...)" or "(rec ...)": at the parenthesis, or at the keyword of "(core type ...)" and "(core rec ...)".
  const char* definition(const char* at, ByteBuffer& out);
  const char* read_value_type(const char* at, ByteBuffer& out);
  // "(func ...)", "(memory ...)", ...: the type of an import or export. Its identifier, if there is one, names nothing.
  // A function type that is written inline is added to the index space if no equal one is defined; `definition` becomes
  // its bytes.
  const char* extern_type(const char* at, ByteBuffer& out, ByteBuffer& definition);

  Error take_error() { return Parser::take_error(); }

 private:
  const char* next() const { return failed() ? nullptr : tok_.start; }
};

}  // namespace ermine::text

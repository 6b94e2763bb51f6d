// Printer: the state of printing one component; shared by the files of this folder. Callers use print.h.
//
// Definitions are printed in their long forms, in the order of the binary. Indices of a component are shown
// by identifiers if its name section has a name for them; the types with declarators have no names.
#pragma once

#include <array>
#include <memory>

#include "component/model/component.h"
#include "component/text/names.h"
#include "text/print/identifiers.h"
#include "text/print/out.h"
#include "text/print/print.h"

namespace ermine::component {

class Printer {
 public:
  Printer(text::Out& out, const text::PrintOptions& options) : out_(out), options_(options) {}

  // The outermost component, without the parenthesis that closes it.
  Result<void> print(const ComponentBody& body);
  // Its definitions with their offsets, without the contents of modules and components in it, for a listing.
  Result<void> list(const ComponentBody& body);

 private:
  // The index spaces of a component or type, as far as they are defined.
  struct Spaces {
    std::array<uint32_t, kSorts> counts{};
    std::array<text::Identifiers, kSorts> ids;
  };

  // -- definitions (printer.cc)
  Result<void> body(const ComponentBody& body, const Names& names);
  Result<void> definition(const Definition& definition);
  Result<void> core_module(const CoreModule& module);
  Result<void> nested(const ComponentBody& body);
  void instance(const Instance& instance, bool core);
  void alias(const Alias& alias);
  void export_(const Export& exported);
  void start(const Start& start);
  void custom(const CustomSection& section);

  void new_line();
  void string(std::string_view text) { text::put_string(out_, text); }
  void extern_name(const ExternName& name);
  void word(Sort sort);  // "func", "core func"
  void use(Sort sort, uint32_t index);  // "$f" or "3"
  void item(Sort sort, uint32_t index);  // "(func $f)", "(core func $f)"
  // " $f (;3;)" of the sort's next index. It is defined by defined(), when its definition has been printed.
  void name(Sort sort);
  void defined(Sort sort) { ++spaces_->counts[static_cast<unsigned>(sort)]; }
  uint32_t next(Sort sort) const { return spaces_->counts[static_cast<unsigned>(sort)]; }

  // -- canonical definitions (canon.cc)
  void canon(const Canon& canon);
  void canon_immediates(const Canon& canon);
  void canon_options(std::span<const CanonOption> options);

  // -- types (types.cc)
  void type_use(TypeUse type);
  void type(const TypeDef& type);
  void labelled(const TypeDef& type, std::string_view keyword);
  void declarators(const TypeDef& type);
  void extern_type(const ExternType& type, bool with_name);
  void core_type(const CoreType& type, bool in_module = false);
  void module_declarator(const ModuleDeclarator& declarator);
  void core_extern_type(const CoreExternType& type);
  void core_sub_type(const CoreSubType& type);
  void value_type(wasm::ValType type);
  void field_type(const wasm::FieldType& type);
  void limits(const wasm::Limits& limits, bool is64);

  text::Out& out_;
  const text::PrintOptions& options_;
  Spaces* spaces_ = nullptr;
  std::string_view own_name_;  // of the component that is printed, from its name section
  unsigned indent_ = 0;
  bool lists_ = false;  // for list()
  std::optional<uint32_t> offset_;  // at the head of the next line of a listing
};

}  // namespace ermine::component

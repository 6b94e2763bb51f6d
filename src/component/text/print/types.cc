// Prints types. See printer.h.
#include "component/text/print/printer.h"

#include "wasm/type_name.h"

namespace ermine::component {

void Printer::type_use(TypeUse type) {
  if (type.is_primitive()) out_ << primitive_name(type.primitive());
  else use(Sort::Type, type.index());
}

void Printer::labelled(const TypeDef& type, std::string_view keyword) {
  for (const Field& field : type.fields) {
    out_ << " (" << keyword << ' ';
    string(field.label);
    if (!field.type.is_none()) {
      out_ << ' ';
      type_use(field.type);
    }
    out_ << ')';
    if (!out_.maybe_flush()) return;
  }
}

void Printer::type(const TypeDef& type) {
  const TypeForm form = type_form(type.kind);
  if (form == TypeForm::Primitive) {
    out_ << primitive_name(type.primitive);
    return;
  }
  out_ << '(' << type_keyword(type.kind);
  const auto operand = [this](TypeUse use) {
    if (use.is_none()) return;
    out_ << ' ';
    type_use(use);
  };
  switch (form) {
    case TypeForm::Primitive: break;
    case TypeForm::Fields: labelled(type, "field"); break;
    case TypeForm::Cases: labelled(type, "case"); break;
    case TypeForm::Element:
    case TypeForm::OptionalElement: operand(type.first); break;
    case TypeForm::ElementLength:
      operand(type.first);
      (out_ << ' ').number(type.number);
      break;
    case TypeForm::Types:
      for (const Field& field : type.fields) operand(field.type);
      break;
    case TypeForm::Labels:
      for (const Field& field : type.fields) {
        out_ << ' ';
        string(field.label);
      }
      break;
    case TypeForm::Result:
      operand(type.first);
      if (!type.second.is_none()) {
        out_ << " (error ";
        type_use(type.second);
        out_ << ')';
      }
      break;
    case TypeForm::Index:
      out_ << ' ';
      use(Sort::Type, type.number);
      break;
    case TypeForm::KeyValue:
      operand(type.first);
      operand(type.second);
      break;
    case TypeForm::Func:
      if (type.is_async) out_ << " async";
      labelled(type, "param");
      if (!type.first.is_none()) {
        out_ << " (result ";
        type_use(type.first);
        out_ << ')';
      }
      break;
    case TypeForm::Declarators: declarators(type); break;
    case TypeForm::Resource:
      out_ << " (rep ";
      value_type(type.rep);
      out_ << ')';
      if (type.has_destructor) {
        out_ << " (dtor ";
        item(Sort::CoreFunc, type.number);
        out_ << ')';
      }
      break;
  }
  out_ << ')';
}

void Printer::declarators(const TypeDef& type) {
  Spaces spaces;
  Spaces* const outer = std::exchange(spaces_, &spaces);
  indent_ += 2;
  // A declarator is never a value, a module or a component, whose printing can fail.
  for (const Definition& declarator : type.declarators)
    if (auto printed = definition(declarator); !printed) break;
  indent_ -= 2;
  if (!type.declarators.empty()) new_line();
  spaces_ = outer;
}

void Printer::extern_type(const ExternType& type, bool with_name) {
  out_ << '(';
  word(type.sort);
  if (with_name) name(type.sort);
  out_ << ' ';
  switch (type.bound) {
    case ExternType::kIndex:
      out_ << "(type ";
      use(type.sort == Sort::CoreModule ? Sort::CoreType : Sort::Type, type.index);
      out_ << ')';
      break;
    case ExternType::kEq:
      out_ << "(eq ";
      use(Sort::Type, type.index);
      out_ << ')';
      break;
    case ExternType::kSubResource: out_ << "(sub resource)"; break;
    case ExternType::kValueEq:
      out_ << "(eq ";
      use(Sort::Value, type.index);
      out_ << ')';
      break;
    case ExternType::kValueType:
      // An identifier here would be that of the value.
      if (type.value.is_index()) out_.number(type.value.index());
      else type_use(type.value);
      break;
  }
  out_ << ')';
}

// -- Core types ----------------------------------------------------------------------------------------

void Printer::value_type(wasm::ValType type) {
  if (!type.is_ref() || !type.heap().is_concrete()) {
    out_ << wasm::type_name(type);
    return;
  }
  out_ << (type.nullable() ? "(ref null " : "(ref ");
  use(Sort::CoreType, type.heap().type_id());
  out_ << ')';
}

void Printer::field_type(const wasm::FieldType& type) {
  if (type.is_mutable) out_ << "(mut ";
  value_type(type.storage);
  if (type.is_mutable) out_ << ')';
}

void Printer::core_sub_type(const CoreSubType& type) {
  const bool is_sub = !type.is_final || type.super != wasm::kNoType;
  if (is_sub) out_ << (type.is_final ? "(sub final " : "(sub ");
  if (type.super != wasm::kNoType) {
    use(Sort::CoreType, type.super);
    out_ << ' ';
  }
  switch (type.kind) {
    case wasm::CompositeKind::kFunc:
      out_ << "(func";
      for (const auto& [word, types] : {std::pair{" (param", type.params}, std::pair{" (result", type.results}}) {
        if (types.empty()) continue;
        out_ << word;
        for (const wasm::ValType value : types) {
          out_ << ' ';
          value_type(value);
        }
        out_ << ')';
      }
      break;
    case wasm::CompositeKind::kStruct:
      out_ << "(struct";
      for (const wasm::FieldType& field : type.fields) {
        out_ << " (field ";
        field_type(field);
        out_ << ')';
      }
      break;
    case wasm::CompositeKind::kArray:
      out_ << "(array";
      for (const wasm::FieldType& field : type.fields) {
        out_ << ' ';
        field_type(field);
      }
      break;
  }
  out_ << (is_sub ? "))" : ")");
}

// A definition in a component or a type with declarators, or in a module type, where the word core is left out.
void Printer::core_type(const CoreType& type, bool in_module) {
  const std::string_view core = in_module ? "" : "core ";
  if (type.is_module) {
    out_ << '(' << core << "type";
    name(Sort::CoreType);
    out_ << " (module";
    Spaces spaces;
    Spaces* const outer = std::exchange(spaces_, &spaces);
    indent_ += 2;
    for (const ModuleDeclarator& declarator : type.declarators) {
      new_line();
      module_declarator(declarator);
      if (!out_.maybe_flush()) break;
    }
    indent_ -= 2;
    if (!type.declarators.empty()) new_line();
    spaces_ = outer;
    out_ << "))";
    return defined(Sort::CoreType);
  }
  // The types of a group may refer to each other, and a type to itself, by identifiers.
  const uint32_t first = next(Sort::CoreType);
  spaces_->counts[static_cast<unsigned>(Sort::CoreType)] += static_cast<uint32_t>(type.types.size());
  if (type.is_group) out_ << '(' << core << "rec";
  for (size_t i = 0; i < type.types.size(); ++i) {
    const auto index = first + static_cast<uint32_t>(i);
    out_ << (type.is_group ? " (" : "(") << (type.is_group ? "" : core) << "type";
    spaces_->ids[static_cast<unsigned>(Sort::CoreType)].define(out_, index);
    (out_ << " (;").number(index) << ";) ";
    core_sub_type(type.types[i]);
    out_ << ')';
  }
  if (type.is_group) out_ << ')';
}

void Printer::module_declarator(const ModuleDeclarator& declarator) {
  switch (declarator.kind) {
    case ModuleDeclarator::kImport:
      out_ << "(import ";
      string(declarator.module);
      out_ << ' ';
      string(declarator.name);
      out_ << ' ';
      core_extern_type(*declarator.type);
      out_ << ')';
      break;
    case ModuleDeclarator::kExport:
      out_ << "(export ";
      string(declarator.name);
      out_ << ' ';
      core_extern_type(*declarator.type);
      out_ << ')';
      break;
    case ModuleDeclarator::kType: core_type(*declarator.core_type, true); break;
    case ModuleDeclarator::kOuterAlias:
      (out_ << "(alias outer ").number(declarator.count) << ' ';
      out_.number(declarator.index) << " (type";
      name(Sort::CoreType);
      out_ << "))";
      defined(Sort::CoreType);
      break;
  }
}

void Printer::limits(const wasm::Limits& limits, bool is64) {
  if (is64) out_ << "i64 ";
  out_.number(limits.min);
  if (limits.max) (out_ << ' ').number(*limits.max);
}

void Printer::core_extern_type(const CoreExternType& type) {
  const auto use_type = [&] {
    out_ << "(type ";
    use(Sort::CoreType, type.type_index);
    out_ << ')';
  };
  switch (type.kind) {
    case wasm::ExternKind::kFunc:
      out_ << "(func ";
      use_type();
      break;
    case wasm::ExternKind::kTable:
      out_ << "(table ";
      limits(type.table.limits, type.table.is64);
      out_ << ' ';
      value_type(type.table.element);
      break;
    case wasm::ExternKind::kMemory:
      out_ << "(memory ";
      limits(type.memory.limits, type.memory.is64);
      if (type.memory.shared) out_ << " shared";
      if (type.memory.page_log2 != 16)
        (out_ << " (pagesize ").number(uint64_t{1} << (type.memory.page_log2 & 63)) << ')';
      break;
    case wasm::ExternKind::kGlobal:
      out_ << "(global ";
      field_type({type.global.type, type.global.is_mutable});
      break;
    case wasm::ExternKind::kTag:
      out_ << "(tag ";
      use_type();
      break;
  }
  out_ << ')';
}

}  // namespace ermine::component

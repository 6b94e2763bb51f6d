// Prints the definitions of a component. See printer.h.
#include "component/text/print/printer.h"

#include <algorithm>

#include "base/format.h"
#include "component/model/limits.h"

namespace ermine::component {

namespace {

// The sort of the index that a definition takes; None if it takes none, or several.
Sort sort_of(const Definition& definition) {
  switch (definition.kind) {
    case Definition::kCoreModule: return Sort::CoreModule;
    case Definition::kCoreInstance: return Sort::CoreInstance;
    case Definition::kCoreType: return Sort::None;
    case Definition::kComponent: return Sort::Component;
    case Definition::kInstance: return Sort::Instance;
    case Definition::kAlias: return definition.alias().sort;
    case Definition::kType: return Sort::Type;
    case Definition::kCanon: return definition.canon().op == CanonOp::Lift ? Sort::Func : Sort::CoreFunc;
    case Definition::kStart: return Sort::None;
    case Definition::kImport: return definition.import().type.sort;
    case Definition::kExport: return definition.export_().sort;
    case Definition::kExportDecl: return definition.export_decl().type.sort;
    case Definition::kValue: return Sort::Value;
  }
  return Sort::None;
}

// The number of entries that each index space will have. A start function has at most kMaxValues results.
std::array<uint32_t, kSorts> count(std::span<const Definition> definitions) {
  std::array<uint32_t, kSorts> counts{};
  for (const Definition& definition : definitions) {
    if (definition.kind == Definition::kStart) {
      counts[static_cast<unsigned>(Sort::Value)] += definition.start().results;
    } else if (definition.kind == Definition::kCoreType) {
      const CoreType& type = definition.core_type();
      counts[static_cast<unsigned>(Sort::CoreType)] += type.is_module ? 1 : static_cast<uint32_t>(type.types.size());
    } else if (const Sort sort = sort_of(definition); sort != Sort::None) {
      ++counts[static_cast<unsigned>(sort)];
    }
  }
  return counts;
}

// The name section that identifiers can stand for: well formed, and the last section.
const CustomSection* name_section(const ComponentBody& body) {
  if (body.customs.empty()) return nullptr;
  const CustomSection& last = body.customs.back();
  return last.name == kNameSection && last.before == body.definitions.size() ? &last : nullptr;
}

Names names_of(const ComponentBody& body) {
  if (const CustomSection* section = name_section(body))
    if (std::optional<Names> names = Names::decode(section->bytes)) return *std::move(names);
  return {};
}

}  // namespace

void Printer::new_line() {
  out_ << '\n';
  if (lists_ && offset_) (out_ << ' ').hex(*offset_, 6) << ':';
  else if (lists_) out_.spaces(8);
  offset_.reset();
  out_.spaces(indent_);
}

void Printer::word(Sort sort) { (is_core(sort) ? out_ << "core " : out_) << sort_keyword(sort); }

void Printer::use(Sort sort, uint32_t index) {
  // An index that is not defined yet, which the validator refuses, has no identifier yet.
  if (index < next(sort)) spaces_->ids[static_cast<unsigned>(sort)].use(out_, index);
  else out_.number(index);
}

void Printer::item(Sort sort, uint32_t index) {
  out_ << '(';
  word(sort);
  out_ << ' ';
  use(sort, index);
  out_ << ')';
}

void Printer::name(Sort sort) {
  spaces_->ids[static_cast<unsigned>(sort)].define(out_, next(sort));
  (out_ << " (;").number(next(sort)) << ";)";
}

void Printer::extern_name(const ExternName& name) {
  out_ << ' ';
  string(name.name);
  if (name.attributes == nullptr) return;
  const auto attribute = [&](std::string_view keyword, const std::optional<std::string_view>& value) {
    if (!value) return;
    out_ << " (" << keyword << ' ';
    string(*value);
    out_ << ')';
  };
  attribute("implements", name.attributes->implements);
  attribute("versionsuffix", name.attributes->version_suffix);
  attribute("external-id", name.attributes->external_id);
}

// -- Components and modules ----------------------------------------------------------------------------

Result<void> Printer::print(const ComponentBody& component) {
  out_ << "(component";
  const Names names = options_.names ? names_of(component) : Names();
  if (names.component.data() != nullptr) {
    if (names.component.size() <= text::kMaxIdentifier && text::is_plain_identifier(names.component)) {
      out_ << " $" << names.component;
    } else {
      out_ << " (@name ";
      string(names.component);
      out_ << ')';
    }
  }
  own_name_ = names.component;
  return body(component, names);
}

Result<void> Printer::list(const ComponentBody& component) {
  lists_ = true;
  indent_ = 0;
  const Names names = options_.names ? names_of(component) : Names();
  own_name_ = names.component;
  Result<void> done = body(component, names);
  lists_ = false;
  return done;
}

// `own_name_` is the name that the component's head gives it.
Result<void> Printer::body(const ComponentBody& component, const Names& names) {
  for (const Definition& definition : component.definitions)
    if (definition.kind == Definition::kStart && definition.start().results > kMaxValues)
      return Error(ErrorKind::kUnsupported, base::format("a start function with more than {} results", kMaxValues),
                   definition.offset);
  Spaces spaces;
  const std::array<uint32_t, kSorts> counts = count(component.definitions);
  // Entries without an index are not in the text; then the section is printed as it is.
  bool carried = name_section(component) != nullptr && options_.names && !names.encode().empty();
  for (unsigned i = 0; i < kSorts; ++i)
    if (spaces.ids[i].assign(names.sorts[i], counts[i]) != names.sorts[i].size()) carried = false;
  Spaces* const outer = std::exchange(spaces_, &spaces);
  indent_ += lists_ ? 1 : 2;
  if (own_name_ != names.component || (own_name_.data() == nullptr) != (names.component.data() == nullptr)) {
    new_line();
    out_ << "(@ermine.name";
    if (names.component.data() != nullptr) {
      out_ << ' ';
      string(names.component);
    }
    out_ << ')';
  }
  if (carried && !lists_) {
    new_line();
    out_ << "(@ermine.names)";
  }
  size_t next_custom = 0;
  const auto customs = [&](size_t before) {
    for (; next_custom < component.customs.size() && component.customs[next_custom].before <= before; ++next_custom)
      if (!carried || next_custom + 1 != component.customs.size()) custom(component.customs[next_custom]);
  };
  for (size_t i = 0; i < component.definitions.size(); ++i) {
    customs(i);
    ERMINE_TRY(definition(component.definitions[i]));
  }
  customs(component.definitions.size());
  indent_ -= lists_ ? 1 : 2;
  spaces_ = outer;
  return {};
}

Result<void> Printer::nested(const ComponentBody& component) {
  const Names names = options_.names ? names_of(component) : Names();
  const text::Identifiers& ids = spaces_->ids[static_cast<unsigned>(Sort::Component)];
  out_ << "(component";
  name(Sort::Component);
  if (lists_) {
    (out_ << ", ").number(component.bytes.size()) << " bytes)";
    return {};
  }
  own_name_ = ids.name(next(Sort::Component));
  ERMINE_TRY(body(component, names));
  if (!component.definitions.empty() || !component.customs.empty()) new_line();
  out_ << ')';
  return {};
}

Result<void> Printer::core_module(const CoreModule& module) {
  std::string head;
  const text::TextSink collect = [&head](std::string_view piece) {
    head += piece;
    return true;
  };
  text::Out head_out(collect);
  const text::Identifiers& ids = spaces_->ids[static_cast<unsigned>(Sort::CoreModule)];
  head_out << "(core module";
  ids.define(head_out, next(Sort::CoreModule));
  (head_out << " (;").number(next(Sort::CoreModule)) << ";)";
  head_out.flush();
  if (lists_) {
    (out_ << head << ", ").number(module.bytes.size()) << " bytes)";
    return {};
  }

  text::PrintOptions options = options_;
  options.head = head;
  options.head_name = ids.name(next(Sort::CoreModule));
  // The lines of the module are indented, and its last one does not end.
  unsigned waiting = 0;
  const text::TextSink indented = [&](std::string_view piece) {
    while (!piece.empty()) {
      const size_t end = piece.find('\n');
      const std::string_view line = piece.substr(0, end);
      if (!line.empty()) {
        for (; waiting > 0; --waiting) {
          out_ << '\n';
          out_.spaces(indent_);
        }
        out_ << line;
      }
      if (end == piece.npos) break;
      ++waiting;
      piece.remove_prefix(end + 1);
    }
    return out_.maybe_flush();
  };
  return text::print(module.bytes, options, indented);
}

void Printer::custom(const CustomSection& section) {
  if (lists_) offset_ = section.offset;
  new_line();
  out_ << "(@custom ";
  string(section.name);
  if (lists_) {
    (out_ << ", ").number(section.bytes.size()) << " bytes)";
    return;
  }
  if (!section.bytes.empty()) {
    out_ << ' ';
    string({reinterpret_cast<const char*>(section.bytes.data()), section.bytes.size()});
  }
  out_ << ')';
}

// -- Definitions ---------------------------------------------------------------------------------------

Result<void> Printer::definition(const Definition& definition) {
  if (lists_) offset_ = definition.offset;
  new_line();
  switch (definition.kind) {
    case Definition::kCoreModule: ERMINE_TRY(core_module(definition.core_module())); break;
    case Definition::kCoreInstance: instance(definition.core_instance(), true); break;
    case Definition::kCoreType: core_type(definition.core_type()); break;
    case Definition::kComponent: ERMINE_TRY(nested(definition.component())); break;
    case Definition::kInstance: instance(definition.instance(), false); break;
    case Definition::kAlias: alias(definition.alias()); break;
    case Definition::kType:
      out_ << "(type";
      name(Sort::Type);
      out_ << ' ';
      type(definition.type());
      out_ << ')';
      break;
    case Definition::kCanon: canon(definition.canon()); break;
    case Definition::kStart: start(definition.start()); break;
    case Definition::kImport:
    case Definition::kExportDecl: {
      const bool is_import = definition.kind == Definition::kImport;
      const Import& import = is_import ? definition.import() : definition.export_decl();
      out_ << (is_import ? "(import" : "(export");
      extern_name(import.name);
      out_ << ' ';
      extern_type(import.type, true);
      out_ << ')';
      break;
    }
    case Definition::kExport: export_(definition.export_()); break;
    case Definition::kValue:
      return Error(ErrorKind::kUnsupported, "definitions of values cannot be printed", definition.offset);
  }
  if (const Sort sort = sort_of(definition); sort != Sort::None) defined(sort);
  out_.maybe_flush();
  return {};
}

void Printer::instance(const Instance& instance, bool core) {
  const Sort sort = core ? Sort::CoreInstance : Sort::Instance;
  out_ << '(';
  word(sort);
  name(sort);
  if (instance.instantiates) {
    out_ << " (instantiate ";
    use(core ? Sort::CoreModule : Sort::Component, instance.target);
  }
  indent_ += 2;
  for (const Item& entry : instance.items) {
    new_line();
    out_ << (instance.instantiates ? "(with" : "(export");
    extern_name(entry.name);
    out_ << ' ';
    if (core) {
      out_ << '(' << sort_keyword(entry.sort) << ' ';
      use(entry.sort, entry.index);
      out_ << ')';
    } else {
      item(entry.sort, entry.index);
    }
    out_ << ')';
  }
  indent_ -= 2;
  if (!instance.items.empty()) new_line();
  out_ << (instance.instantiates ? "))" : ")");
}

void Printer::alias(const Alias& alias) {
  out_ << "(alias ";
  switch (alias.target) {
    case Alias::kExport:
    case Alias::kCoreExport:
      out_ << (alias.target == Alias::kExport ? "export " : "core export ");
      use(alias.target == Alias::kExport ? Sort::Instance : Sort::CoreInstance, alias.instance);
      out_ << ' ';
      string(alias.name);
      break;
    case Alias::kOuter:
      (out_ << "outer ").number(alias.count) << ' ';
      out_.number(alias.index);
      break;
  }
  out_ << " (";
  word(alias.sort);
  name(alias.sort);
  out_ << "))";
}

void Printer::export_(const Export& exported) {
  out_ << "(export";
  name(exported.sort);
  extern_name(exported.name);
  out_ << ' ';
  item(exported.sort, exported.index);
  if (exported.type) {
    out_ << ' ';
    extern_type(*exported.type, false);
  }
  out_ << ')';
}

void Printer::start(const Start& start) {
  out_ << "(start ";
  use(Sort::Func, start.func);
  for (const uint32_t argument : start.args) {
    out_ << ' ';
    item(Sort::Value, argument);
  }
  for (uint32_t i = 0; i < start.results; ++i) {
    out_ << " (result (value";
    name(Sort::Value);
    out_ << "))";
    defined(Sort::Value);
  }
  out_ << ')';
}

}  // namespace ermine::component

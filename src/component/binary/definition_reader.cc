// Definitions other than types.
#include "component/binary/definition_reader.h"

#include "base/format.h"
#include "component/model/limits.h"

namespace ermine::component {

void DefinitionReader::bad_byte(uint8_t byte, uint32_t at, std::string_view what) {
  if (in_.ok()) in_.malformed(at, base::format("invalid leading byte ({:#x}) for {}", byte, what));
}

bool DefinitionReader::flag(std::string_view what) {
  const uint32_t at = in_.offset();
  const uint8_t byte = in_.byte();
  if (byte > 1 && in_.ok()) in_.malformed(at, base::format("invalid boolean value {:#x} for {}", byte, what));
  return byte == 1;
}

uint32_t DefinitionReader::count(uint32_t limit, std::string_view what) {
  const uint32_t at = in_.offset();
  const uint32_t count = in_.length();
  if (count <= limit) return count;
  in_.fail(ErrorKind::kUnsupported, at, base::format("too many {}: {}, at most {} are supported", what, count, limit));
  return 0;
}

std::string_view DefinitionReader::string() {
  const uint32_t at = in_.offset();
  const std::string_view text = in_.name();
  if (text.size() > kMaxStringSize)
    in_.fail(ErrorKind::kUnsupported, at,
             base::format("string of {} bytes is too long: at most {} are supported", text.size(), kMaxStringSize));
  return text;
}

const Attributes* DefinitionReader::attributes() {
  Attributes* attributes = arena_.make<Attributes>();
  for (uint32_t left = in_.length(); left > 0 && in_.ok(); --left) {
    const uint32_t at = in_.offset();
    const uint8_t kind = in_.byte();
    if (kind > 2) return bad_byte(kind, at, "name option"), attributes;
    std::optional<std::string_view>& value = kind == 0   ? attributes->implements
                                             : kind == 1 ? attributes->version_suffix
                                                         : attributes->external_id;
    if (value && in_.ok()) {
      constexpr std::string_view kNames[] = {"implements", "versionsuffix", "external-id"};
      in_.malformed(at, base::format("duplicate '{}' option in name", kNames[kind]));
    }
    value = string();
  }
  return attributes;
}

ExternName DefinitionReader::extern_name() {
  ExternName name;
  name.offset = in_.offset();
  const uint8_t form = in_.byte();
  if (form > 2) return bad_byte(form, name.offset, "component name"), name;
  name.name = string();
  if (form == 2) name.attributes = attributes();
  return name;
}

Sort DefinitionReader::core_sort(std::string_view what) {
  const uint32_t at = in_.offset();
  const uint8_t code = in_.byte();
  const auto sort = sort_from_code(code, true);
  if (!sort) bad_byte(code, at, what);
  return sort.value_or(Sort::CoreFunc);
}

// Of an import, an export or an argument: of the core sorts, only modules are possible.
Sort DefinitionReader::sort() {
  constexpr std::string_view kWhat = "component external kind";
  const uint32_t at = in_.offset();
  const uint8_t code = in_.byte();
  if (code == 0) {
    const uint32_t core_at = in_.offset();
    const uint8_t core_code = in_.byte();
    if (core_code != sort_code(Sort::CoreModule)) bad_byte(core_code, core_at, kWhat);
    return Sort::CoreModule;
  }
  const auto sort = sort_from_code(code, false);
  if (!sort) bad_byte(code, at, kWhat);
  return sort.value_or(Sort::Func);
}

TypeUse DefinitionReader::type_use() {
  if (const auto primitive = primitive_from_code(in_.peek()); primitive && !in_.at_end()) {
    in_.byte();
    return *primitive;
  }
  const uint32_t at = in_.offset();
  const int64_t index = in_.s33();
  if (index < 0 || index > INT32_MAX) {
    if (in_.ok())
      in_.malformed(at, index < 0 ? "malformed value type: neither a primitive type nor a type index"
                                  : "malformed value type: the type index is too large");
    return {};
  }
  return TypeUse::index(static_cast<uint32_t>(index));
}

TypeUse DefinitionReader::optional_type_use() {
  const uint32_t at = in_.offset();
  const uint8_t present = in_.byte();
  if (present > 1) bad_byte(present, at, "optional component value type");
  return present == 1 ? type_use() : TypeUse();
}

TypeUse DefinitionReader::result_list() {
  const uint32_t at = in_.offset();
  const uint8_t form = in_.byte();
  if (form == 0) return type_use();
  if (form != 1) return bad_byte(form, at, "component function results"), TypeUse();
  const uint8_t results = in_.byte();
  if (results != 0) bad_byte(results, at + 1, "number of results");
  return {};
}

ExternType DefinitionReader::extern_type() {
  ExternType type;
  type.offset = in_.offset();
  type.sort = sort();
  const uint32_t at = in_.offset();
  switch (type.sort) {
    case Sort::Type: {
      const uint8_t bound = in_.byte();
      if (bound > 1) return bad_byte(bound, at, "type bound"), type;
      type.bound = bound == 0 ? ExternType::kEq : ExternType::kSubResource;
      if (bound == 0) type.index = in_.u32();
      return type;
    }
    case Sort::Value: {
      const uint8_t bound = in_.byte();
      if (bound > 1) return bad_byte(bound, at, "value bound"), type;
      type.bound = bound == 0 ? ExternType::kValueEq : ExternType::kValueType;
      if (bound == 0) type.index = in_.u32();
      else type.value = type_use();
      return type;
    }
    default: type.index = in_.u32(); return type;
  }
}

const Instance* DefinitionReader::core_instance() {
  Instance* instance = arena_.make<Instance>();
  const uint32_t at = in_.offset();
  const uint8_t form = in_.byte();
  if (form > 1) return bad_byte(form, at, "core instance"), instance;
  instance->instantiates = form == 0;
  if (form == 0) instance->target = in_.u32();
  items_.clear();
  const uint32_t items = count(form == 0 ? kMaxInstantiationArgs : kMaxInlineExports,
                               form == 0 ? "instantiation arguments" : "exports of an instance");
  for (uint32_t i = 0; i < items && in_.ok(); ++i) {
    Item item;
    item.name.offset = in_.offset();
    item.name.name = string();
    const uint32_t sort_at = in_.offset();
    if (form == 1) {
      item.sort = core_sort("external kind");
      if (item.sort >= Sort::CoreType) bad_byte(sort_code(item.sort), sort_at, "external kind");
    } else if (const uint8_t code = in_.byte(); code == sort_code(Sort::CoreInstance)) {
      item.sort = Sort::CoreInstance;
    } else {
      bad_byte(code, sort_at, "instantiation arg kind");
    }
    item.index = in_.u32();
    items_.push_back(item);
  }
  instance->items = arena_.copy(items_);
  return instance;
}

const Instance* DefinitionReader::instance() {
  Instance* instance = arena_.make<Instance>();
  const uint32_t at = in_.offset();
  const uint8_t form = in_.byte();
  if (form > 1) return bad_byte(form, at, "instance"), instance;
  instance->instantiates = form == 0;
  if (form == 0) instance->target = in_.u32();
  items_.clear();
  const uint32_t items = count(form == 0 ? kMaxInstantiationArgs : kMaxInlineExports,
                               form == 0 ? "instantiation arguments" : "exports of an instance");
  for (uint32_t i = 0; i < items && in_.ok(); ++i) {
    Item item;
    if (form == 0) {
      item.name.offset = in_.offset();
      item.name.name = string();
    } else {
      item.name = extern_name();
    }
    item.sort = sort();
    item.index = in_.u32();
    items_.push_back(item);
  }
  instance->items = arena_.copy(items_);
  return instance;
}

const Alias* DefinitionReader::alias() {
  Alias* alias = arena_.make<Alias>();
  const uint32_t at = in_.offset();
  const uint8_t code = in_.byte();
  const uint8_t core_code = code == 0 ? in_.byte() : uint8_t{0};
  const uint32_t target_at = in_.offset();
  const uint8_t target = in_.byte();
  if (!in_.ok()) return alias;
  const auto sort = sort_from_code(code == 0 ? core_code : code, code == 0);
  alias->sort = sort.value_or(Sort::Func);
  switch (target) {
    case 0:
      alias->target = Alias::kExport;
      if (!sort || (is_core(*sort) && *sort != Sort::CoreModule))
        return bad_byte(code == 0 ? core_code : code, code == 0 ? at + 1 : at, "component external kind"), alias;
      break;
    case 1:
      alias->target = Alias::kCoreExport;
      if (code != 0) return bad_byte(code, at, "core instance export kind"), alias;
      if (!sort || *sort >= Sort::CoreType) return bad_byte(core_code, at + 1, "external kind"), alias;
      break;
    case 2:
      alias->target = Alias::kOuter;
      if (!sort ||
          (*sort != Sort::CoreType && *sort != Sort::CoreModule && *sort != Sort::Type && *sort != Sort::Component))
        return bad_byte(code == 0 ? core_code : code, code == 0 ? at + 1 : at, "component outer alias kind"), alias;
      alias->count = in_.u32();
      alias->index = in_.u32();
      return alias;
    default: return bad_byte(target, target_at, "alias"), alias;
  }
  alias->instance = in_.u32();
  alias->name = string();
  return alias;
}

std::span<const CanonOption> DefinitionReader::options() {
  options_.clear();
  const uint32_t options = count(kMaxCanonOptions, "canonical options");
  for (uint32_t i = 0; i < options && in_.ok(); ++i) {
    CanonOption option;
    option.offset = in_.offset();
    const uint8_t code = in_.byte();
    const auto kind = canon_option_from_code(code);
    if (!kind) return bad_byte(code, option.offset, "canonical option"), std::span<const CanonOption>();
    option.kind = *kind;
    if (canon_option_info(*kind).sort != Sort::None) option.index = in_.u32();
    options_.push_back(option);
  }
  return arena_.copy(options_);
}

const Canon* DefinitionReader::canon() {
  Canon* canon = arena_.make<Canon>();
  const uint32_t at = in_.offset();
  const uint8_t opcode = in_.byte();
  const auto op = canon_from_opcode(opcode);
  if (!op) return bad_byte(opcode, at, "canonical function"), canon;
  canon->op = *op;
  const auto func_sort = [&](std::string_view what) {
    const uint32_t sort_at = in_.offset();
    if (const uint8_t zero = in_.byte(); zero != 0) bad_byte(zero, sort_at, what);
  };
  switch (canon_info(*op).form) {
    case CanonForm::None: break;
    case CanonForm::Lift:
      func_sort("canonical function lift");
      canon->index = in_.u32();
      canon->options = options();
      canon->type = in_.u32();
      break;
    case CanonForm::Lower:
      func_sort("canonical function lower");
      canon->index = in_.u32();
      canon->options = options();
      break;
    case CanonForm::Type: canon->type = in_.u32(); break;
    case CanonForm::TypeOptions:
      canon->type = in_.u32();
      canon->options = options();
      break;
    case CanonForm::TypeAsync:
      canon->type = in_.u32();
      canon->is_async = flag("async");
      break;
    case CanonForm::Async: canon->is_async = flag("async"); break;
    case CanonForm::Cancellable: canon->is_cancellable = flag("cancellable"); break;
    case CanonForm::CancellableMemory:
      canon->is_cancellable = flag("cancellable");
      canon->index = in_.u32();
      break;
    case CanonForm::CoreTypeSlot:
      canon->core_type = in_.val_type();
      canon->index = in_.u32();
      break;
    case CanonForm::ResultOptions:
      canon->result = result_list();
      canon->options = options();
      break;
    case CanonForm::Options: canon->options = options(); break;
    case CanonForm::CoreTypeTable:
      canon->type = in_.u32();
      canon->index = in_.u32();
      break;
    case CanonForm::SharedCoreType:
      canon->is_shared = flag("shared");
      canon->type = in_.u32();
      break;
    case CanonForm::SharedCoreTypeTable:
      canon->is_shared = flag("shared");
      canon->type = in_.u32();
      canon->index = in_.u32();
      break;
    case CanonForm::Shared: canon->is_shared = flag("shared"); break;
  }
  return canon;
}

const Start* DefinitionReader::start() {
  Start* start = arena_.make<Start>();
  start->func = in_.u32();
  std::vector<uint32_t> args(count(kMaxStartArgs, "start arguments"));
  for (uint32_t& arg : args) arg = in_.u32();
  start->args = arena_.copy(args);
  start->results = in_.u32();
  return start;
}

const Import* DefinitionReader::import() {
  Import* import = arena_.make<Import>();
  import->name = extern_name();
  import->type = extern_type();
  return import;
}

const Export* DefinitionReader::export_() {
  Export* e = arena_.make<Export>();
  e->name = extern_name();
  e->sort = sort();
  e->index = in_.u32();
  const uint32_t at = in_.offset();
  const uint8_t has_type = in_.byte();
  if (has_type > 1) bad_byte(has_type, at, "optional component export type");
  else if (has_type == 1) e->type = extern_type();
  return e;
}

const ValueDefinition* DefinitionReader::value() {
  ValueDefinition* value = arena_.make<ValueDefinition>();
  value->type = type_use();
  const uint32_t size = in_.length();
  const uint8_t* bytes = in_.bytes(size);
  if (in_.ok()) value->bytes = {bytes, size};
  return value;
}

}  // namespace ermine::component

// Prints canonical definitions. See printer.h.
#include "component/text/print/printer.h"

namespace ermine::component {

void Printer::canon(const Canon& canon) {
  if (canon.op == CanonOp::Lift) {
    out_ << "(func";
    name(Sort::Func);
    out_ << ' ';
    item(Sort::Type, canon.type);
  } else {
    out_ << "(core func";
    name(Sort::CoreFunc);
  }
  out_ << " (canon " << canon_info(canon.op).name;
  canon_immediates(canon);
  canon_options(canon.options);
  out_ << "))";
}

// All but the options, which come last in every form.
void Printer::canon_immediates(const Canon& canon) {
  const auto flag = [this](bool set, std::string_view word) {
    if (set) out_ << ' ' << word;
  };
  const auto index = [this](Sort sort, uint32_t number) {
    out_ << ' ';
    use(sort, number);
  };
  switch (canon_info(canon.op).form) {
    case CanonForm::None:
    case CanonForm::Options: return;
    case CanonForm::Lift:
    case CanonForm::Lower:
      out_ << ' ';
      return item(canon.op == CanonOp::Lift ? Sort::CoreFunc : Sort::Func, canon.index);
    case CanonForm::Type:
    case CanonForm::TypeOptions: return index(Sort::Type, canon.type);
    case CanonForm::TypeAsync: index(Sort::Type, canon.type); return flag(canon.is_async, "async");
    case CanonForm::Async: return flag(canon.is_async, "async");
    case CanonForm::Cancellable: return flag(canon.is_cancellable, "cancellable");
    case CanonForm::CancellableMemory:
      flag(canon.is_cancellable, "cancellable");
      out_ << " (memory";
      index(Sort::CoreMemory, canon.index);
      out_ << ')';
      return;
    case CanonForm::CoreTypeSlot:
      out_ << ' ';
      value_type(canon.core_type);
      (out_ << ' ').number(canon.index);
      return;
    case CanonForm::ResultOptions:
      if (canon.result.is_none()) return;
      out_ << " (result ";
      type_use(canon.result);
      out_ << ')';
      return;
    case CanonForm::CoreTypeTable: index(Sort::CoreType, canon.type); return index(Sort::CoreTable, canon.index);
    case CanonForm::SharedCoreType: flag(canon.is_shared, "shared"); return index(Sort::CoreType, canon.type);
    case CanonForm::SharedCoreTypeTable:
      flag(canon.is_shared, "shared");
      index(Sort::CoreType, canon.type);
      return index(Sort::CoreTable, canon.index);
    case CanonForm::Shared: return flag(canon.is_shared, "shared");
  }
}

void Printer::canon_options(std::span<const CanonOption> options) {
  for (const CanonOption& option : options) {
    const CanonOptionInfo& info = canon_option_info(option.kind);
    out_ << ' ';
    if (info.sort == Sort::None) {
      out_ << info.name;
      continue;
    }
    out_ << '(' << info.name << ' ';
    use(info.sort, option.index);
    out_ << ')';
  }
}

}  // namespace ermine::component

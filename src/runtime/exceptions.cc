#include "runtime/exceptions.h"

#include <bit>
#include <cstdio>

#include "base/format.h"
#include "ermine/printable.h"
#include "runtime/gc/object.h"
#include "runtime/store.h"

namespace ermine::runtime {

namespace {

ExceptionView view(uint8_t* base, gc::Ref object) {
  return {gc::exception_tag(base, object), reinterpret_cast<const Slot*>(gc::exception_payload(base, object)),
          gc::exception_slots(base, object)};
}

// The tag's name in a module, preferably in the one that defines it.
std::string tag_name(Store* store, const Tag* tag) {
  std::string number;
  for (const bool imported : {false, true}) {
    for (const auto& instance : store->instances()) {
      const wasm::Module& module = instance->module();
      const auto first = imported ? 0 : module.imported_tags;
      const auto end = imported ? module.imported_tags : static_cast<uint32_t>(module.tags.size());
      for (uint32_t i = first; i < end; ++i) {
        if (instance->tag(i) != tag) continue;
        if (std::string_view name = module.tag_name(i); !name.empty()) return printable(name);
        if (number.empty()) number = base::format("tag {}", i);
      }
    }
  }
  return number.empty() ? "a tag of the host" : number;
}

std::string value_text(wasm::ValType type, const Slot* slot) {
  using wasm::ValKind;
  const auto floating = [](double v, int digits) {
    char text[40];
    std::snprintf(text, sizeof text, "%.*g", digits, v);
    return std::string(text);
  };
  switch (type.kind()) {
    case ValKind::kI32: return base::format("{}", static_cast<int32_t>(*slot));
    case ValKind::kI64: return base::format("{}", static_cast<int64_t>(*slot));
    case ValKind::kF32: return floating(std::bit_cast<float>(static_cast<uint32_t>(*slot)), 9);
    case ValKind::kF64: return floating(std::bit_cast<double>(*slot), 17);
    case ValKind::kV128: return base::format("{:#x}:{:#x}", slot[1], slot[0]);
    default: return *slot == 0 ? "null" : "ref";
  }
}

}  // namespace

ExceptionView view_exception(const ExecContext* exec) {
  return view(exec->heap.base, static_cast<gc::Ref>(exec->exception));
}

std::string describe_exception(Store* store, Slot exception) {
  const ExceptionView thrown = view(store->exec()->heap.base, static_cast<gc::Ref>(exception));
  std::string text = "uncaught exception: " + tag_name(store, thrown.tag) + "(";
  const Slot* slot = thrown.payload;
  for (wasm::ValType type : thrown.tag->def->func.params) {
    if (slot != thrown.payload) text += ", ";
    text += value_text(type, slot);
    slot += type.slots();
  }
  return text + ")";
}

}  // namespace ermine::runtime

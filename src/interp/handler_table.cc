// The table of handlers by code: a constant, which the loader relocates and nobody writes.
#include "interp/handlers.h"
#include "interp/interp_code.h"

namespace ermine::interp {

namespace {

using namespace ir;

template <OpCode code>
constexpr Handler handler_of() {
  constexpr CodeInfo info = code_info(code);
  constexpr Family family = family_of(info.op);
  if constexpr (!code_exists(code)) return nullptr;
  else if constexpr (info.kind == CodeInfo::kIr) return interp::handler_of(info.ir);
  else if constexpr (info.kind == CodeInfo::kBranch) return handler_branch_if<code>;
  else if constexpr (info.kind == CodeInfo::kPair) return handler_pair<code>;
  else if constexpr (info.kind == CodeInfo::kChecked)
    return family == Family::kLoad ? handler_load_checked<info.op> : handler_store_checked<info.op>;
  else if constexpr (family == Family::kVector) return handler_vector<info.op>;
  else if constexpr (family == Family::kAtomic) return handler_atomic<info.op>;
  else if constexpr (family == Family::kWide) return handler_wide<info.op>;
  else return handler_step<code>;
}

// Pointers to functions are converted one by one in a list, which the compiler folds; a function that did it would not
// be a constant expression. If ever it does not fold, the table is filled at start again: an error.
#pragma clang diagnostic error "-Wglobal-constructors"
template <class Codes>
struct Table;
template <OpCode... codes>
struct Table<std::integer_sequence<OpCode, codes...>> {
  // A symbol of its own: the mangled name would list every code.
  static const HandlerTable handlers asm("ermine_handler_table");
};
template <OpCode... codes>
const HandlerTable Table<std::integer_sequence<OpCode, codes...>>::handlers = {
    {reinterpret_cast<const void*>(handler_of<codes>())...}};

}  // namespace

const HandlerTable& handlers() { return Table<std::make_integer_sequence<OpCode, kCodeCount>>::handlers; }

}  // namespace ermine::interp

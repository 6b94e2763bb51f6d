// The table of handlers by operation: a constant.
#include "interp/handlers.h"
#include "interp/tier.h"

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

// C++ has no constant for the distance of two addresses; the assembler does.
#define ERMINE_IN_TABLE(text) ".pushsection .rodata.ermine_handler_table, \"a\"\n" text "\n.popsection"

template <OpCode code>
[[gnu::always_inline]] inline void place() {
  constexpr Handler handler = handler_of<code>();
  if constexpr (handler == nullptr) asm volatile(ERMINE_IN_TABLE(".long 0"));
  else asm volatile(ERMINE_IN_TABLE(".long %c0 - .") : : "i"(handler));
}

// Never called: its inline assembly is the table.
[[gnu::used, gnu::noinline]] void table() {
  asm volatile(
      ERMINE_IN_TABLE(".balign 4\n.hidden ermine_handler_table\n.globl ermine_handler_table\n"
                      "ermine_handler_table:"));
  []<OpCode... codes>(std::integer_sequence<OpCode, codes...>) __attribute__((always_inline)) {
    // A list, because fold expressions would nest too deeply.
    [[maybe_unused]] const char in_order[] = {(place<codes>(), '\0')...};
  }(std::make_integer_sequence<OpCode, kCodeCount>());
}

}  // namespace

extern "C" [[gnu::visibility("hidden")]] const HandlerTable ermine_handler_table;

const HandlerTable& handlers() { return ermine_handler_table; }

}  // namespace ermine::interp

// Every instruction with a signature in the table has a function in src/semantics with exactly that C++ signature. The
// compiler checks it: there is nothing to run.
#include <concepts>

#include "semantics/semantics.h"

namespace probe {

using namespace ermine;
using namespace ermine::semantics;

// Converts to T and to nothing else, so that a parameter of another type does not match, even if T would convert to it.
template <class T>
struct Exactly {
  template <class U>
    requires std::same_as<U, T>
  operator U() const;
};

// One probe per instruction: the result type of its function called with exactly the given types, or a failed
// substitution. The name is looked up when the template is used with the probe's argument types.
#define OP(id, ...)                                                                                    \
  template <class... Args>                                                                             \
  concept Has_##id = requires(Args... args) { id(args...); };                                          \
  template <wasm::Op op, class List>                                                                   \
  struct Probe_##id;                                                                                   \
  template <wasm::Op op, class... Ps>                                                                  \
  struct Probe_##id<op, TypeList<Ps...>> {                                                             \
    static constexpr bool check() {                                                                    \
      using S = Signature<op>;                                                                         \
      if constexpr (S::kTraps) {                                                                       \
        if constexpr (Has_##id<Exactly<Ps>..., TrapCode&>) {                                           \
          return std::same_as<decltype(id(std::declval<Exactly<Ps>>()..., std::declval<TrapCode&>())), \
                              typename S::Result>;                                                     \
        } else {                                                                                       \
          return false;                                                                                \
        }                                                                                              \
      } else {                                                                                         \
        if constexpr (Has_##id<Exactly<Ps>...>) {                                                      \
          return std::same_as<decltype(id(std::declval<Exactly<Ps>>()...)), typename S::Result>;       \
        } else {                                                                                       \
          return false;                                                                                \
        }                                                                                              \
      }                                                                                                \
    }                                                                                                  \
  };
#include "wasm/opcodes.def"

template <wasm::Op op, template <wasm::Op, class> class Probe>
constexpr bool check() {
  if constexpr (!has_semantics(op)) {
    return true;
  } else {
    return Probe<op, typename Signature<op>::Params>::check();
  }
}

#define OP(id, ...) static_assert(check<wasm::Op::id, Probe_##id>(), "missing or mistyped in src/semantics: " #id);
#include "wasm/opcodes.def"

}  // namespace probe

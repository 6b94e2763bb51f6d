// Adapters: the core functions that calls from one component to another run through. The caller's `canon lower` imports
// an adapter, which checks and converts the arguments, calls the core function of the callee's `canon lift`, and does
// the same with the result. The engine makes them as a core module, so that every tier runs them.
//
// An AdapterModule collects the requests of one component and writes the module. Whatever the module needs is imported,
// as a list of descriptions in the order of the module's imports; the runtime supplies them. The adapter module is a
// part of the engine, as a backtrace shows it, but it has no rights of its own: it is validated and runs like any
// other module.
//
// A call of a function whose type is async is the runtime's: it starts a task, which may be later, and its result may
// come later still. For such a call there are two adapters: one for the parameters, which the runtime calls when the
// task starts, and one for the result, which it calls when the task returns. (CanonicalABI.md, `canon_lower`, on_start
// and on_resolve.)
//
// The flags of a component instance are a mutable i32 global that the runtime makes: 3 for an instance that may be
// entered, 1 while it runs, also during its instantiation, 0 while it may not leave (in realloc and post-return). An
// instance that trapped keeps a value other than 3 and so is never entered again. (CanonicalABI.md, "Component Instance
// State", may_enter and may_leave.)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "component/model/types.h"
#include "component/model/valid_component.h"
#include "ermine/result.h"

namespace ermine::component {

enum class AdapterTrap : uint8_t {
#define ADAPTER_TRAP(id, text) id,
#include "component/adapter/traps.def"
};
inline constexpr uint32_t kAdapterTraps = 0
#define ADAPTER_TRAP(id, text) +1
#include "component/adapter/traps.def"
    ;
std::string_view adapter_trap_message(AdapterTrap trap);

enum class Intrinsic : uint8_t {
#define INTRINSIC(id, name, params, results) id,
#include "component/adapter/intrinsics.def"
};
std::string_view intrinsic_name(Intrinsic intrinsic);

// Values of the global that holds the flags of an instance.
inline constexpr int32_t kInstanceIdle = 3, kInstanceRuns = 1, kInstanceMayNotLeave = 0;

// A core memory or function of the runtime, as a number that the runtime chooses: equal numbers are the same thing, and
// are imported once. Memories and functions are numbered independently. The same holds for component instances.
using CoreNumber = uint32_t;
using InstanceNumber = uint32_t;

struct AdapterMemory {
  CoreNumber number = 0;
  bool is64 = false;
  uint8_t page_log2 = 16;
};

// One side of a call: the caller with the options of its `canon lower`, or the callee with those of its `canon lift`.
struct AdapterSide {
  // The function's type as this component has it. The types of the two sides differ in the identities of resource types
  // at most. `types` must live as long as the AdapterModule and the descriptions of its imports.
  const Types* types = nullptr;
  FuncId type = 0;
  InstanceNumber instance = 0;
  StringEncoding encoding = StringEncoding::kUtf8;
  bool is_async = false;  // has the canonical option `async`
  bool sees_tasks = false;  // its core code can see in which task it runs, also in realloc
  std::optional<AdapterMemory> memory;
  std::optional<CoreNumber> realloc;
  std::optional<CoreNumber> post_return;  // callee only
};

struct AdapterRequest {
  std::string name;  // of the function, for backtraces: "a:b/c#f"
  AdapterSide lower, lift;
  CoreNumber callee = 0;  // the core function that is lifted; only for add()
  // Only for add(). The instances that the call enters: the callee and those that contain it, without those that are or
  // contain the caller (CanonicalABI.md, `entering_set`). Empty for the call of a parent by its child.
  std::vector<InstanceNumber> entered;
  // Whether an exception can come out of the core functions that the adapter calls. Without, it has no handler.
  bool may_throw = true;
};

struct AdapterImport {
  enum class Kind : uint8_t { kMemory, kFunc, kFlags, kIntrinsic } kind = Kind::kFunc;
  // kMemory, kFunc: the runtime's number; kFlags and kIntrinsic EnterCall: the instance's.
  uint32_t number = 0;
  wasm::FuncType type;  // kFunc, kIntrinsic
  // kIntrinsic:
  Intrinsic intrinsic = Intrinsic::Trap;
  AdapterMemory from, to;  // transcoders
  InstanceNumber from_instance = 0, to_instance = 0;  // transfers
  const Types* from_types = nullptr;
  const Types* to_types = nullptr;
  // TransferOwn, TransferBorrow: ResourceIds. TransferStream, TransferFuture: DefinedIds.
  uint32_t from_type = 0, to_type = 0;
};

class AdapterModule {
 public:
  AdapterModule();
  ~AdapterModule();
  AdapterModule(const AdapterModule&) = delete;
  AdapterModule& operator=(const AdapterModule&) = delete;

  // Adds an adapter. The number of the request counts from 0, and its adapter is the export of the module with that
  // number in decimal. Nothing is added if there is an error: kUnsupported for a type that takes more code than a
  // function can have; kLimit if this module has no room for it, but an empty one would have (a module has at most
  // wasm::kMaxMemories memories): finish this one and start another. The function's type is not async.
  Result<uint32_t> add(const AdapterRequest& request);
  // The same for a function whose type is async. Adds two adapters; the second one has the next number.
  //   parameters: the caller's core parameters (async_params_type) -> the callee's
  //   result: the callee's core results, or the parameters of its task.return, and a pointer if has_result_pointer()
  //           -> the caller's core results, unless it has the option `async`
  Result<uint32_t> add_async(const AdapterRequest& request);

  // Writes the module. Its features are those of standard WebAssembly 3.0 (several memories, 64-bit memories if one was
  // given, bulk memory, exceptions). The AdapterModule is empty afterwards.
  struct Finished {
    std::vector<uint8_t> bytes;
    std::vector<AdapterImport> imports;  // in the order of the module's imports
    uint32_t adapters = 0;
  };
  Finished finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The core type of the function that `canon lower` defines or `canon lift` takes, without the option `async`.
wasm::FuncType lowered_type(const Types& types, FuncId func, AddressType address);
wasm::FuncType lifted_type(const Types& types, FuncId func, AddressType address);

// The core values of a call, by side: those that `canon lower` takes for the parameters, and whether it takes a pointer
// to where the result is put behind them.
std::vector<wasm::ValType> lowered_params(const Types& types, FuncId func, AddressType address, bool is_async);
size_t lowered_param_count(const Types& types, FuncId func, AddressType address, bool is_async);
bool has_result_pointer(const Types& types, FuncId func, AddressType address, bool is_async);
// The core values in which a callee passes its result: as core result, or if `is_async` to task.return.
std::vector<wasm::ValType> result_values(const Types& types, FuncId func, AddressType address, bool is_async);

}  // namespace ermine::component

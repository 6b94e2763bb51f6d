// What running code sees of the runtime: frames, functions, and the two context records whose fields
// generated code reads at fixed offsets. Everything here is plain data; ownership lies with Store,
// Instance and ModuleCode.
//
// A frame is a run of 8-byte slots on the store's value stack: parameters, header, locals, temporaries.
// Results replace parameters at the frame's start when a call returns. The header begins at fp[param_slots]:
// the caller's pc (its call instruction; 0 if the host called), the caller's InstanceContext, and room for
// what a catching function remembers. Values: i32 zero-extended, f32 in the low bits, v128 in two
// slots, funcref a FuncRef*, all other references a gc::Ref (32 bits, zero-extended); null is 0.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ermine/error.h"
#include "runtime/gc/ref.h"
#include "wasm/types.h"

namespace ermine::runtime {

using Slot = uint64_t;
using Code = uint64_t;  // a unit of register code; the first of an instruction is its handler's address

// A frame's header, by slot behind the parameters. The native stack pointer and the register that goes with it are
// written only by functions that catch exceptions, for whoever goes on at a handler: on AArch64 the return address,
// on x86-64 rbp, the one register that native callees keep, which those that were left by the exception cannot restore
// (of AArch64's, x29, calls make no use: interp/calls.cc).
inline constexpr uint32_t kHeaderCallerPc = 0;
inline constexpr uint32_t kHeaderCallerCtx = 1;
inline constexpr uint32_t kHeaderNativeSp = 2;
inline constexpr uint32_t kHeaderNativeRegister = 3;
inline constexpr uint32_t kHeaderSlots = 4;

class Instance;
class Store;
class Memory;
class ModuleCode;
struct InstanceContext;
struct ExecContext;
struct FuncRef;

// A function's code, shared by all instances of its module. `entry` is what every call jumps through:
// a stub that translates the function at first, then the code of the best tier so far.
struct FuncCode {
  std::atomic<const Code*> entry;
  ModuleCode* owner;
  uint32_t func_index;
};

// What a host function is given besides its slots. Valid during the call only.
struct HostCall {
  Store* store;
  InstanceContext* caller;  // the calling instance's; null when called straight from the host
};

// Arguments are in slots[0..], results are left there. On failure the function stores an Error in the
// store (ExecContext::error) and returns false.
using HostFn = bool (*)(void* env, HostCall& call, Slot* slots);

// What a non-null funcref points to. Lives as long as its Store.
struct FuncRef {
  FuncCode* code;  // never null: host functions have a shared stub here
  InstanceContext* ctx;  // null for host functions
  const wasm::TypeDef* type;
  HostFn host;  // null for WebAssembly functions
  void* host_env;
  uint32_t func_index;  // in its instance's index space
  wasm::TypeId type_id;  // type->id
};

// A table's storage as running code sees it. Elements are slots (see above). Behind the last one there is another
// that is null: what an index out of bounds finds, if it is brought to `size` (base/speculation.h).
struct TableView {
  Slot* elements;
  uint64_t size;
};

// Per-instance; pinned in a register while its code runs.
struct InstanceContext {
  uint8_t* memory0_base;  // null if there is no memory
  uint64_t memory0_size;  // bytes; kept current by every grow of that memory
  ExecContext* exec;
  FuncRef** func_refs;  // by function index; filled on demand (imports from the start)
  Slot** globals;  // by global index: the cell (of the defining instance)
  TableView** tables;  // by table index
  Memory** memories;  // by memory index
  FuncCode* func_codes;  // by defined function index
  Instance* instance;
  // Cells of the globals that this instance defines follow (16 bytes each): globals[i] points there.
};

// Per-store state of execution. A store runs on one thread at a time.
struct ExecContext {
  // Frames must end below this. Set to null by an interrupt, so that the next function entry looks.
  std::atomic<Slot*> stack_limit;
  Slot* stack_base;
  Slot* stack_end;  // the true limit
  Slot* stack_top;  // where the next entry from the host may put its frame
  uintptr_t native_stack_limit_term;  // the native stack suffices for a frame if native_stack_suffices() says so
  std::atomic<uint32_t> interrupt;  // non-zero: back-edges and entries must look (InterruptReason bits)
  int64_t fuel;  // left; counted only when the engine was configured so
  void* exit_sp;  // native stack pointer of the innermost entry; traps leave through it
  // Where execution last left WebAssembly (trap, host call, runtime call): for backtraces and roots.
  const Code* last_pc;
  Slot* last_fp;
  InstanceContext* last_ctx;
  Store* store;
  TrapCode trap;  // kHost: a host function has failed, Store::pending_error says why
  gc::View heap;  // where the collected heap lies and where it allocates; see gc/ref.h
  Slot exception;  // the exception in flight, a gc::Ref; 0: none. A host function that throws sets it and fails
  bool deterministic = false;  // relaxed instructions choose as semantics/deterministic.h does
  // All ones: indices of arrays and tables are compared, but not masked (Config::mask_speculation).
  uint64_t unmasked = 0;
  // Of calls and rounds of loops in machine code that counts: how many until the function that runs is sampled, less
  // one (tiering/policy.h).
  uint32_t until_sample = 0;
};

// Whether there is native stack for a frame at `fp` and all that machine code may call from it: what is left of it must
// be at least half of what is left of the value stack. A call by machine code that uses no more than half of the native
// stack that it uses of the value stack (kHeaderSlots at least) keeps that true, so its callee need not look.
inline bool native_stack_suffices(const ExecContext* exec, const Slot* fp, uintptr_t native_sp) {
  return native_sp + (reinterpret_cast<uintptr_t>(fp) >> 1) >= exec->native_stack_limit_term;
}

}  // namespace ermine::runtime

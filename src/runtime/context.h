// The part of the runtime that running code accesses: frames, functions, and the two context records, whose fields
// generated code reads at fixed offsets. Store, Instance and ModuleCode own the data.
//
// A frame is a range of 8-byte slots on the store's value stack: parameters, header, locals, temporaries. Results
// replace parameters at the frame's start when a call returns. The header begins at fp[param_slots]: the caller's pc
// (its call instruction; 0 if the host called), the caller's InstanceContext, and two slots for functions that catch
// exceptions. Values: i32 zero-extended, f32 in the low bits, v128 in two slots, funcref a FuncRef*, all other
// references a gc::Ref (32 bits, zero-extended); null is 0.
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

// A frame's header, by slot after the parameters. The native stack pointer and the register that belongs to it are
// written only by functions that catch exceptions, and restored by code that continues at an exception handler. The
// register is the return address on AArch64, and rbp on x86-64: native callees preserve it, but callees that an
// exception skipped cannot restore it. (On AArch64, calls do not rely on x29, which callees preserve as well:
// interp/calls.cc.)
inline constexpr uint32_t kHeaderCallerPc = 0;
inline constexpr uint32_t kHeaderCallerCtx = 1;
inline constexpr uint32_t kHeaderNativeSp = 2;
inline constexpr uint32_t kHeaderNativeRegister = 3;
inline constexpr uint32_t kHeaderSlots = 4;
inline constexpr uint32_t kHeaderCallerSlots = 2;  // the caller's, which a tail call moves

class Instance;
class Store;
class Memory;
class ModuleCode;
struct InstanceContext;
struct ExecContext;
struct FuncRef;

// A function's code, shared by all instances of its module. Every call jumps through `entry`: at first a stub that
// translates the function, then the code of the highest tier so far.
struct FuncCode {
  std::atomic<const Code*> entry;
  ModuleCode* owner;
  uint32_t func_index;
  // Where code of the optimising tier calls it with arguments in registers; null: it cannot be called so.
  std::atomic<const uint8_t*> register_entry;
};

// The call of a host function, apart from its slots. Valid only during the call.
struct HostCall {
  Store* store;
  InstanceContext* caller;  // the calling instance's; null if the host called directly
};

// Arguments are in slots[0..], and results replace them. On failure the function stores an Error in the store
// (Store::pending_error) and returns false.
using HostFn = bool (*)(void* env, HostCall& call, Slot* slots);

// The target of a non-null funcref. Lives as long as its Store.
struct FuncRef {
  FuncCode* code;  // never null: host functions share a stub
  InstanceContext* ctx;  // null for host functions
  const wasm::TypeDef* type;
  HostFn host;  // null for WebAssembly functions
  void* host_env;
  uint32_t func_index;  // in its instance's index space
  wasm::TypeId type_id;  // type->id
};

// A table's storage for running code. Elements are slots (see above). After the last element there is a null: the
// element that an index out of bounds reads after it was clamped to `size` (base/speculation.h).
struct TableView {
  Slot* elements;
  uint64_t size;
};

// Per-instance; pinned in a register while its code runs.
struct InstanceContext {
  uint8_t* memory0_base;  // null if there is no memory
  uint64_t memory0_size;  // bytes; updated by every grow of that memory
  ExecContext* exec;
  FuncRef** func_refs;  // by function index; filled on demand (imports from the start)
  Slot** globals;  // by global index: the slot (of the defining instance)
  TableView** tables;  // by table index
  Memory** memories;  // by memory index
  FuncCode* func_codes;  // by defined function index
  Instance* instance;
  // The globals that this instance defines follow (globals[i] points there), and bases of memories: see offsets.h.
};

// Per-store state of execution. A store runs on one thread at a time.
struct ExecContext {
  // Frames must end below this. An interrupt sets it to null, so that the next function entry takes the slow path.
  std::atomic<Slot*> stack_limit;
  Slot* stack_base;
  Slot* stack_end;  // the actual limit
  Slot* stack_top;  // where the next entry from the host may put its frame
  uintptr_t native_stack_limit_term;  // the native stack suffices for a frame if native_stack_suffices() says so
  std::atomic<uint32_t> interrupt;  // non-zero: back-edges and entries take the slow path (InterruptReason bits)
  int64_t fuel;  // what is left; counted only if the engine was configured so
  void* exit_sp;  // native stack pointer of the innermost entry; traps leave through it
  // The position at which execution last left WebAssembly (trap, host call, runtime call): for backtraces and roots.
  const Code* last_pc;
  Slot* last_fp;
  InstanceContext* last_ctx;
  Store* store;
  TrapCode trap;  // kHost: a host function has failed, Store::pending_error says why
  gc::View heap;  // where the collected heap lies and where it allocates; see gc/ref.h
  Slot exception;  // the exception in flight, a gc::Ref; 0: none. A host function that throws sets it and fails
  bool relaxed_simd_deterministic = false;  // relaxed instructions choose as semantics/deterministic.h does
  // All ones: indices of arrays and tables are compared, but not masked (Config::mask_speculation).
  uint64_t unmasked = 0;
  // Countdown for calls and rounds of loops in machine code that counts: the number until the running function is
  // sampled, less one (tiering/policy.h).
  uint32_t until_sample = 0;
};

// Whether the native stack is large enough for a frame at `fp` and all that machine code may call from it: the rest of
// it must be at least half of the rest of the value stack. A call by machine code uses at most half as much of the
// native stack as of the value stack (at least kHeaderSlots), so the condition then holds in the callee as well, which
// need not check it.
inline bool native_stack_suffices(const ExecContext* exec, const Slot* fp, uintptr_t native_sp) {
  return native_sp + (reinterpret_cast<uintptr_t>(fp) >> 1) >= exec->native_stack_limit_term;
}

}  // namespace ermine::runtime

// Declares every handler by name, so that their table (handler_table.cc) is a constant of the program, which no code
// initialises at start.
//
// Templates are only declared here and defined in the file of their family. A file compiles the instances that it
// names: for the families of instructions, a function that is never called names them; handler_of(IrOp) names the
// others. [[gnu::used]] makes the compiler emit named instances. A handler that the table needs and no file names is a
// link error.
#pragma once

#include "interp/handler.h"
#include "interp/stubs.h"

namespace ermine::interp {

// numeric.cc; numeric.cc and memory.cc, moves.cc for the steps of its own
template <Op op>
[[gnu::used]] ERMINE_HANDLER handler_wide(ERMINE_HANDLER_PARAMS);
template <ir::OpCode code>
[[gnu::used]] ERMINE_HANDLER handler_step(ERMINE_HANDLER_PARAMS);

// memory.cc, vectors.cc, atomics.cc
template <Op op>
[[gnu::used]] ERMINE_HANDLER handler_load_checked(ERMINE_HANDLER_PARAMS);
template <Op op>
[[gnu::used]] ERMINE_HANDLER handler_store_checked(ERMINE_HANDLER_PARAMS);
template <Op op>
[[gnu::used]] ERMINE_HANDLER handler_vector(ERMINE_HANDLER_PARAMS);
template <Op op>
[[gnu::used]] ERMINE_HANDLER handler_atomic(ERMINE_HANDLER_PARAMS);

// branches.cc
template <ir::OpCode code>
[[gnu::used]] ERMINE_HANDLER handler_branch_if(ERMINE_HANDLER_PARAMS);
template <ir::OpCode code>
[[gnu::used]] ERMINE_HANDLER handler_pair(ERMINE_HANDLER_PARAMS);
template <bool back>
[[gnu::used]] ERMINE_HANDLER handler_br(ERMINE_HANDLER_PARAMS);
template <bool null, bool back>
[[gnu::used]] ERMINE_HANDLER handler_br_null(ERMINE_HANDLER_PARAMS);
template <From from>
[[gnu::used]] ERMINE_HANDLER handler_br_table(ERMINE_HANDLER_PARAMS);

// calls.cc
ERMINE_HANDLER handler_enter(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_enter_count(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_loop(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_poll(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_sample(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_translate(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_call(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_call_import(ERMINE_HANDLER_PARAMS);
template <From from>
[[gnu::used]] ERMINE_HANDLER handler_call_indirect(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_call_ref(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_return_call(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_return_call_import(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_return_call_indirect(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_return_call_ref(ERMINE_HANDLER_PARAMS);

// moves.cc
ERMINE_HANDLER handler_copy_n(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_copy_v128(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_const64(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_const_v128(ERMINE_HANDLER_PARAMS);
template <class T, From condition_from, bool to_slot>
[[gnu::used]] ERMINE_HANDLER handler_select(ERMINE_HANDLER_PARAMS);
template <class T, bool to_slot>
[[gnu::used]] ERMINE_HANDLER handler_global_get(ERMINE_HANDLER_PARAMS);
template <class T, From from>
[[gnu::used]] ERMINE_HANDLER handler_global_set(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_use_memory(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_memory_size(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_ret(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_ret_copy(ERMINE_HANDLER_PARAMS);
template <class T>
[[gnu::used]] ERMINE_HANDLER handler_ret_acc(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_ret_const(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_ret_copy_n(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_trap_now(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_builtin(ERMINE_HANDLER_PARAMS);
ERMINE_HANDLER handler_fuel(ERMINE_HANDLER_PARAMS);

// objects.cc
template <ir::IrOp op>
[[gnu::used]] ERMINE_HANDLER handler_object(ERMINE_HANDLER_PARAMS);

constexpr Handler handler_of(ir::IrOp op) {
  using enum From;
  using ir::code_of;
  using ir::IrOp;
  switch (op) {
    case IrOp::enter: return handler_enter;
#ifdef ERMINE_BASELINE
    case IrOp::enter_count: return handler_enter_count;
    case IrOp::loop: return handler_loop;
    case IrOp::poll: return handler_poll;
    case IrOp::sample: return handler_sample;
#else  // no counting, and no machine code that polls
    case IrOp::enter_count:
    case IrOp::loop:
    case IrOp::poll:
    case IrOp::sample: return nullptr;
#endif
    case IrOp::enter_sp: return ermine_handler_enter_sp;
    case IrOp::copy: return handler_step<code_of(IrOp::copy)>;
    case IrOp::copy2: return handler_step<code_of(IrOp::copy2)>;
    case IrOp::copy_n: return handler_copy_n;
    case IrOp::copy_v128: return handler_copy_v128;
    case IrOp::const32: return handler_step<code_of(IrOp::const32)>;
    case IrOp::const64: return handler_const64;
    case IrOp::const_v128: return handler_const_v128;
    case IrOp::set_r: return handler_step<code_of(IrOp::set_r)>;
    case IrOp::set_s: return handler_step<code_of(IrOp::set_s)>;
    case IrOp::set_d: return handler_step<code_of(IrOp::set_d)>;
    case IrOp::select_r: return handler_select<uint64_t, kSlot, false>;
    case IrOp::select_r_1: return handler_select<uint64_t, kSlot, true>;
    case IrOp::select_r_2: return handler_select<uint64_t, kAcc, false>;
    case IrOp::select_r_3: return handler_select<uint64_t, kAcc, true>;
    case IrOp::select_s: return handler_select<float, kSlot, false>;
    case IrOp::select_s_1: return handler_select<float, kSlot, true>;
    case IrOp::select_s_2: return handler_select<float, kAcc, false>;
    case IrOp::select_s_3: return handler_select<float, kAcc, true>;
    case IrOp::select_d: return handler_select<double, kSlot, false>;
    case IrOp::select_d_1: return handler_select<double, kSlot, true>;
    case IrOp::select_d_2: return handler_select<double, kAcc, false>;
    case IrOp::select_d_3: return handler_select<double, kAcc, true>;
    case IrOp::select_v128: return handler_select<V128, kSlot, true>;
    case IrOp::br: return handler_br<false>;
    case IrOp::br_back: return handler_br<true>;
    case IrOp::br_table_s: return handler_br_table<kSlot>;
    case IrOp::br_table_r: return handler_br_table<kAcc>;
    case IrOp::br_null: return handler_br_null<true, false>;
    case IrOp::br_null_back: return handler_br_null<true, true>;
    case IrOp::br_non_null: return handler_br_null<false, false>;
    case IrOp::br_non_null_back: return handler_br_null<false, true>;
    case IrOp::ret: return handler_ret;
    case IrOp::ret_copy: return handler_ret_copy;
    case IrOp::ret_r: return handler_ret_acc<uint64_t>;
    case IrOp::ret_s: return handler_ret_acc<float>;
    case IrOp::ret_d: return handler_ret_acc<double>;
    case IrOp::ret_const: return handler_ret_const;
    case IrOp::ret_copy_n: return handler_ret_copy_n;
    case IrOp::call: return handler_call;
    case IrOp::call_import: return handler_call_import;
    case IrOp::call_indirect_s: return handler_call_indirect<kSlot>;
    case IrOp::call_indirect_r: return handler_call_indirect<kAcc>;
    case IrOp::call_ref: return handler_call_ref;
    case IrOp::return_call: return handler_return_call;
    case IrOp::return_call_import: return handler_return_call_import;
    case IrOp::return_call_indirect: return handler_return_call_indirect;
    case IrOp::return_call_ref: return handler_return_call_ref;
    case IrOp::global_get_r: return handler_global_get<uint64_t, false>;
    case IrOp::global_get_r_1: return handler_global_get<uint64_t, true>;
    case IrOp::global_get_s: return handler_global_get<float, false>;
    case IrOp::global_get_s_1: return handler_global_get<float, true>;
    case IrOp::global_get_d: return handler_global_get<double, false>;
    case IrOp::global_get_d_1: return handler_global_get<double, true>;
    case IrOp::global_get_v128: return handler_global_get<V128, true>;
    case IrOp::global_set_r: return handler_step<code_of(IrOp::global_set_r)>;
    case IrOp::global_set_s: return handler_global_set<uint64_t, kSlot>;
    case IrOp::global_set_v128: return handler_global_set<V128, kSlot>;
    case IrOp::memory_size: return handler_memory_size;
    case IrOp::use_memory: return handler_use_memory;
    case IrOp::trap: return handler_trap_now;
    case IrOp::builtin: return handler_builtin;
    case IrOp::fuel: return handler_fuel;
#ifndef ERMINE_WITHOUT_OBJECT_OPS
#define IR(id, units) \
  case IrOp::id: return handler_object<IrOp::id>;
#include "ir/object_ops.def"
#undef IR
#else
    default: break;
#endif
  }
  return nullptr;
}

}  // namespace ermine::interp

#include "runtime/bulk.h"

#include <algorithm>
#include <cstring>

#include "runtime/execution.h"
#include "runtime/fuel.h"
#include "runtime/instance.h"
#include "runtime/memory.h"
#include "runtime/parking_lot.h"
#include "runtime/store.h"

namespace ermine::runtime {

namespace {

bool outside(uint64_t at, uint64_t n, uint64_t size) { return n > size || at > size - n; }

// Whether a range is not completely inside of a memory; then the store gets the details.
bool outside(InstanceContext* ctx, uint64_t at, uint64_t n, const Memory& memory) {
  if (!outside(at, n, memory.byte_size())) [[likely]]
    return false;
  ctx->exec->store->note_outside(memory, at);
  return true;
}

constexpr uint64_t kGrowFailed = ~uint64_t{0};

// A refused grow: -1, or the end of the program if the store's limits require that.
TrapCode refused(Store* store, uint64_t* result) {
  *result = kGrowFailed;
  return store->limits.fail_on_grow && store->pending_error ? TrapCode::kHost : TrapCode::kNone;
}

template <class T>
TrapCode atomic_wait(InstanceContext* ctx, uint32_t memory, uint64_t address, T expected, int64_t timeout,
                     uint32_t* result) {
  Memory* m = ctx->memories[memory];
  if (address % sizeof(T) != 0) return TrapCode::kUnalignedAtomic;
  if (outside(ctx, address, sizeof(T), *m)) return TrapCode::kMemoryOutOfBounds;
  if (!m->shared()) return TrapCode::kExpectedShared;
  ExecContext* exec = ctx->exec;
  for (;;) {
    const WaitResult r =
        m->parking_lot().wait(exec->store, reinterpret_cast<T*>(m->base() + address), expected, timeout);
    if (r != WaitResult::kInterrupted) {
      *result = static_cast<uint32_t>(r);
      return TrapCode::kNone;
    }
    if (const TrapCode trap = answer_interrupt(exec); trap != TrapCode::kNone) return trap;
    // The deadline was moved in the meantime: waking without a reason is allowed, so check again from the start.
  }
}

constexpr unsigned kSlotLog2 = 3;
static_assert(sizeof(Slot) == 1 << kSlotLog2);

// Sets stack_top behind all slots of the innermost frame. Tiers do not update it while code runs; here other code may
// run on the same stack, or search it for roots.
void settle_stack_top(ExecContext* exec) {
  if (!exec->last_ctx || !exec->last_pc) return;
  const FrameState frame{exec->last_pc, exec->last_fp, exec->last_ctx};
  exec->stack_top = std::min(frame.ctx->instance->code().frame_end(frame), exec->stack_end);
}

// Fuel is below zero; stack_top is set.
TrapCode want_fuel(ExecContext* exec) {
  Store* store = exec->store;
  while (exec->fuel < 0) {
    if (const uint64_t more = store->on_out_of_fuel ? store->on_out_of_fuel() : 0; more != 0) {
      exec->fuel += static_cast<int64_t>(std::min<uint64_t>(more, INT64_MAX));
      continue;
    }
    // The debt is kept apart and paid first, so that the fuel given in the meantime is the number passed to set_fuel().
    const int64_t owed = exec->fuel;
    exec->fuel = 0;
    const bool resumed = Execution::suspend(store, Execution::State::kOutOfFuel);
    exec->fuel += owed;
    if (resumed) continue;
    exec->store->pending_error = Error::trap(TrapCode::kOutOfFuel);
    return TrapCode::kHost;
  }
  return TrapCode::kNone;
}

}  // namespace

TrapCode memory_init(InstanceContext* ctx, uint32_t memory, uint32_t data, uint64_t dst, uint64_t src, uint64_t n) {
  Memory* m = ctx->memories[memory];
  const auto bytes = ctx->instance->data(data);
  if (outside(src, n, bytes.size()) || outside(ctx, dst, n, *m)) return TrapCode::kMemoryOutOfBounds;
  return in_pieces(ctx->exec, n, 0, [&](uint64_t at, uint64_t size) {
    std::memcpy(m->base() + dst + at, bytes.data() + src + at, size);
  });
}

TrapCode memory_copy(InstanceContext* ctx, uint32_t dst_memory, uint32_t src_memory, uint64_t dst, uint64_t src,
                     uint64_t n) {
  Memory* to = ctx->memories[dst_memory];
  Memory* from = ctx->memories[src_memory];
  if (outside(ctx, src, n, *from) || outside(ctx, dst, n, *to)) return TrapCode::kMemoryOutOfBounds;
  // Towards higher addresses from the far end, so that no piece overwrites what a later one reads.
  const bool backwards = dst > src;
  return in_pieces(ctx->exec, n, 0, [&](uint64_t at, uint64_t size) {
    if (backwards) at = n - at - size;
    std::memmove(to->base() + dst + at, from->base() + src + at, size);
  });
}

TrapCode memory_fill(InstanceContext* ctx, uint32_t memory, uint64_t dst, uint8_t value, uint64_t n) {
  Memory* m = ctx->memories[memory];
  if (outside(ctx, dst, n, *m)) return TrapCode::kMemoryOutOfBounds;
  return in_pieces(ctx->exec, n, 0,
                   [&](uint64_t at, uint64_t size) { std::memset(m->base() + dst + at, value, size); });
}

void data_drop(InstanceContext* ctx, uint32_t data) { ctx->instance->drop_data(data); }

TrapCode memory_grow(InstanceContext* ctx, uint32_t memory, uint64_t delta, uint64_t* result) {
  Store* store = ctx->exec->store;
  if (auto old = store->grow_memory(ctx->memories[memory], delta)) {
    *result = *old;
    return TrapCode::kNone;
  }
  return refused(store, result);
}

uint64_t memory_size(InstanceContext* ctx, uint32_t memory) { return ctx->memories[memory]->pages(); }

TrapCode table_init(InstanceContext* ctx, uint32_t table, uint32_t elem, uint64_t dst, uint64_t src, uint64_t n) {
  TableView* t = ctx->tables[table];
  Instance* instance = ctx->instance;
  if (outside(src, n, instance->elem_size(elem)) || outside(dst, n, t->size)) return TrapCode::kTableOutOfBounds;
  const Instance::SegmentUse use(instance);
  return in_pieces(ctx->exec, n, kSlotLog2, [&](uint64_t at, uint64_t count) {
    for (uint64_t i = at; i < at + count; ++i) t->elements[dst + i] = instance->elem(elem, src + i);
  });
}

TrapCode table_copy(InstanceContext* ctx, uint32_t dst_table, uint32_t src_table, uint64_t dst, uint64_t src,
                    uint64_t n) {
  TableView* to = ctx->tables[dst_table];
  TableView* from = ctx->tables[src_table];
  if (outside(src, n, from->size) || outside(dst, n, to->size)) return TrapCode::kTableOutOfBounds;
  const bool backwards = dst > src;
  return in_pieces(ctx->exec, n, kSlotLog2, [&](uint64_t at, uint64_t count) {
    if (backwards) at = n - at - count;
    std::memmove(to->elements + dst + at, from->elements + src + at, count * sizeof(Slot));
  });
}

TrapCode table_fill(InstanceContext* ctx, uint32_t table, uint64_t dst, Slot value, uint64_t n) {
  TableView* t = ctx->tables[table];
  if (outside(dst, n, t->size)) return TrapCode::kTableOutOfBounds;
  return in_pieces(ctx->exec, n, kSlotLog2,
                   [&](uint64_t at, uint64_t count) { std::fill_n(t->elements + dst + at, count, value); });
}

void elem_drop(InstanceContext* ctx, uint32_t elem) { ctx->instance->drop_elem(elem); }

TrapCode table_grow(InstanceContext* ctx, uint32_t table, uint64_t delta, Slot init, uint64_t* result) {
  Store* store = ctx->exec->store;
  if (auto old = store->grow_table(ctx->instance->table(table), delta, init)) {
    *result = *old;
    return TrapCode::kNone;
  }
  return refused(store, result);
}

TrapCode atomic_wait32(InstanceContext* ctx, uint32_t memory, uint64_t address, uint32_t expected, int64_t timeout,
                       uint32_t* result) {
  return atomic_wait<uint32_t>(ctx, memory, address, expected, timeout, result);
}

TrapCode atomic_wait64(InstanceContext* ctx, uint32_t memory, uint64_t address, uint64_t expected, int64_t timeout,
                       uint32_t* result) {
  return atomic_wait<uint64_t>(ctx, memory, address, expected, timeout, result);
}

TrapCode atomic_notify(InstanceContext* ctx, uint32_t memory, uint64_t address, uint32_t count, uint32_t* result) {
  Memory* m = ctx->memories[memory];
  if (address % 4 != 0) return TrapCode::kUnalignedAtomic;
  if (outside(ctx, address, 4, *m)) return TrapCode::kMemoryOutOfBounds;
  *result = m->shared() ? m->parking_lot().notify(m->base() + address, count) : 0;
  return TrapCode::kNone;
}

TrapCode answer_interrupt(ExecContext* exec) {
  Store* store = exec->store;
  const uint32_t reasons = store->interrupt_control()->take();
  if (Execution::ending(store)) {
    store->interrupt_control()->interrupt(kInterruptRequest);
    return TrapCode::kInterrupted;
  }
  if ((reasons & kInterruptRequest) && !Execution::suspend(store, Execution::State::kInterrupted))
    return TrapCode::kInterrupted;
  while (store->deadline() && DeadlineTimer::Clock::now() >= *store->deadline()) {
    if (Execution::suspend(store, Execution::State::kInterrupted)) continue;
    exec->store->pending_error =
        Error::trap(TrapCode::kInterrupted, "the store's deadline has passed").with_limit(Limit::kDeadline);
    return TrapCode::kHost;
  }
  return TrapCode::kNone;
}

TrapCode handle_interrupt(ExecContext* exec) {
  settle_stack_top(exec);
  return answer_interrupt(exec);
}

TrapCode check_stack(ExecContext* exec, Slot* frame_end) {
  if (exec->interrupt.load(std::memory_order_relaxed) != 0)
    if (const TrapCode trap = handle_interrupt(exec); trap != TrapCode::kNone) return trap;
  return frame_end > exec->stack_end ? TrapCode::kCallStackExhausted : TrapCode::kNone;
}

TrapCode handle_out_of_fuel(ExecContext* exec) {
  settle_stack_top(exec);
  return want_fuel(exec);
}

void take_fuel(ExecContext* exec, uint64_t units) {
  if (!exec->store->options().consume_fuel) return;
  if (__builtin_sub_overflow(exec->fuel, static_cast<int64_t>(std::min<uint64_t>(units, INT64_MAX)), &exec->fuel))
    exec->fuel = INT64_MIN;
}

TrapCode consume_fuel(ExecContext* exec, uint64_t units) {
  if (!exec->store->options().consume_fuel) return TrapCode::kNone;
  take_fuel(exec, units);
  return exec->fuel < 0 ? want_fuel(exec) : TrapCode::kNone;
}

TrapCode charge(InstanceContext* ctx, uint64_t n, unsigned log2) { return consume_fuel(ctx->exec, n >> log2); }

}  // namespace ermine::runtime

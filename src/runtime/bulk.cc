#include "runtime/bulk.h"

#include <algorithm>
#include <cstring>

#include "runtime/instance.h"
#include "runtime/memory.h"
#include "runtime/parking_lot.h"
#include "runtime/store.h"

namespace ermine::runtime {

namespace {

bool outside(uint64_t at, uint64_t n, uint64_t size) { return n > size || at > size - n; }

constexpr uint64_t kGrowFailed = ~uint64_t{0};

// A refused grow: -1, or the end of the program if the store's limits say so.
TrapCode refused(Store* store, uint64_t* result) {
  *result = kGrowFailed;
  return store->limits.fail_on_grow && store->exec()->error ? TrapCode::kHost : TrapCode::kNone;
}

template <class T>
TrapCode atomic_wait(InstanceContext* ctx, uint32_t memory, uint64_t address, T expected, int64_t timeout,
                     uint32_t* result) {
  Memory* m = ctx->memories[memory];
  if (address % sizeof(T) != 0) return TrapCode::kUnalignedAtomic;
  if (outside(address, sizeof(T), m->byte_size())) return TrapCode::kMemoryOutOfBounds;
  if (!m->shared()) return TrapCode::kExpectedShared;
  ExecContext* exec = ctx->exec;
  for (;;) {
    const WaitResult r =
        m->parking_lot().wait(exec->store, reinterpret_cast<T*>(m->base() + address), expected, timeout);
    if (r != WaitResult::kInterrupted) {
      *result = static_cast<uint32_t>(r);
      return TrapCode::kNone;
    }
    if (const TrapCode trap = handle_interrupt(exec); trap != TrapCode::kNone) return trap;
    // A deadline that was moved meanwhile: waking for no reason is allowed, so look again from the start.
  }
}

}  // namespace

TrapCode memory_init(InstanceContext* ctx, uint32_t memory, uint32_t data, uint64_t dst, uint64_t src, uint64_t n) {
  Memory* m = ctx->memories[memory];
  const auto bytes = ctx->instance->data(data);
  if (outside(src, n, bytes.size()) || outside(dst, n, m->byte_size())) return TrapCode::kMemoryOutOfBounds;
  if (n != 0) std::memcpy(m->base() + dst, bytes.data() + src, n);
  return TrapCode::kNone;
}

TrapCode memory_copy(InstanceContext* ctx, uint32_t dst_memory, uint32_t src_memory, uint64_t dst, uint64_t src,
                     uint64_t n) {
  Memory* to = ctx->memories[dst_memory];
  Memory* from = ctx->memories[src_memory];
  if (outside(src, n, from->byte_size()) || outside(dst, n, to->byte_size())) return TrapCode::kMemoryOutOfBounds;
  if (n != 0) std::memmove(to->base() + dst, from->base() + src, n);
  return TrapCode::kNone;
}

TrapCode memory_fill(InstanceContext* ctx, uint32_t memory, uint64_t dst, uint8_t value, uint64_t n) {
  Memory* m = ctx->memories[memory];
  if (outside(dst, n, m->byte_size())) return TrapCode::kMemoryOutOfBounds;
  if (n != 0) std::memset(m->base() + dst, value, n);
  return TrapCode::kNone;
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
  for (uint64_t i = 0; i < n; ++i) t->elements[dst + i] = instance->elem(elem, src + i);
  return TrapCode::kNone;
}

TrapCode table_copy(InstanceContext* ctx, uint32_t dst_table, uint32_t src_table, uint64_t dst, uint64_t src,
                    uint64_t n) {
  TableView* to = ctx->tables[dst_table];
  TableView* from = ctx->tables[src_table];
  if (outside(src, n, from->size) || outside(dst, n, to->size)) return TrapCode::kTableOutOfBounds;
  if (n != 0) std::memmove(to->elements + dst, from->elements + src, n * sizeof(Slot));
  return TrapCode::kNone;
}

TrapCode table_fill(InstanceContext* ctx, uint32_t table, uint64_t dst, Slot value, uint64_t n) {
  TableView* t = ctx->tables[table];
  if (outside(dst, n, t->size)) return TrapCode::kTableOutOfBounds;
  std::fill_n(t->elements + dst, n, value);
  return TrapCode::kNone;
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
  if (outside(address, 4, m->byte_size())) return TrapCode::kMemoryOutOfBounds;
  *result = m->shared() ? m->parking_lot().notify(m->base() + address, count) : 0;
  return TrapCode::kNone;
}

TrapCode handle_interrupt(ExecContext* exec) {
  Store* store = exec->store;
  const uint32_t reasons = store->interrupt_control()->take();
  if (reasons & kInterruptRequest) return TrapCode::kInterrupted;
  if ((reasons & kInterruptDeadline) && store->deadline() && DeadlineTimer::Clock::now() >= *store->deadline()) {
    exec->error = Error::trap(TrapCode::kInterrupted,
                              "the store's deadline has passed; set a later one (StoreRef::set_deadline, --timeout)");
    return TrapCode::kHost;
  }
  return TrapCode::kNone;
}

TrapCode check_stack(ExecContext* exec, Slot* frame_end) {
  if (exec->interrupt.load(std::memory_order_relaxed) != 0)
    if (const TrapCode trap = handle_interrupt(exec); trap != TrapCode::kNone) return trap;
  return frame_end > exec->stack_end ? TrapCode::kCallStackExhausted : TrapCode::kNone;
}

TrapCode handle_out_of_fuel(ExecContext* exec) {
  Store* store = exec->store;
  while (exec->fuel < 0) {
    const uint64_t more = store->on_out_of_fuel ? store->on_out_of_fuel() : 0;
    if (more == 0) {
      exec->error = Error::trap(TrapCode::kOutOfFuel, "give the store more (StoreRef::set_fuel, --fuel)");
      return TrapCode::kHost;
    }
    exec->fuel += static_cast<int64_t>(std::min<uint64_t>(more, INT64_MAX));
  }
  return TrapCode::kNone;
}

}  // namespace ermine::runtime

// Store, StoreRef and InterruptHandle.
#include "api/convert.h"
#include "runtime/bulk.h"

namespace ermine {

void InterruptHandle::interrupt() const { control_->interrupt(runtime::kInterruptRequest); }

Store::Store(const Engine& engine, const StoreLimits& limits)
    : StoreRef(new runtime::Store(engine.impl()->store_options())) {
  impl_->limits = limits;
}
Store::~Store() { delete impl_; }

Engine StoreRef::engine() const {
  return Engine(std::const_pointer_cast<engine::Engine>(
      std::static_pointer_cast<const engine::Engine>(impl_->options().keep_alive)));
}
void* StoreRef::data() const { return impl_->user_data; }
void StoreRef::set_data(void* data) const { impl_->user_data = data; }
const StoreLimits& StoreRef::limits() const { return impl_->limits; }
void StoreRef::set_limits(const StoreLimits& limits) const { impl_->limits = limits; }

Result<void> StoreRef::set_fuel(uint64_t units) const {
  if (!impl_->options().consume_fuel)
    return Error(ErrorKind::kUsage, "the engine does not count fuel; set Config::consume_fuel");
  impl_->exec()->fuel = static_cast<int64_t>(std::min<uint64_t>(units, INT64_MAX));
  return {};
}

std::optional<uint64_t> StoreRef::fuel() const {
  if (!impl_->options().consume_fuel) return std::nullopt;
  return static_cast<uint64_t>(std::max<int64_t>(impl_->exec()->fuel, 0));
}

void StoreRef::on_out_of_fuel(std::function<uint64_t(StoreRef)> callback) const {
  if (!callback) {
    impl_->on_out_of_fuel = nullptr;
    return;
  }
  impl_->on_out_of_fuel = [self = *this, callback = std::move(callback)] { return callback(self); };
}

InterruptHandle StoreRef::interrupt_handle() const { return InterruptHandle(impl_->interrupt_control()); }
void StoreRef::set_deadline(Clock::time_point when) const { impl_->set_deadline(when); }
void StoreRef::clear_deadline() const { impl_->clear_deadline(); }
bool StoreRef::interrupt_requested() const { return impl_->exec()->interrupt.load(std::memory_order_relaxed) != 0; }
namespace {
// The reason why a host function was stopped, as its error.
Result<void> stopped(runtime::Store* store, TrapCode trap) {
  switch (trap) {
    case TrapCode::kNone: return {};
    case TrapCode::kHost: return std::move(store->pending_error);
    default: return Error::trap(trap);
  }
}
}  // namespace

Result<void> StoreRef::check_interrupt() const {
  if (!interrupt_requested()) return {};
  return stopped(impl_, runtime::answer_interrupt(impl_->exec()));
}
Result<void> StoreRef::consume_fuel(uint64_t units) const {
  return stopped(impl_, runtime::consume_fuel(impl_->exec(), units));
}
int StoreRef::interrupt_fd() const { return impl_->interrupt_control()->event_fd(); }
void StoreRef::collect_garbage() const { impl_->heap().collect(true); }
uint64_t StoreRef::gc_heap_size() const { return impl_->heap_stats().live_bytes; }

GcStats StoreRef::gc_stats() const {
  const runtime::gc::HeapStats stats = impl_->heap_stats();
  return {.minor_collections = stats.minor,
          .full_collections = stats.full,
          .total_pause = std::chrono::nanoseconds(stats.pause_ns),
          .max_pause = std::chrono::nanoseconds(stats.max_pause_ns),
          .allocated_bytes = stats.allocated_bytes,
          .live_bytes = stats.live_bytes};
}

void StoreRef::on_collection(std::function<void(const GcCollection&)> callback) const {
  impl_->on_collection = nullptr;
  if (!callback) return;
  impl_->on_collection = [callback = std::move(callback)](const runtime::gc::Collection& c) {
    callback({c.full, std::chrono::nanoseconds(c.pause_ns), c.live_bytes});
  };
}

}  // namespace ermine

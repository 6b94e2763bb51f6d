#include "runtime/trap_handler.h"

#include <atomic>
#include <mutex>

#include "platform/fault_handler.h"
#include "runtime/store.h"

namespace ermine::runtime {

namespace {

constexpr int kMaxRegions = 16;
TrapRegion g_regions[kMaxRegions];
std::atomic<int> g_region_count{0};

constinit thread_local ExecContext* t_current = nullptr;

bool on_fault(platform::FaultContext& fault) {
  ExecContext* exec = t_current;
  if (!exec) return false;
  const uintptr_t pc = fault.pc();
  const int count = g_region_count.load(std::memory_order_acquire);
  for (int i = 0; i < count; ++i) {
    const TrapRegion& r = g_regions[i];
    if (pc < reinterpret_cast<uintptr_t>(r.begin) || pc >= reinterpret_cast<uintptr_t>(r.end)) continue;
    if (!exec->store->owns_address(fault.address())) return false;
    exec->last_pc =
        reinterpret_cast<const Code*>(r.pc_register == TrapRegion::kFaultPc ? pc : fault.reg(r.pc_register));
    exec->last_fp = reinterpret_cast<Slot*>(fault.reg(r.fp_register));
    exec->last_ctx = reinterpret_cast<InstanceContext*>(fault.reg(r.ctx_register));
    exec->trap = TrapCode::kMemoryOutOfBounds;
    fault.set_pc(reinterpret_cast<uintptr_t>(r.exit_stub));
    return true;
  }
  return false;
}

}  // namespace

void register_trap_region(const TrapRegion& region) {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  const int count = g_region_count.load(std::memory_order_relaxed);
  for (int i = 0; i < count; ++i)
    if (g_regions[i].begin == region.begin) return;
  if (count == kMaxRegions) __builtin_trap();  // a tier registers one region; there are few tiers
  g_regions[count] = region;
  g_region_count.store(count + 1, std::memory_order_release);
  platform::install_fault_handler(on_fault);
}

ExecContext* current_exec() { return t_current; }
void set_current_exec(ExecContext* exec) { t_current = exec; }

void prepare_thread_for_traps() { platform::ensure_alternate_stack(); }

}  // namespace ermine::runtime

#include "runtime/trap_handler.h"

#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/format.h"
#include "platform/fault_handler.h"
#include "runtime/store.h"

namespace ermine::runtime {

namespace {

constexpr int kMaxRegions = 16;
TrapRegion g_regions[kMaxRegions];
std::atomic<int> g_region_count{0};

struct ThreadState {
  ExecContext* current = nullptr;
  bool is_prepared = false;  // has an alternate signal stack
};
constinit thread_local ThreadState t_state;

// Writes to standard error without the C library, whose state is unknown here.
struct Report {
  Report& operator<<(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = write(STDERR_FILENO, text.data(), text.size());
      if (n <= 0) break;
      text.remove_prefix(static_cast<size_t>(n));
    }
    return *this;
  }
  Report& operator<<(uint64_t number) {
    char digits[16];
    size_t at = sizeof digits;
    do digits[--at] = "0123456789abcdef"[number % 16];
    while ((number /= 16) != 0);
    return *this << "0x" << std::string_view(digits + at, sizeof digits - at);
  }
};

void report_bug(uintptr_t pc, uintptr_t address, const Instance* instance, const Code* place) {
  Report report;
  report << "ermine: internal error: the code at " << pc << " touched " << address
         << ", which does not belong to the program that it runs.\n"
            "This is a bug of Ermine, not of the program, and may be a hole in the sandbox. The process ends now.\n"
            "Please report it, with the module, privately to the maintainers (docs/security.md).\n";
  if (instance == nullptr) return;
  // Finding the position takes locks and memory; the code that faulted was not in the middle of using them. If this
  // faults as well, the process ends here.
  const CodePosition at = instance->code().locate(place);
  report << base::format("It is function {}, at offset {} of the module {}\n", at.func_index, at.offset,
                         instance->shared().name());
}

// The memory of an instance in which an access, in bounds or out of bounds, may have faulted at `address`; otherwise
// one that has it within its bounds. Null: neither. `base`: the memory's, unless it is null.
const Memory* memory_at(const Instance& instance, uintptr_t address, const uint8_t* base) {
  const Memory* inside = nullptr;
  for (uint32_t i = 0; i < instance.module().memories.size(); ++i) {
    const Memory* memory = instance.memory(i);
    if (base != nullptr && memory->base() != base) continue;
    if (memory->may_fault_at(address)) return memory;
    if (address - reinterpret_cast<uintptr_t>(memory->base()) < memory->byte_size()) inside = memory;
  }
  return inside;
}

bool on_fault(platform::FaultContext& fault) {
  ExecContext* exec = t_state.current;
  if (!exec) return false;
  const uintptr_t pc = fault.pc();
  const int count = g_region_count.load(std::memory_order_acquire);
  for (int i = 0; i < count; ++i) {
    const TrapRegion& r = g_regions[i];
    if (pc < reinterpret_cast<uintptr_t>(r.begin) || pc >= reinterpret_cast<uintptr_t>(r.end)) continue;
    const uintptr_t address = fault.address();
    auto* ctx = reinterpret_cast<InstanceContext*>(fault.reg(r.ctx_register));
    auto* fp = reinterpret_cast<Slot*>(fault.reg(r.fp_register));
    const bool is_elsewhere = r.find_state != nullptr && r.find_state(fault, &fp, &ctx);
    auto* place = reinterpret_cast<const Code*>(r.pc_register == TrapRegion::kFaultPc ? pc : fault.reg(r.pc_register));
    const Instance* instance = exec->store->instance_of(ctx);
    const auto* base = r.memory_register == TrapRegion::kAnyMemory || is_elsewhere
                           ? nullptr
                           : reinterpret_cast<const uint8_t*>(fault.reg(r.memory_register));
    const Memory* memory = instance != nullptr ? memory_at(*instance, address, base) : nullptr;
    if (memory == nullptr || !memory->may_fault_at(address)) {
      if (memory == nullptr) report_bug(pc, address, instance, place);  // otherwise the system has failed
      return false;
    }
    exec->last_pc = place;
    exec->last_fp = fp;
    exec->last_ctx = ctx;
    exec->trap = TrapCode::kMemoryOutOfBounds;
    exec->store->memory_fault = {address - reinterpret_cast<uintptr_t>(memory->base()), memory->byte_size(), true};
    fault.set_reg(r.ctx_register, reinterpret_cast<uintptr_t>(ctx));
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
  if (count == kMaxRegions) __builtin_trap();  // each tier registers one region, and there are few tiers
  g_regions[count] = region;
  g_region_count.store(count + 1, std::memory_order_release);
  platform::install_fault_handler(on_fault);
}

ExecContext* current_exec() { return t_state.current; }
void set_current_exec(ExecContext* exec) { t_state.current = exec; }
ExecContext* enter_exec(ExecContext* exec) {
  if (!t_state.is_prepared) [[unlikely]] {
    platform::ensure_alternate_stack();
    t_state.is_prepared = true;
  }
  return std::exchange(t_state.current, exec);
}

}  // namespace ermine::runtime

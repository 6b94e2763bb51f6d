#include "verify/accessed_memory.h"

#include <algorithm>
#include <iterator>

#include "ir/encoding.h"
#include "runtime/offsets.h"

namespace ermine::verify {

AccessedMemory::AccessedMemory(const wasm::Module& module, const ir::FunctionCode& function, uint64_t use_memory,
                               size_t labels)
    : module_(module), guarded_(function.guarded), labels_(labels, kUnknown) {
  is_memory0_guarded_ = guarded_ && !module.memories.empty() && runtime::offsets::can_be_guarded(module.memories[0]);
  if (module.memories.size() < 2) return;
  const std::vector<runtime::Code>& code = function.code;
  for (size_t i = 0; i + 1 < code.size(); ++i)  // counters too, which other threads may write
    if (__atomic_load_n(&code[i], __ATOMIC_RELAXED) == use_memory)
      uses_.emplace_back(static_cast<uint32_t>(i), ir::field<uint32_t>(&code[i], 4));
}

uint32_t AccessedMemory::last_before(uint32_t at) const {
  const auto it = std::ranges::lower_bound(uses_, at, {}, &std::pair<uint32_t, uint32_t>::first);
  return it == uses_.begin() ? 0 : std::prev(it)->second;
}

bool AccessedMemory::is_base(uint64_t offset) const {
  if (offset == runtime::offsets::kContextMemoryBase) return true;
  const uint64_t first = runtime::offsets::memory_base(module_, 1);
  const uint64_t index = (offset - first) / sizeof(uint8_t*) + 1;
  return guarded_ && offset >= first && (offset - first) % sizeof(uint8_t*) == 0 && index < module_.memories.size() &&
         runtime::offsets::can_be_guarded(module_.memories[index]);
}

}  // namespace ermine::verify

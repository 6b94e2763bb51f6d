// CallSubtask: a call of a function whose type is async, by core code, as the caller sees it. Used within this folder.
#pragma once

#include <algorithm>
#include <vector>

#include "component/runtime/made_env.h"
#include "component/runtime/values.h"

namespace ermine::component {

inline std::vector<TypeUse> param_types(const FuncType& type) {
  std::vector<TypeUse> types;
  for (const Field& param : type.params) types.push_back(param.type);
  return types;
}

// A call by a MadeFunc.
class CallSubtask : public Subtask {
 public:
  CallSubtask(const MadeEnv& env, const runtime::Slot* slots) : Subtask(*env.root, env.state()), made_(*env.made) {
    const PlanOptions& options = made_.options;
    params_ = static_cast<uint32_t>(lowered_param_count(root_.types(), made_.type, options.address, options.is_async));
    has_result_pointer_ = has_result_pointer(root_.types(), made_.type, options.address, options.is_async);
    std::copy_n(slots, params_ + (has_result_pointer_ ? 1 : 0), given_);
  }

 protected:
  const FuncType& func_type() const { return root_.types().funcs[made_.type]; }
  bool params_are_flat() const {
    const Flat& flat = func_type().params_flat[static_cast<unsigned>(made_.options.address)];
    return !flat.too_many && flat.types.size() <= (made_.options.is_async ? kMaxFlatAsyncParams : kMaxFlatParams);
  }
  Result<std::vector<Value>> lift_arguments(ValueAccess& access) const {
    return access.lift(param_types(func_type()), given_, params_are_flat());
  }
  Result<void> lower_result(ValueAccess& access, const std::optional<Value>& result) {
    if (!result) return {};
    std::optional<uint64_t> out;
    if (has_result_pointer_) out = given_[params_];
    runtime::Slot slots[kMaxCallSlots] = {};
    ERMINE_TRY(access.lower(std::span(&func_type().result, 1), std::span(&*result, 1), slots, !out, out));
    flat_result = slots[0];
    return {};
  }

  const MadeFunc& made_;
  runtime::Slot given_[kMaxCallSlots] = {};  // the caller's core values
  uint32_t params_ = 0;
  bool has_result_pointer_ = false;
};

// The rest of the call, now that the callee has run as far as it got.
Result<void> end_call(const MadeEnv& env, const std::shared_ptr<Subtask>& subtask, runtime::Slot* slots);

// Calls of functions of the host, over dynamic values and typed ones. (host_calls.cc)
struct TypedImportEnv;
Result<void> call_host_async(const MadeEnv& env, const LinkItem& item, runtime::Slot* slots);
Result<void> call_host_async(TypedImportEnv& env, runtime::Slot* slots);
// How the values of a call of a function whose type is async are passed, and what they may take of the host's memory.
class HostSide;
void limit_flat_values(HostSide& side, const MadeFunc& made);

}  // namespace ermine::component

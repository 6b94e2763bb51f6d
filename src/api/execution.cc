// Execution.
#include "runtime/execution.h"

#include "api/convert.h"
#include "base/format.h"
#include "ermine/execution.h"
#include "runtime/call.h"

namespace ermine {

using Inner = runtime::Execution::State;
static_assert(static_cast<int>(Inner::kReady) == static_cast<int>(Execution::State::kReady));
static_assert(static_cast<int>(Inner::kRunning) == static_cast<int>(Execution::State::kRunning));
static_assert(static_cast<int>(Inner::kOutOfFuel) == static_cast<int>(Execution::State::kOutOfFuel));
static_assert(static_cast<int>(Inner::kInterrupted) == static_cast<int>(Execution::State::kInterrupted));
static_assert(static_cast<int>(Inner::kReturned) == static_cast<int>(Execution::State::kReturned));
static_assert(static_cast<int>(Inner::kFailed) == static_cast<int>(Execution::State::kFailed));

Execution::Execution(const Func& func, std::unique_ptr<runtime::Execution> impl, std::span<const Val> args)
    : func_(func), impl_(std::move(impl)), args_(args.begin(), args.end()) {}
Execution::~Execution() = default;
Execution::Execution(Execution&&) noexcept = default;
Execution& Execution::operator=(Execution&&) noexcept = default;

Result<Execution> Execution::create(const Func& func, std::span<const Val> args) {
  if (!func) return Error(ErrorKind::kUsage, "the function reference is null");
  const wasm::FuncType& type = func.impl()->type->func;
  if (args.size() != type.params.size())
    return Error(ErrorKind::kUsage,
                 base::format("the function takes {} arguments, {} were given", type.params.size(), args.size()));
  for (size_t i = 0; i < args.size(); ++i)
    ERMINE_TRY(api::check_value(func.store_impl(), args[i], type.params[i], "argument", i + 1));
  ERMINE_ASSIGN(auto impl, runtime::Execution::create(func.store_impl(), func.impl()));
  return Execution(func, std::move(impl), args);
}

Execution::State Execution::state() const { return static_cast<State>(impl_->state()); }

Result<Execution::State> Execution::run() {
  const wasm::FuncType& type = func_.impl()->type->func;
  switch (impl_->state()) {
    case Inner::kReady: {
      // Not sooner: values hold references for the collector, plain slots do not.
      uint64_t* to = impl_->slots();
      for (size_t i = 0; i < args_.size(); ++i) {
        args_[i].to_slots(to);
        to += type.params[i].slots();
      }
      break;
    }
    case Inner::kOutOfFuel:
    case Inner::kInterrupted: break;
    case Inner::kRunning: return Error(ErrorKind::kUsage, "the execution is running already");
    default: return Error(ErrorKind::kUsage, "the execution is over");
  }
  const Inner state = impl_->run();
  if (state == Inner::kFailed) return runtime::take_error(func_.store_impl());
  if (state == Inner::kReturned) {
    const uint64_t* from = impl_->slots();
    for (wasm::ValType t : type.results) {
      results_.push_back(Val::from_slots(func_.store_impl(), api::to_public(t), from));
      from += t.slots();
    }
  }
  return static_cast<State>(state);
}

}  // namespace ermine

#include "component/adapter/adapter.h"

#include <algorithm>

#include "base/fixed_text.h"
#include "base/format.h"
#include "component/adapter/async_adapter.h"
#include "component/adapter/translate.h"
#include "component/model/limits.h"

namespace ermine::component {

namespace {

using adapter::Builder;
using adapter::Callee;
using adapter::FunctionCode;
using adapter::Local;
using adapter::Op;
using adapter::Options;
using adapter::Place;
using adapter::pointer_type;
using adapter::Translator;
using adapter::ValType;

constexpr base::FixedText<32> kIntrinsicNames[] = {
#define INTRINSIC(id, name, params, results) name,
#include "component/adapter/intrinsics.def"
};
constexpr base::FixedText<80> kTrapMessages[] = {
#define ADAPTER_TRAP(id, text) text,
#include "component/adapter/traps.def"
};

bool has_many_results(const Types& types, const FuncType& func, AddressType address) {
  const Flat& flat = types.flat(func.result, address);
  return flat.too_many || flat.types.size() > kMaxFlatResults;
}

// Of the parameters and the result, without those that the context adds.
wasm::FuncType core_type(const Types& types, const FuncType& func, AddressType address) {
  const Flat& params = func.params_flat[static_cast<unsigned>(address)];
  wasm::FuncType type;
  if (params.too_many) type.params = {pointer_type(address)};
  else type.params.assign(params.types.begin(), params.types.end());
  if (!has_many_results(types, func, address)) {
    const Flat& result = types.flat(func.result, address);
    type.results.assign(result.types.begin(), result.types.end());
  }
  return type;
}

Error unsupported(std::string message) { return Error(ErrorKind::kUnsupported, std::move(message)); }

// One adapter.
class AdapterMaker {
 public:
  AdapterMaker(Builder& builder, const AdapterRequest& request)
      : builder_(builder),
        request_(request),
        lower_(builder.options(request.lower)),
        lift_(builder.options(request.lift)),
        caller_(lower_.types->funcs[request.lower.type]),
        callee_(lift_.types->funcs[request.lift.type]) {}

  Callee make();

 private:
  static const Layout& params_layout(const FuncType& func, const Options& options) {
    return func.params_layout[static_cast<unsigned>(options.address)];
  }
  static bool params_in_memory(const FuncType& func, const Options& options) {
    return func.params_flat[static_cast<unsigned>(options.address)].too_many;
  }
  void set_flags(InstanceNumber instance, int32_t value) { code_.i32(value).set_global(builder_.flags(instance)); }
  void check_pointer(const Options& options, Local pointer, Layout layout) {
    builder_.check_pointer(code_, options, pointer, layout);
  }
  // Calls visit(caller's parameter, callee's, the caller's locals from it on, the position and number of the callee's
  // core values). Both sides pass the parameters as core values.
  template <class Visit>
  void for_each_argument(Visit&& visit) {
    if (caller_.params.size() != callee_.params.size()) return builder_.fail();
    std::span<const Local> source = given_;
    size_t first = 0;
    for (size_t i = 0; i < caller_.params.size(); ++i) {
      const Field &a = caller_.params[i], &b = callee_.params[i];
      const size_t count = lift_.types->flat(b.type, lift_.address).types.size();
      visit(a, b, source, first, count);
      source = source.subspan(lower_.types->flat(a.type, lower_.address).types.size());
      first += count;
    }
  }
  void enter();
  void pass_params();
  void push_arguments();
  void pass_result();
  void leave();

  Builder& builder_;
  const AdapterRequest& request_;
  const Options& lower_;
  const Options& lift_;
  const FuncType& caller_;
  const FuncType& callee_;
  FunctionCode code_;
  // The callee's arguments. Numbers that are passed as core values are converted on the operand stack, just before the
  // call; their locals are unused.
  std::vector<Local> arguments_;
  bool arguments_on_stack_ = false;
  bool result_on_stack_ = false;
  std::vector<Local> given_;  // the caller's arguments
  std::vector<Local> returned_;  // by the callee
  std::vector<Local> results_;  // of the adapter
  bool scoped_ = false;
};

Callee AdapterMaker::make() {
  const wasm::FuncType type = lowered_type(*lower_.types, request_.lower.type, lower_.address);
  code_ = FunctionCode(type.params, type.results);
  code_.name = base::format("adapter of {}", request_.name);
  scoped_ = request_.lift.sees_tasks || caller_.flags.borrow;
  result_on_stack_ = !has_many_results(*lift_.types, callee_, lift_.address) && !callee_.result.is_none() &&
                     adapter::fits_stack(*lift_.types, callee_.result);
  if (!result_on_stack_)
    for (const ValType result : type.results) results_.push_back(code_.local(result));

  // An exception that leaves the callee, its realloc or its post-return, or the caller's realloc, is a trap.
  if (request_.may_throw) code_.block().try_catch_all(0);
  enter();
  pass_params();
  const wasm::FuncType callee_type = lifted_type(*lift_.types, request_.lift.type, lift_.address);
  push_arguments();
  code_.call(builder_.core_func(request_.callee, callee_type));
  if (!result_on_stack_ || request_.lift.post_return) {
    for (const ValType result : callee_type.results) returned_.push_back(code_.local(result));
    if (result_on_stack_) code_.tee(returned_[0]);
    else if (!returned_.empty()) code_.set(returned_[0]);
  }
  pass_result();
  if (request_.lift.post_return) {
    set_flags(lift_.instance, kInstanceMayNotLeave);
    for (const Local value : returned_) code_.get(value);
    code_.call(builder_.core_func(*request_.lift.post_return, {callee_type.results, {}}));
  }
  leave();
  for (const Local result : results_) code_.get(result);
  if (request_.may_throw) {
    code_.op(Op::return_).end().op(Op::unreachable).end();
    builder_.trap(code_, AdapterTrap::Exception);
  }
  return builder_.add(std::move(code_));
}

void AdapterMaker::enter() {
  code_.block().get_global(builder_.flags(lower_.instance)).br_if(0);
  builder_.trap(code_, AdapterTrap::CannotLeave);
  code_.end();
  for (const InstanceNumber instance : request_.entered) {
    code_.block().get_global(builder_.flags(instance)).i32(kInstanceIdle).op(Op::i32_eq).br_if(0);
    builder_.trap(code_, AdapterTrap::CannotEnter);
    code_.end();
  }
  for (const InstanceNumber instance : request_.entered) set_flags(instance, kInstanceRuns);
  if (scoped_) code_.call(builder_.enter_call(lift_.instance));
}

void AdapterMaker::leave() {
  if (scoped_) code_.call(builder_.intrinsic(Intrinsic::ExitCall));
  bool is_entered = false;
  for (const InstanceNumber instance : request_.entered) {
    set_flags(instance, kInstanceIdle);
    is_entered = is_entered || instance == lift_.instance;
  }
  if (request_.lift.post_return && !is_entered) set_flags(lift_.instance, kInstanceRuns);
}

// CanonicalABI.md, `lift_flat_values` and `lower_flat_values`.
void AdapterMaker::pass_params() {
  const bool from_memory = params_in_memory(caller_, lower_), to_memory = params_in_memory(callee_, lift_);
  if ((from_memory && !lower_.memory) || (to_memory && !lift_.memory)) return builder_.fail();
  for (uint32_t i = 0; i < code_.params.size(); ++i) given_.push_back(code_.param(i));
  arguments_on_stack_ = !from_memory && !to_memory;
  Place source = Place::flat(given_);
  if (from_memory) {
    check_pointer(lower_, given_[0], params_layout(caller_, lower_));
    source = Place::memory(given_[0]);
  }
  const bool allocates = to_memory || std::ranges::any_of(callee_.params, [&](const Field& field) {
                           return lift_.types->flags(field.type).pointer;
                         });
  if (allocates) set_flags(lift_.instance, kInstanceMayNotLeave);
  const wasm::FuncType type = lifted_type(*lift_.types, request_.lift.type, lift_.address);
  if (arguments_on_stack_) {
    for_each_argument(
        [&](const Field& a, const Field& b, std::span<const Local> source_locals, size_t first, size_t count) {
          const bool unused = adapter::fits_stack(*lift_.types, b.type);
          for (size_t i = 0; i < count; ++i)
            arguments_.push_back(unused ? Local() : code_.local(type.params[first + i]));
          if (!unused)
            Translator(builder_, code_, lower_, lift_)
                .value(a.type, b.type, Place::flat(source_locals), Place::flat(std::span(arguments_).subspan(first)));
        });
    if (allocates) set_flags(lift_.instance, kInstanceRuns);
    return;
  }
  for (const ValType param : type.params) arguments_.push_back(code_.local(param));
  Place target = Place::flat(arguments_);
  if (to_memory) {
    const Layout layout = params_layout(callee_, lift_);
    const ValType pointer = lift_.pointer();
    code_.constant(pointer, 0).constant(pointer, 0).constant(pointer, layout.alignment);
    code_.constant(pointer, layout.size).call(builder_.allocate(lift_)).set(arguments_[0]);
    target = Place::memory(arguments_[0]);
  }
  Translator(builder_, code_, lower_, lift_).fields(caller_.params, callee_.params, source, target);
  if (allocates) set_flags(lift_.instance, kInstanceRuns);
}

void AdapterMaker::push_arguments() {
  if (!arguments_on_stack_) {
    for (const Local argument : arguments_) code_.get(argument);
    return;
  }
  for_each_argument([&](const Field& a, const Field& b, std::span<const Local> source, size_t first, size_t count) {
    if (adapter::fits_stack(*lift_.types, b.type))
      Translator(builder_, code_, lower_, lift_).value(a.type, b.type, Place::flat(source), Place::stack());
    else
      for (size_t i = 0; i < count; ++i) code_.get(arguments_[first + i]);
  });
}

void AdapterMaker::pass_result() {
  if (caller_.result.is_none() != callee_.result.is_none()) return builder_.fail();
  if (caller_.result.is_none()) return;
  const bool from_memory = has_many_results(*lift_.types, callee_, lift_.address);
  const bool to_memory = has_many_results(*lower_.types, caller_, lower_.address);
  if ((from_memory && !lift_.memory) || (to_memory && !lower_.memory)) return builder_.fail();
  Place source = Place::flat(returned_), target = Place::flat(results_);
  if (result_on_stack_) source = target = Place::stack();
  if (from_memory) {
    check_pointer(lift_, returned_[0], lift_.types->layout(callee_.result, lift_.address));
    source = Place::memory(returned_[0]);
  }
  if (to_memory) {
    const Local pointer = code_.param(static_cast<uint32_t>(code_.params.size() - 1));
    check_pointer(lower_, pointer, lower_.types->layout(caller_.result, lower_.address));
    target = Place::memory(pointer);
  }
  const bool allocates = lower_.types->flags(caller_.result).pointer;
  if (allocates) set_flags(lower_.instance, kInstanceMayNotLeave);
  Translator(builder_, code_, lift_, lower_).value(callee_.result, caller_.result, source, target);
  if (allocates) set_flags(lower_.instance, kInstanceRuns);
}

}  // namespace

wasm::FuncType lowered_type(const Types& types, FuncId id, AddressType address) {
  const FuncType& func = types.funcs[id];
  wasm::FuncType type = core_type(types, func, address);
  if (has_many_results(types, func, address)) type.params.push_back(pointer_type(address));
  return type;
}

wasm::FuncType lifted_type(const Types& types, FuncId id, AddressType address) {
  const FuncType& func = types.funcs[id];
  wasm::FuncType type = core_type(types, func, address);
  if (has_many_results(types, func, address)) type.results = {pointer_type(address)};
  return type;
}

std::string_view adapter_trap_message(AdapterTrap trap) { return kTrapMessages[static_cast<size_t>(trap)]; }
std::string_view intrinsic_name(Intrinsic intrinsic) { return kIntrinsicNames[static_cast<size_t>(intrinsic)]; }

class AdapterModule::Impl {
 public:
  Builder builder;
  std::vector<Callee> adapters;

  template <class Make>
  Result<uint32_t> add(const AdapterRequest& request, Make&& make) {
    if (!builder.has_room_for(request)) return Error(ErrorKind::kLimit, "the module of adapters is full");
    const Builder::Snapshot mark = builder.snapshot();
    std::vector<Callee> made;
    make(builder, made);
    if (!builder.generate_all()) {
      builder.undo(mark);
      return unsupported(base::format("a call of `{}` between components takes too much code", request.name));
    }
    const auto number = static_cast<uint32_t>(adapters.size());
    adapters.insert(adapters.end(), made.begin(), made.end());
    return number;
  }
};

AdapterModule::AdapterModule() : impl_(std::make_unique<Impl>()) {}
AdapterModule::~AdapterModule() = default;

Result<uint32_t> AdapterModule::add(const AdapterRequest& request) {
  if (request.lift.types->funcs[request.lift.type].is_async || request.lower.is_async || request.lift.is_async)
    return unsupported("an asynchronous call has other adapters");
  return impl_->add(request, [&](Builder& builder, std::vector<Callee>& made) {
    made.push_back(AdapterMaker(builder, request).make());
  });
}

Result<uint32_t> AdapterModule::add_async(const AdapterRequest& request) {
  return impl_->add(request, [&](Builder& builder, std::vector<Callee>& made) {
    made.push_back(adapter::make_params_adapter(builder, request));
    made.push_back(adapter::make_result_adapter(builder, request));
  });
}

AdapterModule::Finished AdapterModule::finish() {
  Finished finished = impl_->builder.finish(impl_->adapters);
  impl_ = std::make_unique<Impl>();
  return finished;
}

}  // namespace ermine::component

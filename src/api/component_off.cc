// The API of components in a library that has none: every function that could make something is an error that says so.
#include "ermine/component.h"

namespace ermine {

namespace {

Error missing() { return Error(ErrorKind::kUnsupported, "the library was built without components"); }

}  // namespace

struct ComponentLinkerState {
  Engine engine;
};

Result<void> Component::validate(const Engine&, std::span<const uint8_t>) {
  return Error(ErrorKind::kUnsupported, "this is a component, and the library was built without components");
}
Result<Component> Component::compile(const Engine& engine, std::vector<uint8_t>&& bytes) {
  return validate(engine, bytes).error();
}
Result<ComponentInstance> Component::instantiate(const Store&) const { return missing(); }
std::vector<std::string> Component::functions() const { return {}; }
std::vector<ComponentItem> Component::imports() const { return {}; }
std::vector<std::pair<std::string_view, std::string_view>> Component::import_names() const { return {}; }
std::vector<ComponentItem> Component::exports() const { return {}; }

std::optional<ComponentFunc> ComponentInstance::get_func(std::string_view) const { return std::nullopt; }
std::optional<ComponentFunc> ComponentInstance::get_func(std::string_view, std::string_view) const {
  return std::nullopt;
}
Result<ComponentFunc> ComponentInstance::require_func(std::string_view, std::string_view) const { return missing(); }

Result<std::optional<component::Value>> ComponentFunc::call(std::span<const component::Value>) const {
  return missing();
}
Result<ComponentCall<std::optional<component::Value>>> ComponentFunc::call_async(
    std::span<const component::Value>) const {
  return missing();
}
std::string ComponentFunc::name() const { return {}; }
std::string ComponentFunc::type() const { return {}; }

ComponentLinker::ComponentLinker(const Engine& engine)
    : state_(std::make_unique<ComponentLinkerState>(ComponentLinkerState{engine})) {}
ComponentLinker::ComponentLinker(std::unique_ptr<ComponentLinkerState> state) : state_(std::move(state)) {}
ComponentLinker::~ComponentLinker() = default;
ComponentLinker::ComponentLinker(ComponentLinker&&) noexcept = default;
ComponentLinker& ComponentLinker::operator=(ComponentLinker&&) noexcept = default;
ComponentLinker ComponentLinker::clone() const { return ComponentLinker(state_->engine); }
Engine ComponentLinker::engine() const { return state_->engine; }
ComponentLinker& ComponentLinker::allow_shadowing(bool) { return *this; }
Result<void> ComponentLinker::define_func(std::string_view, std::string_view, component::detail::HostFunc) {
  return missing();
}
Result<void> ComponentLinker::func(std::string_view, std::string_view, ComponentCallback) { return missing(); }
Result<void> ComponentLinker::func_async(std::string_view, std::string_view, AsyncComponentCallback) {
  return missing();
}
Result<void> ComponentLinker::define_class(std::string_view, std::string_view, const void*, void (*)(uint64_t)) {
  return missing();
}
Result<HostResourceType> ComponentLinker::resource(std::string_view, std::string_view,
                                                   std::function<Result<void>(uint64_t)>) {
  return missing();
}
component::Resource HostResourceType::make(uint64_t) const { return {}; }
Result<void> ComponentLinker::instance(std::string_view, const ComponentInstance&) { return missing(); }
Result<void> ComponentLinker::instance(std::string_view, const ComponentInstance&, std::string_view) {
  return missing();
}
Result<void> ComponentLinker::define_unknown_imports_as_traps(const Component&) { return missing(); }
Result<ComponentInstance> ComponentLinker::instantiate(StoreRef, const Component&) const { return missing(); }

// What follows cannot be reached: there are no functions to call and no values to pass. The templates of the headers
// refer to it.
namespace component {

namespace detail {

OutgoingCall::OutgoingCall(const BoundFunc&) : cursor_(nullptr) {}
OutgoingCall::~OutgoingCall() = default;
bool OutgoingCall::begin() { return false; }
bool OutgoingCall::run(uint64_t*) { return false; }
bool OutgoingCall::finish(uint64_t) { return false; }
Error OutgoingCall::fail() { return missing(); }
Result<std::shared_ptr<const BoundFunc>> bind(const std::shared_ptr<const BoundFunc>&, const FuncShape&) {
  return missing();
}
bool is_async(const BoundFunc&) { return false; }
Result<PendingCall> PendingCall::start(const std::shared_ptr<const BoundFunc>&, CallData) { return missing(); }
bool PendingCall::done() const { return true; }
bool PendingCall::was_cancelled() const { return false; }
Result<void> PendingCall::cancel() const { return {}; }
void PendingCall::on_done(std::function<void()> called) const { called(); }
Result<void> PendingCall::run() const { return {}; }
Result<void> PendingCall::outcome() const { return missing(); }
std::optional<Value> PendingCall::take_value() const { return std::nullopt; }
StreamEnd::Pair StreamEnd::create(runtime::Store*, bool) { return {}; }
Result<void> StreamEnd::begin(StreamCopy) const { return missing(); }
void StreamEnd::cancel() const {}
void StreamEnd::close() const {}
bool StreamEnd::copying() const { return false; }
uint32_t StreamEnd::waiting() const { return 0; }
bool StreamEnd::is_over() const { return true; }
void StreamEnd::on_drop(std::function<void()>) const {}
Result<Value> end_to_value(StreamEnd&, bool) { return missing(); }
Result<StreamEnd> end_from_value(runtime::Store*, const Value&, bool, const TypeShape*, bool) { return missing(); }
void CallReply::complete(Answer) const {}
void CallReply::complete_value(std::optional<Value>) const {}
void CallReply::fail(Error) const {}
void CallReply::cancelled() const {}
void CallReply::on_cancel(std::function<void()>) const {}
bool CallReply::cancel_requested() const { return false; }
void* object_of(const std::shared_ptr<const void>&, const void*) { return nullptr; }

bool Cursor::allocate(uint32_t, uint64_t, uint64_t&) { return false; }
bool Cursor::allocate_list(uint64_t, uint32_t, uint32_t, uint64_t&) { return false; }
bool Cursor::store_string(std::string_view, uint64_t&, uint64_t&) { return false; }
bool Cursor::lower_own(const void*, void*, uint32_t&) { return false; }
bool Cursor::lower_borrow(const void*, void*, uint32_t&) { return false; }
bool Cursor::lower_handle(const std::shared_ptr<const void>&, bool, uint32_t&) { return false; }
bool Cursor::lower_stream(const StreamEnd&, const TypeShape*, uint32_t&) { return false; }
bool Cursor::lower_error_context(const std::shared_ptr<const void>&, uint32_t&) { return false; }
bool Cursor::lift_stream(uint32_t, const TypeShape*, StreamEnd&) { return false; }
bool Cursor::lift_error_context(uint32_t, std::shared_ptr<const void>&) { return false; }
bool Cursor::load_values(uint64_t, uint32_t, std::vector<Value>&) { return false; }
bool Cursor::store_values(uint64_t, std::span<const Value>) { return false; }
bool Cursor::load_string(uint64_t, uint64_t, std::string&) { return false; }
bool Cursor::view_string(uint64_t, uint64_t, std::string_view&) { return false; }
bool Cursor::load_list(uint64_t, uint64_t, uint32_t, uint32_t, uint64_t, const uint8_t*&) { return false; }
bool Cursor::place(uint64_t, uint32_t, uint32_t, uint8_t*&) { return false; }
bool Cursor::lift_own(const void*, uint32_t, void*&) { return false; }
bool Cursor::lift_borrow(const void*, uint32_t, void*&) { return false; }
bool Cursor::lift_handle(uint32_t, bool, std::shared_ptr<const void>&) { return false; }
bool Cursor::bad_case() { return false; }
bool Cursor::bad_char() { return false; }
bool Cursor::bad_value(const char*) { return false; }
bool Cursor::fail(Error) { return false; }

}  // namespace detail

ErrorContext::ErrorContext(std::string) {}
std::string ErrorContext::message() const { return {}; }
EventLoop::EventLoop(StoreRef) : scheduler_(nullptr) {}
Result<bool> EventLoop::run_some() const { return scheduler_ != nullptr; }
Result<void> EventLoop::run_until(const std::function<bool()>& done) const {
  return done() ? Result<void>() : missing();
}
Result<int> EventLoop::event_fd() const { return missing(); }
void EventLoop::set_wait(std::function<Result<void>()>) const {}
Operation EventLoop::begin_operation() const { return {}; }
LoopHandle EventLoop::handle() const { return LoopHandle(nullptr); }
void LoopHandle::post(std::function<void()>) const {}
Result<void> Resource::drop() { return {}; }
uint64_t Resource::rep() const { return 0; }
uint64_t ResourceRef::rep() const { return 0; }

}  // namespace component

}  // namespace ermine

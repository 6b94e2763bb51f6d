// Components of the C API: asynchronous calls, and ends of streams and futures (ermine_component.h).
#include <cstring>

#include "capi/component_objects.h"
#include "ermine/component/event_loop.h"
#include "ermine/component/reply.h"
#include "ermine/component/stream.h"

using ermine::ComponentCall;
using ermine::ComponentCaller;
using ermine::Error;
using ermine::ErrorKind;
using ermine::Result;
using ermine::TrapCode;
using ermine::capi::from_value;
using ermine::capi::LentVals;
using ermine::capi::succeeded;
using ermine::capi::to_value;
using ermine::component::CopyResult;
using ermine::component::EventLoop;
using ermine::component::FutureReader;
using ermine::component::FutureWriter;
using ermine::component::StreamReader;
using ermine::component::StreamWriter;
using ermine::component::Value;
using ermine::component::ValueKind;
using ermine::component::ValueReply;

struct ermine_component_call_t {
  ermine::capi::SharedStore store;
  ComponentCall<std::optional<Value>> call;
};
struct ermine_component_reply_t {
  ValueReply reply;
};
struct ermine_component_end_t {
  ermine::capi::SharedStore store;
  // Of bytes, or of whatever the component has.
  std::variant<StreamReader<uint8_t>, StreamWriter<uint8_t>, StreamReader<Value>, StreamWriter<Value>,
               FutureReader<Value>, FutureWriter<Value>>
      end;
};

namespace {

constexpr ermine_component_val_t kNone{.kind = ERMINE_COMPONENT_NONE, .of = {.u64 = 0}};

wasm_trap_t* give(const ermine::capi::SharedStore& store, Result<std::optional<Value>> returned,
                  ermine_component_val_t* result) {
  *result = kNone;
  if (!returned) return ermine::capi::new_trap(store, std::move(returned).error());
  if (*returned) *result = from_value(**returned);
  return nullptr;
}

static_assert(static_cast<int>(CopyResult::kCompleted) == ERMINE_COMPONENT_COPY_COMPLETED &&
              static_cast<int>(CopyResult::kDropped) == ERMINE_COMPONENT_COPY_DROPPED &&
              static_cast<int>(CopyResult::kCancelled) == ERMINE_COMPONENT_COPY_CANCELLED);
ermine_component_copyresult_t copy_result(CopyResult result) {
  return static_cast<ermine_component_copyresult_t>(result);
}

Result<std::vector<Value>> elements_of(const ermine_component_val_t& list) {
  ERMINE_ASSIGN(const Value value, to_value(list));
  if (value.kind() != ValueKind::kList)
    return Error(ErrorKind::kUsage, "what is written to a stream is a list, or an array of numbers");
  std::vector<Value> out;
  out.reserve(value.size());
  for (size_t i = 0; i < value.size(); ++i) out.push_back(value.at(i));
  return out;
}

// Elements that are numbers become an array, as in lists that come from a component.
ermine_component_val_t read_list(std::vector<Value> elements) {
  const ermine_component_valkind_t kind = elements.empty() ? kNone.kind : from_value(elements[0]).kind;
  const size_t size = ermine::capi::number_size(kind);
  if (size == 0) return from_value(Value::list(std::move(elements)));
  std::vector<uint8_t> bytes(elements.size() * size);
  for (size_t i = 0; i < elements.size(); ++i) {
    const ermine_component_val_t number = from_value(elements[i]);
    std::memcpy(&bytes[i * size], &number.of, size);  // all members of the union begin where it does
  }
  ermine_component_val_t out;
  ermine_component_val_new_numbers(&out, kind, elements.size(), bytes.data());
  return out;
}
ermine_component_val_t read_list(const std::vector<uint8_t>& bytes) {
  ermine_component_val_t out;
  ermine_component_val_new_numbers(&out, ERMINE_COMPONENT_U8, bytes.size(), bytes.data());
  return out;
}

template <class T>
bool read_stream(const StreamReader<T>& reader, size_t most, ermine_component_read_callback_t callback, void* env) {
  return succeeded(reader.read(most, [callback, env](CopyResult result, std::vector<T> elements) {
    ermine_component_val_t list = read_list(std::move(elements));
    if (callback != nullptr) callback(env, copy_result(result), &list);
    ermine_component_val_delete(&list);
  }));
}
template <class T>
bool write_stream(const StreamWriter<T>& writer, Result<std::vector<T>> elements,
                  ermine_component_write_callback_t callback, void* env) {
  return succeeded(elements) &&
         succeeded(writer.write(*std::move(elements), [callback, env](CopyResult result, size_t written) {
           if (callback != nullptr) callback(env, copy_result(result), written);
         }));
}
Result<std::vector<uint8_t>> bytes_of_list(const ermine_component_val_t& list) {
  if (list.kind != ERMINE_COMPONENT_NUMBERS || list.of.numbers.element != ERMINE_COMPONENT_U8)
    return Error(ErrorKind::kUsage, "what is written to a stream of bytes is an array of ERMINE_COMPONENT_U8");
  const auto* bytes = static_cast<const uint8_t*>(list.of.numbers.data);
  return std::vector<uint8_t>(bytes, bytes + list.of.numbers.size);
}

template <class T>
void new_stream(wasm_store_t* store, ermine_component_end_t** writer, ermine_component_end_t** reader) {
  auto made = ermine::component::make_stream<T>(*store->state->store);
  *writer = new ermine_component_end_t{store->state, std::move(made.writer)};
  *reader = new ermine_component_end_t{store->state, std::move(made.reader)};
}
template <class Reader>
ermine_component_end_t* end_of(wasm_store_t* store, const Value& value) {
  Result<Reader> reader = Reader::from_value(*store->state->store, value);
  return succeeded(reader) ? new ermine_component_end_t{store->state, *std::move(reader)} : nullptr;
}

}  // namespace

extern "C" {

// ---- Calls

ermine_component_call_t* ermine_component_func_call_async(const ermine_component_func_t* func,
                                                          const ermine_component_val_t* args, size_t arg_count,
                                                          wasm_trap_t** trap) {
  *trap = nullptr;
  Result<std::vector<Value>> values = ermine::capi::arguments_of(args, arg_count);
  if (!values) return *trap = ermine::capi::new_trap(func->store, std::move(values).error()), nullptr;
  Result<ComponentCall<std::optional<Value>>> call = func->func.call_async(*values);
  if (!call) return *trap = ermine::capi::new_trap(func->store, std::move(call).error()), nullptr;
  return new ermine_component_call_t{func->store, *std::move(call)};
}
void ermine_component_call_delete(ermine_component_call_t* call) { delete call; }
bool ermine_component_call_done(const ermine_component_call_t* call) { return call->call.done(); }
wasm_trap_t* ermine_component_call_take(ermine_component_call_t* call, ermine_component_val_t* result) {
  return give(call->store, call->call.take(), result);
}
wasm_trap_t* ermine_component_call_wait(ermine_component_call_t* call, ermine_component_val_t* result) {
  return give(call->store, call->call.wait(), result);
}
wasm_trap_t* ermine_component_call_cancel(ermine_component_call_t* call) {
  Result<void> cancelled = call->call.cancel();
  return cancelled ? nullptr : ermine::capi::new_trap(call->store, std::move(cancelled).error());
}
bool ermine_component_call_was_cancelled(const ermine_component_call_t* call) { return call->call.was_cancelled(); }
void ermine_component_call_on_done(ermine_component_call_t* call, void (*done)(void* env), void* env) {
  call->call.on_done([done, env] { done(env); });
}

wasm_trap_t* ermine_component_event_loop_run_some(wasm_store_t* store, bool* ran) {
  Result<bool> some = EventLoop(*store->state->store).run_some();
  *ran = !some || *some;
  return some ? nullptr : ermine::capi::new_trap(store->state, std::move(some).error());
}
int ermine_component_event_loop_fd(wasm_store_t* store) {
  const Result<int> fd = EventLoop(*store->state->store).event_fd();
  return succeeded(fd) ? *fd : -1;
}

// ---- Replies

void ermine_component_reply_complete(ermine_component_reply_t* reply, ermine_component_val_t* result) {
  const std::unique_ptr<ermine_component_reply_t> owned(reply);
  if (result->kind == ERMINE_COMPONENT_NONE) return owned->reply.complete(std::nullopt);
  Result<Value> value = to_value(*result);
  ermine_component_val_delete(result);
  if (value) owned->reply.complete(*std::move(value));
  else owned->reply.fail(Error(ErrorKind::kUsage, "the result of a function of the host: " + value.error().message()));
}
void ermine_component_reply_fail(ermine_component_reply_t* reply, const char* message, size_t message_size) {
  const std::unique_ptr<ermine_component_reply_t> owned(reply);
  owned->reply.fail(Error::trap(TrapCode::kHost, std::string(message, message_size)));
}
void ermine_component_reply_cancelled(ermine_component_reply_t* reply) {
  const std::unique_ptr<ermine_component_reply_t> owned(reply);
  owned->reply.cancelled();
}
bool ermine_component_reply_cancel_requested(const ermine_component_reply_t* reply) {
  return reply->reply.cancel_requested();
}
void ermine_component_reply_on_cancel(ermine_component_reply_t* reply, void (*request)(void* env), void* env) {
  reply->reply.on_cancel([request, env] { request(env); });
}
bool ermine_component_linker_define_async_func(ermine_component_linker_t* linker, const char* instance_name,
                                               size_t instance_name_size, const char* name, size_t name_size,
                                               ermine_component_async_func_callback_t callback, void* env,
                                               void (*finalizer)(void*)) {
  return succeeded(linker->linker.func_async(
      {instance_name, instance_name_size}, {name, name_size},
      [callback, kept = ermine::capi::with_finalizer(env, finalizer)](ComponentCaller& caller, ValueReply reply,
                                                                      std::vector<Value> args) -> Result<void> {
        const LentVals in(args);
        ermine_component_caller_t of{caller};
        wasm_trap_t* trap =
            callback(kept.get(), &of, new ermine_component_reply_t{std::move(reply)}, in.data(), in.size());
        if (trap != nullptr) return ermine::capi::take_error(trap);
        return {};
      }));
}

// ---- Streams and futures

void ermine_component_stream_new(wasm_store_t* store, ermine_component_valkind_t element,
                                 ermine_component_end_t** writer, ermine_component_end_t** reader) {
  element == ERMINE_COMPONENT_U8 ? new_stream<uint8_t>(store, writer, reader)
                                 : new_stream<Value>(store, writer, reader);
}
void ermine_component_future_new(wasm_store_t* store, ermine_component_end_t** writer,
                                 ermine_component_end_t** reader) {
  auto made = ermine::component::make_future<Value>(*store->state->store);
  *writer = new ermine_component_end_t{store->state, std::move(made.writer)};
  *reader = new ermine_component_end_t{store->state, std::move(made.reader)};
}
void ermine_component_end_delete(ermine_component_end_t* end) { delete end; }
bool ermine_component_end_to_val(ermine_component_end_t* end, ermine_component_val_t* out) {
  const std::unique_ptr<ermine_component_end_t> owned(end);
  *out = kNone;
  Result<Value> value = Error(ErrorKind::kUsage, "an end that is written is not passed to a component");
  std::visit(
      [&](auto& of) {
        if constexpr (requires { std::move(of).into_value(); }) value = std::move(of).into_value();
      },
      end->end);
  if (!succeeded(value)) return false;
  *out = from_value(*value);
  return true;
}
ermine_component_end_t* ermine_component_end_from_val(wasm_store_t* store, const ermine_component_val_t* val) {
  const Result<Value> value = to_value(*val);
  if (!succeeded(value)) return nullptr;
  if (value->kind() == ValueKind::kFuture) return end_of<FutureReader<Value>>(store, *value);
  ermine_component_end_t* const bytes = end_of<StreamReader<uint8_t>>(store, *value);
  return bytes != nullptr ? bytes : end_of<StreamReader<Value>>(store, *value);
}
void ermine_component_end_cancel(ermine_component_end_t* end) {
  std::visit([](auto& of) { of.cancel(); }, end->end);
}
bool ermine_component_end_is_over(const ermine_component_end_t* end) {
  return std::visit([](const auto& of) { return of.is_over(); }, end->end);
}
bool ermine_component_end_read(ermine_component_end_t* end, size_t most, ermine_component_read_callback_t callback,
                               void* env) {
  if (auto* bytes = std::get_if<StreamReader<uint8_t>>(&end->end)) return read_stream(*bytes, most, callback, env);
  if (auto* stream = std::get_if<StreamReader<Value>>(&end->end)) return read_stream(*stream, most, callback, env);
  if (auto* future = std::get_if<FutureReader<Value>>(&end->end))
    return succeeded(future->read([callback, env](const std::optional<Value>& read) {
      ermine_component_val_t val = read ? from_value(*read) : kNone;
      if (callback != nullptr) callback(env, copy_result(read ? CopyResult::kCompleted : CopyResult::kDropped), &val);
      ermine_component_val_delete(&val);
    }));
  return succeeded(Result<void>(Error(ErrorKind::kUsage, "this end is for writing")));
}
bool ermine_component_end_write(ermine_component_end_t* end, const ermine_component_val_t* val,
                                ermine_component_write_callback_t callback, void* env) {
  if (auto* bytes = std::get_if<StreamWriter<uint8_t>>(&end->end))
    return write_stream(*bytes, bytes_of_list(*val), callback, env);
  if (auto* stream = std::get_if<StreamWriter<Value>>(&end->end))
    return write_stream(*stream, elements_of(*val), callback, env);
  if (auto* future = std::get_if<FutureWriter<Value>>(&end->end)) {
    Result<Value> value = to_value(*val);
    return succeeded(value) && succeeded(future->write(*std::move(value), [callback, env](CopyResult result) {
             if (callback != nullptr) callback(env, copy_result(result), result == CopyResult::kCompleted ? 1 : 0);
           }));
  }
  return succeeded(Result<void>(Error(ErrorKind::kUsage, "this end is for reading")));
}

}  // extern "C"

// Asynchronous calls, functions of the host that answer later, streams and futures, through the C API.
#include <poll.h>

#include <thread>

#include "tests/api/async_guest.h"
#include "tests/capi/fixture.h"

namespace capi_test {
namespace {

DELETER(ermine_component_call)
DELETER(ermine_component_end)

using Val = ermine_component_val_t;
using ermine::test::async_caller;
using ermine::test::kAsync;

Val bytes(std::string_view text) {
  Val out;
  ermine_component_val_new_numbers(&out, ERMINE_COMPONENT_U8, text.size(), text.data());
  return out;
}
std::string numbers_of(const Val& numbers) {
  if (numbers.kind != ERMINE_COMPONENT_NUMBERS) return numbers.kind == ERMINE_COMPONENT_LIST ? "" : "no numbers";
  const size_t size = numbers.of.numbers.element == ERMINE_COMPONENT_U16 ? 2 : 1;
  return {static_cast<const char*>(numbers.of.numbers.data), numbers.of.numbers.size * size};
}

// Replies that are kept, and what was asked.
struct Replies {
  std::vector<uint32_t> asked;
  std::vector<ermine_component_reply_t*> replies;
  int cancels = 0;
};
wasm_trap_t* keep_reply(void* env, ermine_component_caller_t*, ermine_component_reply_t* reply, const Val* args,
                        size_t count) {
  EXPECT_EQ(count, 1u);
  auto& host = *static_cast<Replies*>(env);
  host.asked.push_back(args[0].of.u32);
  host.replies.push_back(reply);
  return nullptr;
}
void answer(ermine_component_reply_t* reply, uint32_t v) {
  Val result = u32(v);
  ermine_component_reply_complete(reply, &result);
}

class CApiAsync : public CApi {
 protected:
  CApiAsync() : CApi(with_all_features()), linker_(ermine_component_linker_new(engine_.get())) {
    EXPECT_TRUE(
        ermine_component_linker_define_async_func(linker_.get(), nullptr, 0, "f", 1, keep_reply, &host_, nullptr));
  }
  ermine_component_func_ptr func(std::string_view wat, std::string_view name) {
    wasm_byte_vec_t binary;
    EXPECT_TRUE(ermine_wat2wasm(wat.data(), wat.size(), &binary)) << ermine_last_error();
    const ermine_component_ptr component(ermine_component_new(engine_.get(), &binary));
    EXPECT_TRUE(component) << ermine_last_error();
    wasm_byte_vec_delete(&binary);
    wasm_trap_t* trap = nullptr;
    const ermine_component_instance_ptr instance(
        ermine_component_linker_instantiate(linker_.get(), store_.get(), component.get(), &trap));
    EXPECT_TRUE(instance) << message_of(trap);
    ermine_component_func_ptr f(
        ermine_component_instance_get_func(instance.get(), nullptr, 0, name.data(), name.size()));
    EXPECT_TRUE(f) << name;
    return f;
  }
  static ermine_component_call_ptr begin(const ermine_component_func_ptr& f, std::vector<Val> args) {
    wasm_trap_t* trap = nullptr;
    ermine_component_call_ptr call(ermine_component_func_call_async(f.get(), args.data(), args.size(), &trap));
    EXPECT_TRUE(call) << message_of(trap);
    wasm_trap_delete(trap);
    return call;
  }
  void run_all() {
    for (bool ran = true; ran;) { wasm_trap_delete(ermine_component_event_loop_run_some(store_.get(), &ran)); }
  }
  static uint32_t result_of(const ermine_component_call_ptr& call) {
    Val out;
    const wasm_trap_ptr trap(ermine_component_call_wait(call.get(), &out));
    EXPECT_FALSE(trap) << message_of(trap.get());
    EXPECT_EQ(out.kind, ERMINE_COMPONENT_U32);
    return out.of.u32;
  }
  static std::string error_of(const ermine_component_call_ptr& call) {
    Val out;
    const wasm_trap_ptr trap(ermine_component_call_wait(call.get(), &out));
    return message_of(trap.get());
  }

  Replies host_;
  ermine_component_linker_ptr linker_;
};

TEST_F(CApiAsync, SeveralCallsAtOnce) {
  const auto run = func(async_caller(kAsync), "run");
  const auto first = begin(run, {u32(1)}), second = begin(run, {u32(2)});
  run_all();
  EXPECT_EQ(host_.asked, (std::vector<uint32_t>{1, 2}));
  int done = 0;
  ermine_component_call_on_done(second.get(), [](void* n) { ++*static_cast<int*>(n); }, &done);
  Val out;
  EXPECT_NE(message_of(wasm_trap_ptr(ermine_component_call_take(first.get(), &out)).get()).find("not over"),
            std::string::npos);
  // From another thread, with a loop of the embedder's own.
  std::thread other([&] { answer(host_.replies[1], 20); });
  pollfd polled{ermine_component_event_loop_fd(store_.get()), POLLIN, 0};
  while (!ermine_component_call_done(second.get())) {
    EXPECT_EQ(poll(&polled, 1, 10'000), 1);
    run_all();
  }
  other.join();
  EXPECT_EQ(done, 1);
  ASSERT_EQ(ermine_component_call_take(second.get(), &out), nullptr);
  EXPECT_EQ(out.of.u32, 21u);
  EXPECT_FALSE(ermine_component_call_done(first.get()));
  answer(host_.replies[0], 10);
  EXPECT_EQ(result_of(first), 11u);
  wasm_trap_t* trap = nullptr;
  const Val wrong{.kind = ERMINE_COMPONENT_BOOL, .of = {.boolean = true}};
  EXPECT_EQ(ermine_component_func_call_async(run.get(), &wrong, 1, &trap), nullptr);
  EXPECT_NE(trap, nullptr);
  wasm_trap_delete(trap);
}

TEST_F(CApiAsync, CallsAreCancelled) {
  const auto run = func(async_caller(kAsync), "run");
  const auto call = begin(run, {u32(1)});
  run_all();
  ASSERT_EQ(host_.replies.size(), 1u);
  ermine_component_reply_on_cancel(host_.replies[0], [](void* n) { ++*static_cast<int*>(n); }, &host_.cancels);
  EXPECT_FALSE(ermine_component_reply_cancel_requested(host_.replies[0]));
  EXPECT_EQ(ermine_component_call_cancel(call.get()), nullptr);
  run_all();
  EXPECT_EQ(host_.cancels, 1);
  EXPECT_TRUE(ermine_component_reply_cancel_requested(host_.replies[0]));
  ermine_component_reply_cancelled(host_.replies[0]);
  run_all();
  EXPECT_TRUE(ermine_component_call_was_cancelled(call.get()));
  EXPECT_NE(error_of(call), "no trap");
}

TEST_F(CApiAsync, RepliesThatFail) {
  const auto run = func(async_caller(kAsync), "run");
  auto call = begin(run, {u32(1)});
  run_all();
  ermine_component_reply_fail(host_.replies[0], "it failed", 9);
  EXPECT_NE(error_of(call).find("it failed"), std::string::npos);
  const auto again = func(async_caller(kAsync), "run");
  call = begin(again, {u32(1)});
  run_all();
  Val wrong{.kind = 200, .of = {.u64 = 0}};
  ermine_component_reply_complete(host_.replies[1], &wrong);
  EXPECT_NE(error_of(call).find("unknown kind"), std::string::npos);
}

struct Seen {
  int reads = 0, writes = 0;
  size_t written = 0;
  std::string text;
  ermine_component_copyresult_t result = 0;
};
void note_read(void* env, ermine_component_copyresult_t result, const Val* read) {
  auto& seen = *static_cast<Seen*>(env);
  ++seen.reads;
  seen.result = result;
  seen.text = numbers_of(*read);
}
void note_write(void* env, ermine_component_copyresult_t result, size_t written) {
  auto& seen = *static_cast<Seen*>(env);
  ++seen.writes;
  seen.result = result;
  seen.written = written;
}

// A stream of the host is read by a component, whether its type is known or not.
TEST_F(CApiAsync, StreamsToAComponent) {
  const auto sum = func(ermine::test::stream_guest("u8", "", 1), "sum");
  for (const ermine_component_valkind_t element : {ERMINE_COMPONENT_U8, ERMINE_COMPONENT_NONE}) {
    ermine_component_end_t *writer = nullptr, *reader = nullptr;
    ermine_component_stream_new(store_.get(), element, &writer, &reader);
    Seen seen;
    EXPECT_FALSE(ermine_component_end_read(writer, 1, nullptr, nullptr));
    Val argument;
    ASSERT_TRUE(ermine_component_end_to_val(reader, &argument)) << ermine_last_error();
    const auto call = begin(sum, {argument});
    ermine_component_val_delete(&argument);
    Val data = bytes("\1\2\3"), wrong = u32(1);
    EXPECT_FALSE(ermine_component_end_write(writer, &wrong, note_write, &seen));
    ASSERT_TRUE(ermine_component_end_write(writer, &data, note_write, &seen)) << ermine_last_error();
    run_all();
    EXPECT_EQ(seen.writes, 1);
    EXPECT_EQ(seen.written, 3u);
    ASSERT_TRUE(ermine_component_end_write(writer, &data, nullptr, nullptr)) << ermine_last_error();
    EXPECT_FALSE(ermine_component_end_is_over(writer));
    ermine_component_end_delete(writer);
    ermine_component_val_delete(&data);
    EXPECT_EQ(result_of(call), 12u);
  }
}

TEST_F(CApiAsync, StreamsFromAComponent) {
  for (const auto& [element, realloc, size] : {std::tuple("u8", "", 1), {"u16", "", 2}}) {
    const auto count = func(ermine::test::stream_guest(element, realloc, static_cast<unsigned>(size)), "count");
    Val out;
    const Val argument = u32(4);
    ASSERT_EQ(wasm_trap_ptr(ermine_component_func_call(count.get(), &argument, 1, &out)), nullptr);
    ASSERT_EQ(out.kind, ERMINE_COMPONENT_HANDLE);
    const ermine_component_end_ptr reader(ermine_component_end_from_val(store_.get(), &out));
    ASSERT_TRUE(reader) << ermine_last_error();
    EXPECT_EQ(ermine_component_end_from_val(store_.get(), &out), nullptr);
    ermine_component_val_delete(&out);
    Seen seen;
    Val none = bytes("");
    EXPECT_FALSE(ermine_component_end_write(reader.get(), &none, nullptr, nullptr));
    ermine_component_val_delete(&none);
    std::vector<uint16_t> all;
    while (seen.result != ERMINE_COMPONENT_COPY_DROPPED) {
      seen.reads = 0;
      ASSERT_TRUE(ermine_component_end_read(reader.get(), 3, note_read, &seen)) << ermine_last_error();
      run_all();
      ASSERT_EQ(seen.reads, 1);
      for (size_t i = 0; i < seen.text.size(); i += static_cast<size_t>(size))
        all.push_back(static_cast<uint8_t>(seen.text[i]));
    }
    EXPECT_EQ(all, (std::vector<uint16_t>{0, 1, 2, 3}));
    EXPECT_TRUE(ermine_component_end_is_over(reader.get()));
  }
}

TEST_F(CApiAsync, FuturesAndEndsOfTheHost) {
  ermine_component_end_t *writer = nullptr, *reader = nullptr;
  ermine_component_future_new(store_.get(), &writer, &reader);
  uint32_t read = 0;
  const auto note = [](void* n, ermine_component_copyresult_t result, const Val* val) {
    EXPECT_EQ(result, ERMINE_COMPONENT_COPY_COMPLETED);
    *static_cast<uint32_t*>(n) = val->of.u32;
  };
  ASSERT_TRUE(ermine_component_end_read(reader, 1, note, &read));
  const Val value = u32(7);
  Seen seen;
  ASSERT_TRUE(ermine_component_end_write(writer, &value, note_write, &seen));
  EXPECT_EQ(read, 7u);
  EXPECT_EQ(seen.written, 1u);
  ermine_component_end_delete(writer);
  ermine_component_end_delete(reader);

  ermine_component_stream_new(store_.get(), ERMINE_COMPONENT_U8, &writer, &reader);
  ASSERT_TRUE(ermine_component_end_read(reader, 5, note_read, &seen));
  ermine_component_end_cancel(reader);
  EXPECT_EQ(seen.result, ERMINE_COMPONENT_COPY_CANCELLED);
  Val argument;
  EXPECT_FALSE(ermine_component_end_to_val(writer, &argument));  // which deletes it
  run_all();
  ASSERT_TRUE(ermine_component_end_read(reader, 5, note_read, &seen));
  EXPECT_EQ(seen.result, ERMINE_COMPONENT_COPY_DROPPED);
  EXPECT_FALSE(ermine_component_end_read(reader, 5, note_read, &seen));
  EXPECT_TRUE(ermine_component_end_is_over(reader));
  ermine_component_end_delete(reader);
}

}  // namespace
}  // namespace capi_test

// Asynchronous calls of components, asynchronous functions of the host, and the event loop of a store.
#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

#include "ermine/ermine.h"
#include "tests/api/async_guest.h"

namespace ermine::component_async_test {
namespace {

using component::EventLoop;
using component::Reply;
using component::Value;
using test::async_caller;
using test::kAsync;
using test::kSync;

class ComponentAsync : public testing::Test {
 protected:
  std::optional<ComponentInstance> instantiate(std::string_view text) {
    auto compiled = Component::from_text(engine_, text);
    if (!compiled) {
      ADD_FAILURE() << compiled.error().to_string();
      return std::nullopt;
    }
    auto made = linker_.allow_shadowing(true).instantiate(*store_, *compiled);
    if (!made) ADD_FAILURE() << made.error().to_string();
    return made ? std::optional(*std::move(made)) : std::nullopt;
  }
  using Run = TypedComponentFunc<uint32_t(uint32_t)>;
  Run run_of(std::string_view lift) {
    auto instance = instantiate(async_caller(lift));
    auto run = instance->get_typed_func<uint32_t(uint32_t)>("run");
    if (!run) ADD_FAILURE() << run.error().to_string();
    return run ? *run : Run();
  }
  // Defines `f` as a function whose replies are kept.
  void define_f() {
    ASSERT_TRUE(linker_.func_wrap_async("", "f", [this](Reply<uint32_t> reply, uint32_t v) {
      seen_.push_back(v);
      replies_.push_back(std::move(reply));
    }));
  }
  void run_all() {
    const EventLoop loop(*store_);
    for (;;) {
      const Result<bool> ran = loop.run_some();
      if (ran && !*ran) return;
    }
  }
  static std::string error_of(auto result) { return result ? "no error" : result.error().message(); }

  static Engine engine() {
    Config config;
    config.enable_all_features();
    return Engine(config);
  }
  Engine engine_ = engine();
  std::unique_ptr<Store> store_ = std::make_unique<Store>(engine_);
  ComponentLinker linker_{engine_};
  std::vector<uint32_t> seen_;
  std::vector<Reply<uint32_t>> replies_;
};

TEST_F(ComponentAsync, FunctionsThatAnswerAtOnce) {
  ASSERT_TRUE(linker_.func_wrap("", "f", [](uint32_t v) { return v * 2; }));
  for (const std::string_view lift : {kSync, kAsync}) EXPECT_EQ(*run_of(lift)(20), 41u);
  ASSERT_TRUE(linker_.allow_shadowing(true).func_wrap_async(
      "", "f", [](ComponentCaller&, const Reply<uint32_t>& reply, uint32_t v) -> Result<void> {
        reply.complete(v * 3);
        return {};
      }));
  for (const std::string_view lift : {kSync, kAsync}) EXPECT_EQ(*run_of(lift)(20), 61u);
}

TEST_F(ComponentAsync, OneCallFinishesWhileAnotherWaits) {
  define_f();
  const Run run = run_of(kAsync);
  auto first = run.call_async(1), second = run.call_async(2);
  ASSERT_TRUE(first && second);
  run_all();
  EXPECT_EQ(seen_, (std::vector<uint32_t>{1, 2}));
  bool called = false;
  second->on_done([&] { called = true; });
  replies_[1].complete(20);
  replies_[1].complete(99);  // the first answer counts
  EXPECT_EQ(error_of(first->take()), "the call is not over: wait for ComponentCall::done()");
  EXPECT_EQ(*second->wait(), 21u);
  run_all();
  EXPECT_TRUE(called);
  EXPECT_FALSE(first->done());
  EXPECT_EQ(error_of(second->take()), "the result of the call was taken before");
  replies_[0].complete(10);
  EXPECT_EQ(*first->wait(), 11u);
}

TEST_F(ComponentAsync, CallsOverDynamicValues) {
  ASSERT_TRUE(
      linker_.func_async("", "f", [](ComponentCaller&, component::ValueReply reply, std::vector<Value> arguments) {
        reply.complete(Value::u32(static_cast<uint32_t>(arguments[0].as_unsigned() + 5)));
        return Result<void>();
      }));
  const auto instance = instantiate(async_caller(kAsync));
  const auto func = instance->get_func("run");
  EXPECT_EQ(func->type(), "async func(v: u32) -> u32");
  std::vector<Value> arguments;
  arguments.push_back(Value::u32(1));
  auto call = func->call_async(arguments);
  ASSERT_TRUE(call) << call.error().to_string();
  const auto result = call->wait();
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ((*result)->as_unsigned(), 7u);
  arguments[0] = Value::s32(1);
  EXPECT_FALSE(func->call_async(arguments));
}

TEST_F(ComponentAsync, AnswersFromOtherThreads) {
  std::thread answer;
  ASSERT_TRUE(linker_.func_wrap_async("", "f", [&](Reply<uint32_t> reply, uint32_t v) {
    answer = std::thread([reply, v] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      reply.complete(v + 1);
    });
  }));
  const Run run = run_of(kAsync);
  EXPECT_EQ(*run(5), 7u);
  answer.join();
  // With a loop of the embedder's own.
  const EventLoop loop(*store_);
  auto call = run.call_async(7);
  pollfd fd{*loop.event_fd(), POLLIN, 0};
  while (!call->done()) {
    const Result<bool> ran = loop.run_some();
    ASSERT_TRUE(ran);
    if (*ran || call->done()) continue;
    ASSERT_EQ(poll(&fd, 1, 10'000), 1);
  }
  EXPECT_EQ(*call->take(), 9u);
  answer.join();
}

TEST_F(ComponentAsync, WorkForTheStoresThread) {
  define_f();
  const Run run = run_of(kAsync);
  const EventLoop loop(*store_);
  std::vector<int> order;
  std::thread other([handle = loop.handle(), operation = loop.begin_operation(), &order]() mutable {
    handle.post([&order] { order.push_back(1); });
    handle.post([&order] { order.push_back(2); });
    operation = {};
  });
  EXPECT_TRUE(loop.run_until([&] { return order.size() == 2; }));
  other.join();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
  // What was begun is over, so that nothing can happen any more.
  EXPECT_NE(error_of(loop.run_until([] { return false; })).find("deadlock detected"), std::string::npos);
  // How the embedder waits.
  int waits = 0;
  loop.set_wait([&]() -> Result<void> {
    if (++waits == 3) return Error(ErrorKind::kIo, "enough");
    return {};
  });
  auto call = run.call_async(1);
  EXPECT_EQ(error_of(call->wait()), "enough");
  EXPECT_EQ(waits, 3);
  loop.set_wait({});
  replies_[0].complete(1);
  EXPECT_EQ(*call->wait(), 2u);
}

TEST_F(ComponentAsync, CancellationByTheHost) {
  define_f();
  const Run run = run_of(kAsync);
  auto call = run.call_async(1);
  bool asked = false;
  replies_[0].on_cancel([&] {
    asked = true;
    replies_[0].cancelled();
  });
  EXPECT_FALSE(replies_[0].cancel_requested());
  ASSERT_TRUE(call->cancel());
  EXPECT_TRUE(asked);
  EXPECT_TRUE(replies_[0].cancel_requested());
  EXPECT_EQ(error_of(call->wait()), "the call was cancelled, and has no result");
  EXPECT_TRUE(call->was_cancelled());
  ASSERT_TRUE(call->cancel());  // has no effect
  // The host function may finish nevertheless.
  auto finishes = run.call_async(2);
  ASSERT_TRUE(finishes->cancel());
  bool at_once = false;
  replies_[1].on_cancel([&] { at_once = true; });
  EXPECT_TRUE(at_once);
  replies_[1].complete(7);
  EXPECT_EQ(*finishes->wait(), 8u);
}

TEST_F(ComponentAsync, WrongAnswersEndTheComponent) {
  define_f();
  const auto check = [&](auto&& answer, std::string_view expected) {
    const Run run = run_of(kAsync);
    auto call = run.call_async(1), other = run.call_async(2);
    answer();
    EXPECT_NE(error_of(call->wait()).find(expected), std::string::npos);
    // All calls of the component are over with it.
    EXPECT_TRUE(other->done());
    EXPECT_NE(error_of(other->take()).find(expected), std::string::npos);
    EXPECT_NE(error_of(run(1)).find("cannot enter"), std::string::npos);
    replies_.clear();
    run_all();
  };
  check([&] { replies_[0].fail(Error(ErrorKind::kIo, "no more paper")); }, "no more paper");
  check([&] { replies_[0].cancelled(); }, "without a request to cancel");
  check([&] { replies_.clear(); }, "without an answer");
}

TEST_F(ComponentAsync, AFailureIsOneOfItsComponentOnly) {
  define_f();
  const Run good = run_of(kAsync), bad = run_of(kAsync);
  auto survives = good.call_async(1), fails = bad.call_async(2);
  replies_[1].fail(Error(ErrorKind::kIo, "broken"));
  replies_[0].complete(3);
  EXPECT_EQ(*survives->wait(), 4u);
  EXPECT_EQ(error_of(fails->wait()), "broken");
}

TEST_F(ComponentAsync, TypesAreCompared) {
  const auto link = [&](std::string_view type, auto&& function) {
    ComponentLinker linker(engine_);
    EXPECT_TRUE(linker.func_wrap_async("", "f", function));
    auto compiled = Component::from_text(engine_, "(component (import \"f\" (func " + std::string(type) + ")))");
    EXPECT_TRUE(compiled) << compiled.error().to_string();
    auto made = linker.instantiate(*store_, *compiled);
    return made ? std::string("no error") : made.error().message();
  };
  const auto f = [](Reply<uint32_t>, uint32_t) {};
  EXPECT_EQ(link("async (param \"v\" u32) (result u32)", f), "no error");
  EXPECT_EQ(link("(param \"v\" u32) (result u32)", f),
            "`f`: the component has `func(v: u32) -> u32`, the host gives `async func(u32) -> u32`");
  EXPECT_EQ(link("async (param \"v\" u32) (result u64)", f),
            "the result of `f`: the component has `u64`, the host gives `u32`");
  const auto s = [](Reply<void>, component::StreamReader<uint8_t>) {};
  EXPECT_EQ(link("async (param \"v\" (stream u8))", s), "no error");
  EXPECT_EQ(link("async (param \"v\" (stream u16))", s),
            "parameter `v` of `f`, an element: the component has `u16`, the host gives `u8`");
  EXPECT_EQ(link("async (param \"v\" (future u8))", s),
            "parameter `v` of `f`: the component has `future<u8>`, the host gives `stream<u8>`");
  EXPECT_EQ(link("async (param \"v\" (stream))", s),
            "parameter `v` of `f`: the component has `stream`, the host gives `stream<u8>`");
}

// A component that calls `f` with text and a list, six values in all, so that they are passed in memory; and with text
// as its result.
constexpr std::string_view kText = R"((component
  (import "f" (func $f async (param "a" string) (param "b" (list u32)) (param "c" u32) (param "d" u32) (result string)))
  (core module $Memory
    (memory (export "memory") 1)
    (data (i32.const 16) "name")
    (data (i32.const 32) "\01\00\00\00\02\00\00\00\03\00\00\00")
    (data (i32.const 64) "\10\00\00\00\04\00\00\00\20\00\00\00\03\00\00\00\07\00\00\00\09\00\00\00")
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
  (canon lower (func $f) (memory $mem) (realloc $realloc) (core func $sync))
  (canon lower (func $f) async (memory $mem) (realloc $realloc) (core func $async))
  (canon task.return (result string) (memory $mem) (core func $return))
  (canon waitable-set.new (core func $new))
  (canon waitable-set.wait (memory $mem) (core func $wait))
  (canon waitable.join (core func $join))
  (canon subtask.drop (core func $drop))
  (core module $M
    (import "" "memory" (memory 1))
    (import "" "sync" (func $sync (param i32 i32 i32 i32 i32 i32 i32)))
    (import "" "async" (func $async (param i32 i32) (result i32)))
    (import "" "return" (func $return (param i32 i32)))
    (import "" "new" (func $new (result i32)))
    (import "" "wait" (func $wait (param i32 i32) (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "sync")
      (call $sync (i32.const 16) (i32.const 4) (i32.const 32) (i32.const 3) (i32.const 7) (i32.const 9) (i32.const 96))
      (call $return (i32.load (i32.const 96)) (i32.load (i32.const 100))))
    (func (export "async")
      (local $state i32) (local $set i32)
      (local.set $state (call $async (i32.const 64) (i32.const 96)))
      (if (i32.ne (local.get $state) (i32.const 2))
        (then
          (local.set $set (call $new))
          (call $join (i32.shr_u (local.get $state) (i32.const 4)) (local.get $set))
          (drop (call $wait (local.get $set) (i32.const 128)))
          (call $drop (i32.shr_u (local.get $state) (i32.const 4)))))
      (call $return (i32.load (i32.const 96)) (i32.load (i32.const 100)))))
  (core instance $m (instantiate $M (with "" (instance
    (export "memory" (memory $mem)) (export "sync" (func $sync)) (export "async" (func $async))
    (export "return" (func $return)) (export "new" (func $new)) (export "wait" (func $wait))
    (export "join" (func $join)) (export "drop" (func $drop))))))
  (func (export "sync") async (result string) (canon lift (core func $m "sync") async (memory $mem)))
  (func (export "async") async (result string) (canon lift (core func $m "async") async (memory $mem)))))";

TEST_F(ComponentAsync, ParametersLiveUntilTheAnswer) {
  std::string_view name;
  std::span<const uint32_t> list;
  std::optional<Reply<std::string>> reply;
  ASSERT_TRUE(linker_.func_wrap_async(
      "", "f",
      [&](Reply<std::string> r, std::string_view a, std::span<const uint32_t> b, uint32_t c, const uint32_t& d) {
        name = a;
        list = b;
        EXPECT_EQ(c * 10 + d, 79u);
        reply = r;
      }));
  for (const char* function : {"sync", "async"}) {
    const auto instance = instantiate(kText);
    auto func = instance->get_typed_func<std::string()>(function);
    ASSERT_TRUE(func) << func.error().to_string();
    auto call = func->call_async();
    ASSERT_TRUE(call) << call.error().to_string();
    run_all();
    ASSERT_TRUE(reply);
    EXPECT_EQ(name, "name");
    ASSERT_EQ(list.size(), 3u);
    EXPECT_EQ(list[2], 3u);
    reply->complete(std::string(name) + "!");
    EXPECT_EQ(*call->wait(), "name!") << function;
    // A result that its type does not have.
    auto bad = func->call_async();
    run_all();
    reply->complete("\xFF");
    EXPECT_NE(error_of(bad->wait()).find("not valid UTF-8"), std::string::npos);
    reply.reset();
  }
  // The same function, without waiting.
  ASSERT_TRUE(linker_.func_wrap("", "f", [](std::string_view a, std::vector<uint32_t> b, uint32_t c, uint32_t d) {
    return std::string(a) + std::to_string(b[1] + c + d);
  }));
  for (const char* function : {"sync", "async"})
    EXPECT_EQ(*(*instantiate(kText)->get_typed_func<std::string()>(function))(), "name18") << function;
}

TEST_F(ComponentAsync, ADeadlockIsAnError) {
  constexpr std::string_view kWait = R"((component
    (canon waitable-set.new (core func $new))
    (core module $M
      (import "" "new" (func $new (result i32)))
      (func (export "cb") (param i32 i32 i32) (result i32) unreachable)
      (func (export "wait") (result i32) (i32.or (i32.const 2) (i32.shl (call $new) (i32.const 4)))))
    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
    (func (export "wait") async (canon lift (core func $m "wait") async (callback (core func $m "cb"))))))";
  auto wait = instantiate(kWait)->get_typed_func<void()>("wait");
  ASSERT_TRUE(wait) << wait.error().to_string();
  EXPECT_NE(error_of((*wait)()).find("deadlock detected"), std::string::npos);
  auto call = wait->call_async();
  EXPECT_NE(error_of(call->wait()).find("deadlock detected"), std::string::npos);
}

TEST_F(ComponentAsync, ArgumentsThatDoNotFitAreRefused) {
  constexpr std::string_view kLength = R"((component
    (core module $M
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
      (func (export "length") (param i32 i32) (result i32) (local.get 1)))
    (core instance $m (instantiate $M))
    (func (export "length") async (param "text" string) (result u32)
      (canon lift (core func $m "length") (memory $m "memory") (realloc (func $m "realloc"))))))";
  auto length = instantiate(kLength)->get_typed_func<uint32_t(std::string_view)>("length");
  ASSERT_TRUE(length) << length.error().to_string();
  EXPECT_EQ(*(*length)("four"), 4u);
  auto call = length->call_async("\xFF");
  ASSERT_TRUE(call);
  EXPECT_NE(error_of(call->wait()).find("not valid UTF-8"), std::string::npos);
  EXPECT_NE(error_of((*length)("\xFF")).find("not valid UTF-8"), std::string::npos);
  // The instance has seen nothing of it.
  EXPECT_EQ(*(*length)("abc"), 3u);
  std::string text = "moved";
  auto kept = length->call_async(text);
  text = "other text";
  EXPECT_EQ(*kept->wait(), 5u);
}

// Each call holds its arguments in the host's memory.
TEST_F(ComponentAsync, WhatWaitingCallsHoldIsLimited) {
  StoreLimits limits;
  limits.total_memory_bytes = 8 << 20;
  store_->set_limits(limits);
  constexpr std::string_view kMany = R"((component
    (import "f" (func $f async (param "v" (list u8))))
    (core module $Memory (memory (export "memory") 32))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "memory" (core memory $mem))
    (canon lower (func $f) async (memory $mem) (core func $f'))
    (core module $M
      (import "" "f" (func $f (param i32 i32) (result i32)))
      (func (export "run") (param $n i32)
        (loop $l
          (drop (call $f (i32.const 0) (i32.const 1000000)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br_if $l (local.get $n)))))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
    (func (export "run") (param "n" u32) (canon lift (core func $m "run")))))";
  std::vector<Reply<void>> replies;
  ASSERT_TRUE(
      linker_.func_wrap_async("", "f", [&](Reply<void> reply, std::vector<uint8_t>) { replies.push_back(reply); }));
  auto run = instantiate(kMany)->get_typed_func<void(uint32_t)>("run");
  ASSERT_TRUE(run) << run.error().to_string();
  EXPECT_TRUE((*run)(4));
  for (const auto& reply : replies) reply.complete();
  run_all();
  EXPECT_TRUE((*run)(4));
  EXPECT_NE(error_of((*run)(20)).find("of the host's memory"), std::string::npos);
}

TEST_F(ComponentAsync, TheStoreEndsWhatWaits) {
  define_f();
  std::vector<ComponentCall<uint32_t>> calls;
  for (const std::string_view lift : {kSync, kAsync}) {
    const Run run = run_of(lift);
    for (int i = 0; i < 3; ++i) calls.push_back(*run.call_async(1));
  }
  int asked = 0;
  for (const auto& reply : replies_) reply.on_cancel([&] { ++asked; });
  const component::LoopHandle handle = EventLoop(*store_).handle();
  store_.reset();
  EXPECT_EQ(asked, static_cast<int>(replies_.size()));
  EXPECT_EQ(asked, 4);  // of the instance that takes one call at a time, the others have not begun
  for (const auto& reply : replies_) reply.complete(1);
  handle.post([] { ADD_FAILURE() << "the store is gone"; });
  for (auto& call : calls) {
    EXPECT_TRUE(call.done());
    EXPECT_NE(error_of(call.take()).find("the store was destroyed"), std::string::npos);
  }
}

// A compiled component and a linker may be shared: each thread has a store.
TEST_F(ComponentAsync, SharedBetweenThreads) {
  ASSERT_TRUE(linker_.func_wrap_async(
      "", "f", [](Reply<uint32_t> reply, uint32_t v) { std::thread([reply, v] { reply.complete(v + 1); }).detach(); }));
  auto compiled = Component::from_text(engine_, async_caller(kAsync));
  ASSERT_TRUE(compiled) << compiled.error().to_string();
  std::vector<std::thread> threads;
  std::atomic<uint32_t> sum = 0;
  for (uint32_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      Store store(engine_);
      for (uint32_t i = 0; i < 10; ++i) {
        auto instance = linker_.instantiate(store, *compiled);
        if (!instance) return;
        auto run = instance->get_typed_func<uint32_t(uint32_t)>("run");
        for (const uint32_t v : {t, i}) {
          auto call = run->call_async(v);
          const auto result = call->wait();
          if (result) sum += *result;
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sum, 4 * 10 * 4u + 10 * (0 + 1 + 2 + 3) + 4 * 45);
}

}  // namespace
}  // namespace ermine::component_async_test

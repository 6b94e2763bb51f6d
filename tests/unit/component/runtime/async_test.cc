// Asynchronous calls between the host and components, the host's ends of streams, and the limits of tasks.
#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

#include "component/runtime/host_async.h"
#include "component/text/text.h"
#include "runtime/call.h"
#include "runtime/execution.h"
#include "tests/api/async_guest.h"

namespace ermine::component {
namespace {

using test::kAsync;
using test::kSync;

class AsyncComponents : public testing::Test {
 protected:
  explicit AsyncComponents(Config config = Config()) : engine_(engine::Engine::create(config)) {}

  std::shared_ptr<ComponentInstance> instantiate(std::string_view text) {
    Result<std::vector<uint8_t>> bytes = parse_text(text);
    if (!bytes) {
      ADD_FAILURE() << bytes.error().to_string();
      return nullptr;
    }
    auto owner = std::make_shared<const std::vector<uint8_t>>(*std::move(bytes));
    const std::span<const uint8_t> view(*owner);
    auto compiled = CompiledComponent::compile(engine_, view, std::move(owner), FeatureSet::all());
    if (!compiled) {
      ADD_FAILURE() << compiled.error().to_string();
      return nullptr;
    }
    auto made = ComponentInstance::instantiate(*store_, *compiled, linker_);
    if (!made) ADD_FAILURE() << made.error().to_string();
    return made ? *made : nullptr;
  }
  static std::vector<Value> values(uint32_t v) {
    std::vector<Value> list;
    list.push_back(Value::u32(v));
    return list;
  }
  static Result<std::optional<Value>> call(ComponentInstance& instance, std::string_view name,
                                           std::vector<Value> arguments = {}) {
    const PlanFunc* func = instance.find_func(name);
    if (!func) return Error(ErrorKind::kUsage, "no such function");
    return instance.call(*func, arguments);
  }
  std::shared_ptr<HostTask> start(ComponentInstance& instance, std::string_view name,
                                  std::vector<Value> arguments = {}) {
    auto task = HostTask::start(instance, *instance.find_func(name), std::move(arguments));
    if (!task) ADD_FAILURE() << task.error().to_string();
    return task ? *task : nullptr;
  }
  void run_all() {
    for (;;) {
      const Result<bool> progress = Scheduler::of(*store_).run_some();
      if (!progress) continue;  // of a component that the test is about
      if (!*progress) return;
    }
  }
  static uint64_t number(Result<std::optional<Value>> result) {
    if (!result) {
      ADD_FAILURE() << result.error().to_string();
      return 0;
    }
    return *result ? (*result)->as_unsigned() : ~uint64_t{0};
  }
  static std::string error_of(const Result<std::optional<Value>>& result) {
    return result ? "no error" : result.error().message();
  }
  // Defines `f` as an asynchronous function whose replies are kept.
  void define_f() {
    linker_.define_async_func(
        "f", [this](runtime::Store&, std::vector<Value> arguments, const HostReply& reply) -> Result<void> {
          seen_.push_back(static_cast<uint32_t>(arguments[0].as_unsigned()));
          replies_.push_back(reply);
          return {};
        });
  }

  std::shared_ptr<engine::Engine> engine_;
  std::unique_ptr<runtime::Store> store_ = std::make_unique<runtime::Store>(engine_->store_options());
  ComponentLinker linker_;
  std::vector<uint32_t> seen_;
  std::vector<HostReply> replies_;
};

// ---- Functions of the host

TEST_F(AsyncComponents, HostFunctionsThatAnswerAtOnce) {
  linker_.define_func("f", [](runtime::Store&, std::span<const Value> args) -> Result<std::optional<Value>> {
    return std::optional(Value::u32(static_cast<uint32_t>(args[0].as_unsigned() * 2)));
  });
  for (const std::string_view lift : {kSync, kAsync})
    EXPECT_EQ(number(call(*instantiate(test::async_caller(lift)), "run", values(20))), 41u);
  linker_.define_async_func("f", [](runtime::Store&, std::vector<Value> args, const HostReply& reply) -> Result<void> {
    reply.complete(std::optional(Value::u32(static_cast<uint32_t>(args[0].as_unsigned() * 3))));
    return {};
  });
  for (const std::string_view lift : {kSync, kAsync})
    EXPECT_EQ(number(call(*instantiate(test::async_caller(lift)), "run", values(20))), 61u);
}

TEST_F(AsyncComponents, HostFunctionsThatAnswerLater) {
  define_f();
  for (const std::string_view lift : {kSync, kAsync}) {
    const auto instance = instantiate(test::async_caller(lift));
    const auto task = start(*instance, "run", values(5));
    run_all();
    EXPECT_FALSE(task->done());
    ASSERT_EQ(replies_.size(), 1u);
    replies_[0].complete(std::optional(Value::u32(seen_[0] + 70)));
    replies_[0].complete(std::optional(Value::u32(1)));  // once only
    run_all();
    EXPECT_TRUE(task->done());
    EXPECT_EQ(number(task->take_result()), 76u);
    replies_.clear();
    seen_.clear();
  }
}

// Tasks that do not need the instance for themselves wait at the same time; the others one after the other.
TEST_F(AsyncComponents, ManyTasksWaitAtOnce) {
  define_f();
  const auto instance = instantiate(test::async_caller(kAsync));
  std::vector<std::shared_ptr<HostTask>> tasks;
  for (uint32_t i = 0; i < 3; ++i) tasks.push_back(start(*instance, "run", values(i)));
  // The memory of this component has room for one result, so they answer in turn.
  run_all();
  ASSERT_EQ(replies_.size(), 3u);
  for (const uint32_t i : {2u, 0u, 1u}) {
    replies_[i].complete(std::optional(Value::u32(i * 10)));
    run_all();
    ASSERT_TRUE(tasks[i]->done());
    EXPECT_EQ(number(tasks[i]->take_result()), i * 10 + 1);
  }
  replies_.clear();
  const auto exclusive = instantiate(test::async_caller(kSync));
  const auto first = start(*exclusive, "run", values(1)), second = start(*exclusive, "run", values(2));
  run_all();
  ASSERT_EQ(replies_.size(), 1u);
  replies_[0].complete(std::optional(Value::u32(4)));
  run_all();
  EXPECT_EQ(number(first->take_result()), 5u);
  ASSERT_EQ(replies_.size(), 2u);
  EXPECT_FALSE(second->done());
  replies_[1].complete(std::optional(Value::u32(6)));
  run_all();
  EXPECT_EQ(number(second->take_result()), 7u);
}

TEST_F(AsyncComponents, AnswersFromOtherThreadsWakeTheLoop) {
  define_f();
  const auto instance = instantiate(test::async_caller(kAsync));
  std::thread answer;
  linker_.define_async_func("f", [&](runtime::Store&, std::vector<Value>, const HostReply& reply) -> Result<void> {
    answer = std::thread([reply] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      reply.complete(std::optional(Value::u32(8)));
    });
    return {};
  });
  const auto waits = instantiate(test::async_caller(kAsync));
  EXPECT_EQ(number(call(*waits, "run", values(0))), 9u);
  answer.join();
  // With a loop of the embedder's own.
  const auto task = start(*waits, "run", values(0));
  pollfd waker{instance->scheduler().waker()->event_fd(), POLLIN, 0};
  while (!task->done()) {
    ASSERT_EQ(poll(&waker, 1, 10'000), 1);
    ASSERT_TRUE(instance->scheduler().run_some());
    run_all();
  }
  EXPECT_EQ(number(task->take_result()), 9u);
  answer.join();
}

TEST_F(AsyncComponents, CancellationReachesTheHost) {
  bool asked = false;
  linker_.define_async_func("f", [&](runtime::Store&, std::vector<Value>, const HostReply& reply) -> Result<void> {
    reply.on_cancel([&asked] { asked = true; });
    replies_.push_back(reply);
    return {};
  });
  const auto instance = instantiate(test::async_caller(kAsync));
  const auto task = start(*instance, "run", values(1));
  ASSERT_TRUE(task->cancel());
  EXPECT_TRUE(asked);
  EXPECT_FALSE(task->done());
  replies_[0].cancelled();
  run_all();
  ASSERT_TRUE(task->done());
  EXPECT_TRUE(task->was_cancelled());
  EXPECT_EQ(number(task->take_result()), ~uint64_t{0});
  // One that waits for its instance is cancelled at once.
  const auto other = instantiate(test::async_caller(kSync));
  const auto first = start(*other, "run", values(1)), second = start(*other, "run", values(2));
  ASSERT_TRUE(second->cancel());
  EXPECT_TRUE(second->was_cancelled());
  EXPECT_FALSE(first->done());
}

TEST_F(AsyncComponents, WrongAnswersEndTheCaller) {
  define_f();
  const auto check = [&](auto&& answer, std::string_view expected) {
    const auto instance = instantiate(test::async_caller(kAsync));
    const auto task = start(*instance, "run", values(1));
    answer();
    run_all();
    EXPECT_TRUE(task->done());
    EXPECT_NE(error_of(task->take_result()).find(expected), std::string::npos);
    EXPECT_NE(error_of(call(*instance, "run", values(1))).find("cannot enter"), std::string::npos);
    replies_.clear();
  };
  check([&] { replies_[0].complete(std::optional(Value::s32(1))); }, "the value is a s32");
  check([&] { replies_[0].complete(std::optional<Value>()); }, "or without one");
  check([&] { replies_[0].complete(Error(ErrorKind::kIo, "no more paper")); }, "no more paper");
  check([&] { replies_.clear(); }, "without an answer");
}

TEST_F(AsyncComponents, TypesOfHostFunctionsAreChecked) {
  linker_.define_async_func("f",
                            [](runtime::Store&, std::vector<Value>, const HostReply&) -> Result<void> { return {}; });
  auto bytes = parse_text("(component (import \"f\" (func (param \"v\" u32) (result u32))))");
  auto compiled = CompiledComponent::compile(engine_, *bytes, std::make_shared<const std::vector<uint8_t>>(*bytes),
                                             FeatureSet::all());
  ASSERT_TRUE(compiled);
  const auto made = ComponentInstance::instantiate(*store_, *compiled, linker_);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind(), ErrorKind::kLink);
}

// ---- Failures

TEST_F(AsyncComponents, AFailureIsOneOfItsComponentOnly) {
  define_f();
  const auto good = instantiate(test::async_caller(kAsync)), bad = instantiate(test::async_caller(kAsync));
  const auto survives = start(*good, "run", values(1)), fails = start(*bad, "run", values(2));
  replies_[1].complete(Error(ErrorKind::kIo, "broken"));
  replies_[0].complete(std::optional(Value::u32(3)));
  ASSERT_TRUE(good->scheduler().run_until(good.get(), [&] { return survives->done(); }));
  EXPECT_EQ(number(survives->take_result()), 4u);
  EXPECT_EQ(error_of(fails->take_result()), "broken");
}

TEST_F(AsyncComponents, ADeadlockIsAnErrorAndNotTheEnd) {
  define_f();
  constexpr std::string_view kText = R"((component
    (canon task.return (result u32) (core func $return))
    (canon waitable-set.new (core func $new))
    (core module $M
      (import "" "return" (func $return (param i32)))
      (import "" "new" (func $new (result i32)))
      (func (export "cb") (param i32 i32 i32) (result i32) unreachable)
      (func (export "wait") (result i32) (i32.or (i32.const 2) (i32.shl (call $new) (i32.const 4))))
      (func (export "go") (result i32) (call $return (i32.const 7)) (i32.const 0)))
    (core instance $m (instantiate $M (with "" (instance (export "return" (func $return)) (export "new" (func $new))))))
    (func (export "wait") async (result u32) (canon lift (core func $m "wait") async (callback (core func $m "cb"))))
    (func (export "go") async (result u32) (canon lift (core func $m "go") async (callback (core func $m "cb"))))))";
  const auto instance = instantiate(kText);
  EXPECT_NE(error_of(call(*instance, "wait")).find("deadlock detected"), std::string::npos);
  EXPECT_EQ(number(call(*instance, "go")), 7u);
}

TEST_F(AsyncComponents, TheStoreEndsWhatWaits) {
  define_f();
  for (const std::string_view lift : {kSync, kAsync}) {
    const auto instance = instantiate(test::async_caller(lift));
    for (int i = 0; i < 3; ++i) (void)start(*instance, "run", values(1));
  }
  store_.reset();
  for (HostReply& reply : replies_) reply.complete(std::optional(Value::u32(1)));  // there is no store
}

// ---- Limits

constexpr std::string_view kSpin = R"((component
  (canon task.return (result u32) (core func $return))
  (core module $M
    (import "" "return" (func $return (param i32)))
    (func (export "spin") (param $n i32) (result i32)
      (loop $l
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $l (local.get $n)))
      (call $return (i32.const 7))
      (i32.const 0))
    (func (export "yield") (param i32) (result i32) (i32.const 1))
    (func (export "cb") (param i32 i32 i32) (result i32) (i32.const 1)))
  (core instance $m (instantiate $M (with "" (instance (export "return" (func $return))))))
  (func (export "spin") async (param "n" u32) (result u32)
    (canon lift (core func $m "spin") async (callback (core func $m "cb"))))
  (func (export "yield") async (param "n" u32) (result u32)
    (canon lift (core func $m "yield") async (callback (core func $m "cb"))))))";

class FueledComponents : public AsyncComponents {
 protected:
  FueledComponents() : AsyncComponents(config()) {}
  static Config config() {
    Config config;
    config.consume_fuel = true;
    return config;
  }
};

TEST_F(FueledComponents, FuelHoldsInTasks) {
  store_->exec()->fuel = 1000;
  EXPECT_EQ(call(*instantiate(kSpin), "spin", values(1'000'000)).error().trap_code(), TrapCode::kOutOfFuel);
  // In a loop of callbacks, which is the event loop's.
  store_->exec()->fuel = 1000;
  EXPECT_EQ(call(*instantiate(kSpin), "yield", values(1)).error().trap_code(), TrapCode::kOutOfFuel);
  store_->exec()->fuel = 10'000;
  EXPECT_EQ(number(call(*instantiate(kSpin), "spin", values(100))), 7u);
}

// An Execution around a call is suspended together with the task, and continued.
TEST_F(FueledComponents, TasksAreSuspendedWithTheExecutionAroundThem) {
  const auto instance = instantiate(kSpin);
  struct Call {
    std::shared_ptr<ComponentInstance> instance;
    uint64_t result = 0;
  };
  auto call = std::make_shared<Call>(Call{instance});
  auto host = std::make_shared<runtime::HostFunction>();
  host->registry = engine_->registry();
  host->type = *host->registry->add_func({}, {});
  host->env = call;
  host->fn = [](void* env, runtime::HostCall& host_call, runtime::Slot*) {
    auto& c = *static_cast<Call*>(env);
    auto result = c.instance->call(*c.instance->find_func("spin"), values(100'000));
    if (!result) return runtime::fail(host_call, std::move(result).error());
    c.result = (*result)->as_unsigned();
    return true;
  };
  runtime::FuncRef* func = store_->host_func(host);
  auto execution = *runtime::Execution::create(store_.get(), func);
  store_->exec()->fuel = 1000;
  int suspended = 0;
  while (execution->run() == runtime::Execution::State::kOutOfFuel) {
    ++suspended;
    store_->exec()->fuel = 50'000;
  }
  EXPECT_EQ(execution->state(), runtime::Execution::State::kReturned);
  EXPECT_GT(suspended, 3);
  EXPECT_EQ(call->result, 7u);
  // Given up in the middle: the instance has trapped.
  auto given_up = *runtime::Execution::create(store_.get(), func);
  store_->exec()->fuel = 1000;
  EXPECT_EQ(given_up->run(), runtime::Execution::State::kOutOfFuel);
  given_up.reset();
  EXPECT_EQ(store_->extension_current, nullptr);
  EXPECT_NE(error_of(AsyncComponents::call(*instance, "spin", values(1))).find("cannot enter"), std::string::npos);
}

TEST_F(AsyncComponents, InterruptsHoldInTasksAndInTheLoop) {
  define_f();
  const auto spins = instantiate(kSpin);
  std::thread stop([control = store_->interrupt_control()] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    control->interrupt(runtime::kInterruptRequest);
  });
  EXPECT_EQ(call(*spins, "yield", values(1)).error().trap_code(), TrapCode::kInterrupted);
  stop.join();
  const auto waits = instantiate(test::async_caller(kAsync));
  std::thread again([control = store_->interrupt_control()] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    control->interrupt(runtime::kInterruptRequest);
  });
  EXPECT_EQ(call(*waits, "run", values(1)).error().trap_code(), TrapCode::kInterrupted);
  again.join();
}

// Tasks with stacks of their own, and those without, are bounded.
TEST_F(AsyncComponents, TheNumberOfTasksIsLimited) {
  constexpr std::string_view kText = R"((component
    (component $A
      (core module $Memory (memory (export "memory") 1))
      (core instance $memory (instantiate $Memory))
      (alias core export $memory "memory" (core memory $mem))
      (canon waitable-set.new (core func $new))
      (canon waitable-set.wait (memory $mem) (core func $wait))
      (core module $M
        (import "" "new" (func $new (result i32)))
        (import "" "wait" (func $wait (param i32 i32) (result i32)))
        (func (export "cb") (param i32 i32 i32) (result i32) unreachable)
        (func (export "light") (result i32) (i32.or (i32.const 2) (i32.shl (call $new) (i32.const 4))))
        (func (export "heavy") (drop (call $wait (call $new) (i32.const 0)))))
      (core instance $m (instantiate $M (with "" (instance (export "new" (func $new)) (export "wait" (func $wait))))))
      (func (export "light") async (canon lift (core func $m "light") async (callback (core func $m "cb"))))
      (func (export "heavy") async (canon lift (core func $m "heavy") async)))
    (component $B
      (import "f" (func $f async))
      (canon lower (func $f) async (core func $f'))
      (core module $M
        (import "" "f" (func $f (result i32)))
        (func (export "run") (param i32)
          (loop $l
            (drop (call $f))
            (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (br_if $l (local.get 0)))))
      (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
      (func (export "run") (param "n" u32) (canon lift (core func $m "run"))))
    (instance $a (instantiate $A))
    (instance $b (instantiate $B (with "f" (func $a "light"))))
    (instance $c (instantiate $B (with "f" (func $a "heavy"))))
    (export "light" (func $b "run"))
    (export "heavy" (func $c "run"))))";
  const auto instance = instantiate(kText);
  EXPECT_EQ(error_of(call(*instance, "light", values(10'000))), "no error");
  EXPECT_EQ(error_of(call(*instance, "heavy", values(100))), "no error");
  EXPECT_NE(error_of(call(*instance, "heavy", values(1'000'000))).find("too many threads of components have a stack"),
            std::string::npos);
  EXPECT_NE(error_of(call(*instantiate(kText), "light", values(1'000'000))).find("too many"), std::string::npos);
}

// ---- Streams

TEST_F(AsyncComponents, TheHostWritesToAStream) {
  const auto instance = instantiate(test::stream_guest("u8", "", 1));
  HostEnd::Pair pair = HostEnd::create(instance->scheduler(), false);
  std::vector<Value> arguments;
  arguments.push_back(std::move(pair.reader));
  const auto task = start(*instance, "sum", std::move(arguments));
  std::vector<uint8_t> bytes(100, 2);
  std::vector<uint32_t> parts;
  HostBuffer buffer;
  uint32_t written = 0;
  const auto write = [&] {
    buffer.bytes = std::span(bytes).subspan(written);
    buffer.length = static_cast<uint32_t>(buffer.bytes.size());
    buffer.done = [&](CopyResult result) {
      EXPECT_EQ(result, CopyResult::kCompleted);
      parts.push_back(buffer.progress);
      written += buffer.progress;
    };
    ASSERT_TRUE(pair.writer->write(buffer));
  };
  while (written < bytes.size()) {
    const uint32_t before = written;
    write();
    if (written == before) break;
    run_all();
  }
  EXPECT_EQ(written, 100u);
  EXPECT_EQ(parts, (std::vector<uint32_t>{16, 16, 16, 16, 16, 16, 4}));
  EXPECT_FALSE(task->done());
  pair.writer.reset();
  run_all();
  EXPECT_EQ(number(task->take_result()), 200u);
}

TEST_F(AsyncComponents, TheHostReadsFromAStream) {
  const auto instance = instantiate(test::stream_guest("u8", "", 1));
  auto result = call(*instance, "count", values(10));
  ASSERT_TRUE(result) << result.error().to_string();
  auto end = HostEnd::take(instance->scheduler(), **result);
  ASSERT_TRUE(end) << end.error().to_string();
  EXPECT_FALSE(HostEnd::take(instance->scheduler(), **result));
  uint8_t bytes[7] = {};
  HostBuffer buffer;
  std::vector<std::pair<CopyResult, uint32_t>> seen;
  buffer.bytes = bytes;
  buffer.length = sizeof(bytes);
  for (int i = 0; i < 3; ++i) {
    buffer.done = [&](CopyResult r) { seen.emplace_back(r, buffer.progress); };
    ASSERT_TRUE((*end)->read(buffer));
    run_all();
    if (i == 0) EXPECT_EQ(bytes[6], 6);
  }
  using Seen = std::pair<CopyResult, uint32_t>;
  EXPECT_EQ(seen,
            (std::vector<Seen>{{CopyResult::kCompleted, 7}, {CopyResult::kCompleted, 3}, {CopyResult::kDropped, 0}}));
  EXPECT_EQ(bytes[2], 9);
  EXPECT_FALSE((*end)->read(buffer));  // it is over
}

TEST_F(AsyncComponents, ElementsThatAreNoNumbersPassAsValues) {
  const auto instance = instantiate(test::stream_guest("string", "(realloc $realloc)", 8));
  HostEnd::Pair pair = HostEnd::create(instance->scheduler(), false);
  std::vector<Value> arguments;
  arguments.push_back(std::move(pair.reader));
  const auto task = start(*instance, "sum", std::move(arguments));
  HostBuffer buffer;
  buffer.values.push_back(Value::string("one"));
  buffer.values.push_back(Value::string("two"));
  buffer.length = 2;
  bool done = false;
  buffer.done = [&](CopyResult) { done = true; };
  ASSERT_TRUE(pair.writer->write(buffer));
  EXPECT_TRUE(done);
  EXPECT_EQ(buffer.progress, 2u);
  run_all();
  // A value of another type is refused, and nothing is copied.
  buffer.values.clear();
  buffer.values.push_back(Value::u32(1));
  buffer.length = 1;
  EXPECT_FALSE(pair.writer->write(buffer));
}

TEST_F(AsyncComponents, AStreamPassesThroughTheHost) {
  const auto writer = instantiate(test::stream_guest("u8", "", 1)),
             reader = instantiate(test::stream_guest("u8", "", 1));
  auto stream = call(*writer, "count", values(40));
  ASSERT_TRUE(stream) << stream.error().to_string();
  std::vector<Value> arguments;
  arguments.push_back(std::move(**stream));
  EXPECT_EQ(number(call(*reader, "sum", std::move(arguments))), 40u * 39 / 2);
  // Not as a stream of something else.
  const auto other = instantiate(test::stream_guest("u16", "", 2));
  stream = call(*writer, "count", values(4));
  arguments.clear();
  arguments.push_back(std::move(**stream));
  EXPECT_NE(error_of(call(*other, "sum", std::move(arguments))).find("elements of another type"), std::string::npos);
}

TEST_F(AsyncComponents, StreamsThatNobodyReadsEnd) {
  const auto instance = instantiate(test::stream_guest("u8", "", 1));
  { ASSERT_TRUE(call(*instance, "count", values(10))); }
  // The value is gone, so the writer learns that its reader is; it would write for ever otherwise.
  run_all();
  const auto task = [&] {
    HostEnd::Pair pair = HostEnd::create(instance->scheduler(), false);
    std::vector<Value> arguments;
    arguments.push_back(std::move(pair.reader));
    return start(*instance, "sum", std::move(arguments));
  }();
  run_all();
  EXPECT_EQ(number(task->take_result()), 0u);
}

}  // namespace
}  // namespace ermine::component

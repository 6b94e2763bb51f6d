// Streams and futures between the host and components.
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <thread>

#include "ermine/ermine.h"
#include "tests/api/async_guest.h"

namespace app {
struct Packet {
  uint32_t number = 0;
  ermine::component::StreamReader<uint8_t> data;
  ermine::component::FutureReader<ermine::component::Expected<uint32_t, std::string>> status;
};
ERMINE_RECORD(Packet, number, data, status)
}  // namespace app

namespace ermine::component_stream_test {
namespace {

using component::CopyResult;
using component::EventLoop;
using component::FutureReader;
using component::make_future;
using component::make_stream;
using component::Reply;
using component::StreamReader;
using component::StreamWriter;
using component::Value;

// The number of bytes and their sum, as kBytesGuest's `sink` gives them.
uint64_t summary(std::span<const uint8_t> bytes) {
  return uint64_t{bytes.size()} << 32 | std::accumulate(bytes.begin(), bytes.end(), uint64_t{0});
}
std::vector<uint8_t> pattern(size_t n) {
  std::vector<uint8_t> bytes(n);
  for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<uint8_t>(i % 251);
  return bytes;
}

class ComponentStreams : public testing::Test {
 protected:
  ComponentInstance instantiate(std::string_view text) {
    auto compiled = Component::from_text(engine_, text);
    EXPECT_TRUE(compiled) << (compiled ? "" : compiled.error().to_string());
    auto made = linker_.instantiate(*store_, *compiled);
    EXPECT_TRUE(made) << (made ? "" : made.error().to_string());
    return *std::move(made);
  }
  template <class Signature>
  TypedComponentFunc<Signature> func(const ComponentInstance& instance, std::string_view name) {
    auto found = instance.get_typed_func<Signature>(name);
    EXPECT_TRUE(found) << (found ? "" : found.error().to_string());
    return *std::move(found);
  }
  using Sink = uint64_t(StreamReader<uint8_t>, uint32_t);
  using Source = StreamReader<uint8_t>(uint32_t, uint32_t);
  void run_all() {
    const EventLoop loop(*store_);
    for (;;) {
      const Result<bool> ran = loop.run_some();
      if (ran && !*ran) return;
    }
  }
  static std::string error_of(const auto& result) { return result ? "no error" : result.error().message(); }
  static Engine engine() {
    Config config;
    config.enable_all_features();
    return Engine(config);
  }

  Engine engine_ = engine();
  std::unique_ptr<Store> store_ = std::make_unique<Store>(engine_);
  ComponentLinker linker_{engine_};
};

TEST_F(ComponentStreams, TenMegabytesToAComponent) {
  const auto bytes = pattern(10 << 20);
  const auto sink = func<Sink>(instantiate(test::kBytesGuest), "sink");
  for (const auto& [host_chunk, guest_chunk] : {std::pair<size_t, uint32_t>{10 << 20, 65536}, {100'000, 400'000}}) {
    auto [writer, reader] = make_stream<uint8_t>(*store_);
    auto call = sink.call_async(std::move(reader), guest_chunk);
    ASSERT_TRUE(call) << call.error().to_string();
    size_t next = 0;
    std::function<void(CopyResult, size_t)> go_on = [&, chunk = host_chunk](CopyResult result, size_t written) {
      EXPECT_EQ(result, CopyResult::kCompleted);
      next += written;
      if (next == bytes.size()) return writer.close();
      const size_t n = std::min(chunk, bytes.size() - next);
      const auto first = bytes.begin() + static_cast<ptrdiff_t>(next);
      EXPECT_TRUE(writer.write(std::vector<uint8_t>(first, first + static_cast<ptrdiff_t>(n)), go_on));
    };
    go_on(CopyResult::kCompleted, 0);
    const auto result = call->wait();
    ASSERT_TRUE(result) << result.error().to_string();
    EXPECT_EQ(*result, summary(bytes));
  }
}

TEST_F(ComponentStreams, TenMegabytesInPlace) {
  const auto bytes = pattern(10 << 20);
  const ComponentInstance instance = instantiate(test::kBytesGuest);
  auto [writer, reader] = make_stream<uint8_t>(*store_);
  auto call = func<Sink>(instance, "sink").call_async(std::move(reader), 300'000);
  size_t next = 0;
  std::function<void(CopyResult, size_t)> go_on = [&](CopyResult, size_t) {
    if (next == bytes.size()) return writer.close();
    EXPECT_TRUE(writer.write_in_place(
        bytes.size(),
        [&](std::span<uint8_t> guest) {
          const size_t n = std::min({guest.size(), bytes.size() - next, size_t{70'000}});
          std::memcpy(guest.data(), bytes.data() + next, n);
          next += n;
          return n;
        },
        go_on));
  };
  go_on(CopyResult::kCompleted, 0);
  EXPECT_EQ(*call->wait(), summary(bytes));
  // And from the component.
  auto source = func<Source>(instance, "source")(10 << 20, 100'000);
  ASSERT_TRUE(source) << source.error().to_string();
  std::vector<uint8_t> seen;
  bool over = false;
  std::function<void(CopyResult, size_t)> read_on = [&](CopyResult result, size_t) {
    over = result == CopyResult::kDropped;
    if (over) return;
    EXPECT_TRUE(source->read_in_place(
        64'000,
        [&](std::span<const uint8_t> guest) {
          const size_t n = std::min(guest.size(), size_t{33'333});
          seen.insert(seen.end(), guest.begin(), guest.begin() + static_cast<ptrdiff_t>(n));
          return n;
        },
        read_on));
  };
  read_on(CopyResult::kCompleted, 0);
  EXPECT_TRUE(EventLoop(*store_).run_until([&] { return over; }));
  EXPECT_TRUE(seen == bytes);
}

TEST_F(ComponentStreams, TenMegabytesFromAComponent) {
  const auto bytes = pattern(10 << 20);
  const auto source = func<Source>(instantiate(test::kBytesGuest), "source");
  auto stream = source(10 << 20, 123'456);
  ASSERT_TRUE(stream) << stream.error().to_string();
  std::vector<uint8_t> seen;
  bool over = false;
  ASSERT_TRUE(stream->read_all(20 << 20, [&](CopyResult result, std::vector<uint8_t> all) {
    EXPECT_EQ(result, CopyResult::kDropped);
    seen = std::move(all);
    over = true;
  }));
  ASSERT_TRUE(EventLoop(*store_).run_until([&] { return over; }));
  EXPECT_TRUE(seen == bytes);
  EXPECT_TRUE(stream->is_over());
  EXPECT_NE(error_of(stream->read(1, [](CopyResult, std::vector<uint8_t>) {})).find("is over"), std::string::npos);
  // More than wanted.
  auto more = source(1000, 10);
  bool cancelled = false;
  ASSERT_TRUE(more->read_all(
      50, [&](CopyResult result, const std::vector<uint8_t>&) { cancelled = result == CopyResult::kCancelled; }));
  run_all();
  EXPECT_TRUE(cancelled);
}

// It serves one buffer of the component after the other, until it has nothing or the other end is gone.
TEST_F(ComponentStreams, ACopyThatStays) {
  const ComponentInstance instance = instantiate(test::kBytesGuest);
  using Ends = std::vector<std::pair<CopyResult, uint32_t>>;
  const auto staying = [](size_t most, size_t& left, std::vector<uint32_t>& counts, Ends& ends) {
    component::detail::StreamCopy copy = component::detail::new_copy<uint8_t>(most);
    copy.stays = true;
    copy.transfer = [&](component::detail::Cursor& c, uint64_t at, uint32_t count, uint32_t& moved) {
      counts.push_back(count);
      moved = static_cast<uint32_t>(std::min<size_t>(count, left));
      std::memset(c.memory + at, 1, moved);
      left -= moved;
      return true;
    };
    copy.done = [&](CopyResult result, uint32_t moved) { ends.emplace_back(result, moved); };
    return copy;
  };
  size_t left = 1100;
  std::vector<uint32_t> counts;
  Ends ends;
  auto [writer, reader] = make_stream<uint8_t>(*store_);
  ASSERT_TRUE(writer.end().begin(staying(400, left, counts, ends)));
  auto call = func<Sink>(instance, "sink").call_async(std::move(reader), 500);
  run_all();
  EXPECT_EQ(counts, (std::vector<uint32_t>{400, 400, 400, 400}));
  EXPECT_EQ(ends, (Ends{{CopyResult::kCompleted, 0}}));
  writer.close();
  EXPECT_EQ(*call->wait(), summary(std::vector<uint8_t>(1100, 1)));

  left = 10'000;
  counts.clear();
  ends.clear();
  auto source = func<Source>(instance, "source")(1000, 300);
  // The component waits already: this copy ends as usual.
  ASSERT_TRUE(source->end().begin(staying(1000, left, counts, ends)));
  EXPECT_EQ(ends, (Ends{{CopyResult::kCompleted, 300}}));
  ASSERT_TRUE(source->end().begin(staying(1000, left, counts, ends)));
  run_all();
  EXPECT_EQ(counts, (std::vector<uint32_t>{300, 300, 300, 100}));
  EXPECT_EQ(ends, (Ends{{CopyResult::kCompleted, 300}, {CopyResult::kDropped, 0}}));
}

TEST_F(ComponentStreams, BackpressureAndReadiness) {
  const auto sink = func<Sink>(instantiate(test::kBytesGuest), "sink");
  auto [writer, reader] = make_stream<uint8_t>(*store_);
  EXPECT_EQ(writer.waiting(), 0u);
  int ready = 0;
  ASSERT_TRUE(writer.when_ready([&](CopyResult) { ++ready; }));
  EXPECT_EQ(ready, 0);
  EXPECT_NE(error_of(writer.when_ready([](CopyResult) {})).find("in progress"), std::string::npos);
  auto call = sink.call_async(std::move(reader), 100);
  EXPECT_EQ(ready, 1);
  EXPECT_EQ(writer.waiting(), 100u);
  // Nothing at present: the component waits on.
  size_t offered = 0;
  ASSERT_TRUE(writer.write_in_place(
      1000, [&](std::span<uint8_t> guest) { return offered = guest.size(), 0; },
      [](CopyResult result, size_t n) { EXPECT_TRUE(result == CopyResult::kCompleted && n == 0); }));
  EXPECT_EQ(offered, 100u);
  EXPECT_EQ(writer.waiting(), 100u);
  size_t written = 0;
  ASSERT_TRUE(writer.write(pattern(250), [&](CopyResult, size_t n) { written = n; }));
  EXPECT_EQ(written, 0u);  // the component has not seen the first 100 yet
  run_all();
  EXPECT_EQ(written, 250u);
  writer.close();
  EXPECT_EQ(*call->wait(), summary(pattern(250)));
}

TEST_F(ComponentStreams, EndsThatAreDroppedEarly) {
  const ComponentInstance instance = instantiate(test::kBytesGuest);
  // By the component, in the middle of a write.
  auto [writer, reader] = make_stream<uint8_t>(*store_);
  std::optional<std::pair<CopyResult, size_t>> end;
  ASSERT_TRUE(writer.write(pattern(1000), [&](CopyResult result, size_t n) { end.emplace(result, n); }));
  EXPECT_EQ(*func<Sink>(instance, "part")(std::move(reader), 300), 300u);
  run_all();
  ASSERT_TRUE(end);
  EXPECT_EQ(*end, std::pair(CopyResult::kDropped, size_t{300}));
  EXPECT_TRUE(writer.is_over());
  // By the host, of a component that writes: it continues.
  {
    auto source = func<Source>(instance, "source")(1000, 10);
    ASSERT_TRUE(source);
    size_t n = 0;
    ASSERT_TRUE(source->read(5, [&](CopyResult, const std::vector<uint8_t>& part) { n = part.size(); }));
    EXPECT_EQ(n, 5u);
  }
  run_all();
  // By the host, of a component that reads.
  auto pair = make_stream<uint8_t>(*store_);
  auto call = func<Sink>(instance, "sink").call_async(std::move(pair.reader), 10);
  pair.writer.close();
  EXPECT_EQ(*call->wait(), 0u);
  // By another thread.
  auto other = make_stream<uint8_t>(*store_);
  call = func<Sink>(instance, "sink").call_async(std::move(other.reader), 10);
  std::thread([writer = std::move(other.writer), operation = EventLoop(*store_).begin_operation()] {}).join();
  EXPECT_EQ(*call->wait(), 0u);
}

TEST_F(ComponentStreams, Cancellation) {
  const ComponentInstance instance = instantiate(test::kBytesGuest);
  auto [writer, reader] = make_stream<uint8_t>(*store_);
  std::optional<CopyResult> end;
  ASSERT_TRUE(writer.write(pattern(10), [&](CopyResult result, size_t) { end = result; }));
  writer.cancel();
  EXPECT_EQ(end, CopyResult::kCancelled);
  // It can be used again.
  auto call = func<Sink>(instance, "sink").call_async(std::move(reader), 10);
  ASSERT_TRUE(writer.write(pattern(10), {}));
  writer.close();
  EXPECT_EQ(*call->wait(), summary(pattern(10)));
  // A component that never reads: nothing is copied, and the host's memory is not taken.
  auto unread = make_stream<uint8_t>(*store_);
  end.reset();
  ASSERT_TRUE(unread.writer.write(pattern(10), [&](CopyResult result, size_t) { end = result; }));
  run_all();
  EXPECT_FALSE(end);
  unread.reader.close();
  run_all();
  EXPECT_EQ(end, CopyResult::kDropped);
}

// A function that reads one byte at a time from a component with a large buffer does not recurse.
TEST_F(ComponentStreams, OperationsOneAfterTheOther) {
  auto source = func<Source>(instantiate(test::kBytesGuest), "source")(400'000, 400'000);
  ASSERT_TRUE(source);
  size_t seen = 0;
  int depth = 0, deepest = 0;
  std::function<void(CopyResult, std::vector<uint8_t>)> next = [&](CopyResult result,
                                                                   const std::vector<uint8_t>& part) {
    deepest = std::max(deepest, ++depth);
    seen += part.size();
    if (result == CopyResult::kCompleted) EXPECT_TRUE(source->read(1, next));
    --depth;
  };
  ASSERT_TRUE(source->read(1, next));
  run_all();
  EXPECT_EQ(seen, 400'000u);
  EXPECT_EQ(deepest, 1);
}

TEST_F(ComponentStreams, ElementsOfAnyType) {
  const ComponentInstance instance = instantiate(test::stream_guest("string", "(realloc $realloc)", 8));
  const auto sum = func<uint32_t(StreamReader<std::string>)>(instance, "sum");
  auto [writer, reader] = make_stream<std::string>(*store_);
  auto call = sum.call_async(std::move(reader));
  size_t written = 0;
  ASSERT_TRUE(writer.write({"one", "two", "three"}, [&](CopyResult, size_t n) { written = n; }));
  run_all();
  EXPECT_EQ(written, 3u);
  // Not UTF-8: nothing is written, and the component waits on.
  EXPECT_NE(error_of(writer.write({"\xFF"}, {})).find("not valid UTF-8"), std::string::npos);
  ASSERT_TRUE(writer.write({"four"}, {}));
  writer.close();
  EXPECT_TRUE(call->wait());
  // As dynamic values, on either side.
  auto values = make_stream<Value>(*store_);
  auto typed = StreamReader<std::string>::from_value(*store_, *std::move(values.reader).into_value());
  ASSERT_TRUE(typed) << typed.error().to_string();
  call = sum.call_async(*std::move(typed));
  std::vector<Value> list;
  list.push_back(Value::string("a"));
  ASSERT_TRUE(values.writer.write(std::move(list), {}));
  list.clear();
  list.push_back(Value::u32(1));
  EXPECT_NE(error_of(values.writer.write(std::move(list), {})).find("u32"), std::string::npos);
  values.writer.close();
  EXPECT_TRUE(call->wait());
}

TEST_F(ComponentStreams, DynamicValuesAreCheckedAgainstTypes) {
  const ComponentInstance instance = instantiate(test::kBytesGuest);
  std::vector<Value> arguments;
  arguments.push_back(Value::u32(5));
  arguments.push_back(Value::u32(5));
  auto result = instance.get_func("source")->call(arguments);
  ASSERT_TRUE(result) << result.error().to_string();
  const Value& value = **result;
  EXPECT_EQ(error_of(FutureReader<uint8_t>::from_value(*store_, value)), "the value is a stream, not a future");
  EXPECT_NE(error_of(StreamReader<uint16_t>::from_value(*store_, value)).find("the component has `u8`, the host has "),
            std::string::npos);
  auto reader = StreamReader<Value>::from_value(*store_, value);
  ASSERT_TRUE(reader) << reader.error().to_string();
  EXPECT_NE(error_of(StreamReader<uint8_t>::from_value(*store_, value)).find("taken before"), std::string::npos);
  std::vector<uint64_t> seen;
  ASSERT_TRUE(reader->read_all(10, [&](CopyResult, const std::vector<Value>& all) {
    for (const Value& v : all) seen.push_back(v.as_unsigned());
  }));
  run_all();
  EXPECT_EQ(seen, (std::vector<uint64_t>{0, 1, 2, 3, 4}));
}

TEST_F(ComponentStreams, BothEndsAreTheHosts) {
  auto [writer, reader] = make_stream<uint32_t>(*store_);
  std::vector<uint32_t> seen;
  ASSERT_TRUE(reader.read(2, [&](CopyResult, std::vector<uint32_t> part) { seen = std::move(part); }));
  ASSERT_TRUE(writer.write({1, 2, 3}, {}));
  EXPECT_EQ(seen, (std::vector<uint32_t>{1, 2}));
  ASSERT_TRUE(reader.read_in_place(
      5, [&](std::span<const uint32_t> part) { return seen.assign(part.begin(), part.end()), part.size(); },
      [](CopyResult, size_t) {}));
  EXPECT_EQ(seen, (std::vector<uint32_t>{3}));
  // A future of an object, as text, and of nothing.
  auto future = make_future<std::string>(*store_);
  std::optional<std::string> text;
  ASSERT_TRUE(future.reader.read([&](std::optional<std::string> v) { text = std::move(v); }));
  ASSERT_TRUE(future.writer.write("now"));
  EXPECT_EQ(text, "now");
  auto empty = make_future<void>(*store_);
  bool came = false;
  ASSERT_TRUE(empty.writer.write({}));
  ASSERT_TRUE(empty.reader.read([&](std::optional<std::monostate> v) { came = v.has_value(); }));
  EXPECT_TRUE(came);
}

// A writer of the host that has nothing yet does not end the read of another.
TEST_F(ComponentStreams, AReadWaitsForAWriterWithNothing) {
  auto [writer, reader] = make_stream<uint8_t>(*store_);
  std::vector<std::vector<uint8_t>> seen;
  ASSERT_TRUE(reader.read(10, [&](CopyResult, std::vector<uint8_t> part) { seen.push_back(std::move(part)); }));
  size_t moved = 1;
  ASSERT_TRUE(writer.write_in_place(
      10, [](std::span<uint8_t>) { return size_t{0}; }, [&](CopyResult, size_t n) { moved = n; }));
  EXPECT_EQ(moved, 0u);
  EXPECT_TRUE(seen.empty());
  ASSERT_TRUE(writer.write(pattern(3), {}));
  EXPECT_EQ(seen, std::vector<std::vector<uint8_t>>{pattern(3)});
}

// A component that passes what it gets to the host, and the result back: streams in records, lists and results.
constexpr std::string_view kPass = R"((component
  (type $status (result u32 (error string)))
  (type $packet' (record (field "number" u32) (field "data" (stream u8)) (field "status" (future $status))))
  (import "packet" (type $packet (eq $packet')))
  (import "pass" (func $pass async (param "p" $packet) (result (list $packet))))
  (core module $Memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
  (canon lower (func $pass) (memory $mem) (realloc $realloc) (core func $pass'))
  (core module $M
    (import "" "memory" (memory 1))
    (import "" "pass" (func $pass (param i32 i32 i32 i32)))
    (func (export "pass") (param i32 i32 i32) (result i32)
      (call $pass (local.get 0) (local.get 1) (local.get 2) (i32.const 16))
      (i32.const 16)))
  (core instance $m (instantiate $M (with "" (instance (export "memory" (memory $mem)) (export "pass" (func $pass'))))))
  (func (export "pass") async (param "p" $packet) (result (list $packet))
    (canon lift (core func $m "pass") (memory $mem) (realloc $realloc)))))";

TEST_F(ComponentStreams, EndsInRecordsAndLists) {
  ASSERT_TRUE(linker_.func_wrap_async("", "pass", [](Reply<std::vector<app::Packet>> reply, app::Packet packet) {
    std::vector<app::Packet> list;
    packet.number += 1;
    list.push_back(std::move(packet));
    reply.complete(std::move(list));
  }));
  const auto pass = func<std::vector<app::Packet>(app::Packet)>(instantiate(kPass), "pass");
  auto data = make_stream<uint8_t>(*store_);
  auto status = make_future<component::Expected<uint32_t, std::string>>(*store_);
  auto result = pass(app::Packet{1, data.reader, status.reader});
  ASSERT_TRUE(result) << result.error().to_string();
  ASSERT_EQ(result->size(), 1u);
  EXPECT_EQ((*result)[0].number, 2u);
  // They were passed on, and are the same streams.
  EXPECT_NE(error_of(data.reader.read(1, [](CopyResult, std::vector<uint8_t>) {})).find("passed on"),
            std::string::npos);
  std::vector<uint8_t> bytes;
  ASSERT_TRUE((*result)[0].data.read(10, [&](CopyResult, std::vector<uint8_t> part) { bytes = std::move(part); }));
  ASSERT_TRUE(data.writer.write(pattern(3), {}));
  EXPECT_EQ(bytes, pattern(3));
  std::optional<component::Expected<uint32_t, std::string>> seen;
  ASSERT_TRUE((*result)[0].status.read([&](auto v) { seen = std::move(v); }));
  ASSERT_TRUE(status.writer.write(component::Unexpected<std::string>("late")));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->error(), "late");
}

// A call that is not asynchronous traps: those that wait in the same component have failed with it.
TEST_F(ComponentStreams, ATrapEndsCallsThatWait) {
  constexpr std::string_view kGuest = R"((component
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (type $s (stream u8))
    (canon stream.read $s (memory $memory "memory") (core func $read))
    (core module $M (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (func (export "wait") (param i32) (drop (call $read (local.get 0) (i32.const 0) (i32.const 1))))
      (func (export "trap") unreachable))
    (core instance $i (instantiate $M (with "" (instance (export "read" (func $read))))))
    (func (export "wait") async (param "s" $s) (canon lift (core func $i "wait")))
    (func (export "trap") (canon lift (core func $i "trap")))))";
  for (const bool typed : {true, false}) {
    const ComponentInstance instance = instantiate(kGuest);
    auto [writer, reader] = make_stream<uint8_t>(*store_);
    auto waits = func<void(StreamReader<uint8_t>)>(instance, "wait").call_async(std::move(reader));
    ASSERT_TRUE(waits) << waits.error().to_string();
    ASSERT_FALSE(waits->done());
    if (typed) {
      EXPECT_FALSE(func<void()>(instance, "trap").call());
    } else {
      EXPECT_FALSE(instance.get_func("trap")->call({}));
    }
    ASSERT_TRUE(waits->done()) << typed;
    EXPECT_EQ(waits->take().error().trap_code(), TrapCode::kUnreachable);
  }
}

// What waits when the store ends is released: functions that own their streams, too. (Leaks are found by asan.)
TEST_F(ComponentStreams, TheStoreEndsWhatWaits) {
  auto [writer, reader] = make_stream<uint8_t>(*store_);
  const auto sink = func<Sink>(instantiate(test::kBytesGuest), "sink");
  auto call = sink.call_async(std::move(reader), 10);
  auto other = make_stream<uint8_t>(*store_);
  ASSERT_TRUE(other.writer.write(pattern(10), [keep = other.writer](CopyResult, size_t) { FAIL(); }));
  ASSERT_TRUE(other.reader.when_ready([](CopyResult) {}));
  auto waits = make_stream<uint8_t>(*store_);
  ASSERT_TRUE(waits.reader.read(1, [keep = waits.reader](CopyResult, const std::vector<uint8_t>&) { FAIL(); }));
  store_.reset();
  EXPECT_NE(error_of(writer.write(pattern(1), {})).find("was destroyed"), std::string::npos);
  EXPECT_TRUE(writer.is_over());
  writer.cancel();
}

}  // namespace
}  // namespace ermine::component_stream_test

#include "wasi/http/request_body.h"

#include <gtest/gtest.h>

namespace ermine::wasi::http {
namespace {

using State = RequestBody::Taken::State;

struct Sender final : BodySender {
  void wake() override { ++woken; }
  void proceed() override {}
  host::Awaited::Wait wait() const override { return {}; }
  int woken = 0;
};

struct Body {
  explicit Body(std::optional<uint64_t> length = {}, uint64_t most = UINT64_MAX)
      : body(std::make_shared<const host::Signal>(), length, most) {}
  host::HostError write(std::string_view text) {
    return body.write(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
  std::string take(size_t most = 1000) {
    std::string to(most, ' ');
    const RequestBody::Taken taken = body.take(reinterpret_cast<uint8_t*>(to.data()), to.size());
    switch (taken.state) {
      case State::kBytes: return to.substr(0, taken.bytes);
      case State::kNothingYet: return "(nothing yet)";
      case State::kEnd: return "(end)";
      case State::kAbandoned: return "(abandoned)";
    }
    return {};
  }
  RequestBody body;
};

TEST(HttpRequestBody, SendingBeginsWhenItIsCompleteOrFull) {
  auto sender = std::make_shared<Sender>();
  Body small, large;
  small.body.attach(sender);
  EXPECT_EQ(small.write("abc"), host::HostError::kNone);
  EXPECT_EQ(sender->woken, 0);
  EXPECT_FALSE(small.body.finish({{"a", "b"}}));
  EXPECT_EQ(sender->woken, 1);
  EXPECT_TRUE(small.body.outlook().finished);
  EXPECT_EQ(small.body.outlook().bytes, 3u);
  EXPECT_TRUE(small.body.outlook().trailers);
  EXPECT_EQ(small.take(2), "ab");
  EXPECT_EQ(small.take(), "c");
  EXPECT_EQ(small.take(), "(end)");
  EXPECT_EQ(small.body.trailers(), (Fields{{"a", "b"}}));

  large.body.attach(sender);
  const std::string half(RequestBody::kCapacity / 2, 'x');
  EXPECT_EQ(large.write(half), host::HostError::kNone);
  EXPECT_EQ(sender->woken, 1);
  EXPECT_EQ(*large.body.room(), RequestBody::kCapacity / 2);
  EXPECT_EQ(large.write(half), host::HostError::kNone);
  EXPECT_EQ(sender->woken, 2);
  EXPECT_FALSE(large.body.ready());
  EXPECT_EQ(large.take(RequestBody::kCapacity).size(), RequestBody::kCapacity);
  EXPECT_TRUE(large.body.ready());
  // Once it had nothing, each write wakes it.
  EXPECT_EQ(large.take(), "(nothing yet)");
  EXPECT_EQ(large.write("y"), host::HostError::kNone);
  EXPECT_EQ(sender->woken, 3);
  EXPECT_EQ(large.write("z"), host::HostError::kNone);
  EXPECT_EQ(sender->woken, 3);
  EXPECT_EQ(large.take(), "yz");
}

TEST(HttpRequestBody, TheLengthIsKept) {
  Body less(10), more(2), limited({}, 2);
  EXPECT_EQ(less.write("abc"), host::HostError::kNone);
  const std::optional<Failure> failure = less.body.finish({});
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code, FailureCode::kRequestBodySize);
  EXPECT_EQ(failure->number, 3u);
  EXPECT_EQ(less.take(), "(abandoned)");
  for (Body* body : {&more, &limited}) {
    EXPECT_EQ(body->write("abc"), host::HostError::kHttp);
    EXPECT_EQ(body->body.failure().code, FailureCode::kRequestBodySize);
    EXPECT_EQ(body->take(), "(abandoned)");
    EXPECT_TRUE(body->body.finish({}));
  }
}

TEST(HttpRequestBody, Ends) {
  Body dropped, closed, failed;
  dropped.body.abandon();
  EXPECT_EQ(dropped.take(), "(abandoned)");
  EXPECT_EQ(dropped.body.room().error, host::HostError::kClosed);
  // The response has ended: no error is left to report.
  closed.body.close({});
  EXPECT_TRUE(closed.body.ready());
  EXPECT_EQ(closed.write("a"), host::HostError::kClosed);
  EXPECT_FALSE(closed.body.finish({}));
  failed.body.close(Failure{FailureCode::kConnectionTerminated});
  EXPECT_EQ(failed.write("a"), host::HostError::kHttp);
  EXPECT_EQ(failed.body.finish({})->code, FailureCode::kConnectionTerminated);
}

}  // namespace
}  // namespace ermine::wasi::http

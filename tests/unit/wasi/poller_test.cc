// Poller: waiters that wait for a channel of the store's own code.
#include "wasi/preview3/poller.h"

#include <gtest/gtest.h>

#include <optional>

#include "ermine/engine.h"
#include "ermine/store.h"

namespace ermine::wasi::preview3 {
namespace {

// When it is destroyed, it says so to all that wait for the channel, as the streams of TLS do.
class Neighbour final : public Waiter {
 public:
  Neighbour(Poller& poller, int channel, int& asked, int& gone)
      : poller_(poller.alive()), channel_(channel), asked_(asked), gone_(gone) {}
  ~Neighbour() override {
    ++gone_;
    if (const std::shared_ptr<Poller> poller = poller_.lock()) poller->notify(channel_);
  }
  void ready() override { ++asked_; }

 private:
  const std::weak_ptr<Poller> poller_;
  const int channel_;
  int &asked_, &gone_;
};

TEST(Poller, WaitersOfAChannelMayNotifyEachOtherWhenTheyEnd) {
  int asked = 0, gone = 0;
  for (const bool store_ends : {false, true}) {
    asked = gone = 0;
    const Engine engine;
    std::optional<Store> store(engine);
    Poller& poller = Poller::of(*store);
    const component::EventLoop loop(*store);
    const int channel = poller.new_channel(), other = poller.new_channel();
    for (int i = 0; i < 5; ++i) poller.wait_for(channel, 0, std::make_shared<Neighbour>(poller, channel, asked, gone));
    poller.wait_for(other, 0, std::make_shared<Neighbour>(poller, other, asked, gone));
    // The last one is destroyed with what was posted, by the end of the store or in the loop.
    loop.handle().post([last = std::make_shared<Neighbour>(poller, channel, asked, gone)] {});
    for (int i = 0; i < 10 && !store_ends; ++i) ASSERT_TRUE(loop.run_some());
    EXPECT_EQ(gone, store_ends ? 0 : 6);
    store.reset();
    EXPECT_EQ(gone, 7);
    EXPECT_EQ(asked, store_ends ? 0 : 5);
  }
}

}  // namespace
}  // namespace ermine::wasi::preview3

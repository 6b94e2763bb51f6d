// Standard streams that are the embedder's, as programs of all versions see them.
#include <atomic>
#include <thread>

#include "ermine/wasi_stream.h"
#include "tests/wasi/async_component_caller.h"
#include "tests/wasi/component_caller.h"
#include "tests/wasi/guest.h"

namespace ermine {
namespace {

using component::Resource;
using component::Value;
using test::AsyncGuest;
using test::bytes;
using test::ComponentGuest;
using test::Guest;
using test::must;
using test::number;
using test::Values;

// The specification's numbers.
enum : uint32_t { kSuccess = 0, kBadf = 8, kIo = 29, kNospc = 51, kPipe = 64, kSpipe = 70 };
constexpr uint64_t kStatusIo = 1, kStatusPipe = 3;

std::shared_ptr<MemoryInputPipe> input(std::string text) { return std::make_shared<MemoryInputPipe>(std::move(text)); }
std::shared_ptr<MemoryOutputPipe> output(size_t capacity = 1 << 20) {
  return std::make_shared<MemoryOutputPipe>(capacity);
}

// Gives one answer after the other, and records what was asked.
class Scripted : public WasiInputStream, public WasiOutputStream {
 public:
  explicit Scripted(std::vector<WasiStreamResult> answers) : answers_(std::move(answers)) {}
  WasiStreamResult read(uint8_t* to, size_t size) override {
    std::fill_n(to, size, 'x');
    return next(size);
  }
  WasiStreamResult write(const uint8_t*, size_t size) override { return next(size); }
  std::vector<size_t> asked;

 private:
  WasiStreamResult next(size_t size) {
    asked.push_back(size);
    return answers_.at(std::min(asked.size(), answers_.size()) - 1);
  }
  std::vector<WasiStreamResult> answers_;
};
std::shared_ptr<Scripted> scripted(std::vector<WasiStreamResult> answers) {
  return std::make_shared<Scripted>(std::move(answers));
}
WasiStreamResult fails(std::errc error) { return component::Unexpected(error); }

uint32_t write(Guest& guest, uint32_t fd, std::string_view text) {
  guest.buffer(16, 1024, static_cast<uint32_t>(text.size()));
  guest.put_text(1024, text);
  return guest.call("fd_write", {fd, 16, 1, 32});
}
uint32_t read(Guest& guest, uint32_t size) {
  guest.buffer(16, 1024, size);
  guest.put<uint32_t>(32, 0);
  return guest.call("fd_read", {0, 16, 1, 32});
}

TEST(MemoryPipes, KeepWhatIsWrittenUpToTheirCapacity) {
  MemoryOutputPipe pipe(5);
  const auto put = [&](std::string_view text) {
    return pipe.write(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  };
  EXPECT_EQ(put("abc"), WasiStreamResult(3));
  EXPECT_FALSE(pipe.overflowed());
  EXPECT_EQ(put("defg"), WasiStreamResult(2));
  EXPECT_TRUE(pipe.overflowed());
  EXPECT_EQ(put("h"), fails(std::errc::no_space_on_device));
  EXPECT_EQ(pipe.contents(), "abcde");
  EXPECT_EQ(pipe.take(), "abcde");
  EXPECT_EQ(pipe.contents(), "");
  EXPECT_EQ(put("xyz"), WasiStreamResult(3));
  EXPECT_EQ(pipe.contents(), "xyz");
}

TEST(Preview1Streams, AreReadAndWritten) {
  const auto in = input("some input"), unused = input("");
  const auto out = output(), err = output();
  Guest guest(WasiConfig().stdin_stream(in).stdout_stream(out).stderr_stream(err));
  ASSERT_EQ(read(guest, 4), kSuccess);
  EXPECT_EQ(guest.text(1024, guest.at<uint32_t>(32)), "some");
  EXPECT_EQ(in->left(), 6u);
  ASSERT_EQ(read(guest, 100), kSuccess);
  EXPECT_EQ(guest.text(1024, guest.at<uint32_t>(32)), " input");
  ASSERT_EQ(read(guest, 100), kSuccess);
  EXPECT_EQ(guest.at<uint32_t>(32), 0u);
  EXPECT_EQ(write(guest, 1, "out"), kSuccess);
  EXPECT_EQ(guest.at<uint32_t>(32), 3u);
  EXPECT_EQ(write(guest, 2, "err"), kSuccess);
  EXPECT_EQ(out->contents(), "out");
  EXPECT_EQ(err->contents(), "err");
  // Several buffers at once, one of them empty.
  guest.put_text(2048, "two");
  guest.buffer(16, 1024, 3);
  guest.buffer(24, 0, 0);
  guest.buffer(32, 2048, 3);
  EXPECT_EQ(guest.call("fd_write", {1, 16, 3, 64}), kSuccess);
  EXPECT_EQ(guest.at<uint32_t>(64), 6u);
  EXPECT_EQ(out->contents(), "outerrtwo");
  EXPECT_EQ(write(guest, 1, ""), kSuccess);
  // The other directions.
  EXPECT_EQ(write(guest, 0, "x"), kBadf);
  guest.buffer(16, 1024, 3);
  EXPECT_EQ(guest.call("fd_read", {1, 16, 1, 32}), kBadf);
}

TEST(Preview1Streams, AreLikePipes) {
  Guest guest(WasiConfig().stdin_stream(input("12345")).stdout_stream(output()));
  for (const uint32_t fd : {0u, 1u}) {
    ASSERT_EQ(guest.call("fd_fdstat_get", {fd, 256}), kSuccess);
    EXPECT_EQ(guest.at<uint8_t>(256), 0u);  // unknown: no terminal, no file
    ASSERT_EQ(guest.call("fd_filestat_get", {fd, 512 + 64 * fd}), kSuccess);
    EXPECT_EQ(guest.at<uint8_t>(512 + 64 * fd + 16), 0u);
    EXPECT_EQ(guest.call("fd_seek", {fd, 0, 1, 64}), kSpipe);
    EXPECT_EQ(guest.call("fd_tell", {fd, 64}), kSpipe);
    EXPECT_EQ(guest.call("fd_fdstat_set_flags", {fd, 4}), kSuccess);  // non-blocking
    EXPECT_EQ(guest.call("fd_filestat_set_times", {fd, 0, 0, 2}), kSuccess);
  }
  EXPECT_NE(guest.at<uint64_t>(512 + 8), guest.at<uint64_t>(576 + 8));  // different files
  guest.buffer(16, 1024, 3);
  EXPECT_EQ(guest.call("fd_pread", {0, 16, 1, 0, 32}), kSpipe);
  EXPECT_EQ(guest.call("fd_pwrite", {1, 16, 1, 0, 32}), kSpipe);
  EXPECT_EQ(guest.call("sock_recv", {0, 16, 1, 0, 32, 36}), 57u);
  EXPECT_EQ(guest.call("sock_shutdown", {0, 1}), 57u);
  // Numbers move with them.
  EXPECT_EQ(guest.call("fd_renumber", {0, 2}), kSuccess);
  EXPECT_EQ(read(guest, 3), kBadf);
  guest.buffer(16, 1024, 3);
  EXPECT_EQ(guest.call("fd_read", {2, 16, 1, 32}), kSuccess);
  EXPECT_EQ(guest.text(1024, 3), "123");
  EXPECT_EQ(guest.call("fd_close", {2}), kSuccess);
  EXPECT_EQ(guest.call("fd_close", {2}), kBadf);
  EXPECT_EQ(guest.call("fd_close", {1}), kSuccess);
}

TEST(Preview1Streams, AreAlwaysReady) {
  Guest guest(WasiConfig().stdin_stream(input("1")).stdout_stream(output()));
  // Reading, writing, and a clock of an hour.
  std::memset(guest.bytes() + 1024, 0, 3 * 48);
  for (uint32_t i = 0; i < 3; ++i) guest.put<uint64_t>(1024 + 48 * i, 100 + i);
  guest.put<uint8_t>(1024 + 8, 1);
  guest.put<uint32_t>(1024 + 16, 0);
  guest.put<uint8_t>(1024 + 48 + 8, 2);
  guest.put<uint32_t>(1024 + 48 + 16, 1);
  guest.put<uint8_t>(1024 + 96 + 8, 0);
  guest.put<uint32_t>(1024 + 96 + 16, 1);
  guest.put<uint64_t>(1024 + 96 + 24, uint64_t{3600} * 1'000'000'000);
  ASSERT_EQ(guest.call("poll_oneoff", {1024, 2048, 3, 64}), kSuccess);
  ASSERT_EQ(guest.at<uint32_t>(64), 2u);
  EXPECT_EQ(guest.at<uint64_t>(2048), 100u);
  EXPECT_EQ(guest.at<uint16_t>(2048 + 8), 0u);
  EXPECT_EQ(guest.at<uint64_t>(2048 + 32), 101u);
}

TEST(Preview1Streams, ErrorsOfTheEmbedderAreThePrograms) {
  struct Case {
    WasiStreamResult answer;
    uint32_t error;
  };
  for (const Case& c : {Case{fails(std::errc::broken_pipe), kPipe}, Case{fails(std::errc::no_space_on_device), kNospc},
                        Case{fails(std::errc::io_error), kIo},
                        // What would make the program wait, end or loop, or give it bytes that are not there.
                        Case{fails(std::errc::resource_unavailable_try_again), kIo},
                        Case{fails(std::errc::interrupted), kIo}, Case{fails(std::errc()), kIo},
                        Case{fails(static_cast<std::errc>(-1)), kIo}, Case{fails(static_cast<std::errc>(1 << 20)), kIo},
                        Case{WasiStreamResult(4), kIo}, Case{WasiStreamResult(SIZE_MAX), kIo}}) {
    Guest guest(WasiConfig().stdin_stream(scripted({c.answer})).stdout_stream(scripted({c.answer})));
    EXPECT_EQ(read(guest, 3), c.error);
    EXPECT_EQ(write(guest, 1, "abc"), c.error);
  }
  // Taking nothing is an error, reading nothing is the end.
  Guest nothing(WasiConfig().stdin_stream(scripted({0})).stdout_stream(scripted({0})));
  EXPECT_EQ(read(nothing, 3), kSuccess);
  EXPECT_EQ(write(nothing, 1, "abc"), kIo);
  // A part is a short count.
  Guest part(WasiConfig().stdin_stream(scripted({2})).stdout_stream(scripted({2})));
  EXPECT_EQ(read(part, 3), kSuccess);
  EXPECT_EQ(part.at<uint32_t>(32), 2u);
  EXPECT_EQ(write(part, 1, "abc"), kSuccess);
  EXPECT_EQ(part.at<uint32_t>(32), 2u);
}

TEST(Preview1Streams, OutputThatIsFullIsAnError) {
  const auto out = output(5);
  Guest guest(WasiConfig().stdout_stream(out));
  EXPECT_EQ(write(guest, 1, "abc"), kSuccess);
  EXPECT_EQ(write(guest, 1, "def"), kSuccess);
  EXPECT_EQ(guest.at<uint32_t>(32), 2u);
  EXPECT_EQ(write(guest, 1, "f"), kNospc);
  EXPECT_TRUE(out->overflowed());
  EXPECT_EQ(out->take(), "abcde");
  EXPECT_EQ(write(guest, 1, "f"), kSuccess);
}

TEST(Preview1Streams, CountToTheLimitOfOutput) {
  const auto out = output();
  Guest guest(WasiConfig().stdout_stream(out).max_written_bytes(5));
  EXPECT_EQ(write(guest, 1, "abc"), kSuccess);
  EXPECT_EQ(write(guest, 1, "def"), kSuccess);
  EXPECT_EQ(guest.at<uint32_t>(32), 2u);
  guest.buffer(16, 1024, 1);
  const auto stopped = guest.try_call("fd_write", {1, 16, 1, 32});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().limit(), Limit::kWrittenBytes);
  EXPECT_EQ(out->contents(), "abcde");
}

TEST(Preview1Streams, AreTraced) {
  std::string lines;
  Guest guest(WasiConfig().stdout_stream(output()).trace([&](std::string_view line) { (lines += line) += '\n'; }));
  EXPECT_EQ(write(guest, 1, "abc"), kSuccess);
  EXPECT_TRUE(lines.contains("fd_write(1, iovs[1]) = success (3)")) << lines;
}

// Each stream stands for itself; null gives a descriptor back, and copies of a configuration are independent.
TEST(Preview1Streams, AreGrantedOneByOne) {
  const auto out = output(), other = output();
  WasiConfig config;
  config.stdout_stream(out);
  WasiConfig copy = config;
  copy.stdout_stream(other);
  WasiConfig without = config;
  without.stdout_stream(nullptr).stdin_stream(nullptr);
  Guest first(config), second(copy), third(without);
  for (Guest* guest : {&first, &second, &third}) {
    EXPECT_EQ(write(*guest, 1, "x"), kSuccess);
    EXPECT_EQ(read(*guest, 1), kSuccess);  // /dev/null
    EXPECT_EQ(guest->at<uint32_t>(32), 0u);
  }
  EXPECT_EQ(out->contents(), "x");
  EXPECT_EQ(other->contents(), "x");
  // They live as long as they are used.
  std::weak_ptr<MemoryOutputPipe> watched;
  {
    auto mine = output();
    watched = mine;
    Guest guest(WasiConfig().stdout_stream(std::move(mine)));
    EXPECT_FALSE(watched.expired());
    EXPECT_EQ(guest.call("fd_close", {1}), kSuccess);
    EXPECT_TRUE(watched.expired());
  }
}

TEST(ComponentStreams, AreReadAndWritten) {
  const auto out = output();
  ComponentGuest guest(WasiConfig().stdin_stream(input("some input")).stdout_stream(out));
  EXPECT_EQ(guest.call("terminal-stdin").payload(), nullptr);
  EXPECT_EQ(guest.call("terminal-stdout").payload(), nullptr);
  const Resource in = guest.make("stdin"), to = guest.make("stdout");
  EXPECT_EQ(guest.read(in, 4), "some");
  const Resource ready = guest.make("subscribe-in", {guest.of(in)}), room = guest.make("subscribe-out", {guest.of(to)});
  EXPECT_TRUE(guest.call("ready", {guest.of(ready)}).as_bool());
  EXPECT_TRUE(guest.call("ready", {guest.of(room)}).as_bool());
  EXPECT_EQ(guest.read(in, 100, "blocking-read"), " input");
  EXPECT_EQ(guest.read(in, 100), "closed");
  EXPECT_GE(guest.call("check-write", {guest.of(to)}).payload()->as_unsigned(), 4096u);
  EXPECT_EQ(guest.outcome("write", {guest.of(to), bytes("abc")}), "ok");
  EXPECT_EQ(guest.outcome("write-flush", {guest.of(to), bytes("def")}), "ok");
  guest.call("check-write", {guest.of(to)});
  EXPECT_EQ(guest.outcome("zeroes", {guest.of(to), number(2)}), "ok");
  EXPECT_EQ(out->contents(), std::string("abcdef\0\0", 8));
}

TEST(ComponentStreams, AreSpliced) {
  const auto out = output();
  ComponentGuest guest(WasiConfig().stdin_stream(input(std::string(10000, 'a'))).stdout_stream(out));
  const Resource in = guest.make("stdin"), to = guest.make("stdout");
  EXPECT_EQ(guest.call("blocking-splice", {guest.of(to), guest.of(in), number(7000)}).payload()->as_unsigned(), 7000u);
  EXPECT_EQ(guest.call("splice", {guest.of(to), guest.of(in), number(7000)}).payload()->as_unsigned(), 3000u);
  EXPECT_EQ(guest.outcome("splice", {guest.of(to), guest.of(in), number(1)}), "closed");
  EXPECT_EQ(out->contents(), std::string(10000, 'a'));
}

TEST(ComponentStreams, ErrorsOfTheEmbedderFailTheStream) {
  for (const WasiStreamResult& answer :
       {fails(std::errc::no_space_on_device), fails(std::errc::resource_unavailable_try_again),
        fails(std::errc::interrupted), WasiStreamResult(SIZE_MAX)}) {
    ComponentGuest guest(WasiConfig().stdin_stream(scripted({answer})).stdout_stream(scripted({answer})));
    const Resource in = guest.make("stdin"), to = guest.make("stdout");
    const Value read = guest.call("blocking-read", {guest.of(in), number(3)});
    ASSERT_FALSE(read.is_ok());
    EXPECT_EQ(read.payload()->case_name(), "last-operation-failed");
    EXPECT_EQ(guest.read(in, 3), "closed");
    EXPECT_EQ(guest.outcome("write-flush", {guest.of(to), bytes("abc")}), "last-operation-failed");
    EXPECT_EQ(guest.outcome("write-flush", {guest.of(to), bytes("abc")}), "closed");
  }
  // A part is no error: the rest is offered again.
  const auto parts = scripted({2, 1, 3});
  ComponentGuest guest(WasiConfig().stdout_stream(parts));
  EXPECT_EQ(guest.outcome("write-flush", {guest.of(guest.make("stdout")), bytes("abcdef")}), "ok");
  EXPECT_EQ(parts->asked, (std::vector<size_t>{6, 4, 3}));
  // Nothing at all is one; the program does not wait for ever.
  ComponentGuest none(WasiConfig().stdout_stream(scripted({0})));
  EXPECT_EQ(none.outcome("write-flush", {none.of(none.make("stdout")), bytes("abcdef")}), "last-operation-failed");
}

TEST(ComponentStreams, CountToTheLimitOfOutputAndCostFuel) {
  const auto out = output();
  Config config;
  config.consume_fuel = true;
  ComponentGuest guest(WasiConfig().stdout_stream(out).max_written_bytes(5), "0.2.3", config);
  must(guest.store().set_fuel(1'000'000));
  const Resource to = guest.make("stdout");
  const uint64_t before = *guest.store().fuel();
  EXPECT_EQ(guest.outcome("write-flush", {guest.of(to), bytes("abc")}), "ok");
  EXPECT_LT(*guest.store().fuel(), before);
  const auto stopped = guest.attempt("write-flush", {guest.of(to), bytes("def")});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().limit(), Limit::kWrittenBytes);
  EXPECT_EQ(out->contents(), "abcde");
}

TEST(AsyncStreams, AreReadAndWritten) {
  const auto out = output();
  const std::string much(300'000, 'm');
  AsyncGuest guest(WasiConfig().stdin_stream(input(much)).stdout_stream(out));
  EXPECT_EQ(guest.call("terminal").payload(), nullptr);
  EXPECT_EQ(guest.contents("stdin-all"), (AsyncGuest::Contents{much, 0}));
  EXPECT_EQ(guest.contents("stdin-all"), (AsyncGuest::Contents{"", 0}));
  EXPECT_EQ(guest.status("stdout-all", {bytes(much)}), 0u);
  EXPECT_EQ(out->take(), much);
}

TEST(AsyncStreams, ErrorsOfTheEmbedderEndTheStream) {
  const auto out = output(10);
  AsyncGuest full(WasiConfig().stdin_stream(scripted({3, fails(std::errc::io_error)})).stdout_stream(out));
  EXPECT_EQ(full.contents("stdin-all"), (AsyncGuest::Contents{"xxx", kStatusIo}));
  EXPECT_EQ(full.status("stdout-all", {bytes("more than there is room for")}), kStatusIo);
  EXPECT_EQ(out->contents(), "more than ");
  AsyncGuest broken(WasiConfig().stdout_stream(scripted({fails(std::errc::broken_pipe)})));
  EXPECT_EQ(broken.status("stdout-all", {bytes("x")}), kStatusPipe);
  AsyncGuest again(WasiConfig().stdout_stream(scripted({fails(std::errc::resource_unavailable_try_again)})));
  EXPECT_EQ(again.status("stdout-all", {bytes("x")}), kStatusIo);
  AsyncGuest none(WasiConfig().stdout_stream(scripted({0})));
  EXPECT_EQ(none.status("stdout-all", {bytes("x")}), kStatusIo);
}

TEST(AsyncStreams, CountToTheLimitOfOutput) {
  const auto out = output();
  AsyncGuest guest(WasiConfig().stdout_stream(out).max_written_bytes(5));
  const auto stopped = guest.attempt("stdout-all", {bytes("abcdef")});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().limit(), Limit::kWrittenBytes);
  EXPECT_EQ(out->contents(), "abcde");
}

// Many programs with one pair of streams, several on each of several threads: each byte is read once, and what one call
// writes stays together.
TEST(Streams, AreSharedByProgramsOnManyThreads) {
  constexpr int kThreads = 4, kPrograms = 3, kWrites = 50;
  const auto in = input(std::string(100'000, 'i'));
  const auto out = output();
  std::atomic<size_t> taken{0};
  const auto run = [&](int number) {
    std::vector<std::unique_ptr<Guest>> guests;
    std::vector<std::unique_ptr<ComponentGuest>> components;
    for (int i = 0; i < kPrograms; ++i) {
      guests.push_back(std::make_unique<Guest>(WasiConfig().stdin_stream(in).stdout_stream(out)));
      components.push_back(std::make_unique<ComponentGuest>(WasiConfig().stdin_stream(in).stdout_stream(out)));
    }
    const std::string line = std::string(9, static_cast<char>('a' + number)) + "\n";
    for (int n = 0; n < kWrites; ++n) {
      for (const auto& guest : guests) {
        EXPECT_EQ(write(*guest, 1, line), kSuccess);
        EXPECT_EQ(read(*guest, 100), kSuccess);
        taken += guest->at<uint32_t>(32);
      }
      for (const auto& component : components) {
        EXPECT_EQ(component->outcome("write-flush", {component->of(component->make("stdout")), bytes(line)}), "ok");
        const std::string got = component->read(component->make("stdin"), 100);
        taken += got == "closed" ? 0 : got.size();
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(run, i);
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(taken + in->left(), 100'000u);
  const std::string all = out->contents();
  ASSERT_EQ(all.size(), size_t{10} * kThreads * kPrograms * 2 * kWrites);
  for (size_t i = 0; i < all.size(); i += 10) ASSERT_EQ(all.substr(i, 10), std::string(9, all[i]) + "\n") << "at " << i;
}

}  // namespace
}  // namespace ermine

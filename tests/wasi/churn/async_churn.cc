// A store with some programs of WASI 0.3, and with streams between them and the host.
#include <chrono>

#include "tests/wasi/churn/async_program.h"

namespace ermine::churn {
namespace {

using component::CopyResult;

// An end of a stream that the host has.
struct Reading {
  AsyncProgram::Stream stream;
  bool busy = false, over = false;
};
struct Writing {
  component::StreamWriter<uint8_t> writer;
  Sequence bytes;
  bool busy = false, over = false;
};

class AsyncChurn final : public Churn {
 public:
  AsyncChurn(uint64_t seed, Outside& outside) : shared_(seed, outside, wrong_) {
    for (uint32_t i = 0, n = 1 + shared_.random.below(3); i < n; ++i)
      programs_.push_back(std::make_unique<AsyncProgram>(shared_));
  }
  void step() override;
  std::string end(End how) override;

 private:
  AsyncProgram& any_program() {
    return *shared_.programs[shared_.random.below(static_cast<uint32_t>(shared_.programs.size()))];
  }
  void act(const std::shared_ptr<Reading>& reading);
  void act(const std::shared_ptr<Writing>& writing);
  template <class T>
  void drop(std::vector<std::shared_ptr<T>>& from, std::shared_ptr<T> which);
  void exchange();
  void take_everything_back();
  std::string close_store();

  AsyncStore shared_;
  std::vector<std::unique_ptr<AsyncProgram>> programs_;
  std::vector<std::shared_ptr<Reading>> readings_;
  std::vector<std::shared_ptr<Writing>> writings_;
};

void AsyncChurn::step() {
  if (!wrong_.empty()) return;
  ++figures.steps;
  Random& random = shared_.random;
  if (!shared_.peers.step(random)) return fail("a peer has received something else than was sent");
  if (random.one_in(10)) (void)!::write(shared_.in.write.get(), Pattern::from(0), random.size(20'000));
  if (char sink[30'000]; random.one_in(10)) (void)!::read(shared_.out.read.get(), sink, random.size(sizeof sink));
  if (random.one_in(12)) exchange();
  else any_program().step();
}

template <class T>
void AsyncChurn::drop(std::vector<std::shared_ptr<T>>& from, std::shared_ptr<T> which) {
  std::erase(from, which);
  if (shared_.random.one_in(2)) bin.add(std::move(which));
}

void AsyncChurn::exchange() {
  Random& random = shared_.random;
  switch (random.below(6)) {
    case 0: {
      AsyncProgram::Stream stream = any_program().give();
      if (!stream.reader || !wrong_.empty()) return;
      if (random.one_in(2)) return any_program().take(std::move(stream));
      readings_.push_back(std::make_shared<Reading>(Reading{std::move(stream)}));
      return;
    }
    case 1: {
      if (writings_.size() > 20) return;
      component::StreamPair<uint8_t> made = component::make_stream<uint8_t>(*shared_.store);
      any_program().take({std::move(made.reader), {}, true});
      writings_.push_back(std::make_shared<Writing>(Writing{std::move(made.writer), {}}));
      ++figures.streams;
      return;
    }
    case 2:
    case 3:
      if (!writings_.empty()) {
        const auto one = writings_[random.below(static_cast<uint32_t>(writings_.size()))];
        act(one);
      }
      return;
    default:
      if (!readings_.empty()) {
        const auto one = readings_[random.below(static_cast<uint32_t>(readings_.size()))];
        act(one);
      }
  }
}

void AsyncChurn::act(const std::shared_ptr<Reading>& reading) {
  Random& random = shared_.random;
  if (reading->over || random.one_in(10)) return drop(readings_, reading);
  if (reading->busy) {
    if (random.one_in(3)) reading->stream.reader.cancel(), ++figures.cancels;
    return;
  }
  if (random.one_in(6)) {
    AsyncProgram::Stream stream = std::exchange(reading->stream, {});
    drop(readings_, reading);
    return any_program().take(std::move(stream));
  }
  reading->busy = true;
  // It is not called after the store, nor if the end was dropped.
  const Result<void> begun = reading->stream.reader.read(
      random.size(100'000), [this, weak = std::weak_ptr(reading)](CopyResult r, std::vector<uint8_t> got) {
        const std::shared_ptr<Reading> self = weak.lock();
        if (!self) return;
        self->busy = false;
        self->over = r == CopyResult::kDropped;
        if (self->stream.compared && !self->stream.bytes.received(got.data(), got.size()))
          fail("a stream of the host has not continued with the bytes that follow");
      });
  if (begun) return;
  reading->busy = false;
  reading->over = true;
  if (begun.error().kind() != ErrorKind::kUsage) fail("a read of the host: " + begun.error().to_string());
}

void AsyncChurn::act(const std::shared_ptr<Writing>& writing) {
  Random& random = shared_.random;
  if (writing->over || random.one_in(10)) return drop(writings_, writing);
  if (writing->busy) {
    if (random.one_in(3)) writing->writer.cancel(), ++figures.cancels;
    return;
  }
  writing->busy = true;
  const uint8_t* from = Pattern::from(writing->bytes.phase());
  const Result<void> begun = writing->writer.write(std::vector<uint8_t>(from, from + random.size(300'000)),
                                                   [weak = std::weak_ptr(writing)](CopyResult r, size_t n) {
                                                     const std::shared_ptr<Writing> self = weak.lock();
                                                     if (!self) return;
                                                     self->busy = false;
                                                     self->over = r == CopyResult::kDropped;
                                                     self->bytes.advance(n);
                                                   });
  if (begun) return;
  writing->busy = false;
  writing->over = true;
  if (begun.error().kind() != ErrorKind::kUsage) fail("a write of the host: " + begun.error().to_string());
}

// Whatever is in progress is given up, and everything is dropped, in any order.
void AsyncChurn::take_everything_back() {
  using Clock = std::chrono::steady_clock;
  Random& random = shared_.random;
  shared_.peers.close_all();
  shared_.in.write.reset();
  shared_.out.read.reset();
  for (AsyncProgram* program : shared_.programs) program->cancel_calls();
  const Clock::time_point until = Clock::now() + std::chrono::seconds(30);
  const auto is_empty = [&] {
    return readings_.empty() && writings_.empty() &&
           std::ranges::all_of(programs_, [](const auto& p) { return p->is_empty(); });
  };
  while (!is_empty() && wrong_.empty() && Clock::now() < until) {
    bool any = false;
    for (AsyncProgram* program : shared_.programs) any = program->give_back() || any;
    if (!readings_.empty() && random.one_in(4)) drop(readings_, readings_.back());
    if (!writings_.empty() && random.one_in(4)) drop(writings_, writings_.back());
    if (any) continue;
    any_program().tick();
    // When calls that wait for bytes of others end is not known.
    if (!shared_.alone && readings_.empty() && writings_.empty()) break;
  }
  if (!wrong_.empty()) return;
  if (!is_empty()) {
    if (!shared_.alone) return;
    for (const auto& program : programs_)
      if (!program->is_empty()) fail("not everything could be dropped:" + program->left());
    return fail("the host's streams could not be dropped");
  }
  for (AsyncProgram* program : shared_.programs) program->drop_rest();
  // What is on the way between two streams of the host needs turns of the loop to see its end.
  const auto all_closed = [&] {
    return shared_.leaks.counts->resources == 0 && shared_.leaks.counts->files == shared_.first_files;
  };
  while (shared_.alone && !all_closed() && wrong_.empty() && Clock::now() < until) any_program().wait_a_millisecond();
  if (shared_.alone && !all_closed()) fail("everything was dropped, and these are left: " + shared_.leaks.text());
}

std::string AsyncChurn::close_store() {
  Random& random = shared_.random;
  const bool programs_first = random.one_in(2), streams_first = random.one_in(2);
  if (programs_first) programs_.clear();
  if (streams_first) readings_.clear(), writings_.clear();
  shared_.store.reset();
  for (const auto& reading : readings_) bin.add(reading);
  readings_.clear();
  writings_.clear();
  programs_.clear();
  const Leaks& leaks = shared_.leaks;
  leaks.wait_for_sockets();
  if (leaks.counts->resources != 0 || leaks.counts->files != shared_.first_files || leaks.quota->sockets() != 0)
    return "after the store was closed, these are left: " + leaks.text();
  return {};
}

std::string AsyncChurn::end(End how) {
  if (wrong_.empty()) switch (how) {
      case End::kDropped: take_everything_back(); break;
      case End::kClosed: break;
      case End::kTrapped:
        if (std::string wrong = programs_[0]->must_fail(); !wrong.empty()) fail(std::move(wrong));
        // Others continue.
        for (int i = 0; i < 200 && !shared_.programs.empty(); ++i) step();
        break;
      case End::kInterrupted:
        if (std::string wrong = programs_[0]->must_be_interrupted(); !wrong.empty()) fail(std::move(wrong));
        break;
      case End::kOutOfFuel:
        if (!shared_.metered) break;
        if (std::string wrong = programs_[0]->must_run_out_of_fuel(); !wrong.empty()) fail(std::move(wrong));
    }
  std::string left = close_store();
  return wrong_.empty() ? left : wrong_;
}

}  // namespace

std::unique_ptr<Churn> async_churn(uint64_t seed, Outside& outside) {
  return std::make_unique<AsyncChurn>(seed, outside);
}

}  // namespace ermine::churn

// FileCopy: a copy between a stream of a component and a file, pipe, terminal or connection, until one of them ends.
// How it ended is the value of a future.
//
// Bytes go directly between the file and the component's memory, when the component reads or writes the stream. Only
// where both ends of a stream are the host's is there a buffer, of one piece. What would wait is tried again when the
// Poller says so; when a component gives up its end, that wait ends.
//
// It owns itself: the copy of the stream that is in progress, or the Poller, keeps it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "wasi/preview2/call.h"
#include "wasi/preview2/resources.h"
#include "wasi/preview3/poller.h"
#include "wasi/preview3/retry.h"
#include "wasi/preview3/types.h"

namespace ermine::wasi::preview3 {

class FileCopy : public Waiter, public preview2::Resource, public std::enable_shared_from_this<FileCopy> {
 public:
  // The most bytes of one copy, which is not interrupted.
  static constexpr uint32_t kPiece = 1 << 20;
  using Report = std::function<void(host::HostError)>;  // sets the future

  // Begins. `error`: why nothing can be copied.
  void start(preview2::Call& call, host::HostError error);
  // Ends it, in a turn of the loop: the host's side is not wanted any more.
  void end_soon(Poller& poller);
  void ready() override { (void)next(); }
  uint64_t deadline() const override {
    if (awaited_ != nullptr) return awaited_->wait().until;
    return file_ && file_->tcp != nullptr ? deadline_of(*file_->tcp) : UINT64_MAX;
  }

 protected:
  FileCopy(std::shared_ptr<preview2::Counts> counts, StoreRef store, std::shared_ptr<preview2::OpenFile> file,
           Report report)
      : Resource(std::move(counts)), store_(store), file_(std::move(file)), report_(std::move(report)) {}

  // What follows when the component's function has returned.
  enum class Then : uint8_t { kContinue, kWait, kEnd };
  // A copy of this object's type.
  virtual component::detail::StreamCopy copy() = 0;
  virtual const component::detail::StreamEnd& end() const = 0;
  virtual void close() = 0;
  // Before a copy: whether something else is to be done first.
  virtual bool busy() { return false; }
  bool is_over() const override { return end().is_over(); }

  // Begins a copy. An error has ended the component at the other end.
  Result<void> next();
  void fail(host::HostError error) {
    then_ = Then::kEnd;
    error_ = error;
  }
  // How an attempt ended that moved nothing.
  void stopped(host::HostError error) {
    if (error == host::HostError::kAgain) then_ = Then::kWait;
    else fail(error);
  }
  // Until the host's side is worth another try.
  void wait();
  // The copy is over; what happened to the stream is no error.
  void finish();

  StoreRef store_;
  const std::shared_ptr<preview2::OpenFile> file_;  // null if something else is awaited
  const host::Awaited* awaited_ = nullptr;
  short events_ = 0;
  Then then_ = Then::kContinue;
  bool through_host_ = false;  // the other end is the host's

 private:
  void copied(component::CopyResult result, uint32_t moved);
  Report report_;
  host::HostError error_ = host::HostError::kNone;
};

}  // namespace ermine::wasi::preview3

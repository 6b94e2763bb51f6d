#include "wasi/http/request_body.h"

#include <algorithm>
#include <cstring>

namespace ermine::wasi::http {

uint64_t size_of(const Fields& fields) {
  uint64_t bytes = 0;
  for (const auto& [name, value] : fields) bytes += name.size() + value.size() + 4;  // ": " and the end of the line
  return bytes;
}

bool RequestBody::ready() {
  if (const std::shared_ptr<BodySender> sender = sender_.lock()) sender->proceed();
  const std::lock_guard hold(lock_);
  return state_ != State::kOpen || bytes_.size() - begin_ < kCapacity;
}

host::Awaited::Wait RequestBody::wait() const {
  if (const std::shared_ptr<BodySender> sender = sender_.lock()) return sender->wait();
  return {&signal_->descriptor(), UINT64_MAX, signal_.get()};
}

host::Outcome<size_t> RequestBody::room() {
  if (const std::shared_ptr<BodySender> sender = sender_.lock()) sender->proceed();
  const std::lock_guard hold(lock_);
  if (state_ != State::kOpen) return failure_ ? host::HostError::kHttp : host::HostError::kClosed;
  return kCapacity - (bytes_.size() - begin_);
}

host::HostError RequestBody::write(const uint8_t* from, size_t size) {
  {
    const std::lock_guard hold(lock_);
    if (state_ != State::kOpen) return failure_ ? host::HostError::kHttp : host::HostError::kClosed;
    if (size > std::min(length_.value_or(UINT64_MAX), most_) - written_) {
      failure_ = Failure{FailureCode::kRequestBodySize, written_ + size};
      state_ = State::kAbandoned;
    } else {
      if (begin_ > 0 && bytes_.size() + size > kCapacity) bytes_.erase(0, std::exchange(begin_, 0));
      bytes_.append(reinterpret_cast<const char*>(from), size);
      written_ += size;
    }
  }
  wake();
  const std::lock_guard hold(lock_);
  return failure_ ? host::HostError::kHttp : host::HostError::kNone;
}

Failure RequestBody::failure() const {
  const std::lock_guard hold(lock_);
  return failure_.value_or(Failure{});
}

std::optional<Failure> RequestBody::finish(Fields trailers) {
  std::optional<Failure> wrong;
  {
    const std::lock_guard hold(lock_);
    if (length_ && written_ != *length_) wrong = Failure{FailureCode::kRequestBodySize, written_};
    // A response can end before the request does.
    if (state_ == State::kOpen) {
      state_ = wrong ? State::kAbandoned : State::kFinished;
      trailers_ = std::move(trailers);
    } else if (failure_) {
      wrong = failure_;
    }
  }
  wake();
  return wrong;
}

void RequestBody::abandon() {
  {
    const std::lock_guard hold(lock_);
    if (state_ == State::kOpen) state_ = State::kAbandoned;
  }
  wake();
}

void RequestBody::attach(std::weak_ptr<BodySender> sender) {
  sender_ = std::move(sender);
  wake();
}

void RequestBody::wake() {
  const std::shared_ptr<BodySender> sender = sender_.lock();
  if (!sender) return;
  {
    const std::lock_guard hold(lock_);
    if (!asleep_ || (!sending_ && state_ == State::kOpen && bytes_.size() - begin_ < kCapacity)) return;
    asleep_ = false;
    sending_ = true;
  }
  sender->wake();
}

RequestBody::Taken RequestBody::take(uint8_t* to, size_t size) {
  size_t n = 0;
  {
    const std::lock_guard hold(lock_);
    sending_ = true;
    if (state_ == State::kAbandoned) return {Taken::State::kAbandoned};
    n = std::min(size, bytes_.size() - begin_);
    if (n == 0 && state_ == State::kOpen) {
      asleep_ = true;
      return {Taken::State::kNothingYet};
    }
    if (n == 0) return {Taken::State::kEnd};
    std::memcpy(to, bytes_.data() + begin_, n);
    begin_ += n;
    if (begin_ == bytes_.size()) {
      bytes_.clear();
      begin_ = 0;
    }
  }
  signal_->raise();
  return {Taken::State::kBytes, n};
}

Fields RequestBody::trailers() const {
  const std::lock_guard hold(lock_);
  return state_ == State::kFinished ? trailers_ : Fields();
}

void RequestBody::close(std::optional<Failure> failure) {
  {
    const std::lock_guard hold(lock_);
    bytes_ = {};
    begin_ = 0;
    if (state_ != State::kOpen) return;
    state_ = State::kClosed;
    failure_ = std::move(failure);
  }
  signal_->raise();
}

RequestBody::Outlook RequestBody::outlook() const {
  const std::lock_guard hold(lock_);
  return {state_ != State::kOpen, bytes_.size() - begin_, !trailers_.empty()};
}

}  // namespace ermine::wasi::http

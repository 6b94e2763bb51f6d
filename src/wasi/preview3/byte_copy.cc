#include "wasi/preview3/byte_copy.h"

#include <algorithm>

#include "wasi/preview2/functions.h"

namespace ermine::wasi::preview3 {

using component::detail::Cursor;
using component::detail::StreamCopy;
using host::HostError;
using host::Outcome;
using preview2::OpenFile;

namespace {

void end_direction(const std::shared_ptr<OpenFile>& file, host::Shutdown direction) {
  if (file && file->tcp != nullptr) (void)file->tcp->shut_down(direction);
}

}  // namespace

// ---- Reading

ByteReading::ByteReading(std::shared_ptr<preview2::Counts> counts, StoreRef store, std::shared_ptr<OpenFile> file,
                         Report report, component::StreamWriter<uint8_t> writer, std::optional<uint64_t> offset,
                         WasiRefusals& refusals)
    : FileCopy(std::move(counts), store, std::move(file), std::move(report)),
      refusals_(&refusals),
      writer_(std::move(writer)),
      offset_(offset) {
  events_ = POLLIN;
}
ByteReading::ByteReading(std::shared_ptr<preview2::Counts> counts, StoreRef store,
                         std::shared_ptr<host::ByteSource> source, Report report,
                         component::StreamWriter<uint8_t> writer)
    : FileCopy(std::move(counts), store, nullptr, std::move(report)),
      source_(std::move(source)),
      writer_(std::move(writer)) {
  awaited_ = source_.get();
}

StreamCopy ByteReading::copy() {
  StreamCopy copy = component::detail::new_copy<uint8_t>(kPiece);
  copy.stays = true;
  copy.transfer = [this](Cursor& c, uint64_t at, uint32_t count, uint32_t& moved) {
    moved = read(c.memory + at, count);
    return true;
  };
  copy.exchange = [this](void* to, uint32_t count) {
    auto& bytes = *static_cast<std::vector<uint8_t>*>(to);
    bytes.resize(count);
    through_host_ = true;
    const uint32_t n = read(bytes.data(), count);
    bytes.resize(n);
    return n;
  };
  return copy;
}

// So that the system receives no more.
void ByteReading::close() {
  writer_.close();
  end_direction(file_, host::Shutdown::kReading);
}

Outcome<size_t> ByteReading::read_once(uint8_t* to, uint32_t size) {
  return source_ ? source_->read(to, size) : preview2::read_now(*file_, offset_, to, size, *refusals_);
}

uint32_t ByteReading::read(uint8_t* to, uint32_t size) {
  const Outcome<size_t> n = read_once(to, size);
  if (!n || *n == 0) return stopped(n.error), 0;
  return static_cast<uint32_t>(*n);
}

// ---- Writing

ByteWriting::ByteWriting(std::shared_ptr<preview2::Counts> counts, StoreRef store, std::shared_ptr<OpenFile> file,
                         Report report, preview2::Context& context, Bytes data, Where where, uint64_t offset)
    : FileCopy(std::move(counts), store, std::move(file), std::move(report)),
      context_(context),
      reader_(std::move(data)),
      where_(where),
      offset_(offset) {
  events_ = POLLOUT;
}
ByteWriting::ByteWriting(std::shared_ptr<preview2::Counts> counts, StoreRef store, std::shared_ptr<host::ByteSink> sink,
                         Report report, preview2::Context& context, Bytes data)
    : FileCopy(std::move(counts), store, nullptr, std::move(report)),
      sink_(std::move(sink)),
      context_(context),
      reader_(std::move(data)) {
  awaited_ = sink_.get();
}

StreamCopy ByteWriting::copy() {
  StreamCopy copy = component::detail::new_copy<uint8_t>(kPiece);
  copy.stays = true;
  copy.transfer = [this](Cursor& c, uint64_t at, uint32_t count, uint32_t& moved) {
    Error stop;
    moved = write(c.memory + at, count, stop);
    return !stop || c.fail(std::move(stop));
  };
  copy.exchange = [this](void* from, uint32_t count) {
    rest_.swap(*static_cast<std::vector<uint8_t>*>(from));
    through_host_ = true;
    return count;
  };
  return copy;
}

void ByteWriting::close() {
  reader_.close();
  end_direction(file_, host::Shutdown::kWriting);
}

// Writes the rest that another stream of the host gave.
bool ByteWriting::busy() {
  while (!rest_.empty()) {
    Error stop;
    const uint32_t n = write(rest_.data(), rest_.size(), stop);
    // No code runs that could be ended: nothing is written, and the future says so.
    if (stop) fail(static_cast<HostError>(EDQUOT));
    if (n > 0) {
      rest_.erase(rest_.begin(), rest_.begin() + n);
      continue;
    }
    if (std::exchange(then_, Then::kContinue) == Then::kWait) {
      wait();
      return true;
    }
    rest_.clear();
    finish();
    return true;
  }
  return false;
}

Outcome<size_t> ByteWriting::write_sink(const uint8_t* from, size_t size) {
  const Outcome<size_t> room = sink_->room();
  if (!room) return room;
  if (*room == 0) return HostError::kAgain;
  const size_t n = std::min(*room, size);
  const HostError error = sink_->write(from, n);
  return error == HostError::kNone ? Outcome<size_t>(n) : Outcome<size_t>(error);
}

uint32_t ByteWriting::write(const uint8_t* from, size_t size, Error& stop) {
  const Outcome<size_t> n =
      sink_ ? write_sink(from, size) : preview2::write_now(context_, *file_, where_, offset_, from, size, stop);
  if (stop) return 0;
  if (!n) return stopped(n.error), 0;
  return static_cast<uint32_t>(*n);
}

}  // namespace ermine::wasi::preview3

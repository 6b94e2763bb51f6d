// Copies of bytes between a stream of a component and a file or connection of the host (OpenFile), or the work of
// another thread (ByteSource, ByteSink). Of a connection, the end of the copy is the end of that direction.
#pragma once

#include "wasi/host/channel.h"
#include "wasi/preview3/file_copy.h"

namespace ermine::wasi::preview3 {

// Reads the host's, and writes the stream.
class ByteReading final : public FileCopy {
 public:
  // `offset`: none for the file's own position. The file may be null if it starts with an error.
  ByteReading(std::shared_ptr<preview2::Counts> counts, StoreRef store, std::shared_ptr<preview2::OpenFile> file,
              Report report, component::StreamWriter<uint8_t> writer, std::optional<uint64_t> offset,
              WasiRefusals& refusals);
  ByteReading(std::shared_ptr<preview2::Counts> counts, StoreRef store, std::shared_ptr<host::ByteSource> source,
              Report report, component::StreamWriter<uint8_t> writer);

 private:
  component::detail::StreamCopy copy() override;
  const component::detail::StreamEnd& end() const override { return writer_.end(); }
  void close() override;
  uint32_t read(uint8_t* to, uint32_t size);
  host::Outcome<size_t> read_once(uint8_t* to, uint32_t size);

  const std::shared_ptr<host::ByteSource> source_;
  WasiRefusals* const refusals_ = nullptr;  // of a connection
  component::StreamWriter<uint8_t> writer_;
  std::optional<uint64_t> offset_;
};

// Reads the stream, and writes the host's.
class ByteWriting final : public FileCopy {
 public:
  using Where = preview2::OutputStream::Where;
  ByteWriting(std::shared_ptr<preview2::Counts> counts, StoreRef store, std::shared_ptr<preview2::OpenFile> file,
              Report report, preview2::Context& context, Bytes data, Where where, uint64_t offset);
  ByteWriting(std::shared_ptr<preview2::Counts> counts, StoreRef store, std::shared_ptr<host::ByteSink> sink,
              Report report, preview2::Context& context, Bytes data);

 private:
  component::detail::StreamCopy copy() override;
  const component::detail::StreamEnd& end() const override { return reader_.end(); }
  void close() override;
  // With a rest that was taken, the writer's end does not matter.
  bool is_over() const override { return rest_.empty() && FileCopy::is_over(); }
  bool busy() override;
  uint32_t write(const uint8_t* from, size_t size, Error& stop);
  host::Outcome<size_t> write_sink(const uint8_t* from, size_t size);

  const std::shared_ptr<host::ByteSink> sink_;
  preview2::Context& context_;
  Bytes reader_;
  const Where where_ = Where::kPosition;
  uint64_t offset_ = 0;
  std::vector<uint8_t> rest_;
};

}  // namespace ermine::wasi::preview3

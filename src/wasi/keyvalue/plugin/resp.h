// The protocol of Redis (RESP 2): commands that are sent, and replies, which a server may make as wrong as it likes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ermine::wasi::keyvalue {

// Appends a command with its arguments.
void write_command(std::string& to, const std::vector<std::string_view>& words);

struct Reply {
  enum class Kind : uint8_t { kText, kError, kNumber, kBytes, kNothing, kList } kind = Kind::kNothing;
  int64_t number = 0;
  std::string text;  // of kText, kError and kBytes
  std::vector<Reply> list;
};

// Where replies come from.
class ByteReader {
 public:
  // At least one byte, at most `most`, appended; false: there is no more, or not in time.
  virtual bool read(std::string& to, size_t most) = 0;

 protected:
  ByteReader() = default;
  ~ByteReader() = default;
};

class ReplyReader {
 public:
  enum class Problem : uint8_t {
    kNone,
    kSource,    // the reader has given nothing
    kGarbage,   // no reply of this protocol
    kTooLarge,
  };

  // `most`: bytes of a whole reply, with 64 for each element of a list.
  ReplyReader(ByteReader& source, uint64_t most) : source_(source), most_(most) {}
  // False: problem(), and nothing can be read any more.
  bool next(Reply& reply);
  Problem problem() const { return problem_; }
  // Bytes that came after the last reply.
  bool has_more() const { return at_ < buffer_.size(); }

 private:
  static constexpr int kDeepest = 4;
  static constexpr size_t kLongestLine = 64 << 10;
  bool fail(Problem problem) { return problem_ = problem, false; }
  bool more();
  bool line(std::string& out);
  bool exactly(size_t size, std::string& out);
  bool take(uint64_t bytes);
  bool read(Reply& reply, int depth);

  ByteReader& source_;
  const uint64_t most_;
  uint64_t left_ = 0;
  std::string buffer_;
  size_t at_ = 0;
  Problem problem_ = Problem::kNone;
};

}  // namespace ermine::wasi::keyvalue

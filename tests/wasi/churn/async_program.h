// Programs of WASI 0.3 (async_guest.h) in one store, whose sockets, streams, futures and subtasks the test knows by
// their handles. They do only what the definitions allow, as long as they are not to trap.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ermine/component.h"
#include "tests/wasi/churn/async_guest.h"
#include "tests/wasi/churn/outside.h"

namespace ermine::churn {

class AsyncProgram;

// A store, and what its programs share.
struct AsyncStore {
  AsyncStore(uint64_t seed, Outside& the_outside, std::string& what_is_wrong);
  void fail(std::string what) {
    if (wrong.empty()) wrong = std::move(what);
  }
  // Calls of any program may have run in a call: what they have learnt is to be known before anything else is done.
  void learn();

  Random random;
  Outside& outside;
  std::string& wrong;
  const bool alone;  // connected to itself and to the peers only
  const bool external;  // the test has a loop of its own
  const bool metered;
  Peers peers;
  OwnPipe in, out;
  Wasi wasi;
  Leaks leaks;
  uint32_t first_files = 0;
  ComponentLinker linker;
  std::optional<Store> store;
  std::vector<AsyncProgram*> programs;  // that have not trapped
};

class AsyncProgram {
 public:
  explicit AsyncProgram(AsyncStore& shared);
  void step();
  // Takes the results of calls that have waited in the program.
  void take_results();
  // Gives up or drops something. False: nothing is left, except what others hold.
  bool give_back();
  bool is_empty() const { return items_.empty() && waiting_.empty(); }
  // What is left, in words.
  std::string left() const;
  void cancel_calls();
  // Runs what is ready, for a short time.
  void tick();
  void wait_a_millisecond();
  // Once it is empty.
  void drop_rest();
  // What is wrong, or "".
  std::string must_fail();
  std::string must_be_interrupted();
  std::string must_run_out_of_fuel();

  // A stream that the program does not use any more; empty: there is none. And back.
  struct Stream {
    component::StreamReader<uint8_t> reader;
    Sequence bytes;
    bool compared = true;
    bool own = false;  // the other end may be a socket of a program of the store
  };
  Stream give();
  void take(Stream stream);

 private:
  static constexpr uint32_t kNone = ~0u, kBlocked = ~0u;
  static constexpr uint32_t kFileName = 0x656c6966, kDataName = 0x61746164;  // "file", "data"
  // Results of copies and states of subtasks, as numbers of the definitions.
  static constexpr uint32_t kCompleted = 0, kOtherDropped = 1, kCancelled = 2, kReturned = 2;

  enum class Kind : uint8_t {
    kTcp,
    kUdp,
    kFile,
    kReader,
    kWriter,
    kListener,
    kSocketEnd,
    kFileEnd,
    kCliEnd,
    kSubtask,
    // HTTP; the writers are of futures that a request and a response are given
    kFields,
    kRequest,
    kResponse,
    kTrailers,
    kHttpEnd,
    kTrailersWriter,
    kOutcomeWriter,
    // TLS
    kConnector,
    kTlsError,
    kTlsEnd,
  };
  enum class Call : uint8_t { kNone, kConnect, kReceive, kSend, kTimer, kLookup, kOpen, kHttp, kTlsConnect };
  enum class State : uint8_t { kFresh, kConnecting, kConnected, kListening, kFailed };
  struct Item {
    Kind kind;
    uint32_t handle = 0;
    size_t place = 0;  // in items_
    bool busy = false, cancelling = false;  // an operation is in progress
    bool done = false;  // it may only be dropped
    bool held = false;  // a task waits for it
    bool in_set = false;
    uint32_t lent = 0;  // to subtasks
    uint32_t slot = kNone;
    // Streams
    Sequence bytes;
    bool compared = true;  // streams and files: it has the pattern
    bool own = false;  // as in Stream
    // TCP sockets
    State state = State::kFresh;
    bool receives = false, sends = false;
    bool to_peer = false;  // its other end is one of peers_
    bool to_tls = false;  // it is the server of TLS
    // Subtasks
    Call call = Call::kNone;
    std::shared_ptr<Item> of;
  };
  using ItemPtr = std::shared_ptr<Item>;
  // A call of the test that waits in the guest.
  struct Waiting {
    ComponentCall<uint64_t> call;
    ItemPtr reader;  // null: for an event of the set
    uint32_t slot;
  };
  struct Names {
    const char *drop, *cancel, *cancel_later;
  };
  static Names names_of(Kind kind);
  static bool gives_future(Kind kind) { return kind == Kind::kTrailersWriter || kind == Kind::kOutcomeWriter; }
  static bool is_future(Kind kind) {
    return kind == Kind::kSocketEnd || kind == Kind::kFileEnd || kind == Kind::kCliEnd || kind == Kind::kTrailers ||
           kind == Kind::kHttpEnd || kind == Kind::kTlsEnd || gives_future(kind);
  }

  // Calls of the guest
  using Function = TypedComponentFunc<uint64_t(uint32_t, uint32_t, uint32_t, uint32_t, uint64_t)>;
  Result<uint64_t> attempt(std::string_view name, uint32_t a = 0, uint32_t b = 0, uint32_t c = 0, uint32_t d = 0,
                           uint64_t l = 0);
  uint32_t call(std::string_view name, uint32_t a = 0, uint32_t b = 0, uint32_t c = 0, uint32_t d = 0, uint64_t l = 0) {
    return static_cast<uint32_t>(call_wide(name, a, b, c, d, l));
  }
  uint64_t call_wide(std::string_view name, uint32_t a = 0, uint32_t b = 0, uint32_t c = 0, uint32_t d = 0,
                     uint64_t l = 0);
  uint32_t load(uint32_t at) { return call("load", at); }

  // Slots
  uint32_t take_slot();
  void free_slot(uint32_t& slot);
  static uint32_t address(uint32_t slot) { return Layout::kSlots + slot * Layout::kSlotSize; }

  // Items
  ItemPtr add(Kind kind, uint32_t handle);
  void remove(const ItemPtr& item);
  void drop(const ItemPtr& item);
  // A future has to be given its value, unless its reader is gone.
  bool may_drop(const Item& item) const {
    return !item.busy && !item.held && item.lent == 0 && (item.done || !gives_future(item.kind));
  }
  ItemPtr any(Kind kind, const std::function<bool(const Item&)>& fits);

  // What happens
  void settled(const ItemPtr& item, uint32_t code);
  void subtask_over(const ItemPtr& subtask, uint32_t state);
  void begin_copy(const ItemPtr& item);
  void begin_call(const ItemPtr& of, Call call, uint32_t code, uint32_t slot);
  void cancel(const ItemPtr& item, bool later);
  void event(uint32_t code, uint32_t at);
  void run_loop();

  // Steps
  void open_something();
  void act(const ItemPtr& item);
  void act_tcp(const ItemPtr& item);
  void act_udp(const ItemPtr& item);
  void act_file(const ItemPtr& item);
  void act_stream(const ItemPtr& item);
  void listen();
  void receive(const ItemPtr& socket);
  void relay(const ItemPtr& reader);
  void add_reader_and_end(uint32_t at, Kind end, bool compared);
  // HTTP and TLS (async_web.cc)
  void new_request();
  void act_request(const ItemPtr& item);
  void act_response(const ItemPtr& item);
  void wire_tls(const ItemPtr& socket);
  void new_connector();

  void fail(std::string what) { shared_.fail(std::move(what)); }
  bool ok() const { return shared_.wrong.empty(); }

  AsyncStore& shared_;
  Random& random_;
  std::optional<ComponentInstance> instance_;
  std::map<std::string_view, Function> functions_;
  TypedComponentFunc<std::vector<uint8_t>(uint32_t, uint32_t)> bytes_;
  std::vector<ItemPtr> items_;
  std::unordered_map<uint32_t, ItemPtr> by_handle_;
  std::vector<uint32_t> free_slots_;
  std::vector<Waiting> waiting_;
  bool taking_ = false;
  TypedComponentFunc<component::StreamReader<uint8_t>(uint32_t)> give_;
  TypedComponentFunc<uint64_t(component::StreamReader<uint8_t>)> take_;
  uint32_t set_ = 0, directory_ = 0, target_ = 50, own_port_ = 0, udp_port_ = 0, authority_size_ = 0;
};

}  // namespace ermine::churn

// See async_program.h: the state of a program, and how its operations begin and end. Its steps are in async_steps.cc.
#include "tests/wasi/churn/async_program.h"

#include <chrono>
#include <thread>

namespace ermine::churn {

using test::must;

namespace {

const Engine& engine_of(bool metered) {
  static const Engine plain(test::AsyncNetworkGuest::with_async());
  static const Engine with_fuel([] {
    Config config = test::AsyncNetworkGuest::with_async();
    config.consume_fuel = true;
    return config;
  }());
  return metered ? with_fuel : plain;
}
const Component& component_of(bool metered) {
  static const Component plain = must(Component::from_text(engine_of(false), async_guest()));
  static const Component with_fuel = must(Component::from_text(engine_of(true), async_guest()));
  return metered ? with_fuel : plain;
}

}  // namespace

AsyncStore::AsyncStore(uint64_t seed, Outside& the_outside, std::string& what_is_wrong)
    : random(seed),
      outside(the_outside),
      wrong(what_is_wrong),
      alone(random.one_in(2)),
      external(random.one_in(3)),
      metered(random.one_in(3)),
      wasi(must(Wasi::create(outside.grants(random, in, out, peers)))),
      leaks(wasi),
      linker(engine_of(metered)) {
  ++figures.stores;
  first_files = leaks.counts->files;
  do_not_block(in.write.get());
  do_not_block(out.read.get());
  must(wasi.add_to_linker(linker, component_of(metered)));
  store.emplace(engine_of(metered));
  if (metered) must(store->set_fuel(uint64_t{1} << 60));
  if (external) (void)must(component::EventLoop(*store).event_fd());
}

void AsyncStore::learn() {
  for (AsyncProgram* program : programs) program->take_results();
}

AsyncProgram::AsyncProgram(AsyncStore& shared) : shared_(shared), random_(shared.random) {
  instance_.emplace(must(shared.linker.instantiate(*shared.store, component_of(shared.metered))));
  for (const Trampoline& t : kTrampolines)
    if (is_lifted(t)) functions_.emplace(t.name, must(instance_->get_typed_func<Function::Signature>(t.name)));
  bytes_ = must(instance_->get_typed_func<std::vector<uint8_t>(uint32_t, uint32_t)>("bytes"));
  give_ = must(instance_->get_typed_func<component::StreamReader<uint8_t>(uint32_t)>("give"));
  take_ = must(instance_->get_typed_func<uint64_t(component::StreamReader<uint8_t>)>("take"));
  for (uint32_t i = 0; i < Layout::kMostSlots; ++i) free_slots_.push_back(Layout::kMostSlots - 1 - i);
  set_ = call("new-set");
  call("directories", Layout::kResult);
  directory_ = load(load(Layout::kResult));
  const std::string authority = shared.outside.http_name();
  authority_size_ = static_cast<uint32_t>(authority.size());
  for (uint32_t i = 0; i < authority_size_; i += 4) {
    uint32_t word = 0;
    authority.copy(reinterpret_cast<char*>(&word), 4, i);
    call("store", Layout::kAuthority + i, word);
  }
  listen();
  shared.programs.push_back(this);
}

// ---- Calls

Result<uint64_t> AsyncProgram::attempt(std::string_view name, uint32_t a, uint32_t b, uint32_t c, uint32_t d,
                                       uint64_t l) {
  note_call(name.data());
  return functions_.at(name)(a, b, c, d, l);
}

uint64_t AsyncProgram::call_wide(std::string_view name, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint64_t l) {
  if (!ok()) return 0;
  const Result<uint64_t> r = attempt(name, a, b, c, d, l);
  if (r) shared_.learn();
  if (r) return *r;
  fail(std::string(name) + ": " + r.error().to_string());
  return 0;
}

uint32_t AsyncProgram::take_slot() {
  if (free_slots_.empty()) return kNone;
  const uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

void AsyncProgram::free_slot(uint32_t& slot) {
  if (slot != kNone) free_slots_.push_back(std::exchange(slot, kNone));
}

// ---- Items

AsyncProgram::ItemPtr AsyncProgram::add(Kind kind, uint32_t handle) {
  auto item = std::make_shared<Item>();
  item->kind = kind;
  item->handle = handle;
  item->place = items_.size();
  items_.push_back(item);
  if (!by_handle_.emplace(handle, item).second) fail("the handle " + std::to_string(handle) + " was given twice");
  return item;
}

void AsyncProgram::remove(const ItemPtr& item) {
  by_handle_.erase(item->handle);
  items_.back()->place = item->place;
  std::swap(items_[item->place], items_.back());
  items_.pop_back();
}

AsyncProgram::ItemPtr AsyncProgram::any(Kind kind, const std::function<bool(const Item&)>& fits) {
  if (items_.empty()) return nullptr;
  const size_t first = random_.below(static_cast<uint32_t>(items_.size()));
  for (size_t i = 0; i < std::min<size_t>(items_.size(), 60); ++i) {
    const ItemPtr& item = items_[(first + i) % items_.size()];
    if (item->kind == kind && fits(*item)) return item;
  }
  return nullptr;
}

AsyncProgram::Names AsyncProgram::names_of(Kind kind) {
  switch (kind) {
    case Kind::kTcp: return {"drop-tcp", nullptr, nullptr};
    case Kind::kUdp: return {"drop-udp", nullptr, nullptr};
    case Kind::kFile: return {"drop-descriptor", nullptr, nullptr};
    case Kind::kReader: return {"drop-reader", "cancel-read", "cancel-read-later"};
    case Kind::kWriter: return {"drop-writer", "cancel-write", "cancel-write-later"};
    case Kind::kListener: return {"drop-listener", "cancel-accept", "cancel-accept-later"};
    case Kind::kSocketEnd: return {"drop-socket-end", "cancel-socket-end", "cancel-socket-end-later"};
    case Kind::kFileEnd: return {"drop-file-end", "cancel-file-end", "cancel-file-end-later"};
    case Kind::kCliEnd: return {"drop-cli-end", "cancel-cli-end", "cancel-cli-end-later"};
    case Kind::kSubtask: return {"drop-subtask", "cancel-subtask", "cancel-subtask-later"};
    case Kind::kFields: return {"drop-fields", nullptr, nullptr};
    case Kind::kRequest: return {"drop-request", nullptr, nullptr};
    case Kind::kResponse: return {"drop-response", nullptr, nullptr};
    case Kind::kTrailers: return {"drop-trailers", "cancel-trailers", "cancel-trailers-later"};
    case Kind::kHttpEnd: return {"drop-http-end", "cancel-http-end", "cancel-http-end-later"};
    case Kind::kTrailersWriter: return {"drop-trailers-writer", "cancel-give-trailers", "cancel-give-trailers-later"};
    case Kind::kOutcomeWriter: return {"drop-outcome-writer", "cancel-give-outcome", "cancel-give-outcome-later"};
    case Kind::kConnector: return {"drop-connector", nullptr, nullptr};
    case Kind::kTlsError: return {"drop-tls-error", nullptr, nullptr};
    case Kind::kTlsEnd: return {"drop-tls-end", "cancel-tls-end", "cancel-tls-end-later"};
  }
  return {};
}

void AsyncProgram::drop(const ItemPtr& item) {
  call(names_of(item->kind).drop, item->handle);
  remove(item);
}

// ---- Operations

void AsyncProgram::begin_copy(const ItemPtr& item) {
  const uint32_t slot = take_slot();
  if (slot == kNone) return;
  item->slot = slot;
  const uint32_t data = address(slot) + Layout::kSlotData;
  uint32_t code = 0;
  switch (item->kind) {
    case Kind::kReader:
      code = call("read", item->handle, data, random_.one_in(12) ? 0 : random_.size(Layout::kMostData));
      break;
    case Kind::kWriter:
      code = call("write", item->handle, Layout::kPattern + item->bytes.phase(),
                  random_.one_in(12) ? 0 : random_.size(Layout::kPatternSize - Pattern::kPeriod));
      break;
    case Kind::kListener: code = call("accept", item->handle, data, 1 + random_.below(8)); break;
    case Kind::kSocketEnd: code = call("socket-end", item->handle, data); break;
    case Kind::kFileEnd: code = call("file-end", item->handle, data); break;
    case Kind::kCliEnd: code = call("cli-end", item->handle, data); break;
    case Kind::kTrailers: code = call("trailers", item->handle, data); break;
    case Kind::kHttpEnd: code = call("http-end", item->handle, data); break;
    case Kind::kTlsEnd: code = call("tls-end", item->handle, data); break;
    case Kind::kTrailersWriter: code = call("give-trailers", item->handle, Layout::kZeros); break;
    case Kind::kOutcomeWriter: code = call("give-outcome", item->handle, Layout::kZeros); break;
    default: return;
  }
  if (code == kBlocked) item->busy = true;
  else settled(item, code);
}

// A copy has ended, or a part of it was enough.
void AsyncProgram::settled(const ItemPtr& item, uint32_t code) {
  item->busy = item->cancelling = item->held = false;
  const uint32_t result = code & 15, n = code >> 4, data = address(item->slot) + Layout::kSlotData;
  if (result > kCancelled) fail("a copy has ended with " + std::to_string(code));
  if (is_future(item->kind) && !gives_future(item->kind) && result == kOtherDropped)
    fail(std::string("a future was dropped without a value, that of ") + names_of(item->kind).drop);
  item->done = result == kOtherDropped || (is_future(item->kind) && result == kCompleted);
  if (item->kind == Kind::kTlsEnd && result == kCompleted && ok() && (load(data) & 255) != 0)
    (void)add(Kind::kTlsError, load(data + 4));
  if (item->kind == Kind::kTrailers && result == kCompleted && ok() && (load(data) & 255) == 0 &&
      (load(data + 8) & 255) != 0)
    (void)add(Kind::kFields, load(data + 12));
  if (item->kind == Kind::kReader && n > 0 && ok()) {
    if (n > Layout::kMostData) return fail("a read of " + std::to_string(n) + " bytes");
    const Result<std::vector<uint8_t>> got = bytes_(data, n);
    if (!got) fail(got.error().to_string());
    else if (item->compared && !item->bytes.received(got->data(), got->size()))
      fail("the stream " + std::to_string(item->handle) + " has not continued with the bytes that follow");
  }
  if (item->kind == Kind::kWriter) item->bytes.advance(n);
  if (item->kind == Kind::kListener) {
    for (uint32_t i = 0; i < n; ++i) add(Kind::kTcp, load(data + 4 * i))->state = State::kConnected;
    figures.accepted += n;
  }
  free_slot(item->slot);
}

void AsyncProgram::begin_call(const ItemPtr& of, Call call, uint32_t code, uint32_t slot) {
  const uint32_t state = code & 15, handle = code >> 4;
  ItemPtr subtask;
  if (state < kReturned && ok()) {
    subtask = add(Kind::kSubtask, handle);
    subtask->busy = true;
  } else {
    subtask = std::make_shared<Item>();  // there is none
  }
  subtask->call = call;
  subtask->slot = slot;
  subtask->of = of;
  if (of) ++of->lent;
  if (!subtask->busy) subtask_over(subtask, state);
}

void AsyncProgram::subtask_over(const ItemPtr& subtask, uint32_t state) {
  subtask->busy = subtask->cancelling = false;
  subtask->done = true;
  const ItemPtr of = std::exchange(subtask->of, nullptr);
  if (of) --of->lent;
  if (state < kReturned || state > 4) fail("a subtask has ended in the state " + std::to_string(state));
  const uint32_t at = address(subtask->slot) + 64;
  const bool good = state == kReturned && ok() && subtask->call != Call::kTimer && (load(at) & 255) == 0;
  if (subtask->call == Call::kConnect) {
    of->state = good ? State::kConnected : State::kFailed;
    if (good) ++figures.connections;
  }
  if (subtask->call == Call::kOpen && good) add(Kind::kFile, load(at + 4))->compared = load(at - 16) == kDataName;
  if (subtask->call == Call::kHttp && good) {
    (void)add(Kind::kResponse, load(at + 8));
    ++figures.responses;
  }
  if (subtask->call == Call::kTlsConnect && good) ++figures.tls;
  if (subtask->call == Call::kTlsConnect && !good && state == kReturned && ok())
    (void)add(Kind::kTlsError, load(at + 4));
  free_slot(subtask->slot);
}

void AsyncProgram::cancel(const ItemPtr& item, bool later) {
  if (!item->busy || item->cancelling || item->held) return;
  ++figures.cancels;
  if (!later && item->in_set) {
    call("join", item->handle, 0);
    item->in_set = false;
  }
  item->cancelling = true;
  const uint32_t code = call(later ? names_of(item->kind).cancel_later : names_of(item->kind).cancel, item->handle);
  if (code == kBlocked) {
    if (!later) fail("a cancellation that waits has not waited");
    return;
  }
  if (item->kind == Kind::kSubtask) subtask_over(item, code);
  else settled(item, code);
}

void AsyncProgram::event(uint32_t code, uint32_t at) {
  if (code == 0 || !ok()) return;
  const uint32_t handle = load(at), payload = load(at + 4);
  const auto found = by_handle_.find(handle);
  if (found == by_handle_.end())
    return fail("an event of the handle " + std::to_string(handle) + ", which was dropped");
  const ItemPtr item = found->second;
  if (!item->busy || (code == 1) != (item->kind == Kind::kSubtask))
    return fail("the event " + std::to_string(code) + " of a handle that has no operation in progress");
  if (code != 1) return settled(item, payload);
  if (payload >= kReturned) subtask_over(item, payload);
}

// Of calls that waited in the guest.
void AsyncProgram::take_results() {
  if (taking_) return;
  taking_ = true;
  for (size_t i = 0; i < waiting_.size();) {
    if (!waiting_[i].call.done()) {
      ++i;
      continue;
    }
    Waiting over = std::move(waiting_[i]);
    waiting_.erase(waiting_.begin() + static_cast<ptrdiff_t>(i));
    const bool cancelled = over.call.was_cancelled();
    const Result<uint64_t> result = over.call.take();
    if (!cancelled && !result) fail("a call that waits: " + result.error().to_string());
    else if (over.reader) settled(over.reader, static_cast<uint32_t>(*result));
    else {
      if (!cancelled) event(static_cast<uint32_t>(*result), address(over.slot));
      free_slot(over.slot);
    }
  }
  taking_ = false;
}

void AsyncProgram::run_loop() {
  const component::EventLoop loop(*shared_.store);
  for (int i = 0; i < 40 && ok(); ++i) {
    const Result<bool> ran = loop.run_some();
    if (!ran) return fail("the loop: " + ran.error().to_string());
    if (*ran) continue;
    pollfd p{*loop.event_fd(), POLLIN, 0};
    if (::poll(&p, 1, random_.one_in(20) ? 1 : 0) <= 0) return;
    if (loop.source() != nullptr) loop.source()->poll();
  }
}

void AsyncProgram::tick() {
  if (shared_.external && random_.one_in(2)) {
    run_loop();
    shared_.learn();
  } else if (random_.one_in(3) && std::ranges::all_of(waiting_, [](const Waiting& w) { return w.reader != nullptr; })) {
    // Something will come (and no other call takes it).
    const uint32_t slot = take_slot();
    if (slot == kNone) return;
    const size_t before = items_.size();
    begin_call(nullptr, Call::kTimer,
               call("wait-for", 0, 0, 0, 0, uint64_t{1000} * random_.below(random_.one_in(20) ? 1500 : 30)), slot);
    if (items_.size() > before && ok()) {
      const ItemPtr timer = items_.back();
      call("join", timer->handle, set_);
      timer->in_set = true;
      event(call("wait", set_, Layout::kResult), Layout::kResult);
    }
  } else {
    call("yield");
  }
  for (int i = 0; i < 20; ++i) {
    const uint32_t code = call("poll", set_, Layout::kResult);
    if (code == 0) break;
    event(code, Layout::kResult);
  }
  shared_.learn();
}

// ---- The end

bool AsyncProgram::give_back() {
  if (items_.empty()) return false;
  const ItemPtr item = items_[random_.below(static_cast<uint32_t>(items_.size()))];
  if (item->cancelling && !item->in_set) {
    // Its event has to be seen.
    call("join", item->handle, set_);
    item->in_set = true;
  }
  if (item->busy) cancel(item, random_.one_in(3));
  else if (may_drop(*item)) drop(item);
  else if (gives_future(item->kind)) begin_copy(item);
  if (item->busy || item->held || item->lent > 0 || random_.one_in(8)) tick();
  return std::ranges::any_of(items_, [](const ItemPtr& i) { return !i->held; });
}

std::string AsyncProgram::left() const {
  std::string text;
  for (const ItemPtr& i : items_)
    text += " " + std::string(names_of(i->kind).drop) + (i->busy ? "/busy" : "") +
            (i->cancelling ? "/cancelling" : "") + (i->held ? "/held" : "") + (i->lent > 0 ? "/lent" : "");
  return text + " and " + std::to_string(waiting_.size()) + " calls";
}

void AsyncProgram::cancel_calls() {
  for (Waiting& w : waiting_)
    if (!w.reader)
      if (const Result<void> r = w.call.cancel(); !r) fail(r.error().to_string());
}

void AsyncProgram::drop_rest() {
  call("drop-set", set_);
  call("drop-descriptor", directory_);
}

void AsyncProgram::wait_a_millisecond() {
  const uint32_t timer = call("wait-for", 0, 0, 0, 0, 1'000'000), set = call("new-set");
  if ((timer & 15) < kReturned) {
    call("join", timer >> 4, set);
    call("wait", set, Layout::kResult);
    call("drop-subtask", timer >> 4);
  }
  call("drop-set", set);
}

// What is a trap, whatever it is done to; and no function can be called any more.
std::string AsyncProgram::must_fail() {
  ++figures.traps;
  struct Choice {
    Kind kind;
    const char* name;  // null: the kind is dropped
    bool (*fits)(const Item&);
  };
  constexpr auto kBusy = [](const Item& i) { return i.busy && !i.held; };
  constexpr auto kIdle = [](const Item& i) { return !i.busy && !i.held && !i.done; };
  constexpr auto kOver = [](const Item& i) { return i.done; };
  constexpr auto kLent = [](const Item& i) { return i.lent > 0; };
  constexpr auto kBusyInSet = [](const Item& i) { return i.busy && i.in_set && !i.cancelling; };
  constexpr auto kAsked = [](const Item& i) { return i.cancelling; };
  static constexpr Choice kChoices[] = {
      {Kind::kReader, nullptr, kBusy},
      {Kind::kWriter, nullptr, kBusy},
      {Kind::kListener, nullptr, kBusy},
      {Kind::kSocketEnd, nullptr, kBusy},
      {Kind::kSubtask, nullptr, kBusy},
      {Kind::kTcp, nullptr, kLent},
      {Kind::kUdp, nullptr, kLent},
      {Kind::kReader, "read", kBusy},
      {Kind::kReader, "read", kOver},
      {Kind::kReader, "cancel-read-later", kIdle},
      {Kind::kReader, "cancel-read", kBusyInSet},
      {Kind::kReader, "stdout", kBusy},
      {Kind::kReader, "stdout", kOver},
      {Kind::kReader, "drop-writer", kIdle},
      {Kind::kWriter, "write", kBusy},
      {Kind::kWriter, "write", kOver},
      {Kind::kWriter, "cancel-write-later", kIdle},
      {Kind::kListener, "accept", kBusy},
      {Kind::kSocketEnd, "socket-end", kOver},
      {Kind::kSubtask, "cancel-subtask-later", kOver},
      {Kind::kSubtask, "cancel-subtask-later", kAsked},
      {Kind::kSubtask, "cancel-subtask", kBusyInSet},
      {Kind::kTcp, "drop-udp", kIdle},
      {Kind::kTrailersWriter, nullptr, kIdle},
      {Kind::kTrailersWriter, nullptr, kBusy},
      {Kind::kTlsEnd, "tls-end", kOver},
      {Kind::kRequest, "drop-response", kIdle},
  };
  const Choice& choice = kChoices[random_.below(std::size(kChoices))];
  const ItemPtr item = any(choice.kind, choice.fits);
  const char* name = item ? choice.name != nullptr ? choice.name : names_of(choice.kind).drop : "drop-reader";
  const Result<uint64_t> r = attempt(name, item ? item->handle : 0xFFFFFF, Layout::kSlots, 1);
  if (r) return std::string(name) + " was no trap";
  if (r.error().kind() != ErrorKind::kTrap) return std::string(name) + " was no trap, but " + r.error().to_string();
  std::erase(shared_.programs, this);
  for (Waiting& w : waiting_)
    if (!w.call.done() || w.call.take())
      return std::string("a call that waits ") + (w.reader ? "to read " : "") +
             (w.call.done() ? "has a result" : "continues") + " after a trap of its program in " + name;
  return attempt("load", Layout::kResult) ? "a function was called after a trap" : "";
}

std::string AsyncProgram::must_be_interrupted() {
  // Something is awaited in any case.
  (void)call("wait-for", 0, 0, 0, 0, 3'600'000'000'000);
  std::thread interrupts;
  const bool by_thread = random_.one_in(2);
  if (by_thread) {
    interrupts = std::thread([handle = shared_.store->interrupt_handle(), delay = random_.below(2000)] {
      std::this_thread::sleep_for(std::chrono::microseconds(delay));
      handle.interrupt();
    });
  } else {
    shared_.store->set_timeout(std::chrono::milliseconds(2));
  }
  const char* name = random_.one_in(2) ? "wait" : "yield";
  Result<uint64_t> r = uint64_t{0};
  // It may be told of many things before.
  for (int i = 0; i < 1'000'000 && r; ++i) r = attempt(name, set_, Layout::kResult);
  if (interrupts.joinable()) interrupts.join();
  if (r) return "nothing was interrupted";
  const bool right =
      by_thread ? r.error().trap_code() == TrapCode::kInterrupted : r.error().limit() == Limit::kDeadline;
  return right ? "" : "not interrupted, but " + r.error().to_string();
}

std::string AsyncProgram::must_run_out_of_fuel() {
  must(shared_.store->set_fuel(random_.below(20'000)));
  Result<uint64_t> r = uint64_t{0};
  for (int i = 0; i < 1'000'000 && r; ++i) r = attempt(i % 2 == 0 ? "yield" : "load", Layout::kResult);
  if (r) return "the fuel has not ended";
  return r.error().trap_code() == TrapCode::kOutOfFuel ? "" : "no end of the fuel, but " + r.error().to_string();
}

// ---- Streams of others

AsyncProgram::Stream AsyncProgram::give() {
  const ItemPtr item = any(Kind::kReader, [](const Item& i) { return !i.busy && !i.done && !i.held && !i.in_set; });
  if (!item || !ok()) return {};
  Result<component::StreamReader<uint8_t>> reader = give_(item->handle);
  if (!reader) return fail("give: " + reader.error().to_string()), Stream();
  remove(item);
  return {*std::move(reader), item->bytes, item->compared, item->own};
}

void AsyncProgram::take(Stream stream) {
  const Result<uint64_t> handle = take_(std::move(stream.reader));
  if (!handle) return fail("take: " + handle.error().to_string());
  const ItemPtr item = add(Kind::kReader, static_cast<uint32_t>(*handle));
  item->bytes = stream.bytes;
  item->compared = stream.compared;
  item->own = stream.own;
}

}  // namespace ermine::churn

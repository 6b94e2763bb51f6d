// The bindings of everything.wit compile, and have the functions that are expected. Never run.
#include "everything.h"

namespace {

namespace all = test::all_kinds;

class Blob : public all::types::Blob {
 public:
  ermine::Result<all::types::Size> size() override { return all::types::Size{7}; }
  ermine::Result<ermine::component::Expected<void, std::monostate>> rename(std::string_view,
                                                                           all::types::Shape) override {
    return ermine::component::Unexpected(std::monostate());
  }
};

class Types : public all::types::Host {
 public:
  ermine::Result<std::unique_ptr<all::types::Blob>> new_blob(std::span<const uint8_t>) override {
    return std::unique_ptr<all::types::Blob>(std::make_unique<Blob>());
  }
  ermine::Result<ermine::component::Expected<std::unique_ptr<all::types::Blob>, std::string>> blob_merge(
      std::unique_ptr<all::types::Blob> a, all::types::Blob&) override {
    return ermine::component::Expected<std::unique_ptr<all::types::Blob>, std::string>(std::move(a));
  }
};

class Socket : public all::waits::Socket {
 public:
  ermine::Result<void> receive(
      ermine::component::Reply<ermine::component::Expected<std::vector<uint8_t>, std::string>> reply,
      uint32_t) override {
    reply.complete(std::vector<uint8_t>{1});
    return {};
  }
  ermine::Result<void> close(ermine::component::Reply<void> reply) override {
    reply.complete();
    return {};
  }
};

class Waits : public all::waits::Host {
 public:
  ermine::Result<void> send(ermine::component::Reply<ermine::component::StreamReader<all::waits::Message>> reply,
                            all::waits::Message message, all::types::Blob&, std::string_view,
                            std::span<const uint8_t>) override {
    message.body.close();
    reply.complete({});
    return {};
  }
  ermine::Result<void> done(ermine::component::Reply<void> reply, ermine::component::FutureReader<void>,
                            ermine::component::StreamReader<std::unique_ptr<all::types::Blob>>) override {
    reply.complete();
    return {};
  }
};

static_assert(all::types::Shape::kAgain == 3);
static_assert(all::types::Colour::kDarkGreen == static_cast<all::types::Colour>(1));
static_assert((all::types::Rights::kRead | all::types::Rights::kExecuteAll) == static_cast<all::types::Rights>(5));

}  // namespace

ermine::Result<uint32_t> use(ermine::ComponentLinker& linker, ermine::StoreRef store,
                             const ermine::Component& component, all::uses::Host& uses, all::inline_::Host& inline_host,
                             all::EverythingHost& own) {
  Types types;
  Waits waits;
  ERMINE_TRY(add_to_linker(linker, all::EverythingImports{types, waits, uses, inline_host, own}));
  ERMINE_TRY(all::types::add_to_linker(
      linker, [](ermine::ComponentCaller& caller) -> all::types::Host& { return caller.data_as<Types>(); }));
  ERMINE_ASSIGN(all::Everything world, all::Everything::instantiate(linker, store, component));
  Blob blob;
  const std::vector<std::string> texts = {"a", "b"};
  ERMINE_ASSIGN(auto handle, world.gives().take({}, ermine::component::ResourceRef(), texts, {true}, {1, 2}));
  ERMINE_ASSIGN(auto bytes, world.gives().handle_read(*handle));
  ERMINE_TRY(world.gives().host(std::move(*handle)));
  ERMINE_TRY(world.run(texts));
  auto body = ermine::component::make_stream<uint8_t>(store);
  ERMINE_ASSIGN(auto served, world.serve("/", std::move(body.reader)));
  ERMINE_TRY(served.cancel());
  ERMINE_ASSIGN(uint32_t answer, world.answers().get());
  return answer + static_cast<uint32_t>(bytes.size());
}

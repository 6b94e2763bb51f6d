// The plug-in's entry.
#include "optimizing/plugin.h"

#include <llvm/Config/llvm-config.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/raw_ostream.h>
#include <pthread.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

#include "optimizing/plugin/builder.h"
#include "optimizing/plugin/codegen.h"

namespace ermine::optimizing {

namespace {

// LLVM reports some of its own errors by a handler that must not return. Compiling has a thread of its own (tier.cc),
// which ends here: the function stays in its tier, and what was allocated for it is lost.
thread_local bool t_compiles = false;
void give_up(void*, const char*, bool) {
  if (t_compiles) pthread_exit(nullptr);
}

// What compiling a function leaves for the next one: the library's functions that were read, the passes. LLVM keeps
// constants, types and positions as long as their context, so a worker is given up after some functions.
struct Worker {
  Worker(const Codegen& codegen, unsigned opt_level) : pipeline(codegen, opt_level) {
    context.setDiscardValueNames(true);
  }

  llvm::LLVMContext context;
  Library library{context};
  Pipeline pipeline;
  size_t units = 0;  // of register code that it has compiled
};
#if defined(__aarch64__)
constexpr size_t kMostUnitsOfWorker = 1;  // of one function: the printer of this machine keeps stack maps of others
#else
constexpr size_t kMostUnitsOfWorker = 20'000;
#endif

class LlvmGenerator final : public Generator {
 public:
  LlvmGenerator(const Callees& callees, std::unique_ptr<Codegen> codegen)
      : callees_(callees), handlers_(*callees.handlers), codegen_(std::move(codegen)) {}

  Object compile(const Request& request) override {
    t_compiles = true;
    const unsigned level = std::min(request.opt_level, kOptLevels - 1);
    std::unique_ptr<Worker> worker = take_worker(level);
    Object object = compile(request, *worker);
    worker->library.end();
    worker->units += request.code.code.size();
    if (worker->units < kMostUnitsOfWorker) {
      std::lock_guard lock(mutex_);
      idle_[level].push_back(std::move(worker));
    }
    return object;
  }

 private:
  std::unique_ptr<Worker> take_worker(unsigned level) {
    {
      std::lock_guard lock(mutex_);
      if (auto& idle = idle_[level]; !idle.empty()) {
        auto worker = std::move(idle.back());
        idle.pop_back();
        return worker;
      }
    }
    return std::make_unique<Worker>(*codegen_, level);
  }

  Object compile(const Request& request, Worker& worker) {
    Library& library = worker.library;
    library.begin();
    Builder builder(request, callees_, handlers_, library);
    if (!builder.build()) {
      Object object;
      object.problem = builder.problem();
      return object;
    }
    codegen_->prepare(library.module());
#ifndef NDEBUG
    if (llvm::verifyModule(library.module(), &llvm::errs())) llvm::report_fatal_error("the code is not valid");
#endif
    Object object = worker.pipeline.compile(library.module(), builder.accesses_memory(), request.wants_frames);
    object.exits = builder.exits();
    object.inlined = builder.inlined();
    return object;
  }

  const Callees callees_;
  const ir::HandlerIndex handlers_;
  const std::unique_ptr<Codegen> codegen_;
  std::mutex mutex_;  // guards idle_
  std::vector<std::unique_ptr<Worker>> idle_[kOptLevels];
};

Generator* make(const Callees& callees) {
  llvm::install_fatal_error_handler(give_up);
  auto codegen = Codegen::create();
  return codegen != nullptr ? new LlvmGenerator(callees, std::move(codegen)) : nullptr;
}

}  // namespace

}  // namespace ermine::optimizing

extern "C" __attribute__((visibility("default"))) const ermine::optimizing::Plugin* ermine_llvm_plugin() {
  static const ermine::optimizing::Plugin plugin{ermine::optimizing::kBuild, LLVM_VERSION_STRING,
                                                 ermine::optimizing::make};
  return &plugin;
}

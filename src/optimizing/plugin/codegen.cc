#include "optimizing/plugin/codegen.h"

#include <llvm/Analysis/CGSCCPassManager.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/SubtargetFeature.h>
#include <llvm/Transforms/IPO/AlwaysInliner.h>
#include <llvm/Transforms/Utils/Local.h>

#include "optimizing/plugin/builder.h"
#include "optimizing/plugin/object_file.h"

namespace ermine::optimizing {

namespace {

// What pays for its time. (Vectorizers find nothing to do: accesses to memory are volatile, and the compiler that made
// the module has run them.)
constexpr llvm::StringRef kPasses =
    "function(sroa<modify-cfg>,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,simplifycfg,reassociate,"
    "loop-mssa(loop-simplifycfg,loop-rotate,licm,simple-loop-unswitch),simplifycfg,instcombine<no-verify-fixpoint>,"
    "loop(loop-idiom,indvars,loop-deletion),gvn,sccp,bdce,instcombine<no-verify-fixpoint>,jump-threading,dse,"
    "simplifycfg,instcombine<no-verify-fixpoint>)";

}  // namespace

std::unique_ptr<Codegen> Codegen::create() {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::InitializeNativeTargetAsmParser();
  std::unique_ptr<Codegen> made(new Codegen);
  made->triple_ = llvm::sys::getProcessTriple();
  made->cpu_ = llvm::sys::getHostCPUName();
  llvm::SubtargetFeatures features;
  const auto host = llvm::sys::getHostCPUFeatures();
  for (const auto& feature : host) features.AddFeature(feature.first(), feature.second);
  made->features_ = features.getString();
#if defined(__x86_64__)
  for (const char* needed : {"avx2", "bmi", "bmi2", "fma", "lzcnt", "movbe", "popcnt"})
    if (!host.lookup(needed)) return nullptr;
#endif
  std::string error;
  made->target_ = llvm::TargetRegistry::lookupTarget(made->triple_, error);
  if (made->target_ == nullptr) return nullptr;
  auto machine = made->take_machine();
  if (machine == nullptr) return nullptr;
  made->layout_ = machine->createDataLayout().getStringRepresentation();
  made->machines_.push_back(std::move(machine));
  return made;
}

std::unique_ptr<llvm::TargetMachine> Codegen::take_machine() {
  {
    std::lock_guard lock(mutex_);
    if (!machines_.empty()) {
      auto machine = std::move(machines_.back());
      machines_.pop_back();
      return machine;
    }
  }
  llvm::TargetOptions options;
  options.EmitStackSizeSection = true;
  options.TrapUnreachable = true;
  options.NoTrapAfterNoreturn = false;
#if defined(__aarch64__)
  constexpr auto kModel = llvm::CodeModel::Tiny;  // all distances are relative
#else
  constexpr auto kModel = llvm::CodeModel::Small;
#endif
  return std::unique_ptr<llvm::TargetMachine>(target_->createTargetMachine(
      triple_, cpu_, features_, options, llvm::Reloc::PIC_, kModel, llvm::CodeGenOptLevel::Default, true));
}

void Codegen::prepare(llvm::Module& module) const {
  module.setDataLayout(layout_);
  module.setTargetTriple(triple_);
  for (llvm::Function& f : module) {
    if (f.empty()) continue;
    f.addFnAttr("target-cpu", cpu_);
    f.addFnAttr("target-features", features_);
    f.addFnAttr("prefer-vector-width", "256");
    llvm::removeUnreachableBlocks(f);
  }
}

Object Codegen::compile(llvm::Module& module, bool needs_state) {
  auto machine = take_machine();
  llvm::PassBuilder builder(machine.get());
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  // Calls of the C library's functions are never made.
  functions.registerPass([&] {
    llvm::TargetLibraryInfoImpl library{llvm::Triple(triple_)};
    library.disableAllFunctions();
    return llvm::TargetLibraryAnalysis(library);
  });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  llvm::ModulePassManager passes;
  passes.addPass(llvm::AlwaysInlinerPass(false));
  if (auto error = builder.parsePassPipeline(passes, kPasses)) {
    Object object;
    object.problem = llvm::toString(std::move(error));
    return object;
  }
  passes.run(module, modules);

  llvm::SmallVector<char, 0> file;
  llvm::raw_svector_ostream stream(file);
  llvm::legacy::PassManager emit;
  if (machine->addPassesToEmitFile(emit, stream, nullptr, llvm::CodeGenFileType::ObjectFile, true)) {
    Object object;
    object.problem = "LLVM makes no object files for this machine";
    return object;
  }
  emit.run(module);
  {
    std::lock_guard lock(mutex_);
    machines_.push_back(std::move(machine));
  }
  uint64_t frame_bytes = 0;
  Object object = read_object(stream.str(), needs_state, &frame_bytes);
  if (object.problem.empty() && frame_bytes > kMostFrameBytes) {
    object = {};
    object.problem = "its frame on the native stack is too large";
  }
  return object;
}

}  // namespace ermine::optimizing

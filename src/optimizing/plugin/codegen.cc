#include "optimizing/plugin/codegen.h"

#include <llvm/Analysis/CGSCCPassManager.h>
#include <llvm/Analysis/ValueTracking.h>
#include <llvm/CodeGen/MachineModuleInfo.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/KnownBits.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/SubtargetFeature.h>
#include <llvm/Transforms/IPO/AlwaysInliner.h>
#include <llvm/Transforms/Utils/Local.h>

#if LLVM_VERSION_MAJOR >= 20
#include <llvm/CodeGen/CodeGenTargetMachineImpl.h>
#endif

#include "optimizing/plugin/builder.h"
#include "optimizing/plugin/object_file.h"
#include "optimizing/plugin/polls.h"

namespace ermine::optimizing {

namespace {

#if LLVM_VERSION_MAJOR >= 20
using TargetMachineImpl = llvm::CodeGenTargetMachineImpl;
#else
using TargetMachineImpl = llvm::LLVMTargetMachine;
#endif

// By Config::opt_level: slots become variables and not more; what is cheap of what gains most; what pays for its time.
// (Vectorizers find nothing to do: accesses to memory are volatile, and the compiler that made the module has run
// them.)
struct PassLists {
  llvm::StringRef first, after_unrolling;  // none after: small loops are not unrolled
};
constexpr PassLists kPasses[kOptLevels] = {
    {"sroa<modify-cfg>,early-cse,simplifycfg", ""},
    {"sroa<modify-cfg>,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,loop-mssa(loop-rotate,licm),"
     "simplifycfg",
     ""},
    {"sroa<modify-cfg>,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,simplifycfg,reassociate,"
     "loop-mssa(loop-simplifycfg,loop-rotate,licm,simple-loop-unswitch),simplifycfg,instcombine<no-verify-fixpoint>,"
     "loop(loop-idiom,indvars,loop-deletion)",
     "gvn,sccp,bdce,instcombine<no-verify-fixpoint>,jump-threading,dse,simplifycfg,instcombine<no-verify-fixpoint>"},
};

// The verifier of this code follows an index as a number below 2^32, and the instruction that a handler is
// called with from its record: so induction variables stay as wide as they are in the module, and no code is shared by
// calls that differ in their arguments.
constexpr const char* kOptions[][2] = {
    {"disable-lsr", "true"}, {"indvars-widen-indvars", "false"}, {"enable-tail-merge", "false"}};

// Without knowing that a sum of 32 bits does not wrap, nothing extends its parts instead of the sum: their sum could be
// larger than the reach of an index.
void forget_wrapping(llvm::Module& module) {
  for (llvm::Function& function : module)
    for (llvm::Instruction& i : llvm::instructions(function)) {
      if (auto* const extends = llvm::dyn_cast<llvm::PossiblyNonNegInst>(&i)) extends->setNonNeg(false);
      if (!llvm::isa<llvm::OverflowingBinaryOperator>(i) || !i.getType()->isIntegerTy(32)) continue;
      i.setHasNoUnsignedWrap(false);
      i.setHasNoSignedWrap(false);
    }
}

// The rest of a division by a constant becomes a product that does not tell its bounds, of which LLVM makes use.
void bound_rests(llvm::Module& module) {
  llvm::SmallVector<llvm::Instruction*> rests;
  for (llvm::Function& function : module)
    for (llvm::Instruction& i : llvm::instructions(function))
      if (i.getOpcode() == llvm::Instruction::URem && llvm::isa<llvm::ConstantInt>(i.getOperand(1)))
        rests.push_back(&i);
  for (llvm::Instruction* const i : rests) {
    llvm::IRBuilder<> b(i);
    llvm::Value *const of = i->getOperand(0), *const by = i->getOperand(1);
    const llvm::APInt& divisor = llvm::cast<llvm::ConstantInt>(by)->getValue();
    llvm::Value* const rest = b.CreateSub(of, b.CreateMul(b.CreateUDiv(of, by), by));
    const auto mask = llvm::APInt::getLowBitsSet(divisor.getBitWidth(), (divisor - 1).getActiveBits());
    i->replaceAllUsesWith(b.CreateAnd(rest, llvm::ConstantInt::get(i->getType(), mask)));
    i->eraseFromParent();
  }
}

// Jumps through tables compare their index even where LLVM knows that no other is possible: from the ways that lead
// there, which are one to the verifier.
void bound_switches(llvm::Module& module) {
  for (llvm::Function& function : module) {
    llvm::BasicBlock* trap = nullptr;
    for (llvm::BasicBlock& block : llvm::make_early_inc_range(function)) {
      auto* const choice = llvm::dyn_cast_or_null<llvm::SwitchInst>(block.getTerminator());
      if (choice == nullptr || !llvm::isa<llvm::UnreachableInst>(choice->getDefaultDest()->front())) continue;
      if (trap == nullptr) {
        trap = llvm::BasicBlock::Create(module.getContext(), "no_such_case", &function);
        llvm::IRBuilder<> b(trap);
        b.CreateIntrinsic(llvm::Intrinsic::trap, {}, {});
        b.CreateUnreachable();
      }
      choice->setDefaultDest(trap);
    }
  }
}

// LLVM finds the bits of some numbers that it does not fold (of a fenced zero), but uses them only in some places. The
// verifier sees in all places the same number.
void replace_known(llvm::Module& module) {
  for (llvm::Function& function : module)
    for (llvm::Instruction& i : llvm::instructions(function)) {
      if (!llvm::isa<llvm::BitCastInst>(i) || !i.getType()->isIntegerTy()) continue;
      const llvm::KnownBits known = llvm::computeKnownBits(&i, module.getDataLayout());
      if (known.isConstant()) i.replaceAllUsesWith(llvm::ConstantInt::get(i.getType(), known.getConstant()));
    }
}

bool set_options() {
  auto& all = llvm::cl::getRegisteredOptions();
  for (const auto& [name, value] : kOptions) {
    const auto option = all.find(name);
    if (option == all.end() || option->second->addOccurrence(1, name, value)) return false;
  }
  return true;
}

// By name: "native" is the machine that LLVM's headers are of, which may be the building one (other_machine.cmake).
void initialize_target() {
#if defined(__x86_64__)
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
  LLVMInitializeX86AsmParser();
#elif defined(__aarch64__)
  LLVMInitializeAArch64TargetInfo();
  LLVMInitializeAArch64Target();
  LLVMInitializeAArch64TargetMC();
  LLVMInitializeAArch64AsmPrinter();
  LLVMInitializeAArch64AsmParser();
#endif
}

}  // namespace

std::unique_ptr<Codegen> Codegen::create() {
  static const bool has_options = set_options();
  if (!has_options) return nullptr;
  initialize_target();
  std::unique_ptr<Codegen> made(new Codegen);
  made->triple_ = llvm::sys::getProcessTriple();
  made->tune_ = llvm::sys::getHostCPUName();
  const auto host = llvm::sys::getHostCPUFeatures();
#if defined(__x86_64__)
  // Not what only this processor has: the verifier knows no other instructions.
  made->cpu_ = "x86-64-v3";
  for (const char* needed : {"avx2", "bmi", "bmi2", "fma", "lzcnt", "movbe", "popcnt"})
    if (!host.lookup(needed)) return nullptr;
#else
  made->cpu_ = made->tune_;
  llvm::SubtargetFeatures features;
  for (const auto& feature : host) features.AddFeature(feature.first(), feature.second);
  made->features_ = features.getString();
#endif
  std::string error;
  made->target_ = llvm::TargetRegistry::lookupTarget(made->triple_, error);
  if (made->target_ == nullptr) return nullptr;
  const auto machine = made->new_machine();
  if (machine == nullptr) return nullptr;
  made->layout_ = machine->createDataLayout().getStringRepresentation();
  return made;
}

std::unique_ptr<llvm::TargetMachine> Codegen::new_machine() const {
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
    f.addFnAttr("tune-cpu", tune_);
    f.addFnAttr("target-features", features_);
    f.addFnAttr("prefer-vector-width", "256");
    f.addFnAttr("no-realign-stack");  // the verifier knows the distance of the stack pointer from the entry's
    llvm::removeUnreachableBlocks(f);
  }
}

struct Pipeline::Passes {
  Passes(const Codegen& codegen, unsigned opt_level) : machine(codegen.new_machine()), builder(machine.get()) {
    machine->setOptLevel(opt_level < 2 ? llvm::CodeGenOptLevel::Less : llvm::CodeGenOptLevel::Default);
    // Calls of the C library's functions are never made.
    functions.registerPass([triple = codegen.triple()] {
      llvm::TargetLibraryInfoImpl library{llvm::Triple(triple)};
      library.disableAllFunctions();
      return llvm::TargetLibraryAnalysis(library);
    });
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(components);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, components, modules);
    passes.addPass(llvm::AlwaysInlinerPass(false));
    llvm::FunctionPassManager optimise;
    const auto add = [&](llvm::StringRef list) {
      if (auto error = builder.parsePassPipeline(optimise, list)) llvm::report_fatal_error(std::move(error));
    };
    add(kPasses[opt_level].first);
    if (!kPasses[opt_level].after_unrolling.empty()) {
      optimise.addPass(UnrollSmallLoops());
      optimise.addPass(RemovePolls());
      add(kPasses[opt_level].after_unrolling);
    }
    passes.addPass(llvm::createModuleToFunctionPassAdaptor(std::move(optimise)));
    if (!add_code_generation()) llvm::report_fatal_error("LLVM makes no object files for this machine");
  }

  // As addPassesToEmitFile(), without passes that never find anything here.
  bool add_code_generation() {
    auto& target = static_cast<TargetMachineImpl&>(*machine);
    auto* const module_info = new llvm::MachineModuleInfoWrapperPass(&target);
    llvm::TargetPassConfig* const config = target.createPassConfig(emit);
    config->setDisableVerify(true);
    for (char* const unused :
         {&llvm::FEntryInserterID, &llvm::FixupStatepointCallerSavedID, &llvm::FuncletLayoutID, &llvm::GCLoweringID,
          &llvm::GCMachineCodeAnalysisID, &llvm::LiveDebugValuesID, &llvm::MachineSanitizerBinaryMetadataID,
          &llvm::PatchableFunctionID, &llvm::RemoveRedundantDebugValuesID, &llvm::ShadowStackGCLoweringID,
          &llvm::StackFrameLayoutAnalysisPassID, &llvm::StackMapLivenessID, &llvm::XRayInstrumentationID})
      config->disablePass(unused);
    emit.add(config);
    emit.add(module_info);
    if (config->addISelPasses()) return false;
    config->addMachinePasses();
    config->setInitialized();
    if (target.addAsmPrinter(emit, stream, nullptr, llvm::CodeGenFileType::ObjectFile,
                             module_info->getMMI().getContext()))
      return false;
    emit.add(llvm::createFreeMachineFunctionPass());
    return true;
  }

  const std::unique_ptr<llvm::TargetMachine> machine;
  llvm::PassBuilder builder;
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::ModulePassManager passes;

  llvm::SmallVector<char, 0> file;
  llvm::raw_svector_ostream stream{file};
  llvm::legacy::PassManager emit;
};

Pipeline::Pipeline(const Codegen& codegen, unsigned opt_level)
    : passes_(std::make_unique<Passes>(codegen, opt_level)) {}
Pipeline::~Pipeline() = default;

Object Pipeline::compile(llvm::Module& module, bool needs_state, bool wants_frames) {
  Passes& p = *passes_;
  p.passes.run(module, p.modules);
  bound_rests(module);
  bound_switches(module);
  replace_known(module);
  forget_wrapping(module);
  p.modules.clear();
  p.components.clear();
  p.functions.clear();
  p.loops.clear();
  p.file.clear();
  p.emit.run(module);
  uint64_t frame_bytes = 0;
  Object object = read_object(p.stream.str(), needs_state, wants_frames, &frame_bytes);
  if (object.problem.empty() && frame_bytes > kMostFrameBytes) {
    object = {};
    object.problem = "its frame on the native stack is too large";
  }
  return object;
}

}  // namespace ermine::optimizing

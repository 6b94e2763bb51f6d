// The AArch64 instructions that code may use and that only compute: of the general registers they write at most their
// first operand. aarch64.cc handles those that move, compare, access memory, call and branch.
#pragma once

#ifdef ERMINE_CAPSTONE
#include <capstone/capstone.h>

namespace ermine::verify {

// Whether the first operand is also a source.
inline bool adds_to_first_aarch64(unsigned id) {
  switch (id) {
    case ARM64_INS_BIF:
    case ARM64_INS_BIT:
    case ARM64_INS_BSL:
    case ARM64_INS_FCVTN2:
    case ARM64_INS_FMLA:
    case ARM64_INS_FMLS:
    case ARM64_INS_INS:
    case ARM64_INS_MLA:
    case ARM64_INS_SHRN2:
    case ARM64_INS_SMLAL:
    case ARM64_INS_SMLAL2:
    case ARM64_INS_SQXTN2:
    case ARM64_INS_SQXTUN2:
    case ARM64_INS_SSRA:
    case ARM64_INS_TBX:
    case ARM64_INS_UQXTN2:
    case ARM64_INS_USRA:
    case ARM64_INS_XTN2: return true;
    default: return false;
  }
}

inline bool is_plain_aarch64(unsigned id) {
  switch (id) {
    case ARM64_INS_ABS:
    case ARM64_INS_ADC:
    case ARM64_INS_ADD:
    case ARM64_INS_ADDHN:
    case ARM64_INS_ADDP:
    case ARM64_INS_ADDV:
    case ARM64_INS_AND:
    case ARM64_INS_ASR:
    case ARM64_INS_BFI:
    case ARM64_INS_BFXIL:
    case ARM64_INS_BIC:
    case ARM64_INS_BIF:
    case ARM64_INS_BIT:
    case ARM64_INS_BSL:
    case ARM64_INS_CCMP:
    case ARM64_INS_CINC:
    case ARM64_INS_CINV:
    case ARM64_INS_CLS:
    case ARM64_INS_CLZ:
    case ARM64_INS_CMEQ:
    case ARM64_INS_CMGE:
    case ARM64_INS_CMGT:
    case ARM64_INS_CMHI:
    case ARM64_INS_CMHS:
    case ARM64_INS_CMLT:
    case ARM64_INS_CMTST:
    case ARM64_INS_CNEG:
    case ARM64_INS_CNT:
    case ARM64_INS_CSETM:
    case ARM64_INS_CSINC:
    case ARM64_INS_CSINV:
    case ARM64_INS_CSNEG:
    case ARM64_INS_DUP:
    case ARM64_INS_EON:
    case ARM64_INS_EOR:
    case ARM64_INS_EXT:
    case ARM64_INS_EXTR:
    case ARM64_INS_FABS:
    case ARM64_INS_FACGE:
    case ARM64_INS_FACGT:
    case ARM64_INS_FADD:
    case ARM64_INS_FCMEQ:
    case ARM64_INS_FCMGE:
    case ARM64_INS_FCMGT:
    case ARM64_INS_FCSEL:
    case ARM64_INS_FCVT:
    case ARM64_INS_FCVTAS:
    case ARM64_INS_FCVTAU:
    case ARM64_INS_FCVTL:
    case ARM64_INS_FCVTL2:
    case ARM64_INS_FCVTMS:
    case ARM64_INS_FCVTN:
    case ARM64_INS_FCVTN2:
    case ARM64_INS_FCVTZS:
    case ARM64_INS_FCVTZU:
    case ARM64_INS_FDIV:
    case ARM64_INS_FMADD:
    case ARM64_INS_FMAX:
    case ARM64_INS_FMAXNM:
    case ARM64_INS_FMAXNMP:
    case ARM64_INS_FMAXP:
    case ARM64_INS_FMIN:
    case ARM64_INS_FMINNM:
    case ARM64_INS_FMLA:
    case ARM64_INS_FMLS:
    case ARM64_INS_FMOV:
    case ARM64_INS_FMSUB:
    case ARM64_INS_FMUL:
    case ARM64_INS_FNEG:
    case ARM64_INS_FNMADD:
    case ARM64_INS_FNMSUB:
    case ARM64_INS_FNMUL:
    case ARM64_INS_FRINTA:
    case ARM64_INS_FRINTM:
    case ARM64_INS_FRINTN:
    case ARM64_INS_FRINTP:
    case ARM64_INS_FRINTX:
    case ARM64_INS_FRINTZ:
    case ARM64_INS_FSQRT:
    case ARM64_INS_FSUB:
    case ARM64_INS_INS:
    case ARM64_INS_LSL:
    case ARM64_INS_LSR:
    case ARM64_INS_MADD:
    case ARM64_INS_MLA:
    case ARM64_INS_MNEG:
    case ARM64_INS_MOV:
    case ARM64_INS_MOVI:
    case ARM64_INS_MSUB:
    case ARM64_INS_MUL:
    case ARM64_INS_MVN:
    case ARM64_INS_NEG:
    case ARM64_INS_NOT:
    case ARM64_INS_ORN:
    case ARM64_INS_ORR:
    case ARM64_INS_RBIT:
    case ARM64_INS_REV:
    case ARM64_INS_REV16:
    case ARM64_INS_REV32:
    case ARM64_INS_REV64:
    case ARM64_INS_ROR:
    case ARM64_INS_SADDLP:
    case ARM64_INS_SADDLV:
    case ARM64_INS_SBC:
    case ARM64_INS_SBFIZ:
    case ARM64_INS_SBFM:
    case ARM64_INS_SBFX:
    case ARM64_INS_SCVTF:
    case ARM64_INS_SDIV:
    case ARM64_INS_SHL:
    case ARM64_INS_SHRN:
    case ARM64_INS_SHRN2:
    case ARM64_INS_SMAX:
    case ARM64_INS_SMIN:
    case ARM64_INS_SMLAL:
    case ARM64_INS_SMLAL2:
    case ARM64_INS_SMOV:
    case ARM64_INS_SMULH:
    case ARM64_INS_SMULL:
    case ARM64_INS_SMULL2:
    case ARM64_INS_SQADD:
    case ARM64_INS_SQDMULH:
    case ARM64_INS_SQRDMULH:
    case ARM64_INS_SQSUB:
    case ARM64_INS_SQXTN:
    case ARM64_INS_SQXTN2:
    case ARM64_INS_SQXTUN:
    case ARM64_INS_SQXTUN2:
    case ARM64_INS_SSHL:
    case ARM64_INS_SSHLL:
    case ARM64_INS_SSHLL2:
    case ARM64_INS_SSHR:
    case ARM64_INS_SSRA:
    case ARM64_INS_SUB:
    case ARM64_INS_SXTB:
    case ARM64_INS_SXTH:
    case ARM64_INS_SXTW:
    case ARM64_INS_TBL:
    case ARM64_INS_TBX:
    case ARM64_INS_TRN1:
    case ARM64_INS_TRN2:
    case ARM64_INS_UADDLP:
    case ARM64_INS_UADDLV:
    case ARM64_INS_UBFIZ:
    case ARM64_INS_UBFM:
    case ARM64_INS_UBFX:
    case ARM64_INS_UCVTF:
    case ARM64_INS_UDIV:
    case ARM64_INS_UMAX:
    case ARM64_INS_UMAXV:
    case ARM64_INS_UMIN:
    case ARM64_INS_UMINV:
    case ARM64_INS_UMOV:
    case ARM64_INS_UMULH:
    case ARM64_INS_UMULL:
    case ARM64_INS_UMULL2:
    case ARM64_INS_UQADD:
    case ARM64_INS_UQSUB:
    case ARM64_INS_UQXTN:
    case ARM64_INS_UQXTN2:
    case ARM64_INS_URHADD:
    case ARM64_INS_URSHL:
    case ARM64_INS_USHL:
    case ARM64_INS_USHLL:
    case ARM64_INS_USHLL2:
    case ARM64_INS_USHR:
    case ARM64_INS_USRA:
    case ARM64_INS_UXTB:
    case ARM64_INS_UXTH:
    case ARM64_INS_UZP1:
    case ARM64_INS_UZP2:
    case ARM64_INS_XTN:
    case ARM64_INS_XTN2:
    case ARM64_INS_ZIP1:
    case ARM64_INS_ZIP2: return true;
    default: return false;
  }
}

}  // namespace ermine::verify
#endif

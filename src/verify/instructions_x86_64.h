// The x86-64 instructions that code may use and that only compute: they write their first operand, the registers that
// Capstone lists in addition, and nothing else. x86_64.cc handles those that move, compare, call and branch.
#pragma once

#ifdef ERMINE_CAPSTONE
#include <capstone/capstone.h>

namespace ermine::verify {

inline bool is_conditional_jump_x86_64(unsigned id) {
  switch (id) {
    case X86_INS_JA:
    case X86_INS_JAE:
    case X86_INS_JB:
    case X86_INS_JBE:
    case X86_INS_JE:
    case X86_INS_JG:
    case X86_INS_JGE:
    case X86_INS_JL:
    case X86_INS_JLE:
    case X86_INS_JNE:
    case X86_INS_JNO:
    case X86_INS_JNP:
    case X86_INS_JNS:
    case X86_INS_JO:
    case X86_INS_JP:
    case X86_INS_JS: return true;
    default: return false;
  }
}

inline bool is_conditional_move_x86_64(unsigned id) {
  switch (id) {
    case X86_INS_CMOVA:
    case X86_INS_CMOVAE:
    case X86_INS_CMOVB:
    case X86_INS_CMOVBE:
    case X86_INS_CMOVE:
    case X86_INS_CMOVG:
    case X86_INS_CMOVGE:
    case X86_INS_CMOVL:
    case X86_INS_CMOVLE:
    case X86_INS_CMOVNE:
    case X86_INS_CMOVNO:
    case X86_INS_CMOVNP:
    case X86_INS_CMOVNS:
    case X86_INS_CMOVO:
    case X86_INS_CMOVP:
    case X86_INS_CMOVS: return true;
    default: return false;
  }
}

// Whether the result does not depend on two sources that are equal: zeros, or ones.
inline bool ignores_equal_x86_64(unsigned id) {
  switch (id) {
    case X86_INS_VPCMPEQB:
    case X86_INS_VPCMPEQD:
    case X86_INS_VPCMPEQQ:
    case X86_INS_VPCMPEQW:
    case X86_INS_VPXOR:
    case X86_INS_VXORPD:
    case X86_INS_VXORPS: return true;
    default: return false;
  }
}

// Whether the first operand is also a source.
inline bool adds_to_first_x86_64(unsigned id) { return id >= X86_INS_VFMADD132PD && id <= X86_INS_VFNMSUB231SS; }

// Whether the second operand only provides the upper lanes of the result, which no scalar has.
inline bool keeps_upper_x86_64(unsigned id) {
  switch (id) {
    case X86_INS_VCVTSD2SS:
    case X86_INS_VCVTSI2SD:
    case X86_INS_VCVTSI2SS:
    case X86_INS_VCVTSS2SD:
    case X86_INS_VMOVSD:
    case X86_INS_VMOVSS:
    case X86_INS_VROUNDSD:
    case X86_INS_VROUNDSS:
    case X86_INS_VSQRTSD:
    case X86_INS_VSQRTSS: return true;
    default: return false;
  }
}

inline bool is_set_x86_64(unsigned id) {
  switch (id) {
    case X86_INS_SETA:
    case X86_INS_SETAE:
    case X86_INS_SETB:
    case X86_INS_SETBE:
    case X86_INS_SETE:
    case X86_INS_SETG:
    case X86_INS_SETGE:
    case X86_INS_SETL:
    case X86_INS_SETLE:
    case X86_INS_SETNE:
    case X86_INS_SETNO:
    case X86_INS_SETNP:
    case X86_INS_SETNS:
    case X86_INS_SETO:
    case X86_INS_SETP:
    case X86_INS_SETS: return true;
    default: return false;
  }
}

inline bool is_plain_x86_64(unsigned id) {
  switch (id) {
    case X86_INS_ADC:
    case X86_INS_ADD:
    case X86_INS_AND:
    case X86_INS_ANDN:
    case X86_INS_BLSR:
    case X86_INS_BSF:
    case X86_INS_BSR:
    case X86_INS_BSWAP:
    case X86_INS_BT:
    case X86_INS_BZHI:
    case X86_INS_CDQ:
    case X86_INS_CDQE:
    case X86_INS_CQO:
    case X86_INS_CWDE:
    case X86_INS_DEC:
    case X86_INS_DIV:
    case X86_INS_IDIV:
    case X86_INS_IMUL:
    case X86_INS_INC:
    case X86_INS_LZCNT:
    case X86_INS_MOV:
    case X86_INS_MOVD:
    case X86_INS_MUL:
    case X86_INS_MULX:
    case X86_INS_NEG:
    case X86_INS_NOT:
    case X86_INS_OR:
    case X86_INS_POPCNT:
    case X86_INS_RCR:
    case X86_INS_ROL:
    case X86_INS_ROR:
    case X86_INS_RORX:
    case X86_INS_SAR:
    case X86_INS_SARX:
    case X86_INS_SBB:
    case X86_INS_SHL:
    case X86_INS_SHLX:
    case X86_INS_SHR:
    case X86_INS_SHRX:
    case X86_INS_SUB:
    case X86_INS_TZCNT:
    case X86_INS_VADDPD:
    case X86_INS_VADDPS:
    case X86_INS_VADDSD:
    case X86_INS_VADDSS:
    case X86_INS_VANDNPS:
    case X86_INS_VANDPD:
    case X86_INS_VANDPS:
    case X86_INS_VBLENDPS:
    case X86_INS_VBLENDVPD:
    case X86_INS_VBLENDVPS:
    case X86_INS_VBROADCASTSS:
    case X86_INS_VCMPEQPD:
    case X86_INS_VCMPEQPS:
    case X86_INS_VCMPEQSD:
    case X86_INS_VCMPEQSS:
    case X86_INS_VCMPLEPD:
    case X86_INS_VCMPLEPS:
    case X86_INS_VCMPLTPD:
    case X86_INS_VCMPLTPS:
    case X86_INS_VCMPNEQPD:
    case X86_INS_VCMPNEQPS:
    case X86_INS_VCMPNEQSD:
    case X86_INS_VCMPNEQSS:
    case X86_INS_VCMPORDPD:
    case X86_INS_VCMPORDPS:
    case X86_INS_VCMPPD:
    case X86_INS_VCMPPS:
    case X86_INS_VCMPSD:
    case X86_INS_VCMPSS:
    case X86_INS_VCMPUNORDPD:
    case X86_INS_VCMPUNORDPS:
    case X86_INS_VCVTDQ2PD:
    case X86_INS_VCVTDQ2PS:
    case X86_INS_VCVTPD2PS:
    case X86_INS_VCVTPS2DQ:
    case X86_INS_VCVTPS2PD:
    case X86_INS_VCVTSD2SS:
    case X86_INS_VCVTSI2SD:
    case X86_INS_VCVTSI2SS:
    case X86_INS_VCVTSS2SD:
    case X86_INS_VCVTTPD2DQ:
    case X86_INS_VCVTTPS2DQ:
    case X86_INS_VCVTTSD2SI:
    case X86_INS_VCVTTSS2SI:
    case X86_INS_VDIVPD:
    case X86_INS_VDIVPS:
    case X86_INS_VDIVSD:
    case X86_INS_VDIVSS:
    case X86_INS_VEXTRACTI128:
    case X86_INS_VEXTRACTPS:
    case X86_INS_VFMADD132PD:
    case X86_INS_VFMADD132PS:
    case X86_INS_VFMADD213PD:
    case X86_INS_VFMADD213PS:
    case X86_INS_VFMADD231PD:
    case X86_INS_VFMADD231PS:
    case X86_INS_VFNMADD132PD:
    case X86_INS_VFNMADD132PS:
    case X86_INS_VFNMADD213PD:
    case X86_INS_VFNMADD213PS:
    case X86_INS_VFNMADD231PD:
    case X86_INS_VFNMADD231PS:
    case X86_INS_VINSERTPS:
    case X86_INS_VMAXPD:
    case X86_INS_VMAXPS:
    case X86_INS_VMAXSD:
    case X86_INS_VMAXSS:
    case X86_INS_VMINPD:
    case X86_INS_VMINPS:
    case X86_INS_VMINSD:
    case X86_INS_VMINSS:
    case X86_INS_VMOVAPD:
    case X86_INS_VMOVAPS:
    case X86_INS_VMOVD:
    case X86_INS_VMOVDDUP:
    case X86_INS_VMOVDQA:
    case X86_INS_VMOVDQU:
    case X86_INS_VMOVHLPS:
    case X86_INS_VMOVHPS:
    case X86_INS_VMOVLHPS:
    case X86_INS_VMOVLPS:
    case X86_INS_VMOVMSKPD:
    case X86_INS_VMOVMSKPS:
    case X86_INS_VMOVNTPS:
    case X86_INS_VMOVQ:
    case X86_INS_VMOVSD:
    case X86_INS_VMOVSHDUP:
    case X86_INS_VMOVSLDUP:
    case X86_INS_VMOVSS:
    case X86_INS_VMOVUPD:
    case X86_INS_VMOVUPS:
    case X86_INS_VMULPD:
    case X86_INS_VMULPS:
    case X86_INS_VMULSD:
    case X86_INS_VMULSS:
    case X86_INS_VORPD:
    case X86_INS_VORPS:
    case X86_INS_VPABSB:
    case X86_INS_VPABSD:
    case X86_INS_VPABSW:
    case X86_INS_VPACKSSDW:
    case X86_INS_VPACKSSWB:
    case X86_INS_VPACKUSDW:
    case X86_INS_VPACKUSWB:
    case X86_INS_VPADDB:
    case X86_INS_VPADDD:
    case X86_INS_VPADDQ:
    case X86_INS_VPADDSB:
    case X86_INS_VPADDSW:
    case X86_INS_VPADDUSB:
    case X86_INS_VPADDUSW:
    case X86_INS_VPADDW:
    case X86_INS_VPALIGNR:
    case X86_INS_VPAND:
    case X86_INS_VPANDN:
    case X86_INS_VPAVGB:
    case X86_INS_VPAVGW:
    case X86_INS_VPBLENDD:
    case X86_INS_VPBLENDVB:
    case X86_INS_VPBLENDW:
    case X86_INS_VPBROADCASTB:
    case X86_INS_VPBROADCASTD:
    case X86_INS_VPBROADCASTQ:
    case X86_INS_VPBROADCASTW:
    case X86_INS_VPCMPEQB:
    case X86_INS_VPCMPEQD:
    case X86_INS_VPCMPEQQ:
    case X86_INS_VPCMPEQW:
    case X86_INS_VPCMPGTB:
    case X86_INS_VPCMPGTD:
    case X86_INS_VPCMPGTQ:
    case X86_INS_VPCMPGTW:
    case X86_INS_VPERMILPD:
    case X86_INS_VPERMILPS:
    case X86_INS_VPEXTRB:
    case X86_INS_VPEXTRD:
    case X86_INS_VPEXTRQ:
    case X86_INS_VPEXTRW:
    case X86_INS_VPHADDW:
    case X86_INS_VPINSRB:
    case X86_INS_VPINSRD:
    case X86_INS_VPINSRQ:
    case X86_INS_VPINSRW:
    case X86_INS_VPMADDUBSW:
    case X86_INS_VPMADDWD:
    case X86_INS_VPMAXSB:
    case X86_INS_VPMAXSD:
    case X86_INS_VPMAXSW:
    case X86_INS_VPMAXUB:
    case X86_INS_VPMAXUD:
    case X86_INS_VPMAXUW:
    case X86_INS_VPMINSB:
    case X86_INS_VPMINSD:
    case X86_INS_VPMINSW:
    case X86_INS_VPMINUB:
    case X86_INS_VPMINUD:
    case X86_INS_VPMINUW:
    case X86_INS_VPMOVMSKB:
    case X86_INS_VPMOVSXBD:
    case X86_INS_VPMOVSXBW:
    case X86_INS_VPMOVSXDQ:
    case X86_INS_VPMOVSXWD:
    case X86_INS_VPMOVSXWQ:
    case X86_INS_VPMOVZXBD:
    case X86_INS_VPMOVZXBW:
    case X86_INS_VPMOVZXDQ:
    case X86_INS_VPMOVZXWD:
    case X86_INS_VPMOVZXWQ:
    case X86_INS_VPMULDQ:
    case X86_INS_VPMULHRSW:
    case X86_INS_VPMULLD:
    case X86_INS_VPMULLW:
    case X86_INS_VPMULUDQ:
    case X86_INS_VPOR:
    case X86_INS_VPSADBW:
    case X86_INS_VPSHUFB:
    case X86_INS_VPSHUFD:
    case X86_INS_VPSLLD:
    case X86_INS_VPSLLDQ:
    case X86_INS_VPSLLQ:
    case X86_INS_VPSLLW:
    case X86_INS_VPSRAD:
    case X86_INS_VPSRAW:
    case X86_INS_VPSRLD:
    case X86_INS_VPSRLDQ:
    case X86_INS_VPSRLQ:
    case X86_INS_VPSRLW:
    case X86_INS_VPSUBB:
    case X86_INS_VPSUBD:
    case X86_INS_VPSUBQ:
    case X86_INS_VPSUBSB:
    case X86_INS_VPSUBSW:
    case X86_INS_VPSUBUSB:
    case X86_INS_VPSUBUSW:
    case X86_INS_VPSUBW:
    case X86_INS_VPTEST:
    case X86_INS_VPUNPCKHBW:
    case X86_INS_VPUNPCKHDQ:
    case X86_INS_VPUNPCKHQDQ:
    case X86_INS_VPUNPCKHWD:
    case X86_INS_VPUNPCKLBW:
    case X86_INS_VPUNPCKLDQ:
    case X86_INS_VPUNPCKLQDQ:
    case X86_INS_VPUNPCKLWD:
    case X86_INS_VPXOR:
    case X86_INS_VROUNDPD:
    case X86_INS_VROUNDPS:
    case X86_INS_VROUNDSD:
    case X86_INS_VROUNDSS:
    case X86_INS_VSHUFPD:
    case X86_INS_VSHUFPS:
    case X86_INS_VSQRTPD:
    case X86_INS_VSQRTPS:
    case X86_INS_VSQRTSD:
    case X86_INS_VSQRTSS:
    case X86_INS_VSUBPD:
    case X86_INS_VSUBPS:
    case X86_INS_VSUBSD:
    case X86_INS_VSUBSS:
    case X86_INS_VUCOMISD:
    case X86_INS_VUCOMISS:
    case X86_INS_VUNPCKHPD:
    case X86_INS_VUNPCKHPS:
    case X86_INS_VUNPCKLPD:
    case X86_INS_VUNPCKLPS:
    case X86_INS_VXORPD:
    case X86_INS_VXORPS:
    case X86_INS_XOR: return true;
    default: return false;
  }
}

}  // namespace ermine::verify
#endif

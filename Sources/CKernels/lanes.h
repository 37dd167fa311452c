// Eight elements at a time, for loops whose sums must stay in registers: compilers see to that for variables of a
// vector type. Included once for each element type, with REAL and NAME(x) defined.

// With the alignment of an element: loads and stores may be anywhere.
typedef REAL NAME(lanes) __attribute__((vector_size(8 * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));

// No functions: a clone passes vectors in other registers than the next.
#ifndef CK_LANES
#define CK_LANES(address) (*(NAME(lanes) *)(address))
#define CK_CONSTANT_LANES(address) (*(const NAME(lanes) *)(address))
#define CK_TOTAL(l) ((((l)[0] + (l)[4]) + ((l)[1] + (l)[5])) + (((l)[2] + (l)[6]) + ((l)[3] + (l)[7])))
// A loop over variables, not over an array: all of it is written out before variables are assigned to registers.
#define CK_UNROLL _Pragma("clang loop unroll(full)")
#endif

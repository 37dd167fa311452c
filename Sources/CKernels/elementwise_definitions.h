// How an operation's loop is written: `T` is the element type, `N(name)` decorates a name with `SUFFIX`.
#define CK_JOIN_(a, b) a##_##b
#define CK_JOIN(a, b) CK_JOIN_(a, b)
#define N(name) CK_JOIN(name, SUFFIX)

// `CLONES` and `LOOP` are what makes a loop vectorized; loops around a call of the C library go without them.
#define UNARY_LOOP(CLONES, LOOP, RESULT, name, expression)                                            \
    CLONES static void N(name)(void *result_, const void *a_, const void *b_, const void *c_,         \
                               ptrdiff_t count) {                                                     \
        (void)b_, (void)c_;                                                                           \
        RESULT *result = result_;                                                                     \
        const T *as = a_;                                                                             \
        LOOP for (ptrdiff_t i = 0; i < count; i++) {                                                  \
            T a = as[i];                                                                              \
            result[i] = (RESULT)(expression);                                                         \
        }                                                                                             \
    }

#define BINARY_LOOP(CLONES, LOOP, RESULT, name, expression)                                           \
    CLONES static void N(name)(void *result_, const void *a_, const void *b_, const void *c_,         \
                               ptrdiff_t count) {                                                     \
        (void)c_;                                                                                     \
        RESULT *result = result_;                                                                     \
        const T *as = a_, *bs = b_;                                                                   \
        LOOP for (ptrdiff_t i = 0; i < count; i++) {                                                  \
            T a = as[i], b = bs[i];                                                                   \
            result[i] = (RESULT)(expression);                                                         \
        }                                                                                             \
    }

#define UNARY(name, expression) UNARY_LOOP(CK_CLONES, CK_LOOP, T, name, expression)
#define UNARY_TO_BOOL(name, expression) UNARY_LOOP(CK_CLONES, CK_LOOP, uint8_t, name, expression)
#define UNARY_SCALAR(name, expression) UNARY_LOOP(, , T, name, expression)
#define BINARY(name, expression) BINARY_LOOP(CK_CLONES, CK_LOOP, T, name, expression)
#define BINARY_TO_BOOL(name, expression) BINARY_LOOP(CK_CLONES, CK_LOOP, uint8_t, name, expression)
#define BINARY_SCALAR(name, expression) BINARY_LOOP(, , T, name, expression)

#define SELECT                                                                                        \
    CK_CLONES static void N(select)(void *result_, const void *a_, const void *b_, const void *c_,    \
                                    ptrdiff_t count) {                                                \
        T *result = result_;                                                                          \
        const uint8_t *as = a_;                                                                       \
        const T *bs = b_, *cs = c_;                                                                   \
        CK_LOOP for (ptrdiff_t i = 0; i < count; i++) {                                               \
            T b = bs[i], c = cs[i];                                                                   \
            result[i] = as[i] ? b : c;                                                                \
        }                                                                                             \
    }

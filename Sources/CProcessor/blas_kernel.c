#define _GNU_SOURCE
#include "cprocessor.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

// These are looked up, not linked: another BLAS, or an OpenBLAS with one kernel, has none of them.
static void *symbol(const char *name) { return dlsym(RTLD_DEFAULT, name); }

typedef const char *(*text_function)(void);
typedef void (*plain_function)(void);

const char *cprocessor_blas_kernel(void) {
    text_function name = (text_function)symbol("openblas_get_corename");
    return name ? name() : NULL;
}

const char *cprocessor_blas_configuration(void) {
    text_function text = (text_function)symbol("openblas_get_config");
    return text ? text() : NULL;
}

int cprocessor_can_choose_kernel(void) {
    return symbol("gotoblas_dynamic_init") && symbol("gotoblas_dynamic_quit");
}

void cprocessor_choose_kernel(const char *kernel) {
    plain_function quit = (plain_function)symbol("gotoblas_dynamic_quit");
    plain_function init = (plain_function)symbol("gotoblas_dynamic_init");
    if (!quit || !init) return;
    const char *variable = "OPENBLAS_CORETYPE";
    const char *before = getenv(variable);
    char *kept = before ? strdup(before) : NULL;
    if (kernel) setenv(variable, kernel, 1);
    else unsetenv(variable);
    quit();
    init();
    // Processes that this one starts decide for themselves.
    if (kept) setenv(variable, kept, 1);
    else unsetenv(variable);
    free(kept);
}

// Plain matrix products, to compare with.
#include <cblas.h>

#include "cprocessor.h"

#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

// Which registers the operating system saves when it switches threads: without its promise an instruction set is not there.
static unsigned long long saved_registers(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((unsigned long long)high << 32) | low;
}

int cprocessor_features(void) {
    enum { ymm = 0x6, zmm = 0xe6 };
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    int features = (c & bit_SSE4_2) ? CPROCESSOR_SSE42 : 0;
    unsigned long long saved = saved_registers();
    if ((saved & ymm) != ymm || !(c & bit_AVX)) return features;
    features |= CPROCESSOR_AVX;
    int fma = (c & bit_FMA) != 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return features;
    if (!fma || !(b & bit_AVX2)) return features;
    features |= CPROCESSOR_AVX2_FMA;
    unsigned all = bit_AVX512F | bit_AVX512CD | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL;
    if ((saved & zmm) != zmm || (b & all) != all) return features;
    features |= CPROCESSOR_AVX512;
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 5))) features |= CPROCESSOR_AVX512_BF16;
    return features;
}

int cprocessor_is_amd(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(0, &a, &b, &c, &d)) return 0;
    char vendor[13] = {0};
    memcpy(vendor, &b, 4);
    memcpy(vendor + 4, &d, 4);
    memcpy(vendor + 8, &c, 4);
    return strcmp(vendor, "AuthenticAMD") == 0 || strcmp(vendor, "HygonGenuine") == 0;
}

void cprocessor_name(char *name, size_t capacity) {
    if (capacity == 0) return;
    name[0] = 0;
    unsigned a, b, c, d;
    if (!__get_cpuid(0x80000000u, &a, &b, &c, &d) || a < 0x80000004u) return;
    char brand[49] = {0};
    for (unsigned part = 0; part < 3; part++) {
        unsigned words[4] = {0};
        __get_cpuid(0x80000002u + part, &words[0], &words[1], &words[2], &words[3]);
        memcpy(brand + 16 * part, words, sizeof words);
    }
    const char *start = brand;
    while (*start == ' ') start++;
    snprintf(name, capacity, "%s", start);
}

#else

int cprocessor_features(void) { return 0; }

int cprocessor_is_amd(void) { return 0; }

void cprocessor_name(char *name, size_t capacity) {
    if (capacity == 0) return;
    name[0] = 0;
#if defined(__linux__)
    // Arm's Linux has no name, but numbers of implementer and part.
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file) return;
    char line[256];
    unsigned implementer = 0, part = 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "CPU implementer", 15) == 0) sscanf(strchr(line, ':') ? strchr(line, ':') + 1 : "0", "%x", &implementer);
        if (strncmp(line, "CPU part", 8) == 0) sscanf(strchr(line, ':') ? strchr(line, ':') + 1 : "0", "%x", &part);
    }
    fclose(file);
    if (implementer) snprintf(name, capacity, "processor of implementer 0x%x, part 0x%x", implementer, part);
#endif
}

#endif

/*
 * The pages of the native program's own image. Only its linker can place this: it runs before the .NET runtime does.
 */
#define _GNU_SOURCE
#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

/* The linker's names for the memory that has no contents in the file; most of it are the type tables that the runtime unpacks at its start. */
extern char __bss_start[], _end[];

/*
 * Writes to these four megabytes page by page are most of a start: a thousand faults, each of which costs a virtual machine up to 15 us.
 * One call gives the pages at once, and large ones where the system has them. A kernel that knows neither refuses, and nothing is lost.
 */
__attribute__((constructor)) static void image_populate(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)__bss_start + page - 1) & -page;
    size_t size = ((uintptr_t)_end & -page) - from;
    madvise((void *)from, size, MADV_HUGEPAGE);
    madvise((void *)from, size, MADV_POPULATE_WRITE);
}

static int give_back(struct dl_phdr_info *image, size_t size, void *data)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)size, (void)data;
    for (int i = 0; i < image->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &image->dlpi_phdr[i];
        uintptr_t from = (image->dlpi_addr + part->p_vaddr) & -page, to = image->dlpi_addr + part->p_vaddr + part->p_filesz;
        if (part->p_type == PT_LOAD && !(part->p_flags & PF_W)) madvise((void *)from, to - from, MADV_DONTNEED);
    }
    return 1; /* The first image is the program; the others are libraries. */
}

/*
 * Lets go of the code and the constants that only the start needed. What is used again comes from the system's cache of the file.
 */
void image_give_back(void)
{
    dl_iterate_phdr(give_back, NULL);
}

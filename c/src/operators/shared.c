/*
 * The C++ operators of libarenite.so: where the C++ runtime is, and whether the program has operators of
 * its own.
 *
 * The library must load into C programs and must find a runtime that arrives later, by dlopen and for
 * one extension's eyes only. So nothing here is bound at load time: names are looked up in the tables
 * of the loaded objects, in the order in which they were loaded. dlopen and dlsym would do that too, but
 * they allocate, and memory has run out.
 */
#define _GNU_SOURCE
#include "operators.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>

/* What the dynamic linker knows about the names of one object. */
struct names {
    uintptr_t base;
    const ElfW(Sym) *symbols;
    const char *strings;
    const ElfW(Half) *versions; /* may be NULL */
    const uint32_t *hashes;     /* DT_GNU_HASH, which every linker has written since 2006 */
};

/* The vDSO's table is read-only and so holds offsets; all others hold addresses by now. */
static const void *table(uintptr_t base, ElfW(Addr) value)
{
    return (const void *)(value < base ? base + value : value);
}

static int read_names(const struct dl_phdr_info *object, struct names *names)
{
    *names = (struct names){.base = object->dlpi_addr};
    const ElfW(Dyn) *entry = NULL;
    for (int i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_DYNAMIC)
            entry = (const ElfW(Dyn) *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
    for (; entry != NULL && entry->d_tag != DT_NULL; entry++) {
        const void *address = table(names->base, entry->d_un.d_ptr);
        if (entry->d_tag == DT_SYMTAB)
            names->symbols = address;
        else if (entry->d_tag == DT_STRTAB)
            names->strings = address;
        else if (entry->d_tag == DT_VERSYM)
            names->versions = address;
        else if (entry->d_tag == DT_GNU_HASH)
            names->hashes = address;
    }
    return names->symbols != NULL && names->strings != NULL && names->hashes != NULL;
}

static int is_same(const char *left, const char *right)
{
    while (*left != '\0' && *left == *right)
        left++, right++;
    return *left == *right;
}

/* Whether symbol `i` is the function `name` that the object gives to others by default. */
static int is_definition(const struct names *names, uint32_t i, const char *name)
{
    const ElfW(Sym) *symbol = &names->symbols[i];
    const ElfW(Half) not_the_default = 0x8000;
    return symbol->st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol->st_info) == STT_FUNC &&
           (names->versions == NULL || (names->versions[i] & not_the_default) == 0) &&
           is_same(names->strings + symbol->st_name, name);
}

/* The function `name` of an object, or NULL. */
static void *find_in(const struct names *names, const char *name)
{
    uint32_t hash = 5381;
    for (const char *at = name; *at != '\0'; at++)
        hash = hash * 33 + (unsigned char)*at;

    /* buckets, first symbol, words of the filter, its shift; filter, buckets, chains */
    uint32_t buckets = names->hashes[0], first = names->hashes[1], words = names->hashes[2];
    if (buckets == 0 || words == 0)
        return NULL;
    const uint64_t *filter = (const uint64_t *)(names->hashes + 4);
    uint64_t word = filter[hash / 64 % words];
    if ((word >> (hash % 64) & word >> ((hash >> names->hashes[3]) % 64) & 1) == 0)
        return NULL;
    const uint32_t *bucket = (const uint32_t *)(filter + words);
    const uint32_t *chain = bucket + buckets;
    uint32_t i = bucket[hash % buckets];
    if (i < first)
        return NULL;
    for (;; i++) {
        uint32_t one = chain[i - first];
        if ((one | 1) == (hash | 1) && is_definition(names, i, name))
            return (void *)(names->base + names->symbols[i].st_value);
        if (one & 1)
            return NULL;
    }
}

static int holds(const struct dl_phdr_info *object, const void *address)
{
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uintptr_t offset = (uintptr_t)address - object->dlpi_addr - part->p_vaddr;
        if (part->p_type == PT_LOAD && offset < part->p_memsz)
            return 1;
    }
    return 0;
}

/* ---- the runtime ---- */

static const char *const runtime_names[RUNTIME_FUNCTIONS] = {
    [GET_NEW_HANDLER] = "_ZSt15get_new_handlerv",
    [THROW_BAD_ALLOC] = "_ZSt17__throw_bad_allocv",
    [BEGIN_CATCH] = "__cxa_begin_catch",
    [END_CATCH] = "__cxa_end_catch",
    [SET_IP] = "_Unwind_SetIP",
    [SET_GR] = "_Unwind_SetGR",
};

struct search {
    const char *name;
    const void *caller;
    void *found;
};

static int search_object(struct dl_phdr_info *object, size_t size, void *argument)
{
    (void)size;
    struct search *search = argument;
    struct names names;
    if ((search->caller == NULL || holds(object, search->caller)) && read_names(object, &names))
        search->found = find_in(&names, search->name);
    return search->found != NULL;
}

/* Looked up each time: what was found last time may have been unloaded since, and it is rare. */
void *arenite_runtime(enum runtime_function function, const void *caller)
{
    struct search search = {.name = runtime_names[function], .caller = caller};
    dl_iterate_phdr(search_object, &search);
    return search.found;
}

/* ---- operators of the program ---- */

/*
 * The forms that other forms call in libstdc++. A program that replaces one of them expects the others
 * to call it: an object from its own `new` must not reach `free` because the compiler chose the sized
 * `delete`, which the program has not replaced. The same numbers as in operators.rs.
 */
enum form {
    NEW,
    NEW_ARRAY,
    NEW_ALIGNED,
    NEW_ARRAY_ALIGNED,
    DELETE,
    DELETE_ARRAY,
    DELETE_ALIGNED,
    DELETE_ARRAY_ALIGNED,
    FORMS
};

static const char *const form_names[FORMS] = {
    [NEW] = "_Znwm",
    [NEW_ARRAY] = "_Znam",
    [NEW_ALIGNED] = "_ZnwmSt11align_val_t",
    [NEW_ARRAY_ALIGNED] = "_ZnamSt11align_val_t",
    [DELETE] = "_ZdlPv",
    [DELETE_ARRAY] = "_ZdaPv",
    [DELETE_ALIGNED] = "_ZdlPvSt11align_val_t",
    [DELETE_ARRAY_ALIGNED] = "_ZdaPvSt11align_val_t",
};

/* Of the state: 0 until somebody asks. The same as in operators.rs. */
enum { UNKNOWN, OURS, REPLACED };

/* The definitions in force; set before the state leaves UNKNOWN, always to the same. */
static void *in_force[FORMS];

struct operators {
    void *found[FORMS];
    int replaced;
};

/* Takes what an object defines and none before it did; ends at this library, which defines all. */
static int search_operators(struct dl_phdr_info *object, size_t size, void *argument)
{
    (void)size;
    struct operators *operators = argument;
    struct names names;
    int is_this_library = holds(object, form_names);
    /* A runtime's operators are those that we stand in for. It is in front if we came by dlopen. */
    if (!read_names(object, &names) ||
        (!is_this_library && find_in(&names, runtime_names[GET_NEW_HANDLER]) != NULL))
        return is_this_library;
    for (int form = 0; form < FORMS; form++) {
        if (operators->found[form] == NULL) {
            operators->found[form] = find_in(&names, form_names[form]);
            operators->replaced |= !is_this_library && operators->found[form] != NULL;
        }
    }
    return is_this_library;
}

/* Whose operators are in force; finds out at the first call, which may precede all constructors. */
static int whose(unsigned char *state)
{
    int known = __atomic_load_n(state, __ATOMIC_ACQUIRE); /* pairs with the store below */
    if (known != UNKNOWN)
        return known;
    struct operators operators = {.replaced = 0};
    dl_iterate_phdr(search_operators, &operators);
    for (int form = 0; form < FORMS; form++)
        __atomic_store_n(&in_force[form], operators.found[form], __ATOMIC_RELAXED);
    known = operators.replaced ? REPLACED : OURS;
    __atomic_store_n(state, (unsigned char)known, __ATOMIC_RELEASE);
    return known;
}

/* The definition of a form that the program's calls reach. */
static void *definition(enum form form, unsigned char *state)
{
    whose(state);
    return __atomic_load_n(&in_force[form], __ATOMIC_RELAXED);
}

/* ---- what the operators call that are not among those forms ---- */

typedef void *new_plain(size_t);
typedef void *new_with_alignment(size_t, size_t);
typedef void delete_plain(void *);
typedef void delete_with_alignment(void *, size_t);

HIDDEN void *arenite_forward_new(size_t, enum form, unsigned char *);
HIDDEN void *arenite_forward_new_aligned(size_t, size_t, enum form, unsigned char *);
HIDDEN void *arenite_forward_new_nothrow(size_t, enum form, unsigned char *);
HIDDEN void *arenite_forward_new_aligned_nothrow(size_t, size_t, enum form, unsigned char *);
HIDDEN void arenite_forward_delete(void *, enum form, unsigned char *);
HIDDEN void arenite_forward_delete_aligned(void *, size_t, enum form, unsigned char *);

void *arenite_forward_new(size_t size, enum form form, unsigned char *state)
{
    new_plain *new = definition(form, state);
    return new(size);
}

void *arenite_forward_new_aligned(size_t size, size_t alignment, enum form form,
                                  unsigned char *state)
{
    new_with_alignment *new = definition(form, state);
    return new(size, alignment);
}

/* Our own do not throw first: without a C++ runtime there is nothing to throw. */
void *arenite_forward_new_nothrow(size_t size, enum form form, unsigned char *state)
{
    if (whose(state) == OURS)
        return arenite_new_nothrow(size);
    /* Called with one argument more than it takes, which the calling convention allows. */
    return arenite_catch(definition(form, state), size, 0);
}

void *arenite_forward_new_aligned_nothrow(size_t size, size_t alignment, enum form form,
                                          unsigned char *state)
{
    if (whose(state) == OURS)
        return arenite_new_aligned_nothrow(size, alignment);
    return arenite_catch(definition(form, state), size, alignment);
}

void arenite_forward_delete(void *block, enum form form, unsigned char *state)
{
    delete_plain *delete = definition(form, state);
    delete(block);
}

void arenite_forward_delete_aligned(void *block, size_t alignment, enum form form,
                                    unsigned char *state)
{
    delete_with_alignment *delete = definition(form, state);
    delete(block, alignment);
}

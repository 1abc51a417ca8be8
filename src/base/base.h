/* base.h - the words we add to C.
 *
 * Attributes, scope-bound cleanup, hand-over, and `MUST`: an invariant that
 * stays on in releases.  Every other header starts from this one.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NODISCARD __attribute__((warn_unused_result))
#define NONNULL	  __attribute__((nonnull))
#define NORETURN  __attribute__((noreturn))
#define UNUSED	  __attribute__((unused))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* Arguments are evaluated twice: give them no side effects. */
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* Run `fn(&var)` when the variable leaves its scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Hand a pointer over: the variable becomes NULL, its value goes on. */
#define TAKE(ptr)                              \
	__extension__({                        \
		__typeof__(ptr) taken_ = (ptr); \
		(ptr) = NULL;                  \
		taken_;                        \
	})

/* Our own bug if `cond` is false: says where, aborts.  A restart is safe. */
#define MUST(cond) ((cond) ? (void)0 : must_fail(#cond, __FILE__, __LINE__))

void must_fail(const char *cond, const char *file, int line) NORETURN;

/* Memory from the heap; out of memory aborts.  Only base/ calls malloc itself. */
void *mem_alloc(size_t size) NODISCARD;
void *mem_zalloc(size_t nr, size_t size) NODISCARD;
void *mem_realloc(void *p, size_t size) NODISCARD;
void mem_free(void *p);

/* For CLEANUP on a pointer from mem_alloc or from a library that uses malloc. */
void mem_free_ptr(void *pp);

#endif

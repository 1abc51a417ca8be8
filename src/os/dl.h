/* dl.h - shared libraries that are loaded when first needed.
 *
 * Start-up must not pay for libraries that a plain command does not use.  A module
 * lists the functions it calls as a table, filled in once for the whole process;
 * a library that is missing is an error that names its Debian package.
 *
 *	static struct { __typeof__(&archive_read_new) read_new; } la;
 *	static const struct dl_symbol symbols[] = { DL_SYMBOL(la, read_new, archive_read_new) };
 *	static struct dl_library library = {
 *		"libarchive.so.13", "libarchive13", symbols, COUNT(symbols), &la, DL_INIT };
 */
#ifndef OS_DL_H
#define OS_DL_H

#include "base/err.h"

#include <pthread.h>

struct dl_symbol {
	const char *name;
	size_t offset; /* of a function pointer in the table */
};

#define DL_SYMBOL(table, member, function) \
	{ #function, offsetof(__typeof__(table), member) }

struct dl_library {
	const char *soname, *package;
	const struct dl_symbol *symbols;
	size_t nr_symbols;
	void *table;
	pthread_mutex_t lock;
	bool loaded;
};

#define DL_INIT PTHREAD_MUTEX_INITIALIZER, false

/* Load it and fill the table, the first time; from any thread.  It stays loaded.
 * ERR_UNAVAILABLE when it is missing or lacks a function. */
int dl_need(struct dl_library *library, struct err *err) NODISCARD NONNULL;

#endif

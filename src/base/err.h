/* err.h - what went wrong, for the caller and for the reader.
 *
 * A `struct err` lives on the caller's stack and is the last parameter of what
 * can fail for reasons outside the program.  The kind exists for callers that
 * act differently; one table maps it to an exit code.  Messages are lower case,
 * have no full stop, name the place and say what to do.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/base.h"

enum err_kind {
	ERR_NONE,
	ERR_INVALID,	 /* bad input or usage: the user can mend it */
	ERR_NOT_FOUND,	 /* what was asked for is not there */
	ERR_DENIED,	 /* the system or a rule refuses */
	ERR_LIMIT,	 /* a stated limit was passed */
	ERR_UNAVAILABLE, /* a peer or tool does not answer; may work later */
	ERR_CANCELED,	 /* somebody asked to stop */
	ERR_IO,		 /* the machine failed us */
	ERR_NR
};

#define ERR_MSG_MAX 1024

struct err {
	enum err_kind kind;
	char msg[ERR_MSG_MAX];
};

/* Sets kind and message; always -1, so that `return err_set(…)` reads well.  A macro,
 * so that compilers and analysers know the value as well as readers do. */
#define err_set(...) __extension__({ err_put(__VA_ARGS__); -1; })
void err_put(struct err *err, enum err_kind kind, const char *fmt, ...) PRINTF(3, 4) NONNULL;

/* As err_set, with ": " and the text of the errno value `code` behind it.
 * The kind follows from the code (ENOENT, EACCES, ENOSPC, …). */
#define err_sys(...) __extension__({ err_put_sys(__VA_ARGS__); -1; })
void err_put_sys(struct err *err, int code, const char *fmt, ...) PRINTF(3, 4) NONNULL;

/* Puts "fmt: " before the message that stands in err; always -1. */
#define err_wrap(...) __extension__({ err_put_wrap(__VA_ARGS__); -1; })
void err_put_wrap(struct err *err, const char *fmt, ...) PRINTF(2, 3) NONNULL;

const char *err_kind_name(enum err_kind kind);

/* 0 success, 1 pipeline failed (never from here), 2 bad usage or configuration, 3 internal. */
int err_exit_code(enum err_kind kind);

#endif

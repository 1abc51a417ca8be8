#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int exit_code;
} kinds[ERR_NR] = {
	[ERR_NONE] = { "none", 0 },
	[ERR_INVALID] = { "invalid", 2 },
	[ERR_NOT_FOUND] = { "not found", 2 },
	[ERR_DENIED] = { "denied", 3 },
	[ERR_LIMIT] = { "limit", 2 },
	[ERR_UNAVAILABLE] = { "unavailable", 2 },
	[ERR_CANCELED] = { "canceled", 1 },
	[ERR_IO] = { "io", 3 },
};

void err_put(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list args;

	err->kind = kind;
	va_start(args, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, args);
	va_end(args);
}

static enum err_kind kind_of_errno(int code)
{
	switch (code) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOT_FOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	default:
		return ERR_IO;
	}
}

void err_put_sys(struct err *err, int code, const char *fmt, ...)
{
	va_list args;
	int n;

	err->kind = kind_of_errno(code);
	va_start(args, fmt);
	n = vsnprintf(err->msg, sizeof(err->msg), fmt, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof(err->msg)) {
		char text[128];

		snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %s",
			 strerror_r(code, text, sizeof(text)));
	}
}

void err_put_wrap(struct err *err, const char *fmt, ...)
{
	char inner[ERR_MSG_MAX];
	va_list args;
	int n;

	memcpy(inner, err->msg, sizeof(inner));
	va_start(args, fmt);
	n = vsnprintf(err->msg, sizeof(err->msg), fmt, args);
	va_end(args);
	/* A message that is too long is cut on purpose. */
	if (n >= 0 && (size_t)n < sizeof(err->msg) &&
	    snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %s", inner) < 0)
		err->msg[n] = '\0';
}

const char *err_kind_name(enum err_kind kind)
{
	MUST(kind < ERR_NR);
	return kinds[kind].name;
}

int err_exit_code(enum err_kind kind)
{
	MUST(kind < ERR_NR);
	return kinds[kind].exit_code;
}

/* expr_int.h - shared by expr_lex.c, expr.c only. */
#ifndef GITLAB_EXPR_INT_H
#define GITLAB_EXPR_INT_H

#include "base/err.h"
#include "base/str.h"

enum expr_op {
	EXPR_NULL,
	EXPR_TRUE,
	EXPR_FALSE,
	EXPR_STRING,   /* text: between the quotes */
	EXPR_VARIABLE, /* text: the name */
	EXPR_INPUT,    /* text: the name */
	EXPR_PATTERN,  /* text: slashes and flags included */
	EXPR_NOT,
	EXPR_EQUALS,
	EXPR_NOT_EQUALS,
	EXPR_MATCHES,
	EXPR_NOT_MATCHES,
	EXPR_AND,
	EXPR_OR,
	EXPR_OPEN,
	EXPR_CLOSE,
};

struct expr_token {
	enum expr_op op;
	str text;
	size_t at; /* offset of its first byte */
};

/* 1 a token, and *at moves behind it; 0 the end; -1 nothing known stands there. */
int expr_lex(str text, size_t *at, struct expr_token *ret, struct err *err) NODISCARD NONNULL;

/* Always -1.  `at` is an offset from 0; people count from 1. */
int expr_fail(struct err *err, size_t at, const char *fmt, ...) PRINTF(3, 4);

#endif

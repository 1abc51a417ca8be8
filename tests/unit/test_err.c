#include "base/err.h"
#include "dies.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static void an_error_has_kind_and_message(void **state UNUSED)
{
	struct err err = { .kind = ERR_NONE };

	assert_int_equal(err_set(&err, ERR_LIMIT, "more than %d", 5), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_string_equal(err.msg, "more than 5");
	assert_int_equal(err_wrap(&err, "reading %s", "x"), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_string_equal(err.msg, "reading x: more than 5");
}

static void the_kind_follows_from_errno(void **state UNUSED)
{
	static const struct {
		int code;
		enum err_kind kind;
	} cases[] = {
		{ ENOENT, ERR_NOT_FOUND }, { ENOTDIR, ERR_NOT_FOUND }, { EACCES, ERR_DENIED },
		{ EPERM, ERR_DENIED },	   { EROFS, ERR_DENIED },      { ENOSPC, ERR_IO },
		{ EIO, ERR_IO },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err;

		assert_int_equal(err_sys(&err, cases[i].code, "opening %s", "f"), -1);
		assert_int_equal(err.kind, cases[i].kind);
		assert_true(strncmp(err.msg, "opening f: ", 11) == 0);
		assert_true(strlen(err.msg) > 11);
	}
}

static void a_long_message_is_cut_and_stays_a_string(void **state UNUSED)
{
	char text[3 * ERR_MSG_MAX];
	struct err err;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, ERR_IO, "%s", text);
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
	err_wrap(&err, "in");
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
	assert_true(strncmp(err.msg, "in: xxx", 7) == 0);
	err_sys(&err, ENOENT, "%s", text);
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
	err_wrap(&err, "%s", text);
	assert_int_equal(strlen(err.msg), ERR_MSG_MAX - 1);
}

static void every_kind_has_a_name_and_an_exit_code(void **state UNUSED)
{
	for (enum err_kind kind = ERR_NONE; kind < ERR_NR; kind++) {
		assert_true(strlen(err_kind_name(kind)) > 0);
		assert_int_equal(err_exit_code(kind) == 0, kind == ERR_NONE);
		assert_in_range(err_exit_code(kind), 0, 3);
	}
}

static void break_a_promise(void)
{
	MUST(1 + 1 == 3);
}

static void a_broken_invariant_aborts(void **state UNUSED)
{
	MUST(1 + 1 == 2);
	assert_true(dies(break_a_promise));
}

static void hand_over_leaves_nothing_behind(void **state UNUSED)
{
	CLEANUP(mem_free_ptr) char *p = mem_alloc(10);
	char *q = TAKE(p);

	assert_null(p);
	assert_non_null(q);
	mem_free(q);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_has_kind_and_message),
		cmocka_unit_test(the_kind_follows_from_errno),
		cmocka_unit_test(a_long_message_is_cut_and_stays_a_string),
		cmocka_unit_test(every_kind_has_a_name_and_an_exit_code),
		cmocka_unit_test(a_broken_invariant_aborts),
		cmocka_unit_test(hand_over_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "os/clock.h"
#include "os/proc.h"

#include "base/arena.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct proc_capture sh(const char *script)
{
	static const char *argv[4];

	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = script;
	return (struct proc_capture){ .spec.argv = argv };
}

static void capture_reads_output_errors_and_exit_code(void **state)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT, errors = BUF_INIT;
	struct proc_capture c = sh("echo out; echo err >&2; exit 7");
	struct proc_exit end;
	struct err err;

	(void)state;
	assert_int_equal(proc_capture(&c, &out, &errors, &end, &err), 0);
	assert_string_equal(out.p, "out\n");
	assert_string_equal(errors.p, "err\n");
	assert_int_equal(end.code, 7);
}

static void capture_gives_input_and_reads_at_the_same_time(void **state)
{
	CLEANUP(buf_release) struct buf in = BUF_INIT, out = BUF_INIT, errors = BUF_INIT;
	struct proc_capture c = sh("cat");
	struct proc_exit end;
	struct err err;

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_addf(&in, "line %d\n", i);
	c.input = buf_str(&in);
	assert_int_equal(proc_capture(&c, &out, &errors, &end, &err), 0);
	assert_int_equal(out.n, in.n);
	assert_memory_equal(out.p, in.p, in.n);
}

static void a_tool_that_does_not_want_its_input_ends_nobody(void **state)
{
	static char big[300000];
	CLEANUP(buf_release) struct buf out = BUF_INIT, errors = BUF_INIT;
	struct proc_capture c = sh("exec <&-; exit 3");
	struct proc_exit end;
	struct err err;

	(void)state;
	c.input = (str){ big, sizeof(big) };
	assert_int_equal(proc_capture(&c, &out, &errors, &end, &err), 0);
	assert_int_equal(end.code, 3);
}

static void capture_has_a_ceiling_and_a_time_limit(void **state)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT, errors = BUF_INIT;
	struct proc_capture c = sh("while :; do echo yyyyyyyyyyyyyyyyyyyyy; done");
	struct proc_exit end;
	struct err err;

	(void)state;
	c.max_bytes = 1000;
	assert_int_equal(proc_capture(&c, &out, &errors, &end, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	c = sh("sleep 1000 & sleep 1000");
	c.timeout_ms = 50;
	assert_int_equal(proc_capture(&c, &out, &errors, &end, &err), -1);
	assert_int_equal(err.kind, ERR_UNAVAILABLE);
	assert_string_equal(err.msg, "sh: it took too long");
}

static void a_stray_that_holds_the_pipe_is_not_waited_for(void **state)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT, errors = BUF_INIT;
	struct proc_capture c = sh("sleep 1000 & echo done");
	struct proc_exit end;
	struct err err;
	uint64_t start = clock_mono_us();

	(void)state;
	assert_int_equal(proc_capture(&c, &out, &errors, &end, &err), 0);
	assert_string_equal(out.p, "done\n");
	assert_true(clock_mono_us() - start < 30000000);
}

static void a_program_gets_only_the_descriptors_it_is_given(void **state)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT, errors = BUF_INIT;
	struct proc_capture c =
		sh("for n in 3 4 5 6 7 8 9 20; do [ -e /proc/$$/fd/$n ] && echo $n; done;"
		   "readlink /proc/$$/fd/0");
	struct proc_exit end;
	struct err err;
	int leak = open("/dev/null", O_RDONLY); /* deliberately without O_CLOEXEC */
	int high = fcntl(leak, F_DUPFD, 20);

	(void)state;
	assert_int_equal(proc_capture(&c, &out, &errors, &end, &err), 0);
	close(leak);
	close(high);
	assert_string_equal(out.p, "/dev/null\n");
}

static void descriptors_may_be_swapped(void **state)
{
	CLEANUP(buf_release) struct buf errors = BUF_INIT;
	static const char *const argv[] = { "sh", "-c", "echo to-two >&2; echo to-one", NULL };
	int a[2], b[2], save[2] = { dup(1), dup(2) };
	struct proc p = PROC_NONE;
	struct proc_exit end;
	char text[32] = "";
	struct err err;

	(void)state;
	assert_int_equal(proc_pipe(a, &err), 0);
	assert_int_equal(proc_pipe(b, &err), 0);
	dup2(a[1], 1);
	dup2(b[1], 2);
	struct proc_spec spec = { .argv = argv, .fds = { PROC_FD_NULL, 2, 1 }, .nr_fds = 3 };
	int r = proc_start(&spec, &p, &err);
	dup2(save[0], 1);
	dup2(save[1], 2);
	assert_int_equal(r, 0);
	assert_true(proc_wait(&p, 0, &end));
	assert_int_equal(read(a[0], text, sizeof(text)), 7);
	assert_memory_equal(text, "to-two\n", 7);
	assert_int_equal(read(b[0], text, sizeof(text)), 7);
	assert_memory_equal(text, "to-one\n", 7);
	close(a[0]), close(a[1]), close(b[0]), close(b[1]), close(save[0]), close(save[1]);
}

static void failures_to_start_name_what_is_missing(void **state)
{
	static const char *const none[] = { "no-such-program-here", NULL };
	static const char *const yes[] = { "true", NULL };
	struct proc p = PROC_NONE;
	struct err err;

	(void)state;
	struct proc_spec spec = { .argv = none };
	assert_int_equal(proc_start(&spec, &p, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_string_equal(err.msg, "program \"no-such-program-here\" was not found");
	spec = (struct proc_spec){ .argv = yes, .cwd = "/no/such/dir" };
	assert_int_equal(proc_start(&spec, &p, &err), -1);
	assert_string_equal(err.msg, "starting true in /no/such/dir: No such file or directory");
	assert_int_equal(p.pid, 0);
}

static void waiting_has_a_deadline_and_a_signal_is_told_as_a_shell_does(void **state)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	CLEANUP(proc_release) struct proc p = PROC_NONE;
	struct proc_spec spec = { .argv = argv };
	struct proc_exit end;
	struct err err;

	(void)state;
	assert_int_equal(proc_start(&spec, &p, &err), 0);
	assert_false(proc_wait(&p, clock_mono_us() + 1000, &end));
	proc_signal(&p, SIGTERM);
	assert_true(proc_wait(&p, 0, &end));
	assert_int_equal(end.code, 143);
	assert_int_equal(end.signal, SIGTERM);
	assert_int_equal(p.pid, 0);
}

static void output_of_a_tool_that_fails_is_its_first_line(void **state)
{
	CLEANUP(buf_release) struct buf out = BUF_INIT;
	struct proc_capture c = sh("echo 'fatal: no repository' >&2; echo more >&2; exit 128");
	struct err err;

	(void)state;
	assert_int_equal(proc_output(&c, &out, &err), -1);
	assert_string_equal(err.msg, "sh ended with exit code 128: fatal: no repository");
}

static void times_are_written_as_iso_8601(void **state)
{
	static const struct {
		uint64_t us;
		unsigned digits;
		const char *text;
	} cases[] = {
		{ 0, 0, "1970-01-01T00:00:00Z" },
		{ 951782399000123, 6, "2000-02-28T23:59:59.000123Z" },
		{ 951782400999999, 3, "2000-02-29T00:00:00.999Z" },
		{ 1709251199500000, 1, "2024-02-29T23:59:59.5Z" },
		{ 4107542400000000, 0, "2100-03-01T00:00:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;

		clock_add_iso8601(&b, cases[i].us, cases[i].digits);
		assert_string_equal(b.p, cases[i].text);
	}
	for (uint64_t day = 0; day < 60000; day += 7) {
		time_t t = (time_t)(day * 86400 + 1);
		char want[CLOCK_ISO_MAX], got[CLOCK_ISO_MAX];
		struct tm tm;

		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
		clock_iso8601(got, (uint64_t)t * 1000000, 0);
		assert_string_equal(got, want);
	}
}

static void a_program_is_found_in_the_path(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	assert_true(str_ends_with(proc_find(&a, "sh"), STR("/sh")));
	assert_true(str_is_null(proc_find(&a, "no-such-program-here")));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capture_reads_output_errors_and_exit_code),
		cmocka_unit_test(capture_gives_input_and_reads_at_the_same_time),
		cmocka_unit_test(a_tool_that_does_not_want_its_input_ends_nobody),
		cmocka_unit_test(capture_has_a_ceiling_and_a_time_limit),
		cmocka_unit_test(a_stray_that_holds_the_pipe_is_not_waited_for),
		cmocka_unit_test(a_program_gets_only_the_descriptors_it_is_given),
		cmocka_unit_test(descriptors_may_be_swapped),
		cmocka_unit_test(failures_to_start_name_what_is_missing),
		cmocka_unit_test(waiting_has_a_deadline_and_a_signal_is_told_as_a_shell_does),
		cmocka_unit_test(output_of_a_tool_that_fails_is_its_first_line),
		cmocka_unit_test(times_are_written_as_iso_8601),
		cmocka_unit_test(a_program_is_found_in_the_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "exec/supervise.h"
#include "os/clock.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HOUR_MS 3600000

/* A job under test: its output is read up to a word, or to the end. */
struct job {
	struct supervised s;
	int out;
	struct buf text;
};

static struct job start(const char *script, unsigned grace_ms)
{
	const char *const argv[] = { "bash", "-c", script, NULL };
	struct job j = { .s = SUPERVISED_NONE, .text = BUF_INIT };
	struct err err;
	int out[2];

	assert_int_equal(proc_pipe(out, &err), 0);
	struct supervise_spec spec = {
		.argv = argv,
		.envp = (const char *const *)(uintptr_t)environ,
		.cwd = "/",
		.out_fd = out[1],
		.grace_ms = grace_ms,
	};
	assert_int_equal(supervise_start(&spec, &j.s, &err), 0);
	close(out[1]);
	j.out = out[0];
	return j;
}

static void wait_for_word(struct job *j, const char *word)
{
	while (str_find(buf_str(&j->text), str_of(word), 0) < 0) {
		char piece[512];
		ssize_t n = read(j->out, piece, sizeof(piece));

		assert_true(n > 0);
		buf_add(&j->text, piece, (size_t)n);
	}
}

static struct supervise_report finish(struct job *j)
{
	struct supervise_report r = { 0 };
	struct err err = { 0 };
	int end;

	do {
		struct pollfd p = { .fd = j->s.report_fd, .events = POLLIN };

		assert_int_equal(poll(&p, 1, 60000), 1);
		end = supervise_read(&j->s, &r, &err);
	} while (end == 0);
	assert_string_equal(err.msg, "");
	assert_int_equal(end, 1);
	return r;
}

static void done(struct job *j)
{
	supervise_release(&j->s);
	close(j->out);
	buf_release(&j->text);
}

/* Processes that the job names on its output as "pid N". */
static void assert_all_dead(const struct job *j)
{
	str rest = buf_str(&j->text);
	unsigned seen = 0;

	while (!str_is_null(rest)) {
		str line = str_cut(&rest, '\n');
		uint64_t pid;

		if (!str_starts_with(line, STR("pid ")))
			continue;
		assert_true(str_to_u64(str_from(line, 4), &pid));
		assert_int_equal(kill((pid_t)pid, 0), -1);
		assert_int_equal(errno, ESRCH);
		seen++;
	}
	assert_true(seen > 0);
}

static void the_exit_code_of_the_shell_is_reported(void **state)
{
	static const struct {
		const char *script;
		int code, signal;
	} cases[] = {
		{ "true", 0, 0 }, { "exit 37", 37, 0 }, { "kill -9 $$", 137, SIGKILL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct job j = start(cases[i].script, HOUR_MS);
		struct supervise_report r = finish(&j);

		assert_int_equal(r.code, cases[i].code);
		assert_int_equal(r.signal, cases[i].signal);
		assert_int_equal(r.killed, 0);
		assert_int_equal(r.left, 0);
		done(&j);
	}
}

/* Forks twice, makes its own session, ignores TERM. */
#define ESCAPE \
	"(trap '' TERM HUP INT; setsid bash -c 'trap \"\" TERM; echo pid $$; echo away; " \
	"while :; do sleep 1000; done' & ) ; "

static void what_the_shell_left_is_killed(void **state)
{
	struct job j =
		start("d=$(mktemp -d); export d; mkfifo $d/up;"
		      "(setsid bash -c 'trap \"\" TERM HUP; echo pid $$; echo away; echo >$d/up;"
		      "while :; do sleep 1000; done' & ); read -r x <$d/up; rm -r $d; exit 5",
		      HOUR_MS);
	struct supervise_report r;

	(void)state;
	wait_for_word(&j, "away");
	r = finish(&j);
	assert_int_equal(r.code, 5);
	assert_true(r.killed > 0);
	assert_int_equal(r.left, 0);
	assert_all_dead(&j);
	done(&j);
}

static void what_ends_soon_by_itself_is_not_killed(void **state)
{
	struct job j = start("exec > >(sleep 0.05; cat; echo last); echo first; exit 0", HOUR_MS);
	struct supervise_report r = finish(&j);

	(void)state;
	assert_int_equal(r.killed, 0);
	wait_for_word(&j, "first\nlast\n");
	done(&j);
}

static void stopping_gives_grace_then_kills(void **state)
{
	struct job j = start(
		ESCAPE "trap '' TERM; echo pid $$; echo up; while :; do sleep 1000; done", 100);
	struct supervise_report r;

	(void)state;
	wait_for_word(&j, "up");
	wait_for_word(&j, "away");
	supervise_stop(&j.s, false);
	r = finish(&j);
	assert_int_equal(r.signal, SIGKILL);
	assert_all_dead(&j);
	done(&j);
}

static void a_job_may_use_its_grace_to_clean_up(void **state)
{
	struct job j =
		start("trap 'echo cleaned; exit 3' TERM; echo up; sleep 1000 & wait", HOUR_MS);
	struct supervise_report r;

	(void)state;
	wait_for_word(&j, "up");
	supervise_stop(&j.s, false);
	r = finish(&j);
	assert_int_equal(r.code, 3);
	assert_int_equal(r.killed, 0);
	wait_for_word(&j, "cleaned");
	done(&j);
}

static void being_told_twice_hurries(void **state)
{
	struct job j = start("trap 'echo told' TERM; echo pid $$; echo up; "
			     "while :; do sleep 1000 & wait; done",
			     HOUR_MS);

	(void)state;
	wait_for_word(&j, "up");
	supervise_stop(&j.s, false);
	wait_for_word(&j, "told");
	supervise_stop(&j.s, false);
	finish(&j);
	assert_all_dead(&j);
	done(&j);
}

static void stopping_now_takes_no_grace(void **state)
{
	struct job j = start("trap '' TERM; kill -STOP $BASHPID & echo pid $$; echo up; "
			     "while :; do sleep 1000; done",
			     HOUR_MS);

	(void)state;
	wait_for_word(&j, "up");
	supervise_stop(&j.s, true);
	finish(&j);
	assert_all_dead(&j);
	done(&j);
}

static void losing_the_reader_kills_the_job(void **state)
{
	struct job j = start(
		ESCAPE "trap '' TERM; echo pid $$; echo up; while :; do sleep 1000; done", HOUR_MS);
	struct proc_exit end;
	char rest[64];

	(void)state;
	wait_for_word(&j, "up");
	wait_for_word(&j, "away");
	proc_close_fd(&j.s.report_fd); /* as when slipway dies */
	while (read(j.out, rest, sizeof(rest)) > 0)
		; /* end of file: nobody is left that could write */
	assert_true(proc_wait(&j.s.proc, 0, &end));
	assert_all_dead(&j);
	done(&j);
}

static void a_killed_supervisor_is_an_error_and_its_session_is_killed(void **state)
{
	struct job j = start("echo pid $$; echo up; exec sleep 1000", HOUR_MS);
	struct supervise_report r;
	struct err err;
	char rest[64];
	int end;

	(void)state;
	wait_for_word(&j, "up");
	while (j.s.shell == 0) { /* it has said which one it started */
		struct pollfd p = { .fd = j.s.report_fd, .events = POLLIN };

		assert_int_equal(poll(&p, 1, 60000), 1);
		assert_int_equal(supervise_read(&j.s, &r, &err), 0);
	}
	kill(j.s.proc.pid, SIGKILL);
	do {
		struct pollfd p = { .fd = j.s.report_fd, .events = POLLIN };

		assert_int_equal(poll(&p, 1, 60000), 1);
		end = supervise_read(&j.s, &r, &err);
	} while (end == 0);
	assert_int_equal(end, -1);
	assert_string_equal(err.msg, "the job's supervisor was killed (exit code 137)");
	while (read(j.out, rest, sizeof(rest)) > 0)
		;
	done(&j);
}

static void a_missing_shell_is_an_error(void **state)
{
	const char *const argv[] = { "/no/such/bash", NULL };
	struct supervise_spec spec = {
		.argv = argv,
		.envp = (const char *const *)(uintptr_t)environ,
		.cwd = "/",
		.out_fd = STDERR_FILENO,
	};
	struct supervised s = SUPERVISED_NONE;
	struct supervise_report r;
	struct err err;
	int end;

	(void)state;
	assert_int_equal(supervise_start(&spec, &s, &err), 0);
	do {
		struct pollfd p = { .fd = s.report_fd, .events = POLLIN };

		assert_int_equal(poll(&p, 1, 60000), 1);
		end = supervise_read(&s, &r, &err);
	} while (end == 0);
	assert_int_equal(end, -1);
	assert_string_equal(err.msg, "program \"/no/such/bash\" was not found");
}

static void a_crowd_that_keeps_forking_is_killed(void **state)
{
	struct job j = start("trap '' TERM; f() { while :; do ( : & ) ; done; }; echo pid $$; "
			     "f & f & f & f & echo up; wait",
			     HOUR_MS);

	(void)state;
	wait_for_word(&j, "up");
	supervise_stop(&j.s, true);
	assert_int_equal(finish(&j).left, 0);
	assert_all_dead(&j);
	done(&j);
}

static void use_is_measured(void **state)
{
	struct job j = start("( i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done )", HOUR_MS);
	struct supervise_report r = finish(&j);

	(void)state;
	assert_true(r.cpu_user_us > 10000);
	assert_true(r.max_rss_kb > 1000);
	done(&j);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exit_code_of_the_shell_is_reported),
		cmocka_unit_test(what_the_shell_left_is_killed),
		cmocka_unit_test(what_ends_soon_by_itself_is_not_killed),
		cmocka_unit_test(stopping_gives_grace_then_kills),
		cmocka_unit_test(a_job_may_use_its_grace_to_clean_up),
		cmocka_unit_test(being_told_twice_hurries),
		cmocka_unit_test(stopping_now_takes_no_grace),
		cmocka_unit_test(losing_the_reader_kills_the_job),
		cmocka_unit_test(a_killed_supervisor_is_an_error_and_its_session_is_killed),
		cmocka_unit_test(a_missing_shell_is_an_error),
		cmocka_unit_test(a_crowd_that_keeps_forking_is_killed),
		cmocka_unit_test(use_is_measured),
	};

	if (argc > 1 && strcmp(argv[1], SUPERVISE_WORD) == 0)
		return supervise_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "job_world.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>

static void a_job_ends_as_its_script_does(void **state)
{
	static const struct {
		const char *script;
		enum failure_reason reason;
		int code;
		const char *last;
	} cases[] = {
		{ "true", FAIL_NONE, 0, "\033[32;1mJob succeeded\033[0;m\n" },
		{ "exit 37", FAIL_SCRIPT, 37, "ERROR: Job failed: exit code 37\033[0;m\n" },
		{ "false", FAIL_SCRIPT, 1, "exit code 1\033[0;m\n" },
		{ "no-such-command-here", FAIL_SCRIPT, 127, "exit code 127\033[0;m\n" },
		{ "kill -9 $$", FAIL_SCRIPT, 137, "exit code 137\033[0;m\n" },
		{ "false | true", FAIL_SCRIPT, 1, "exit code 1\033[0;m\n" },
		{ "false || true", FAIL_NONE, 0, "Job succeeded\033[0;m\n" },
		{ "false && true; true", FAIL_NONE, 0, "Job succeeded\033[0;m\n" },
		{ "echo \"$NO_SUCH_VARIABLE\"", FAIL_NONE, 0, "Job succeeded\033[0;m\n" },
		{ "x=$(false)", FAIL_SCRIPT, 1, "exit code 1\033[0;m\n" },
		{ "echo 1 >f; echo 2 >f", FAIL_NONE, 0, "Job succeeded\033[0;m\n" },
		{ "if true; then", FAIL_SCRIPT, 2, "exit code 2\033[0;m\n" },
		{ "echo 'unfinished", FAIL_SCRIPT, 2, "exit code 2\033[0;m\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world *w = world_of(cases[i].script);

		world_run(w);
		assert_int_equal(w->returned, 0);
		assert_int_equal(w->result.reason, cases[i].reason);
		assert_int_equal(w->result.success, cases[i].reason == FAIL_NONE);
		assert_int_equal(w->result.exit_code, cases[i].code);
		assert_true(str_ends_with(buf_str(&w->log), str_of(cases[i].last)));
		world_free(w);
	}
}

static void commands_run_in_one_shell_and_are_shown(void **state)
{
	struct world *w = world_of("cd /; x=1");

	(void)state;
	world_script(w, "");
	world_script(w, "echo \"here: $PWD $x\"");
	world_script(w, "echo one\necho two\n");
	world_script(w, "cat <<'END'\nit's \\n \"quoted\" $x \t tab\nEND");
	world_run(w);
	assert_true(w->result.success);
	assert_has(w->seen, "\033[32;1m$ cd /; x=1\033[0;m\n\n\033[32;1m$ echo \"here: $PWD "
			    "$x\"\033[0;m\nhere: / 1\n");
	assert_has(w->seen,
		   "\033[32;1m$ echo one # collapsed multi-line command\033[0;m\none\ntwo\n");
	assert_has(w->seen, "\nit's \\n \"quoted\" $x \t tab\n");
	world_free(w);
}

static void a_script_gets_no_input_and_only_three_descriptors(void **state)
{
	struct world *w = world_of("if read -r x; then echo got input; fi; readlink /proc/$$/fd/0");

	(void)state;
	world_script(w, "for n in 3 4 5 6 7 8 9 11 12; do [ -e /proc/self/fd/$n ] && echo leak $n; "
			"done; true");
	world_script(w, "ls -l /proc/self/fd | wc -l");
	world_run(w);
	assert_true(w->result.success);
	assert_has(w->seen, "\n/dev/null\n");
	assert_lacks(w->seen, "got input\n");
	assert_lacks(w->seen, "\nleak ");
	assert_has(w->seen, "\n5\n"); /* a heading, 0, 1, 2 and ls's own */
	world_free(w);
}

static void sections_are_markers_in_the_file_and_calls_to_the_sink(void **state)
{
	struct world *w = world_of("echo section_start:1:fake");

	(void)state;
	world_after(w, "echo after");
	world_run(w);
	assert_has(w->log, "section_start:");
	assert_has(w->log, ":step_script\r\033[0K\033[0K\033[36;1mExecuting \"step_script\" stage "
			   "of the job script\033[0;m\033[0;m\n");
	assert_has(w->sections, "prepare_executor /prepare_executor get_sources /get_sources ");
	assert_has(w->sections, "step_script /step_script after_script /after_script ");
	assert_has(w->sections, "cleanup_file_variables /cleanup_file_variables ");
	assert_lacks(w->seen, "Executing \"step_script\"");
	assert_int_equal(w->result.log_bytes, w->log.n);
	world_free(w);
}

static void names_dead(struct world *w)
{
	str rest = buf_str(&w->seen);
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

#define STUBBORN \
	"trap '' TERM; (setsid bash -c 'trap \"\" TERM; echo pid $$; while :; do sleep 1000; done' &);" \
	"echo pid $$; while :; do sleep 1000; done"

static void a_timeout_kills_what_ignores_it(void **state)
{
	struct world *w = world_of(STUBBORN);

	(void)state;
	w->spec.timeout_s = 1;
	w->req.grace_ms = 20;
	world_after(w, "echo after script");
	world_run(w);
	assert_int_equal(w->result.reason, FAIL_TIMEOUT);
	assert_has(w->log, "ERROR: Job failed: execution took longer than 1s\033[0;m\n");
	assert_lacks(w->seen, "after script\n");
	names_dead(w);
	world_free(w);
}

static void a_script_timeout_leaves_time_for_after_script(void **state)
{
	struct world *w = world_of("trap '' TERM; while :; do sleep 1000; done");

	(void)state;
	world_var(w, "RUNNER_SCRIPT_TIMEOUT", "100ms");
	w->req.grace_ms = 20;
	world_after(w, "echo status $CI_JOB_STATUS");
	world_run(w);
	assert_int_equal(w->result.reason, FAIL_TIMEOUT);
	assert_has(w->seen, "status failed\n");
	world_free(w);
}

static void cancelling_gives_grace(void **state)
{
	struct world *w =
		world_of("trap 'echo cleaned; exit 3' TERM; echo u\"\"p; sleep 1000 & wait");

	(void)state;
	w->on[0].word = "up\n";
	w->on[0].level = 1;
	world_after(w, "echo status $CI_JOB_STATUS");
	world_run(w);
	assert_int_equal(w->result.reason, FAIL_CANCELED);
	assert_has(w->seen, "cleaned\n");
	assert_has(w->seen, "status canceled\n");
	assert_has(w->log, "ERROR: Job failed: canceled\033[0;m\n");
	world_free(w);
}

static void cancelling_again_hurries(void **state)
{
	struct world *w = world_of("trap 'echo t\"\"old' TERM; echo pid $$; echo u\"\"p; while :; "
				   "do sleep 1000 & wait; done");

	(void)state;
	w->req.grace_ms = 3600000;
	w->on[0].word = "up\n";
	w->on[0].level = 1;
	w->on[1].word = "told\n";
	w->on[1].level = 2;
	world_after(w, "echo after");
	world_run(w);
	assert_int_equal(w->result.reason, FAIL_CANCELED);
	assert_lacks(w->seen, "\nafter\n");
	names_dead(w);
	world_free(w);
}

static void cancelled_before_it_began_it_does_not_begin(void **state)
{
	struct world *w = world_of("echo ran");

	(void)state;
	atomic_store(&w->cancel, 1);
	world_after(w, "echo after");
	world_run(w);
	assert_int_equal(w->result.reason, FAIL_CANCELED);
	assert_lacks(w->seen, "ran\n");
	world_free(w);
}

static void what_holds_the_pipe_is_not_waited_for(void **state)
{
	struct world *w = world_of("(setsid sleep 1000 &); echo last words");

	(void)state;
	world_run(w);
	assert_true(w->result.success);
	assert_has(w->seen, "last words\n");
	assert_has(w->seen,
		   "WARNING: 1 process still ran when the script had ended, and was killed");
	world_free(w);
}

static void masked_values_are_masked_in_log_sink_and_messages(void **state)
{
	struct world *w =
		world_of("printf hunt; sleep 0.01; printf 'er22\\n'; printf %s \"$PW\" | base64");
	struct job_var v = { .key = STR("PW"), .value = STR("hunter22"), .masked = true };
	struct job_var shorter = { .key = STR("PIN"), .value = STR("1234"), .masked = true };

	(void)state;
	vec_add(&w->a, &w->spec.variables, v);
	vec_add(&w->a, &w->spec.variables, shorter);
	world_script(w, "echo token=$CI_JOB_TOKEN");
	world_run(w);
	assert_true(w->result.success);
	assert_has(w->log, "\n[MASKED]\n[MASKED]=\n");
	assert_has(w->log, "token=[MASKED]\n");
	assert_lacks(w->log, "hunter22");
	assert_lacks(w->seen, "hunter22");
	assert_has(w->log,
		   "WARNING: variable PIN is shorter than 6 characters and cannot be masked");
	world_free(w);
}

static void a_line_of_a_megabyte_and_a_last_one_without_end_are_kept(void **state)
{
	struct world *w = world_of("head -c 1048576 /dev/zero | tr '\\0' x; echo; printf 'no end'");
	size_t nr = 0;

	(void)state;
	world_run(w);
	assert_true(w->result.success);
	for (size_t i = 0; i < w->log.n; i++)
		nr += w->log.p[i] == 'x';
	assert_true(nr >= 1048576 && nr < 1048576 + 100);
	assert_has(w->log, "\nno end\nsection_end:");
	world_free(w);
}

static void without_bash_the_error_names_the_package(void **state)
{
	struct world *w = world_of("true");
	char *path = strdup(getenv("PATH"));

	(void)state;
	setenv("PATH", w->dir.path, 1);
	world_run(w);
	setenv("PATH", path, 1);
	free(path);
	assert_int_equal(w->returned, -1);
	assert_string_equal(w->err.msg,
			    "jobs need bash, which is not in PATH: install the package \"bash\"");
	world_free(w);
}

static void what_no_process_can_be_given_is_refused_with_a_reason(void **state)
{
	static char huge[200001];
	struct job_var nul = { .key = STR("NUL"), .value = { "a\0b", 3 } };
	struct world *w = world_of("true");

	(void)state;
	vec_add(&w->a, &w->spec.variables, nul);
	world_run(w);
	assert_int_equal(w->result.reason, FAIL_RUNNER_CONFIG);
	assert_has(w->log, "variable NUL holds a NUL byte, which no environment can");
	world_free(w);

	w = world_of("true");
	vec_add(&w->a, &w->spec.script.script, (str){ "echo \0", 6 });
	world_run(w);
	assert_int_equal(w->result.reason, FAIL_RUNNER_CONFIG);
	assert_has(w->log, "a script command holds a NUL byte");
	world_free(w);

	memset(huge, 'x', sizeof(huge) - 1);
	w = world_of("true");
	world_var(w, "HUGE", huge);
	world_run(w);
	assert_int_equal(w->result.reason, FAIL_RUNNER_CONFIG);
	assert_has(w->log, "variable HUGE has 200000 bytes, and the kernel takes 131072 for one; "
			   "make it a file variable");
	world_free(w);

	w = world_of("true");
	for (int i = 0; i < 30; i++)
		world_var(w, arena_printf(&w->a, "V%d", i).p, huge + 100000);
	world_run(w);
	assert_int_equal(w->result.reason, FAIL_RUNNER_CONFIG);
	assert_has(w->log, "the job's variables take 3");
	world_free(w);

	w = world_of("wc -c <$HUGE; ls -l $HUGE | cut -c 1-10");
	struct job_var file = { .key = STR("HUGE"), .value = { huge, 200000 }, .file = true };
	vec_add(&w->a, &w->spec.variables, file);
	world_run(w);
	assert_true(w->result.success);
	assert_has(w->seen, "\n200000\n-rw-------\n");
	world_free(w);
}

static void a_script_may_be_longer_than_an_argument(void **state)
{
	static char huge[300001];
	struct world *w = world_new();
	CLEANUP(buf_release) struct buf command = BUF_INIT;

	(void)state;
	memset(huge, 'x', sizeof(huge) - 1);
	buf_addf(&command, "y=%s; echo ${#y}", huge);
	world_var(w, "GIT_STRATEGY", "none");
	world_script(w, command.p);
	world_run(w);
	assert_true(w->result.success);
	assert_has(w->seen, "\n300000\n");
	world_free(w);
}

static void variables_are_expanded_once_as_the_runner_does(void **state)
{
	struct world *w = world_of("printf '%s\\n' \"$A\" \"$B\" \"$C\" \"$D\" \"$IN\" \"$OVER\"");
	struct job_var raw = { .key = STR("C"), .value = STR("$A ${A}"), .raw = true };

	(void)state;
	world_var(w, "A", "one");
	world_var(w, "B", "$A-${A}-$$A-$NOT_THERE-${");
	vec_add(&w->a, &w->spec.variables, raw);
	world_var(w, "D", "$C");
	world_var(w, "IN", "$CI_PROJECT_DIR/.cache");
	world_var(w, "OVER", "first");
	world_var(w, "OVER", "second");
	world_run(w);
	assert_has(
		w->seen,
		arena_printf(&w->a,
			     "\none\none-one-$A--\n$A ${A}\n$A ${A}\n%s/workspace/.cache\nsecond\n",
			     w->req.work_dir)
			.p);
	world_free(w);
}

static void names_that_bash_cannot_hold_are_left_out_with_a_note(void **state)
{
	struct world *w = world_of("echo uid $UID; env | grep -c 'not-a-name' || true");

	(void)state;
	world_var(w, "not-a-name", "x");
	world_var(w, "UID", "12345");
	world_var(w, "é", "x");
	world_run(w);
	assert_true(w->result.success);
	assert_has(w->log, "variable not-a-name is left out: no shell variable can have that name");
	assert_has(w->log, "variable UID is left out: bash does not let it be set");
	assert_lacks(w->seen, "uid 12345");
	assert_has(w->seen, "\n0\n");
	world_free(w);
}

static void variables_that_bash_acts_on_reach_the_commands_only(void **state)
{
	struct world *w =
		world_of("echo \"env: $BASH_ENV\"; x=a:b; for i in $x; do echo \"<$i>\"; done");

	(void)state;
	tmpdir_put(&w->dir, "evil", "echo sourced-by-bash\n");
	world_script(w, "bash -c :");
	world_var(w, "BASH_ENV", world_path(w, "evil"));
	world_var(w, "IFS", ":");
	world_run(w);
	assert_true(w->result.success);
	assert_has(w->seen, "<a>\n<b>\n");
	/* once, by the job's own bash */
	ssize_t first = str_find(buf_str(&w->seen), STR("sourced-by-bash"), 0);
	assert_true(first >= 0);
	assert_true(str_find(buf_str(&w->seen), STR("sourced-by-bash"), (size_t)first + 1) < 0);
	world_free(w);
}

static void after_script_has_a_shell_of_its_own(void **state)
{
	struct world *w = world_of("x=1; cd /; exit 4");

	(void)state;
	world_after(w, "echo \"x=<$x> status=$CI_JOB_STATUS\"; basename \"$PWD\"");
	world_after(w, "exit 9");
	world_run(w);
	assert_int_equal(w->result.exit_code, 4);
	assert_has(w->seen, "x=<> status=failed\nworkspace\n");
	assert_has(w->seen,
		   "WARNING: after_script failed, but job will continue unaffected: exit code 9");
	world_free(w);

	w = world_of("true");
	world_after(w, "echo status=$CI_JOB_STATUS; exit 9");
	world_run(w);
	assert_true(w->result.success);
	assert_has(w->seen, "status=success\n");
	world_free(w);

	w = world_of("true");
	world_var(w, "AFTER_SCRIPT_IGNORE_ERRORS", "false");
	world_after(w, "exit 9");
	world_run(w);
	assert_int_equal(w->result.reason, FAIL_SCRIPT);
	assert_int_equal(w->result.exit_code, 9);
	world_free(w);
}

static void after_script_has_a_limit(void **state)
{
	struct world *w = world_of("true");

	(void)state;
	world_var(w, "RUNNER_AFTER_SCRIPT_TIMEOUT", "50ms");
	w->req.grace_ms = 20;
	world_after(w, "sleep 1000");
	world_run(w);
	assert_true(w->result.success);
	assert_has(w->seen, "WARNING: after_script took too long and was ended");
	world_free(w);
}

static void gitlab_env_hands_variables_on(void **state)
{
	struct world *w = world_of(
		"echo 'COLOUR=dark blue' >>$GITLAB_ENV; echo 'no assignment' >>$GITLAB_ENV");

	(void)state;
	world_after(w, "echo \"colour: $COLOUR\"");
	world_run(w);
	assert_has(w->seen, "colour: dark blue\n");
	world_free(w);
}

static void dotenv_of_a_dependency_sets_variables_unless_they_were_given(void **state)
{
	struct world *w = world_of("echo \"$VERSION $LEVEL $GIVEN\"");
	struct job_var given = { .key = STR("GIVEN"), .value = STR("by hand"), .given = true };
	struct exec_dependency d = { .job = STR("build") };

	(void)state;
	tmpdir_put(&w->dir, "dotenv", "VERSION=1.2.3\nLEVEL=$NOT_EXPANDED\nGIVEN=reported\n");
	d.dotenv = str_of(world_path(w, "dotenv"));
	w->req.dependencies = &d;
	w->req.nr_dependencies = 1;
	world_var(w, "VERSION", "from the file");
	vec_add(&w->a, &w->spec.variables, given);
	world_run(w);
	assert_has(w->seen, "1.2.3 $NOT_EXPANDED by hand\n");
	world_free(w);
}

static void the_last_coverage_counts(void **state)
{
	static const struct {
		const char *pattern, *script;
		double want;
	} cases[] = {
		{ "TOTAL.*?(\\d+)%", "echo 'TOTAL 10%'; echo 'TOTAL 85%'; echo done", 85 },
		{ "Coverage: \\d+\\.\\d+", "echo 'Coverage: 91.25%'", 91.25 },
		{ "(\\d+)% of (\\w+)", "echo '12% of lines, 50% of branches'", 50 },
		{ "nothing", "echo 'TOTAL 10%'", -1 },
		{ "cov (\\d+)", "printf '\\033[32mcov \\033[1m42\\033[0m'", 42 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world *w = world_of("set +x");

		w->spec.coverage = str_of(cases[i].pattern);
		tmpdir_put(&w->dir, "s", cases[i].script);
		world_script(w, arena_printf(&w->a, "bash %s", world_path(w, "s")).p);
		world_run(w);
		assert_true(w->result.success);
		assert_true(w->result.coverage == cases[i].want);
		world_free(w);
	}
}

static void a_log_that_cannot_be_written_fails_the_job(void **state)
{
	struct world *w = world_of("while :; do echo filling; done");

	(void)state;
	close(w->req.log_fd);
	w->req.log_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	world_run(w);
	assert_int_equal(w->returned, 0);
	assert_int_equal(w->result.reason, FAIL_RUNNER_SYSTEM);
	assert_string_equal(w->result.message.p,
			    "the job's log could not be written: No space left on device");
	world_free(w);
}

static void lines_have_times_when_asked(void **state)
{
	struct world *w = world_of("printf 'one\\ntw'; sleep 0.01; printf 'o\\n'");
	str rest, line;
	int seen = 0;

	(void)state;
	w->req.timestamps = true;
	world_run(w);
	rest = buf_str(&w->seen);
	while (rest.n) {
		line = str_cut(&rest, '\n');
		if (line.n <= 32)
			fail_msg("<" STR_FMT "> in <%s>", STR_ARG(line), w->seen.p);
		assert_memory_equal(line.p + 4, "-", 1);
		assert_memory_equal(line.p + 26, "Z 00O ", 6);
		seen += str_eq(str_from(line, 32), STR("one")) ||
			str_eq(str_from(line, 32), STR("two"));
	}
	assert_int_equal(seen, 2);
	world_free(w);
}

static void the_workspace_goes_unless_it_is_kept(void **state)
{
	struct world *w = world_of("echo content >file; mkdir -p a/b; chmod 0 a/b");

	(void)state;
	world_run(w);
	assert_false(file_exists(w->dir.fd, "work/workspace"));
	assert_false(file_exists(w->dir.fd, "work/tmp"));
	world_free(w);

	w = world_of("echo content >file");
	w->req.keep = true;
	world_run(w);
	assert_true(file_exists(w->dir.fd, "work/workspace/file"));
	assert_false(file_exists(w->dir.fd, "work/tmp"));
	world_free(w);
}

static void use_is_reported(void **state)
{
	struct world *w = world_of("i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done");

	(void)state;
	world_run(w);
	assert_true(w->result.usage.cpu_user_us > 1000);
	assert_true(w->result.usage.max_rss_kb > 1000);
	assert_true(w->result.finished_us > w->result.started_us);
	world_free(w);
}

static void add_paths(struct world *w, struct str_vec *v, const char *path)
{
	vec_add(&w->a, v, str_of(path));
}

static void artifacts_go_out_and_into_the_next_job(void **state)
{
	struct world *w = world_of("mkdir out; echo built >out/file; echo 'V=1' >vars; exit 3");
	struct job_artifact archive = { .name = STR("artifacts"), .type = STR("archive"),
					.format = STR("zip"), .when = UPLOAD_ALWAYS };
	struct job_artifact dotenv = { .name = STR("dotenv"), .type = STR("dotenv"),
				       .format = STR("gzip"), .when = UPLOAD_ALWAYS };
	struct exec_dependency d = { .job = STR("build"), .explicit_ = true };
	struct world *next = world_of("cat out/file; echo V=$V");

	(void)state;
	add_paths(w, &archive.paths, "out/");
	add_paths(w, &archive.paths, "none/*.x");
	add_paths(w, &dotenv.paths, "vars");
	vec_add(&w->a, &w->spec.artifacts, archive);
	vec_add(&w->a, &w->spec.artifacts, dotenv);
	world_run(w);
	assert_int_equal(w->result.exit_code, 3);
	assert_true(w->result.has_archive && w->result.has_dotenv);
	assert_has(w->sections, "upload_artifacts_on_failure ");
	assert_has(w->seen, "WARNING: none/*.x");
	d.archive = str_of(world_path(w, "out/artifacts.tar.zst"));
	d.dotenv = str_of(world_path(w, "out/dotenv"));
	next->req.dependencies = &d;
	next->req.nr_dependencies = 1;
	world_run(next);
	assert_true(next->result.success);
	assert_has(next->seen, "built\n");
	assert_has(next->seen, "V=1\n");
	world_free(next);

	/* gone meanwhile */
	next = world_of("echo ran");
	assert_int_equal(unlinkat(w->dir.fd, "out/artifacts.tar.zst", 0), 0);
	next->req.dependencies = &d;
	next->req.nr_dependencies = 1;
	world_run(next);
	assert_int_equal(next->result.reason, FAIL_MISSING_DEPENDENCY);
	assert_lacks(next->seen, "ran\n");
	world_free(next);
	world_free(w);
}

static void a_cache_comes_back_and_its_policy_is_judged(void **state)
{
	struct world *w = world_of("echo kept >c");
	struct job_cache cache = { .key = STR("$CI_JOB_X"), .policy = STR("pull-push") };
	struct world *next = world_of("cat c"), *bad = world_of("echo ran");

	(void)state;
	add_paths(w, &cache.paths, "c");
	world_var(w, "CI_JOB_X", "key");
	vec_add(&w->a, &w->spec.caches, cache);
	world_run(w);
	assert_true(w->result.success);
	world_var(next, "CI_JOB_X", "key");
	vec_add(&next->a, &next->spec.caches, cache);
	next->req.cache_dir = w->req.cache_dir;
	world_run(next);
	assert_has(next->seen, "kept\n");
	cache.policy = STR("sometimes");
	vec_add(&bad->a, &bad->spec.caches, cache);
	world_run(bad);
	assert_int_equal(bad->result.reason, FAIL_RUNNER_CONFIG);
	assert_has(bad->log, "unknown cache policy sometimes");
	assert_lacks(bad->seen, "ran\n");
	world_free(w);
	world_free(next);
	world_free(bad);
}

static void *thread_run(void *ctx)
{
	struct world *w = ctx;

	w->returned = exec_run(&w->a, &w->req, &w->result, &w->err);
	return NULL;
}

static void many_jobs_run_at_once_without_hurting_each_other(void **state)
{
	pthread_t threads[12];
	struct world *w[12];

	(void)state;
	for (size_t i = 0; i < COUNT(w); i++) {
		w[i] = world_of(
			i % 3 == 2 ? "while :; do sleep 1000; done"
			: i % 3	   ? "for i in 1 2 3 4 5; do echo $i; : | cat; done; exit 3"
				   : "head -c 300000 /dev/zero | tr '\\0' x; echo; sleep 1000 &");
		if (i % 3 == 2) {
			w[i]->on[0].word = "sleep 1000";
			w[i]->on[0].level = 1;
		}
		assert_int_equal(pthread_create(&threads[i], NULL, thread_run, w[i]), 0);
	}
	for (size_t i = 0; i < COUNT(w); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(w[i]->returned, 0);
		assert_int_equal(w[i]->result.reason, i % 3 == 2 ? FAIL_CANCELED
						      : i % 3	 ? FAIL_SCRIPT
								 : FAIL_NONE);
		if (i % 3 == 0)
			assert_true(w[i]->seen.n > 300000);
		world_free(w[i]);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_ends_as_its_script_does),
		cmocka_unit_test(commands_run_in_one_shell_and_are_shown),
		cmocka_unit_test(a_script_gets_no_input_and_only_three_descriptors),
		cmocka_unit_test(sections_are_markers_in_the_file_and_calls_to_the_sink),
		cmocka_unit_test(a_timeout_kills_what_ignores_it),
		cmocka_unit_test(a_script_timeout_leaves_time_for_after_script),
		cmocka_unit_test(cancelling_gives_grace),
		cmocka_unit_test(cancelling_again_hurries),
		cmocka_unit_test(cancelled_before_it_began_it_does_not_begin),
		cmocka_unit_test(what_holds_the_pipe_is_not_waited_for),
		cmocka_unit_test(masked_values_are_masked_in_log_sink_and_messages),
		cmocka_unit_test(a_line_of_a_megabyte_and_a_last_one_without_end_are_kept),
		cmocka_unit_test(without_bash_the_error_names_the_package),
		cmocka_unit_test(what_no_process_can_be_given_is_refused_with_a_reason),
		cmocka_unit_test(a_script_may_be_longer_than_an_argument),
		cmocka_unit_test(variables_are_expanded_once_as_the_runner_does),
		cmocka_unit_test(names_that_bash_cannot_hold_are_left_out_with_a_note),
		cmocka_unit_test(variables_that_bash_acts_on_reach_the_commands_only),
		cmocka_unit_test(after_script_has_a_shell_of_its_own),
		cmocka_unit_test(after_script_has_a_limit),
		cmocka_unit_test(gitlab_env_hands_variables_on),
		cmocka_unit_test(dotenv_of_a_dependency_sets_variables_unless_they_were_given),
		cmocka_unit_test(the_last_coverage_counts),
		cmocka_unit_test(a_log_that_cannot_be_written_fails_the_job),
		cmocka_unit_test(lines_have_times_when_asked),
		cmocka_unit_test(the_workspace_goes_unless_it_is_kept),
		cmocka_unit_test(use_is_reported),
		cmocka_unit_test(artifacts_go_out_and_into_the_next_job),
		cmocka_unit_test(a_cache_comes_back_and_its_policy_is_judged),
		cmocka_unit_test(many_jobs_run_at_once_without_hurting_each_other),
	};

	if (argc > 1 && strcmp(argv[1], SUPERVISE_WORD) == 0)
		return supervise_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

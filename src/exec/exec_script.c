/* The phases of a job that run its commands. */
#include "exec/exec_int.h"

#include "exec/script.h"
#include "os/clock.h"
#include "os/file.h"

#include <string.h>

#define AFTER_SCRIPT_S 300

/* A Go duration: "90s", "1h30m", "1.5h"; 0 for none, and for what is none. */
static uint64_t duration_us(str s)
{
	static const struct {
		const char *name;
		double us;
	} units[] = {
		{ "ns", 0.001 }, { "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { "m", 60e6 }, { "h", 3600e6 },
	};
	double total = 0;

	while (s.n) {
		double value = 0, scale = 1;
		size_t digits = 0, u;
		bool fraction = false;

		for (; s.n && ((s.p[0] >= '0' && s.p[0] <= '9') || (s.p[0] == '.' && !fraction));
		     s = str_from(s, 1)) {
			if (s.p[0] == '.') {
				fraction = true;
				continue;
			}
			digits++;
			value = value * 10 + (s.p[0] - '0');
			scale *= fraction ? 10 : 1;
		}
		for (u = 0; u < COUNT(units); u++)
			if (str_starts_with(s, str_of(units[u].name)))
				break;
		if (digits == 0 || digits > 15 || u == COUNT(units))
			return 0;
		total += value / scale * units[u].us;
		s = str_from(s, strlen(units[u].name));
	}
	return total < 1e15 ? (uint64_t)total : 0;
}

/* The instant a limit from a variable is over, but never later than the job's. */
static uint64_t deadline_of(struct run *r, const char *name, uint64_t otherwise_us)
{
	str text = variables_get(&r->vars, name);
	uint64_t us = otherwise_us, at;

	if (text.n) {
		us = duration_us(text);
		if (us == 0) {
			log_note(r->log, LOG_WARNING,
				 "%s: \"" STR_FMT "\" is no duration such as 10m or 1h30m", name,
				 STR_ARG(text));
			us = otherwise_us;
		}
	}
	if (us == 0)
		return r->deadline_us;
	at = clock_mono_us() + us;
	return r->deadline_us ? MIN(at, r->deadline_us) : at;
}

struct step {
	const char *name; /* of the script's file */
	const struct str_vec *commands;
	const char *cwd;
	uint64_t deadline_us;
	int cancel_from;
};

static int write_script(struct run *r, const struct step *s, const char **ret, struct err *err)
{
	CLEANUP(buf_release) struct buf text = { .max = 4 * SCRIPT_MAX };
	struct script_spec spec = {
		.commands = s->commands,
		.variables = &r->vars,
		.env_file = r->env_file,
		.trace = variables_get_bool(&r->vars, "CI_DEBUG_TRACE", false),
	};

	*ret = arena_printf(r->a, "%s/%s.sh", r->tmp_dir, s->name).p;
	if (script_make(&spec, &text, err) < 0)
		return -1;
	return file_write_atomic(AT_FDCWD, *ret, buf_str(&text), 0600, err);
}

static void add_usage(struct exec_usage *u, const struct supervise_report *report)
{
	u->cpu_user_us += report->cpu_user_us;
	u->cpu_system_us += report->cpu_system_us;
	u->max_rss_kb = MAX(u->max_rss_kb, report->max_rss_kb);
	u->read_bytes += report->read_bytes;
	u->written_bytes += report->written_bytes;
}

static int run_step(struct run *r, const struct step *s, struct shell_result *ret, struct err *err)
{
	const struct exec_request *req = r->req;
	struct shell_spec spec = {
		.bash = r->bash,
		.cwd = s->cwd,
		.grace_ms = req->grace_ms ? req->grace_ms : EXEC_GRACE_MS,
		.deadline_us = s->deadline_us,
		.cancel = req->cancel,
		.cancel_fd = req->cancel_fd,
		.cancel_from = s->cancel_from,
		.log = r->log,
	};

	if (write_script(r, s, &spec.script, err) < 0 ||
	    variables_environ(&r->vars, &spec.envp, err) < 0 || shell_run(&spec, ret, err) < 0)
		return -1;
	add_usage(&r->ret->usage, &ret->report);
	if (ret->end == SHELL_EXITED && ret->report.killed)
		log_note(r->log, LOG_WARNING,
			 "%u process%s still ran when the script had ended, and %s killed",
			 ret->report.killed, ret->report.killed == 1 ? "" : "es",
			 ret->report.killed == 1 ? "was" : "were");
	if (ret->report.left)
		log_note(r->log, LOG_WARNING, "%u of the job's processes could not be killed",
			 ret->report.left);
	return 0;
}

static str seconds_text(struct run *r, uint64_t s)
{
	if (s % 3600 == 0)
		return arena_printf(r->a, "%lluh", (unsigned long long)s / 3600);
	if (s % 60 == 0)
		return arena_printf(r->a, "%llum", (unsigned long long)s / 60);
	return arena_printf(r->a, "%llus", (unsigned long long)s);
}

/* What the end of a script means for the job. */
static void judge(struct run *r, const char *what, const struct shell_result *s, uint64_t limit_us)
{
	struct err err;

	switch (s->end) {
	case SHELL_EXITED:
		if (s->report.code == 0)
			return;
		run_fail(r, FAIL_SCRIPT, "exit code %d", s->report.code);
		r->exit_code = s->report.code;
		return;
	case SHELL_TIMED_OUT:
		run_fail(r, FAIL_TIMEOUT, "%s took longer than " STR_FMT, what,
			 STR_ARG(seconds_text(r, (limit_us + 999999) / 1000000)));
		return;
	case SHELL_CANCELED:
		run_fail(r, FAIL_CANCELED, "canceled");
		return;
	case SHELL_LOG_FAILED:
		MUST(log_trouble(r->log, &err));
		run_fail(r, FAIL_RUNNER_SYSTEM, "%s", err.msg);
		return;
	}
}

static void run_commands(struct run *r, const char *what, const struct step *s)
{
	struct shell_result end = { 0 };
	uint64_t limit_us = s->deadline_us ? s->deadline_us - clock_mono_us() : 0;
	struct err err;

	if (s->deadline_us && s->deadline_us == r->deadline_us)
		limit_us = r->req->spec->timeout_s * 1000000; /* as it was written */
	if (run_step(r, s, &end, &err) < 0)
		run_fail(r,
			 err.kind == ERR_INVALID || err.kind == ERR_LIMIT ? FAIL_RUNNER_CONFIG
									  : FAIL_RUNNER_SYSTEM,
			 "%s", err.msg);
	else
		judge(r, what, &end, limit_us);
}

void run_pre_get_sources(struct run *r)
{
	struct step s = {
		.name = "pre_get_sources_script",
		.commands = &r->req->spec->pre_get_sources,
		.cwd = r->req->work_dir, /* the project is not there yet */
		.deadline_us = r->deadline_us,
		.cancel_from = 1,
	};

	if (s.commands->nr)
		run_commands(r, "hooks:pre_get_sources_script", &s);
}

void run_script(struct run *r)
{
	struct step s = {
		.name = "script",
		.commands = &r->req->spec->script.script,
		.cwd = r->project_dir,
		.cancel_from = 1,
	};

	log_section_start(r->log, "step_script",
			  "Executing \"step_script\" stage of the job script");
	s.deadline_us = deadline_of(r, "RUNNER_SCRIPT_TIMEOUT", 0);
	run_commands(r, "execution", &s);
	log_section_end(r->log);
}

/* Its result does not count, unless AFTER_SCRIPT_IGNORE_ERRORS says so. */
static void judge_after_script(struct run *r, const struct shell_result *end)
{
	bool counts = !variables_get_bool(&r->vars, "AFTER_SCRIPT_IGNORE_ERRORS", true);
	struct err err;

	if (end->end == SHELL_LOG_FAILED && log_trouble(r->log, &err)) {
		run_fail(r, FAIL_RUNNER_SYSTEM, "%s", err.msg);
		return;
	}
	if (end->end == SHELL_CANCELED) {
		run_fail(r, FAIL_CANCELED, "canceled");
		return;
	}
	if (end->end == SHELL_TIMED_OUT)
		log_note(r->log, LOG_WARNING, "after_script took too long and was ended");
	else if (end->report.code != 0)
		log_note(r->log, LOG_WARNING, "after_script failed%s: exit code %d",
			 counts ? "" : ", but job will continue unaffected", end->report.code);
	else
		return;
	if (counts && !run_failed(r)) {
		run_fail(r, end->end == SHELL_TIMED_OUT ? FAIL_TIMEOUT : FAIL_SCRIPT,
			 "after_script failed: exit code %d", end->report.code);
		r->exit_code = end->report.code;
	}
}

void run_after_script(struct run *r)
{
	struct step s = {
		.name = "after_script",
		.commands = &r->req->spec->after_script.script,
		.cwd = r->project_dir,
		.cancel_from = run_cancel(r) + 1,
	};
	struct shell_result end = { 0 };
	struct err err;

	/* As the runner: not when the whole job's time is over. */
	if (s.commands->nr == 0 || run_cancel(r) >= 2 ||
	    (r->deadline_us && clock_mono_us() >= r->deadline_us))
		return;
	variables_set_text(&r->vars, "CI_JOB_STATUS",
			   r->reason == FAIL_CANCELED ? STR("canceled")
			   : run_failed(r)	      ? STR("failed")
						      : STR("success"));
	log_section_start(r->log, "after_script", "Running after_script");
	s.deadline_us = deadline_of(r, "RUNNER_AFTER_SCRIPT_TIMEOUT", AFTER_SCRIPT_S * 1000000ULL);
	if (run_step(r, &s, &end, &err) < 0)
		log_note(r->log, LOG_WARNING, "after_script could not run: %s", err.msg);
	else
		judge_after_script(r, &end);
	log_section_end(r->log);
}

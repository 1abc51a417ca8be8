/* Before a job's log is open: directories, variables, mask. */
#include "exec/exec_int.h"

#include "fmt/dotenv.h"
#include "os/clock.h"
#include "os/file.h"

#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>

#define DOTENV_MAX ((size_t)1 << 20)

/* The directory is named as the project is, since tools take their names from it. */
static str project_name(const struct run *r)
{
	str name = job_var_get(&r->req->spec->variables, STR("CI_PROJECT_NAME"));

	if (str_is_null(name) || name.n == 0 || name.n > 100 || name.p[0] == '.' ||
	    name.p[0] == '-' || str_eq(name, STR("tmp")))
		return STR("workspace");
	for (size_t i = 0; i < name.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-",
			    name.p[i]))
			return STR("workspace");
	return name;
}

static int directories(struct run *r, struct err *err)
{
	const char *work = r->req->work_dir;

	r->project_dir = arena_printf(r->a, "%s/" STR_FMT, work, STR_ARG(project_name(r))).p;
	r->tmp_dir = arena_printf(r->a, "%s/tmp", work).p;
	r->env_file = arena_printf(r->a, "%s/gitlab_runner_env", r->tmp_dir);
	if (dir_make(AT_FDCWD, r->project_dir, 0755, err) < 0)
		return -1;
	return dir_make(AT_FDCWD, r->tmp_dir, 0700, err);
}

static str random_token(struct arena *a)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	unsigned char bytes[16];

	MUST(getrandom(bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes));
	buf_addz(&b, "slipway-job-");
	buf_add_hex(&b, bytes, sizeof(bytes));
	return arena_str(a, buf_str(&b));
}

static str platform(struct arena *a)
{
	struct utsname u;

	if (uname(&u) < 0)
		return STR("linux");
	return arena_printf(a, "linux/%s",
			    strcmp(u.machine, "x86_64") == 0	? "amd64"
			    : strcmp(u.machine, "aarch64") == 0 ? "arm64"
								: u.machine);
}

/* What the runner knows and the planner does not; the job's own list may override. */
static void set_defaults(struct run *r)
{
	const struct job_spec *spec = r->req->spec;
	struct variables *v = &r->vars;
	char now[CLOCK_ISO_MAX];
	size_t n = clock_iso8601(now, r->ret->started_us, 0);

	variables_set_text(v, "CI_RUNNER_SHORT_TOKEN", STR("local"));
	variables_set_text(v, "CI_BUILDS_DIR", str_of(r->req->work_dir));
	variables_set_text(v, "CI_PROJECT_DIR", str_of(r->project_dir));
	variables_set_text(v, "CI_CONCURRENT_ID", STR("0"));
	variables_set_text(v, "CI_CONCURRENT_PROJECT_ID", STR("0"));
	variables_set_text(v, "CI_SERVER", STR("yes"));
	variables_set_text(v, "CI_JOB_STATUS", STR("running"));
	variables_set_text(v, "CI_JOB_STARTED_AT", arena_str(r->a, (str){ now, n }));
	variables_set_text(v, "CI_JOB_TIMEOUT",
			   arena_printf(r->a, "%llu", (unsigned long long)spec->timeout_s));
	variables_set(v, (struct job_var){ .key = STR("CI_JOB_TOKEN"),
					   .value = random_token(r->a),
					   .raw = true,
					   .masked = true });
	if (!str_is_null(spec->image.name))
		variables_set_text(v, "CI_JOB_IMAGE", spec->image.name);
}

/* What nobody overrides. */
static void set_facts(struct run *r)
{
	struct variables *v = &r->vars;

	variables_set_text(v, "CI_SHARED_ENVIRONMENT", STR("true"));
	variables_set_text(v, "CI_RUNNER_VERSION", STR(SLIPWAY_VERSION));
	variables_set_text(v, "CI_RUNNER_REVISION", STR(SLIPWAY_VERSION));
	variables_set_text(v, "CI_RUNNER_EXECUTABLE_ARCH", platform(r->a));
	variables_set_text(v, "RUNNER_TEMP_PROJECT_DIR", str_of(r->tmp_dir));
	variables_set_text(v, "GITLAB_ENV", r->env_file);
	/* bash keeps the path by which it was sent there, if it is one. */
	variables_set_text(v, "PWD", str_of(r->project_dir));
}

/* Was it given by settings or on the command line?  Then a report does not override it. */
static bool is_given(const struct variables *v, str key)
{
	uintptr_t at = (uintptr_t)map_get(&v->index, key);

	return at && v->list.at[at - 1].given;
}

static int add_dotenv(struct run *r, const struct exec_dependency *d, struct err *err)
{
	CLEANUP(buf_release) struct buf text = { .max = DOTENV_MAX };
	struct dotenv_vec entries = { 0 };

	if (file_read(AT_FDCWD, arena_cstr(r->a, d->dotenv), DOTENV_MAX, &text, err) < 0 ||
	    dotenv_parse(r->a, STR("dotenv"), arena_str(r->a, buf_str(&text)),
			 &dotenv_limits_default, &entries, err) < 0)
		return err_wrap(err, "variables of job \"" STR_FMT "\"", STR_ARG(d->job));
	for (size_t i = 0; i < entries.nr; i++)
		if (!is_given(&r->vars, entries.at[i].key))
			variables_set(&r->vars, (struct job_var){ .key = entries.at[i].key,
								  .value = entries.at[i].value,
								  .raw = true });
	return 0;
}

static int variables(struct run *r, struct err *err)
{
	const struct exec_request *req = r->req;

	variables_init(&r->vars, r->a);
	set_defaults(r);
	variables_add(&r->vars, &req->spec->variables);
	for (size_t i = 0; i < req->nr_dependencies; i++)
		if (!str_is_null(req->dependencies[i].dotenv) &&
		    add_dotenv(r, &req->dependencies[i], err) < 0)
			return -1;
	set_facts(r);
	return 0;
}

static int masking(struct run *r, struct err *err)
{
	const struct variables *v = &r->vars;

	r->mask = mask_new();
	if (variables_resolve(&r->vars, r->tmp_dir, err) < 0)
		return -1;
	for (size_t i = 0; i < v->list.nr; i++)
		if (v->list.at[i].masked)
			mask_add(r->mask, v->content[i]);
	for (size_t i = 0; r->req->secrets && i < r->req->secrets->nr; i++)
		mask_add(r->mask, r->req->secrets->at[i]);
	return mask_build(r->mask, err);
}

int run_setup(struct run *r, struct err *err)
{
	str bash = proc_find(r->a, "bash");

	if (str_is_null(bash))
		return err_set(
			err, ERR_NOT_FOUND,
			"jobs need bash, which is not in PATH: install the package \"bash\"");
	r->bash = bash.p;
	if (directories(r, err) < 0 || variables(r, err) < 0 || masking(r, err) < 0)
		return -1;
	if (r->req->spec->coverage.n && coverage_new(r->req->spec->coverage, &r->coverage, err) < 0)
		return -1;
	struct log_spec spec = {
		.fd = r->req->log_fd,
		.mask = r->mask,
		.coverage = r->coverage,
		.sink = r->req->sink,
		.timestamps = r->req->timestamps,
	};
	r->log = log_new(&spec);
	return 0;
}

void run_release(struct run *r)
{
	log_free(r->log);
	coverage_free(r->coverage);
	mask_free(r->mask);
}

void run_setup_notes(struct run *r)
{
	for (size_t i = 0; i < r->vars.list.nr; i++) {
		const struct job_var *v = &r->vars.list.at[i];
		enum variable_route route = variable_route(v->key);

		if (v->masked && !v->file && v->value.n && v->value.n < MASK_MIN)
			log_note(r->log, LOG_WARNING,
				 "variable " STR_FMT " is shorter than %d characters and cannot "
				 "be masked",
				 STR_ARG(v->key), MASK_MIN);
		if (route == ROUTE_BAD_NAME)
			log_note(r->log, LOG_WARNING,
				 "variable " STR_FMT " is left out: no shell variable can have "
				 "that name",
				 STR_ARG(v->key));
		if (route == ROUTE_READONLY)
			log_note(r->log, LOG_WARNING,
				 "variable " STR_FMT " is left out: bash does not let it be set",
				 STR_ARG(v->key));
	}
}

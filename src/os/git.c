#include "os/git.h"

#include "os/clock.h"
#include "os/file.h"
#include "os/proc.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)256 << 20)
#define ERRORS_MAX ((size_t)64 << 10)
#define DEADLINE_US (300 * 1000000ULL)
#define CALLS_MAX 16

/* Our settings win over every configuration file. */
static const char *const settings[] = {
	"core.hooksPath=/dev/null",
	"core.fsmonitor=false",
	"core.quotePath=false",
	"diff.external=",
	"diff.noprefix=false",
	"log.showSignature=false",
	"i18n.logOutputEncoding=UTF-8",
	"submodule.recurse=false",
	"protocol.ext.allow=never",
	"advice.detachedHead=false",
	"gc.auto=0",
};

/* From the user's environment these stay: they say where configuration is. */
static const char *const kept[] = {
	"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_COUNT",
	"GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_AUTHOR_NAME",
	"GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL",
};

static const char *const added[] = {
	"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=/bin/false",
	"GIT_LITERAL_PATHSPECS=1", "GIT_PAGER=cat", "GIT_NO_REPLACE_OBJECTS=1", "LC_ALL=C",
	"LANGUAGE=C",
};

static bool is_kept(str name)
{
	/* A hook that starts us has GIT_DIR and GIT_INDEX_FILE set: not for us. */
	if (!str_starts_with(name, STR("GIT_")))
		return !str_eq(name, STR("LC_ALL")) && !str_eq(name, STR("LANGUAGE"));
	if (str_starts_with(name, STR("GIT_CONFIG_KEY_")) ||
	    str_starts_with(name, STR("GIT_CONFIG_VALUE_")))
		return true;
	for (size_t i = 0; i < COUNT(kept); i++)
		if (str_eq(name, str_of(kept[i])))
			return true;
	return false;
}

static const char *const *environment(struct arena *a)
{
	VEC(const char *) env = { 0 };

	for (char **e = environ; *e; e++) {
		str rest = str_of(*e);

		if (is_kept(str_cut(&rest, '=')))
			vec_add(a, &env, *e);
	}
	for (size_t i = 0; i < COUNT(added); i++)
		vec_add(a, &env, added[i]);
	vec_add(a, &env, NULL);
	return env.at;
}

struct git_call *git_call_new(struct arena *a, const char *dir, const char *subcommand)
{
	struct git_call *c = arena_new(a, struct git_call);

	c->arena = a;
	c->dir = dir;
	c->sub = str_of(subcommand);
	c->code = -1;
	return c;
}

void git_call_free(struct git_call *c)
{
	if (!c)
		return;
	buf_release(&c->out);
	buf_release(&c->errors);
}

void git_call_free_ptr(struct git_call **c)
{
	git_call_free(*c);
}

void git_option(struct git_call *c, const char *literal)
{
	MUST(literal[0] == '-');
	vec_add(c->arena, &c->options, str_of(literal));
}

bool git_rev_is_valid(str rev)
{
	/* ":" would name a file, ".." and "^" in front a range: none is meant. */
	static const char forbidden[] = " \t\r\n:?*[\\\"'`$;&|<>()";

	if (rev.n == 0 || rev.n > 255 || rev.p[0] == '-' || rev.p[0] == '^' || !str_is_utf8(rev))
		return false;
	for (size_t i = 0; i < rev.n; i++)
		if ((unsigned char)rev.p[i] < 0x20 || rev.p[i] == 0x7f ||
		    strchr(forbidden, rev.p[i]))
			return false;
	return str_find(rev, STR(".."), 0) < 0 && str_find(rev, STR("/-"), 0) < 0;
}

int git_rev(struct git_call *c, str rev, struct err *err)
{
	if (!git_rev_is_valid(rev))
		return err_set(err, ERR_INVALID,
			       "\"" STR_FMT "\" is not a branch, tag or commit name", STR_ARG(rev));
	vec_add(c->arena, &c->revs, arena_str(c->arena, rev));
	return 0;
}

void git_path(struct git_call *c, str path)
{
	vec_add(c->arena, &c->paths, arena_str(c->arena, path));
}

static const char *const *arguments(const struct git_call *c)
{
	struct arena *a = c->arena;
	VEC(const char *) argv = { 0 };

	vec_add(a, &argv, "git");
	vec_add(a, &argv, "--no-pager");
	for (size_t i = 0; i < COUNT(settings); i++) {
		vec_add(a, &argv, "-c");
		vec_add(a, &argv, settings[i]);
	}
	vec_add(a, &argv, c->sub.p);
	for (size_t i = 0; i < c->options.nr; i++)
		vec_add(a, &argv, c->options.at[i].p);
	if (c->revs.nr)
		vec_add(a, &argv, "--end-of-options");
	for (size_t i = 0; i < c->revs.nr; i++)
		vec_add(a, &argv, c->revs.at[i].p);
	if (!c->no_paths)
		vec_add(a, &argv, "--");
	for (size_t i = 0; i < c->paths.nr; i++)
		vec_add(a, &argv, c->paths.at[i].p);
	vec_add(a, &argv, NULL);
	return argv.at;
}

/* A started call: the process and our ends of its pipes. */
struct running {
	struct proc proc;
	int out, errors;
};

struct runs {
	struct running at[CALLS_MAX];
	size_t nr;
};

static void runs_release(struct runs *r)
{
	for (size_t i = 0; i < r->nr; i++) {
		fd_close(&r->at[i].out);
		fd_close(&r->at[i].errors);
		proc_release(&r->at[i].proc);
	}
}

static int start(struct git_call *c, const char *const *env, struct running *ret, struct err *err)
{
	int out[2] = { -1, -1 }, errors[2] = { -1, -1 };
	struct proc_spec spec = { .argv = arguments(c), .envp = env, .cwd = c->dir, .nr_fds = 3 };
	int r;

	*ret = (struct running){ .proc = PROC_NONE, .out = -1, .errors = -1 };
	if (proc_pipe(out, err) < 0)
		return -1;
	if (proc_pipe(errors, err) < 0) {
		close(out[0]);
		close(out[1]);
		return -1;
	}
	spec.fds[0] = PROC_FD_NULL;
	spec.fds[1] = out[1];
	spec.fds[2] = errors[1];
	spec.new_session = true; /* Ctrl-C is for us to handle */
	r = proc_start(&spec, &ret->proc, err);
	close(out[1]);
	close(errors[1]);
	ret->out = out[0];
	ret->errors = errors[0];
	if (r < 0 && err->kind == ERR_NOT_FOUND)
		return err_set(err, ERR_UNAVAILABLE,
			       "cannot run git; install it with: apt install git");
	return r;
}

/* Read what is there; close the descriptor at its end.  What does not fit is read
 * all the same: it is an error for output, and dropped for complaints. */
static int drain(int *fd, struct buf *b, bool must_fit, struct err *err)
{
	size_t room = MIN(b->max - b->n, (size_t)65536);
	char spill[4096], *at = room ? buf_room(b, room) : NULL;
	ssize_t n = read(*fd, at ? at : spill, at ? room : sizeof(spill));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < 0)
		return err_sys(err, errno, "reading from git");
	if (n == 0)
		fd_close(fd);
	else if (at)
		buf_added(b, (size_t)n);
	else if (must_fit)
		return err_set(err, ERR_LIMIT, "git says more than %zu bytes", b->max);
	return 0;
}

static int read_all(struct git_call *const *calls, struct runs *runs, uint64_t deadline_us,
		    struct err *err)
{
	for (;;) {
		struct pollfd p[2 * CALLS_MAX];
		size_t open = 0;
		int ready;

		for (size_t i = 0; i < runs->nr; i++) {
			p[2 * i] = (struct pollfd){ .fd = runs->at[i].out, .events = POLLIN };
			p[2 * i + 1] =
				(struct pollfd){ .fd = runs->at[i].errors, .events = POLLIN };
			open += (size_t)(runs->at[i].out >= 0) + (size_t)(runs->at[i].errors >= 0);
		}
		if (open == 0)
			return 0;
		ready = poll(p, 2 * runs->nr, clock_poll_ms(deadline_us));
		if (ready < 0 && errno != EINTR)
			return err_sys(err, errno, "waiting for git");
		if (ready == 0)
			return err_set(err, ERR_UNAVAILABLE, "git does not answer");
		for (size_t i = 0; ready > 0 && i < runs->nr; i++) {
			if (p[2 * i].revents &&
			    drain(&runs->at[i].out, &calls[i]->out, true, err) < 0)
				return err_wrap(err, "git " STR_FMT, STR_ARG(calls[i]->sub));
			if (p[2 * i + 1].revents &&
			    drain(&runs->at[i].errors, &calls[i]->errors, false, err) < 0)
				return -1;
		}
	}
}

int git_run(struct git_call *const *calls, size_t nr, struct err *err)
{
	CLEANUP(runs_release) struct runs runs = { .nr = 0 };
	uint64_t deadline_us = clock_mono_us() + DEADLINE_US;
	const char *const *env;

	if (nr == 0)
		return 0;
	MUST(nr <= CALLS_MAX);
	env = environment(calls[0]->arena);
	for (size_t i = 0; i < nr; i++) {
		buf_init(&calls[i]->out, calls[i]->max_bytes ? calls[i]->max_bytes : OUTPUT_MAX);
		buf_init(&calls[i]->errors, ERRORS_MAX);
		runs.nr++;
		if (start(calls[i], env, &runs.at[i], err) < 0)
			return -1;
	}
	if (read_all(calls, &runs, deadline_us, err) < 0)
		return -1;
	for (size_t i = 0; i < nr; i++) {
		struct proc_exit e;

		if (!proc_wait(&runs.at[i].proc, deadline_us, &e))
			return err_set(err, ERR_UNAVAILABLE, "git does not end");
		calls[i]->code = e.code;
	}
	return 0;
}

int git_failed(const struct git_call *c, struct err *err)
{
	str text = buf_str(&c->errors), line = str_null;

	if (str_find(text, STR("dubious ownership"), 0) >= 0)
		return err_set(err, ERR_DENIED,
			       "%s belongs to somebody else, so git refuses it; "
			       "allow it with: git config --global --add safe.directory %s",
			       c->dir, c->dir);
	/* The last "fatal:" line says it best. */
	for (str rest = text; !str_is_null(rest);) {
		str l = str_cut(&rest, '\n');

		if (str_is_null(line) || str_starts_with(l, STR("fatal: ")) ||
		    str_starts_with(l, STR("error: ")))
			line = l;
	}
	if (str_starts_with(line, STR("fatal: ")) || str_starts_with(line, STR("error: ")))
		line = str_from(line, 7);
	return err_set(err, ERR_UNAVAILABLE, "git " STR_FMT " failed with exit code %d: " STR_FMT,
		       STR_ARG(c->sub), c->code, STR_ARG(str_trim(line)));
}

/* ---- questions ---- */

static str first_line(struct arena *a, struct git_call *c)
{
	struct err ignored;
	str rest, line;

	if (git_run(&c, 1, &ignored) < 0 || c->code != 0)
		return str_null;
	rest = buf_str(&c->out);
	line = str_trim(str_cut(&rest, '\n'));
	return line.n ? arena_str(a, line) : str_null;
}

str git_blob_id(struct arena *a, const char *top, str path)
{
	CLEANUP(git_call_free_ptr) struct git_call *c = git_call_new(a, top, "hash-object");
	CLEANUP(fd_close) int root = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(fd_close) int fd = -1;
	char *name = arena_cstr(a, path);
	struct stat st;

	/* Only a regular file inside the tree: git would wait for a FIFO. */
	if (root >= 0)
		fd = fd_open_beneath(root, name, O_PATH, 0, BENEATH_LINKS);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return str_null;
	git_path(c, path);
	return first_line(a, c);
}

str git_last_commit(struct arena *a, const char *top, str path)
{
	CLEANUP(git_call_free_ptr) struct git_call *c = git_call_new(a, top, "log");

	git_option(c, "-1");
	git_option(c, "--format=%H");
	git_path(c, path);
	return first_line(a, c);
}

str git_resolve(struct arena *a, const char *top, str rev)
{
	CLEANUP(git_call_free_ptr) struct git_call *c = git_call_new(a, top, "log");
	struct err ignored;

	git_option(c, "-1");
	git_option(c, "--format=%H");
	if (git_rev(c, rev, &ignored) < 0)
		return str_null;
	return first_line(a, c);
}

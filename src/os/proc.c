#include "os/proc.h"

#include "base/arena.h"
#include "os/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

void proc_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int proc_pipe(int ret[2], struct err *err)
{
	if (pipe2(ret, O_CLOEXEC) < 0)
		return err_sys(err, errno, "making a pipe");
	return 0;
}

/* The sources of a descriptor map, moved out of the way: a source below `nr` would
 * be overwritten before its turn when it is not its own target. */
struct fd_map {
	int from[PROC_FDS_MAX];
	int moved[PROC_FDS_MAX];
	size_t nr;
};

static void fd_map_release(struct fd_map *m)
{
	for (size_t i = 0; i < PROC_FDS_MAX; i++)
		proc_close_fd(&m->moved[i]);
}

static int fd_map_init(struct fd_map *m, const struct proc_spec *spec, struct err *err)
{
	MUST(spec->nr_fds <= PROC_FDS_MAX);
	m->nr = MAX(spec->nr_fds, (size_t)3);
	for (size_t i = 0; i < PROC_FDS_MAX; i++) {
		m->from[i] = i < spec->nr_fds ? spec->fds[i] : PROC_FD_NULL;
		m->moved[i] = -1;
	}
	for (size_t i = 0; i < m->nr; i++) {
		if (m->from[i] < 0 || m->from[i] == (int)i || m->from[i] >= (int)m->nr)
			continue;
		m->moved[i] = fcntl(m->from[i], F_DUPFD_CLOEXEC, (int)m->nr);
		if (m->moved[i] < 0) {
			err_sys(err, errno, "duplicating descriptor %d", m->from[i]);
			fd_map_release(m);
			return -1;
		}
		m->from[i] = m->moved[i];
	}
	return 0;
}

static int fd_map_add(const struct fd_map *m, posix_spawn_file_actions_t *fa)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < m->nr; i++) {
		if (m->from[i] < 0)
			e = posix_spawn_file_actions_addopen(fa, (int)i, "/dev/null", O_RDWR, 0);
		else /* onto itself: glibc then clears FD_CLOEXEC */
			e = posix_spawn_file_actions_adddup2(fa, m->from[i], (int)i);
	}
	if (e == 0)
		e = posix_spawn_file_actions_addclosefrom_np(fa, (int)m->nr);
	return e;
}

static void attributes(posix_spawnattr_t *at, const struct proc_spec *spec)
{
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	MUST(posix_spawnattr_setsigmask(at, spec->block_signals ? &all : &none) == 0);
	MUST(posix_spawnattr_setsigdefault(at, &all) == 0);
	if (spec->new_session)
		flags |= POSIX_SPAWN_SETSID;
	MUST(posix_spawnattr_setflags(at, flags) == 0);
}

/* Says which of program and directory was the trouble; only on the failing path. */
static int diagnose(const struct proc_spec *spec, int code, struct err *err)
{
	struct stat st;

	if (spec->cwd && (stat(spec->cwd, &st) < 0))
		return err_sys(err, errno, "starting %s in %s", spec->argv[0], spec->cwd);
	if (spec->cwd && !S_ISDIR(st.st_mode))
		return err_sys(err, ENOTDIR, "starting %s in %s", spec->argv[0], spec->cwd);
	if (code == ENOENT)
		return err_set(err, ERR_NOT_FOUND, "program \"%s\" was not found", spec->argv[0]);
	return err_sys(err, code, "starting %s", spec->argv[0]);
}

int proc_start(const struct proc_spec *spec, struct proc *ret, struct err *err)
{
	char *const *envp = spec->envp ? (char *const *)(uintptr_t)spec->envp : environ;
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	struct fd_map map;
	pid_t pid;
	int e;

	if (fd_map_init(&map, spec, err) < 0)
		return -1;
	MUST(posix_spawn_file_actions_init(&fa) == 0);
	MUST(posix_spawnattr_init(&at) == 0);
	attributes(&at, spec);
	e = fd_map_add(&map, &fa);
	if (e == 0 && spec->cwd)
		e = posix_spawn_file_actions_addchdir_np(&fa, spec->cwd);
	if (e == 0)
		e = posix_spawnp(&pid, spec->argv[0], &fa, &at,
				 (char *const *)(uintptr_t)spec->argv, envp);
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
	fd_map_release(&map);
	if (e != 0)
		return diagnose(spec, e, err);
	*ret = (struct proc){ .pid = pid, .pidfd = pidfd_open(pid, 0) };
	if (ret->pidfd < 0) {
		e = errno;
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		*ret = (struct proc)PROC_NONE;
		return err_sys(err, e, "watching %s", spec->argv[0]);
	}
	return 0;
}

static void reap(struct proc *p, struct proc_exit *ret)
{
	int status = 0;

	while (waitpid(p->pid, &status, 0) < 0)
		MUST(errno == EINTR); /* nobody else may reap our children */
	if (WIFSIGNALED(status))
		*ret = (struct proc_exit){ 128 + WTERMSIG(status), WTERMSIG(status) };
	else
		*ret = (struct proc_exit){ WEXITSTATUS(status), 0 };
	proc_close_fd(&p->pidfd);
	p->pid = 0;
}

bool proc_wait(struct proc *p, uint64_t deadline_us, struct proc_exit *ret)
{
	MUST(p->pid > 0);
	for (;;) {
		struct pollfd fd = { .fd = p->pidfd, .events = POLLIN };
		int n = poll(&fd, 1, clock_poll_ms(deadline_us));

		if (n > 0) {
			reap(p, ret);
			return true;
		}
		MUST(n == 0 || errno == EINTR);
		if (n == 0 && deadline_us && clock_mono_us() >= deadline_us)
			return false;
	}
}

void proc_signal(const struct proc *p, int signal)
{
	if (p->pid > 0)
		pidfd_send_signal(p->pidfd, signal, NULL, 0);
}

void proc_release(struct proc *p)
{
	struct proc_exit ignored;

	if (p->pid <= 0)
		return;
	proc_signal(p, SIGKILL);
	reap(p, &ignored);
}

str proc_find(struct arena *a, const char *name)
{
	const char *path = getenv("PATH");
	str rest = path ? str_of(path) : STR("/usr/local/bin:/usr/bin:/bin");

	while (!str_is_null(rest)) {
		str dir = str_cut(&rest, ':');
		str at = arena_printf(a, STR_FMT "/%s", STR_ARG(dir), name);
		struct stat st;

		if (dir.n && stat(at.p, &st) == 0 && S_ISREG(st.st_mode) && access(at.p, X_OK) == 0)
			return at;
	}
	return str_null;
}

/* --- small tools --- */

enum { IN, OUT, ERRORS, NR_STREAMS };

struct capture {
	struct proc proc;
	int fd[NR_STREAMS]; /* our ends, -1 when closed */
	str input;	    /* not yet given */
	struct buf *out, *errors;
	size_t max_bytes, got;
	uint64_t deadline_us;
};

static void capture_release(struct capture *c)
{
	if (c->proc.pid > 0)
		kill(-c->proc.pid, SIGKILL); /* its session's first process group */
	proc_release(&c->proc);
	for (size_t i = 0; i < NR_STREAMS; i++)
		proc_close_fd(&c->fd[i]);
}

static int capture_start(struct capture *c, const struct proc_capture *req, struct err *err)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, errors[2] = { -1, -1 };
	struct proc_spec spec = req->spec;
	int r = 0;

	if (!str_is_null(req->input))
		r = proc_pipe(in, err);
	if (r == 0)
		r = proc_pipe(out, err);
	if (r == 0)
		r = proc_pipe(errors, err);
	c->fd[IN] = in[1];
	c->fd[OUT] = out[0];
	c->fd[ERRORS] = errors[0];
	for (size_t i = 0; i < NR_STREAMS; i++)
		if (c->fd[i] >= 0)
			fcntl(c->fd[i], F_SETFL, O_NONBLOCK);
	spec.fds[0] = in[0] >= 0 ? in[0] : PROC_FD_NULL;
	spec.fds[1] = out[1];
	spec.fds[2] = errors[1];
	spec.nr_fds = 3;
	spec.new_session = true;
	if (r == 0)
		r = proc_start(&spec, &c->proc, err);
	proc_close_fd(&in[0]);
	proc_close_fd(&out[1]);
	proc_close_fd(&errors[1]);
	return r;
}

static void give_input(struct capture *c)
{
	while (c->input.n) {
		ssize_t n = write(c->fd[IN], c->input.p, c->input.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) /* it does not want the rest: its exit code tells */
			break;
		c->input = str_from(c->input, (size_t)n);
	}
	proc_close_fd(&c->fd[IN]);
}

/* Read what there is; -1 when stdout passes its ceiling. */
static int take_output(struct capture *c, size_t stream, struct err *err)
{
	char piece[16384];

	for (;;) {
		ssize_t n = read(c->fd[stream], piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0) {
			proc_close_fd(&c->fd[stream]);
			return 0;
		}
		if (stream == ERRORS) {
			size_t room = PROC_STDERR_MAX - MIN(c->errors->n, PROC_STDERR_MAX);

			buf_add(c->errors, piece, MIN((size_t)n, room));
			continue;
		}
		c->got += (size_t)n;
		buf_add(c->out, piece, (size_t)n);
		if (c->got > c->max_bytes || c->out->full)
			return err_set(err, ERR_LIMIT, "it wrote more than %zu bytes",
				       c->max_bytes);
	}
}

/* One round of waiting.  1: the program has ended and all it wrote is read. */
static int capture_step(struct capture *c, struct err *err)
{
	struct pollfd p[NR_STREAMS + 1] = {
		{ .fd = c->fd[IN], .events = POLLOUT },
		{ .fd = c->fd[OUT], .events = POLLIN },
		{ .fd = c->fd[ERRORS], .events = POLLIN },
		{ .fd = c->proc.pidfd, .events = POLLIN },
	};
	int n = poll(p, COUNT(p), clock_poll_ms(c->deadline_us));

	if (n < 0) {
		MUST(errno == EINTR);
		return 0;
	}
	if (p[IN].revents)
		give_input(c);
	/* Also after its end: what it wrote is in the pipe by then.  End of file is not
	 * waited for, something it left behind may hold the pipe for ever. */
	for (size_t s = OUT; s <= ERRORS; s++)
		if (c->fd[s] >= 0 && (p[s].revents || p[NR_STREAMS].revents) &&
		    take_output(c, s, err) < 0)
			return -1;
	if (p[NR_STREAMS].revents)
		return 1;
	if (n == 0 && clock_mono_us() >= c->deadline_us)
		return err_set(err, ERR_UNAVAILABLE, "it took too long");
	return 0;
}

/* A tool that closes its stdin early must not end us: SIGPIPE is turned into EPIPE
 * for this thread only, the process's own handling stays as it is. */
static int capture_run(struct capture *c, struct err *err)
{
	sigset_t pipe_only, before;
	struct timespec now = { 0, 0 };
	int r;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	MUST(pthread_sigmask(SIG_BLOCK, &pipe_only, &before) == 0);
	do
		r = capture_step(c, err);
	while (r == 0);
	if (!sigismember(&before, SIGPIPE))
		while (sigtimedwait(&pipe_only, NULL, &now) == SIGPIPE)
			;
	MUST(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	return r;
}

int proc_capture(const struct proc_capture *req, struct buf *out, struct buf *errors,
		 struct proc_exit *ret, struct err *err)
{
	CLEANUP(capture_release) struct capture c = {
		.proc = PROC_NONE,
		.fd = { -1, -1, -1 },
		.input = req->input,
		.out = out,
		.errors = errors,
		.max_bytes = req->max_bytes ? req->max_bytes : BUF_MAX_DEFAULT,
	};
	uint64_t timeout_ms = req->timeout_ms ? req->timeout_ms : PROC_TIMEOUT_MS;

	if (capture_start(&c, req, err) < 0)
		return -1;
	c.deadline_us = clock_mono_us() + timeout_ms * 1000;
	if (capture_run(&c, err) < 0)
		return err_wrap(err, "%s", req->spec.argv[0]);
	kill(-c.proc.pid, SIGKILL); /* before reaping: the group's number is still ours */
	reap(&c.proc, ret);
	return 0;
}

int proc_output(const struct proc_capture *c, struct buf *out, struct err *err)
{
	CLEANUP(buf_release) struct buf errors = { .max = PROC_STDERR_MAX };
	struct proc_exit end;
	str rest, line;

	if (proc_capture(c, out, &errors, &end, err) < 0)
		return -1;
	if (end.code == 0)
		return 0;
	rest = str_trim(buf_str(&errors));
	line = str_trim(str_cut(&rest, '\n'));
	return err_set(err, ERR_UNAVAILABLE, "%s ended with exit code %d%s" STR_FMT,
		       c->spec.argv[0], end.code, line.n ? ": " : "",
		       STR_ARG(str_sub(line, 0, 500)));
}

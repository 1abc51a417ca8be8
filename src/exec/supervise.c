#include "exec/supervise.h"

#include "os/clock.h"
#include "os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPORT_FD 3
#define NOW_SIGNAL SIGUSR1
#define PIDS_MAX   16384 /* signalled in one round; more take further rounds */

/* What goes through the report pipe: one write each, smaller than PIPE_BUF. */
enum news_type { NEWS_STARTED = 1, NEWS_FAILED, NEWS_ENDED };
struct news {
	uint32_t type;
	int32_t shell;
	int32_t err_kind;
	char message[512];
	struct supervise_report report;
};

static const char *program = "/proc/self/exe";

void supervise_set_program(const char *path)
{
	program = path;
}

/* --- the supervisor's side --- */

enum state { RUNNING, TERMINATING, LINGERING, KILLING, OVER };

struct supervisor {
	enum state state;
	pid_t shell;
	bool shell_ended;
	bool told_strays; /* those that came after the first TERM */
	int shell_status;
	uint64_t grace_ms;
	uint64_t deadline_us; /* when the state gives way to the next */
	int signal_fd;
	bool counted; /* the first killing round counts what it kills */
	struct supervise_report report;
	size_t nr_pids;
	pid_t pids[PIDS_MAX];
};

static void add_children(struct supervisor *s, pid_t pid, const char *tid)
{
	char path[64], text[4096];
	size_t have = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%.20s/children", pid, tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	while ((n = read(fd, text + have, sizeof(text) - have)) > 0) {
		size_t end = have + (size_t)n, at = 0;

		for (size_t i = 0; i < end; i++) {
			if (text[i] != ' ')
				continue;
			text[i] = '\0';
			if (s->nr_pids < PIDS_MAX)
				s->pids[s->nr_pids++] = (pid_t)strtol(text + at, NULL, 10);
			at = i + 1;
		}
		have = end - at;
		memmove(text, text + at, have);
	}
	close(fd);
}

/* All processes below us, as far as one look can see. */
static void find_descendants(struct supervisor *s)
{
	pid_t self = getpid();

	s->nr_pids = 0;
	for (size_t i = 0; i <= s->nr_pids; i++) {
		pid_t pid = i == 0 ? self : s->pids[i - 1];
		char path[32];
		struct dirent *e;
		DIR *d;

		snprintf(path, sizeof(path), "/proc/%d/task", pid);
		d = opendir(path);
		if (!d)
			continue; /* it has ended meanwhile: its children are ours now */
		while ((e = readdir(d)))
			if (e->d_name[0] != '.')
				add_children(s, pid, e->d_name);
		closedir(d);
	}
}

static void signal_all(struct supervisor *s, int signal)
{
	find_descendants(s);
	if (s->nr_pids == 0 && s->shell && !s->shell_ended)
		kill(-s->shell, signal); /* no /proc to look at */
	for (size_t i = 0; i < s->nr_pids; i++)
		kill(s->pids[i], signal);
}

/* TERM reaches every process or none: they are stopped first, so that nobody forks
 * between our look and our signal.  One look is right when it finds nobody new. */
static void terminate_all(struct supervisor *s)
{
	size_t before = 0;

	for (int look = 0; look < 10; look++) {
		signal_all(s, SIGSTOP);
		if (s->nr_pids <= before)
			break;
		before = s->nr_pids;
	}
	signal_all(s, SIGTERM);
	signal_all(s, SIGCONT);
}

/* True when no child is left. */
static bool reap(struct supervisor *s)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid == 0)
			return false;
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return true;
		if (pid == s->shell) {
			s->shell_ended = true;
			s->shell_status = status;
		}
	}
}

static void enter(struct supervisor *s, enum state state, uint64_t ms)
{
	s->state = state;
	s->deadline_us = clock_mono_us() + ms * 1000;
}

static void told(struct supervisor *s, int signal)
{
	if (signal == SIGCHLD || s->state == KILLING)
		return;
	if (signal == NOW_SIGNAL || s->state != RUNNING) {
		enter(s, KILLING, SUPERVISE_KILL_MS);
		return;
	}
	enter(s, TERMINATING, s->grace_ms);
	terminate_all(s);
}

static void take_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		told(s, (int)info.ssi_signo);
}

static void killing_round(struct supervisor *s)
{
	signal_all(s, SIGKILL);
	if (!s->counted)
		s->report.killed = (unsigned)s->nr_pids;
	s->counted = true;
}

/* Until nothing is left below us. */
static void watch(struct supervisor *s)
{
	int pause_ms = 1;

	while (!reap(s)) {
		struct pollfd p[2] = {
			{ .fd = s->signal_fd, .events = POLLIN },
			{ .fd = REPORT_FD }, /* POLLERR: slipway is gone */
		};
		int wait_ms = s->state == RUNNING ? -1 : clock_poll_ms(s->deadline_us);

		if (s->state == RUNNING && s->shell_ended) {
			enter(s, LINGERING, SUPERVISE_LINGER_MS);
			continue;
		}
		if (s->state == TERMINATING && s->shell_ended && !s->told_strays) {
			s->told_strays = true;
			terminate_all(s);
		}
		if (s->state == KILLING) {
			if (wait_ms == 0) {
				find_descendants(s);
				s->report.left = (unsigned)s->nr_pids;
				return;
			}
			/* A child of a process that dies is seen in the next round. */
			killing_round(s);
			wait_ms = MIN(wait_ms, pause_ms);
			pause_ms = MIN(pause_ms * 2, 100);
		} else if (wait_ms == 0) {
			enter(s, KILLING, SUPERVISE_KILL_MS);
			continue;
		}
		if (poll(p, COUNT(p), wait_ms) <= 0)
			continue;
		if (p[0].revents)
			take_signals(s);
		if ((p[1].revents & POLLERR) && s->state != KILLING)
			enter(s, KILLING, SUPERVISE_KILL_MS);
	}
}

static void fill_report(struct supervisor *s)
{
	struct supervise_report *r = &s->report;
	int status = s->shell_status;
	struct rusage u;

	if (WIFSIGNALED(status)) {
		r->signal = WTERMSIG(status);
		r->code = 128 + r->signal;
	} else {
		r->code = WEXITSTATUS(status);
	}
	getrusage(RUSAGE_CHILDREN, &u);
	r->cpu_user_us = (uint64_t)u.ru_utime.tv_sec * 1000000 + (uint64_t)u.ru_utime.tv_usec;
	r->cpu_system_us = (uint64_t)u.ru_stime.tv_sec * 1000000 + (uint64_t)u.ru_stime.tv_usec;
	r->max_rss_kb = (uint64_t)u.ru_maxrss;
	r->read_bytes = (uint64_t)u.ru_inblock * 512;
	r->written_bytes = (uint64_t)u.ru_oublock * 512;
}

static void tell(const struct news *n)
{
	while (write(REPORT_FD, n, sizeof(*n)) < 0 && errno == EINTR)
		;
}

static int handled_signals(struct err *err)
{
	static const int numbers[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, NOW_SIGNAL };
	sigset_t set, blocked;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < COUNT(numbers); i++)
		sigaddset(&set, numbers[i]);
	blocked = set;
	sigaddset(&blocked, SIGPIPE);
	MUST(sigprocmask(SIG_SETMASK, &blocked, NULL) == 0);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_sys(err, errno, "making a signal descriptor") : fd;
}

/* The job's output pipe is the job's alone. */
static void let_go_of_output(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
}

static int start_shell(struct supervisor *s, char **argv, struct err *err)
{
	struct proc_spec spec = {
		.argv = (const char *const *)(uintptr_t)argv,
		.fds = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO },
		.nr_fds = 3,
		.new_session = true, /* so that `kill 0` in the job does not reach us */
	};
	struct proc shell;

	s->signal_fd = handled_signals(err);
	if (s->signal_fd < 0)
		return -1;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return err_sys(err, errno, "becoming a subreaper");
	if (proc_start(&spec, &shell, err) < 0)
		return -1;
	s->shell = shell.pid;
	close(shell.pidfd); /* SIGCHLD tells */
	return 0;
}

/* The limit on descriptors that slipway had before it needed more itself. */
static void lower_limit(const char *text)
{
	struct rlimit l;
	uint64_t soft = strtoull(text, NULL, 10);

	if (soft && getrlimit(RLIMIT_NOFILE, &l) == 0 && soft < l.rlim_cur) {
		l.rlim_cur = soft;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

/* slipway __supervise GRACE_MS LIMIT SHELL ARGUMENT… */
int supervise_main(int argc, char **argv)
{
	static struct supervisor s; /* one per process; large */
	static struct news n;
	struct err err;

	if (argc < 5 || fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC) < 0) {
		fprintf(stderr, "slipway: %s is for internal use\n", SUPERVISE_WORD);
		return 2;
	}
	s.grace_ms = strtoul(argv[2], NULL, 10);
	lower_limit(argv[3]);
	if (start_shell(&s, argv + 4, &err) < 0) {
		n.type = NEWS_FAILED;
		n.err_kind = (int32_t)err.kind;
		snprintf(n.message, sizeof(n.message), "%.*s", (int)sizeof(n.message) - 1, err.msg);
		tell(&n);
		return 3;
	}
	n.type = NEWS_STARTED;
	n.shell = s.shell;
	tell(&n);
	let_go_of_output();
	watch(&s);
	fill_report(&s);
	n.type = NEWS_ENDED;
	n.report = s.report;
	tell(&n);
	return 0;
}

/* --- slipway's side --- */

int supervise_start(const struct supervise_spec *spec, struct supervised *ret, struct err *err)
{
	const char *argv[64] = { program, SUPERVISE_WORD };
	char grace[16], limit[24];
	struct proc_spec p = {
		.argv = argv,
		.envp = spec->envp,
		.cwd = spec->cwd,
		.nr_fds = 4,
		.new_session = true,
		.block_signals = true, /* a stop that comes before it is ready waits */
	};
	int report[2], r;
	size_t n = 4;

	snprintf(grace, sizeof(grace), "%u", spec->grace_ms);
	snprintf(limit, sizeof(limit), "%llu", (unsigned long long)fd_limit_before());
	argv[2] = grace;
	argv[3] = limit;
	for (size_t i = 0; spec->argv[i]; i++) {
		MUST(n < COUNT(argv) - 1);
		argv[n++] = spec->argv[i];
	}
	if (proc_pipe(report, err) < 0)
		return -1;
	p.fds[0] = PROC_FD_NULL;
	p.fds[1] = p.fds[2] = spec->out_fd;
	p.fds[REPORT_FD] = report[1];
	*ret = (struct supervised)SUPERVISED_NONE;
	r = proc_start(&p, &ret->proc, err);
	close(report[1]);
	if (r < 0) {
		close(report[0]);
		return -1;
	}
	fcntl(report[0], F_SETFL, O_NONBLOCK);
	ret->report_fd = report[0];
	return 0;
}

void supervise_stop(const struct supervised *s, bool now)
{
	proc_signal(&s->proc, now ? NOW_SIGNAL : SIGTERM);
	proc_signal(&s->proc, SIGCONT); /* a job can stop its supervisor */
}

/* Session of a process that lives: state and session are the third and the sixth field
 * of its stat, behind the name in brackets.  A zombie waits for init, not for us. */
static long session_of(const char *pid)
{
	char path[64], text[512], state, *at;
	long session = -1;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	at = strrchr(text, ')');
	if (!at || sscanf(at + 1, " %c %*d %*d %ld", &state, &session) != 2)
		return -1;
	return state == 'Z' || state == 'X' ? -1 : session;
}

/* The supervisor is dead, so its children have gone to init: what did not leave the
 * shell's session is still found by that. */
static void kill_session(pid_t session)
{
	bool found = session > 0;

	for (int round = 0; found && round < 100; round++) {
		struct dirent *e;
		DIR *d = opendir("/proc");

		found = false;
		if (!d) {
			kill(-session, SIGKILL);
			return;
		}
		while ((e = readdir(d))) {
			if (e->d_name[0] < '1' || e->d_name[0] > '9')
				continue;
			if (session_of(e->d_name) != session)
				continue;
			found |= kill((pid_t)strtol(e->d_name, NULL, 10), SIGKILL) == 0;
		}
		closedir(d);
	}
}

static int lost(struct supervised *s, struct err *err)
{
	struct proc_exit end;

	proc_signal(&s->proc, SIGKILL);
	MUST(proc_wait(&s->proc, 0, &end));
	kill_session(s->shell);
	proc_close_fd(&s->report_fd);
	s->shell = 0;
	return err_set(err, ERR_UNAVAILABLE, "the job's supervisor was killed (exit code %d)",
		       end.code);
}

int supervise_read(struct supervised *s, struct supervise_report *ret, struct err *err)
{
	struct news news;
	struct proc_exit ignored;

	for (;;) {
		ssize_t n = read(s->report_fd, &news, sizeof(news));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n != (ssize_t)sizeof(news))
			return lost(s, err);
		if (news.type != NEWS_STARTED)
			break;
		s->shell = news.shell;
	}
	MUST(proc_wait(&s->proc, 0, &ignored));
	proc_close_fd(&s->report_fd);
	s->shell = 0;
	if (news.type == NEWS_FAILED) {
		news.message[sizeof(news.message) - 1] = '\0';
		return err_set(err, (enum err_kind)news.err_kind, "%s", news.message);
	}
	*ret = news.report;
	return 1;
}

void supervise_release(struct supervised *s)
{
	struct supervise_report ignored;
	struct err err;

	if (s->proc.pid <= 0)
		return;
	supervise_stop(s, true);
	for (;;) {
		struct pollfd p = { .fd = s->report_fd, .events = POLLIN };
		int n = poll(&p, 1, SUPERVISE_KILL_MS + 5000);

		if (n == 0)
			lost(s, &err);
		if (n == 0 || (n > 0 && supervise_read(s, &ignored, &err) != 0))
			return;
	}
}

#include "exec/shell.h"

#include "os/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#define PIPE_SIZE     (1 << 20)
#define READ_SIZE     ((size_t)64 << 10) /* stays in the second cache on its way */
/* How long a supervisor that was told to kill may take beyond its own limit. */
#define LOST_MS	      (SUPERVISE_KILL_MS + 5000)
#define CANCEL_LOOK_MS 50

struct shell {
	const struct shell_spec *spec;
	struct supervised job;
	int out;
	enum shell_end end;
	bool stopping, killing;
	bool cancel_seen; /* cancel_fd has spoken: from then on we look by the clock */
	uint64_t lost_us; /* when to give the supervisor up; 0: not yet */
	char *piece;
};

static void shell_release(struct shell *s)
{
	supervise_release(&s->job);
	proc_close_fd(&s->out);
	mem_free(s->piece);
}

static int shell_start(struct shell *s, struct err *err)
{
	const char *const argv[] = { s->spec->bash, s->spec->script, NULL };
	int out[2];

	if (proc_pipe(out, err) < 0)
		return -1;
	s->out = out[0];
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(out[0], F_SETPIPE_SZ, PIPE_SIZE); /* may be refused: then it stays smaller */
	struct supervise_spec spec = {
		.argv = argv,
		.envp = s->spec->envp,
		.cwd = s->spec->cwd,
		.out_fd = out[1],
		.grace_ms = s->spec->grace_ms,
	};
	int r = supervise_start(&spec, &s->job, err);
	close(out[1]);
	s->piece = mem_alloc(READ_SIZE);
	return r;
}

static void stop(struct shell *s, enum shell_end why, bool now)
{
	if (s->killing || (s->stopping && !now))
		return;
	if (!s->stopping)
		s->end = why;
	s->stopping = true;
	s->killing = now;
	supervise_stop(&s->job, now);
	s->lost_us = clock_mono_us() + 1000 * (uint64_t)((now ? 0 : s->spec->grace_ms) + LOST_MS);
}

static void heed(struct shell *s)
{
	const struct shell_spec *spec = s->spec;
	int cancel = spec->cancel ? atomic_load(spec->cancel) : 0;
	struct err ignored;

	if (log_trouble(spec->log, &ignored))
		stop(s, SHELL_LOG_FAILED, true);
	if (cancel >= 2)
		stop(s, SHELL_CANCELED, true);
	else if (cancel >= spec->cancel_from)
		stop(s, SHELL_CANCELED, false);
	if (spec->deadline_us && clock_mono_us() >= spec->deadline_us)
		stop(s, SHELL_TIMED_OUT, false);
}

/* Read what there is, at most `most` bytes; false when there is no more for now. */
static bool read_output(struct shell *s, size_t most)
{
	for (size_t got = 0; got < most;) {
		ssize_t n = read(s->out, s->piece, READ_SIZE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			proc_close_fd(&s->out);
		if (n <= 0)
			return false;
		log_output(s->spec->log, (str){ s->piece, (size_t)n });
		got += (size_t)n;
	}
	return true;
}

static int wait_ms(const struct shell *s)
{
	uint64_t next = s->stopping ? s->lost_us : s->spec->deadline_us;
	int ms = clock_poll_ms(next);

	if (s->cancel_seen && !s->killing && (ms < 0 || ms > CANCEL_LOOK_MS))
		ms = CANCEL_LOOK_MS;
	return ms;
}

/* 1: all is over; 0: goes on. */
static int step(struct shell *s, struct supervise_report *report, struct err *err)
{
	struct pollfd p[3] = {
		{ .fd = s->out, .events = POLLIN },
		{ .fd = s->job.report_fd, .events = POLLIN },
		{ .fd = s->cancel_seen ? -1 : s->spec->cancel_fd, .events = POLLIN },
	};

	heed(s);
	if (poll(p, COUNT(p), wait_ms(s)) < 0) {
		MUST(errno == EINTR);
		return 0;
	}
	s->cancel_seen |= p[2].revents != 0;
	/* One pipe's worth at a time: a job that never stops writing can be stopped. */
	if (p[0].revents && s->out >= 0)
		read_output(s, PIPE_SIZE);
	if (p[1].revents)
		return supervise_read(&s->job, report, err);
	if (s->lost_us && clock_mono_us() >= s->lost_us)
		return err_set(err, ERR_UNAVAILABLE, "the job could not be ended");
	return 0;
}

int shell_run(const struct shell_spec *spec, struct shell_result *ret, struct err *err)
{
	CLEANUP(shell_release) struct shell s = {
		.spec = spec,
		.job = SUPERVISED_NONE,
		.out = -1,
	};
	int r;

	if (shell_start(&s, err) < 0)
		return -1;
	do
		r = step(&s, &ret->report, err);
	while (r == 0);
	/* Nobody is left that could write: what is in the pipe is all there will be.  The
	 * count is for one that could not be killed and goes on writing. */
	for (int i = 0; s.out >= 0 && i < 4 && read_output(&s, PIPE_SIZE); i++)
		;
	ret->end = s.end;
	return r < 0 ? -1 : 0;
}

/* proc.h - start a program, wait for it, read what it says.
 *
 * posix_spawn only, so the cost does not grow with our memory.  The program gets
 * exactly the descriptors it is given, default signal handling and an empty
 * signal mask; stdin is /dev/null unless said otherwise.  Waiting goes through a
 * pidfd, so it has a deadline and never hits a recycled pid.
 */
#ifndef OS_PROC_H
#define OS_PROC_H

#include "base/buf.h"
#include "base/err.h"

#define PROC_FDS_MAX 8
#define PROC_FD_NULL (-1) /* /dev/null */

struct proc_spec {
	const char *const *argv; /* argv[0] is looked up in our PATH when it has no slash */
	const char *const *envp; /* NULL: our environment */
	const char *cwd;	 /* NULL: ours */
	/* fds[i] becomes the program's descriptor i; 0, 1 and 2 are /dev/null when not
	 * given (and every one that is PROC_FD_NULL).  Nothing else is inherited. */
	int fds[PROC_FDS_MAX];
	size_t nr_fds;
	bool new_session;   /* its own session and process group; no terminal */
	bool block_signals; /* starts with all signals blocked: it will unblock them itself */
};

struct proc {
	pid_t pid; /* 0: none */
	int pidfd;
};
#define PROC_NONE { 0, -1 }

struct proc_exit {
	int code;   /* exit code; 128 + signal when a signal ended it, as a shell says */
	int signal; /* 0 when it exited */
};

/* ERR_NOT_FOUND when there is no such program (or no such cwd: the message says). */
int proc_start(const struct proc_spec *spec, struct proc *ret, struct err *err) NODISCARD NONNULL;

/* True when it has ended (then it is reaped and *p is PROC_NONE); false when the
 * monotonic instant came first.  0: wait for ever. */
bool proc_wait(struct proc *p, uint64_t deadline_us, struct proc_exit *ret) NODISCARD NONNULL;

/* Does nothing when it has ended already. */
void proc_signal(const struct proc *p, int signal) NONNULL;

/* For CLEANUP: kills (SIGKILL, the process alone) and reaps what still runs. */
void proc_release(struct proc *p) NONNULL;

/* Is there such a program in PATH?  The path in the arena, or str_null. */
struct arena;
str proc_find(struct arena *a, const char *name) NODISCARD NONNULL;

/* --- small tools --- */
struct proc_capture {
	struct proc_spec spec; /* fds and new_session are set by proc_capture */
	str input;	       /* given to stdin; str_null: /dev/null */
	uint64_t timeout_ms;   /* 0: PROC_TIMEOUT_MS */
	size_t max_bytes;      /* of stdout; 0: BUF_MAX_DEFAULT */
};
#define PROC_TIMEOUT_MS	  60000
#define PROC_STDERR_MAX	  ((size_t)64 << 10) /* more is read and dropped */

/* Run a program to its end, in its own session.  0 whatever its exit code: that is
 * in *ret.  stdout is added to `out`, stderr to `errors`.  -1: it could not start,
 * took too long (ERR_UNAVAILABLE) or said too much (ERR_LIMIT); then its process
 * group was killed. */
int proc_capture(const struct proc_capture *req, struct buf *out, struct buf *errors,
		 struct proc_exit *ret, struct err *err) NODISCARD NONNULL;

/* As proc_capture for a tool that must succeed: any exit code but 0 is ERR_UNAVAILABLE
 * with the first line of its stderr in the message. */
int proc_output(const struct proc_capture *c, struct buf *out, struct err *err) NODISCARD NONNULL;

/* A pipe, both ends O_CLOEXEC. */
int proc_pipe(int ret[2], struct err *err) NODISCARD NONNULL;
/* For CLEANUP on a descriptor that is -1 when there is none. */
void proc_close_fd(int *fd) NONNULL;

#endif

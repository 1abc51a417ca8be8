/* supervise.h - whatever a job starts ends with it.
 *
 * A job's shell runs under a small supervisor: our own program started again with
 * SUPERVISE_WORD.  It is a child subreaper, so a process that forks twice, makes
 * its own session and ignores SIGTERM still becomes its child, and it ends only
 * when it has no child left.  It kills everything when its report pipe loses its
 * reader: so a `kill -9` of slipway ends the job too.
 *
 *	slipway ── supervisor ── bash (own session) ── …
 *
 * States of the supervisor: running → (SIGTERM: TERM to all) terminating →
 * (grace over, or told twice) killing → (no child left) report, end.  When the
 * shell ends by itself, what it left gets SUPERVISE_LINGER_MS to end too (a
 * `tee` that has yet to write), then is killed.
 */
#ifndef EXEC_SUPERVISE_H
#define EXEC_SUPERVISE_H

#include "os/proc.h"

#define SUPERVISE_WORD	    "__supervise"
#define SUPERVISE_LINGER_MS 250
#define SUPERVISE_KILL_MS   10000 /* how long a killed process may take to die */

/* The supervisor's program; main() calls it before anything else when argv[1] is
 * SUPERVISE_WORD.  Tests do the same in their own main(). */
int supervise_main(int argc, char **argv);

/* Which program is started as supervisor: "/proc/self/exe" unless set (for a test
 * program that has no such main).  The string must last. */
void supervise_set_program(const char *path) NONNULL;

struct supervise_spec {
	const char *const *argv; /* the shell */
	const char *const *envp;
	const char *cwd;
	int out_fd; /* becomes its stdout and stderr; stdin is /dev/null */
	unsigned grace_ms;
};

struct supervised {
	struct proc proc;
	int report_fd; /* readable when there is news: call supervise_read */
	pid_t shell;   /* 0 until reported */
};
#define SUPERVISED_NONE { PROC_NONE, -1, 0 }

struct supervise_report {
	int code;	 /* of the shell; 128 + signal */
	int signal;	 /* 0 when it exited */
	unsigned killed; /* processes that outlived the shell and were killed */
	unsigned left;	 /* processes that could not be killed */
	uint64_t cpu_user_us, cpu_system_us, max_rss_kb, read_bytes, written_bytes;
};

int supervise_start(const struct supervise_spec *spec, struct supervised *ret,
		    struct err *err) NODISCARD NONNULL;

/* Ask it to end the job: with grace, or at once. */
void supervise_stop(const struct supervised *s, bool now) NONNULL;

/* Read news, without waiting.  1: all is over, *ret is filled, nothing of the job is
 * left, *s is SUPERVISED_NONE.  0: it goes on.  -1: the shell could not start, or the
 * supervisor was killed (then the shell's session is killed as well as can be). */
int supervise_read(struct supervised *s, struct supervise_report *ret,
		   struct err *err) NODISCARD NONNULL;

/* For CLEANUP: kills all that still runs and waits for it. */
void supervise_release(struct supervised *s) NONNULL;

#endif

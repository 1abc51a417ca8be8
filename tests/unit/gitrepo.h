/* gitrepo.h - git repositories for tests, made with the real git. */
#ifndef TESTS_GITREPO_H
#define TESTS_GITREPO_H

#include "tmpdir.h"

#include "base/vec.h"
#include "os/proc.h"

/* Run "git ARGS…" in `dir` beneath the temporary directory; its output, in `a`. */
static inline str git_at(struct arena *a, const struct tmpdir *t, const char *dir,
			 const char *const *args)
{
	static const char *const env[] = {
		"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/nonexistent", "LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Ann Author",
		"GIT_AUTHOR_EMAIL=ann@example.org", "GIT_COMMITTER_NAME=Ann Author",
		"GIT_COMMITTER_EMAIL=ann@example.org", "GIT_AUTHOR_DATE=2024-03-01T12:00:00+01:00",
		"GIT_COMMITTER_DATE=2024-03-01T12:00:00+01:00", NULL,
	};
	CLEANUP(buf_release) struct buf out = BUF_INIT;
	struct proc_capture c = { .spec = { .envp = env } };
	VEC(const char *) argv = { 0 };
	struct err err;

	vec_add(a, &argv, "git");
	vec_add(a, &argv, "-c");
	vec_add(a, &argv, "protocol.file.allow=always");
	for (; *args; args++)
		vec_add(a, &argv, *args);
	vec_add(a, &argv, NULL);
	c.spec.argv = argv.at;
	c.spec.cwd = arena_printf(a, "%s/%s", t->path, dir).p;
	if (proc_output(&c, &out, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
	return arena_str(a, str_trim_end(buf_str(&out)));
}

#define GIT(a, t, dir, ...) git_at((a), (t), (dir), (const char *const[]){ __VA_ARGS__, NULL })

/* A repository with two commits: f1 f2 sub/f3, then f1 changed. */
static inline void gitrepo_make(struct arena *a, const struct tmpdir *t, const char *dir)
{
	struct err err;

	if (dir_make(t->fd, dir, 0777, &err) < 0)
		abort();
	GIT(a, t, dir, "init", "-q", "-b", "main");
	GIT(a, t, dir, "config", "user.name", "Ulla User");
	GIT(a, t, dir, "config", "user.email", "ulla@example.org");
	tmpdir_put(t, arena_printf(a, "%s/f1", dir).p, "1\n");
	tmpdir_put(t, arena_printf(a, "%s/f2", dir).p, "2\n");
	tmpdir_put(t, arena_printf(a, "%s/sub/f3", dir).p, "3\n");
	GIT(a, t, dir, "add", ".");
	GIT(a, t, dir, "commit", "-q", "-m", "First");
	tmpdir_put(t, arena_printf(a, "%s/f1", dir).p, "one\n");
	GIT(a, t, dir, "commit", "-q", "-a", "-m", "Second title\n\nIts description\nin two lines");
}

#endif

/* tmpdir.h - a temporary directory for a test, removed at its end. */
#ifndef TESTS_TMPDIR_H
#define TESTS_TMPDIR_H

#include "os/file.h"
#include "os/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tmpdir {
	char path[64];
	int fd;
};

static inline void tmpdir_release(struct tmpdir *t)
{
	struct err err;

	close(t->fd);
	if (tree_remove(AT_FDCWD, t->path, &err) < 0)
		fprintf(stderr, "%s\n", err.msg);
}

static inline struct tmpdir tmpdir_make(void)
{
	struct tmpdir t = { .path = "/tmp/slipway-test-XXXXXX" };

	if (!mkdtemp(t.path))
		abort();
	t.fd = open(t.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return t;
}

/* Write a file, making its directories. */
static inline void tmpdir_put(const struct tmpdir *t, const char *path, const char *content)
{
	char dir[4096];
	char *slash;
	struct err err;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash) {
		*slash = '\0';
		if (dir_make(t->fd, dir, 0777, &err) < 0)
			abort();
	}
	if (file_write_atomic(t->fd, path, str_of(content), 0644, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
}

#define TMPDIR(name) CLEANUP(tmpdir_release) struct tmpdir name = tmpdir_make()

#endif

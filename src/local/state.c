#include "local/state.h"

#include "fmt/ansi.h"
#include "os/file.h"
#include "os/tree.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NUMBER_TRIES 1000
#define NAME_MAX_BYTES 80
#define RUN_MAX 999999999 /* a directory with a larger number is not ours */

static char *path_join(const char *dir, const char *name)
{
	size_t n = strlen(dir) + strlen(name) + 2;
	char *p = mem_alloc(n);

	snprintf(p, n, "%s/%s", dir, name);
	return p;
}

static const char *const parts[] = { "runs", "work", "cache", "locks" };

/* A checkout or an archive may bring a `.slipway` of its own making: no part of it may
 * lead elsewhere, since what lies there is removed by number (SEC-A6). */
static int check_parts(const struct state *s, struct err *err)
{
	struct stat st;

	if (fstat(s->fd, &st) < 0)
		return err_sys(err, errno, "cannot look at %s", s->dir);
	if (st.st_uid != geteuid())
		return err_set(err, ERR_INVALID, "%s belongs to user %u, not to you; remove it",
			       s->dir, (unsigned)st.st_uid);
	for (size_t i = 0; i < COUNT(parts); i++)
		if (fstatat(s->fd, parts[i], &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode))
			return err_set(err, ERR_INVALID,
				       "%s/%s is no directory of slipway's; remove it", s->dir,
				       parts[i]);
	return 0;
}

static int make_parts(const struct state *s, struct err *err)
{
	/* Logs and artifacts may hold what is nobody else's business. */
	if (fchmod(s->fd, 0700) < 0)
		return err_sys(err, errno, "cannot close %s to others", s->dir);
	for (size_t i = 0; i < COUNT(parts); i++)
		if (mkdirat(s->fd, parts[i], 0700) < 0 && errno != EEXIST)
			return err_sys(err, errno, "cannot make %s/%s", s->dir, parts[i]);
	if (!file_exists(s->fd, ".gitignore"))
		return file_write_atomic(s->fd, ".gitignore", STR("*\n"), 0644, err);
	return 0;
}

int state_open(const char *project_dir, bool make, struct state *ret, struct err *err)
{
	struct state s = STATE_NONE;

	s.dir = path_join(project_dir, ".slipway");
	if (make && mkdir(s.dir, 0700) < 0 && errno != EEXIST) {
		err_sys(err, errno, "cannot make %s (slipway keeps logs and artifacts there)",
			s.dir);
		goto fail;
	}
	s.fd = open(s.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (s.fd < 0) {
		if (errno == ENOENT)
			err_set(err, ERR_NOT_FOUND, "nothing was run here yet (no %s)", s.dir);
		else if (errno == ELOOP || errno == ENOTDIR)
			err_set(err, ERR_INVALID, "%s is no directory of slipway's; remove it",
				s.dir);
		else
			err_sys(err, errno, "cannot open %s", s.dir);
		goto fail;
	}
	if (check_parts(&s, err) < 0 || (make && make_parts(&s, err) < 0))
		goto fail;
	*ret = s;
	return 0;
fail:
	state_close(&s);
	return -1;
}

void state_close(struct state *s)
{
	fd_close(&s->lock);
	fd_close(&s->fd);
	mem_free(s->dir);
	*s = (struct state)STATE_NONE;
}

static int compare_numbers(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return (a > b) - (a < b);
}

/* The entries of a folder whose names are numbers. */
static void numbers_in(const struct state *s, const char *folder, struct arena *a, uint64_t **ret,
		       size_t *ret_nr)
{
	VEC(uint64_t) list = { 0 };
	int fd = openat(s->fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	uint64_t n;

	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '0' && str_to_u64(str_of(e->d_name), &n) && n <= RUN_MAX)
			vec_add(a, &list, n);
	if (dir)
		closedir(dir);
	if (list.nr > 1)
		qsort(list.at, list.nr, sizeof(uint64_t), compare_numbers);
	*ret = list.at;
	*ret_nr = list.nr;
}

void state_runs(const struct state *s, struct arena *a, uint64_t **ret, size_t *ret_nr)
{
	numbers_in(s, "runs", a, ret, ret_nr);
}

uint64_t state_next_run(const struct state *s)
{
	CLEANUP(arena_release) struct arena a;
	uint64_t *runs;
	size_t nr;

	arena_init(&a, 0);
	state_runs(s, &a, &runs, &nr);
	return nr ? runs[nr - 1] + 1 : 1;
}

static bool lock_is_free(const struct state *s, uint64_t run)
{
	char path[64];
	struct err err;
	int fd = -1;

	snprintf(path, sizeof(path), "runs/%llu/lock", (unsigned long long)run);
	if (!file_exists(s->fd, path))
		return true;
	if (file_lock(s->fd, path, false, &fd, &err) < 0)
		return false;
	fd_close(&fd);
	return true;
}

bool state_run_is_alive(const struct state *s, uint64_t run)
{
	return run == s->run || !lock_is_free(s, run);
}

/* Names in it are a job's. */
static void complain(uint64_t run, const struct err *err)
{
	CLEANUP(buf_release) struct buf safe = BUF_INIT;

	ansi_sanitize(&safe, str_of(err->msg), 0);
	fprintf(stderr, "slipway: cannot remove what run %llu left: %s\n", (unsigned long long)run,
		safe.p ? safe.p : "");
}

static void sweep(const struct state *s)
{
	CLEANUP(arena_release) struct arena a;
	struct err err;
	uint64_t *left;
	size_t nr;

	arena_init(&a, 0);
	numbers_in(s, "work", &a, &left, &nr);
	for (size_t i = 0; i < nr; i++) {
		char path[64], kept[80];

		snprintf(path, sizeof(path), "work/%llu", (unsigned long long)left[i]);
		snprintf(kept, sizeof(kept), "%s/.keep", path);
		if (state_run_is_alive(s, left[i]) || file_exists(s->fd, kept))
			continue;
		if (tree_remove(s->fd, path, &err) < 0)
			complain(left[i], &err);
	}
}

/* The number is ours when its directory is. */
static int take_number(struct state *s, uint64_t *ret, struct err *err)
{
	uint64_t run = state_next_run(s);
	char path[64];

	for (int i = 0; i < NUMBER_TRIES; i++, run++) {
		snprintf(path, sizeof(path), "runs/%llu", (unsigned long long)run);
		if (mkdirat(s->fd, path, 0755) == 0) {
			*ret = run;
			return 0;
		}
		if (errno != EEXIST)
			break;
	}
	return err_sys(err, errno, "cannot make %s/%s", s->dir, path);
}

static int make_places(struct state *s, struct err *err)
{
	char path[64];

	snprintf(path, sizeof(path), "runs/%llu/jobs", (unsigned long long)s->run);
	if (mkdirat(s->fd, path, 0755) < 0)
		return err_sys(err, errno, "cannot make %s/%s", s->dir, path);
	/* One of the same number may have been killed, and its record removed. */
	snprintf(path, sizeof(path), "work/%llu", (unsigned long long)s->run);
	if (tree_remove(s->fd, path, err) < 0)
		return err_wrap(err, "cannot make %s/%s", s->dir, path);
	if (mkdirat(s->fd, path, 0755) < 0)
		return err_sys(err, errno, "cannot make %s/%s", s->dir, path);
	return 0;
}

int state_take_run(struct state *s, struct err *err)
{
	struct err ignored;
	char path[64];

	if (take_number(s, &s->run, err) < 0)
		return -1;
	snprintf(path, sizeof(path), "runs/%llu/lock", (unsigned long long)s->run);
	if (file_lock(s->fd, path, true, &s->lock, err) < 0 || make_places(s, err) < 0) {
		snprintf(path, sizeof(path), "runs/%llu", (unsigned long long)s->run);
		(void)!tree_remove(s->fd, path, &ignored);
		s->run = 0;
		return -1;
	}
	sweep(s);
	return 0;
}

str state_job_name(struct arena *a, str job, str pipeline_path, size_t index, unsigned attempt)
{
	struct buf b = { .max = 4096 };
	str s;

	buf_addf(&b, "%03zu-", index + 1);
	if (pipeline_path.n)
		buf_addf(&b, "%08x-", (unsigned)hash_keyed(0, 0, pipeline_path.p, pipeline_path.n));
	for (size_t i = 0; i < job.n && i < NAME_MAX_BYTES; i++) {
		unsigned char c = (unsigned char)job.p[i];

		buf_addc(&b, c < 0x80 && (isalnum(c) || c == '_' || c == '.') ? (char)c : '-');
	}
	if (attempt > 1)
		buf_addf(&b, "-try%u", attempt);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

int state_remove_run(struct state *s, uint64_t run, struct err *err)
{
	char path[64];

	if (state_run_is_alive(s, run))
		return err_set(err, ERR_UNAVAILABLE, "run %llu goes on", (unsigned long long)run);
	snprintf(path, sizeof(path), "work/%llu", (unsigned long long)run);
	if (tree_remove(s->fd, path, err) < 0)
		return -1;
	snprintf(path, sizeof(path), "runs/%llu", (unsigned long long)run);
	return tree_remove(s->fd, path, err);
}

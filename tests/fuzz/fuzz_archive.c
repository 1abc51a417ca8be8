/* Any bytes as an archive: whatever comes out, the directory that holds the target is
 * as it was, no link or device of the archive was followed or made, and the limits
 * were kept. */
#include "exec/archive.h"
#include "os/file.h"
#include "os/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BYTES_MAX   ((uint64_t)1 << 20)
#define ENTRIES_MAX ((uint64_t)200)

static char home[] = "/tmp/slipway-fuzz-XXXXXX";
static int home_fd = -1;

static void leave(void)
{
	struct err err;

	(void)!tree_remove(AT_FDCWD, home, &err);
}

static void enter(void)
{
	struct err err;

	if (home_fd >= 0)
		return;
	MUST(mkdtemp(home));
	atexit(leave);
	home_fd = dir_open(AT_FDCWD, home, &err);
	MUST(home_fd >= 0);
	MUST(file_write_atomic(home_fd, "victim", STR("safe"), 0600, &err) == 0);
	MUST(mkdirat(home_fd, "other", 0700) == 0);
}

struct sum {
	uint64_t entries, bytes;
	bool odd;
};

static enum tree_step inside(void *ctx, const struct tree_entry *e)
{
	struct sum *s = ctx;

	s->entries++;
	if (S_ISREG(e->mode))
		s->bytes += e->size;
	s->odd = s->odd || !(S_ISREG(e->mode) || S_ISDIR(e->mode) || S_ISLNK(e->mode)) ||
		 (e->mode & 07000);
	return TREE_GO;
}

static enum tree_step outside(void *ctx, const struct tree_entry *e)
{
	unsigned *n = ctx;

	++*n;
	return str_eq(e->path, STR("root")) ? TREE_SKIP : TREE_GO;
}

static void check(void)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct sum s = { 0 };
	unsigned n = 0;
	size_t skipped;
	struct err err;

	MUST(tree_walk(home_fd, "root", inside, &s, &skipped, &err) == 0);
	MUST(!s.odd);
	/* Parents are made for entries that do not list them. */
	MUST(s.bytes <= 2 * BYTES_MAX);
	MUST(tree_walk(home_fd, ".", outside, &n, &skipped, &err) == 0);
	MUST(n == 3);
	MUST(file_read(home_fd, "victim", 100, &b, &err) == 0 && str_eq(buf_str(&b), STR("safe")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct archive_options o = { .limits = { BYTES_MAX, ENTRIES_MAX, 0 } };
	CLEANUP(buf_release) struct buf log = { .max = 1 << 20 };
	CLEANUP(fd_close) int in = memfd_create("archive", MFD_CLOEXEC);
	CLEANUP(fd_close) int root = -1;
	struct archive_stats stats;
	struct err err;

	enter();
	o.log = &log;
	MUST(in >= 0 && fd_write_all(in, (str){ (const char *)data, size }, &err) == 0);
	MUST(lseek(in, 0, SEEK_SET) == 0);
	MUST(mkdirat(home_fd, "root", 0700) == 0);
	MUST(mkdirat(home_fd, "root/real", 0700) == 0);
	/* What a job may have left in the way. */
	MUST(symlinkat("..", home_fd, "root/up") == 0 &&
	     symlinkat("real", home_fd, "root/in") == 0);
	root = dir_open(home_fd, "root", &err);
	MUST(root >= 0);
	if (archive_extract(in, root, &o, &stats, &err) == 0) {
		MUST(stats.bytes <= BYTES_MAX && stats.nr_entries <= ENTRIES_MAX);
	} else {
		MUST(err.kind != ERR_NONE && err.msg[0]);
	}
	check();
	MUST(tree_remove(home_fd, "root", &err) == 0);
	return 0;
}

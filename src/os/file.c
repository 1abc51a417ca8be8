#include "os/file.h"

#include "base/map.h"

#include <errno.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define COPY_CHUNK ((size_t)256 << 10)

void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static uint64_t limit_before;

uint64_t fd_limit_raise(uint64_t want)
{
	struct rlimit l;
	rlim_t was;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return want;
	was = l.rlim_cur;
	if (was >= want)
		return was;
	l.rlim_cur = MIN(l.rlim_max, (rlim_t)want);
	if (l.rlim_cur == was || setrlimit(RLIMIT_NOFILE, &l) < 0)
		return was;
	limit_before = was;
	return l.rlim_cur;
}

uint64_t fd_limit_before(void)
{
	return limit_before;
}

int fd_open_beneath(int root, const char *path, int flags, mode_t mode, enum beneath how)
{
	static atomic_bool missing;
	struct open_how oh = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.mode = flags & (O_CREAT | __O_TMPFILE) ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
			   (how == BENEATH_NO_LINKS ? RESOLVE_NO_SYMLINKS : 0),
	};

	/* EAGAIN: a rename raced with "..", the kernel asks to try again. */
	for (int tries = 0; !atomic_load_explicit(&missing, memory_order_relaxed); tries++) {
		int fd = (int)syscall(SYS_openat2, root, path, &oh, sizeof(oh));

		if (fd >= 0)
			return fd;
		if (errno == ENOSYS)
			atomic_store(&missing, true);
		else if (!(errno == EINTR || (errno == EAGAIN && tries < 64)))
			return -errno;
	}
	return fd_walk_beneath(root, path, flags, mode, how);
}

static int report(int fd, const char *path, struct err *err)
{
	if (fd >= 0)
		return fd;
	if (fd == -EXDEV)
		return err_set(err, ERR_DENIED, "%s leads outside of its directory", path);
	if (fd == -ELOOP)
		return err_set(err, ERR_DENIED, "%s goes through a symbolic link", path);
	return err_sys(err, -fd, "opening %s", path);
}

int file_open_beneath(int root, const char *path, int flags, mode_t mode, struct err *err)
{
	return report(fd_open_beneath(root, path, flags, mode, BENEATH_LINKS), path, err);
}

int file_open_beneath_no_links(int root, const char *path, int flags, mode_t mode, struct err *err)
{
	return report(fd_open_beneath(root, path, flags, mode, BENEATH_NO_LINKS), path, err);
}

int dir_open(int dirfd, const char *path, struct err *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 ? fd : err_sys(err, errno, "opening directory %s", path);
}

int dir_make(int dirfd, const char *path, mode_t mode, struct err *err)
{
	char part[PATH_MAX];
	size_t n = strlen(path);

	if (n >= sizeof(part))
		return err_sys(err, ENAMETOOLONG, "making directory %.200s…", path);
	memcpy(part, path, n + 1);
	/* Most often the parent stands: try the whole first. */
	if (mkdirat(dirfd, part, mode) == 0)
		return 0;
	for (size_t i = 1; errno == ENOENT && i < n; i++) {
		if (part[i] != '/')
			continue;
		part[i] = '\0';
		if (mkdirat(dirfd, part, mode) < 0 && errno != EEXIST)
			return err_sys(err, errno, "making directory %s", part);
		part[i] = '/';
		errno = ENOENT;
	}
	if (mkdirat(dirfd, part, mode) == 0)
		return 0;
	if (errno == EEXIST) {
		struct stat st;

		if (fstatat(dirfd, part, &st, 0) == 0 && S_ISDIR(st.st_mode))
			return 0;
		errno = ENOTDIR;
	}
	return err_sys(err, errno, "making directory %s", path);
}

int dir_make_beneath(int root, const char *path, mode_t mode, enum beneath how)
{
	const int flags = O_PATH | O_DIRECTORY;
	CLEANUP(fd_close) int at = fd_open_beneath(root, ".", flags, 0, how);
	char name[NAME_MAX + 1];
	str rest = str_of(path), part;

	/* One component at a time from the root: each prefix is checked as a path
	 * of its own, so "a/../.." and links are judged by the same rule. */
	char prefix[PATH_MAX];
	size_t n = 0;

	while (at >= 0 && !str_is_null(rest)) {
		part = str_cut(&rest, '/');
		if (part.n == 0 || str_eq(part, STR(".")))
			continue;
		if (part.n > NAME_MAX || n + part.n + 2 > sizeof(prefix))
			return -ENAMETOOLONG;
		memcpy(name, part.p, part.n);
		name[part.n] = '\0';
		if (n)
			prefix[n++] = '/';
		memcpy(prefix + n, name, part.n + 1);
		n += part.n;

		int next = fd_open_beneath(root, prefix, flags, 0, how);

		if (next == -ENOENT) {
			if (mkdirat(at, name, mode) < 0 && errno != EEXIST)
				return -errno;
			next = fd_open_beneath(root, prefix, flags, 0, how);
		}
		fd_close(&at);
		at = next;
	}
	return at < 0 ? at : 0;
}

int fd_read_all(int fd, size_t max, struct buf *ret, struct err *err)
{
	size_t was = ret->n, chunk = 4096;

	for (;;) {
		size_t left = max - (ret->n - was);
		/* One byte more than allowed tells "exactly max" from "too much". */
		char *at = buf_room(ret, MIN(chunk, left + 1));
		ssize_t n;

		if (!at)
			return err_set(err, ERR_LIMIT, "more than %zu bytes", ret->max);
		n = read(fd, at, MIN(chunk, left + 1));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "reading");
		if ((size_t)n > left)
			return err_set(err, ERR_LIMIT, "more than %zu bytes", max);
		buf_added(ret, (size_t)n);
		if (n == 0)
			return 0;
		chunk = MIN(chunk * 4, COPY_CHUNK);
	}
}

int file_read(int dirfd, const char *path, size_t max, struct buf *ret, struct err *err)
{
	CLEANUP(fd_close) int fd =
		openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "reading %s", path);
	if (S_ISDIR(st.st_mode))
		return err_sys(err, EISDIR, "reading %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INVALID, "%s is not a regular file", path);
	if (fd_read_all(fd, max, ret, err) < 0)
		return err_wrap(err, "reading %s", path);
	return 0;
}

int fd_write_all(int fd, str content, struct err *err)
{
	while (content.n) {
		ssize_t n = write(fd, content.p, content.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "writing");
		content = str_from(content, (size_t)n);
	}
	return 0;
}

int file_tmp_open(int dirfd, const char *path, mode_t mode, struct buf *ret_tmp, struct err *err)
{
	static atomic_uint counter;
	const char *slash = strrchr(path, '/');
	size_t dir = slash ? (size_t)(slash - path) + 1 : 0;

	for (unsigned tries = 0; tries < 1000; tries++) {
		struct timespec now;
		uint64_t mix[3];
		int fd;

		clock_gettime(CLOCK_MONOTONIC, &now);
		mix[0] = (uint64_t)now.tv_nsec;
		mix[1] = (uint64_t)getpid();
		mix[2] = atomic_fetch_add(&counter, 1);
		buf_clear(ret_tmp);
		buf_addf(ret_tmp, "%.*s.tmp-%016llx", (int)dir, path,
			 (unsigned long long)hash_bytes(mix, sizeof(mix)));
		fd = openat(dirfd, ret_tmp->p, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
			    mode);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			break;
	}
	return err_sys(err, errno, "making a file beside %s", path);
}

static int write_atomic(int dirfd, const char *path, str content, mode_t mode, bool sync,
			struct err *err)
{
	CLEANUP(buf_release) struct buf tmp = BUF_INIT;
	CLEANUP(fd_close) int fd = file_tmp_open(dirfd, path, mode, &tmp, err);

	if (fd < 0)
		return -1;
	if (fd_write_all(fd, content, err) < 0)
		err_wrap(err, "%s", path);
	else if (sync && fsync(fd) < 0)
		err_sys(err, errno, "writing %s to the disk", path);
	else if (renameat(dirfd, tmp.p, dirfd, path) < 0)
		err_sys(err, errno, "renaming to %s", path);
	else
		return 0;
	unlinkat(dirfd, tmp.p, 0);
	return -1;
}

int file_write_atomic(int dirfd, const char *path, str content, mode_t mode, struct err *err)
{
	return write_atomic(dirfd, path, content, mode, false, err);
}

int file_write_atomic_synced(int dirfd, const char *path, str content, mode_t mode, struct err *err)
{
	return write_atomic(dirfd, path, content, mode, true, err);
}

/* The slow way, for sources that the kernel cannot copy itself. */
static int copy_by_hand(int from, int to, uint64_t left, struct err *err)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	while (left) {
		size_t want = (size_t)MIN(left, (uint64_t)COPY_CHUNK);
		char *at;
		ssize_t n;

		buf_clear(&b);
		at = buf_room(&b, want);
		MUST(at);
		n = read(from, at, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "reading");
		if (n == 0)
			return 0;
		buf_added(&b, (size_t)n);
		if (fd_write_all(to, buf_str(&b), err) < 0)
			return -1;
		left -= (uint64_t)n;
	}
	return 0;
}

int file_copy(int from, int to, uint64_t size, bool *cloning, struct err *err)
{
	uint64_t left = size;

	if (size == 0)
		return 0;
	if (*cloning) {
		if (ioctl(to, FICLONE, from) == 0)
			return 0;
		*cloning = false;
	}
	while (left) {
		ssize_t n = copy_file_range(from, NULL, to, NULL, (size_t)MIN(left, 1ULL << 30), 0);

		if (n > 0) {
			left -= (uint64_t)n;
			continue;
		}
		/* 0 at the very start can be a file whose size the kernel does not know. */
		if (n == 0 && left < size)
			return 0;
		if (n == 0 || errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
		    errno == EOPNOTSUPP || errno == EPERM || errno == EBADF)
			return copy_by_hand(from, to, left, err);
		if (errno != EINTR)
			return err_sys(err, errno, "copying");
	}
	return 0;
}

int file_lock(int dirfd, const char *path, bool wait, int *ret_fd, struct err *err)
{
	for (;;) {
		CLEANUP(fd_close) int fd = openat(
			dirfd, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
		struct stat held, there;

		if (fd < 0)
			return err_sys(err, errno, "opening lock %s", path);
		while (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0) {
			if (errno == EWOULDBLOCK)
				return err_set(err, ERR_UNAVAILABLE, "%s is locked", path);
			if (errno != EINTR)
				return err_sys(err, errno, "locking %s", path);
		}
		/* Somebody may have removed the file while we waited: then the lock is
		 * on a file nobody else will find. */
		if (fstat(fd, &held) == 0 &&
		    fstatat(dirfd, path, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
		    held.st_ino == there.st_ino && held.st_dev == there.st_dev) {
			*ret_fd = fd_take(&fd);
			return 0;
		}
	}
}

bool file_exists(int dirfd, const char *path)
{
	return faccessat(dirfd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

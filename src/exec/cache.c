#include "exec/cache.h"

#include "base/map.h"
#include "exec/archive.h"
#include "exec/selection.h"
#include "os/file.h"
#include "os/hash.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_PLAIN_MAX 200 /* longer names are cut and made unique by a hash */
#define NAME_CUT 150

/* ---- keys ---- */

/* "%2f", "%2F", "%2e", "%2E" and "\" → one character; others stay. */
static char decode(str s, size_t *i)
{
	str three = str_sub(s, *i, 3);

	if (str_eq_nocase(three, STR("%2f"))) {
		*i += 2;
		return '/';
	}
	if (str_eq_nocase(three, STR("%2e"))) {
		*i += 2;
		return '.';
	}
	return s.p[*i] == '\\' ? '/' : s.p[*i];
}

str cache_key_sanitize(struct arena *a, str key)
{
	char *decoded = arena_alloc(a, key.n + 1), *out = arena_alloc(a, key.n + 1);
	size_t nr = 0, n = 0;

	for (size_t i = 0; i < key.n; i++)
		decoded[nr++] = decode(key, &i);
	for (str rest = { decoded, nr }; !str_is_null(rest);) {
		str part = str_trim_end(str_cut(&rest, '/'));

		if (part.n == 0 || str_eq(part, STR(".")))
			continue;
		if (str_eq(part, STR(".."))) {
			while (n && out[n - 1] != '/')
				n--;
			n -= n > 0;
			continue;
		}
		if (n)
			out[n++] = '/';
		for (size_t i = 0; i < part.n; i++)
			out[n++] = part.p[i];
	}
	return (str){ out, n };
}

int cache_file_name(struct arena *a, str key, str *ret, struct err *err)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	char hex[HASH_HEX_MAX];

	/* A name never starts with a dot: those are our temporary files. */
	buf_addz(&b, "key-");
	buf_add_percent(&b, key);
	if (b.n > NAME_PLAIN_MAX) {
		if (hash_hex(HASH_SHA256, key, hex, err) < 0)
			return -1;
		*ret = arena_printf(a, "%.*s-%s.tar.zst", NAME_CUT, b.p, hex);
	} else {
		*ret = arena_printf(a, "%s.tar.zst", b.p);
	}
	return 0;
}

static str expanded(const struct cache_request *req, str text)
{
	return req->vars && !str_is_null(text) ? variables_expand(req->vars, text) : text;
}

/* The key of a cache; a cache without one belongs to the job on its ref. */
static str key_of(struct arena *a, const struct cache_request *req, const struct job_cache *c)
{
	str key = c->key;

	if (str_is_null(key))
		key = arena_printf(
			a, STR_FMT "/" STR_FMT, STR_ARG(req->spec->name),
			STR_ARG(job_var_get(&req->spec->variables, STR("CI_COMMIT_REF_NAME"))));
	return cache_key_sanitize(a, expanded(req, key));
}

static int policy_of(const struct cache_request *req, const struct job_cache *c,
		     enum cache_policy *ret, struct err *err)
{
	static const struct {
		const char *name;
		enum cache_policy policy;
	} policies[] = {
		{ "", CACHE_PULL_PUSH },
		{ "pull-push", CACHE_PULL_PUSH },
		{ "pull", CACHE_PULL },
		{ "push", CACHE_PUSH },
	};
	str text = expanded(req, c->policy);

	for (size_t i = 0; i < COUNT(policies); i++)
		if (str_eq(text, str_of(policies[i].name))) {
			*ret = policies[i].policy;
			return 0;
		}
	return err_set(err, ERR_INVALID,
		       "unknown cache policy " STR_FMT "; expected pull-push, pull or push",
		       STR_ARG(text));
}

/* ---- restoring ---- */

/* True if the key's archive was there and came out whole. */
static bool restore_key(struct arena *a, const struct cache_request *req, int dir, str key,
			struct buf *log)
{
	CLEANUP(fd_close) int in = -1;
	CLEANUP(fd_close) int root = -1;
	struct archive_options o = { .log = log };
	struct archive_stats stats;
	struct err err;
	str name;

	buf_addf(log, "Checking cache for " STR_FMT "...\n", STR_ARG(key));
	if (cache_file_name(a, key, &name, &err) < 0) {
		buf_addf(log, "WARNING: %s\n", err.msg);
		return false;
	}
	in = dir < 0 ? -1 : openat(dir, name.p, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (in < 0) {
		buf_addz(log, "WARNING: Cache file does not exist\n");
		return false;
	}
	root = dir_open(AT_FDCWD, req->project_dir, &err);
	if (root >= 0 && archive_extract(in, root, &o, &stats, &err) == 0) {
		buf_addz(log, "Successfully extracted cache\n");
		return true;
	}
	buf_addf(log, "WARNING: %s\nFailed to extract cache\n", err.msg);
	/* Broken for good: the next save must not take it for up to date. */
	if (err.kind == ERR_INVALID || err.kind == ERR_DENIED)
		unlinkat(dir, name.p, 0);
	return false;
}

static void restore_cache(struct arena *a, const struct cache_request *req, int dir,
			  const struct job_cache *c, struct buf *log)
{
	str key = key_of(a, req, c), last = STR("");

	if (key.n == 0) {
		buf_addz(log, "WARNING: Skipping cache extraction due to empty cache key\n");
		return;
	}
	if (restore_key(a, req, dir, key, log))
		return;
	for (size_t i = 0; i < c->fallback_keys.nr; i++) {
		key = cache_key_sanitize(a, expanded(req, c->fallback_keys.at[i]));
		if (key.n && restore_key(a, req, dir, key, log))
			return;
	}
	if (req->vars)
		last = variables_get(req->vars, "CACHE_FALLBACK_KEY");
	last = cache_key_sanitize(a, str_is_null(last) ? STR("") : last);
	if (str_ends_with(last, STR("-protected"))) {
		buf_addz(log, "WARNING: CACHE_FALLBACK_KEY ends in \"-protected\", not used\n");
		return;
	}
	if (last.n)
		(void)!restore_key(a, req, dir, last, log);
}

int cache_restore(struct arena *a, const struct cache_request *req, struct buf *log,
		  struct err *err)
{
	CLEANUP(fd_close) int dir = open(req->cache_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < req->spec->caches.nr; i++) {
		const struct job_cache *c = &req->spec->caches.at[i];
		enum cache_policy policy;

		if (policy_of(req, c, &policy, err) < 0)
			return -1;
		if (policy == CACHE_PUSH)
			buf_addf(log, "Not downloading cache " STR_FMT " due to policy\n",
				 STR_ARG(key_of(a, req, c)));
		else if (c->paths.nr || c->untracked)
			restore_cache(a, req, dir, c, log);
	}
	return 0;
}

/* ---- saving ---- */

/* Two lanes of a keyed hash over what can change: names, types, sizes, times, targets.
 * Times of directories are not kept by an archive, so they do not count. */
static str fingerprint(struct arena *a, int root, const struct str_vec *files)
{
	uint64_t h[2] = { 1, 2 };

	for (size_t i = 0; i < files->nr; i++) {
		str path = files->at[i];
		char target[PATH_MAX];
		struct stat st = { 0 };
		uint64_t facts[4] = { 0 };
		ssize_t n = 0;
		CLEANUP(fd_close) int fd =
			fd_open_beneath(root, path.p, O_PATH | O_NOFOLLOW, 0, BENEATH_NO_LINKS);

		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode))
			n = MAX(readlinkat(fd, "", target, sizeof(target)), 0);
		facts[0] = st.st_mode & S_IFMT;
		if (S_ISREG(st.st_mode)) {
			facts[0] = st.st_mode;
			facts[1] = (uint64_t)st.st_size;
			facts[2] = (uint64_t)st.st_mtim.tv_sec;
			facts[3] = (uint64_t)st.st_mtim.tv_nsec;
		}
		for (size_t lane = 0; lane < 2; lane++) {
			h[lane] = hash_keyed(h[lane], lane, path.p, path.n);
			h[lane] = hash_keyed(h[lane], lane, facts, sizeof(facts));
			h[lane] = hash_keyed(h[lane], lane, target, (size_t)n);
		}
	}
	return arena_printf(a, "files=%016llx%016llx\n", (unsigned long long)h[0],
			    (unsigned long long)h[1]);
}

static bool is_up_to_date(int dir, str name, str note)
{
	CLEANUP(buf_release) struct buf b = { .max = ARCHIVE_NOTE_MAX };
	CLEANUP(fd_close) int fd =
		openat(dir, name.p, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return fd >= 0 && archive_note_read(fd, &b) && str_eq(buf_str(&b), note);
}

static int write_archive(int dir, str name, int root, const struct str_vec *files,
			 const struct archive_options *o, struct err *err)
{
	CLEANUP(buf_release) struct buf tmp = BUF_INIT;
	struct archive_stats stats;
	CLEANUP(fd_close) int fd = file_tmp_open(dir, name.p, 0600, &tmp, err);

	if (fd < 0)
		return -1;
	if (archive_write(root, files, fd, o, &stats, err) == 0) {
		if (renameat(dir, tmp.p, dir, name.p) == 0)
			return 0;
		err_sys(err, errno, "renaming to %s", name.p);
	}
	unlinkat(dir, tmp.p, 0);
	return -1;
}

/* -1 with the reason when the cache could not be saved. */
static int save_cache(struct arena *a, const struct cache_request *req, const struct job_cache *c,
		      struct buf *log, struct err *err)
{
	const struct selection_request select = {
		.project_dir = req->project_dir,
		.vars = req->vars,
		.paths = &c->paths,
		.untracked = c->untracked,
	};
	CLEANUP(fd_close) int dir = -1;
	CLEANUP(fd_close) int root = -1;
	struct str_vec files;
	struct archive_options o = { .log = log };
	str key = key_of(a, req, c), name;

	if (key.n == 0) {
		buf_addz(log, "WARNING: Skipping cache archiving due to empty cache key\n");
		return 0;
	}
	buf_addf(log, "Creating cache " STR_FMT "...\n", STR_ARG(key));
	if (selection_make(a, &select, log, &files, err) < 0)
		return -1;
	if (files.nr == 0) {
		buf_addz(log, "No files to cache.\n");
		return 0;
	}
	if (dir_make(AT_FDCWD, req->cache_dir, 0755, err) < 0 ||
	    cache_file_name(a, key, &name, err) < 0)
		return -1;
	dir = dir_open(AT_FDCWD, req->cache_dir, err);
	root = dir < 0 ? -1 : dir_open(AT_FDCWD, req->project_dir, err);
	if (root < 0)
		return -1;
	o.note = fingerprint(a, root, &files);
	if (is_up_to_date(dir, name, o.note)) {
		buf_addz(log, "Archive is up to date!\n");
		return 0;
	}
	if (write_archive(dir, name, root, &files, &o, err) < 0)
		return -1;
	buf_addz(log, "Created cache\n");
	return 0;
}

int cache_save(struct arena *a, const struct cache_request *req, struct buf *log, struct err *err)
{
	for (size_t i = 0; i < req->spec->caches.nr; i++) {
		const struct job_cache *c = &req->spec->caches.at[i];
		bool due =
			c->when == UPLOAD_ALWAYS || (c->when == UPLOAD_ON_SUCCESS) == req->success;
		enum cache_policy policy;
		struct err trouble;

		if (policy_of(req, c, &policy, err) < 0)
			return -1;
		if (!due || (c->paths.nr == 0 && !c->untracked))
			continue;
		if (policy == CACHE_PULL)
			buf_addf(log, "Not uploading cache " STR_FMT " due to policy\n",
				 STR_ARG(key_of(a, req, c)));
		else if (save_cache(a, req, c, log, &trouble) < 0)
			buf_addf(log, "WARNING: %s\nFailed to create cache\n", trouble.msg);
	}
	return 0;
}

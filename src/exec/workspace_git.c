/* The `.git` of a workspace, made by hand: a clone without starting git.
 *
 * Objects are borrowed through info/alternates, refs and the index are copied, the
 * configuration is our own but for the few keys that decide how objects and files
 * are read.  Hooks, credentials and everything else of the user's stay behind. */
#include "exec/workspace_int.h"

#include "os/file.h"
#include "os/tree.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_MAX ((size_t)1 << 20)

/* Keys of the user's repository that ours must have too; all else is left behind. */
static const struct {
	const char *section, *key; /* key NULL: every one */
} config_keys[] = {
	{ "core", "autocrlf" },	      { "core", "eol" },
	{ "core", "safecrlf" },	      { "core", "filemode" },
	{ "core", "ignorecase" },     { "core", "symlinks" },
	{ "core", "precomposeunicode" }, { "core", "sparsecheckout" },
	{ "core", "sparsecheckoutcone" }, { "core", "abbrev" },
	{ "index", "sparse" },	      { "extensions", "objectformat" },
	{ "extensions", "partialclone" }, { "extensions", "compatobjectformat" },
	{ "remote \"origin\"", "promisor" }, { "remote \"origin\"", "partialclonefilter" },
};

/* ---- configuration ---- */

static bool is_wanted(str section, str key)
{
	for (size_t i = 0; i < COUNT(config_keys); i++)
		if (str_eq_nocase(section, str_of(config_keys[i].section)) &&
		    str_eq_nocase(key, str_of(config_keys[i].key)))
			return true;
	return false;
}

static str key_of(str line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] != '=' && line.p[n] != ' ' && line.p[n] != '\t')
		n++;
	return str_sub(line, 0, n);
}

/* Copy the wanted lines of the user's file.  Lines that go on in the next one, and
 * sections with something behind the bracket, are not worth the trouble: none of
 * the wanted keys is written so. */
static void add_user_config(struct buf *b, str text)
{
	str section = STR("");

	while (!str_is_null(text)) {
		str line = str_trim(str_cut(&text, '\n'));

		if (str_starts_with(line, STR("[")) && str_ends_with(line, STR("]"))) {
			section = str_sub(line, 1, line.n - 2);
		} else if (line.n && !str_ends_with(line, STR("\\")) &&
			   is_wanted(section, key_of(line))) {
			buf_addf(b, "[" STR_FMT "]\n\t" STR_FMT "\n", STR_ARG(section),
				 STR_ARG(line));
		}
	}
}

/* `key = "value"` with what git wants escaped. */
static void add_config(struct buf *b, const char *key, str value)
{
	if (str_is_null(value))
		return;
	buf_addf(b, "\t%s = \"", key);
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (c == '"' || c == '\\')
			buf_addc(b, '\\');
		if (c == '\n')
			buf_addz(b, "\\n");
		else if (c)
			buf_addc(b, c);
	}
	buf_addz(b, "\"\n");
}

static int write_config(struct arena *a, int git, const struct workspace_git *g, struct err *err)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	CLEANUP(buf_release) struct buf theirs = BUF_INIT;
	struct err ignored;

	if (file_read(AT_FDCWD, arena_printf(a, STR_FMT "/config", STR_ARG(g->from->common)).p,
		      SMALL_MAX, &theirs, &ignored) < 0)
		buf_clear(&theirs);
	/* Times are kept and inodes cannot be: so the copied index stays valid. */
	buf_addz(&b, "[core]\n\trepositoryformatversion = 1\n\tbare = false\n"
		     "\tlogallrefupdates = true\n\tcheckStat = minimal\n\ttrustctime = false\n");
	add_user_config(&b, buf_str(&theirs));
	buf_addz(&b, "[gc]\n\tauto = 0\n");
	if (!str_is_null(g->user_name) || !str_is_null(g->user_email))
		buf_addz(&b, "[user]\n");
	add_config(&b, "name", g->user_name);
	add_config(&b, "email", g->user_email);
	if (!str_is_null(g->remote_url))
		buf_addz(&b,
			 "[remote \"origin\"]\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n");
	add_config(&b, "url", g->remote_url);
	return file_write_atomic(git, "config", buf_str(&b), 0644, err);
}

/* ---- files ---- */

/* Copy a file if it is there. */
static int copy_file(struct arena *a, str from_dir, int git, const char *name, struct err *err)
{
	CLEANUP(fd_close) int from = -1;
	CLEANUP(fd_close) int to = -1;
	bool cloning = true;
	struct stat st;

	from = open(arena_printf(a, STR_FMT "/%s", STR_ARG(from_dir), name).p,
		    O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (from < 0 || fstat(from, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	to = openat(git, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (to < 0)
		return err_sys(err, errno, "making .git/%s", name);
	if (file_copy(from, to, (uint64_t)st.st_size, &cloning, err) < 0)
		return err_wrap(err, ".git/%s", name);
	return 0;
}

/* A line of info/alternates; a path with a line break is quoted as in C, which git
 * takes since 2.11. */
static void add_alternate(struct buf *b, str path)
{
	if (!memchr(path.p, '\n', path.n)) {
		buf_addf(b, STR_FMT "\n", STR_ARG(path));
		return;
	}
	buf_addc(b, '"');
	for (size_t i = 0; i < path.n; i++) {
		if (path.p[i] == '\n')
			buf_addz(b, "\\n");
		else if (path.p[i] == '"' || path.p[i] == '\\')
			buf_addf(b, "\\%c", path.p[i]);
		else
			buf_addc(b, path.p[i]);
	}
	buf_addz(b, "\"\n");
}

/* Objects stay where they are.  Relative alternates of alternates are not followed
 * by git, so the repository's own ones are listed too, made absolute. */
static int write_alternates(struct arena *a, int git, const struct workspace_git *g,
			    struct err *err)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	CLEANUP(buf_release) struct buf theirs = BUF_INIT;
	str objects = arena_printf(a, STR_FMT "/objects", STR_ARG(g->from->common));
	struct err ignored;

	add_alternate(&b, objects);
	if (file_read(AT_FDCWD, arena_printf(a, STR_FMT "/info/alternates", STR_ARG(objects)).p,
		      SMALL_MAX, &theirs, &ignored) == 0) {
		for (str rest = buf_str(&theirs); !str_is_null(rest);) {
			str line = str_cut(&rest, '\n');

			if (line.n && line.p[0] != '#' && line.p[0] != '/')
				buf_addf(&b, STR_FMT "/" STR_FMT "\n", STR_ARG(objects),
					 STR_ARG(line));
		}
	}
	return file_write_atomic(git, "objects/info/alternates", buf_str(&b), 0644, err);
}

struct refs_copy {
	struct arena *a;
	int from, git;
	struct err *err;
	bool failed;
};

static enum tree_step copy_ref(void *ctx, const struct tree_entry *e)
{
	struct refs_copy *c = ctx;
	str to = arena_printf(c->a, "refs/" STR_FMT, STR_ARG(e->path));
	struct buf b = { .max = 4096 };
	struct err ignored;
	int r = 0;

	/* Bisect marks and the like belong to the user's own work tree. */
	if (S_ISDIR(e->mode) &&
	    (str_eq(e->path, STR("bisect")) || str_eq(e->path, STR("worktree"))))
		return TREE_SKIP;
	if (S_ISDIR(e->mode))
		r = dir_make(c->git, to.p, 0777, c->err);
	else if (S_ISREG(e->mode) && !str_ends_with(e->path, STR(".lock")) &&
		 file_read(c->from, arena_cstr(c->a, e->path), 4000, &b, &ignored) == 0) {
		int fd = openat(c->git, to.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

		r = fd < 0 ? err_sys(c->err, errno, "making .git/%s", to.p)
			   : fd_write_all(fd, buf_str(&b), c->err);
		fd_close(&fd);
	}
	buf_release(&b);
	c->failed = r < 0;
	return c->failed ? TREE_STOP : TREE_GO;
}

static int copy_refs(struct arena *a, int git, const struct workspace_git *g, struct err *err)
{
	CLEANUP(fd_close) int from = -1;
	struct refs_copy c = { .a = a, .git = git, .err = err };
	struct err ignored;
	size_t skipped;

	if (copy_file(a, g->from->common, git, "packed-refs", err) < 0)
		return -1;
	from = dir_open(AT_FDCWD, arena_printf(a, STR_FMT "/refs", STR_ARG(g->from->common)).p,
			&ignored);
	if (from < 0)
		return 0;
	c.from = from;
	if (tree_walk(from, ".", copy_ref, &c, &skipped, err) < 0 || c.failed)
		return -1;
	return 0;
}

/* Detached at the commit, as the runner does; the branch is there as origin's. */
static int write_head(struct arena *a, int git, const struct workspace_git *g, struct err *err)
{
	str line = g->head.sha, ref, dir;

	if (!g->checkout)
		line = STR("ref: refs/heads/not-checked-out");
	else if (str_is_null(line))
		line = arena_printf(a, "ref: " STR_FMT, STR_ARG(g->head.ref));
	line = arena_printf(a, STR_FMT "\n", STR_ARG(line));
	if (file_write_atomic(git, "HEAD", line, 0644, err) < 0)
		return -1;
	if (str_is_null(g->branch) || str_is_null(g->head.sha) || !git_rev_is_valid(g->branch))
		return 0;
	ref = arena_printf(a, "refs/remotes/origin/" STR_FMT, STR_ARG(g->branch));
	dir = str_sub(ref, 0, (size_t)str_rindex(ref, '/'));
	if (dir_make(git, arena_cstr(a, dir), 0777, err) < 0)
		return -1;
	return file_write_atomic(git, ref.p, arena_printf(a, STR_FMT "\n", STR_ARG(g->head.sha)),
				 0644, err);
}

/* The index as it is now: what is staged is staged inside too. */
static int copy_index(struct arena *a, int git, const struct workspace_git *g, struct err *err)
{
	if (copy_file(a, g->from->dir, git, "index", err) < 0)
		return -1;
	return copy_file(a, g->from->dir, git, "info/sparse-checkout", err);
}

int workspace_git_make(struct arena *a, int root, const struct workspace_git *g, struct err *err)
{
	static const char *const dirs[] = { ".git/objects/info", ".git/objects/pack",
					    ".git/refs/heads",	 ".git/refs/tags",
					    ".git/info",	 ".git/hooks" };
	static const char *const files[] = { "shallow", "info/exclude", "info/attributes" };
	CLEANUP(fd_close) int git = -1;

	for (size_t i = 0; i < COUNT(dirs); i++)
		if (dir_make(root, dirs[i], 0777, err) < 0)
			return -1;
	git = dir_open(root, ".git", err);
	if (git < 0 || write_config(a, git, g, err) < 0 || write_alternates(a, git, g, err) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(files); i++)
		if (copy_file(a, g->from->common, git, files[i], err) < 0)
			return -1;
	if (copy_refs(a, git, g, err) < 0 || write_head(a, git, g, err) < 0)
		return -1;
	return g->checkout ? copy_index(a, git, g, err) : 0;
}

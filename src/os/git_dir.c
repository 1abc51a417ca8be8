/* Reading a repository's few small files without starting git: where it is, what
 * HEAD and a ref hold.  Only the "files" ref format exists in Debian 12's git. */
#include "os/file.h"
#include "os/git.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_MAX ((size_t)64 << 10)
#define PACKED_MAX ((size_t)64 << 20)

/* A path in the arena: `rest` itself when absolute, else beneath dir; normalised. */
static str join(struct arena *a, str dir, str rest)
{
	str whole = rest.n && rest.p[0] == '/'
			    ? arena_str(a, rest)
			    : arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(dir), STR_ARG(rest));
	char real[PATH_MAX];

	return realpath(whole.p, real) ? arena_str(a, str_of(real)) : whole;
}

static bool read_small(struct arena *a, str dir, const char *name, str *ret, struct err *err)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	if (file_read(AT_FDCWD, arena_printf(a, STR_FMT "/%s", STR_ARG(dir), name).p, SMALL_MAX, &b,
		      err) < 0)
		return false;
	*ret = arena_str(a, str_trim(buf_str(&b)));
	return true;
}

static bool small_file(struct arena *a, str dir, const char *name, str *ret)
{
	struct err ignored;

	return read_small(a, dir, name, ret, &ignored);
}

/* Is there a repository whose work tree is `top`?  If not, err tells a mere absence
 * (ERR_NOT_FOUND) from what cannot be read. */
static bool place_at(struct arena *a, str top, struct git_place *ret, struct err *err)
{
	str dot_git = arena_printf(a, STR_FMT "/.git", STR_ARG(top)), text, ignored;
	struct stat st;

	if (stat(dot_git.p, &st) < 0) {
		err_sys(err, errno, "%s", dot_git.p);
		return false;
	}
	err->kind = ERR_NOT_FOUND;
	ret->top = top;
	ret->dir = dot_git;
	if (S_ISREG(st.st_mode)) {
		if (!read_small(a, top, ".git", &text, err) ||
		    !str_starts_with(text, STR("gitdir:")))
			return false;
		ret->dir = join(a, top, str_trim(str_from(text, 7)));
	} else if (S_ISDIR(st.st_mode)) {
		ret->dir = join(a, top, STR(".git"));
	}
	if (!read_small(a, ret->dir, "HEAD", &ignored, err))
		return false;
	ret->common = ret->dir;
	if (small_file(a, ret->dir, "commondir", &text))
		ret->common = join(a, ret->dir, text);
	return true;
}

int git_find(struct arena *a, const char *start, struct git_place *ret, struct err *err)
{
	char at[PATH_MAX];

	if (!realpath(start, at))
		return err_sys(err, errno, "%s", start);
	for (;;) {
		char *slash;

		if (place_at(a, arena_str(a, str_of(at[1] ? at : "")), ret, err)) {
			if (ret->top.n == 0)
				ret->top = STR("/");
			return 0;
		}
		if (err->kind != ERR_NOT_FOUND)
			return -1;
		slash = strrchr(at, '/');
		if (!at[1])
			break;
		slash[slash == at] = '\0';
	}
	return err_set(err, ERR_NOT_FOUND,
		       "%s is not in a git repository; run git init there, or go to one", start);
}

bool git_is_top(struct arena *a, int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, arena_printf(a, "%s/.git", path).p, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode));
}

static bool is_sha(str s)
{
	if (s.n != 40 && s.n != 64)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789abcdef", s.p[i]))
			return false;
	return true;
}

static str packed_ref(struct arena *a, const struct git_place *p, str ref)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct err ignored;

	if (file_read(AT_FDCWD, arena_printf(a, STR_FMT "/packed-refs", STR_ARG(p->common)).p,
		      PACKED_MAX, &b, &ignored) < 0)
		return str_null;
	for (str rest = buf_str(&b); !str_is_null(rest);) {
		str line = str_cut(&rest, '\n'), name = line, sha = str_cut(&name, ' ');

		if (str_eq(name, ref) && is_sha(sha))
			return arena_str(a, sha);
	}
	return str_null;
}

/* Refs of one worktree stay in its own directory, all others are shared. */
static bool loose_ref(struct arena *a, const struct git_place *p, str ref, str *ret)
{
	char *name;

	if (!git_rev_is_valid(ref))
		return false;
	name = arena_cstr(a, ref);
	return (!str_starts_with(ref, STR("refs/")) && small_file(a, p->dir, name, ret)) ||
	       small_file(a, p->common, name, ret) || small_file(a, p->dir, name, ret);
}

str git_ref_target(struct arena *a, const struct git_place *p, str ref)
{
	str text;

	if (!loose_ref(a, p, ref, &text) || !str_starts_with(text, STR("ref:")))
		return str_null;
	return str_trim(str_from(text, 4));
}

str git_ref_read(struct arena *a, const struct git_place *p, str ref)
{
	for (int links = 0; links < 5; links++) {
		str text;

		if (!loose_ref(a, p, ref, &text))
			return packed_ref(a, p, ref);
		if (is_sha(text))
			return text;
		if (!str_starts_with(text, STR("ref:")))
			return str_null;
		ref = str_trim(str_from(text, 4));
	}
	return str_null;
}

int git_head_read(struct arena *a, const struct git_place *p, struct git_head *ret, struct err *err)
{
	str text;

	if (!small_file(a, p->dir, "HEAD", &text))
		return err_set(err, ERR_NOT_FOUND, STR_FMT "/HEAD cannot be read", STR_ARG(p->dir));
	*ret = (struct git_head){ 0 };
	if (str_starts_with(text, STR("ref:")))
		ret->ref = str_trim(str_from(text, 4));
	else if (!is_sha(text))
		return err_set(err, ERR_INVALID,
			       STR_FMT "/HEAD holds neither a branch nor a commit",
			       STR_ARG(p->dir));
	ret->sha = is_sha(text) ? text : git_ref_read(a, p, ret->ref);
	return 0;
}

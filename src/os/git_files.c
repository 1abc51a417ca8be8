/* Which files a work tree has, from one call of ls-files. */
#include "os/file.h"
#include "os/git.h"

#include <stdlib.h>

static int by_name(const void *a, const void *b)
{
	return str_cmp(*(const str *)a, *(const str *)b);
}

/* Sort, unless it is sorted already (git's lists are), and drop what comes twice. */
void git_names_sort(struct str_vec *v)
{
	bool sorted = true;
	size_t n = 0;

	for (size_t i = 1; i < v->nr && sorted; i++)
		sorted = str_cmp(v->at[i - 1], v->at[i]) <= 0;
	if (!sorted)
		qsort(v->at, v->nr, sizeof(*v->at), by_name);
	for (size_t i = 0; i < v->nr; i++)
		if (n == 0 || !str_eq(v->at[n - 1], v->at[i]))
			v->at[n++] = v->at[i];
	v->nr = n;
}

/* The union of two sorted lists. */
struct str_vec git_names_merge(struct arena *a, const struct str_vec *x, const struct str_vec *y)
{
	struct str_vec r = { .at = arena_array(a, str, x->nr + y->nr + 1),
			     .cap = x->nr + y->nr + 1 };
	size_t i = 0, k = 0;

	while (i < x->nr || k < y->nr) {
		int order = i == x->nr ? 1 : k == y->nr ? -1 : str_cmp(x->at[i], y->at[k]);

		r.at[r.nr++] = order <= 0 ? x->at[i] : y->at[k];
		i += order <= 0;
		k += order >= 0;
	}
	return r;
}

struct git_call *git_files_call(struct arena *a, const char *top)
{
	static const char *const options[] = { "-z", "-t", "--cached", "--deleted", "--others",
					       "--exclude-standard" };
	struct git_call *c = git_call_new(a, top, "ls-files");

	for (size_t i = 0; i < COUNT(options); i++)
		git_option(c, options[i]);
	return c;
}

/* `ls-files -t`: "H path" tracked, "S" not checked out, "R" deleted, "?" untracked.
 * A deleted file comes as H too, directly before. */
int git_files_read(struct git_call *c, struct git_files *ret, struct err *err)
{
	CLEANUP(fd_close) int top = -1;

	if (c->code != 0)
		return git_failed(c, err);
	top = dir_open(AT_FDCWD, c->dir, err);
	if (top < 0)
		return -1;
	*ret = (struct git_files){ 0 };
	for (str rest = arena_str(c->arena, buf_str(&c->out)); rest.n;) {
		str path = str_cut(&rest, '\0');
		char kind = path.n > 2 ? path.p[0] : '\0';

		path = str_from(path, 2);
		if (path.n && path.p[path.n - 1] == '/') /* another repository in this one */
			path = arena_str(c->arena, str_sub(path, 0, path.n - 1));
		if (path.n == 0)
			continue;
		if (kind == '?')
			vec_add(c->arena, &ret->untracked, path);
		else if (kind == 'R' && ret->tracked.nr &&
			 str_eq(ret->tracked.at[ret->tracked.nr - 1], path))
			ret->tracked.nr--;
		else if (kind != 'R' && (kind != 'S' || file_exists(top, path.p)))
			vec_add(c->arena, &ret->tracked, path);
	}
	git_names_sort(&ret->tracked);
	git_names_sort(&ret->untracked);
	ret->all = git_names_merge(c->arena, &ret->tracked, &ret->untracked);
	return 0;
}

/* paths.c - `changes:` and `exists:`: patterns against lists of paths. */
#include "gitlab/lower.h"

#include "fmt/glob.h"

#include <stdlib.h>

#define CHANGES_COMPARISONS_MAX 50000
#define EXISTS_COMPARISONS_MAX	10000

static struct str_vec expand_patterns(struct lower *l, const struct str_vec *patterns,
				      const struct scope *s)
{
	struct str_vec v = { 0 };

	for (size_t i = 0; i < patterns->nr; i++)
		vec_add(l->e.a, &v, scope_expand(s, l->e.a, patterns->at[i], true));
	return v;
}

static bool any_match(const struct str_vec *patterns, const struct str_vec *paths)
{
	for (size_t i = 0; i < patterns->nr; i++)
		for (size_t k = 0; k < paths->nr; k++)
			if (glob_match(GLOB_FNMATCH, patterns->at[i], paths->at[k]))
				return true;
	return false;
}

/* Without a list of changes (a tag, a schedule, a new branch) GitLab says true. */
bool paths_changed(struct lower *l, const struct str_vec *patterns, str compare_to,
		   const struct scope *s, struct pos pos)
{
	const struct str_vec *paths = &l->req->facts->changes;
	struct str_vec expanded = expand_patterns(l, patterns, s), since = { 0 };
	struct err err;

	if (!str_is_null(compare_to)) {
		str ref = scope_expand(s, l->e.a, compare_to, false);

		if (!l->req->changes_since)
			return true;
		if (l->req->changes_since(l->req->ctx, l->e.a, ref, &since, &err) < 0) {
			diag_error(l->e.d, pos, "rules:changes:compare_to is not a valid ref: %s",
				   err.msg);
			return false;
		}
		paths = &since;
	} else if (!l->req->facts->changes_known) {
		return true;
	}
	if (expanded.nr && paths->nr > CHANGES_COMPARISONS_MAX / expanded.nr)
		return true;
	return any_match(&expanded, paths);
}

static int compare_paths(const void *x, const void *y)
{
	return str_cmp(*(const str *)x, *(const str *)y);
}

static bool has_file(const struct str_vec *files, str path)
{
	return files->nr &&
	       bsearch(&path, files->at, files->nr, sizeof(str), compare_paths) != NULL;
}

static bool pattern_exists(struct lower *l, const struct str_vec *files, str pattern, bool own)
{
	bool found = false, **known = own ? (bool **)map_find(&l->exists, pattern) : NULL;

	if (known)
		return *known != NULL;
	if (!glob_has_magic(pattern))
		return has_file(files, pattern);
	for (size_t i = 0; i < files->nr && !found; i++)
		found = glob_match(GLOB_FNMATCH, pattern, files->at[i]);
	if (own)
		map_set(&l->exists, pattern, found ? l : NULL);
	return found;
}

bool paths_exist(struct lower *l, const struct str_vec *patterns, str project, str ref,
		 const struct scope *s, struct pos pos)
{
	const struct str_vec *files = &l->req->facts->files;
	struct str_vec expanded = expand_patterns(l, patterns, s), theirs = { 0 };
	bool own = str_is_null(project);
	struct err err;
	size_t magic = 0;

	if (!own) {
		struct gitlab_origin at = { scope_expand(s, l->e.a, project, false),
					    str_is_null(ref) ? ref : scope_expand(s, l->e.a, ref, false) };

		if (l->req->reader->list(l->req->reader->ctx, l->e.a, &at, &theirs, &err) < 0) {
			diag_error(l->e.d, pos,
				   "rules:exists:project `" STR_FMT "` is not accessible: %s",
				   STR_ARG(at.project), err.msg);
			return false;
		}
		files = &theirs;
	}
	for (size_t i = 0; i < expanded.nr; i++)
		magic += glob_has_magic(expanded.at[i]);
	if (magic && files->nr > EXISTS_COMPARISONS_MAX / magic)
		return true; /* GitLab's rule, too: beyond it the answer is assumed */
	for (size_t i = 0; i < expanded.nr; i++)
		if (pattern_exists(l, files, expanded.at[i], own))
			return true;
	return false;
}

/* Ids for cache:key:files.  A pattern counts as a glob only when it has a `*`. */
bool lower_file_ids(struct lower *l, const struct str_vec *patterns, bool commits,
		    struct str_vec *ret)
{
	str (*id_of)(void *, struct arena *, str) = commits ? l->req->commit_id : l->req->blob_id;
	const struct str_vec *files = &l->req->facts->files;

	for (size_t i = 0; id_of && i < patterns->nr; i++) {
		bool is_glob = str_index(patterns->at[i], '*') >= 0;

		for (size_t k = 0; k < (is_glob ? files->nr : 1); k++) {
			str path = is_glob ? files->at[k] : patterns->at[i], id;

			if (is_glob && !glob_match(GLOB_FNMATCH, patterns->at[i], path))
				continue;
			id = id_of(l->req->ctx, l->e.a, path);
			if (!str_is_null(id) && !str_vec_has(ret, id))
				vec_add(l->e.a, ret, id);
		}
	}
	if (ret->nr > 1)
		qsort(ret->at, ret->nr, sizeof(str), compare_paths);
	return true;
}

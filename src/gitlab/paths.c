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
		str ref = scope_expand(s, l->e.a, compare_to, true);

		if (!l->req->changes_since)
			return true;
		if (l->req->changes_since(l->req->ctx, l->e.a, ref, &since, &err) < 0) {
			diag_error(l->e.d, pos,
				   "rules:changes:compare_to is not a valid ref: `" STR_FMT "`",
				   STR_ARG(ref));
			diag_hint(l->e.d, "%s", err.msg);
			return false;
		}
		paths = &since;
	} else if (!l->req->facts->changes_known) {
		return true;
	}
	if (paths->nr == 0 || expanded.nr == 0)
		return false;
	if (paths->nr > CHANGES_COMPARISONS_MAX / expanded.nr)
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

/* The `.py` of a pattern that asks for any file of that ending, in any directory: it is
 * looked for at the ends of paths, which GitLab does not count as a comparison. */
static str suffix_of(str pattern)
{
	str rest = str_starts_with(pattern, STR("**/*")) ? str_from(pattern, 4) : pattern;

	return str_starts_with(rest, STR(".")) && str_index(rest, '/') < 0 &&
			       !glob_has_magic(rest) && rest.n < pattern.n
		       ? rest
		       : str_null;
}

static bool pattern_exists(struct lower *l, const struct str_vec *files, str pattern, bool own)
{
	bool found = false, **known = own ? (bool **)map_find(&l->exists, pattern) : NULL;
	str suffix = suffix_of(pattern);

	if (known)
		return *known != NULL;
	if (!glob_has_magic(pattern))
		return has_file(files, pattern);
	for (size_t i = 0; i < files->nr && !found; i++)
		found = str_is_null(suffix) ? glob_match(GLOB_FNMATCH, pattern, files->at[i])
					    : str_ends_with(files->at[i], suffix);
	if (own)
		map_set(&l->exists, pattern, found ? l : NULL);
	return found;
}

/* Can the pattern name files of the top directory only? */
static bool is_top_level(str pattern)
{
	return str_index(pattern, '/') < 0 && str_find(pattern, STR("**"), 0) < 0;
}

static size_t nr_top_level(const struct str_vec *files)
{
	size_t nr = 0;

	for (size_t i = 0; i < files->nr; i++)
		nr += str_index(files->at[i], '/') < 0;
	return nr;
}

/* More comparisons than GitLab makes; beyond them it takes the answer for true. */
static bool too_many_comparisons(const struct str_vec *files, const struct str_vec *written,
				 const struct str_vec *expanded)
{
	size_t patterns = 0, nr = files->nr;
	bool top = true;

	for (size_t i = 0; i < expanded->nr; i++) {
		patterns +=
			glob_has_magic(expanded->at[i]) && str_is_null(suffix_of(expanded->at[i]));
		top &= is_top_level(written->at[i]);
	}
	if (patterns == 0 || nr <= EXISTS_COMPARISONS_MAX / patterns)
		return false;
	return !top || nr_top_level(files) > EXISTS_COMPARISONS_MAX / patterns;
}

bool paths_exist(struct lower *l, const struct str_vec *patterns, str project, str ref,
		 const struct scope *s, struct pos pos)
{
	const struct str_vec *files = &l->req->facts->files;
	struct str_vec expanded = expand_patterns(l, patterns, s), theirs = { 0 };
	bool own = str_is_null(project);
	struct err err;

	if (!own) {
		struct gitlab_origin at = { scope_expand(s, l->e.a, project, true),
					    str_is_null(ref) ? ref : scope_expand(s, l->e.a, ref, true) };

		if (expanded.nr == 0)
			return false;
		if (l->req->reader->list(l->req->reader->ctx, l->e.a, &at, &theirs, &err) < 0) {
			diag_error(l->e.d, pos,
				   "rules:exists:project `" STR_FMT "` is not a valid project path",
				   STR_ARG(at.project));
			diag_hint(l->e.d, "%s", err.msg);
			return false;
		}
		files = &theirs;
	}
	for (size_t i = 0; i < expanded.nr; i++)
		if (pattern_exists(l, files, expanded.at[i], own))
			return true;
	return too_many_comparisons(files, patterns, &expanded);
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

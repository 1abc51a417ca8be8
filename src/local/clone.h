/* clone.h - the files of another project, at any of its versions.
 *
 * A clone is a directory the user named (a repository, bare or not, or plain
 * files), or one we fetch into from a URL the user configured.  Nothing is checked
 * out: committed files are read as objects, so no filter, hook or symlink of that
 * project takes part.  A plain directory has no versions: it stands for each.
 */
#ifndef LOCAL_CLONE_H
#define LOCAL_CLONE_H

#include "base/err.h"
#include "base/vec.h"

#define CLONE_FILE_MAX ((size_t)2 << 20) /* GitLab's limit of one configuration file */

struct clone;

/* A version: a commit, or the directory as it lies. */
struct clone_version {
	bool as_it_lies;
	str sha; /* of the commit; str_null when as_it_lies */
	str tag; /* by which it was found, or str_null */
};

/* Looks only at what kind of directory it is.  ERR_NOT_FOUND when there is none. */
int clone_open(struct arena *a, str dir, struct clone **ret, struct err *err) NODISCARD NONNULL;
/* Nothing is fetched yet.  `cache_dir` exists; `name` is the directory to use in it. */
struct clone *clone_of_url(struct arena *a, str url, str cache_dir, str name) NODISCARD NONNULL;

/* What `ref` (a tag, branch or commit) means; without one the directory as it lies,
 * or the default branch where nothing lies.  What is missing is fetched.
 * ERR_NOT_FOUND names what there is. */
int clone_resolve(struct clone *c, str ref, struct clone_version *ret,
		  struct err *err) NODISCARD NONNULL;
/* The same for a component's version: also "1", "1.2" and "~latest". */
int clone_resolve_release(struct clone *c, str want, struct clone_version *ret,
			  struct err *err) NODISCARD NONNULL;

/* A file, by its path from the top. */
int clone_read(struct clone *c, const struct clone_version *v, struct arena *a, str path, str *ret,
	       struct err *err) NODISCARD NONNULL;
/* All paths, sorted. */
int clone_list(struct clone *c, const struct clone_version *v, struct arena *a, struct str_vec *ret,
	       struct err *err) NODISCARD NONNULL;

/* A file beneath any directory; nothing outside of it is opened. */
int clone_read_beneath(struct arena *a, str dir, str path, str *ret,
		       struct err *err) NODISCARD NONNULL;

#endif

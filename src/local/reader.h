/* reader.h - where a local run takes included files from.
 *
 * The gitlab_reader of src/gitlab/config.h for one machine: the work tree for
 * `local`, mapped directories (or a configured git URL) for `project` and
 * `component`, HTTP for `remote`, a directory for `template`.  What cannot be
 * reached is an error that says what was tried and which option would serve.
 */
#ifndef LOCAL_READER_H
#define LOCAL_READER_H

#include "gitlab/config.h"

struct reader_root {
	str project; /* "group/name" */
	str dir;
};

struct reader_options {
	VEC(struct reader_root) roots; /* --project-root */
	str project_url;	       /* --project-url, holds {project}; str_null without */
	str template_root;	       /* --template-root; str_null without */
};

struct reader_place {
	str dir;		     /* of the project: what `local` is relative to */
	const struct str_vec *files; /* its files, sorted */
};

/* Lives in the arena; reader_free gives descriptors and memory of others back. */
struct gitlab_reader *reader_new(struct arena *a, const struct reader_options *o,
				 const struct reader_place *place) NODISCARD NONNULL;
void reader_free(struct gitlab_reader *r);

#endif

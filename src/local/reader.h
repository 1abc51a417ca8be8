/* reader.h - where a local run takes included files from.
 *
 * The gitlab_reader of src/gitlab/config.h for one machine.
 *
 *	local		the work tree; nothing outside of it
 *	project		a clone the user named (--project-root), else fetched by git from
 *			the configured URL; without `ref` what lies in the clone's work
 *			tree, uncommitted edits too; with `ref` what is committed there
 *	component	the same project, at a tag, branch, commit, "1", "1.2" or "~latest"
 *	remote		HTTP(S) behind the egress guard of src/net
 *	template	a directory the user named (--template-root)
 *
 * What cannot be reached is an error that says what was tried and which option
 * would serve.  Clones are looked at once; calls from several threads take turns.
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
	/* --project-url: holds {project}, or gets "/group/name.git" behind it; str_null:
	 * the environment's SLIPWAY_PROJECT_URL, if any. */
	str project_url;
	str template_root;  /* --template-root; str_null without */
	bool allow_private; /* --allow-private: `remote` may reach private addresses */
};

struct reader_place {
	str dir;		     /* of the project: what `local` is relative to */
	const struct str_vec *files; /* its files, sorted */
	str file;		     /* the root file; may be absolute and lie anywhere: --file */
};

/* The options and what the place points at must outlive it. */
struct gitlab_reader *reader_new(const struct reader_options *o,
				 const struct reader_place *place) NODISCARD NONNULL;
void reader_free(struct gitlab_reader *base);

#endif

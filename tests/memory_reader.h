/* memory_reader.h - a gitlab_reader over one text that holds many files.
 *
 *	=== .gitlab-ci.yml
 *	include: ci/a.yml
 *	=== ci/a.yml
 *	…
 *
 * Own files have their path for a name, files of projects "group/p:path" or
 * "group/p:path@ref"; remote files, templates and components what asks for them.
 */
#ifndef TESTS_MEMORY_READER_H
#define TESTS_MEMORY_READER_H

#include "gitlab/config.h"

#include <string.h>

#define MEMORY_FILES_MAX 400

struct memory {
	struct {
		str name, text;
	} at[MEMORY_FILES_MAX];
	size_t nr;
	unsigned nr_read;
};

static inline void memory_fill(struct memory *m, str all)
{
	size_t from = str_starts_with(all, STR("=== ")) ? 0 : all.n;

	*m = (struct memory){ 0 };
	while (from < all.n && m->nr < MEMORY_FILES_MAX) {
		ssize_t next = str_find(all, STR("\n=== "), from);
		size_t end = next < 0 ? all.n : (size_t)next + 1;
		str rest = str_sub(all, from + 4, end - from - 4), name = str_cut(&rest, '\n');

		m->at[m->nr].name = str_trim(name);
		m->at[m->nr++].text = str_is_null(rest) ? STR("") : rest;
		from = end;
	}
}

static inline str memory_name(struct arena *a, const struct gitlab_file_request *req)
{
	if (req->kind == INCLUDE_TEMPLATE)
		return arena_printf(a, "template:" STR_FMT, STR_ARG(req->path));
	if (req->kind > INCLUDE_PROJECT || str_is_null(req->origin.project))
		return arena_str(a, req->path);
	if (str_is_null(req->origin.ref))
		return arena_printf(a, STR_FMT ":" STR_FMT, STR_ARG(req->origin.project),
				    STR_ARG(req->path));
	return arena_printf(a, STR_FMT ":" STR_FMT "@" STR_FMT, STR_ARG(req->origin.project),
			    STR_ARG(req->path), STR_ARG(req->origin.ref));
}

/* HOST/GROUP/PROJECT/COMPONENT@VERSION */
static inline void memory_component(struct gitlab_file *f, str address)
{
	str rest = address, path = str_cut(&rest, '@');
	ssize_t host = str_index(path, '/'), last = str_rindex(path, '/');

	f->component_version = rest;
	f->component_reference = rest;
	f->component_sha = STR("c0ffee");
	if (host < 0 || last <= host)
		return;
	f->component_name = str_from(path, (size_t)last + 1);
	f->origin.project = str_sub(path, (size_t)host + 1, (size_t)(last - host) - 1);
	f->origin.ref = rest;
}

static inline int memory_read(void *ctx, struct arena *a, const struct gitlab_file_request *req,
			      struct gitlab_file *ret, struct err *err)
{
	struct memory *m = ctx;
	str name = memory_name(a, req);

	m->nr_read++;
	for (size_t i = 0; i < m->nr; i++) {
		if (!str_eq(m->at[i].name, name))
			continue;
		*ret = (struct gitlab_file){ .name = name, .text = m->at[i].text };
		ret->origin = req->origin;
		if (req->kind == INCLUDE_COMPONENT)
			memory_component(ret, req->path);
		return 0;
	}
	return err_set(err, ERR_NOT_FOUND, "nothing is called " STR_FMT, STR_ARG(name));
}

static inline int memory_list(void *ctx, struct arena *a, const struct gitlab_origin *origin,
			      struct str_vec *ret, struct err *err UNUSED)
{
	const struct memory *m = ctx;

	for (size_t i = 0; i < m->nr; i++) {
		str rest = m->at[i].name, project = str_cut(&rest, ':');

		if (str_is_null(rest) && str_is_null(origin->project))
			vec_add(a, ret, project);
		else if (!str_is_null(rest) && str_eq(project, origin->project))
			vec_add(a, ret, str_cut(&rest, '@'));
	}
	return 0;
}

/* Rules match when the first one says `if: "yes"`. */
static inline bool memory_rules_match(void *ctx UNUSED, const struct node *rules,
				      struct diags *d UNUSED)
{
	const struct node *cond;

	if (rules->kind != NODE_SEQ || rules->seq.nr == 0)
		return false;
	cond = node_get(rules->seq.at[0], STR("if"));
	return cond && cond->kind == NODE_STR && str_eq(cond->text, STR("yes"));
}

/* $DIR is "ci", $REF is "v1"; anything else stays. */
static inline str memory_expand(void *ctx UNUSED, struct arena *a, str text)
{
	static const struct {
		str name, value;
	} vars[] = {
		{ STR_INIT("$DIR"), STR_INIT("ci") },
		{ STR_INIT("$REF"), STR_INIT("v1") },
		{ STR_INIT("${HOST}"), STR_INIT("host.example") },
	};
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	for (size_t i = 0; i < text.n;) {
		size_t k = 0;

		while (k < COUNT(vars) && !str_starts_with(str_from(text, i), vars[k].name))
			k++;
		if (k < COUNT(vars))
			buf_adds(&b, vars[k].value);
		else
			buf_addc(&b, text.p[i]);
		i += k < COUNT(vars) ? vars[k].name.n : 1;
	}
	return arena_str(a, buf_str(&b));
}

#endif

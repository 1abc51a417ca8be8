/* read_files.c - artifacts, reports and caches of a job. */
#include "gitlab/lower.h"

#include "fmt/duration.h"

#include <ctype.h>
#include <string.h>

#define CACHES_MAX	  4
#define FALLBACK_KEYS_MAX 5
#define EXPOSE_AS_MAX	  100

static const char *const when_words[] = { "on_success", "on_failure", "always" };

static const char *const report_types[] = {
	"accessibility",       "annotations",	   "browser_performance", "codequality",
	"container_scanning",  "coverage_fuzzing", "coverage_report",	  "cyclonedx",
	"dast",		       "dependency_scanning", "dotenv",		  "junit",
	"license_scanning",    "load_performance", "lsif",		  "metrics",
	"performance",	       "repository_xray",  "requirements",	  "requirements_v2",
	"sarif",	       "sast",		   "secret_detection",	  "terraform",
};

static bool read_when(struct entry *e, const struct place *p, const struct node *map,
		      enum upload_when *ret)
{
	struct place sub = { p->job, p->key, "when" };
	const struct node *n = node_get(map, STR("when"));
	size_t i;

	if (!n)
		return true;
	if (!entry_word(e, &sub, n, when_words, COUNT(when_words), &i))
		return false;
	*ret = (enum upload_when)i;
	return true;
}

static bool read_coverage_report(struct entry *e, const struct place *p, const struct node *n,
				 struct job_artifact *ret)
{
	static const char *const keys[] = { "coverage_format", "path" };
	static const char *const formats[] = { "cobertura", "jacoco" };
	const struct node *format, *path;
	size_t i;
	str text;

	if (!entry_is_map(e, p, n) || !entry_keys(e, p, n, keys, COUNT(keys)))
		return false;
	format = node_get(n, STR("coverage_format"));
	path = node_get(n, STR("path"));
	if (!format || !path)
		return entry_wrong(e, p, n, "a hash with coverage_format and path");
	if (!entry_word(e, p, format, formats, COUNT(formats), &i) || !entry_str(e, p, path, &text))
		return false;
	ret->type = str_of(formats[i]);
	vec_add(e->a, &ret->paths, text);
	return true;
}

static bool read_reports(struct lower *l, struct job_def *def, const struct node *n)
{
	struct place p = { def->name, "artifacts", "reports" };

	if (!entry_is_map(&l->e, &p, n) ||
	    !entry_keys(&l->e, &p, n, report_types, COUNT(report_types)))
		return false;
	for (size_t i = 0; i < n->map.nr; i++) {
		const struct node_entry *report = &n->map.at[i];
		struct job_artifact a = {
			.name = report->key,
			.type = report->key,
			.format = STR("gzip"),
			.when = UPLOAD_ALWAYS, /* a failed test's report is the one people want */
		};

		if (str_eq(report->key, STR("coverage_report"))) {
			if (!read_coverage_report(&l->e, &p, report->value, &a))
				return false;
		} else if (!entry_strings(&l->e, &p, report->value, 0, &a.paths)) {
			return false;
		}
		vec_add(l->e.a, &def->proto.spec.artifacts, a);
	}
	return true;
}

static bool read_expire_in(struct entry *e, const struct place *p, const struct node *n, str *ret)
{
	uint64_t seconds;

	if (n->kind == NODE_STR && str_eq(n->text, STR("never"))) {
		*ret = n->text;
		return true;
	}
	if (!entry_duration(e, p, n, &seconds))
		return false;
	*ret = entry_scalar_text(e->a, n);
	return true;
}

/* expose_as: a name for people, of files that are named exactly. */
static bool check_exposed(struct entry *e, const struct job_def *def, const struct node *n,
			  const struct job_artifact *a)
{
	static const char more[] = "-_ ";
	const char *wrong = NULL;
	str name = a->expose_as;

	if (name.n == 0 || name.n > EXPOSE_AS_MAX)
		wrong = "expose as is too long (maximum is 100 characters)";
	for (size_t i = 0; i < name.n && !wrong; i++)
		if (!isalnum((unsigned char)name.p[i]) &&
		    (i == 0 ? name.p[i] != '_' : !strchr(more, name.p[i])))
			wrong = "expose as can contain only letters, digits, '-', '_' and spaces";
	if (a->paths.nr == 0)
		wrong = "paths can't be blank";
	for (size_t i = 0; i < a->paths.nr; i++)
		if (str_index(a->paths.at[i], '*') >= 0)
			wrong = "paths can't contain '*' when used with 'expose_as'";
	return !wrong || diag_error(e->d, n->pos, "jobs:" STR_FMT ":artifacts %s",
				    STR_ARG(def->name), wrong) == 0;
}

static bool read_exposure(struct entry *e, const struct job_def *def, const struct node *n,
			  struct job_artifact *a)
{
	static const char *const levels[] = { "none", "developer", "maintainer", "all" };
	struct place p = { def->name, "artifacts", "expose_as" };
	const struct node *expose = node_get(n, STR("expose_as")),
			  *access = node_get(n, STR("access"));
	const struct node *is_public = node_get(n, STR("public"));
	size_t i;
	bool yes;

	if (expose) {
		if (!entry_str(e, &p, expose, &a->expose_as))
			return false;
		if (!check_exposed(e, def, expose, a))
			return false;
	}
	p.sub = "public";
	if (is_public && access)
		return diag_error(e->d, is_public->pos,
				  "jobs:" STR_FMT
				  ":artifacts config can use only one of: access, public",
				  STR_ARG(def->name)) == 0;
	if (is_public && !entry_bool(e, &p, is_public, &yes))
		return false;
	p.sub = "access";
	if (access && !entry_word(e, &p, access, levels, COUNT(levels), &i))
		return false;
	if (access)
		a->access = access->text;
	return true;
}

bool read_artifacts(struct lower *l, struct job_def *def)
{
	static const char *const keys[] = { "name",	  "untracked", "paths",	  "reports", "when",
					    "expire_in",  "expose_as", "exclude", "public",  "access" };
	const struct node *n = def_node(def, K_ARTIFACTS), *sub;
	struct place p = { def->name, "artifacts", NULL };
	struct job_artifact a = { .name = STR("artifacts"),
				  .type = STR("archive"),
				  .format = STR("zip") };
	struct entry *e = &l->e;

	if (!n)
		return true;
	if (!entry_is_map(e, &p, n) || !entry_keys(e, &p, n, keys, COUNT(keys)))
		return false;
	p.sub = "name";
	if ((sub = node_get(n, STR("name"))) && !entry_str(e, &p, sub, &a.name))
		return false;
	p.sub = "untracked";
	if ((sub = node_get(n, STR("untracked"))) && !entry_bool(e, &p, sub, &a.untracked))
		return false;
	p.sub = "paths";
	if ((sub = node_get(n, STR("paths"))) && !entry_list(e, &p, sub, 0, &a.paths))
		return false;
	p.sub = "exclude";
	if ((sub = node_get(n, STR("exclude"))) && !entry_list(e, &p, sub, 0, &a.exclude))
		return false;
	p.sub = "expire_in";
	if ((sub = node_get(n, STR("expire_in"))) && !read_expire_in(e, &p, sub, &a.expire_in))
		return false;
	p.sub = NULL;
	if (!read_when(e, &p, n, &a.when) || !read_exposure(e, def, n, &a))
		return false;
	if (a.paths.nr || a.untracked)
		vec_add(e->a, &def->proto.spec.artifacts, a);
	sub = node_get(n, STR("reports"));
	return !sub || read_reports(l, def, sub);
}

/* Without a prefix GitLab takes the cache's place in the list and the files' names,
 * each up to its first dot: "0_package-lock". */
static str usual_prefix(struct arena *a, size_t index, const struct str_vec *files)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	buf_addf(&b, "%zu", index);
	for (size_t i = 0; i < files->nr; i++) {
		str rest = files->at[i], stem = str_cut(&rest, '.');

		buf_addf(&b, "_" STR_FMT, STR_ARG(stem));
	}
	return arena_str(a, buf_str(&b));
}

/* cache:key with files: the digest of what the files hold in this commit. */
static bool read_key_files(struct lower *l, const struct job_def *def, const struct node *key,
			   size_t index, str *ret)
{
	static const char *const keys[] = { "files", "files_commits", "prefix" };
	const struct node *files = node_get(key, STR("files")),
			  *commits = node_get(key, STR("files_commits"));
	const struct node *prefix = node_get(key, STR("prefix"));
	struct place p = { def->name, "cache", "key" };
	struct str_vec paths = { 0 }, ids = { 0 }, none = { 0 };
	struct buf joined = BUF_INIT;
	str digest, before;

	if (!entry_keys(&l->e, &p, key, keys, COUNT(keys)))
		return false;
	if (!files == !commits)
		return entry_wrong(&l->e, &p, key, "a hash with files or files_commits");
	if (!entry_list(&l->e, &p, files ? files : commits, 0, &paths))
		return false;
	if (paths.nr < 1 || paths.nr > 2)
		return entry_wrong(&l->e, &p, files ? files : commits,
				   "a list of one or two paths");
	if (!lower_file_ids(l, &paths, commits != NULL, &ids))
		return false;
	for (size_t i = 0; i < ids.nr; i++)
		buf_addf(&joined, "%s" STR_FMT, i ? "-" : "", STR_ARG(ids.at[i]));
	digest = ids.nr ? lower_sha1_hex(l, buf_str(&joined)) : STR("default");
	buf_release(&joined);
	if (prefix && !node_is_scalar(prefix))
		return entry_wrong(&l->e, &p, prefix, "a string");
	if (prefix && prefix->kind != NODE_NULL)
		before = entry_scalar_text(l->e.a, prefix);
	else
		before = usual_prefix(l->e.a, index, files ? &paths : &none);
	*ret = before.n
		       ? arena_printf(l->e.a, STR_FMT "-" STR_FMT, STR_ARG(before), STR_ARG(digest))
		       : digest;
	return true;
}

static bool read_key(struct lower *l, const struct job_def *def, const struct node *n, size_t index,
		     str *ret)
{
	struct place p = { def->name, "cache", "key" };
	bool dots = true;

	if (n->kind == NODE_MAP)
		return read_key_files(l, def, n, index, ret);
	if (!node_is_scalar(n))
		return entry_wrong(&l->e, &p, n, "a hash, a string or a symbol");
	*ret = entry_scalar_text(l->e.a, n);
	for (size_t i = 0; i < ret->n; i++)
		dots &= ret->p[i] == '.';
	if (ret->n && (dots || ret->p[0] == '/' || ret->p[ret->n - 1] == '/'))
		return entry_wrong(&l->e, &p, n,
				   "a text that is not only dots and has no slash at its ends");
	return true;
}

static bool read_cache(struct lower *l, struct job_def *def, const struct node *n, size_t index)
{
	static const char *const keys[] = { "key",    "paths", "untracked", "policy",
					    "when",   "unprotect", "fallback_keys" };
	static const char *const policies[] = { "pull-push", "pull", "push" };
	struct job_cache c = { .key = STR("default"), .policy = STR("pull-push") };
	struct place p = { def->name, "cache", NULL };
	struct entry *e = &l->e;
	const struct node *sub;
	size_t i;

	if (!entry_is_map(e, &p, n) || !entry_keys(e, &p, n, keys, COUNT(keys)))
		return false;
	if ((sub = node_get(n, STR("key"))) && sub->kind != NODE_NULL &&
	    !read_key(l, def, sub, index, &c.key))
		return false;
	p.sub = "paths";
	if ((sub = node_get(n, STR("paths"))) && !entry_list(e, &p, sub, 0, &c.paths))
		return false;
	p.sub = "untracked";
	if ((sub = node_get(n, STR("untracked"))) && !entry_bool(e, &p, sub, &c.untracked))
		return false;
	p.sub = "unprotect";
	if ((sub = node_get(n, STR("unprotect"))) && !entry_bool(e, &p, sub, &c.unprotect))
		return false;
	p.sub = "fallback_keys";
	if ((sub = node_get(n, STR("fallback_keys"))) &&
	    !entry_list(e, &p, sub, FALLBACK_KEYS_MAX, &c.fallback_keys))
		return false;
	p.sub = "policy";
	if ((sub = node_get(n, STR("policy")))) {
		if (!entry_str(e, &p, sub, &c.policy))
			return false;
		if (str_index(c.policy, '$') < 0 &&
		    !entry_word(e, &p, sub, policies, COUNT(policies), &i))
			return false;
	}
	p.sub = NULL;
	if (!read_when(e, &p, n, &c.when))
		return false;
	vec_add(e->a, &def->proto.spec.caches, c);
	return true;
}

bool read_caches(struct lower *l, struct job_def *def)
{
	const struct node *n = def_node(def, K_CACHE);
	struct place p = { def->name, "cache", NULL };

	if (!n)
		return true;
	if (n->kind == NODE_MAP)
		return n->map.nr == 0 || read_cache(l, def, n, 0);
	if (n->kind != NODE_SEQ)
		return entry_wrong(&l->e, &p, n, "a hash or an array of hashes");
	if (n->seq.nr > CACHES_MAX)
		return diag_error(l->e.d, n->pos,
				  "jobs:" STR_FMT
				  ":cache config no more than %d caches can be created",
				  STR_ARG(def->name), CACHES_MAX) == 0;
	for (size_t i = 0; i < n->seq.nr; i++)
		if (!read_cache(l, def, n->seq.at[i], i))
			return false;
	return true;
}

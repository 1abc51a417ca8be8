#include "gitlab/predefined.h"

#include "gitlab/slug.h"

#include <ctype.h>

#define SERVER_VERSION "18.5.0" /* whose semantics we follow */

#define NO_SHA STR("0000000000000000000000000000000000000000")

struct putter {
	struct arena *a;
	struct scope_layer *l;
};

/* A null value means that the variable does not exist. */
static void put(struct putter *p, const char *key, str value)
{
	if (!str_is_null(value))
		vec_add(p->a, &p->l->vars,
			(struct job_var){ .key = str_of(key), .value = value, .raw = true });
}

static void put_number(struct putter *p, const char *key, uint64_t n)
{
	put(p, key, arena_printf(p->a, "%llu", (unsigned long long)n));
}

static str without_suffix(str s, str suffix)
{
	return str_ends_with(s, suffix) ? str_sub(s, 0, s.n - suffix.n) : s;
}

static str last_part(str path)
{
	return str_from(path, (size_t)(str_rindex(path, '/') + 1));
}

/* user@host:port; the user is dropped, the port is optional. */
static void parse_authority(str authority, struct project_address *ret, str *ret_port)
{
	ssize_t at = str_rindex(authority, '@'), colon;

	authority = str_from(authority, (size_t)(at + 1));
	colon = str_rindex(authority, ':');
	ret->host = colon >= 0 ? str_sub(authority, 0, (size_t)colon) : authority;
	if (colon >= 0)
		*ret_port = str_from(authority, (size_t)colon + 1);
}

void project_address_parse(struct arena *a, str url, str project_dir, struct project_address *ret)
{
	ssize_t sep = str_find(url, STR("://"), 0), colon = str_index(url, ':');
	ssize_t slash = str_index(url, '/');
	str rest;

	*ret = (struct project_address){ .scheme = STR("https"),
					 .port = STR("443"),
					 .ssh_port = STR("22") };
	if (sep > 0 && !str_starts_with(url, STR("file:"))) {
		if (str_starts_with(url, STR("http:"))) {
			ret->scheme = STR("http");
			ret->port = STR("80");
		}
		rest = str_from(url, (size_t)sep + 3);
		parse_authority(str_cut(&rest, '/'), ret,
				str_starts_with(url, STR("http")) ? &ret->port : &ret->ssh_port);
		ret->path = rest;
	} else if (sep < 0 && colon > 0 && (slash < 0 || slash > colon)) { /* git@host:path */
		rest = url;
		parse_authority(str_cut(&rest, ':'), ret, &ret->ssh_port);
		ret->path = rest;
	}
	while (ret->path.n && ret->path.p[ret->path.n - 1] == '/')
		ret->path.n--;
	ret->path = without_suffix(ret->path, STR(".git"));
	while (ret->path.n && ret->path.p[0] == '/')
		ret->path = str_from(ret->path, 1);
	if (ret->host.n == 0)
		ret->host = STR("localhost");
	if (ret->path.n == 0)
		ret->path = arena_printf(a, "local/" STR_FMT, STR_ARG(last_part(project_dir)));
	else if (str_index(ret->path, '/') < 0)
		ret->path = arena_printf(a, "local/" STR_FMT, STR_ARG(ret->path));
	ret->path = arena_str(a, ret->path);
	ret->host = arena_str(a, ret->host);
}

static bool is_default_port(const struct project_address *p)
{
	return str_eq(p->port, str_eq(p->scheme, STR("http")) ? STR("80") : STR("443"));
}

static str put_server(struct putter *p, const struct project_address *at)
{
	str fqdn = is_default_port(at) ? at->host
				       : arena_printf(p->a, STR_FMT ":" STR_FMT, STR_ARG(at->host),
						      STR_ARG(at->port));
	str url = arena_printf(p->a, STR_FMT "://" STR_FMT, STR_ARG(at->scheme), STR_ARG(fqdn));

	put(p, "CI", STR("true"));
	put(p, "GITLAB_CI", STR("true"));
	put(p, "CI_SERVER", STR("yes"));
	put(p, "CI_SERVER_NAME", STR("GitLab"));
	put(p, "CI_SERVER_VERSION", STR(SERVER_VERSION));
	put(p, "CI_SERVER_VERSION_MAJOR", STR("18"));
	put(p, "CI_SERVER_VERSION_MINOR", STR("5"));
	put(p, "CI_SERVER_VERSION_PATCH", STR("0"));
	put(p, "CI_SERVER_REVISION", STR("slipway"));
	put(p, "GITLAB_FEATURES", STR(""));
	put(p, "CI_TEMPLATE_REGISTRY_HOST", STR("registry.gitlab.com"));
	put(p, "CI_SERVER_PROTOCOL", at->scheme);
	put(p, "CI_SERVER_HOST", at->host);
	put(p, "CI_SERVER_PORT", at->port);
	put(p, "CI_SERVER_FQDN", fqdn);
	put(p, "CI_SERVER_URL", url);
	put(p, "CI_SERVER_SHELL_SSH_HOST", at->host);
	put(p, "CI_SERVER_SHELL_SSH_PORT", at->ssh_port);
	put(p, "CI_API_V4_URL", arena_printf(p->a, STR_FMT "/api/v4", STR_ARG(url)));
	put(p, "CI_API_GRAPHQL_URL", arena_printf(p->a, STR_FMT "/api/graphql", STR_ARG(url)));
	return url;
}

static void put_project(struct putter *p, const struct facts *f, const struct project_address *at,
			str url)
{
	str name = last_part(at->path), root = at->path, space;
	uint64_t id = hash_keyed(0, 0, at->path.p, at->path.n);

	space = str_sub(at->path, 0, at->path.n - name.n - 1);
	root = str_cut(&root, '/');
	/* Stable for a project, and small enough for every script that prints it. */
	put_number(p, "CI_PROJECT_ID", id % 1000000000u);
	put(p, "CI_PROJECT_NAME", name);
	put(p, "CI_PROJECT_TITLE", name);
	put(p, "CI_PROJECT_DESCRIPTION", STR(""));
	put(p, "CI_PROJECT_PATH", at->path);
	put(p, "CI_PROJECT_PATH_SLUG", slug_ref(p->a, at->path));
	put(p, "CI_PROJECT_NAMESPACE", space);
	put_number(p, "CI_PROJECT_NAMESPACE_ID", hash_keyed(0, 1, space.p, space.n) % 1000000000u);
	put(p, "CI_PROJECT_NAMESPACE_SLUG", slug_ref(p->a, space));
	put(p, "CI_PROJECT_ROOT_NAMESPACE", root);
	put(p, "CI_PROJECT_URL",
	    arena_printf(p->a, STR_FMT "/" STR_FMT, STR_ARG(url), STR_ARG(at->path)));
	put(p, "CI_PROJECT_VISIBILITY", STR("private"));
	put(p, "CI_PROJECT_REPOSITORY_LANGUAGES", STR(""));
	put(p, "CI_PROJECT_CLASSIFICATION_LABEL", STR(""));
	put(p, "CI_PROJECT_TOPICS", STR(""));
	put(p, "CI_DEFAULT_BRANCH", f->default_branch);
	if (!str_is_null(f->default_branch))
		put(p, "CI_DEFAULT_BRANCH_SLUG", slug_ref(p->a, f->default_branch));
	put(p, "CI_REPOSITORY_URL", str_is_null(f->remote_url) ? f->project_dir : f->remote_url);
	put(p, "CI_PAGES_DOMAIN", STR("pages.localhost"));
	put(p, "CI_PAGES_URL",
	    arena_printf(p->a, "https://" STR_FMT ".pages.localhost",
			 STR_ARG(slug_ref(p->a, root))));
}

static void put_commit(struct putter *p, const struct facts *f)
{
	put(p, "CI_COMMIT_SHA", f->sha);
	if (!str_is_null(f->sha))
		put(p, "CI_COMMIT_SHORT_SHA", str_sub(f->sha, 0, 8));
	/* Only a push has a state of the branch before it. */
	put(p, "CI_COMMIT_BEFORE_SHA", f->event == EVENT_PUSH ? f->before_sha : NO_SHA);
	put(p, "CI_COMMIT_REF_NAME", f->ref_name);
	if (!str_is_null(f->ref_name))
		put(p, "CI_COMMIT_REF_SLUG", slug_ref(p->a, f->ref_name));
	if (!facts_is_merge_request(f) && str_is_null(f->tag))
		put(p, "CI_COMMIT_BRANCH", f->branch);
	put(p, "CI_COMMIT_TAG", f->tag);
	if (!str_is_null(f->tag))
		put(p, "CI_COMMIT_TAG_MESSAGE", f->tag_message);
	put(p, "CI_COMMIT_REF_PROTECTED", STR("false"));
	put(p, "CI_COMMIT_TITLE", f->title);
	put(p, "CI_COMMIT_MESSAGE", f->message);
	put(p, "CI_COMMIT_MESSAGE_IS_TRUNCATED", STR("false"));
	put(p, "CI_COMMIT_DESCRIPTION", f->description);
	put(p, "CI_COMMIT_AUTHOR", f->author);
	put(p, "CI_COMMIT_TIMESTAMP", f->timestamp);
}

static const char *pipeline_source(enum event e)
{
	static const char *const names[] = {
		[EVENT_PUSH] = "push",	       [EVENT_TAG] = "push",
		[EVENT_MERGE_REQUEST] = "merge_request_event",
		[EVENT_SCHEDULE] = "schedule", [EVENT_WEB] = "web",
		[EVENT_API] = "api",	       [EVENT_TRIGGER] = "trigger",
		[EVENT_PARENT_PIPELINE] = "parent_pipeline",
	};

	MUST((size_t)e < COUNT(names));
	return names[e];
}

static void put_merge_request(struct putter *p, const struct facts *f,
			      const struct project_address *at, str url)
{
	str project_url = arena_printf(p->a, STR_FMT "/" STR_FMT, STR_ARG(url), STR_ARG(at->path));
	str id = arena_printf(p->a, "%llu",
			      (unsigned long long)hash_keyed(0, 0, at->path.p, at->path.n) %
				      1000000000u);

	put(p, "CI_MERGE_REQUEST_ID", STR("1"));
	put(p, "CI_MERGE_REQUEST_IID", STR("1"));
	put(p, "CI_MERGE_REQUEST_PROJECT_ID", id);
	put(p, "CI_MERGE_REQUEST_PROJECT_PATH", at->path);
	put(p, "CI_MERGE_REQUEST_PROJECT_URL", project_url);
	put(p, "CI_MERGE_REQUEST_REF_PATH", STR("refs/merge-requests/1/head"));
	put(p, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", f->branch);
	/* The two heads are known only when they were merged for the pipeline. */
	put(p, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", STR(""));
	put(p, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID", id);
	put(p, "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", at->path);
	put(p, "CI_MERGE_REQUEST_SOURCE_PROJECT_URL", project_url);
	put(p, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", f->target_branch);
	put(p, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA", STR(""));
	put(p, "CI_MERGE_REQUEST_TARGET_BRANCH_PROTECTED", STR("true"));
	put(p, "CI_MERGE_REQUEST_TITLE", f->title);
	put(p, "CI_MERGE_REQUEST_DESCRIPTION", f->description);
	put(p, "CI_MERGE_REQUEST_DESCRIPTION_IS_TRUNCATED", STR("false"));
	put(p, "CI_MERGE_REQUEST_DRAFT",
	    !str_is_null(f->title) && str_starts_with(f->title, STR("Draft:")) ? STR("true")
									       : STR("false"));
	put(p, "CI_MERGE_REQUEST_EVENT_TYPE", STR("detached"));
	put(p, "CI_MERGE_REQUEST_DIFF_ID", STR("1"));
	put(p, "CI_MERGE_REQUEST_DIFF_BASE_SHA", f->diff_base_sha);
	put(p, "CI_MERGE_REQUEST_APPROVED", STR("false"));
	put(p, "CI_MERGE_REQUEST_SQUASH_ON_MERGE", STR("false"));
}

void predefined_pipeline(struct arena *a, const struct facts *f, str config_path,
			 struct scope_layer *ret)
{
	struct putter p = { a, ret };
	struct project_address at;
	str url;

	project_address_parse(a, str_is_null(f->remote_url) ? STR("") : f->remote_url,
			      f->project_dir, &at);
	url = put_server(&p, &at);
	put_project(&p, f, &at, url);
	put_commit(&p, f);
	put(&p, "CI_CONFIG_PATH", config_path);
	put_number(&p, "CI_PIPELINE_IID", f->pipeline_iid);
	put(&p, "CI_PIPELINE_SOURCE", str_of(pipeline_source(f->event)));
	put(&p, "CI_PIPELINE_CREATED_AT", f->created_at);
	if (f->event == EVENT_TRIGGER)
		put(&p, "CI_PIPELINE_TRIGGERED", STR("true"));
	if (f->event == EVENT_SCHEDULE)
		put(&p, "CI_PIPELINE_SCHEDULE_DESCRIPTION", STR("slipway run"));
	if (facts_is_merge_request(f))
		put_merge_request(&p, f, &at, url);
	scope_layer_index(ret, a);
}

void predefined_user(struct arena *a, const struct facts *f, struct scope_layer *ret)
{
	struct putter p = { a, ret };

	put(&p, "GITLAB_USER_ID", STR("1"));
	put(&p, "GITLAB_USER_LOGIN", f->user_login);
	put(&p, "GITLAB_USER_NAME", f->user_name);
	put(&p, "GITLAB_USER_EMAIL", f->user_email);
}

/* --- variables of a job, on demand --- */

static str tags_json(struct arena *a, const struct str_vec *tags)
{
	struct buf b = BUF_INIT;
	str s;

	buf_addc(&b, '[');
	for (size_t i = 0; i < tags->nr; i++) {
		struct node tag = { .kind = NODE_STR, .text = tags->at[i] };

		buf_addz(&b, i ? ", " : "");
		node_add_json(&b, &tag);
	}
	buf_addc(&b, ']');
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static str number(struct arena *a, uint64_t n)
{
	return arena_printf(a, "%llu", (unsigned long long)n);
}

typedef const struct predefined_job *ctx;

static str job_name(struct arena *a UNUSED, ctx c)
{
	return c->job->name;
}
static str job_slug(struct arena *a, ctx c)
{
	return slug_ref(a, c->job->name);
}
static str job_group(struct arena *a UNUSED, ctx c)
{
	return c->job->group;
}
static str job_stage(struct arena *a UNUSED, ctx c)
{
	return c->job->spec.stage;
}
static str node_total(struct arena *a, ctx c)
{
	return number(a, c->job->node_total);
}
static str job_id(struct arena *a, ctx c)
{
	return number(a, c->job->spec.id);
}
static str job_timeout(struct arena *a, ctx c)
{
	return number(a, c->job->spec.timeout_s);
}
static str job_image(struct arena *a UNUSED, ctx c)
{
	return c->job->spec.image.name;
}
static str job_tags(struct arena *a, ctx c)
{
	return tags_json(a, &c->job->spec.tags);
}

static str node_index(struct arena *a, ctx c)
{
	return c->job->node_index ? number(a, c->job->node_index) : str_null;
}

/* As in GitLab: true of what can be started by hand, which a delayed job can. */
static str job_manual(struct arena *a UNUSED, ctx c)
{
	return c->job->when == WHEN_MANUAL || c->job->when == WHEN_DELAYED ? STR("true") : str_null;
}

static str pipeline_id(struct arena *a, ctx c)
{
	return number(a, c->job->spec.pipeline_id);
}

static str pipeline_url(struct arena *a, ctx c)
{
	return c->pipeline ? arena_printf(a, STR_FMT "/-/pipelines/%llu",
					  STR_ARG(c->pipeline->project_url),
					  (unsigned long long)c->job->spec.pipeline_id)
			   : str_null;
}

static str pipeline_name(struct arena *a UNUSED, ctx c)
{
	return c->pipeline && c->pipeline->name.n ? c->pipeline->name : str_null;
}

static str env_name(struct arena *a UNUSED, ctx c)
{
	return c->job->environment ? c->job->environment->name : str_null;
}

/* Stable for a name, as the record in a server would be. */
static str env_id(struct arena *a, ctx c)
{
	str name = c->job->environment ? c->job->environment->name : str_null;

	return str_is_null(name) ? str_null
				 : number(a, hash_keyed(0, 2, name.p, name.n) % 1000000000u);
}

static str env_slug(struct arena *a UNUSED, ctx c)
{
	return c->job->environment ? c->job->environment->slug : str_null;
}

static str env_tier(struct arena *a UNUSED, ctx c)
{
	return c->job->environment ? c->job->environment->tier : str_null;
}

static str env_url(struct arena *a UNUSED, ctx c)
{
	return c->job->environment && c->job->environment->url.n ? c->job->environment->url
								 : str_null;
}

static str env_action(struct arena *a UNUSED, ctx c)
{
	static const char *const names[] = {
		[ENV_START] = "start",	 [ENV_PREPARE] = "prepare", [ENV_STOP] = "stop",
		[ENV_VERIFY] = "verify", [ENV_ACCESS] = "access",
	};

	return c->job->environment ? str_of(names[c->job->environment->action]) : str_null;
}

static const struct derived {
	str key;
	bool running; /* does not exist before the job runs */
	str (*make)(struct arena *a, ctx c);
} derived[] = {
	{ STR_INIT("CI_JOB_NAME"), false, job_name },
	{ STR_INIT("CI_JOB_NAME_SLUG"), false, job_slug },
	{ STR_INIT("CI_JOB_GROUP_NAME"), false, job_group },
	{ STR_INIT("CI_JOB_STAGE"), false, job_stage },
	{ STR_INIT("CI_NODE_INDEX"), false, node_index },
	{ STR_INIT("CI_NODE_TOTAL"), false, node_total },
	{ STR_INIT("CI_PIPELINE_NAME"), false, pipeline_name },
	{ STR_INIT("CI_ENVIRONMENT_NAME"), false, env_name },
	{ STR_INIT("CI_ENVIRONMENT_SLUG"), false, env_slug },
	{ STR_INIT("CI_ENVIRONMENT_TIER"), false, env_tier },
	{ STR_INIT("CI_ENVIRONMENT_ACTION"), false, env_action },
	{ STR_INIT("CI_JOB_MANUAL"), false, job_manual },
	{ STR_INIT("CI_ENVIRONMENT_ID"), true, env_id },
	{ STR_INIT("CI_ENVIRONMENT_URL"), true, env_url },
	{ STR_INIT("CI_PIPELINE_ID"), true, pipeline_id },
	{ STR_INIT("CI_PIPELINE_URL"), true, pipeline_url },
	{ STR_INIT("CI_JOB_ID"), true, job_id },
	{ STR_INIT("CI_JOB_TIMEOUT"), true, job_timeout },
	{ STR_INIT("CI_JOB_IMAGE"), true, job_image },
	{ STR_INIT("CI_RUNNER_TAGS"), true, job_tags },
};

bool predefined_derive(void *context, struct arena *a, str key, struct job_var *ret)
{
	ctx c = context;

	if (!str_starts_with(key, STR("CI_")))
		return false;
	for (size_t i = 0; i < COUNT(derived); i++) {
		if (!str_eq(derived[i].key, key) || (derived[i].running && !c->running))
			continue;
		*ret = (struct job_var){ .key = derived[i].key, .value = derived[i].make(a, c) };
		ret->raw = !str_eq(key, STR("CI_ENVIRONMENT_URL"));
		return !str_is_null(ret->value);
	}
	return false;
}

void predefined_job_layer(struct arena *a, const struct predefined_job *c, struct scope_layer *ret)
{
	static const struct job_var runner[] = {
		{ .key = STR_INIT("CI_RUNNER_ID"), .value = STR_INIT("1"), .raw = true },
		{ .key = STR_INIT("CI_RUNNER_DESCRIPTION"), .value = STR_INIT("slipway run"), .raw = true },
		{ .key = STR_INIT("CI_RUNNER_SHORT_TOKEN"), .value = STR_INIT("local"), .raw = true },
	};
	struct job_var v;

	for (size_t i = 0; i < COUNT(derived); i++) {
		struct predefined_job *context =
			&(struct predefined_job){ c->job, c->pipeline, true };

		if (predefined_derive(context, a, derived[i].key, &v))
			vec_add(a, &ret->vars, v);
	}
	for (size_t i = 0; i < COUNT(runner); i++)
		vec_add(a, &ret->vars, runner[i]);
}

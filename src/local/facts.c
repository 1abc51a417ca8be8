#include "local/facts.h"

#include <stdlib.h>
#include <unistd.h>

#define NO_SHA STR("0000000000000000000000000000000000000000")

struct gather {
	struct arena *a;
	const struct facts_options *o;
	struct facts *f;
	struct git_place place;
	struct git_head head;
	str diff_from; /* revision, or str_null: nothing to compare with */
	bool from_merge_base;
	struct git_call *log, *config, *files, *refs, *diff, *base;
};

static void gather_release(struct gather *g)
{
	struct git_call *const all[] = { g->log, g->config, g->files, g->refs, g->diff, g->base };

	for (size_t i = 0; i < COUNT(all); i++)
		git_call_free(all[i]);
}

/* ---- what is asked ---- */

static enum event wanted_event(const struct gather *g)
{
	if (g->o->has_event)
		return g->o->event;
	if (!str_is_null(g->o->tag))
		return EVENT_TAG;
	return str_is_null(g->o->target_branch) ? EVENT_PUSH : EVENT_MERGE_REQUEST;
}

static str without(str s, str prefix)
{
	return str_starts_with(s, prefix) ? str_from(s, prefix.n) : str_null;
}

/* The id of a branch as the server would know it: origin's before ours. */
static str branch_sha(struct gather *g, str name)
{
	static const char *const where[] = { "refs/remotes/origin/", "refs/heads/" };

	for (size_t i = 0; i < COUNT(where); i++) {
		str ref = arena_printf(g->a, "%s" STR_FMT, where[i], STR_ARG(name));
		str sha = git_ref_read(g->a, &g->place, ref);

		if (!str_is_null(sha))
			return sha;
	}
	return str_null;
}

static str find_default_branch(struct gather *g, str configured)
{
	str at_origin = without(git_ref_target(g->a, &g->place, STR("refs/remotes/origin/HEAD")),
				STR("refs/remotes/origin/"));
	const str guesses[] = { configured, STR("main"), STR("master") };

	if (!str_is_null(at_origin))
		return at_origin;
	for (size_t i = 0; i < COUNT(guesses); i++)
		if (!str_is_null(guesses[i]) && !str_is_null(branch_sha(g, guesses[i])))
			return guesses[i];
	return without(g->head.ref, STR("refs/heads/"));
}

static struct git_call *ask(struct gather *g, const char *subcommand, const char *const *options)
{
	struct git_call *c = git_call_new(g->a, g->place.top.p, subcommand);

	for (; *options; options++)
		git_option(c, *options);
	return c;
}

/* What to compare the work tree with, and the merge request's target. */
static int choose_base(struct gather *g, struct err *err)
{
	struct facts *f = g->f;

	if (f->event == EVENT_MERGE_REQUEST) {
		f->target_branch = g->o->target_branch;
		if (str_is_null(f->target_branch))
			f->target_branch = find_default_branch(g, str_null);
		f->target_sha = branch_sha(g, f->target_branch);
		if (str_is_null(f->target_sha) && !str_is_null(g->o->target_branch))
			return err_set(err, ERR_INVALID,
				       "target branch \"" STR_FMT
				       "\" exists neither here nor at origin",
				       STR_ARG(f->target_branch));
	}
	if (!str_is_null(g->o->changed_since)) {
		g->diff_from = g->o->changed_since;
	} else if (f->event == EVENT_MERGE_REQUEST && !str_is_null(f->target_sha)) {
		g->diff_from = f->target_sha;
		g->from_merge_base = true;
	} else if (f->event == EVENT_PUSH) {
		g->diff_from = STR("HEAD~1");
	}
	return 0;
}

static int ask_about_commit(struct gather *g, struct err *err)
{
	static const char *const log[] = {
		"-1", "--no-decorate", "--no-color", "--no-patch",
		"--format=%H%x00%P%x00%an <%ae>%x00%cI%x00%B%x00", NULL,
	};
	static const char *const refs[] = {
		"--points-at=HEAD", "--sort=version:refname",
		"--format=%(refname)%00%(objecttype)%00%(contents)%00", NULL,
	};
	static const char *const diff[] = {
		"--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv",
		"--no-color", "--no-relative", NULL,
	};

	g->log = ask(g, "log", log);
	if (git_rev(g->log, g->head.sha, err) < 0)
		return -1;
	/* Only when HEAD does not say it: which tag, which branch. */
	if (g->f->event == EVENT_TAG || str_is_null(g->head.ref)) {
		g->refs = ask(g, "for-each-ref", refs);
		git_path(g->refs, STR("refs/tags"));
		git_path(g->refs, STR("refs/heads"));
		git_path(g->refs, STR("refs/remotes/origin"));
	}
	if (str_is_null(g->diff_from))
		return 0;
	g->diff = ask(g, "diff", diff);
	if (git_rev(g->diff, g->diff_from, err) < 0)
		return err_wrap(err, "--changed-since");
	if (g->from_merge_base) {
		static const char *const none[] = { NULL };

		git_option(g->diff, "--merge-base");
		g->base = ask(g, "merge-base", none);
		g->base->no_paths = true;
		if (git_rev(g->base, g->head.sha, err) < 0 ||
		    git_rev(g->base, g->diff_from, err) < 0)
			return -1;
	}
	return 0;
}

static int ask_all(struct gather *g, struct err *err)
{
	static const char *const config[] = { "-z", "--list", NULL };
	struct git_call *calls[6];
	size_t nr = 0;

	g->files = git_files_call(g->a, g->place.top.p);
	g->config = ask(g, "config", config);
	if (!str_is_null(g->head.sha) && ask_about_commit(g, err) < 0)
		return -1;
	/* The slowest first. */
	struct git_call *const all[] = { g->diff, g->files, g->log, g->base, g->refs, g->config };

	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i])
			calls[nr++] = all[i];
	return git_run(calls, nr, err);
}

/* ---- what was answered ---- */

static void read_commit(struct gather *g)
{
	struct facts *f = g->f;
	str rest = arena_str(g->a, buf_str(&g->log->out));
	str parents, body;

	f->sha = str_cut(&rest, '\0');
	parents = str_cut(&rest, '\0');
	f->before_sha = parents.n ? str_cut(&parents, ' ') : NO_SHA;
	f->author = str_cut(&rest, '\0');
	f->timestamp = str_cut(&rest, '\0');
	f->message = str_cut(&rest, '\0');
	body = f->message;
	f->title = str_trim_end(str_cut(&body, '\n'));
	/* GitLab's rule: a long title makes the whole message the description. */
	f->description = f->title.n >= 100 ? f->message : str_is_null(body) ? STR("") : body;
	if (str_ends_with(f->description, STR("\n")))
		f->description.n--;
}

static int read_config(struct gather *g, str *ret_default, struct err *err)
{
	struct facts *f = g->f;
	str base = str_null, prefix = STR("");
	const char *name = getenv("GIT_AUTHOR_NAME"), *email = getenv("GIT_AUTHOR_EMAIL");

	if (g->config->code != 0)
		return git_failed(g->config, err);
	for (str rest = arena_str(g->a, buf_str(&g->config->out)); rest.n;) {
		str value = str_cut(&rest, '\0'), key = str_cut(&value, '\n');

		if (str_eq(key, STR("user.name")))
			f->user_name = value;
		else if (str_eq(key, STR("user.email")))
			f->user_email = value;
		else if (str_eq(key, STR("remote.origin.url")))
			f->remote_url = value;
		else if (str_eq(key, STR("init.defaultbranch")))
			*ret_default = value;
	}
	if (name && *name)
		f->user_name = str_of(name);
	if (email && *email)
		f->user_email = str_of(email);
	/* url.BASE.insteadOf: the longest prefix wins. */
	for (str rest = buf_str(&g->config->out); rest.n && !str_is_null(f->remote_url);) {
		str value = str_cut(&rest, '\0'), key = str_cut(&value, '\n');

		if (str_starts_with(key, STR("url.")) && str_ends_with(key, STR(".insteadof")) &&
		    value.n > prefix.n && str_starts_with(f->remote_url, value)) {
			prefix = value;
			base = str_sub(key, 4, key.n - 4 - 10);
		}
	}
	if (!str_is_null(base))
		f->remote_url = arena_printf(g->a, STR_FMT STR_FMT, STR_ARG(base),
					     STR_ARG(str_from(f->remote_url, prefix.n)));
	f->remote_url = facts_url_without_password(g->a, f->remote_url);
	return 0;
}

static int read_changes(struct gather *g, const struct git_files *files, struct err *err)
{
	struct facts *f = g->f;
	struct str_vec changed = { 0 };

	if (!g->diff)
		return 0;
	if (g->diff->code != 0) {
		if (!str_is_null(g->o->changed_since))
			return err_set(err, ERR_INVALID,
				       "--changed-since: \"" STR_FMT
				       "\" is no commit of this repository",
				       STR_ARG(g->o->changed_since));
		/* The first commit, or the first of a shallow clone: all its files are new. */
		f->changes_known = !g->from_merge_base;
		if (f->changes_known)
			f->changes = f->files;
		return 0;
	}
	for (str rest = arena_str(g->a, buf_str(&g->diff->out)); rest.n;)
		vec_add(g->a, &changed, str_cut(&rest, '\0'));
	git_names_sort(&changed);
	f->changes = git_names_merge(g->a, &changed, &files->untracked);
	f->changes_known = true;
	return 0;
}

/* The name HEAD goes by: of the tag asked for (or the last one there), and of a
 * branch when HEAD is detached. */
static void read_refs(struct gather *g, str *ret_tag, str *ret_tag_message, str *ret_branch)
{
	str rest = arena_str(g->a, g->refs ? buf_str(&g->refs->out) : STR(""));

	while (rest.n) {
		str name = str_trim(str_cut(&rest, '\0')), type = str_cut(&rest, '\0');
		str text = str_cut(&rest, '\0');
		str tag = without(name, STR("refs/tags/"));
		str branch = without(name, STR("refs/heads/"));

		if (str_is_null(branch))
			branch = without(name, STR("refs/remotes/origin/"));
		if (!str_is_null(tag) && (str_is_null(g->o->tag) || str_eq(g->o->tag, tag))) {
			*ret_tag = tag;
			/* For a lightweight tag the text is the commit's message. */
			*ret_tag_message = str_eq(type, STR("tag")) ? str_trim_end(text) : str_null;
		}
		if (!str_is_null(branch) && !str_eq(branch, STR("HEAD")) &&
		    str_is_null(*ret_branch))
			*ret_branch = branch;
	}
}

static int name_ref(struct gather *g, struct err *err)
{
	struct facts *f = g->f;
	str tag = str_null, tag_message = str_null, elsewhere = str_null;
	str branch = without(g->head.ref, STR("refs/heads/"));

	read_refs(g, &tag, &tag_message, &elsewhere);
	if (str_is_null(branch))
		branch = elsewhere;
	/* A checkout of a tag is detached, and nothing else says so. */
	if (f->event == EVENT_PUSH && !g->o->has_event && str_is_null(branch) &&
	    str_is_null(g->o->ref) && !str_is_null(tag)) {
		f->event = EVENT_TAG;
		f->changes_known = false;
		f->changes = (struct str_vec){ 0 };
	}
	if (f->event == EVENT_TAG) {
		f->tag = !str_is_null(g->o->tag) ? g->o->tag : tag;
		if (str_is_null(f->tag))
			return err_set(err, ERR_INVALID,
				       "no tag points at HEAD; name one with --tag NAME");
		f->tag_message = tag_message;
		f->ref_name = f->tag;
		return 0;
	}
	if (!str_is_null(g->o->ref))
		branch = g->o->ref;
	f->branch = str_is_null(branch) ? STR("HEAD") : branch;
	f->ref_name = f->branch;
	return 0;
}

static void name_person(struct gather *g)
{
	const char *login = getenv("USER");

	if (!login || !*login)
		login = getenv("LOGNAME");
	g->f->user_login = login && *login ? arena_str(g->a, str_of(login))
					   : arena_printf(g->a, "uid-%u", (unsigned)getuid());
}

static int check_options(const struct facts_options *o, struct err *err)
{
	const struct {
		const char *name;
		str value;
	} names[] = { { "--ref", o->ref },
		      { "--tag", o->tag },
		      { "--target-branch", o->target_branch },
		      { "--changed-since", o->changed_since } };

	for (size_t i = 0; i < COUNT(names); i++)
		if (!str_is_null(names[i].value) && !git_rev_is_valid(names[i].value))
			return err_set(err, ERR_INVALID,
				       "%s: \"" STR_FMT "\" is not a name that git allows",
				       names[i].name, STR_ARG(names[i].value));
	return 0;
}

int facts_gather(struct arena *a, const struct facts_options *o, struct facts *ret,
		 struct git_place *ret_place, struct err *err)
{
	CLEANUP(gather_release) struct gather g = { .a = a, .o = o, .f = ret };
	struct git_files files;
	str configured = str_null;

	*ret = (struct facts){ 0 };
	ret->event = wanted_event(&g);
	if (check_options(o, err) < 0 || git_find(a, o->dir ? o->dir : ".", &g.place, err) < 0 ||
	    git_head_read(a, &g.place, &g.head, err) < 0)
		return -1;
	ret->project_dir = g.place.top;
	if (choose_base(&g, err) < 0 || ask_all(&g, err) < 0)
		return -1;
	ret->sha = ret->before_sha = NO_SHA;
	ret->title = ret->message = ret->description = STR("");
	if (git_files_read(g.files, &files, err) < 0 || read_config(&g, &configured, err) < 0)
		return -1;
	ret->files = files.all;
	if (g.log && g.log->code != 0)
		return git_failed(g.log, err);
	if (g.log)
		read_commit(&g);
	if (read_changes(&g, &files, err) < 0 || name_ref(&g, err) < 0)
		return -1;
	ret->default_branch = find_default_branch(&g, configured);
	if (g.base && g.base->code == 0)
		ret->diff_base_sha = arena_str(a, str_trim(buf_str(&g.base->out)));
	name_person(&g);
	*ret_place = g.place;
	return 0;
}

str facts_url_without_password(struct arena *a, str url)
{
	ssize_t slashes = str_find(url, STR("://"), 0), at;
	str rest, host;

	if (str_is_null(url) || slashes < 0 || !str_starts_with(url, STR("http")))
		return url;
	rest = str_from(url, (size_t)slashes + 3);
	host = rest;
	host = str_cut(&host, '/');
	at = str_rindex(host, '@');
	if (at < 0)
		return url;
	return arena_printf(a, STR_FMT STR_FMT, STR_ARG(str_sub(url, 0, (size_t)slashes + 3)),
			    STR_ARG(str_from(rest, (size_t)at + 1)));
}

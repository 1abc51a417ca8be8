/* needs.c - what a job waits for, and whose artifacts it gets.
 *
 * Reading happens per definition (or rule), connecting once all instances exist:
 * names become indices, stages are compared, circles are found.
 */
#include "gitlab/lower.h"

#include <string.h>

#define NEEDS_MAX 50

static bool read_selector(struct lower *l, const struct job_def *def, const struct node *n,
			  struct need *need)
{
	struct place p = { def->name, "needs", "parallel" };
	const struct node *matrix = n->kind == NODE_MAP ? node_get(n, STR("matrix")) : NULL;

	if (!matrix || matrix->kind != NODE_SEQ)
		return entry_wrong(&l->e, &p, n, "a hash with matrix");
	need->matrix = matrix;
	return true;
}

static bool read_need(struct lower *l, const struct job_def *def, const struct node *n,
		      struct job *job)
{
	static const char *const keys[] = { "job",	"artifacts", "optional", "parallel",
					    "pipeline", "project",   "ref" };
	struct place p = { def->name, "needs", "need" };
	struct need need = { .pos = n->pos, .artifacts = true };
	struct entry *e = &l->e;
	const struct {
		const char *key;
		str *ret;
	} texts[] = { { "job", &need.name },
		      { "pipeline", &need.pipeline },
		      { "project", &need.project },
		      { "ref", &need.ref } };
	const struct node *v;

	if (n->kind == NODE_STR) {
		need.name = n->text;
		vec_add(e->a, &job->needs, need);
		return true;
	}
	if (n->kind != NODE_MAP)
		return entry_wrong(e, &p, n, "a string or a hash");
	if (!entry_keys(e, &p, n, keys, COUNT(keys)))
		return false;
	for (size_t i = 0; i < COUNT(texts); i++)
		if ((v = node_get(n, str_of(texts[i].key)))) {
			if (!entry_str(e, &p, v, texts[i].ret))
				return false;
			if (i == 0)
				need.pos = v->pos;
		}
	if (str_is_null(need.name) && str_is_null(need.pipeline))
		return entry_wrong(e, &p, n, "a hash with job");
	p.sub = "artifacts";
	if ((v = node_get(n, STR("artifacts"))) && !entry_bool(e, &p, v, &need.artifacts))
		return false;
	p.sub = "optional";
	if ((v = node_get(n, STR("optional"))) && !entry_bool(e, &p, v, &need.optional))
		return false;
	if ((v = node_get(n, STR("parallel"))) && !read_selector(l, def, v, &need))
		return false;
	if (!str_is_null(need.pipeline) || !str_is_null(need.project))
		lower_note_key(
			l, str_is_null(need.project) ? STR("needs:pipeline") : STR("needs:project"),
			n->pos);
	vec_add(e->a, &job->needs, need);
	return true;
}

static bool read_list(struct lower *l, const struct job_def *def, const struct node *n,
		      unsigned depth, struct job *job)
{
	struct place p = { def->name, "needs", NULL };

	if (n->kind == NODE_MAP)
		return read_need(l, def, n, job);
	if (n->kind != NODE_SEQ || depth > 10)
		return entry_wrong(&l->e, &p, n, "an array of job names or hashes");
	for (size_t i = 0; i < n->seq.nr; i++) {
		const struct node *item = n->seq.at[i];

		if (item->kind == NODE_SEQ ? !read_list(l, def, item, depth + 1, job)
					   : !read_need(l, def, item, job))
			return false;
	}
	return true;
}

/* The same job twice is refused, but for different parts of its matrix. */
static bool check_duplicates(struct lower *l, const struct job_def *def, const struct job *job)
{
	for (size_t i = 0; i < job->needs.nr; i++)
		for (size_t k = 0; k < i; k++) {
			const struct need *a = &job->needs.at[k], *b = &job->needs.at[i];

			if (str_is_null(b->name) || !str_eq(a->name, b->name) || a->matrix ||
			    b->matrix || !str_is_null(a->pipeline) || !str_is_null(b->pipeline) ||
			    !str_is_null(a->project) || !str_is_null(b->project))
				continue;
			diag_error(l->e.d, b->pos,
				   STR_FMT " has the following needs duplicated: " STR_FMT ".",
				   STR_ARG(def->name), STR_ARG(b->name));
			return false;
		}
	return true;
}

bool needs_read(struct lower *l, const struct job_def *def, const struct node *n, struct job *job)
{
	job->has_needs = true;
	memset(&job->needs, 0, sizeof(job->needs));
	if (!read_list(l, def, n, 0, job))
		return false;
	if (job->needs.nr > NEEDS_MAX) {
		diag_error(l->e.d, n->pos,
			   STR_FMT ": one job can only need %d others, but you have listed %zu in "
				   "the needs keyword "
				   "definition",
			   STR_ARG(def->name), NEEDS_MAX, job->needs.nr);
		return false;
	}
	return check_duplicates(l, def, job);
}

/* A selector's value; `$[[ matrix.X ]]` is the needing instance's own value of X. */
static str selector_value(struct lower *l, const struct job *needing, const struct node *n)
{
	str text = node_is_scalar(n) ? entry_scalar_text(l->e.a, n) : str_null, inner;

	if (!str_starts_with(text, STR("$[[")) || !str_ends_with(text, STR("]]")))
		return text;
	inner = str_trim(str_sub(text, 3, text.n - 5));
	if (!str_starts_with(inner, STR("matrix.")) || !needing->matrix)
		return text;
	return job_var_get(needing->matrix, str_from(inner, sizeof("matrix.") - 1));
}

/* Does the instance have all the variable values of one entry of the selector? */
static bool selected(struct lower *l, const struct need *need, const struct job *needing,
		     const struct job *job)
{
	for (size_t i = 0; job->matrix && i < need->matrix->seq.nr; i++) {
		const struct node *entry = need->matrix->seq.at[i];
		bool all = entry->kind == NODE_MAP;

		for (size_t k = 0; all && k < entry->map.nr; k++) {
			const struct node *v = entry->map.at[k].value;
			str value = job_var_get(job->matrix, entry->map.at[k].key);
			bool one = false;

			for (size_t m = 0; m < (v->kind == NODE_SEQ ? v->seq.nr : 1); m++)
				one |= str_eq(
					value,
					selector_value(l, needing,
						       v->kind == NODE_SEQ ? v->seq.at[m] : v));
			all = one;
		}
		if (all)
			return true;
	}
	return false;
}

/* The instances a name stands for: all of a definition, or one. */
static void jobs_of_name(struct lower *l, str name, size_t **ret, size_t *ret_nr)
{
	struct job_def *def = map_get(&l->def_by_name, name);
	struct job *job = map_get(&l->job_by_name, name);

	*ret = NULL;
	*ret_nr = 0;
	if (def) {
		if (!def->instances) {
			def->instances = arena_array(l->e.a, size_t, def->nr);
			for (size_t i = 0; i < def->nr; i++)
				def->instances[i] = def->first + i;
		}
		*ret = def->instances;
		*ret_nr = def->nr;
	} else if (job) {
		*ret = &job->index;
		*ret_nr = 1;
	}
}

static void undefined_need(struct lower *l, const struct job *job, const struct need *need)
{
	str *names = arena_array(l->e.a, str, l->defs.nr);

	for (size_t i = 0; i < l->defs.nr; i++)
		names[i] = l->defs.at[i]->name;
	diag_error(l->e.d, need->pos,
		   "job \"" STR_FMT "\" needs \"" STR_FMT "\", which does not exist (" STR_FMT
		   " job: undefined need: " STR_FMT ")",
		   STR_ARG(job->group), STR_ARG(need->name), STR_ARG(job->group),
		   STR_ARG(need->name));
	diag_hint_nearest(l->e.d, need->name, names, l->defs.nr);
}

/* Leave the instances that are in the pipeline and that the selector names. */
static void keep_included(struct lower *l, const struct job *job, struct need *need)
{
	size_t *all = need->jobs, nr = need->nr_jobs, kept = 0;
	bool every = !need->matrix;

	for (size_t i = 0; every && i < nr; i++)
		every = l->p->jobs.at[all[i]]->included;
	if (every)
		return;
	need->jobs = arena_array(l->e.a, size_t, nr);
	for (size_t i = 0; i < nr; i++) {
		const struct job *other = l->p->jobs.at[all[i]];

		if (other->included && (!need->matrix || selected(l, need, job, other)))
			need->jobs[kept++] = all[i];
	}
	need->nr_jobs = kept;
	if (kept || need->optional || !job->included)
		return;
	if (!l->p->created)
		return; /* the workflow keeps the whole pipeline out: nothing was asked */
	diag_error(
		l->e.d, need->pos,
		"'" STR_FMT "' job needs '" STR_FMT "' job, but '" STR_FMT
		"' does not exist in the pipeline. "
		"This might be because of the only, except, or rules keywords. "
		"To need a job that sometimes does not exist in the pipeline, use needs:optional.",
		STR_ARG(job->name), STR_ARG(need->name), STR_ARG(need->name));
	if (nr)
		diag_hint(l->e.d, "\"" STR_FMT "\" is out: " STR_FMT, STR_ARG(need->name),
			  STR_ARG(l->p->jobs.at[all[0]]->why.text));
}

/* Instances share what their definition says, but a selector gives each its own answer. */
static void own_needs(struct lower *l, struct job *job)
{
	struct need *own;
	bool matrix = false;

	for (size_t i = 0; i < job->needs.nr; i++)
		matrix |= job->needs.at[i].matrix != NULL;
	if (!matrix)
		return;
	own = arena_array(l->e.a, struct need, job->needs.nr);
	memcpy(own, job->needs.at, job->needs.nr * sizeof(*own));
	job->needs.at = own;
}

static void connect_needs(struct lower *l, struct job *job)
{
	own_needs(l, job);
	for (size_t i = 0; i < job->needs.nr; i++) {
		struct need *need = &job->needs.at[i];
		const struct job *first;

		if (!str_is_null(need->pipeline) || !str_is_null(need->project))
			continue;
		jobs_of_name(l, need->name, &need->jobs, &need->nr_jobs);
		if (need->nr_jobs == 0) {
			if (!need->optional && !map_get(&l->def_by_name, need->name))
				undefined_need(l, job, need);
			continue;
		}
		first = l->p->jobs.at[need->jobs[0]];
		if (first->stage > job->stage) {
			diag_error(l->e.d, need->pos,
				   STR_FMT " job: need " STR_FMT
					   " is not defined in current or prior stages",
				   STR_ARG(job->group), STR_ARG(need->name));
			diag_hint(l->e.d,
				  "\"" STR_FMT "\" is in stage \"" STR_FMT "\", \"" STR_FMT
				  "\" in the earlier \"" STR_FMT "\"",
				  STR_ARG(need->name), STR_ARG(first->spec.stage),
				  STR_ARG(job->group), STR_ARG(job->spec.stage));
			continue;
		}
		keep_included(l, job, need);
	}
}

/* A job that another one takes artifacts from: it exists, and not in a later stage. */
static const struct job *check_dependency(struct lower *l, const struct job *job, str name,
					  struct pos pos)
{
	const struct job *first;
	size_t *jobs, nr;

	jobs_of_name(l, name, &jobs, &nr);
	if (nr == 0) {
		if (!map_get(&l->def_by_name, name))
			diag_error(l->e.d, pos, STR_FMT " job: undefined dependency: " STR_FMT,
				   STR_ARG(job->group), STR_ARG(name));
		return NULL;
	}
	first = l->p->jobs.at[jobs[0]];
	if (first->stage <= job->stage)
		return first;
	diag_error(l->e.d, pos,
		   STR_FMT " job: dependency " STR_FMT " is not defined in current or prior stages",
		   STR_ARG(job->group), STR_ARG(name));
	return NULL;
}

static void check_dependencies(struct lower *l, const struct job *job, const struct job_def *def)
{
	struct pos pos = def->key[K_DEPENDENCIES] ? def->key[K_DEPENDENCIES]->value->pos : job->pos;

	for (size_t i = 0; i < job->dependencies.nr; i++) {
		str name = job->dependencies.at[i];
		const struct job *other = check_dependency(l, job, name, pos);
		bool needed = job->needs.nr == 0;

		if (!other)
			continue;
		/* GitLab takes it, and then finds no artifacts in the job's own stage. */
		if (!job->has_needs && other->stage == job->stage)
			diag_warning(l->e.d, pos,
				     STR_FMT " job: dependency " STR_FMT " is in the same stage, "
					     "so nothing of it is fetched",
				     STR_ARG(def->name), STR_ARG(name));
		for (size_t k = 0; k < job->needs.nr && !needed; k++)
			needed = str_eq(job->needs.at[k].name, name);
		if (!needed)
			diag_error(l->e.d, pos,
				   STR_FMT " job: dependencies the " STR_FMT
					   " should be part of needs",
				   STR_ARG(def->name), STR_ARG(name));
	}
}

/* A child pipeline's file may be another job's artifact. */
static void check_trigger(struct lower *l, const struct job *job)
{
	for (size_t i = 0; job->trigger && i < job->trigger->includes.nr; i++) {
		const struct trigger_include *inc = &job->trigger->includes.at[i];

		if (!str_is_null(inc->job) && str_index(inc->job, '$') < 0)
			(void)check_dependency(l, job, inc->job, inc->pos);
	}
}

/* The needs of rules are checked whether or not the rule applies now. */
static void check_rules_needs(struct lower *l, const struct job_def *def)
{
	const struct job *instance = l->p->jobs.at[def->first];

	for (size_t r = 0; def->rules && r < rules_nr(def->rules); r++) {
		struct job job = { .name = instance->name,
				   .group = instance->group,
				   .stage = instance->stage };

		if (!rules_needs(def->rules, r) ||
		    !needs_read(l, def, rules_needs(def->rules, r), &job))
			continue;
		job.spec.stage = instance->spec.stage;
		connect_needs(l, &job);
	}
}

static bool gives_artifacts(const struct job *job)
{
	return job->included && (job->spec.artifacts.nr > 0);
}

static bool is_dependency(const struct job *job, const struct job *other)
{
	return str_vec_has(&job->dependencies, other->name) ||
	       str_vec_has(&job->dependencies, other->group);
}

/* For jobs with `needs` or `dependencies`: a list of their own, in pipeline order. */
static void own_artifacts(struct lower *l, struct job *job,
			  const typeof(job->artifacts_from) *prior)
{
	if (!job->has_needs) {
		for (size_t i = 0; i < prior->nr; i++)
			if (is_dependency(job, l->p->jobs.at[prior->at[i]]))
				vec_add(l->e.a, &job->artifacts_from, prior->at[i]);
		return;
	}
	for (size_t i = 0; i < job->needs.nr; i++) {
		const struct need *need = &job->needs.at[i];

		for (size_t k = 0; need->artifacts && k < need->nr_jobs; k++) {
			const struct job *other = l->p->jobs.at[need->jobs[k]];

			if (gives_artifacts(other) &&
			    (!job->has_dependencies || is_dependency(job, other)))
				vec_add(l->e.a, &job->artifacts_from, need->jobs[k]);
		}
	}
}

/* Jobs of one stage share one list of all producers in lower stages. */
static void connect_artifacts(struct lower *l)
{
	typeof(((struct job *)0)->artifacts_from) prior = { 0 };

	for (size_t stage = 0; stage < l->p->stages.nr; stage++) {
		for (size_t i = 0; i < l->p->jobs.nr; i++) {
			struct job *job = l->p->jobs.at[i];

			if (job->stage != stage)
				continue;
			if (job->has_needs || job->has_dependencies)
				own_artifacts(l, job, &prior);
			else
				job->artifacts_from = prior;
		}
		prior.cap = prior.nr; /* what was handed out must not grow under its readers */
		for (size_t i = 0; i < l->p->jobs.nr; i++)
			if (l->p->jobs.at[i]->stage == stage && gives_artifacts(l->p->jobs.at[i]))
				vec_add(l->e.a, &prior, i);
	}
}

/* Depth first over needs, without recursion: the depth is chosen by the file. */
struct visit {
	size_t job, need, k;
};

static void report_circle(struct lower *l, const struct visit *path, size_t depth, size_t back_to)
{
	const struct job *job = l->p->jobs.at[back_to];
	struct buf chain = BUF_INIT;
	size_t from = depth;

	while (from > 0 && path[from].job != back_to)
		from--;
	for (size_t i = from; i <= depth; i++)
		buf_addf(&chain, STR_FMT " -> ", STR_ARG(l->p->jobs.at[path[i].job]->name));
	buf_adds(&chain, job->name);
	if (from == depth)
		diag_error(l->e.d, job->pos,
			   "The pipeline has circular dependencies: self-dependency: \"" STR_FMT
			   "\"",
			   STR_ARG(job->name));
	else
		diag_error(l->e.d, job->pos, "The pipeline has circular dependencies: %s", chain.p);
	buf_release(&chain);
}

static void find_circles(struct lower *l)
{
	size_t nr = l->p->jobs.nr, depth;
	char *state = arena_array(l->e.a, char, nr); /* 0 new, 1 on the path, 2 done */
	struct visit *path = arena_array(l->e.a, struct visit, nr + 1);

	for (size_t start = 0; start < nr; start++) {
		if (state[start])
			continue;
		depth = 0;
		path[0] = (struct visit){ .job = start };
		state[start] = 1;
		for (;;) {
			struct visit *v = &path[depth];
			const struct job *job = l->p->jobs.at[v->job];

			if (v->need == job->needs.nr) {
				state[v->job] = 2;
				if (depth-- == 0)
					break;
			} else if (v->k == job->needs.at[v->need].nr_jobs) {
				v->need++;
				v->k = 0;
			} else {
				size_t next = job->needs.at[v->need].jobs[v->k++];

				if (state[next] == 1) {
					report_circle(l, path, depth, next);
					return;
				}
				if (state[next] == 0) {
					state[next] = 1;
					path[++depth] = (struct visit){ .job = next };
				}
			}
		}
	}
}

/* environment:on_stop names a job that stops the same environment. */
static void check_on_stop(struct lower *l, const struct job *job)
{
	const struct environment *env = job->environment;
	const struct job_def *other;
	const struct environment *theirs;
	const char *wrong = NULL;

	if (!env || str_is_null(env->on_stop))
		return;
	other = map_get(&l->def_by_name, env->on_stop);
	theirs = other ? other->proto.environment : NULL;
	if (!other)
		wrong = "is not defined";
	else if (!theirs)
		wrong = "does not have environment defined";
	else if (!str_eq(theirs->name, env->written_name))
		wrong = "have different environment name";
	else if (theirs->action != ENV_STOP)
		wrong = "needs to have action stop defined";
	if (wrong)
		diag_error(l->e.d, job->pos, STR_FMT " job: on_stop job " STR_FMT " %s",
			   STR_ARG(job->name), STR_ARG(env->on_stop), wrong);
}

void needs_connect(struct lower *l)
{
	for (size_t i = 0; i < l->defs.nr; i++) {
		struct job_def *def = l->defs.at[i];

		for (size_t k = 0; k < def->nr; k++) {
			struct job *job = l->p->jobs.at[def->first + k];

			connect_needs(l, job);
			check_dependencies(l, job, def);
			check_trigger(l, job);
			check_on_stop(l, job);
		}
		if (def->nr)
			check_rules_needs(l, def);
	}
	find_circles(l);
	connect_artifacts(l);
}

#include "gitlab/config.h"

#include "gitlab/config_int.h"
#include "gitlab/extends.h"
#include "gitlab/inputs.h"
#include "gitlab/interpolate.h"
#include "gitlab/reference.h"

#define PASSED_MAX     20	 /* inputs that may be passed to a pipeline; GitLab's */
#define INPUTS_KEY_MAX ((size_t)4 << 20)

/* A file as read: parsed once, however often it is included. */
struct config_file {
	const struct source *src;
	struct gitlab_file file;
	struct config_context context;
	const struct node_entry *spec; /* of the header; NULL without a header */
	struct node *content;	       /* a map */
};

/* A file with inputs and includes worked in. */
struct config_loaded {
	struct node *content; /* NULL when that failed */
	unsigned nr_included; /* below it */
};

int config_blame(struct config_load *l, struct pos at, const char *fmt, ...)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	va_list args;

	va_start(args, fmt);
	buf_vaddf(&b, fmt, args);
	va_end(args);
	l->failed = true;
	return diag_error(l->diags, at, STR_FMT, STR_ARG(buf_str(&b)));
}

/* --- merging within the budget --- */

/* How many entries a merge would copy; stops counting above `limit`. */
static uint64_t merge_cost(const struct node *base, const struct node *over, uint64_t limit)
{
	uint64_t cost;

	if (base->kind != NODE_MAP || over->kind != NODE_MAP || over->map.nr == 0)
		return 1;
	cost = (uint64_t)base->map.nr + over->map.nr;
	for (size_t i = 0; i < over->map.nr && cost <= limit; i++) {
		const struct node *v = over->map.at[i].value;
		const struct node *was =
			v->kind == NODE_MAP ? node_get(base, over->map.at[i].key) : NULL;

		if (was)
			cost += merge_cost(was, v, limit - cost);
	}
	return cost;
}

bool config_charge(struct diags *d, uint64_t *left, uint64_t cost, struct pos at)
{
	if (cost > *left) {
		diag_error(d, at,
			   "the configuration is too large: merging `include` and `extends` "
			   "makes more than 4,000,000 entries");
		return false;
	}
	*left -= cost;
	return true;
}

struct node *config_merge(struct arena *a, struct diags *d, uint64_t *left, struct node *base,
			  struct node *over)
{
	if (!config_charge(d, left, merge_cost(base, over, *left), over->pos))
		return NULL;
	return node_deep_merge(a, base, over);
}

/* --- reading and parsing a file --- */

static str request_key(struct arena *a, const struct gitlab_file_request *req)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	str parts[] = { req->origin.project, req->origin.ref, req->path, req->integrity };

	buf_addf(&b, "%d", (int)req->kind);
	for (size_t i = 0; i < COUNT(parts); i++) {
		buf_addc(&b, str_is_null(parts[i]) ? '\1' : '\0');
		buf_adds(&b, parts[i]);
	}
	return arena_str(a, buf_str(&b));
}

static int blame_kind(struct config_load *l, const struct config_file *f, const struct node *n,
		      struct pos at)
{
	if (n->kind != NODE_NULL) {
		config_blame(l, n->pos,
			     "Invalid configuration format: expected a map of jobs and keywords, "
			     "found a %s",
			     node_kind_name(n->kind));
		diag_hint(l->diags, "a job is written as its name, a colon, and below it, "
				    "indented, `script: …`");
		return -1;
	}
	if (at.src)
		return config_blame(l, at, "Included file `" STR_FMT "` is empty!",
				    STR_ARG(f->src->name));
	return config_blame(l, (struct pos){ f->src, 1, 1 },
			    "Please provide content of " STR_FMT ": the file is empty",
			    STR_ARG(f->src->name));
}

static int check_header(struct config_load *l, const struct node *header)
{
	static const str known[] = { STR_INIT("spec") };
	int r = 0;

	for (size_t i = 0; i < header->map.nr; i++) {
		const struct node_entry *e = &header->map.at[i];

		if (str_eq(e->key, known[0]))
			continue;
		r = config_blame(l, e->key_pos, "header config contains unknown keys: " STR_FMT,
				 STR_ARG(e->key));
		diag_hint(l->diags, "what stands before `---` may only be `spec`");
	}
	return r;
}

/* Which document is the header, which the content. */
static int choose_documents(struct config_load *l, struct config_file *f, struct node **docs,
			    size_t nr, struct pos at)
{
	struct node *content = docs[0];
	const struct node_entry *spec = node_find(docs[0], STR("spec"));

	if (nr > 2) {
		config_blame(l, docs[2]->pos, "the file has %zu documents, at most 2 are possible",
			     nr);
		diag_hint(l->diags, "a `spec` header and the content, with `---` between them");
		return -1;
	}
	if (spec && nr == 1) {
		config_blame(l, spec->key_pos, "`spec` must stand in a document of its own");
		diag_hint(l->diags, docs[0]->map.nr == 1 ? "add a line `---` and the jobs after it"
							 : "put a line `---` between `spec` and "
							   "what follows");
		return -1;
	}
	if (spec) {
		if (check_header(l, docs[0]) < 0)
			return -1;
		f->spec = spec;
		content = docs[1];
	} else if (nr == 2 && docs[1]->kind != NODE_NULL) {
		diag_warning(l->diags, docs[1]->pos,
			     "only the first document is used, because it is no `spec` header");
	}
	if (content->kind != NODE_MAP)
		return blame_kind(l, f, content, at);
	f->content = content;
	return 0;
}

/* Take a tree's nodes from the budget. */
static int charge_nodes(struct config_load *l, const struct node *n)
{
	if (n->weight > l->nodes_left) {
		l->stop = true;
		return config_blame(l, n->pos,
				    "the configuration is too large: all files together may hold "
				    "1,000,000 values");
	}
	l->nodes_left -= n->weight;
	return 0;
}

static int parse_file(struct config_load *l, struct config_file *f, struct pos at)
{
	struct node **docs;
	size_t nr;

	if (f->file.text.n > l->bytes_left) {
		l->stop = true;
		return config_blame(l, at,
				    "the configuration is too large: all files together may "
				    "have 64 MB");
	}
	l->bytes_left -= f->file.text.n;
	if (node_parse_yaml(l->arena, f->src, &node_yaml11, &docs, &nr, l->diags) < 0) {
		l->failed = true;
		return -1;
	}
	if (nr == 0) {
		struct node nothing = { .kind = NODE_NULL };

		return blame_kind(l, f, &nothing, at);
	}
	for (size_t i = 0; i < nr; i++)
		if (charge_nodes(l, docs[i]) < 0)
			return -1;
	l->has_reference |= str_find(f->file.text, STR("!reference"), 0) >= 0;
	return choose_documents(l, f, docs, nr, at);
}

/* Where the file's own local includes point. */
static struct config_context context_of(const struct gitlab_file_request *req,
					const struct gitlab_file *file)
{
	struct config_context c = { .origin = file->origin, .has_project = true };

	if (req->kind == INCLUDE_LOCAL)
		c.origin = req->origin;
	else if (req->kind == INCLUDE_PROJECT && str_is_null(file->origin.project))
		c.origin = req->origin;
	else if (req->kind == INCLUDE_REMOTE || req->kind == INCLUDE_TEMPLATE)
		c.has_project = false;
	return c;
}

/* The file, read and parsed; NULL when it is bad, which was said. */
static struct config_file *get_file(struct config_load *l, const struct gitlab_file_request *req,
				    str key, struct pos at)
{
	void **kept = map_find(&l->files, key);
	struct config_file *f;
	struct err err = { .kind = ERR_NONE };

	if (kept) {
		if (!*kept)
			config_blame(l, at, "Included file `" STR_FMT "` has errors",
				     STR_ARG(req->path));
		return *kept;
	}
	f = arena_new(l->arena, struct config_file);
	if (l->reader->read(l->reader->ctx, l->arena, req, &f->file, &err) < 0) {
		include_blame(l, req, at, &err);
		return NULL;
	}
	f->context = context_of(req, &f->file);
	f->src = source_new(l->arena, f->file.name.n ? f->file.name : req->path, f->file.text, at);
	vec_add(l->arena, &l->names, f->src->name);
	if (parse_file(l, f, at) < 0)
		f = NULL;
	map_set(&l->files, key, f);
	return f;
}

/* --- inputs --- */

/* `spec:component` names what of the component its content may use. */
static int read_component(struct config_load *l, const struct config_file *f,
			  const struct node *names, struct map *ret)
{
	const struct {
		str name, value;
	} known[] = {
		{ STR("name"), f->file.component_name },
		{ STR("sha"), f->file.component_sha },
		{ STR("version"), f->file.component_version },
		{ STR("reference"), f->file.component_reference },
	};

	if (names->kind != NODE_SEQ)
		return config_blame(l, names->pos,
				    "header:spec:component config should be an array of strings");
	for (size_t i = 0; i < names->seq.nr; i++) {
		const struct node *n = names->seq.at[i];
		size_t k = 0;

		while (k < COUNT(known) && !(n->kind == NODE_STR && str_eq(n->text, known[k].name)))
			k++;
		if (k == COUNT(known))
			return config_blame(l, n->pos,
					    "header:spec:component config can only contain name, "
					    "sha, version, reference");
		if (!str_is_null(known[k].value))
			map_set(ret, known[k].name, node_new_str(l->arena, n->pos, known[k].value));
	}
	return 0;
}

/* The parts of `spec`. */
struct spec {
	const struct node *inputs, *component;
};

static int read_spec(struct config_load *l, const struct node *spec, struct spec *ret)
{
	static const str names[] = { STR_INIT("component"), STR_INIT("inputs") };
	int r = 0;

	if (spec->kind == NODE_NULL)
		return 0;
	if (spec->kind != NODE_MAP)
		return config_blame(l, spec->pos, "header:spec config should be a hash");
	for (size_t i = 0; i < spec->map.nr; i++) {
		const struct node_entry *e = &spec->map.at[i];

		if (str_eq(e->key, names[0])) {
			ret->component = e->value;
		} else if (str_eq(e->key, names[1])) {
			ret->inputs = e->value;
		} else if (str_eq(e->key, STR("include"))) {
			r = config_blame(l, e->key_pos, "`spec:include` is not supported");
			diag_hint(l->diags, "write these inputs into `spec:inputs`");
		} else {
			r = config_blame(l, e->key_pos,
					 "header:spec config contains unknown keys: " STR_FMT,
					 STR_ARG(e->key));
			diag_hint_nearest(l->diags, e->key, names, COUNT(names));
		}
	}
	return r;
}

/* Blocks in a file without header stay as they are, which is rarely meant. */
static void warn_blocks(struct config_load *l, const struct config_file *f)
{
	str text = f->file.text;
	ssize_t at = str_find(text, STR("$[[ inputs."), 0);
	struct pos pos = { f->src, 1, 1 };

	if (at < 0)
		return;
	for (ssize_t i = 0; i < at; i++) {
		pos.col++;
		if (text.p[i] == '\n') {
			pos.line++;
			pos.col = 1;
		}
	}
	diag_warning(l->diags, pos, "this is not replaced, because the file has no `spec` header");
}

/* The content with inputs in place; NULL when that failed. */
static struct node *interpolate(struct config_load *l, struct config_file *f,
				const struct node *inputs, struct pos at)
{
	struct interpolate_context c = { .arena = l->arena, .diags = l->diags };
	struct inputs_request req = { .arena = l->arena, .diags = l->diags, .given = inputs };
	struct spec spec = { 0 };
	struct node *content = NULL;

	if (!f->spec) {
		if (inputs && !(inputs->kind == NODE_MAP && inputs->map.nr == 0) &&
		    inputs->kind != NODE_NULL) {
			config_blame(l, inputs->pos.src ? inputs->pos : at,
				     "Given inputs not defined in the `spec` section of the "
				     "included configuration file");
			return NULL;
		}
		warn_blocks(l, f);
		return f->content;
	}
	map_init(&c.component, l->arena);
	if (read_spec(l, f->spec->value, &spec) < 0)
		return NULL;
	if (spec.component && read_component(l, f, spec.component, &c.component) < 0)
		return NULL;
	req.spec = spec.inputs;
	req.at = at;
	c.bytes_left = &l->made_left;
	c.expand = l->env ? l->env->expand : NULL;
	c.expand_ctx = l->env ? l->env->ctx : NULL;
	if (inputs_resolve(&req, &c.inputs) < 0 || interpolate_tree(&c, f->content, &content) < 0) {
		l->failed = true;
		return NULL;
	}
	if (content != f->content && charge_nodes(l, content) < 0)
		return NULL;
	return content;
}

/* --- loading --- */

static void blame_circle(struct config_load *l, str key, str name, struct pos at)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	const struct config_frame *chain[10];
	size_t nr = 0;

	for (const struct config_frame *f = l->stack; f && nr < COUNT(chain); f = f->up) {
		chain[nr++] = f;
		if (str_eq(f->key, key))
			break;
	}
	for (; nr > 0; nr--)
		buf_addf(&b, STR_FMT " -> ", STR_ARG(chain[nr - 1]->name));
	buf_adds(&b, name);
	config_blame(l, at, "`" STR_FMT "` includes itself", STR_ARG(name));
	diag_hint(l->diags, STR_FMT, STR_ARG(buf_str(&b)));
}

static bool is_open(const struct config_load *l, str key)
{
	for (const struct config_frame *f = l->stack; f; f = f->up)
		if (str_eq(f->key, key))
			return true;
	return false;
}

static int count_file(struct config_load *l, unsigned nr, struct pos at)
{
	l->nr_included += nr;
	if (l->nr_included <= CONFIG_FILES_MAX)
		return 0;
	if (!l->stop)
		config_blame(l, at, "Maximum of %d nested includes are allowed!", CONFIG_FILES_MAX);
	l->stop = true;
	return -1;
}

/* The request's key with the inputs behind it; str_null when these are too long. */
static str loaded_key(struct arena *a, str request, const struct node *inputs)
{
	CLEANUP(buf_release) struct buf b = { .max = INPUTS_KEY_MAX };

	if (!inputs || inputs->kind == NODE_NULL)
		return request;
	buf_adds(&b, request);
	buf_addc(&b, '\0');
	node_add_json(&b, inputs);
	return b.full ? str_null : arena_str(a, buf_str(&b));
}

static struct node *load_content(struct config_load *l, struct config_file *f, str key,
				 const struct node *inputs, struct pos at)
{
	struct config_frame frame = { .up = l->stack, .key = key, .name = f->src->name };
	struct node *content = interpolate(l, f, inputs, at);

	if (!content)
		return NULL;
	l->stack = &frame;
	content = include_expand(l, content, &f->context);
	l->stack = frame.up;
	return content;
}

struct node *config_load_file(struct config_load *l, const struct gitlab_file_request *req,
			      const struct node *inputs, struct pos at)
{
	str request = request_key(l->arena, req), key = loaded_key(l->arena, request, inputs);
	struct config_loaded *loaded;
	struct config_file *f;
	unsigned before;

	if (at.src && count_file(l, 1, at) < 0)
		return NULL;
	if (str_is_null(key)) {
		config_blame(l, inputs->pos, "inputs are too large: at most 4 MB");
		return NULL;
	}
	loaded = map_get(&l->loaded, key);
	if (loaded)
		return count_file(l, loaded->nr_included, at) < 0 ? NULL : loaded->content;
	f = get_file(l, req, request, at);
	if (!f)
		return NULL;
	if (is_open(l, key)) {
		blame_circle(l, key, f->src->name, at);
		return NULL;
	}
	before = l->nr_included;
	loaded = arena_new(l->arena, struct config_loaded);
	loaded->content = load_content(l, f, key, inputs, at);
	loaded->nr_included = l->nr_included - before;
	map_set(&l->loaded, key, loaded);
	return loaded->content;
}

/* A child pipeline's content: a list to include, or a whole configuration. */
static struct node *load_given(struct config_load *l, const struct node *content)
{
	const struct config_context own = { .origin = { str_null, str_null }, .has_project = true };
	struct node *n = (struct node *)(uintptr_t)content;

	if (n->kind == NODE_SEQ || n->kind == NODE_STR) {
		struct node *map = node_new_map(l->arena, n->pos);

		node_set(l->arena, map,
			 (struct node_entry){
				 .key = STR("include"), .key_pos = n->pos, .value = n });
		n = map;
	} else if (n->kind != NODE_MAP) {
		config_blame(l, n->pos, "Invalid configuration format: expected a map");
		return NULL;
	}
	return include_expand(l, n, &own);
}

static int check_passed(struct config_load *l, const struct node *inputs)
{
	if (!inputs || inputs->kind != NODE_MAP || inputs->map.nr <= PASSED_MAX)
		return 0;
	return config_blame(l, inputs->pos, "cannot pass more than %d inputs to a pipeline",
			    PASSED_MAX);
}

/* Steps after merging: extends, then !reference. */
static int resolve(struct config_load *l, struct gitlab_config *ret)
{
	struct map broken;
	int r;

	map_init(&broken, l->arena);
	r = extends_resolve(l->arena, l->diags, ret->unresolved, &l->merges_left, &broken,
			    &ret->root);
	if (l->has_reference &&
	    reference_resolve(l->arena, l->diags, ret->root, &broken, &ret->root) < 0)
		r = -1;
	if (r == 0 && ret->root->weight > CONFIG_RESULT_MAX)
		return config_blame(l, ret->root->pos,
				    "the configuration is too large: with `extends` and "
				    "!reference in place it has more than 5,000,000 values");
	return r;
}

int gitlab_config_load(const struct gitlab_config_request *req, struct gitlab_config *ret)
{
	const struct gitlab_file_request root = {
		.kind = INCLUDE_LOCAL,
		.origin = { str_null, str_null },
		.path = req->path,
		.integrity = str_null,
	};
	struct config_load l = {
		.arena = req->arena,
		.diags = req->diags,
		.reader = req->reader,
		.env = req->env,
		.bytes_left = CONFIG_BYTES_MAX,
		.nodes_left = CONFIG_NODES_MAX,
		.made_left = CONFIG_MADE_MAX,
		.merges_left = CONFIG_MERGES_MAX,
		.steps_left = CONFIG_STEPS_MAX,
		.has_reference = req->content != NULL,
	};
	struct node *merged;

	map_init(&l.files, l.arena);
	map_init(&l.lists, l.arena);
	map_init(&l.loaded, l.arena);
	if (check_passed(&l, req->inputs) < 0)
		return -1;
	merged = req->content ? load_given(&l, req->content)
			      : config_load_file(&l, &root, req->inputs, pos_none);
	*ret = (struct gitlab_config){ .unresolved = merged, .files = l.names };
	if (!merged || l.failed || l.stop)
		return -1;
	return resolve(&l, ret);
}

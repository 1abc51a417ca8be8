#include "gitlab/inputs.h"

#include "fmt/regex.h"
#include "gitlab/expr.h"
#include "gitlab/interpolate.h"

#define DESCRIPTION_MAX 1024
#define SPECS_MAX	1000 /* inputs of one file */
#define VALUE_DEPTH_MAX 50
#define VALUE_NODES_MAX 100000
#define RULES_MAX	100
#define CONDITION_DEPTH_MAX 20

enum input_type { INPUT_STRING, INPUT_ARRAY, INPUT_BOOLEAN, INPUT_NUMBER, INPUT_TYPE_NR };

static const struct {
	str name;
	const char *a_what; /* in "value is not …" */
	const char *hint;
} types[INPUT_TYPE_NR] = {
	[INPUT_STRING] = { STR_INIT("string"), "a string", "put it in quotes" },
	[INPUT_ARRAY] = { STR_INIT("array"), "an array", "write a list: [one, two]" },
	[INPUT_BOOLEAN] = { STR_INIT("boolean"), "a boolean", "write true or false" },
	[INPUT_NUMBER] = { STR_INIT("number"), "a number", "write it without quotes" },
};

enum input_state { STATE_NONE, STATE_ACTIVE, STATE_DONE };

struct input {
	str name;
	struct pos pos;		 /* of its key in the specification */
	const struct node *spec; /* a map, or a null */
	const struct node_entry *given;
	enum input_type type;
	const struct node *options, *fallback; /* in force: its own, or of the rule that matched */
	enum input_state state;
	bool broken; /* reported */
	struct node *value;
};

struct inputs {
	const struct inputs_request *req;
	struct input *at;
	size_t nr;
	struct map index; /* name → struct input * */
	unsigned depth;	  /* of conditions that ask for inputs that have conditions */
	bool failed;
};

/* --- keys of an input, and their reference documentation --- */

static const struct {
	str key;
	const char *help;
} keys[] = {
	{ STR_INIT("default"), "value when none is passed; without it the input is required" },
	{ STR_INIT("description"), "what it is for, at most 1,024 characters" },
	{ STR_INIT("options"), "list of allowed values" },
	{ STR_INIT("regex"), "RE2 pattern that a string must match" },
	{ STR_INIT("rules"), "options and default by the values of other inputs" },
	{ STR_INIT("type"), "string (default), array, boolean or number" },
};

static void PRINTF(3, 4) blame(struct inputs *in, struct pos pos, const char *fmt, ...)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	va_list args;

	va_start(args, fmt);
	buf_vaddf(&b, fmt, args);
	va_end(args);
	in->failed = true;
	diag_error(in->req->diags, pos, STR_FMT, STR_ARG(buf_str(&b)));
}

static const struct node *spec_get(const struct input *i, str key)
{
	return i->spec->kind == NODE_MAP ? node_get(i->spec, key) : NULL;
}

static void check_keys(struct inputs *in, struct input *i)
{
	str names[COUNT(keys)];

	for (size_t k = 0; k < COUNT(keys); k++)
		names[k] = keys[k].key;
	for (size_t e = 0; e < i->spec->map.nr; e++) {
		const struct node_entry *entry = &i->spec->map.at[e];
		bool known = false;

		for (size_t k = 0; k < COUNT(keys) && !known; k++)
			known = str_eq(names[k], entry->key);
		if (known)
			continue;
		i->broken = true;
		blame(in, entry->key_pos,
		      "header:spec:inputs:" STR_FMT " config contains unknown keys: " STR_FMT,
		      STR_ARG(i->name), STR_ARG(entry->key));
		diag_hint_nearest(in->req->diags, entry->key, names, COUNT(keys));
	}
}

static void check_type(struct inputs *in, struct input *i)
{
	const struct node *type = spec_get(i, STR("type"));
	str names[INPUT_TYPE_NR];

	if (!type)
		return;
	for (size_t t = 0; t < INPUT_TYPE_NR; t++) {
		names[t] = types[t].name;
		if (type->kind == NODE_STR && str_eq(type->text, names[t])) {
			i->type = (enum input_type)t;
			return;
		}
	}
	i->broken = true;
	blame(in, type->pos,
	      "unknown input specification for `" STR_FMT
	      "` (valid types: array, boolean, number, string)",
	      STR_ARG(i->name));
	if (type->kind == NODE_STR)
		diag_hint_nearest(in->req->diags, type->text, names, COUNT(names));
}

static void check_description(struct inputs *in, struct input *i)
{
	const struct node *text = spec_get(i, STR("description"));
	size_t chars = 0;

	if (!text)
		return;
	if (text->kind != NODE_STR) {
		i->broken = true;
		blame(in, text->pos,
		      "header:spec:inputs:" STR_FMT ":description should be a string",
		      STR_ARG(i->name));
		return;
	}
	for (size_t k = 0; k < text->text.n; k++)
		chars += ((unsigned char)text->text.p[k] & 0xc0) != 0x80;
	if (chars > DESCRIPTION_MAX) {
		i->broken = true;
		blame(in, text->pos,
		      "header:spec:inputs:" STR_FMT
		      ":description is too long (maximum is 1024 characters)",
		      STR_ARG(i->name));
	}
}

static void check_exclusive(struct inputs *in, struct input *i, str with)
{
	const struct node *rules = spec_get(i, STR("rules"));

	if (!rules || !spec_get(i, with))
		return;
	i->broken = true;
	blame(in, rules->pos,
	      "header:spec:inputs:" STR_FMT
	      " config these keys cannot be used together: rules, " STR_FMT,
	      STR_ARG(i->name), STR_ARG(with));
	diag_hint(in->req->diags, "write `" STR_FMT "` into the last rule, without `if`",
		  STR_ARG(with));
}

static void check_options(struct inputs *in, struct input *i, const struct node *options)
{
	bool ok = options->kind == NODE_SEQ && options->seq.nr > 0;

	for (size_t k = 0; ok && k < options->seq.nr; k++)
		ok = node_is_scalar(options->seq.at[k]) && options->seq.at[k]->kind != NODE_NULL;
	if (i->type == INPUT_ARRAY || i->type == INPUT_BOOLEAN) {
		i->broken = true;
		blame(in, options->pos,
		      "`" STR_FMT "` input: Options can only be used with string and number inputs",
		      STR_ARG(i->name));
	} else if (!ok) {
		i->broken = true;
		blame(in, options->pos,
		      "header:spec:inputs:" STR_FMT
		      ":options should be a list of strings or numbers, and not empty",
		      STR_ARG(i->name));
	}
}

static void check_input(struct inputs *in, struct input *i)
{
	const struct node *options, *regex;

	if (i->spec->kind == NODE_NULL)
		return;
	if (i->spec->kind != NODE_MAP) {
		i->broken = true;
		blame(in, i->spec->pos,
		      "header:spec:inputs:" STR_FMT " config should be a hash, not a %s",
		      STR_ARG(i->name), node_kind_name(i->spec->kind));
		return;
	}
	check_keys(in, i);
	check_type(in, i);
	check_description(in, i);
	check_exclusive(in, i, STR("options"));
	check_exclusive(in, i, STR("default"));
	options = spec_get(i, STR("options"));
	regex = spec_get(i, STR("regex"));
	if (options)
		check_options(in, i, options);
	if (!regex)
		return;
	if (i->type != INPUT_STRING || regex->kind != NODE_STR) {
		i->broken = true;
		blame(in, regex->pos,
		      i->type != INPUT_STRING ? "`" STR_FMT
						"` input: RegEx validation can only be used with "
						"string inputs"
					      : "`" STR_FMT "` input: regex should be a string",
		      STR_ARG(i->name));
	}
}

/* --- rules of an input --- */

static int resolve_input(struct inputs *in, struct input *i);

/* The value of another input, for a condition. */
static str condition_input(void *ctx, str name)
{
	struct inputs *in = ctx;
	struct input *i = map_get(&in->index, name);

	if (!i)
		return str_null;
	if (i->state == STATE_ACTIVE) {
		if (!i->broken)
			blame(in, i->pos,
			      "`" STR_FMT "` input: circular dependency detected in `rules`",
			      STR_ARG(name));
		i->broken = true;
		return str_null;
	}
	if (in->depth == CONDITION_DEPTH_MAX) {
		blame(in, i->pos,
		      "`" STR_FMT "` input: rules depend on each other more than %d deep",
		      STR_ARG(name), CONDITION_DEPTH_MAX);
		return str_null;
	}
	if (resolve_input(in, i) < 0 || i->value->kind == NODE_NULL)
		return str_null;
	return interpolate_text(in->req->arena, i->value);
}

static str condition_variable(void *ctx UNUSED, str name UNUSED)
{
	return str_null;
}

static bool condition_holds(struct inputs *in, struct input *i, const struct node *cond)
{
	struct expr_vars vars = { .ctx = in, .get = condition_variable, .input = condition_input };
	struct expr *e;
	struct err err;
	int r;

	if (cond->kind != NODE_STR || expr_parse(in->req->arena, cond->text, &e, &err) < 0) {
		i->broken = true;
		blame(in, cond->pos, "`" STR_FMT "` input: invalid expression syntax%s%s",
		      STR_ARG(i->name), cond->kind == NODE_STR ? ": " : "",
		      cond->kind == NODE_STR ? err.msg : "");
		return false;
	}
	in->depth++;
	r = expr_eval(e, &vars, &err);
	in->depth--;
	if (r < 0) {
		i->broken = true;
		blame(in, cond->pos, "`" STR_FMT "` input: %s", STR_ARG(i->name), err.msg);
	}
	return r == 1;
}

/* Options and default of the first rule that matches. */
static void apply_rules(struct inputs *in, struct input *i, const struct node *rules)
{
	if (rules->kind != NODE_SEQ || rules->seq.nr == 0 || rules->seq.nr > RULES_MAX) {
		i->broken = true;
		blame(in, rules->pos,
		      "header:spec:inputs:" STR_FMT ":rules should be a list of 1 to %d rules",
		      STR_ARG(i->name), RULES_MAX);
		return;
	}
	for (size_t k = 0; k < rules->seq.nr && !i->broken; k++) {
		const struct node *rule = rules->seq.at[k], *cond;

		if (rule->kind != NODE_MAP) {
			i->broken = true;
			blame(in, rule->pos,
			      "header:spec:inputs:" STR_FMT ":rules should be a list of maps with "
			      "if, options and default",
			      STR_ARG(i->name));
			return;
		}
		cond = node_get(rule, STR("if"));
		if (cond && !condition_holds(in, i, cond))
			continue;
		i->options = node_get(rule, STR("options"));
		i->fallback = node_get(rule, STR("default"));
		if (i->options)
			check_options(in, i, i->options);
		return;
	}
}

/* --- values --- */

static bool type_fits(enum input_type type, const struct node *v)
{
	switch (type) {
	case INPUT_STRING:
		return v->kind == NODE_STR;
	case INPUT_ARRAY:
		return v->kind == NODE_SEQ;
	case INPUT_BOOLEAN:
		return v->kind == NODE_BOOL;
	case INPUT_NUMBER:
		return v->kind == NODE_INT || v->kind == NODE_FLOAT;
	default:
		return false;
	}
}

static bool deeper_than(const struct node *n, unsigned limit)
{
	if (node_is_scalar(n))
		return false;
	if (limit == 0)
		return true;
	for (size_t i = 0; n->kind == NODE_SEQ && i < n->seq.nr; i++)
		if (deeper_than(n->seq.at[i], limit - 1))
			return true;
	for (size_t i = 0; n->kind == NODE_MAP && i < n->map.nr; i++)
		if (deeper_than(n->map.at[i].value, limit - 1))
			return true;
	return false;
}

static void hint_options(struct inputs *in, const struct node *options, str word)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	str near = str_null;

	for (size_t k = 0; k < options->seq.nr && k < 10; k++) {
		str text = interpolate_text(in->req->arena, options->seq.at[k]);

		if (str_is_null(near))
			near = str_nearest(word, &text, 1);
		buf_addf(&b, "%s" STR_FMT, k ? ", " : "", STR_ARG(text));
	}
	if (options->seq.nr > 10)
		buf_addf(&b, " and %zu more", options->seq.nr - 10);
	if (!str_is_null(near))
		diag_hint(in->req->diags, "did you mean \"" STR_FMT "\"? allowed are " STR_FMT,
			  STR_ARG(near), STR_ARG(buf_str(&b)));
	else
		diag_hint(in->req->diags, "allowed are " STR_FMT, STR_ARG(buf_str(&b)));
}

static bool check_listed(struct inputs *in, const struct input *i, const struct node *v,
			 struct pos at)
{
	str text;

	for (size_t k = 0; k < i->options->seq.nr; k++)
		if (node_equal(i->options->seq.at[k], v))
			return true;
	text = interpolate_text(in->req->arena, v);
	blame(in, at,
	      "`" STR_FMT "` input: `" STR_FMT
	      "` cannot be used because it is not in the list of allowed options",
	      STR_ARG(i->name), STR_ARG(str_sub(text, 0, 200)));
	hint_options(in, i->options, text);
	return false;
}

static bool check_regex(struct inputs *in, const struct input *i, const struct node *v,
			struct pos at, const char *which)
{
	const struct node *pattern = spec_get(i, STR("regex"));
	CLEANUP(regex_free_ptr) struct regex *re = NULL;
	struct err err;
	int r;

	if (regex_compile(pattern->text, 0, &re, &err) < 0) {
		blame(in, pattern->pos, "`" STR_FMT "` input: invalid regular expression: %s",
		      STR_ARG(i->name), err.msg);
		return false;
	}
	r = regex_search(re, v->text, NULL, &err);
	if (r < 0)
		blame(in, at, "`" STR_FMT "` input: %s", STR_ARG(i->name), err.msg);
	else if (r == 0) {
		blame(in, at, "`" STR_FMT "` input: %s value does not match required RegEx pattern",
		      STR_ARG(i->name), which);
		diag_hint(in->req->diags, "the pattern is " STR_FMT, STR_ARG(pattern->text));
	}
	return r == 1;
}

static bool check_value(struct inputs *in, const struct input *i, const struct node *v,
			struct pos at, const char *which)
{
	if (!type_fits(i->type, v)) {
		blame(in, at, "`" STR_FMT "` input: %s value is not %s", STR_ARG(i->name), which,
		      types[i->type].a_what);
		diag_hint(in->req->diags, "it is a %s; %s", node_kind_name(v->kind),
			  types[i->type].hint);
		return false;
	}
	if (v->weight > VALUE_NODES_MAX || deeper_than(v, VALUE_DEPTH_MAX)) {
		blame(in, at,
		      "`" STR_FMT "` input: %s value is too large: at most %d levels and "
		      "%d values",
		      STR_ARG(i->name), which, VALUE_DEPTH_MAX, VALUE_NODES_MAX);
		return false;
	}
	if (i->options && !check_listed(in, i, v, at))
		return false;
	return !spec_get(i, STR("regex")) || check_regex(in, i, v, at, which);
}

static struct pos place_of(const struct inputs *in, const struct input *i)
{
	if (i->given && i->given->value && i->given->value->pos.src)
		return i->given->value->pos;
	if (i->given && i->given->key_pos.src)
		return i->given->key_pos;
	return in->req->at.src ? in->req->at : i->pos;
}

static int choose_value(struct inputs *in, struct input *i)
{
	struct node *given = i->given ? i->given->value : NULL;

	if (given && given->kind == NODE_NULL)
		given = NULL;
	if (!i->fallback && !given) {
		blame(in, place_of(in, i),
		      "`" STR_FMT "` input: required value has not been provided",
		      STR_ARG(i->name));
		return -1;
	}
	if (i->fallback && !check_value(in, i, i->fallback, i->fallback->pos, "default"))
		return -1;
	if (given && !check_value(in, i, given, place_of(in, i), "provided"))
		return -1;
	i->value = given ? given : (struct node *)(uintptr_t)i->fallback;
	return 0;
}

static int resolve_input(struct inputs *in, struct input *i)
{
	const struct node *rules = spec_get(i, STR("rules"));

	if (i->state == STATE_DONE)
		return i->broken ? -1 : 0;
	i->state = STATE_ACTIVE;
	i->options = spec_get(i, STR("options"));
	i->fallback = spec_get(i, STR("default"));
	if (rules && !i->broken)
		apply_rules(in, i, rules);
	i->state = STATE_DONE;
	if (i->broken || choose_value(in, i) < 0) {
		i->broken = in->failed = true;
		return -1;
	}
	return 0;
}

/* --- all of them --- */

static void check_given(struct inputs *in)
{
	const struct node *given = in->req->given;
	str *names;

	if (!given)
		return;
	if (given->kind != NODE_MAP) {
		blame(in, given->pos, "inputs should be a map of names and values, not a %s",
		      node_kind_name(given->kind));
		return;
	}
	names = arena_array(in->req->arena, str, in->nr + 1);
	for (size_t i = 0; i < in->nr; i++)
		names[i] = in->at[i].name;
	for (size_t k = 0; k < given->map.nr; k++) {
		const struct node_entry *e = &given->map.at[k];
		struct input *i = map_get(&in->index, e->key);

		if (i) {
			i->given = e;
			continue;
		}
		blame(in, e->key_pos.src ? e->key_pos : in->req->at,
		      "unknown input arguments: " STR_FMT, STR_ARG(e->key));
		if (in->nr == 0)
			diag_hint(in->req->diags, "`spec:inputs` defines no inputs");
		else if (in->req->diags->nr_error <= DIAGS_MAX)
			diag_hint_nearest(in->req->diags, e->key, names, in->nr);
	}
}

static int read_spec(struct inputs *in)
{
	const struct node *spec = in->req->spec;

	if (!spec || spec->kind == NODE_NULL)
		return 0;
	if (spec->kind != NODE_MAP) {
		blame(in, spec->pos, "header:spec:inputs config should be a hash, not a %s",
		      node_kind_name(spec->kind));
		return -1;
	}
	if (spec->map.nr > SPECS_MAX) {
		blame(in, spec->pos, "header:spec:inputs defines too many inputs: at most %d",
		      SPECS_MAX);
		return -1;
	}
	in->at = arena_array(in->req->arena, struct input, spec->map.nr + 1);
	in->nr = spec->map.nr;
	for (size_t k = 0; k < in->nr; k++) {
		const struct node_entry *e = &spec->map.at[k];

		in->at[k] = (struct input){ .name = e->key, .pos = e->key_pos, .spec = e->value };
		map_set(&in->index, e->key, &in->at[k]);
		check_input(in, &in->at[k]);
	}
	return 0;
}

int inputs_resolve(const struct inputs_request *req, struct map *ret)
{
	struct inputs in = { .req = req };

	map_init(&in.index, req->arena);
	map_init(ret, req->arena);
	if (read_spec(&in) < 0)
		return -1;
	check_given(&in);
	for (size_t k = 0; k < in.nr; k++)
		if (resolve_input(&in, &in.at[k]) == 0)
			map_set(ret, in.at[k].name, in.at[k].value);
	return in.failed ? -1 : 0;
}

#include "gitlab/entry.h"

#include "fmt/duration.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SCRIPT_DEPTH_MAX 10

str place_str(struct arena *a, const struct place *p)
{
	struct buf b = BUF_INIT;
	str s;

	if (!str_is_null(p->job))
		buf_addf(&b, "jobs:" STR_FMT, STR_ARG(p->job));
	if (p->key)
		buf_addf(&b, "%s%s", b.n ? ":" : "", p->key);
	if (p->sub)
		buf_addf(&b, "%s%s", b.n ? ":" : "", p->sub);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

bool entry_wrong(struct entry *e, const struct place *p, const struct node *n, const char *what)
{
	str place = place_str(e->a, p);

	diag_error(e->d, n->pos, STR_FMT " config should be %s", STR_ARG(place), what);
	if (!node_is_scalar(n) || n->kind == NODE_STR)
		diag_hint(e->d, "here stands a %s", node_kind_name(n->kind));
	else
		diag_hint(e->d, "here stands the %s %.*s; quote it if text is meant",
			  node_kind_name(n->kind), (int)MIN(n->text.n, (size_t)40),
			  n->text.p ? n->text.p : "null");
	return false;
}

bool entry_blank(struct entry *e, const struct place *p, const struct node *n)
{
	str place = place_str(e->a, p);

	return diag_error(e->d, n->pos, STR_FMT " config can't be blank", STR_ARG(place)) == 0;
}

bool entry_str(struct entry *e, const struct place *p, const struct node *n, str *ret)
{
	if (n->kind != NODE_STR)
		return entry_wrong(e, p, n, "a string");
	*ret = n->text;
	return true;
}

bool entry_bool(struct entry *e, const struct place *p, const struct node *n, bool *ret)
{
	if (n->kind != NODE_BOOL)
		return entry_wrong(e, p, n, "a boolean value");
	*ret = n->boolean;
	return true;
}

bool entry_uint(struct entry *e, const struct place *p, const struct node *n, unsigned max,
		unsigned *ret)
{
	char what[64];

	if (n->kind == NODE_INT && n->integer >= 0 && n->integer <= (int64_t)max) {
		*ret = (unsigned)n->integer;
		return true;
	}
	snprintf(what, sizeof(what), "a number from 0 to %u", max);
	return entry_wrong(e, p, n, what);
}

static bool too_many(struct entry *e, const struct place *p, const struct node *n, size_t max)
{
	str place = place_str(e->a, p);

	diag_error(e->d, n->pos, STR_FMT " config has too many entries (%zu, maximum is %zu)",
		   STR_ARG(place), n->seq.nr, max);
	return false;
}

static bool add_strings(struct entry *e, const struct place *p, const struct node *n, size_t max,
			const char *what, struct str_vec *ret)
{
	if (max && n->seq.nr > max)
		return too_many(e, p, n, max);
	for (size_t i = 0; i < n->seq.nr; i++) {
		const struct node *item = n->seq.at[i];

		if (item->kind == NODE_SEQ) { /* a !reference puts a list into a list */
			if (!add_strings(e, p, item, max, what, ret))
				return false;
			continue;
		}
		if (item->kind != NODE_STR)
			return entry_wrong(e, p, item, what);
		vec_add(e->a, ret, item->text);
	}
	return true;
}

bool entry_list(struct entry *e, const struct place *p, const struct node *n, size_t max,
		struct str_vec *ret)
{
	if (n->kind != NODE_SEQ)
		return entry_wrong(e, p, n, "an array of strings");
	return add_strings(e, p, n, max, "an array of strings", ret);
}

bool entry_strings(struct entry *e, const struct place *p, const struct node *n, size_t max,
		   struct str_vec *ret)
{
	if (n->kind == NODE_STR) {
		vec_add(e->a, ret, n->text);
		return true;
	}
	if (n->kind != NODE_SEQ)
		return entry_wrong(e, p, n, "an array of strings or a string");
	return add_strings(e, p, n, max, "an array of strings or a string", ret);
}

static const char script_what[] = "a string or a nested array of strings up to 10 levels deep";

static bool add_script(struct entry *e, const struct place *p, const struct node *n, unsigned depth,
		       struct str_vec *ret)
{
	if (n->kind == NODE_STR) {
		vec_add(e->a, ret, n->text);
		return true;
	}
	if (n->kind != NODE_SEQ || depth > SCRIPT_DEPTH_MAX) {
		entry_wrong(e, p, n, script_what);
		if (n->kind == NODE_MAP && n->map.nr)
			diag_hint(e->d,
				  "\"" STR_FMT ": …\" is read as a map; quote the whole command",
				  STR_ARG(n->map.at[0].key));
		return false;
	}
	for (size_t i = 0; i < n->seq.nr; i++)
		if (!add_script(e, p, n->seq.at[i], depth + 1, ret))
			return false;
	return true;
}

bool entry_script(struct entry *e, const struct place *p, const struct node *n, struct str_vec *ret)
{
	return add_script(e, p, n, 0, ret);
}

bool entry_word(struct entry *e, const struct place *p, const struct node *n,
		const char *const *words, size_t nr, size_t *ret)
{
	struct buf list = BUF_INIT;
	str candidates[32], place;

	MUST(nr <= COUNT(candidates));
	for (size_t i = 0; i < nr; i++) {
		candidates[i] = str_of(words[i]);
		if (n->kind == NODE_STR && str_eq(n->text, candidates[i])) {
			*ret = i;
			buf_release(&list);
			return true;
		}
		buf_addf(&list, "%s%s", i ? ", " : "", words[i]);
	}
	place = place_str(e->a, p);
	diag_error(e->d, n->pos, STR_FMT " should be one of: " STR_FMT, STR_ARG(place),
		   STR_ARG(buf_str(&list)));
	if (node_is_scalar(n))
		diag_hint_nearest(e->d, n->text, candidates, nr);
	buf_release(&list);
	return false;
}

bool entry_duration(struct entry *e, const struct place *p, const struct node *n, uint64_t *ret_s)
{
	struct err err;
	str place;

	if (n->kind == NODE_INT && n->integer >= 0) {
		*ret_s = (uint64_t)n->integer;
		return true;
	}
	if (n->kind == NODE_STR) {
		if (duration_parse(n->text, ret_s, &err) == 0)
			return true;
		place = place_str(e->a, p);
		diag_error(e->d, n->pos, STR_FMT " config should be a duration", STR_ARG(place));
		diag_hint(e->d, "%s", err.msg);
		return false;
	}
	return entry_wrong(e, p, n, "a duration");
}

bool entry_keys(struct entry *e, const struct place *p, const struct node *map,
		const char *const *names, size_t nr)
{
	str candidates[64];
	bool good = true;

	MUST(nr <= COUNT(candidates));
	for (size_t i = 0; i < nr; i++)
		candidates[i] = str_of(names[i]);
	for (size_t i = 0; i < map->map.nr; i++) {
		const struct node_entry *entry = &map->map.at[i];
		bool known = false;
		str place;

		for (size_t k = 0; k < nr && !known; k++)
			known = str_eq(entry->key, candidates[k]);
		if (known)
			continue;
		good = false;
		place = place_str(e->a, p);
		diag_error(e->d, entry->key_pos, STR_FMT " config contains unknown keys: " STR_FMT,
			   STR_ARG(place), STR_ARG(entry->key));
		diag_hint_nearest(e->d, entry->key, candidates, nr);
	}
	return good;
}

bool entry_is_map(struct entry *e, const struct place *p, const struct node *n)
{
	return n->kind == NODE_MAP || entry_wrong(e, p, n, "a hash");
}

/* As Ruby prints a float: the shortest text that reads back, with a ".0". */
static str float_text(struct arena *a, double d)
{
	char text[40];

	if (isnan(d))
		return STR("NaN");
	if (isinf(d))
		return d < 0 ? STR("-Infinity") : STR("Infinity");
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	if (str_index(str_of(text), 'e') >= 0 && fabs(d) >= 1e-4 && fabs(d) < 1e16)
		snprintf(text, sizeof(text), "%.1f", d);
	else if (str_index(str_of(text), '.') < 0 && str_index(str_of(text), 'e') < 0)
		return arena_printf(a, "%s.0", text);
	return arena_str(a, str_of(text));
}

/* A number too large for 64 bits: to Ruby it is an integer all the same, and keeps its digits. */
static str long_integer(struct arena *a, str text)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '-' && i == 0)
			buf_addc(&b, c);
		else if (c >= '0' && c <= '9')
			buf_addc(&b, c);
		else if (c != '_' && c != ',' && !(c == '+' && i == 0))
			return str_null;
	}
	return arena_str(a, buf_str(&b));
}

str entry_scalar_text(struct arena *a, const struct node *n)
{
	str digits = n->kind == NODE_FLOAT && n->text.n ? long_integer(a, n->text) : str_null;

	if (!str_is_null(digits))
		return digits;
	switch (n->kind) {
	case NODE_NULL:
		return STR("");
	case NODE_BOOL:
		return n->boolean ? STR("true") : STR("false");
	case NODE_INT:
		return arena_printf(a, "%lld", (long long)n->integer);
	case NODE_FLOAT:
		return float_text(a, n->real);
	default:
		return n->text;
	}
}

static bool variable_hash(struct entry *e, const struct place *p, const struct node_entry *entry,
			  bool global, struct job_var *ret)
{
	static const char *const job_keys[] = { "value", "expand" };
	static const char *const global_keys[] = { "value", "expand", "description", "options" };
	const struct node *n = entry->value, *value = node_get(n, STR("value"));
	const struct node *expand = node_get(n, STR("expand")),
			  *options = node_get(n, STR("options"));
	bool yes = true;

	if (!entry_keys(e, p, n, global ? global_keys : job_keys, global ? 4 : 2))
		return false;
	if (value && !node_is_scalar(value))
		return entry_wrong(e, p, value, "a scalar value");
	if (expand && !entry_bool(e, p, expand, &yes))
		return false;
	ret->raw = !yes;
	ret->value = value ? entry_scalar_text(e->a, value) : STR("");
	if (options) {
		struct str_vec list = { 0 };

		if (!entry_list(e, p, options, 0, &list))
			return false;
		if (!value || !str_vec_has(&list, ret->value))
			return entry_wrong(e, p, options, "a list that contains the value");
	}
	return true;
}

bool entry_variables(struct entry *e, const struct place *p, const struct node *n, bool global,
		     struct job_var_vec *ret)
{
	bool good = true;

	if (n->kind == NODE_NULL)
		return true;
	if (n->kind != NODE_MAP)
		return entry_wrong(e, p, n, "a hash of key value pairs");
	for (size_t i = 0; i < n->map.nr; i++) {
		const struct node_entry *entry = &n->map.at[i];
		struct job_var var = { .key = entry->key, .from_file = true };

		if (entry->value->kind == NODE_MAP) {
			if (!variable_hash(e, p, entry, global, &var)) {
				good = false;
				continue;
			}
		} else if (entry->value->kind == NODE_SEQ) {
			good = entry_wrong(e, p, entry->value, "a hash of key value pairs");
			continue;
		} else {
			var.value = entry_scalar_text(e->a, entry->value);
		}
		vec_add(e->a, ret, var);
	}
	return good;
}

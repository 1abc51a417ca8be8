/* parallel.c - how many instances a job has: `parallel: N` and `parallel:matrix`.
 *
 * reference/gitlab-ci.md §2.6.  In a matrix entry the first key varies slowest.
 */
#include "gitlab/lower.h"

#define INSTANCES_MAX 200

struct axis {
	str key;
	struct str_vec values;
};

struct axes {
	struct axis *at;
	size_t nr, cap;
};
struct permutations {
	struct permutation *at;
	size_t nr, cap;
};

static bool read_axes(struct lower *l, const struct place *p, const struct node *entry,
		      struct axes *ret, uint64_t *ret_total)
{
	uint64_t total = 1;

	if (entry->kind != NODE_MAP || entry->map.nr == 0)
		return entry_wrong(&l->e, p, entry, "an array of hashes");
	for (size_t i = 0; i < entry->map.nr; i++) {
		struct axis axis = { .key = entry->map.at[i].key };
		const struct node *v = entry->map.at[i].value;

		for (size_t k = 0; k < (v->kind == NODE_SEQ ? v->seq.nr : 1); k++) {
			const struct node *item = v->kind == NODE_SEQ ? v->seq.at[k] : v;

			if (!node_is_scalar(item))
				return entry_wrong(&l->e, p, item,
						   "a hash of scalars or lists of scalars");
			vec_add(l->e.a, &axis.values, entry_scalar_text(l->e.a, item));
		}
		if (axis.values.nr == 0)
			return entry_wrong(&l->e, p, v, "a list with at least one value");
		if (__builtin_mul_overflow(total, (uint64_t)axis.values.nr, &total))
			total = UINT64_MAX;
		vec_add(l->e.a, ret, axis);
	}
	*ret_total = total;
	return true;
}

/* One permutation: the `i`th of the product, first axis slowest. */
static struct permutation permutation_of(struct arena *a, const struct axes *axes, uint64_t i)
{
	struct permutation perm = { 0 };
	struct buf suffix = BUF_INIT;
	uint64_t below = 1;

	for (size_t k = 0; k < axes->nr; k++)
		below *= axes->at[k].values.nr;
	buf_addz(&suffix, ": [");
	for (size_t k = 0; k < axes->nr; k++) {
		const struct axis *axis = &axes->at[k];
		str value;

		below /= axis->values.nr;
		value = axis->values.at[i / below % axis->values.nr];
		buf_addf(&suffix, "%s" STR_FMT, k ? ", " : "", STR_ARG(value));
		vec_add(a, &perm.variables,
			(struct job_var){ .key = axis->key, .value = value, .from_file = true });
	}
	buf_addc(&suffix, ']');
	perm.suffix = arena_str(a, buf_str(&suffix));
	buf_release(&suffix);
	return perm;
}

static bool too_many(struct lower *l, const struct job_def *def, const struct node *n, uint64_t nr)
{
	diag_error(l->e.d, n->pos,
		   "jobs:" STR_FMT
		   ":parallel:matrix config generates too many jobs (maximum is %d)",
		   STR_ARG(def->name), INSTANCES_MAX);
	diag_hint(l->e.d, "it would be %llu", (unsigned long long)nr);
	return false;
}

static bool read_matrix(struct lower *l, const struct job_def *def, const struct node *n,
			struct permutations *ret)
{
	struct place p = { def->name, "parallel", "matrix" };

	if (n->kind != NODE_SEQ || n->seq.nr == 0)
		return entry_wrong(&l->e, &p, n, "an array of hashes");
	for (size_t i = 0; i < n->seq.nr; i++) {
		struct axes axes = { 0 };
		uint64_t total = 0;

		if (!read_axes(l, &p, n->seq.at[i], &axes, &total))
			return false;
		if (total > INSTANCES_MAX || ret->nr + total > INSTANCES_MAX)
			return too_many(l, def, n, total > INSTANCES_MAX ? total : ret->nr + total);
		for (uint64_t k = 0; k < total; k++)
			vec_add(l->e.a, ret, permutation_of(l->e.a, &axes, k));
	}
	return true;
}

bool parallel_read(struct lower *l, struct job_def *def, struct permutation **ret, size_t *ret_nr)
{
	static const char *const keys[] = { "matrix" };
	static struct permutation alone = { .suffix = { "", 0 }, .index = 0, .total = 1 };
	const struct node *n = def_node(def, K_PARALLEL), *matrix;
	struct place p = { def->name, "parallel", NULL };
	struct permutations list = { 0 };

	if (!n) {
		*ret = &alone;
		*ret_nr = 1;
		return true;
	}
	if (n->kind == NODE_INT) {
		if (n->integer < 1 || n->integer > INSTANCES_MAX)
			return entry_wrong(&l->e, &p, n, "an integer from 1 to 200");
		for (int64_t i = 1; i <= n->integer; i++) {
			struct permutation perm = { .suffix = arena_printf(l->e.a, " %lld/%lld",
									   (long long)i,
									   (long long)n->integer) };

			vec_add(l->e.a, &list, perm);
		}
	} else {
		if (n->kind != NODE_MAP)
			return entry_wrong(&l->e, &p, n, "a hash or an integer");
		if (!entry_keys(&l->e, &p, n, keys, COUNT(keys)))
			return false;
		matrix = node_get(n, STR("matrix"));
		if (!matrix)
			return entry_wrong(&l->e, &p, n, "a hash with matrix");
		if (!read_matrix(l, def, matrix, &list))
			return false;
	}
	for (size_t i = 0; i < list.nr; i++) {
		list.at[i].index = (unsigned)i + 1;
		list.at[i].total = (unsigned)list.nr;
	}
	*ret = list.at;
	*ret_nr = list.nr;
	return true;
}

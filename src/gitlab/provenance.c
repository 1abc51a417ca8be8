/* provenance.c - where each key of a job was written, for `explain`.
 *
 * Nothing is recorded for this while planning: entries keep their positions, so the
 * first ancestor that has a key at that position is the one that gave it.
 */
#include "gitlab/lower.h"

static void add_origin(struct lower *l, struct buf *b, const struct job_def *def, int k,
		       const struct str_vec *chain)
{
	const struct node_entry *entry = def->key[k];

	if (def->inherited[k]) {
		buf_addz(b, "default");
		return;
	}
	for (size_t i = chain->nr; i-- > 0;) {
		const struct node *map = node_get(l->config.unresolved, chain->at[i]);
		const struct node_entry *theirs =
			map && map->kind == NODE_MAP ? node_find(map, entry->key) : NULL;

		if (!theirs || theirs->key_pos.src != entry->key_pos.src ||
		    theirs->key_pos.line != entry->key_pos.line ||
		    theirs->key_pos.col != entry->key_pos.col)
			continue;
		if (str_eq(chain->at[i], def->name))
			buf_addz(b, "job");
		else
			buf_addf(b, "extends " STR_FMT, STR_ARG(chain->at[i]));
		return;
	}
	buf_addz(b, "job");
}

void provenance_tell(struct lower *l, const struct job_def *def, struct buf *b)
{
	struct str_vec chain = gitlab_extends_chain(l->e.a, l->config.unresolved, def->name);
	const struct source *root = l->config.root->pos.src;

	buf_addz(b, "  keys:\n");
	for (int k = 0; k < K_NR; k++) {
		const struct node_entry *entry = def->key[k];

		if (!entry)
			continue;
		buf_addf(b, "    %-20.*s ", STR_ARG(job_keys[k].name));
		pos_add(b, entry->key_pos);
		buf_addz(b, "  ");
		add_origin(l, b, def, k, &chain);
		if (entry->via == VIA_MERGE_KEY)
			buf_addz(b, ", anchor merged with <<");
		else if (entry->via == VIA_ALIAS)
			buf_addz(b, ", value from an anchor");
		if (entry->value->pos.src && entry->value->tag.n)
			buf_addf(b, ", " STR_FMT, STR_ARG(entry->value->tag));
		if (entry->key_pos.src && entry->key_pos.src != root &&
		    entry->key_pos.src->included_at.src) {
			buf_addz(b, ", included at ");
			pos_add(b, entry->key_pos.src->included_at);
		}
		buf_addc(b, '\n');
	}
}

#include "gitlab/memo.h"

void memo_init(struct memo *m, struct arena *a)
{
	*m = (struct memo){ .arena = a };
}

/* The slot that holds the key, or the free one where it belongs. */
static struct memo_entry *slot_of(const struct memo *m, const struct node *key)
{
	uint64_t hash = (uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u;
	size_t i = (size_t)(hash >> 32) & (m->nr_slots - 1);

	while (m->slots[i].key && m->slots[i].key != key)
		i = (i + 1) & (m->nr_slots - 1);
	return &m->slots[i];
}

static void grow(struct memo *m)
{
	struct memo_entry *was = m->slots;
	size_t nr_was = m->nr_slots;

	m->nr_slots = nr_was ? nr_was * 2 : 64;
	m->slots = arena_array(m->arena, struct memo_entry, m->nr_slots);
	for (size_t i = 0; i < nr_was; i++)
		if (was[i].key)
			*slot_of(m, was[i].key) = was[i];
}

struct memo_entry *memo_at(struct memo *m, const struct node *key)
{
	struct memo_entry *e;

	if ((m->nr + 1) * 2 > m->nr_slots)
		grow(m);
	e = slot_of(m, key);
	if (!e->key) {
		e->key = key;
		m->nr++;
	}
	return e;
}

#include "base/map.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>

static uint64_t seed[2];

static void draw_seed(void)
{
	MUST(getrandom(seed, sizeof(seed), 0) == (ssize_t)sizeof(seed));
}

#define ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = ROTL(v[1], 13) ^ v[0];
	v[0] = ROTL(v[0], 32);
	v[2] += v[3];
	v[3] = ROTL(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROTL(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROTL(v[1], 17) ^ v[2];
	v[2] = ROTL(v[2], 32);
}

uint64_t hash_keyed(uint64_t k0, uint64_t k1, const void *p, size_t n)
{
	uint64_t v[4] = { 0x736f6d6570736575u ^ k0, 0x646f72616e646f6du ^ k1,
			  0x6c7967656e657261u ^ k0, 0x7465646279746573u ^ k1 };
	const unsigned char *u = p;
	uint64_t last = (uint64_t)n << 56, word;

	for (; n >= 8; n -= 8, u += 8) {
		memcpy(&word, u, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	for (size_t i = 0; i < n; i++)
		last |= (uint64_t)u[i] << (8 * i);
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t hash_bytes(const void *p, size_t n)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, draw_seed);
	return hash_keyed(seed[0], seed[1], p, n);
}

void map_init(struct map *m, struct arena *a)
{
	*m = (struct map){ .arena = a };
}

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t *slot_of(const struct map *m, str key, uint64_t hash)
{
	size_t i = hash & (m->nr_slots - 1);

	while (m->slots[i]) {
		const struct map_entry *e = &m->at[m->slots[i] - 1];

		if (e->hash == hash && str_eq(e->key, key))
			break;
		i = (i + 1) & (m->nr_slots - 1);
	}
	return &m->slots[i];
}

void **map_find(const struct map *m, str key)
{
	uint32_t *slot;

	if (m->nr == 0)
		return NULL;
	slot = slot_of(m, key, hash_bytes(key.p, key.n));
	return *slot ? &m->at[*slot - 1].value : NULL;
}

void *map_get(const struct map *m, str key)
{
	void **at = map_find(m, key);

	return at ? *at : NULL;
}

static void rehash(struct map *m)
{
	m->nr_slots = m->nr_slots ? m->nr_slots * 2 : 8;
	m->slots = arena_array(m->arena, uint32_t, m->nr_slots);
	for (size_t i = 0; i < m->nr; i++)
		*slot_of(m, m->at[i].key, m->at[i].hash) = (uint32_t)(i + 1);
}

void **map_put(struct map *m, str key)
{
	uint64_t hash = hash_bytes(key.p, key.n);
	uint32_t *slot;

	if ((m->nr + 1) * 4 > m->nr_slots * 3)
		rehash(m);
	slot = slot_of(m, key, hash);
	if (*slot == 0) {
		MUST(m->nr < UINT32_MAX - 1);
		if (m->nr == m->cap) {
			struct map_entry *was = m->at;

			m->cap = m->cap ? m->cap * 2 : 4;
			m->at = arena_array(m->arena, struct map_entry, m->cap);
			if (m->nr)
				memcpy(m->at, was, m->nr * sizeof(*was));
		}
		m->at[m->nr++] = (struct map_entry){ .key = key, .hash = hash };
		*slot = (uint32_t)m->nr;
	}
	return &m->at[*slot - 1].value;
}

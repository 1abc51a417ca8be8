/* map.h - text to pointer, in order of insertion, in an arena.
 *
 * Keys are hashed with SipHash-1-3 under a seed that each process draws anew, so
 * chosen keys cannot make it slow.  Keys are not copied: they must live as long
 * as the map.  Walking goes in order of insertion, so output is deterministic.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"

struct map_entry {
	str key;
	void *value;
	uint64_t hash;
};

struct map {
	struct arena *arena;
	struct map_entry *at; /* nr entries, in order of insertion */
	size_t nr, cap;
	uint32_t *slots; /* index + 1 into `at`, 0 for free */
	size_t nr_slots; /* a power of two */
};

void map_init(struct map *m, struct arena *a) NONNULL;

/* The value's place, or NULL if the key is absent. */
void **map_find(const struct map *m, str key) NODISCARD NONNULL;
/* The value, or NULL if the key is absent (or its value is NULL). */
void *map_get(const struct map *m, str key) NODISCARD NONNULL;
/* The value's place; it is added (as NULL) if the key was absent. */
void **map_put(struct map *m, str key) NONNULL;
static inline void map_set(struct map *m, str key, void *value) { *map_put(m, key) = value; }

/* Seeded hash of bytes, the one the map uses. */
uint64_t hash_bytes(const void *p, size_t n);
/* SipHash-1-3 under a given key; for tests and stable ids. */
uint64_t hash_keyed(uint64_t k0, uint64_t k1, const void *p, size_t n);

#endif

/* node.h - YAML and JSON as one tree, each node with its place.
 *
 * libyaml's events, composed into an arena.  Aliases and merge keys are resolved
 * while composing and share their nodes: the tree is a DAG, read-only once
 * built, and merging later makes new maps that point at old values.  Types
 * follow YAML 1.1 as Ruby's Psych does (GitLab) or YAML 1.2 core (GitHub).
 *
 * Limits, each named in its error: bytes, depth, nodes, and nodes after
 * expansion of aliases, so that a "billion laughs" file fails at once.
 */
#ifndef FMT_NODE_H
#define FMT_NODE_H

#include "base/map.h"
#include "fmt/diag.h"

/* Packed, so that a node fills one cache line and no more. */
enum node_kind {
	NODE_NULL,
	NODE_BOOL,
	NODE_INT,
	NODE_FLOAT,
	NODE_STR,
	NODE_SEQ,
	NODE_MAP
} __attribute__((packed));

/* How an entry came into its map. */
enum node_via { VIA_WRITTEN, VIA_MERGE_KEY, VIA_ALIAS };

struct node;
struct node_index;

struct node_entry {
	str key;
	struct pos key_pos;
	struct node *value;
	enum node_via via;
};

struct node {
	enum node_kind kind;
	bool plain;	 /* scalar written without quotes */
	uint32_t weight; /* nodes below and including this one, aliases expanded; saturates */
	struct pos pos;	 /* where the node (its content) starts */
	str tag;	 /* local tag such as "!reference", else str_null */
	union {
		struct {
			str text; /* scalars only: the text after unquoting; NUL follows */
			union {
				bool boolean;
				int64_t integer;
				double real;
			};
		};
		struct {
			struct node **at;
			size_t nr;
		} seq;
		struct {
			struct node_entry *at; /* in order of writing; keys are unique */
			uint32_t nr, cap;
			struct node_index *index; /* of large maps; see node_find */
		} map;
	};
};

enum node_schema { SCHEMA_YAML11, SCHEMA_YAML12 };

/* How a text is read, and how much of it. */
struct node_rules {
	enum node_schema schema;
	size_t max_bytes; /* of the text */
	unsigned max_depth;
	size_t max_nodes; /* as written */
	/* After aliases: 20 times the nodes written, but at least a tenth of this
	 * number and at most this number. */
	uint64_t max_expanded;
};

/* GitLab's: 2 MB, depth 150; ours: 500,000 nodes written, 1,000,000 expanded. */
extern const struct node_rules node_yaml11, node_yaml12;

/* All documents of a source, which must live as long as the nodes.  An empty
 * document is a NODE_NULL.  A key written twice: the last wins, and a warning
 * names both places.  `<<` after a key that it also brings replaces that key, as
 * in Psych (SCHEMA_YAML11, with a warning), or leaves it, as the YAML
 * specification says (SCHEMA_YAML12).  On failure at least one error was added
 * to d, and -1 is returned. */
int node_parse_yaml(struct arena *a, const struct source *src, const struct node_rules *rules,
		    struct node ***ret_docs, size_t *ret_nr, struct diags *d) NODISCARD NONNULL;

/* --- reading --- */
const char *node_kind_name(enum node_kind kind); /* "string", "list", "map", … */
static inline bool node_is_scalar(const struct node *n) { return n->kind <= NODE_STR; }
const struct node_entry *node_find(const struct node *map, str key) NONNULL; /* NULL if absent */
struct node *node_get(const struct node *map, str key) NONNULL; /* value, NULL if absent */

/* --- making: new nodes in the arena, sharing what they point at --- */
struct node *node_new_str(struct arena *a, struct pos pos, str text) NODISCARD;
struct node *node_new_bool(struct arena *a, struct pos pos, bool b) NODISCARD;
struct node *node_new_int(struct arena *a, struct pos pos, int64_t i) NODISCARD;
struct node *node_new_null(struct arena *a, struct pos pos) NODISCARD;
struct node *node_new_seq(struct arena *a, struct pos pos, struct node *const *at,
			  size_t nr) NODISCARD;
struct node *node_new_map(struct arena *a, struct pos pos) NODISCARD;

/* Set a key of a map that is still being made: replaces in place or appends.
 * Never call it on a map that somebody else may hold. */
void node_set(struct arena *a, struct node *map, struct node_entry entry) NONNULL;

/* A new map node with the same entries (shallow), that node_set may change. */
struct node *node_copy_map(struct arena *a, const struct node *map) NODISCARD NONNULL;

/* Ruby's deep_merge: maps merge recursively, everything else is replaced by
 * `over`.  Inputs stay as they are; unchanged parts are shared. */
struct node *node_deep_merge(struct arena *a, struct node *base,
			     struct node *over) NODISCARD NONNULL;

bool node_equal(const struct node *x,
		const struct node *y) NONNULL; /* by value; bounded by weight */

/* --- writing --- */
/* On one line, as JSON, which is also YAML 1.2; the same tree gives the same
 * bytes.  Only what JSON lacks is written the YAML way: tags, .inf and .nan. */
void node_add_json(struct buf *b, const struct node *n) NONNULL;

#endif

/* node_int.h - shared by the files that make nodes; stays in this folder. */
#ifndef FMT_NODE_INT_H
#define FMT_NODE_INT_H

#include "fmt/node.h"

#include <yaml.h>

/* Maps up to this size are searched one entry after the other. */
#define NODE_INDEX_FROM 9

/* Open hashing over an array of entries that the index does not own. */
struct node_index {
	uint32_t mask;	 /* slots - 1 */
	uint32_t slot[]; /* entry + 1, 0 for free */
};

/* Which of nr entries has the key, or -1.  The index covers all of them; without
 * an index (NULL) the entries are walked. */
ssize_t node_index_find(const struct node_index *index, const struct node_entry *at, size_t nr,
			str key);
/* After entry nr - 1 was appended: brings the index up to date, makes or
 * enlarges it when that is due. */
void node_index_added(struct arena *a, struct node_index **index, const struct node_entry *at,
		      size_t nr);

/* a + b, or UINT32_MAX when that is too much. */
uint32_t node_weight_sum(uint32_t a, uint32_t b);

/* Sets kind and value from n->text of a plain scalar. */
void node_type_plain(struct node *n, enum node_schema schema);

/* The problem libyaml reported, as a diagnostic about src (whose text may start
 * with a byte order mark). */
void node_report_problem(const yaml_parser_t *parser, const struct source *src, struct diags *d);

/* Is this text that YAML may be read from?  Sets *ret to what follows a byte
 * order mark, and *ret_simple when libyaml's marks count bytes and lines as we do. */
int node_check_text(const struct source *src, const struct node_rules *rules, str *ret,
		    bool *ret_simple, struct diags *d) NODISCARD;

/* Where byte `at` of the text lies. */
struct pos node_pos_at(const struct source *src, str text, size_t at);

#endif

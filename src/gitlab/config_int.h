/* config_int.h - one load of a configuration, shared by config.c and include.c. */
#ifndef GITLAB_CONFIG_INT_H
#define GITLAB_CONFIG_INT_H

#include "gitlab/config.h"

/* Limits that hold for all files of one configuration together. */
#define CONFIG_FILES_MAX  150			 /* included ones; GitLab's */
#define CONFIG_BYTES_MAX  ((uint64_t)64 << 20)	 /* of all texts */
#define CONFIG_NODES_MAX  ((uint64_t)1000000)	 /* of all files, aliases expanded */
#define CONFIG_MADE_MAX	  ((uint64_t)32 << 20)	 /* bytes of texts that interpolation makes */
#define CONFIG_MERGES_MAX ((uint64_t)4000000)	 /* map entries that merging copies */
#define CONFIG_STEPS_MAX  ((uint64_t)300000000) /* pattern × path, of wildcards */
#define CONFIG_RESULT_MAX ((uint64_t)5000000)	 /* nodes of the result, sharing expanded */

/* Where a file's own `local` includes point. */
struct config_context {
	struct gitlab_origin origin;
	bool has_project; /* not so in remote files and templates */
};

/* A file being expanded, and who included it. */
struct config_frame {
	const struct config_frame *up;
	str key, name;
};

struct config_load {
	struct arena *arena;
	struct diags *diags;
	const struct gitlab_reader *reader;
	const struct gitlab_include_env *env; /* or NULL */
	struct map files;  /* request → struct config_file *, NULL when it was bad */
	struct map lists;  /* project and ref → struct str_vec * of its paths */
	struct map loaded; /* request and inputs → struct config_loaded * */
	struct str_vec names;
	const struct config_frame *stack;
	unsigned nr_included;
	uint64_t bytes_left, nodes_left, made_left, merges_left, steps_left;
	bool failed;	    /* an error was reported */
	bool stop;	    /* a limit was passed: no use going on */
	bool has_reference; /* some file may hold a !reference */
};

/* Load a file with its includes merged in; NULL when that failed.  `at` is the
 * include entry, pos_none for the root; `inputs` may be NULL. */
struct node *config_load_file(struct config_load *l, const struct gitlab_file_request *req,
			      const struct node *inputs, struct pos at) NODISCARD;

/* Merge what `content` includes below it, and remove its `include`. */
struct node *include_expand(struct config_load *l, struct node *content,
			    const struct config_context *context) NODISCARD NONNULL;

/* Says why a file could not be read, in GitLab's sentence, with what is near. */
void include_blame(struct config_load *l, const struct gitlab_file_request *req, struct pos at,
		   const struct err *err) NONNULL;

/* node_deep_merge within the budget of copies; NULL, reported, when it is used up. */
struct node *config_merge(struct arena *a, struct diags *d, uint64_t *left, struct node *base,
			  struct node *over) NODISCARD NONNULL;

/* Take entries that will be copied from the budget; false, reported, when it is used up. */
bool config_charge(struct diags *d, uint64_t *left, uint64_t cost, struct pos at) NODISCARD NONNULL;

/* The weight of a map whose values were changed in place. */
static inline void config_reweigh(struct node *map)
{
	uint64_t sum = 1;

	for (size_t i = 0; i < map->map.nr; i++)
		sum += map->map.at[i].value->weight;
	map->weight = sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

/* An error that makes the load fail; always -1. */
int config_blame(struct config_load *l, struct pos at, const char *fmt, ...) PRINTF(3, 4) NONNULL;

#endif

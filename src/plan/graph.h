/* graph.h - a pipeline as a layered picture.
 *
 * Jobs stand in columns: a column per stage, or, once any job names its needs,
 * a column per step of the longest way from a start, so that every arrow goes
 * to the right.  Rows are ordered to keep arrows from crossing.  The same
 * pipeline gives the same picture.  Only jobs that are in the pipeline are shown.
 */
#ifndef PLAN_GRAPH_H
#define PLAN_GRAPH_H

#include "base/buf.h"
#include "plan/sched.h"

struct graph_node {
	const struct job *job;
	size_t column, row;
	uint32_t *needs; /* nodes it names in `needs`, each once, in order of naming */
	size_t nr_needs;
	bool after_stages; /* has no needs and waits for lower stages that hold jobs */
};

struct graph_column {
	str title;	/* the stage, or str_null when its jobs are of several */
	uint32_t *node; /* by row */
	size_t nr;
};

struct graph {
	const struct pipeline *p;
	bool by_needs;		 /* columns are steps, not stages */
	struct graph_node *node; /* in pipeline order */
	size_t nr;
	uint32_t *by_stage; /* all nodes, stage by stage, in pipeline order within each */
	struct graph_column *column;
	size_t nr_columns;
};

struct graph *graph_new(struct arena *a, const struct pipeline *p) NODISCARD NONNULL;

struct graph_options {
	/* By job index, as sched_status says; NULL draws the plan alone. */
	const enum job_status *status;
	const bool *allow_failure; /* as sched_allows_failure says; NULL: the job's own flag */
	bool ascii;		   /* text: nothing but ASCII */
	bool color;		   /* text: SGR sequences */
	unsigned width;		   /* text: columns there are; 0: 100 */
};

/* Boxes side by side if they fit and there are at most GRAPH_TEXT_JOBS, else a list. */
#define GRAPH_TEXT_JOBS 60
void graph_add_text(const struct graph *g, const struct graph_options *o, struct buf *b) NONNULL;
/* One file, no scripts, nothing fetched; follows the reader's light or dark scheme. */
void graph_add_svg(const struct graph *g, const struct graph_options *o, struct buf *b) NONNULL;
/* For Graphviz, and for Mermaid's flowchart. */
void graph_add_dot(const struct graph *g, const struct graph_options *o, struct buf *b) NONNULL;
void graph_add_mermaid(const struct graph *g, const struct graph_options *o, struct buf *b) NONNULL;

/* Is its failure a warning only?  The status, with `allowed`, under which it is drawn;
 * false when there are no statuses. */
bool graph_status(const struct graph_options *o, const struct job *j, enum job_status *ret,
		  bool *ret_allow) NONNULL;

/* A stable number for what would run: stages, jobs in and out, when, needs, scripts,
 * variables but the predefined ones (CI_…, GITLAB_…), which tell runs apart.  Equal
 * plans give equal numbers on every machine. */
uint64_t graph_hash(const struct pipeline *p) NONNULL;

#endif

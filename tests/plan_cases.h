/* plan_cases.h - tables of pipelines and what comes of them, for cmocka tests. */
#ifndef TESTS_PLAN_CASES_H
#define TESTS_PLAN_CASES_H

#include "plan_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* `plan` as plan_text writes it. */
struct plan_case {
	const char *what, *yaml, *facts, *plan;
};

static inline void hold(const struct plan_case *cases, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		struct plan_world *w = plan_world_new(cases[i].yaml, cases[i].facts);
		str got = plan_text(w);

		if (!str_eq(got, str_of(cases[i].plan)))
			fail_msg("%s:\n  got      " STR_FMT "\n  expected %s", cases[i].what,
				 STR_ARG(got), cases[i].plan);
		plan_world_free(w);
	}
}

/* What variables of the job `a` (or of its first instance) are; NULL: not defined. */
struct value_case {
	const char *yaml, *facts, *key, *value;
};

static inline void hold_values(const struct value_case *cases, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		struct plan_world *w = plan_world_new(cases[i].yaml, cases[i].facts);
		const struct job *j = NULL;
		str got = str_null;

		for (size_t k = 0; w->p && k < w->p->jobs.nr && !j; k++)
			if (str_eq(w->p->jobs.at[k]->group, STR("a")))
				j = w->p->jobs.at[k];
		if (!j)
			fail_msg("case %zu, %s: there is no job a: " STR_FMT, i, cases[i].key,
				 STR_ARG(plan_text(w)));
		got = plan_variable(w, j->name.p, cases[i].key);
		if (str_is_null(got) != (cases[i].value == NULL) ||
		    (cases[i].value && !str_eq(got, str_of(cases[i].value))))
			fail_msg("case %zu, %s:\n  got      %s" STR_FMT "\n  expected %s", i,
				 cases[i].key, str_is_null(got) ? "(not defined)" : "",
				 STR_ARG(got), cases[i].value ? cases[i].value : "(not defined)");
		plan_world_free(w);
	}
}

#endif

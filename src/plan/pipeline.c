#include "plan/pipeline.h"

struct job *pipeline_find_job(const struct pipeline *p, str name)
{
	for (size_t i = 0; i < p->jobs.nr; i++)
		if (str_eq(p->jobs.at[i]->name, name))
			return p->jobs.at[i];
	return NULL;
}

#include "local/view_jobs.h"

void view_jobs_init(struct view_jobs *j)
{
	*j = (struct view_jobs){ 0 };
	arena_init(&j->arena, 0);
	map_init(&j->map, &j->arena);
}

void view_jobs_release(struct view_jobs *j)
{
	arena_release(&j->arena);
}

void *view_jobs_get(struct view_jobs *j, const struct job *job, size_t size, bool *ret_new)
{
	str key = { (const char *)&job, sizeof(job) };
	void *state;

	*ret_new = false;
	if (job == j->last)
		return j->last_state;
	state = map_get(&j->map, key);
	if (!state) {
		state = arena_alloc(&j->arena, size);
		map_set(&j->map, arena_str(&j->arena, key), state);
		*ret_new = true;
	}
	j->last = job;
	j->last_state = state;
	return state;
}
